/**
 * Postings: for an event key, a value and a height, which transactions of that block carry it. One entry for each value
 * and block, however often the value occurs.
 *
 *     <space> <event key> <value> <height, 8 bytes>  →  count, then index differences, as varints; then the long value
 *
 * An event key is a length byte and text, or 0xff and a hash; a value is a two-byte length and text, or 0xffff and a
 * hash (then its text stands in the entry). So parts never run into each other, whatever bytes they hold.
 * @module
 */
import { bytesToU64, concatBytes, utf8ToBytes } from "../core/bytes.ts";
import { sha256 } from "../core/crypto/mod.ts";
import { heightKey, prefix } from "./_heights.ts";
import { storeDamaged } from "./_kv_layout.ts";
import type { Entry } from "./store.ts";

/** Events of transactions, and of blocks. */
export const TX_EVENTS = prefix("i/e/");
export const BLOCK_EVENTS = prefix("i/b/");

const EVENT_KEY_BYTES_MAX = 200;
const VALUE_BYTES_MAX = 256;
/** How much of a long value is kept for CONTAINS; equality sees all of it. */
const LONG_VALUE_BYTES_MAX = 16_384;

export interface Posting {
  readonly height: bigint;
  /** Ascending, without repetition. */
  readonly indexes: readonly number[];
}

/** The start of all keys of `eventKey`. */
export function eventKeyPrefix(space: Uint8Array, eventKey: string): Uint8Array {
  const key = utf8ToBytes(eventKey);
  if (key.length > EVENT_KEY_BYTES_MAX) return concatBytes(space, Uint8Array.of(0xff), sha256(key));
  return concatBytes(space, Uint8Array.of(key.length), key);
}

/** The start of all keys of a value, given {@linkcode eventKeyPrefix}. */
export function valuePrefix(eventPrefix: Uint8Array, value: Uint8Array): Uint8Array {
  if (value.length > VALUE_BYTES_MAX) return concatBytes(eventPrefix, Uint8Array.of(0xff, 0xff), sha256(value));
  return concatBytes(eventPrefix, Uint8Array.of(value.length >> 8, value.length & 0xff), value);
}

/** The entry of one value in one block. `indexes` are ascending and distinct. */
export function encodePosting(
  eventPrefix: Uint8Array,
  value: string,
  height: bigint,
  indexes: readonly number[],
): Entry {
  const bytes = utf8ToBytes(value);
  if (bytes.length > VALUE_BYTES_MAX) {
    const long = bytes.subarray(0, LONG_VALUE_BYTES_MAX);
    return [heightKey(valuePrefix(eventPrefix, bytes), height), concatBytes(encodeIndexes(indexes), long)];
  }
  // As `heightKey(valuePrefix(…))`, in one go: there is one entry for every transaction at least.
  const key = new Uint8Array(eventPrefix.length + 2 + bytes.length + 8);
  let at = eventPrefix.length;
  key.set(eventPrefix);
  key[at++] = bytes.length >> 8;
  key[at++] = bytes.length & 0xff;
  key.set(bytes, at);
  new DataView(key.buffer).setBigUint64(at + bytes.length, height);
  return [key, encodeIndexes(indexes)];
}

function encodeIndexes(indexes: readonly number[]): Uint8Array {
  const body: number[] = [];
  putVarint(body, indexes.length);
  let previous = 0;
  for (const index of indexes) {
    putVarint(body, index - previous);
    previous = index;
  }
  return Uint8Array.from(body);
}

/** The posting of an entry. */
export function decodePosting([key, body]: Entry): Posting {
  return { height: bytesToU64(key, key.length - 8), indexes: decodeBody(body).indexes };
}

/** The value of an entry whose key starts with an event key's prefix of `prefixLength` bytes. */
export function valueOfPosting([key, body]: Entry, prefixLength: number): string {
  const length = key[prefixLength]! << 8 | key[prefixLength + 1]!;
  const bytes = length === 0xffff ? body.subarray(decodeBody(body).end) : key.subarray(prefixLength + 2, -8);
  return new TextDecoder().decode(bytes);
}

function decodeBody(body: Uint8Array): { indexes: number[]; end: number } {
  let at = 0;
  const take = () => {
    let value = 0;
    for (let scale = 1;; scale *= 128) {
      const byte = body[at++];
      if (byte === undefined) throw storeDamaged("an index entry ends early");
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  const indexes: number[] = [];
  let index = 0;
  for (let left = take(); left > 0; left--) indexes.push(index += take());
  return { indexes, end: at };
}

function putVarint(out: number[], value: number): void {
  while (value >= 0x80) {
    out.push(value % 128 | 0x80);
    value = Math.floor(value / 128);
  }
  out.push(value);
}
