/** Making a contract of a code (wasmd `Keeper.instantiate`). @module */
import {
  type AbsoluteTxPosition,
  type CodeInfo,
  ContractCodeHistoryOperationType,
  ContractInfo,
} from "cosmjs-types/cosmwasm/wasm/v1/types";
import type { EntryPoint } from "../../../contracts/engine.ts";
import type { Address, Context } from "../../app/ports.ts";
import type { Coins } from "../../core/coins.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { classicAddress, port2Of, portOf, predictableAddress } from "./addresses.ts";
import { transferCoins } from "./coins.ts";
import { handleResponse } from "./dispatch.ts";
import { envJson, infoJson } from "./env.ts";
import { accountExists, duplicate, instantiateFailed, noSuchCode, plainly, wrap } from "./errors.ts";
import { emitInstantiate } from "./events.ts";
import { type Frame, mayInstantiate, type Policy, policyOfMessages } from "./frame.ts";
import type { WasmKeeper } from "./keeper.ts";
import { readResponse } from "./response.ts";
import { chargeInstance, runEntry } from "./run_contract.ts";
import type { Steps } from "./steps.ts";

export interface Instantiation {
  readonly sender: Address;
  /** Undefined: nobody may migrate it. */
  readonly admin: Address | undefined;
  readonly codeId: bigint;
  readonly label: string;
  readonly msg: Uint8Array;
  readonly funds: Coins;
  /** Of an address that is known beforehand; `fixMsg`: the message is a part of it. */
  readonly salt?: { readonly bytes: Uint8Array; readonly fixMsg: boolean };
}

export interface Made {
  readonly address: Address;
  readonly data: Uint8Array | undefined;
}

/** All that a contract needs to open channels. */
const IBC_ENTRY_POINTS: readonly EntryPoint[] = [
  "ibc_channel_open",
  "ibc_channel_connect",
  "ibc_channel_close",
  "ibc_packet_receive",
  "ibc_packet_ack",
  "ibc_packet_timeout",
];

/** Whether a code can be on an end of a channel. */
export const hasIbc = (entryPoints: ReadonlySet<EntryPoint>): boolean =>
  IBC_ENTRY_POINTS.every((name) => entryPoints.has(name));

/** Where in time this is. wasmd counts the gas of the block so far for an index; here it is the transaction's. */
export const positionOf = ({ block, tx }: Context): AbsoluteTxPosition => ({
  blockHeight: block.height,
  txIndex: BigInt(tx?.index ?? 0),
});

export function* instantiateContract(
  keeper: WasmKeeper,
  context: Context,
  frame: Frame,
  policy: Policy,
  wanted: Instantiation,
): Steps<Result<Made>> {
  const { sender, codeId, msg, funds } = wanted;
  const code = keeper.codeInfo(context.view, codeId);
  if (code === undefined) return err(noSuchCode(codeId));
  const checksum = code.codeHash;
  chargeInstance(keeper, context, { codeId, checksum }, "instantiate");
  if (!mayInstantiate(policy, code.instantiateConfig, sender)) {
    return err(sdkRefusal("unauthorized", "can not instantiate"));
  }
  const address = addressFor(keeper, context, wanted, code);
  const free = claim(keeper, context, address);
  if (!free.ok) return free;
  const paid = transferCoins(keeper, context, sender, address, funds);
  if (!paid.ok) return paid;
  const args = [envJson(context, address), infoJson(sender, funds), msg];
  const entry = { contract: address, checksum, entry: "instantiate", args } as const;
  const ran = runEntry(keeper, context, entry, readResponse);
  if (!ran.ok) return ran;
  if ("error" in ran.value) return err(plainly(instantiateFailed(ran.value.error)));
  const portId = register(keeper, context, address, wanted, checksum);
  emitInstantiate(context, address, codeId);
  const inner: Frame = { ...frame, policy: policyOfMessages(policy, "instantiate") };
  const data = yield* handleResponse(keeper, context, inner, { contract: address, portId, response: ran.value.ok });
  return data.ok ? ok({ address, data: data.value }) : err(wrap(data.error, "dispatch"));
}

function addressFor(keeper: WasmKeeper, { view }: Context, wanted: Instantiation, { codeHash }: CodeInfo): Address {
  const { salt, sender, msg, codeId } = wanted;
  return keeper.parts.codec.of(
    salt === undefined
      ? classicAddress(codeId, keeper.takeInstanceId(view))
      : predictableAddress(codeHash, sender.bytes, salt.bytes, salt.fixMsg ? msg : new Uint8Array()),
  );
}

/** The account of the contract: a new one, or one that somebody sent coins to before. */
function claim(keeper: WasmKeeper, context: Context, address: Address): Result<undefined> {
  if (keeper.hasContract(context, address.bytes)) {
    const detail = "contract address already exists, try a different combination of creator, checksum and salt";
    return err(duplicate(detail));
  }
  const { accounts } = keeper.parts;
  const account = accounts.get(context.view, address);
  if (account === undefined) accounts.ensure(context.view, address);
  else if (account.sequence !== 0n || account.pubKey !== undefined || account.module !== undefined) {
    return err(accountExists("address is claimed by external account"));
  }
  return ok(undefined);
}

/** Writes the contract before its messages run, so that it can be called back. Answers its port. */
function register(
  keeper: WasmKeeper,
  context: Context,
  address: Address,
  { sender, admin, codeId, label, msg }: Instantiation,
  checksum: Uint8Array,
): string {
  const { view, free } = context;
  const created = positionOf(context);
  const ibcPortId = hasIbc(keeper.report(free, checksum).entryPoints) ? portOf(address) : "";
  const operation = ContractCodeHistoryOperationType.CONTRACT_CODE_HISTORY_OPERATION_TYPE_INIT;
  keeper.addToCode(view, codeId, created, address.bytes);
  keeper.addToCreator(view, sender.bytes, created, address.bytes);
  keeper.appendHistory(view, address.bytes, { operation, codeId, updated: created, msg });
  keeper.setContractInfo(
    view,
    address.bytes,
    ContractInfo.fromPartial({
      codeId,
      creator: sender.text,
      admin: admin?.text ?? "",
      label,
      created,
      ibcPortId,
      ibc2PortId: port2Of(address, keeper.parts.codec.prefix),
    }),
  );
  return ibcPortId;
}
