/** Judging evidence: CometBFT v0.38 `evidence/verify.go`. @module */
import type { DuplicateVoteEvidence, Evidence } from "cosmjs-types/tendermint/types/evidence";
import type { Vote } from "cosmjs-types/tendermint/types/types";
import type { ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { bytesToHex, equalBytes } from "../core/bytes.ts";
import { ok, type Result } from "../core/result.ts";
import { type Nanos, timestampToNanos } from "../core/time.ts";
import {
  consensusKeyAddress,
  equalBlockIds,
  hashOneEvidence,
  verifyConsensusSignature,
  voteSignBytes,
} from "../core/types/mod.ts";
import { refuse } from "./errors.ts";
import { evidenceAgeNanosMax } from "./params.ts";
import type { ChainState } from "./types.ts";

/** What was true at the height of a misdeed. */
export interface EvidenceHeight {
  /** The time of the block at that height. */
  readonly time: Nanos;
  readonly validators: ValidatorSet;
}

/** What the chain remembers that judging evidence needs. The runtime looks up the heights before it asks. */
export interface EvidenceHistory {
  /** undefined: no block is stored at `height`. */
  at(height: bigint): EvidenceHeight | undefined;
  /** True when a block already carries the evidence with this {@linkcode evidenceKey}. */
  committed(key: string): boolean;
}

/** By what name evidence is remembered. */
export const evidenceKey = (evidence: Evidence): string => bytesToHex(hashOneEvidence(evidence));

/** The height of the misdeed; undefined for a kind of evidence that is not judged here. */
export const evidenceHeight = (evidence: Evidence): bigint | undefined => evidence.duplicateVoteEvidence?.voteA?.height;

/** Too old to matter: older than both limits (`IsEvidenceExpired`). */
export function isEvidenceExpired(state: ChainState, height: bigint, time: Nanos): boolean {
  const { maxAgeNumBlocks } = state.consensusParams.evidence;
  return state.lastHeight - height > maxAgeNumBlocks &&
    state.lastBlockTime - time > evidenceAgeNanosMax(state.consensusParams);
}

/** Verifies one well-formed piece of evidence against what was true then, and that it is neither expired nor punished. */
export function validateEvidence(state: ChainState, evidence: Evidence, history: EvidenceHistory): Result<void> {
  const votes = evidence.duplicateVoteEvidence;
  if (votes === undefined) return refuse("evidence", "judge evidence: only duplicate votes are known here");
  const height = evidenceHeight(evidence)!;
  const then = history.at(height);
  if (then === undefined) return refuse("evidence", `judge evidence: no block is known at its height ${height}`);
  const time = timestampToNanos(votes.timestamp);
  if (time !== then.time) {
    return refuse("evidence", `judge evidence: its time ${time} is not that of block ${height}, ${then.time}`);
  }
  if (isEvidenceExpired(state, height, time)) return refuse("evidence", `judge evidence: height ${height} is too old`);
  if (history.committed(evidenceKey(evidence))) return refuse("evidence", "judge evidence: a block carries it already");
  return verifyDuplicateVote(state.chainId, votes, then.validators);
}

/** `VerifyDuplicateVote`. */
function verifyDuplicateVote(chainId: string, evidence: DuplicateVoteEvidence, set: ValidatorSet): Result<void> {
  const bad = (found: string) => refuse("evidence", `judge duplicate votes: ${found}`);
  const { voteA: a, voteB: b } = evidence;
  if (a === undefined || b === undefined) return bad("a vote is missing");
  const validator = set.validators.find((each) => equalBytes(each.address, a.validatorAddress));
  if (validator === undefined) return bad(`no validator at height ${a.height} has the address`);
  if (a.height !== b.height || a.round !== b.round || a.type !== b.type) return bad("height, round or type differ");
  if (!equalBytes(a.validatorAddress, b.validatorAddress)) return bad("addresses differ");
  if (equalBlockIds(a.blockId, b.blockId)) return bad("both are for the same block");
  const address = consensusKeyAddress(validator.pubKey);
  if (address === undefined || !equalBytes(address, a.validatorAddress)) return bad("the address is not the key's");
  if (validator.votingPower !== evidence.validatorPower) {
    return bad(`the validator's power was ${validator.votingPower}, not ${evidence.validatorPower}`);
  }
  const total = set.validators.reduce((sum, each) => sum + each.votingPower, 0n);
  if (total !== evidence.totalVotingPower) return bad(`the total power was ${total}, not ${evidence.totalVotingPower}`);
  const signed = (vote: Vote) =>
    verifyConsensusSignature(validator.pubKey, voteSignBytes(chainId, vote), vote.signature);
  return signed(a) && signed(b) ? ok(undefined) : bad("a signature is wrong");
}
