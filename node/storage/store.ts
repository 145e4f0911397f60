/**
 * The store contract: what every persistence engine of a node offers. Keys and values are bytes; keys are ordered
 * lexicographically. Limits of an engine (value size, operations in a commit) are hidden here and known nowhere else.
 * @module
 */

/** Longest key of the contract, in bytes. Leaves room for prefixes and escaping under every engine's own limit. */
export const KEY_BYTES_MAX = 900;
/** Longest value of the contract, in bytes. Larger than any block; engines split values as they must. */
export const VALUE_BYTES_MAX = 256 * 1024 * 1024;
/** Longest metadata of a published version, in bytes. */
export const META_BYTES_MAX = 32 * 1024;

export type Entry = readonly [key: Uint8Array, value: Uint8Array];

/** From `start` (inclusive) to `end` (exclusive); an absent bound is open. */
export interface KeyRange {
  readonly start?: Uint8Array | undefined;
  readonly end?: Uint8Array | undefined;
}

export interface IterateOptions {
  readonly reverse?: boolean;
  /** At most this many entries. */
  readonly limit?: number;
}

/** One write: a value, or undefined to delete the key. */
export type Write = readonly [key: Uint8Array, value: Uint8Array | undefined];

export interface StoreReader {
  get(key: Uint8Array): Promise<Uint8Array | undefined>;
  /** Values in the order of `keys`, any number of keys. */
  getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]>;
  /** Entries in key order (reversed on request). Bounded memory: pages are fetched as they are consumed. */
  iterate(range: KeyRange, options?: IterateOptions): AsyncIterable<Entry>;
}

export interface Store extends StoreReader {
  /**
   * Applies all writes or none, also across a crash, however many there are, in one durable commit where the engine's
   * limits allow it. Later writes to the same key win.
   */
  batch(writes: readonly Write[]): Promise<void>;
  /**
   * Applies many writes in order, in as few commits as possible, without atomicity between them: a crash leaves a
   * prefix. For data that nothing points to yet. Every single value is still all or nothing.
   */
  bulk(writes: readonly Write[]): Promise<void>;
  /** The versioned part of the store: see {@linkcode VersionedStore}. */
  readonly versioned: VersionedStore;
  /** A part of the store whose keys all start with `prefix`, which callers do not see. */
  sub(prefix: string): StorePart;
  /** Waits for pending writes, then frees the files. Later calls throw an IoError `store_closed`. */
  close(): Promise<void>;
}

/** A part of a store, see {@linkcode Store.sub}: all that services which own some keys need. */
export type StorePart = Omit<Store, "close" | "versioned" | "sub">;

/**
 * Keys whose values are known at every published version. The latest values are flat (one read); older ones are found
 * through a history. Nothing that is staged is visible before its version is published, and a crash at any point leaves
 * the last published version readable, whole. Versions are staged and published in ascending order.
 */
export interface VersionedStore {
  /** The last published version and what was published with it; undefined in a new store. */
  head(): Promise<{ readonly version: bigint; readonly meta: Uint8Array } | undefined>;
  /** Reads as of `version` (at most the head). */
  snapshot(version: bigint): StoreReader;
  /**
   * Writes what `version` (greater than the head) changes, in as many commits as the limits ask. Staging the same
   * version again after a crash replaces what was staged, also when the second attempt writes fewer keys.
   */
  stage(version: bigint, writes: readonly Write[]): Promise<void>;
  /**
   * Adds to what is staged as `version`, whose keys are all less: a version that is larger than memory is staged in parts.
   * The keys of a part are unique and in order.
   */
  extend(version: bigint, writes: readonly Write[]): Promise<void>;
  /** Moves the head pointer, with `meta`: one small commit, written last. `alongside` goes into the same commit. */
  publish(version: bigint, meta: Uint8Array, alongside?: readonly Write[]): Promise<void>;
}
