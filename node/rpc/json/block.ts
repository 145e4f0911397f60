/**
 * Blocks and what is in them, in the JSON of CometBFT v0.38 (`libs/json` over `types`): the field names, their order and
 * where a null stands are its.
 * @module
 */
import type { Block } from "cosmjs-types/tendermint/types/block";
import type {
  BlockID,
  BlockMeta,
  Commit,
  CommitSig,
  Header,
  Proposal,
  SignedHeader,
  TxProof,
  Vote,
} from "cosmjs-types/tendermint/types/types";
import type { Evidence } from "cosmjs-types/tendermint/types/evidence";
import type { Validator, ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import type { Proof } from "cosmjs-types/tendermint/crypto/proof";
import { pubKeyJson } from "./keys.ts";
import { base64, base64OrNull, hex, int64, time } from "./scalars.ts";

/** What a height without a block has in `block_id`. */
export const BLOCK_ID_EMPTY = { hash: "", parts: { total: 0, hash: "" } };

export const blockIdJson = ({ hash, partSetHeader }: BlockID) => ({
  hash: hex(hash),
  parts: { total: partSetHeader.total, hash: hex(partSetHeader.hash) },
});

/** The version is a protobuf message: zeros are left out of it. */
const versionJson = ({ block, app }: Header["version"]) => ({
  ...(block === 0n ? {} : { block: int64(block) }),
  ...(app === 0n ? {} : { app: int64(app) }),
});

export const headerJson = (header: Header) => ({
  version: versionJson(header.version),
  chain_id: header.chainId,
  height: int64(header.height),
  time: time(header.time),
  last_block_id: blockIdJson(header.lastBlockId),
  last_commit_hash: hex(header.lastCommitHash),
  data_hash: hex(header.dataHash),
  validators_hash: hex(header.validatorsHash),
  next_validators_hash: hex(header.nextValidatorsHash),
  consensus_hash: hex(header.consensusHash),
  app_hash: hex(header.appHash),
  last_results_hash: hex(header.lastResultsHash),
  evidence_hash: hex(header.evidenceHash),
  proposer_address: hex(header.proposerAddress),
});

const commitSigJson = (signature: CommitSig) => ({
  block_id_flag: signature.blockIdFlag as number,
  validator_address: hex(signature.validatorAddress),
  timestamp: time(signature.timestamp),
  signature: base64OrNull(signature.signature),
});

export const commitJson = (commit: Commit) => ({
  height: int64(commit.height),
  round: commit.round,
  block_id: blockIdJson(commit.blockId),
  signatures: commit.signatures.map(commitSigJson),
});

export const signedHeaderJson = (header: Header, commit: Commit) => ({
  header: headerJson(header),
  commit: commitJson(commit),
});

export const voteJson = (vote: Vote) => ({
  type: vote.type as number,
  height: int64(vote.height),
  round: vote.round,
  block_id: blockIdJson(vote.blockId),
  timestamp: time(vote.timestamp),
  validator_address: hex(vote.validatorAddress),
  validator_index: vote.validatorIndex,
  signature: base64OrNull(vote.signature),
  extension: base64OrNull(vote.extension),
  extension_signature: base64OrNull(vote.extensionSignature),
});

export const proposalJson = (proposal: Proposal) => ({
  type: proposal.type as number,
  height: int64(proposal.height),
  round: proposal.round,
  pol_round: proposal.polRound,
  block_id: blockIdJson(proposal.blockId),
  timestamp: time(proposal.timestamp),
  signature: base64OrNull(proposal.signature),
});

export const validatorJson = (validator: Validator) => ({
  address: hex(validator.address),
  pub_key: pubKeyJson(validator.pubKey),
  voting_power: int64(validator.votingPower),
  proposer_priority: int64(validator.proposerPriority),
});

export const validatorSetJson = ({ validators, proposer }: ValidatorSet) => ({
  validators: validators.map(validatorJson),
  proposer: proposer === undefined ? null : validatorJson(proposer),
});

const lightHeaderJson = ({ header, commit }: SignedHeader) => ({
  header: header === undefined ? null : headerJson(header),
  commit: commit === undefined ? null : commitJson(commit),
});

/** The upper-case names are Go fields without a JSON tag. */
export function evidenceJson({ duplicateVoteEvidence: votes, lightClientAttackEvidence: attack }: Evidence) {
  if (votes !== undefined) {
    return {
      type: "tendermint/DuplicateVoteEvidence",
      value: {
        vote_a: votes.voteA === undefined ? null : voteJson(votes.voteA),
        vote_b: votes.voteB === undefined ? null : voteJson(votes.voteB),
        TotalVotingPower: int64(votes.totalVotingPower),
        ValidatorPower: int64(votes.validatorPower),
        Timestamp: time(votes.timestamp),
      },
    };
  }
  if (attack === undefined) return null;
  const block = attack.conflictingBlock;
  return {
    type: "tendermint/LightClientAttackEvidence",
    value: {
      ConflictingBlock: block === undefined ? null : {
        signed_header: block.signedHeader === undefined ? null : lightHeaderJson(block.signedHeader),
        validator_set: block.validatorSet === undefined ? null : validatorSetJson(block.validatorSet),
      },
      CommonHeight: int64(attack.commonHeight),
      ByzantineValidators: attack.byzantineValidators.map(validatorJson),
      TotalVotingPower: int64(attack.totalVotingPower),
      Timestamp: time(attack.timestamp),
    },
  };
}

/** What the first block has for a last commit. */
const COMMIT_EMPTY = { height: "0", round: 0, block_id: BLOCK_ID_EMPTY, signatures: [] };

export const blockJson = (block: Block) => ({
  header: headerJson(block.header),
  data: { txs: block.data.txs.map(base64) },
  evidence: { evidence: block.evidence.evidence.map(evidenceJson) },
  last_commit: block.lastCommit === undefined ? COMMIT_EMPTY : commitJson(block.lastCommit),
});

export const blockMetaJson = (meta: BlockMeta) => ({
  block_id: blockIdJson(meta.blockId),
  block_size: int64(meta.blockSize),
  header: headerJson(meta.header),
  num_txs: int64(meta.numTxs),
});

const proofJson = (proof: Proof) => ({
  total: int64(proof.total),
  index: int64(proof.index),
  leaf_hash: base64(proof.leafHash),
  aunts: proof.aunts.map(base64),
});

export const txProofJson = ({ rootHash, data, proof }: TxProof) => ({
  root_hash: hex(rootHash),
  data: base64(data),
  proof: proof === undefined ? null : proofJson(proof),
});
