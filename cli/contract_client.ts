/** Signing and sending the messages of contracts: options, gas, waiting for the block, and what the answer says. @module */
import type { EncodeObject, GeneratedType } from "@cosmjs/proto-signing";
import type { DeliverTxResponse, SigningStargateClient } from "@cosmjs/stargate";
import type { CoinArgument } from "./args.ts";
import { explainRefusal } from "./contract_refusals.ts";
import { CommandError } from "./output.ts";

/** Options of every command that signs. */
export interface SigningOptions {
  readonly home: string;
  readonly rpc: string;
  readonly json: boolean;
  readonly from: string;
  readonly fees?: CoinArgument[];
  readonly gas?: string;
  readonly memo: string;
}

/** A contract's message that is in a block. */
export interface SentContract {
  readonly result: DeliverTxResponse;
  /** As every command prints it. */
  readonly json: { readonly hash: string; readonly height: number; readonly code: number; readonly gasUsed: bigint };
  readonly text: string;
}

const WASM = "/cosmwasm.wasm.v1.";

async function registerMessages(client: SigningStargateClient): Promise<void> {
  const tx = await import("cosmjs-types/cosmwasm/wasm/v1/tx");
  const types: Record<string, unknown> = {
    MsgStoreCode: tx.MsgStoreCode,
    MsgInstantiateContract: tx.MsgInstantiateContract,
    MsgInstantiateContract2: tx.MsgInstantiateContract2,
    MsgExecuteContract: tx.MsgExecuteContract,
    MsgMigrateContract: tx.MsgMigrateContract,
    MsgUpdateAdmin: tx.MsgUpdateAdmin,
    MsgClearAdmin: tx.MsgClearAdmin,
  };
  for (const [name, type] of Object.entries(types)) client.registry.register(WASM + name, type as GeneratedType);
}

/**
 * Signs one message of `/cosmwasm.wasm.v1.`, sends it and waits until it is in a block. `make` gets the signer's address.
 * `say` is told what is going on.
 */
export async function sendContract(
  what: string,
  options: SigningOptions,
  make: (sender: string) => EncodeObject | Promise<EncodeObject>,
  say: (step: string) => void = () => {},
): Promise<SentContract> {
  const { openKey } = await import("./keyring.ts");
  const { connectSigner, gasLimit } = await import("./client.ts");
  const wallet = await openKey(options.home, options.from);
  const [account] = await wallet.getAccounts();
  const sender = account!.address;
  const client = await connectSigner(options.rpc, wallet);
  try {
    await registerMessages(client);
    const { typeUrl, value } = await make(sender);
    const message = { typeUrl: WASM + typeUrl, value };
    if (options.gas === undefined) say("simulating");
    const gas = await gasLimit(client, sender, message, options).catch((error: Error) => {
      throw error instanceof CommandError && error.code === "simulation_failed"
        ? new CommandError(`${what}: ${explainRefusal(error.message)}`, error.code)
        : error;
    });
    say("sending, then waiting for the block");
    const fee = { amount: options.fees ?? [], gas };
    const result = await client.signAndBroadcast(sender, [message], fee, options.memo).catch((error: Error) => {
      throw new CommandError(`${what}: ${explainRefusal(error.message)}`, "not_sent");
    });
    if (result.code !== 0) {
      const log = explainRefusal(result.rawLog ?? "");
      throw new CommandError(`${what}: refused with code ${result.code}: ${log}`, `tx_code_${result.code}`);
    }
    const { transactionHash: hash, height, code, gasUsed, gasWanted } = result;
    return {
      result,
      json: { hash, height, code, gasUsed },
      text: `in block ${height}: ${hash} (gas ${gasUsed} of ${gasWanted})`,
    };
  } finally {
    client.disconnect();
  }
}

/** The value of the first attribute `key` of the first event `type` that has it. */
export function attributeOf({ events }: DeliverTxResponse, type: string, key: string): string | undefined {
  for (const event of events) {
    if (event.type !== type) continue;
    const found = event.attributes.find((attribute) => attribute.key === key);
    if (found !== undefined) return found.value;
  }
  return undefined;
}

/** What contracts said in events, one line each: `wasm action=transfer amount=5`. */
export function contractEvents({ events }: DeliverTxResponse): string[] {
  return events.filter(({ type }) => type === "wasm" || type.startsWith("wasm-")).map(({ type, attributes }) =>
    [type, ...attributes.filter(({ key }) => key !== "msg_index").map(({ key, value }) => `${key}=${value}`)].join(" ")
  );
}
