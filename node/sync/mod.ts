/**
 * Sync: how a node gets what others decided without it. Block sync fetches blocks from several peers, has each proven by its
 * commit and hands over to consensus; it takes the chain back when consensus is left behind. README.md tells how.
 * @module
 */
export { type BlockServiceOptions, BlockSyncService } from "./block_service.ts";
export { type BlockSyncOptions, createBlockSync } from "./block_sync.ts";
export {
  type ConductorOptions,
  type ConsensusSwitch,
  describeReport,
  SyncConductor,
  type SyncReport,
} from "./conductor.ts";
export { BlockServer, type BlockServerOptions } from "./serve.ts";
export {
  type BlocksQuestion,
  decodeBlockFrame,
  decodeBlocksQuestion,
  decodeLightBlock,
  decodeLightBlockQuestion,
  encodeBlockFrame,
  encodeBlocksQuestion,
  encodeLightBlock,
  encodeLightBlockQuestion,
  LIGHT_BLOCK_BYTES_MAX,
  SYNC_WIRE_VERSION,
} from "./wire.ts";
export { SnapshotServer, type SnapshotServerOptions, type SnapshotSource } from "./state_serve.ts";
export { createStateSync } from "./state_sync.ts";
export { type StateRestore, StateSyncService, type StateSyncServiceOptions } from "./state_service.ts";
export type {
  EvidenceAge,
  LinkedHeader,
  SealedHeader,
  SnapshotOffer,
  SnapshotReading,
  StateSync,
  StateSyncEffect,
  StateSyncFailure,
  StateSyncInput,
  StateSyncOptions,
  StateSyncProgress,
  SyncedHeaders,
} from "./state_ports.ts";
export {
  type ChunkQuestion,
  decodeChunk,
  decodeChunkQuestion,
  decodeSnapshotOffer,
  encodeChunk,
  encodeChunkQuestion,
  encodeSnapshotOffer,
} from "./state_wire.ts";
