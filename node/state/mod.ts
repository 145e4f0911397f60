/**
 * The state: how transactions see it (`view`), a journal over it, a cache of what is resident, the versioned Merkle trees
 * below, their ICS-23 proofs, and the multistore that holds them together. Pure and synchronous: what is not resident is
 * asked for by work requests.
 * @module
 */
export {
  Miss,
  PAGE_ENTRIES_MAX,
  type PageRequest,
  type StateChange,
  type StateReader,
  type StateView,
} from "./view.ts";
export type { StagedCommit, StateWrite } from "./commit.ts";
export { type Checkpoint, Journal, type KeyRead, type PageRead, type Place, type Reads } from "./journal.ts";
export { MultiStore, type MultiStoreOptions, NO_VERSION, type StateAt, type StateProof } from "./multistore.ts";
export { FollowingState } from "./following.ts";
export { answerOver, answerPending, PendingState } from "./pending.ts";
export { flatKey, STATE_KEY_BYTES_MAX, STORE_NAME_BYTES_MAX, textOf } from "./keys.ts";
export { type CommitInfo, decodeCommitInfo } from "./commit_info.ts";
export { unpackStale } from "./_stale.ts";
export {
  appHashOfSnapshot,
  CHUNK_BYTES_MAX,
  CHUNKS_MAX,
  decodeMetadata,
  METADATA_BYTES_MAX,
  SNAPSHOT_FORMAT,
  snapshotHash,
  type SnapshotMetadata,
} from "./snapshot.ts";
export {
  type ChunkPlace,
  decodeMadeSnapshot,
  encodeMadeSnapshot,
  type MadeSnapshot,
  makeChunk,
  SnapshotMaker,
} from "./snapshot_make.ts";
export { type RestoredChunk, type RestoredState, SnapshotRestorer } from "./snapshot_restore.ts";
