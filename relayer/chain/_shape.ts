/** Reading JSON of a node nobody trusts: each value is of the kind expected, or the answer is bad. @module */
import { equalBytes } from "../../node/core/bytes.ts";
import { rfc3339ToNanos } from "../../node/core/time.ts";
import { chainFault } from "./faults.ts";

export type Fields = Readonly<Record<string, unknown>>;

const NONE = new Uint8Array();
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

export const badAnswer = (state: string) => chainFault("chain_bad_answer", "read the answer", state);

export const isMissing = (value: unknown): value is undefined | null => value === undefined || value === null;

export function fields(value: unknown, name: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw badAnswer(`${name} is no object`);
  return value as Fields;
}

/** Null stands for no entries, as Go writes it. */
export function list(value: unknown, name: string): readonly unknown[] {
  if (isMissing(value)) return [];
  if (!Array.isArray(value)) throw badAnswer(`${name} is no list`);
  return value;
}

export function text(value: unknown, name: string): string {
  if (isMissing(value)) return "";
  if (typeof value !== "string") throw badAnswer(`${name} is no text`);
  return value;
}

/** A 64-bit integer, written as text or as a number. */
export function bigint(value: unknown, name: string): bigint {
  if (isMissing(value) || value === "") return 0n;
  if (Number.isSafeInteger(value)) return BigInt(value as number);
  if (typeof value !== "string" || !/^-?\d{1,20}$/.test(value)) throw badAnswer(`${name} is no integer`);
  return BigInt(value);
}

export function height(value: unknown, name: string): bigint {
  const read = bigint(value, name);
  if (read < 0n || read >= 1n << 63n) throw badAnswer(`${name} is no height`);
  return read;
}

export function count(value: unknown, name: string): number {
  const read = bigint(value, name);
  if (read < 0n || read > 0xffff_ffffn) throw badAnswer(`${name} is no count`);
  return Number(read);
}

export function base64(value: unknown, name: string): Uint8Array {
  if (isMissing(value) || value === "") return NONE;
  if (typeof value !== "string" || !BASE64.test(value)) throw badAnswer(`${name} is not base64`);
  try {
    return Uint8Array.fromBase64(value);
  } catch {
    throw badAnswer(`${name} is not base64`);
  }
}

export function timeNanos(value: unknown, name: string): bigint {
  const nanos = typeof value === "string" ? rfc3339ToNanos(value) : undefined;
  if (nanos === undefined) throw badAnswer(`${name} is no time`);
  return nanos;
}

export function expectBytes(found: Uint8Array, wanted: Uint8Array, name: string): void {
  if (!equalBytes(found, wanted)) throw badAnswer(`${name} is not what was asked for`);
}
