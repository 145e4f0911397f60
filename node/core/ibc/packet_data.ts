/** `FungibleTokenPacketData` of ICS-20 in JSON, the data of every packet of a `transfer` channel. @module */
import { utf8ToBytes } from "../bytes.ts";
import { parseAmount } from "../coins.ts";
import type { CodedError } from "../errors.ts";
import { ok, type Result } from "../result.ts";
import { goString, parseObject } from "./_json.ts";
import { isBlank, quoted } from "./_text.ts";
import { parseDenom, validateDenom } from "./denoms.ts";
import { refuse } from "./refusals.ts";

/** Longest packet data, in bytes (ibc-go `MaximumPayloadsSize`). */
export const PACKET_DATA_BYTES_MAX = 262_144;
/** Longest memo, in bytes of UTF-8 (ibc-go `MaximumMemoLength`). */
export const MEMO_BYTES_MAX = 32_768;
/** Longest receiver of a `MsgTransfer`, in bytes of UTF-8 (ibc-go `MaximumReceiverLength`). */
export const RECEIVER_BYTES_MAX = 2_048;

/** A transfer under way. */
export interface TokenPacketData {
  /** Path with hops, as {@linkcode parseDenom} reads it; never `ibc/…`. */
  readonly denom: string;
  /** In [1, 2^256). */
  readonly amount: bigint;
  readonly sender: string;
  readonly receiver: string;
  /** Empty for none. */
  readonly memo: string;
}

/** As it is written; nothing checked yet. */
export interface TokenPacketText {
  readonly denom: string;
  readonly amount: string;
  readonly sender: string;
  readonly receiver: string;
  readonly memo: string;
}

/**
 * The bytes of a packet: keys in the order of the protobuf fields and no empty memo, as ibc-go v10 writes (`GetBytes`). Older
 * versions sorted them, and every version reads both.
 */
export function encodePacketData(data: TokenPacketData): Uint8Array {
  const fields = [
    `"denom":${goString(data.denom)}`,
    `"amount":"${data.amount}"`,
    `"sender":${goString(data.sender)}`,
    `"receiver":${goString(data.receiver)}`,
    ...(data.memo === "" ? [] : [`"memo":${goString(data.memo)}`]),
  ];
  return utf8ToBytes(`{${fields.join(",")}}`);
}

/**
 * Reads the data of a packet and validates it. As in ibc-go v10, fields of other names are refused and null is as good as
 * missing: that is how contracts write a memo they do not have. Stricter than ibc-go where that does not lose anything
 * honest: keys in their exact spelling, UTF-8 whole, amounts in plain decimal (ibc-go also takes `0x10`, `1_000` and
 * reads `010` as eight).
 */
export function decodePacketData(bytes: Uint8Array): Result<TokenPacketData, CodedError> {
  if (bytes.length > PACKET_DATA_BYTES_MAX) {
    return refuse("invalidType", `decode transfer: ${bytes.length} bytes, limit ${PACKET_DATA_BYTES_MAX}`);
  }
  const object = parseObject(bytes);
  if (object === undefined) return refuse("invalidType", "decode transfer: not a JSON object");
  const text = { denom: "", amount: "", sender: "", receiver: "", memo: "" };
  for (const [key, value] of object) {
    if (!Object.hasOwn(text, key)) return refuse("invalidType", `decode transfer: unknown field ${quoted(key)}`);
    if (value === null) continue;
    if (typeof value !== "string") return refuse("invalidType", `decode transfer: ${key} is not a string`);
    text[key as keyof typeof text] = value.toWellFormed();
  }
  return validatePacketData(text);
}

/** The rules of ibc-go `FungibleTokenPacketData.ValidateBasic`, and the limit of the memo. */
export function validatePacketData(text: TokenPacketText): Result<TokenPacketData, CodedError> {
  const amount = parseAmount(text.amount);
  if (amount === undefined || amount === 0n) {
    return refuse("invalidAmount", `check transfer: amount ${quoted(text.amount)}`);
  }
  if (isBlank(text.sender)) return refuse("invalidAddress", "check transfer: the sender is blank");
  if (isBlank(text.receiver)) return refuse("invalidAddress", "check transfer: the receiver is blank");
  if (exceedsUtf8(text.memo, MEMO_BYTES_MAX)) {
    return refuse("invalidMemo", `check transfer: memo longer than ${MEMO_BYTES_MAX} bytes`);
  }
  const denom = validateDenom(parseDenom(text.denom));
  return denom.ok ? ok({ ...text, amount }) : denom;
}

/** Whether `text` takes more than `bytesMax` bytes of UTF-8, which are never fewer than its UTF-16 units. */
export function exceedsUtf8(text: string, bytesMax: number): boolean {
  return text.length > bytesMax || utf8ToBytes(text).length > bytesMax;
}
