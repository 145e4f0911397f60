/** The people of the round trip: development accounts that sign for themselves, as any wallet would. @module */
import { SigningStargateClient } from "@cosmjs/stargate";
import type { TransferAnswer } from "../../relayer/api/ports.ts";
import { openKey } from "../keyring.ts";
import { CommandError } from "../output.ts";
import type { UpChain } from "./chains.ts";

/** How much more gas than simulated, in percent. */
const GAS_PERCENT = 150;

/** An account on one chain. */
export interface User {
  readonly name: string;
  readonly chain: UpChain;
  readonly address: string;
  balance(denom: string): Promise<bigint>;
  /** Signs the transfer that the relayer proposed; resolves with its packet's sequence. */
  sign(proposal: Extract<TransferAnswer, { tag: "unsigned" }>): Promise<bigint>;
  disconnect(): void;
}

/** The development account `name` on `chain`. */
export async function userOn(chain: UpChain, name: string): Promise<User> {
  const wallet = await openKey("", name);
  const [account] = await wallet.getAccounts();
  const client = await SigningStargateClient.connectWithSigner(chain.node.rpcAddress, wallet, {
    broadcastPollIntervalMs: 50,
    broadcastTimeoutMs: 20_000,
  });
  const { address } = account!;
  return {
    name,
    chain,
    address,
    balance: async (denom) => BigInt((await client.getBalance(address, denom)).amount),
    async sign({ transaction }) {
      const messages = transaction.messages.map(({ typeUrl, value }) => ({
        typeUrl,
        value: client.registry.decode({ typeUrl, value }),
      }));
      const used = await client.simulate(address, messages, "");
      const fee = { amount: [], gas: String(Math.ceil(used * GAS_PERCENT / 100)) };
      const result = await client.signAndBroadcast(address, messages, fee);
      if (result.code !== 0) {
        throw new CommandError(`send tokens from ${chain.name}: ${result.rawLog ?? `code ${result.code}`}`, "refused");
      }
      const attributes = result.events.find(({ type }) => type === "send_packet")?.attributes ?? [];
      const sequence = attributes.find(({ key }) => key === "packet_sequence")?.value;
      if (sequence === undefined) throw new CommandError("send tokens: the chain told of no packet", "no_packet");
      return BigInt(sequence);
    },
    disconnect: () => client.disconnect(),
  };
}
