/** Bounded, strict decoders of what peers send. @module */
import { Block } from "cosmjs-types/tendermint/types/block";
import { Evidence } from "cosmjs-types/tendermint/types/evidence";
import { Commit, Header, Proposal, Vote } from "cosmjs-types/tendermint/types/types";
import { ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { decodeStrict } from "../codec/mod.ts";
import type { CodedError } from "../errors.ts";
import type { Result } from "../result.ts";

/** The most a block can ever have (CometBFT `MaxBlockSizeBytes`, 100 MiB); consensus parameters set a lower limit. */
export const BLOCK_BYTES_MAX = 104_857_600;

/** Room for 64 bytes of signature, a block id, an address and times; vote extensions are not in use. */
const VOTE_BYTES_MAX = 512;
/** 10 000 signatures of at most 120 bytes, and the id. */
const COMMIT_BYTES_MAX = 1_300_000;
/** 10 000 validators of at most 110 bytes, and the proposer. */
const VALIDATOR_SET_BYTES_MAX = 1_300_000;
const HEADER_BYTES_MAX = 1_024;

export const decodeBlock = (bytes: Uint8Array, bytesMax: number): Result<Block, CodedError> =>
  decodeStrict(Block, bytes, "block", bytesMax);

export const decodeHeader = (bytes: Uint8Array): Result<Header, CodedError> =>
  decodeStrict(Header, bytes, "header", HEADER_BYTES_MAX);

export const decodeCommit = (bytes: Uint8Array): Result<Commit, CodedError> =>
  decodeStrict(Commit, bytes, "commit", COMMIT_BYTES_MAX);

export const decodeVote = (bytes: Uint8Array): Result<Vote, CodedError> =>
  decodeStrict(Vote, bytes, "vote", VOTE_BYTES_MAX);

export const decodeProposal = (bytes: Uint8Array): Result<Proposal, CodedError> =>
  decodeStrict(Proposal, bytes, "proposal", VOTE_BYTES_MAX);

export const decodeEvidence = (bytes: Uint8Array, bytesMax: number): Result<Evidence, CodedError> =>
  decodeStrict(Evidence, bytes, "evidence", bytesMax);

export const decodeValidatorSet = (bytes: Uint8Array): Result<ValidatorSet, CodedError> =>
  decodeStrict(ValidatorSet, bytes, "validator set", VALIDATOR_SET_BYTES_MAX);
