/** What contracts are told of the world: JSON, byte for byte as Go writes it (wasmvm `types/env.go`, `types/submessages.go`). @module */
import type { Address, Context } from "../../app/ports.ts";
import { utf8ToBytes } from "../../core/bytes.ts";
import type { Coins } from "../../core/coins.ts";
import { goString } from "../../core/ibc/mod.ts";
import type { MsgResponse } from "./expected.ts";
import type { ContractEvent } from "./gas.ts";

/** `Env`: block, transaction (null in simulations and queries) and contract. */
export function envJson({ block, tx }: Context, contract: Address): Uint8Array {
  const { height, time, chainId } = block;
  const transaction = tx === undefined ? "null" : `{"index":${tx.index},"hash":"${tx.hash.toBase64()}"}`;
  return utf8ToBytes(
    `{"block":{"height":${height},"time":"${time}","chain_id":${goString(chainId)}},"transaction":${transaction},` +
      `"contract":{"address":"${contract.text}"}}`,
  );
}

/** `MessageInfo`: who sends, and what comes with it. */
export function infoJson(sender: Address, funds: Coins): Uint8Array {
  const coins = funds.map(({ denom, amount }) => `{"denom":${goString(denom)},"amount":"${amount}"}`);
  return utf8ToBytes(`{"sender":"${sender.text}","funds":[${coins.join(",")}]}`);
}

/** `MigrateInfo`: who migrates, and the version of the state as the old code counts it. */
export function migrateInfoJson(sender: Address, oldVersion: bigint | undefined): Uint8Array {
  return utf8ToBytes(`{"sender":"${sender.text}","old_migrate_version":${oldVersion ?? "null"}}`);
}

/** What came of a submessage. */
export type SubMessageResult =
  | { readonly events: readonly ContractEvent[]; readonly responses: readonly MsgResponse[] }
  | { readonly error: string };

/** `Reply`. The gas that the submessage used is not told (0), as in wasmd. */
export function replyJson(id: bigint, result: SubMessageResult, payload: Uint8Array): Uint8Array {
  const rest = payload.length === 0 ? "" : `,"payload":"${payload.toBase64()}"`;
  return utf8ToBytes(`{"gas_used":0,"id":${id},"result":${resultJson(result)}${rest}}`);
}

function resultJson(result: SubMessageResult): string {
  if ("error" in result) return `{"error":${goString(result.error)}}`;
  const events = result.events.map(({ type, attributes }) => {
    const list = attributes.map(({ key, value }) => `{"key":${goString(key)},"value":${goString(value)}}`);
    return `{"type":${goString(type)},"attributes":[${list.join(",")}]}`;
  });
  const responses = result.responses.map(({ typeUrl, value }) =>
    `{"type_url":${goString(typeUrl)},"value":"${value.toBase64()}"}`
  );
  const first = result.responses[0]?.value;
  const data = first === undefined || first.length === 0 ? "" : `"data":"${first.toBase64()}",`;
  return `{"ok":{"events":[${events.join(",")}],${data}"msg_responses":[${responses.join(",")}]}}`;
}
