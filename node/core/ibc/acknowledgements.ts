/**
 * The acknowledgement envelope of ICS-04 as ibc-go writes it: JSON with one key, `result` (base64) or `error`.
 * @module
 */
import { equalBytes, utf8ToBytes } from "../bytes.ts";
import type { CodedError } from "../errors.ts";
import { ok, type Result } from "../result.ts";
import { goString, parseObject } from "./_json.ts";
import { isBlank } from "./_text.ts";
import { refuse } from "./refusals.ts";

/** Longest acknowledgement that is read, in bytes. */
export const ACKNOWLEDGEMENT_BYTES_MAX = 262_144;

/** The packet was handled, with a result of the application, or it failed and had no effect. */
export type PacketAcknowledgement =
  | { readonly success: true; readonly result: Uint8Array }
  | { readonly success: false; readonly error: string };

/**
 * An acknowledgement whose bytes are the application's own, as contracts write them; `success` says whether what they did for
 * the packet stays.
 */
export interface RawAcknowledgement {
  readonly success: boolean;
  readonly raw: Uint8Array;
}

/** What an application may write. */
export type WrittenAcknowledgement = PacketAcknowledgement | RawAcknowledgement;

/** The bytes that are committed to and relayed (ibc-go `Acknowledgement.Acknowledgement`). */
export function encodeAcknowledgement(acknowledgement: WrittenAcknowledgement): Uint8Array {
  if ("raw" in acknowledgement) return acknowledgement.raw;
  return utf8ToBytes(
    acknowledgement.success
      ? `{"result":"${acknowledgement.result.toBase64()}"}`
      : `{"error":${goString(acknowledgement.error)}}`,
  );
}

/** The result of an ICS-20 transfer that was received: the byte 1. */
export const transferSuccess = (): PacketAcknowledgement => ({ success: true, result: Uint8Array.of(1) });

/**
 * A failure, told by its code alone: texts may differ between machines, and acknowledgements are part of the state
 * (ibc-go `NewErrorAcknowledgement`).
 */
export const failure = (code: number): PacketAcknowledgement => ({
  success: false,
  error: `ABCI code: ${code}: error handling packet: see events for details`,
});

/** Whether an application may write it: neither an empty result nor a blank error (ibc-go `ValidateBasic`), nor no bytes. */
export function validateAcknowledgement<A extends WrittenAcknowledgement>(acknowledgement: A): Result<A, CodedError> {
  const empty = isEmpty(acknowledgement);
  return empty ? refuse("invalidAcknowledgement", "check acknowledgement: it is empty") : ok(acknowledgement);
}

function isEmpty(acknowledgement: WrittenAcknowledgement): boolean {
  if ("raw" in acknowledgement) return acknowledgement.raw.length === 0;
  return acknowledgement.success ? acknowledgement.result.length === 0 : isBlank(acknowledgement.error);
}

/**
 * Reads an acknowledgement of another chain. It must be in the one form that {@linkcode encodeAcknowledgement} writes
 * (ibc-go compares so in `transfer/ibc_module.go`), or carry an error as JSON is written outside of Go, with `<`, `>` and
 * `&` as they are: contracts write so, and a packet that cannot be settled keeps its tokens for ever. An empty result or
 * error is read for the same reason.
 */
export function decodeAcknowledgement(bytes: Uint8Array): Result<PacketAcknowledgement, CodedError> {
  if (bytes.length > ACKNOWLEDGEMENT_BYTES_MAX) {
    return refuse("invalidAcknowledgement", `decode acknowledgement: ${bytes.length} bytes`);
  }
  const object = parseObject(bytes);
  const acknowledgement = object?.size === 1 ? ofFields(object) : undefined;
  if (acknowledgement === undefined) {
    return refuse("invalidAcknowledgement", "decode acknowledgement: not a result or an error in JSON");
  }
  if (!equalBytes(encodeAcknowledgement(acknowledgement), bytes) && !isPlainError(acknowledgement, bytes)) {
    return refuse("invalidAcknowledgement", "decode acknowledgement: not in canonical form");
  }
  return ok(acknowledgement);
}

function isPlainError(acknowledgement: PacketAcknowledgement, bytes: Uint8Array): boolean {
  if (acknowledgement.success) return false;
  return equalBytes(utf8ToBytes(JSON.stringify({ error: acknowledgement.error.toWellFormed() })), bytes);
}

function ofFields(fields: ReadonlyMap<string, unknown>): PacketAcknowledgement | undefined {
  const result = fields.get("result");
  const error = fields.get("error");
  if (typeof error === "string") return { success: false, error };
  if (typeof result !== "string") return undefined;
  try {
    return { success: true, result: Uint8Array.fromBase64(result) };
  } catch {
    return undefined;
  }
}
