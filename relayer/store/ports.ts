/** What the relayer asks of the store where it keeps its place: contracts only. @module */

/** Parts are ordered by type, then by value: texts before numbers (`bigint`). */
export type StoreKey = readonly (string | bigint)[];

export interface StoreEntry {
  readonly key: StoreKey;
  readonly value: Uint8Array;
  /** Changes with every write of the entry. */
  readonly version: string;
}

/** A write, or a delete when the value is undefined. */
export type StoreWrite = readonly [key: StoreKey, value: Uint8Array | undefined];

/** The entry must still have that version; undefined: there must be none. */
export type StoreCheck = readonly [key: StoreKey, version: string | undefined];

export interface ListOptions {
  /** Where to go on: only entries after this key, or before it when reversed. */
  readonly after?: StoreKey | undefined;
  readonly limit: number;
  readonly reverse?: boolean;
}

/** What one {@linkcode RelayerStore.commit} may carry. Those of Deno KV, with room for headers. */
export interface StoreLimits {
  readonly writesMax: number;
  readonly checksMax: number;
  /** Keys and values together. */
  readonly commitBytesMax: number;
  readonly valueBytesMax: number;
}

/** Of a store in a local file: whether others had it open when this process opened it. */
export interface StoreOpening {
  readonly isShared: boolean;
  /**
   * Version of the lease that was found where nobody else had the store open: whoever took it is dead. A lease that has
   * changed since is somebody's.
   */
  readonly abandonedLease: string | undefined;
}

/**
 * A small ordered store that several relayers may share. Methods throw an `IoError` `store_failed` when the store does not
 * answer; nothing is known then about a commit that was under way.
 */
export interface RelayerStore {
  readonly limits: StoreLimits;
  /** What could be known of others when it was opened; undefined: nothing, as of a store that is reached over a network. */
  readonly opening?: StoreOpening;
  get(key: StoreKey): Promise<StoreEntry | undefined>;
  /** Values in the order of `keys`, any number of them. */
  getMany(keys: readonly StoreKey[]): Promise<(StoreEntry | undefined)[]>;
  /** Entries whose keys begin with `prefix` and are longer, in key order. */
  list(prefix: StoreKey, options: ListOptions): Promise<readonly StoreEntry[]>;
  /**
   * All writes or none, durably; they must fit {@linkcode StoreLimits}. Answers the version of what was written, or
   * undefined when a check failed.
   */
  commit(checks: readonly StoreCheck[], writes: readonly StoreWrite[]): Promise<string | undefined>;
  close(): void;
}
