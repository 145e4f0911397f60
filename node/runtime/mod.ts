/**
 * The runtime: runs the work of pure rooms against storage and ties chain, application, mempool and store together. Behind
 * it the consensus driver and RPC find one chain.
 * @module
 */
export { AppGate } from "./app_gate.ts";
export { BlockExecutor, type BlockExecutorParts, type CommitTimings, type SealedBlock } from "./block_executor.ts";
export { breathe, SLICE_MS } from "./breathe.ts";
export { ChainStore } from "./chain_store.ts";
export { type CommitListener, EventBus } from "./event_bus.ts";
export { type EvidenceAnswer, EvidenceService } from "./evidence_service.ts";
export { lastPrecommit } from "./last_precommit.ts";
export { type Chain, openChain, type OpenChainOptions, type PublishedHead } from "./open.ts";
export { createRpcBackend, type NodeFacts } from "./rpc_backend.ts";
export { ChainRestore, type ChainRestoreOptions, isBegun } from "./restore.ts";
export { type OfferedSnapshot, Snapshots, type SnapshotsOptions } from "./snapshots.ts";
export { answerStanding, endStanding, standingEnded, standingLoad, standingMemory } from "./standing.ts";
export { createBlockSource, createSyncTarget } from "./sync_target.ts";
export * from "./aside/mod.ts";
export * from "./queries/mod.ts";
export * from "./speculation/mod.ts";
export { WorkRunner, type WorkSource } from "./work_runner.ts";
