/** How amounts are stored: decimal text, as `math.Int` marshals itself. @module */
import { invariant } from "../../core/invariant.ts";

/** Up to this many digits a number is exact and quicker than a `bigint`. */
const EXACT_DIGITS = 15;
const ZERO = 48;

/** The bytes that {@linkcode decodeAmount} reads. */
export function encodeAmount(amount: bigint): Uint8Array {
  const text = amount.toString();
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Reads a stored amount; anything else in the store is our own fault. */
export function decodeAmount(bytes: Uint8Array): bigint {
  if (bytes.length > EXACT_DIGITS) return BigInt(new TextDecoder().decode(bytes));
  let value = 0;
  for (const byte of bytes) value = value * 10 + (byte - ZERO);
  invariant(bytes.length > 0 && value >= 0, "read amount: no decimal digits");
  return BigInt(value);
}
