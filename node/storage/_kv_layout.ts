/**
 * Where things stand in the engine. The first byte of the first key part is the space:
 *
 *     plain      [1 key]                     value
 *     flat       [2 key]                     record: the value of a versioned key as of the last flush
 *     history    [3 key] [version]           versions that changed the key: that one, and those that follow (_history.ts)
 *     chunks     [4 id]  [index]             a piece of a large value
 *     garbage    [5 id]                      chunks that nothing points to (not yet, or no longer)
 *     log        [6 version] [first key]     what a version changed, in key order (_version_log.ts)
 *     journal    [7] [index]                 a batch too large for one commit
 *     meta       [8 name]
 *
 * A value above the engine's limit is a text pointer `id:length` to its chunks. A record is a kind byte, the version (8
 * bytes) and the value or the pointer.
 * @module
 */
import { concatBytes, u64ToBytes, utf8ToBytes } from "../core/bytes.ts";
import { IoError } from "../core/errors.ts";
import type { KvKey } from "./_kv_port.ts";

export const SPACE = { plain: 1, flat: 2, history: 3, chunk: 4, garbage: 5, log: 6, journal: 7, meta: 8 } as const;
export type Space = keyof typeof SPACE;

/** `key` in `space`, as a first key part. */
export function inSpace(space: Space, key: Uint8Array): Uint8Array {
  const part = new Uint8Array(key.length + 1);
  part[0] = SPACE[space];
  part.set(key, 1);
  return part;
}

export const plainKey = (key: Uint8Array): KvKey => [inSpace("plain", key)];
export const flatKey = (key: Uint8Array): KvKey => [inSpace("flat", key)];
export const historyKey = (key: Uint8Array, version: bigint): KvKey => [inSpace("history", key), u64ToBytes(version)];
export const chunkKey = (id: number, index: number): KvKey => [numbered("chunk", id), u64ToBytes(BigInt(index))];
export const garbageKey = (id: number): KvKey => [numbered("garbage", id)];
export const logKey = (version: bigint, firstKey: Uint8Array): KvKey => [inSpace("log", u64ToBytes(version)), firstKey];
/** The bounds of all that the log holds of `version`. */
export const logBounds = (version: bigint): readonly [start: KvKey, end: KvKey] => [
  [inSpace("log", u64ToBytes(version))],
  [inSpace("log", u64ToBytes(version + 1n))],
];
export const journalKey = (index: number): KvKey => [
  inSpace("journal", new Uint8Array()),
  u64ToBytes(BigInt(index)),
];
export const metaKey = (name: string): KvKey => [inSpace("meta", utf8ToBytes(name))];

/** The first keys of a space and of the next one: the bounds of a listing. */
export const spaceBounds = (space: Space): readonly [start: KvKey, end: KvKey] => [
  [Uint8Array.of(SPACE[space])],
  [Uint8Array.of(SPACE[space] + 1)],
];

/** The first possible key after `key`. */
export function afterKey(key: KvKey): KvKey {
  const successor = (part: Uint8Array) => concatBytes(part, Uint8Array.of(0));
  return key.length === 1 ? [successor(key[0])] : [key[0], successor(key[1])];
}

/** The number in a chunk or garbage key. */
export const idOfKey = (key: KvKey): number => Number(new DataView(key[0].buffer, key[0].byteOffset).getBigUint64(1));

function numbered(space: Space, id: number): Uint8Array {
  const part = new Uint8Array(9);
  part[0] = SPACE[space];
  new DataView(part.buffer).setBigUint64(1, BigInt(id));
  return part;
}

/** Where a large value is. */
export interface Pointer {
  readonly id: number;
  /** The length of the value, in bytes. */
  readonly length: number;
}

export const encodePointer = (pointer: Pointer): string => `${pointer.id}:${pointer.length}`;

export function decodePointer(text: string): Pointer {
  const match = /^(\d{1,15}):(\d{1,10})$/.exec(text);
  if (!match) throw storeDamaged(`a pointer reads ${JSON.stringify(text.slice(0, 40))}`);
  return { id: Number(match[1]), length: Number(match[2]) };
}

/** What a versioned key is since `version`: a value, a pointer to one, or (undefined) nothing. */
export interface VersionRecord {
  readonly version: bigint;
  readonly value: Uint8Array | Pointer | undefined;
}

const KIND = { inline: 0, deleted: 1, pointer: 2 } as const;
/** Bytes of a record before its value. */
export const RECORD_HEADER_BYTES = 9;

export function encodeRecord(version: bigint, value: Uint8Array | Pointer | undefined): Uint8Array {
  if (value === undefined) return concatBytes(Uint8Array.of(KIND.deleted), u64ToBytes(version));
  const payload = value instanceof Uint8Array ? value : utf8ToBytes(encodePointer(value));
  const record = new Uint8Array(RECORD_HEADER_BYTES + payload.length);
  record[0] = value instanceof Uint8Array ? KIND.inline : KIND.pointer;
  new DataView(record.buffer).setBigUint64(1, version);
  record.set(payload, RECORD_HEADER_BYTES);
  return record;
}

export function decodeRecord(record: unknown): VersionRecord {
  if (!(record instanceof Uint8Array) || record.length < RECORD_HEADER_BYTES || record[0]! > KIND.pointer) {
    throw storeDamaged("a versioned record is malformed");
  }
  const version = new DataView(record.buffer, record.byteOffset).getBigUint64(1);
  if (record[0] === KIND.deleted) return { version, value: undefined };
  const payload = record.subarray(RECORD_HEADER_BYTES);
  if (record[0] === KIND.inline) return { version, value: payload };
  return { version, value: decodePointer(new TextDecoder().decode(payload)) };
}

/** The file does not hold what this code wrote. */
export const storeDamaged = (found: string): IoError => new IoError("store_damaged", `read the store: ${found}`);
