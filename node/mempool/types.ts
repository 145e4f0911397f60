/** The words of the mempool. @module */

/** A transaction that passed its check and waits for a block. */
export interface PoolTx {
  /** Hex of its SHA-256. */
  readonly key: string;
  readonly tx: Uint8Array;
  /** Who orders it (hex of the account), or its own key when nobody does. */
  readonly sender: string;
  readonly sequence: bigint;
  /** Higher goes first. */
  readonly priority: bigint;
  readonly gasWanted: bigint;
  /** What it costs in a block's Data, with its field tag and length. */
  readonly blockBytes: number;
  /** Order of arrival in this pool: breaks ties. */
  readonly arrival: number;
}

/** What `checkTx` said of a transaction that is to enter the pool. */
export interface PoolCandidate {
  readonly key: string;
  readonly tx: Uint8Array;
  /** Bytes of the account whose sequence orders it; empty: ordered by nothing. */
  readonly sender: Uint8Array;
  readonly sequence: bigint;
  readonly priority: bigint;
  readonly gasWanted: bigint;
}

export interface PoolLimits {
  /** Transactions in the pool. */
  readonly countMax: number;
  /** Bytes of all transactions in the pool. */
  readonly bytesMax: number;
  /** Bytes of one transaction. */
  readonly txBytesMax: number;
  /** Hashes remembered beside those in the pool. */
  readonly seenCountMax: number;
}

/** CometBFT v0.38's defaults, with room for a few blocks of a fast chain. */
export const POOL_LIMITS_DEFAULT: PoolLimits = {
  countMax: 50_000,
  bytesMax: 64 * 1024 * 1024,
  txBytesMax: 1024 * 1024,
  seenCountMax: 100_000,
};

/** `evicted`: whom the newcomer pushed out. */
export type InsertResult =
  | { readonly ok: true; readonly evicted: readonly PoolTx[] }
  | { readonly ok: false; readonly reason: "seen" | "full" | "sequence_gap"; readonly log: string };

/** Is told what the mempool does, for numbers and spans. Cheap; does not throw. */
export interface MempoolObserver {
  /** A submission was answered; `refused` undefined: admitted. */
  submitted(txBytes: number, refused: "checked" | "seen" | "full" | "too_large" | "sequence_gap" | undefined): void;
  /** A pending transaction was checked again after a block; false: it is no longer good and left. */
  rechecked(kept: boolean): void;
  /** Pending transactions made room for one that pays more. */
  evicted(count: number): void;
  /** A slice of `checks` checks ended. */
  sliced(checks: number, ms: number): void;
}
