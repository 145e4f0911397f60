/** Events of transfers, with names, attributes and order of ibc-go v10 `apps/transfer/internal/events`. @module */
import type { Event, EventAttribute } from "cosmjs-types/tendermint/abci/types";
import type { Context } from "../../app/ports.ts";
import { utf8ToBytes } from "../../core/bytes.ts";
import {
  denomHash,
  denomPath,
  goString,
  type PacketAcknowledgement,
  parseDenom,
  type TransferDenom,
} from "../../core/ibc/mod.ts";
import { STORE } from "./keys.ts";

/** What events tell of a transfer; all empty when the packet could not be read. */
export interface TransferFacts {
  readonly sender: string;
  readonly receiver: string;
  /** Path with hops. */
  readonly denom: string;
  readonly amount: string;
  readonly memo: string;
}

const attribute = (key: string, value: string): EventAttribute => ({ key, value, index: true });
const messageOfModule = (): Event => ({ type: "message", attributes: [attribute("module", STORE)] });

const factsOf = ({ sender, receiver, denom, amount, memo }: TransferFacts): EventAttribute[] => [
  attribute("sender", sender),
  attribute("receiver", receiver),
  attribute("denom", denom),
  attribute("amount", amount),
  attribute("memo", memo),
];

export function emitTransfer(context: Context, facts: TransferFacts): void {
  context.emit({ type: "ibc_transfer", attributes: factsOf(facts) });
  context.emit(messageOfModule());
}

/** `error`: why the packet was refused. */
export function emitReceived(context: Context, facts: TransferFacts, error: string | undefined): void {
  const attributes = [...factsOf(facts), attribute("success", error === undefined ? "true" : "false")];
  if (error !== undefined) attributes.push(attribute("error", error));
  context.emit({ type: "fungible_token_packet", attributes });
  context.emit(messageOfModule());
}

export function emitAcknowledged(context: Context, facts: TransferFacts, ack: PacketAcknowledgement): void {
  const attributes = [...factsOf(facts), attribute("acknowledgement", protobufText(ack))];
  context.emit({ type: "fungible_token_packet", attributes });
  context.emit(messageOfModule());
  const outcome = ack.success
    ? attribute("success", new TextDecoder().decode(ack.result))
    : attribute("error", ack.error);
  context.emit({ type: "fungible_token_packet", attributes: [outcome] });
}

export function emitTimeout(context: Context, facts: TransferFacts): void {
  const { sender, denom, amount, memo } = facts;
  const tokens = `{"denom":${denomJson(parseDenom(denom))},"amount":${goString(amount)}}`;
  context.emit({
    type: "timeout",
    attributes: [attribute("receiver", sender), attribute("refund_tokens", tokens), attribute("memo", memo)],
  });
  context.emit(messageOfModule());
}

/** A voucher of that denom was minted. */
export function emitDenomination(context: Context, denom: TransferDenom): void {
  const hash = denomHash(denomPath(denom)).slice("ibc/".length);
  context.emit({
    type: "denomination",
    attributes: [attribute("denom_hash", hash), attribute("denom", denomJson(denom))],
  });
}

/** A `Denom` as Go's `encoding/json` writes it: no hops are `null`. */
function denomJson({ base, trace }: TransferDenom): string {
  const hops = trace.map(({ portId, channelId }) =>
    `{"port_id":${goString(portId)},"channel_id":${goString(channelId)}}`
  );
  return `{"base":${goString(base)},"trace":${trace.length === 0 ? "null" : `[${hops.join(",")}]`}}`;
}

const TEXT_ESCAPES: Readonly<Record<number, string>> = { 9: "\\t", 10: "\\n", 13: "\\r", 34: '\\"', 92: "\\\\" };

/** An `Acknowledgement` in the compact text format of protobuf in Go, with the space it leaves at the end. */
function protobufText(ack: PacketAcknowledgement): string {
  let text = "";
  for (const byte of ack.success ? ack.result : utf8ToBytes(ack.error)) {
    text += TEXT_ESCAPES[byte] ??
      (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, "0")}`);
  }
  return `${ack.success ? "result" : "error"}:"${text}" `;
}
