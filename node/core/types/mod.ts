/**
 * CometBFT v0.38's data: how its types hash, what is signed, how blocks are cut into parts, and which values are well
 * formed. Shapes are those of `cosmjs-types`.
 * @module
 */
export { isZeroTime, ZERO_TIME } from "./zero_time.ts";
export {
  copyTx,
  hashCommit,
  hashConsensusParams,
  hashData,
  hashDataWork,
  hashEvidence,
  hashHeader,
  hashOneEvidence,
  hashResults,
  hashResultsWork,
  hashTx,
  proveResult,
  proveTx,
} from "./hash.ts";
export { blockIdKey, blockIdOf, EMPTY_BLOCK_ID, equalBlockIds, isCompleteBlockId, isNilBlockId } from "./block_id.ts";
export { PART_BYTES, type PartSet, partSet, partSetHeader, partSetHeaderWork } from "./part_set.ts";
export { commitVoteSignBytes, proposalSignBytes, type SignedVote, voteSignBytes } from "./sign_bytes.ts";
export { consensusKeyAddress, consensusKeyBytes, isConsensusKey, verifyConsensusSignature } from "./public_key.ts";
export {
  BLOCK_BYTES_MAX,
  decodeBlock,
  decodeCommit,
  decodeEvidence,
  decodeHeader,
  decodeProposal,
  decodeValidatorSet,
  decodeVote,
} from "./decode.ts";
export {
  BLOCK_PROTOCOL,
  CHAIN_ID_LENGTH_MAX,
  SIGNATURE_BYTES_MAX,
  TYPES_CODE,
  validateBlock,
  validateCommit,
  validateEvidence,
  validateHeader,
  validateProposal,
  validateVote,
  VOTES_MAX,
} from "./validate.ts";
