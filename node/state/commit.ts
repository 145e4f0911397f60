/** What a block's changes become before they are written. @module */

/** A write for storage: undefined deletes. */
export type StateWrite = readonly [key: Uint8Array, value: Uint8Array | undefined];

/**
 * A computed but unwritten version of the state. The runtime writes `nodes` and `stale` (plain keys, nothing points to
 * them yet), stages `flat` under the version, and publishes `meta` last; then hands it back to be adopted.
 */
export interface StagedCommit {
  readonly version: bigint;
  /** Root over the store roots: the app hash. */
  readonly appHash: Uint8Array;
  /** Latest values: versioned keys. */
  readonly flat: readonly StateWrite[];
  /** Immutable tree nodes, keyed by store, version and path; with the commit info of this version. */
  readonly nodes: readonly StateWrite[];
  /** Index of nodes that this version made stale, keyed by the version since which they are. */
  readonly stale: readonly StateWrite[];
  /** Published with the head: enough to open the state at this version. */
  readonly meta: Uint8Array;
}
