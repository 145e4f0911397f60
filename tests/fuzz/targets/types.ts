/** CometBFT's data, with what is asked of it once it is decoded. @module */
import { Block } from "cosmjs-types/tendermint/types/block";
import { Evidence } from "cosmjs-types/tendermint/types/evidence";
import { Commit, Header, Part, Proposal, Vote } from "cosmjs-types/tendermint/types/types";
import { ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { decodeStrict, encode } from "../../../node/core/codec/mod.ts";
import { verifyMerkleProof } from "../../../node/core/merkle/mod.ts";
import {
  blockIdKey,
  decodeBlock,
  decodeCommit,
  decodeEvidence,
  decodeHeader,
  decodeProposal,
  decodeValidatorSet,
  decodeVote,
  hashCommit,
  hashHeader,
  hashOneEvidence,
  partSet,
  proposalSignBytes,
  validateBlock,
  validateCommit,
  validateEvidence,
  validateHeader,
  validateProposal,
  validateVote,
  voteSignBytes,
} from "../../../node/core/types/mod.ts";
import { decoderTarget, type Target } from "../target.ts";
import { BLOCKS, COMMITS, EVIDENCE, PROPOSAL, VALIDATORS, VOTES } from "./samples.ts";

/** Default limit of a block in small networks; a bomb of 21 MiB says the same and takes five times as long. */
const BLOCK_BYTES = 4 * 1024 * 1024;

const parts = partSet(BLOCKS[1]!.bytes).parts;

export const TYPES_TARGETS: readonly Target[] = [
  decoderTarget({
    name: "block",
    bytesMax: BLOCK_BYTES,
    seeds: () => [
      ...BLOCKS.map(({ bytes }) => bytes),
      encode(Block, { ...BLOCKS[1]!.block, evidence: { evidence: [...EVIDENCE] } }),
    ],
    decode: (bytes) => decodeBlock(bytes, BLOCK_BYTES),
    encode: (block) => encode(Block, block),
    then: (block) => void validateBlock(block),
  }),
  decoderTarget({
    name: "header",
    bytesMax: 1024,
    seeds: () => BLOCKS.map(({ block }) => encode(Header, block.header)),
    decode: decodeHeader,
    encode: (header) => encode(Header, header),
    then: (header) => void [validateHeader(header), hashHeader(header)],
  }),
  decoderTarget({
    name: "commit",
    bytesMax: 1_300_000,
    seeds: () => COMMITS.map((commit) => encode(Commit, commit)),
    decode: decodeCommit,
    encode: (commit) => encode(Commit, commit),
    then: (commit) => void [validateCommit(commit), hashCommit(commit)],
  }),
  decoderTarget({
    name: "vote",
    bytesMax: 512,
    seeds: () => VOTES.map((vote) => encode(Vote, vote)),
    decode: decodeVote,
    encode: (vote) => encode(Vote, vote),
    then: (vote) => void [validateVote(vote), blockIdKey(vote.blockId), voteSignBytes("fuzz-1", vote)],
  }),
  decoderTarget({
    name: "proposal",
    bytesMax: 512,
    seeds: () => [encode(Proposal, PROPOSAL)],
    decode: decodeProposal,
    encode: (proposal) => encode(Proposal, proposal),
    then: (proposal) => void [validateProposal(proposal), proposalSignBytes("fuzz-1", proposal)],
  }),
  decoderTarget({
    name: "evidence_piece",
    bytesMax: 1_048_576,
    seeds: () => EVIDENCE.map((evidence) => encode(Evidence, evidence)),
    decode: (bytes) => decodeEvidence(bytes, 1_048_576),
    encode: (evidence) => encode(Evidence, evidence),
    then: (evidence) => validateEvidence(evidence).ok && void hashOneEvidence(evidence),
  }),
  decoderTarget({
    name: "validator_set",
    bytesMax: 1_300_000,
    seeds: () => [encode(ValidatorSet, VALIDATORS)],
    decode: decodeValidatorSet,
    encode: (set) => encode(ValidatorSet, set),
  }),
  decoderTarget({
    name: "part",
    bytesMax: 256 * 1024,
    seeds: () => parts.map((part) => encode(Part, part)),
    decode: (bytes) => decodeStrict(Part, bytes, "part", 256 * 1024),
    encode: (part) => encode(Part, part),
    then: ({ proof, bytes }) => void verifyMerkleProof(BLOCKS[1]!.blockId.partSetHeader.hash, proof, bytes),
  }),
];
