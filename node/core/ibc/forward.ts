/**
 * The memo that asks a chain to send a transfer on (packet-forward middleware: for ibc-go up to v10 in `ibc-apps`, in
 * ibc-go itself from v11 on): `{"forward":{"receiver":…,"port":…,"channel":…,"timeout":…,"retries":…,"next":…}}`.
 * @module
 */
import type { CodedError } from "../errors.ts";
import { ok, type Result } from "../result.ts";
import { parseDurationNs } from "./_duration.ts";
import { asObject, goString, memberText, parseObject } from "./_json.ts";
import { quoted } from "./_text.ts";
import { checkIdentifier } from "./identifiers.ts";
import { exceedsUtf8, MEMO_BYTES_MAX } from "./packet_data.ts";
import { refuse } from "./refusals.ts";

/** Most hops that one memo may ask for. ibc-go bounds them by the memo's length alone. */
export const FORWARD_HOPS_MAX = 16;
const RETRIES_MAX = 255;
const INT64_LIMIT = 2 ** 63;

/** One hop onwards. */
export interface Forward {
  /** Who gets the tokens on the next chain; means nothing when that chain forwards them too. */
  readonly receiver: string;
  /** Own channel end to send from. */
  readonly portId: string;
  readonly channelId: string;
  /** From the sending on, in nanoseconds; zero or less: what the chain is configured to use. */
  readonly timeoutNs: bigint;
  /** How often to send again after a timeout; missing: what the chain is configured to use. */
  readonly retries?: number;
  /** How the next chain shall send on; missing when it keeps the tokens or is asked for something else. */
  readonly next?: Forward;
  /**
   * The memo for the next chain as it was written, where it says more than `next` does: a contract to call (`wasm`),
   * callbacks, keys that we do not know. `next` is what we understand of it.
   */
  readonly nextMemo?: string;
}

/**
 * What a memo asks for; undefined when it does not ask for forwarding (no JSON object, or none under `forward`). One that
 * asks in a wrong way is refused, and so is the packet then: the tokens go back. All hops are validated here and now.
 */
export function parseForwardMemo(memo: string): Result<Forward | undefined, CodedError> {
  if (exceedsUtf8(memo, MEMO_BYTES_MAX)) {
    return refuse("invalidMemo", `parse forward: memo longer than ${MEMO_BYTES_MAX} bytes`);
  }
  const fields = asObject(parseObject(memo)?.get("forward"));
  return fields === undefined ? ok(undefined) : parseForward(fields, memberText(memo, "forward")!, 1);
}

/** A memo that {@linkcode parseForwardMemo} reads, as ibc-go writes it: sorted keys, the timeout only when positive. */
export function encodeForwardMemo(forward: Forward): string {
  const fields = [
    `"channel":${goString(forward.channelId)}`,
    ...nextFields(forward),
    `"port":${goString(forward.portId)}`,
    `"receiver":${goString(forward.receiver)}`,
    ...(forward.retries === undefined ? [] : [`"retries":${forward.retries}`]),
    ...(forward.timeoutNs > 0n ? [`"timeout":${forward.timeoutNs}`] : []),
  ];
  return `{"forward":{${fields.join(",")}}}`;
}

/** The memo of the onward transfer, empty for none. */
export function memoForNext({ next, nextMemo }: Forward): string {
  return nextMemo ?? (next === undefined ? "" : encodeForwardMemo(next));
}

function nextFields(forward: Forward): string[] {
  const memo = memoForNext(forward);
  return memo === "" ? [] : [`"next":${memo}`];
}

type Fields = ReadonlyMap<string, unknown>;
type NextHop = Pick<Forward, "next" | "nextMemo">;

/** `text` is where `fields` were read from. */
function parseForward(fields: Fields, text: string, hop: number): Result<Forward, CodedError> {
  if (hop > FORWARD_HOPS_MAX) return refuse("invalidForward", `parse forward: more than ${FORWARD_HOPS_MAX} hops`);
  const names: string[] = [];
  for (const key of ["receiver", "port", "channel"]) {
    const value = fields.get(key);
    if (typeof value !== "string") return refuse("forwardKeyNotFound", `parse forward: no text under ${key}`);
    names.push(value.toWellFormed());
  }
  const [receiver, portId, channelId] = names as [string, string, string];
  if (receiver === "") return refuse("invalidForward", "parse forward: the receiver is empty");
  const port = checkIdentifier("port", portId);
  if (!port.ok) return port;
  const channel = checkIdentifier("channel", channelId);
  if (!channel.ok) return channel;
  const timeoutNs = fields.has("timeout") ? parseTimeout(fields.get("timeout")) : ok(0n);
  if (!timeoutNs.ok) return timeoutNs;
  // Null is as good as missing, where a wallet has an option that it does not use.
  const retries = isSet(fields, "retries") ? parseRetries(fields.get("retries")) : ok(undefined);
  if (!retries.ok) return retries;
  const next = isSet(fields, "next") ? parseNext(fields.get("next"), text, hop + 1) : ok({});
  if (!next.ok) return next;
  return ok({
    receiver,
    portId,
    channelId,
    timeoutNs: timeoutNs.value,
    ...(retries.value !== undefined && { retries: retries.value }),
    ...next.value,
  });
}

const isSet = (fields: Fields, key: string): boolean => (fields.get(key) ?? null) !== null;

/** Nanoseconds as a number, or a duration as Go writes it. */
function parseTimeout(value: unknown): Result<bigint, CodedError> {
  if (typeof value === "number" && Math.abs(value) < INT64_LIMIT) return ok(BigInt(Math.trunc(value)));
  const ns = typeof value === "string" ? parseDurationNs(value) : undefined;
  if (ns !== undefined) return ok(ns);
  // Only texts are shown: an object from JSON may hold what keeps it from becoming one, or be too deep for it.
  const shown = typeof value === "string" ? quoted(value) : `of type ${typeof value}`;
  return refuse("invalidForward", `parse forward: timeout ${shown} is not a duration`);
}

/** Fractions are cut, as Go converts. */
function parseRetries(value: unknown): Result<number, CodedError> {
  if (typeof value !== "number") return refuse("invalidForward", "parse forward: retries is not a number");
  if (value < 0 || value > RETRIES_MAX) {
    return refuse("invalidForward", `parse forward: ${value} retries, must be 0 to ${RETRIES_MAX}`);
  }
  return ok(Math.trunc(value));
}

const KEYS: ReadonlySet<string> = new Set(["receiver", "port", "channel", "timeout", "retries", "next"]);

/**
 * The memo for the next chain: an object, or its JSON in a string. It need not ask for forwarding (ibc-apps takes it as it
 * is; ibc-go v11 insists on `forward` and loses every other key).
 */
function parseNext(value: unknown, forward: string, hop: number): Result<NextHop, CodedError> {
  const text = typeof value === "string" ? value : memberText(forward, "next")!;
  const memo = parseObject(text);
  if (memo === undefined) return refuse("invalidForward", "parse forward: next is not an object");
  const fields = asObject(memo.get("forward"));
  if (fields === undefined) return ok({ nextMemo: text });
  const next = parseForward(fields, memberText(text, "forward")!, hop);
  if (!next.ok) return next;
  const understood = memo.size === 1 && [...fields.keys()].every((key) => KEYS.has(key));
  return ok({ next: next.value, ...(!understood && { nextMemo: text }) });
}
