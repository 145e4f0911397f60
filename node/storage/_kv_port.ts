/**
 * What the store needs from an ordered key–value engine with small limits. Deno KV implements it (`_deno_kv.ts`), and
 * so does the engine of the crash tests.
 * @module
 */

/** One part, or two where the order must be by the first part and then by the second. */
export type KvKey = readonly [Uint8Array] | readonly [Uint8Array, Uint8Array];
/** Bytes, or a pointer to chunks as text. */
export type KvValue = Uint8Array | string;
export type KvEntry = readonly [key: KvKey, value: KvValue];
/** A set, or a delete when the value is undefined. */
export type Mutation = readonly [key: KvKey, value: KvValue | undefined];

export interface KvLimits {
  /** Mutations in one commit. */
  readonly mutationsMax: number;
  /** Keys and values of one commit, in bytes. */
  readonly commitBytesMax: number;
  /** Keys of one commit, in bytes. */
  readonly commitKeyBytesMax: number;
  /** One value, in bytes. */
  readonly valueBytesMax: number;
}

export interface KvPort {
  readonly limits: KvLimits;
  /** Values in the order of `keys`, any number of them. */
  getMany(keys: readonly KvKey[]): Promise<(KvValue | undefined)[]>;
  /** Up to `limit` entries with start ≤ key < end, ascending, or descending from the end. */
  list(start: KvKey, end: KvKey, options: { reverse?: boolean; limit: number }): Promise<KvEntry[]>;
  /** Applies all mutations in order, atomically and durably. They must fit the limits. */
  commit(mutations: readonly Mutation[]): Promise<void>;
  close(): void;
}

/** The encoded size of a key, at most: each part costs two bytes more, and a zero byte counts double. */
export function keyCost(key: KvKey): number {
  let cost = 0;
  for (const part of key) {
    cost += part.length + 2;
    for (let i = 0; i < part.length; i++) if (part[i] === 0) cost++;
  }
  return cost;
}

/** The encoded size of a value, at most. Text is ASCII here and carries a small header. */
export function valueCost(value: KvValue | undefined): number {
  return value === undefined ? 0 : value.length + (typeof value === "string" ? 16 : 0);
}
