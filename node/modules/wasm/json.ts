/**
 * JSON that contracts make: bounded in depth, with whole numbers exact to the last digit. Contracts write 64-bit ids and
 * heights as numbers, which a JavaScript number does not hold.
 * @module
 */
import { err, ok, type Result } from "../../core/result.ts";

/** A JSON value; whole numbers are `bigint`, all others stay numbers, which no reader here accepts. */
export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

/** Deepest nesting: far more than any message of a contract has, and less than V8's reviver takes of the stack. */
const DEPTH_MAX = 200;
/** Digits of the greatest 64-bit number. */
const WHOLE = /^(?:0|[1-9][0-9]{0,19})$/;

const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

// A byte order mark is no JSON; broken UTF-8 becomes U+FFFD, as in Go.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Whether brackets outside of strings are never open more than {@linkcode DEPTH_MAX} deep. */
function isShallow(bytes: Uint8Array): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (inString) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      if (++depth > DEPTH_MAX) return false;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) depth--;
  }
  return true;
}

/** Reads one JSON value. The caller has bounded the number of bytes. The error is a sentence. */
export function readJson(bytes: Uint8Array): Result<Json, string> {
  if (!isShallow(bytes)) return err(`JSON is nested more than ${DEPTH_MAX} deep`);
  try {
    return ok(JSON.parse(decoder.decode(bytes), revive as (key: string, value: unknown) => unknown));
  } catch {
    return err("malformed JSON");
  }
}

function revive(_key: string, value: unknown, { source }: { source?: string }): unknown {
  if (typeof value === "number" && source !== undefined && WHOLE.test(source)) return BigInt(source);
  return typeof value === "string" ? value.toWellFormed() : value;
}

/** Whether `bytes` are one JSON value, whatever its depth (`json.Valid`). */
export function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(decoder.decode(bytes));
    return true;
  } catch {
    return false;
  }
}
