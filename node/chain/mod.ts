/**
 * What makes a chain of blocks out of decided blocks: genesis, chain state, making, judging and applying blocks, evidence.
 * CometBFT's `state` package without its IO.
 * @module
 */
export { applyBlock } from "./apply_block.ts";
export { CHAIN_CODE, chainError } from "./errors.ts";
export {
  type CommittedEvidence,
  type EvidenceChanges,
  EvidencePool,
  type Kept,
  misbehaviorOf,
  type RememberedEvidence,
} from "./evidence_pool.ts";
export { genesisToJson, parseGenesis } from "./genesis.ts";
export { chainStateFromGenesis, genesisValidatorUpdates, type InitializedChain } from "./genesis_state.ts";
export { heightContext } from "./height_context.ts";
export { type BlockContents, dataBytesMax, EMPTY_COMMIT, makeBlock, nextHeight } from "./make_block.ts";
export { medianTime } from "./median_time.ts";
export { blockBytesMax, DEFAULT_CONSENSUS_PARAMS, updateConsensusParams, validateConsensusParams } from "./params.ts";
export { chainStateFromHeaders, type ProvenHeader, type ProvenHeaders } from "./synced_state.ts";
export { decodeChainState, encodeChainParams, encodeChainState } from "./state_codec.ts";
export type { ChainParams, ChainState, ExecutedBlock, GenesisDoc, GenesisValidator } from "./types.ts";
export { validateBlock, validateBlockWork } from "./validate_block.ts";
export {
  type EvidenceHeight,
  evidenceHeight,
  evidenceHeights,
  type EvidenceHistory,
  evidenceKey,
  evidenceTime,
  type EvidenceVerdict,
  judgeEvidenceWork,
  validateEvidence,
} from "./validate_evidence.ts";
