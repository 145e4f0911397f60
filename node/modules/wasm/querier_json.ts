/**
 * JSON between a contract and the chain, beyond what `fields.ts` reads: answers written byte for byte as Go's `encoding/json`
 * writes them, for that is what wasmd answers and what contracts were tested against.
 * @module
 */
import { type Fields, JsonFault } from "./fields.ts";

/** A whole number from 0 to `max`; absent: 0. Throws a {@linkcode JsonFault}. */
export function integer(fields: Fields, name: string, max: bigint): bigint {
  const value = fields.uint64(name);
  if (value > max) throw new JsonFault(`cannot read number ${value} as one up to ${max}: field ${fields.what}.${name}`);
  return value;
}

/** True or false; absent: false. Throws a {@linkcode JsonFault}. */
export function flag(fields: Fields, name: string): boolean {
  const value = fields.value(name) ?? false;
  if (typeof value !== "boolean") {
    throw new JsonFault(`cannot read ${typeof value} as bool: field ${fields.what}.${name}`);
  }
  return value;
}

/** What Go escapes beyond what JavaScript does. */
const ESCAPED = /[<>&\u2028\u2029]/g;
const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
const encoder = new TextEncoder();

/** Bytes as base64, bigint as a number, absent fields left out; otherwise as JSON. */
export function writeJson(value: unknown): Uint8Array {
  const text = JSON.stringify(
    value,
    (_name, item) =>
      item instanceof Uint8Array ? item.toBase64() : typeof item === "bigint" ? rawJSON(item.toString()) : item,
  );
  return encoder.encode(text.replace(ESCAPED, escape));
}

// V8 has it; TypeScript's library does not yet.
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };
