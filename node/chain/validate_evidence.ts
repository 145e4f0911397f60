/** Judging evidence: CometBFT v0.38 `evidence/verify.go`. @module */
import type { DuplicateVoteEvidence, Evidence } from "cosmjs-types/tendermint/types/evidence";
import type { Commit, Header, Vote } from "cosmjs-types/tendermint/types/types";
import type { ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { bytesToHex, equalBytes } from "../core/bytes.ts";
import { validateAttackWork } from "../core/light/mod.ts";
import { ok, type Result } from "../core/result.ts";
import { type Nanos, timestampToNanos } from "../core/time.ts";
import {
  consensusKeyAddress,
  equalBlockIds,
  hashOneEvidence,
  validateEvidence as validateEvidenceForm,
  verifyConsensusSignature,
  voteSignBytes,
} from "../core/types/mod.ts";
import { totalVotingPower } from "../core/validators/mod.ts";
import { runResident, type Work } from "../core/work.ts";
import { refuse } from "./errors.ts";
import { judgeAttackWork } from "./judge_attack.ts";
import { evidenceAgeNanosMax } from "./params.ts";
import type { ChainState } from "./types.ts";

/** What was true at a height. */
export interface EvidenceHeight {
  /** The time of the block at that height. */
  readonly time: Nanos;
  readonly validators: ValidatorSet;
  /** Of that block; only attacks on light clients need it. */
  readonly header?: Header | undefined;
  /** Its seal as the next block carries it, which is the same everywhere; not the one that this node has seen. */
  readonly commit?: Commit | undefined;
}

/** What the chain remembers that judging evidence needs. The runtime looks up the heights before it asks. */
export interface EvidenceHistory {
  /** undefined: no block is stored at `height`. */
  at(height: bigint): EvidenceHeight | undefined;
  /** True when a block already carries the evidence with this {@linkcode evidenceKey}. */
  committed(key: string): boolean;
  /**
   * The block that carries the evidence was decided: then what cannot be judged here (history that this node has not got,
   * because it began from a snapshot or has pruned it) is taken on the word of the two thirds who sealed it.
   */
  readonly decided?: boolean;
}

/**
 * What is thought of a piece of evidence. Only `invalid` can be held against whoever sent it. `unknown`: what is needed is
 * not known here, perhaps not yet; `committed`: a block carries it already.
 */
export type EvidenceVerdict =
  | { readonly verdict: "valid" }
  | { readonly verdict: "unknown" | "expired" | "committed" | "invalid"; readonly reason: string };

/** By what name evidence is remembered. */
export const evidenceKey = (evidence: Evidence): string => bytesToHex(hashOneEvidence(evidence));

/** The height of the misdeed, of an attack the common height; undefined when there is neither. */
export const evidenceHeight = ({ duplicateVoteEvidence: votes, lightClientAttackEvidence: attack }: Evidence) =>
  votes?.voteA?.height ?? attack?.commonHeight;

/** When that was, by the evidence itself. */
export function evidenceTime({ duplicateVoteEvidence: votes, lightClientAttackEvidence: attack }: Evidence): Nanos {
  const timestamp = votes?.timestamp ?? attack?.timestamp;
  return timestamp === undefined ? 0n : timestampToNanos(timestamp);
}

/** The heights, at most two, that {@linkcode judgeEvidenceWork} asks the history for. */
export function evidenceHeights(state: ChainState, evidence: Evidence): bigint[] {
  const height = evidenceHeight(evidence);
  const conflicting = evidence.lightClientAttackEvidence?.conflictingBlock?.signedHeader?.header?.height;
  const wanted = [height, conflicting].map((each) => each === undefined || each > state.lastHeight ? undefined : each);
  if (conflicting !== undefined && conflicting > state.lastHeight) wanted.push(state.lastHeight);
  return [...new Set(wanted.filter((each) => each !== undefined && each > 0n))] as bigint[];
}

/** Too old to matter: older than both limits (`IsEvidenceExpired`). */
export function isEvidenceExpired(state: ChainState, height: bigint, time: Nanos): boolean {
  const { maxAgeNumBlocks } = state.consensusParams.evidence;
  return state.lastHeight - height > maxAgeNumBlocks &&
    state.lastBlockTime - time > evidenceAgeNanosMax(state.consensusParams);
}

const invalid = (reason: string): EvidenceVerdict => ({ verdict: "invalid", reason: `judge evidence: ${reason}` });

/**
 * Judges one piece of evidence from anybody: its form, whether it matters still, and whether it is true. `signatures`:
 * `known` when they were verified before, for they do not depend on the state.
 */
export function* judgeEvidenceWork(
  state: ChainState,
  evidence: Evidence,
  history: EvidenceHistory,
  signatures: "verify" | "known" = "verify",
): Work<EvidenceVerdict> {
  const form = yield* validateForm(evidence);
  if (!form.ok) return { verdict: "invalid", reason: form.error.message };
  const height = evidenceHeight(evidence)!;
  const then = height > state.lastHeight ? undefined : history.at(height);
  if (then === undefined) {
    return { verdict: "unknown", reason: `judge evidence: no block is known at its height ${height}` };
  }
  const time = evidenceTime(evidence);
  if (time !== then.time) return invalid(`its time ${time} is not that of block ${height}, ${then.time}`);
  if (isEvidenceExpired(state, height, time)) {
    return { verdict: "expired", reason: `judge evidence: height ${height} is too old` };
  }
  if (history.committed(evidenceKey(evidence))) {
    return { verdict: "committed", reason: "judge evidence: a block carries it already" };
  }
  const { duplicateVoteEvidence: votes, lightClientAttackEvidence: attack } = evidence;
  if (attack !== undefined) return yield* judgeAttackWork(state, attack, then, history, signatures);
  return judgeDuplicateVote(state.chainId, votes!, then.validators, signatures);
}

function* validateForm(evidence: Evidence): Work<Result<unknown>> {
  const attack = evidence.lightClientAttackEvidence;
  if (attack === undefined || evidence.duplicateVoteEvidence !== undefined) return validateEvidenceForm(evidence);
  return yield* validateAttackWork(attack);
}

/** The same at one go, as a Result; with a history of a decided block `unknown` is good enough. */
export function validateEvidence(state: ChainState, evidence: Evidence, history: EvidenceHistory): Result<void> {
  return resultOf(runResident(judgeEvidenceWork(state, evidence, history)), history);
}

export function resultOf(judged: EvidenceVerdict, { decided = false }: EvidenceHistory): Result<void> {
  if (judged.verdict === "valid" || (decided && judged.verdict === "unknown")) return ok(undefined);
  return refuse("evidence", judged.reason);
}

/** `VerifyDuplicateVote`. */
function judgeDuplicateVote(
  chainId: string,
  evidence: DuplicateVoteEvidence,
  set: ValidatorSet,
  signatures: "verify" | "known",
): EvidenceVerdict {
  const bad = (found: string): EvidenceVerdict => ({ verdict: "invalid", reason: `judge duplicate votes: ${found}` });
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
  const total = totalVotingPower(set);
  if (total !== evidence.totalVotingPower) return bad(`the total power was ${total}, not ${evidence.totalVotingPower}`);
  if (signatures === "known") return { verdict: "valid" };
  const signed = (vote: Vote) =>
    verifyConsensusSignature(validator.pubKey, voteSignBytes(chainId, vote), vote.signature);
  return signed(a) && signed(b) ? { verdict: "valid" } : bad("a signature is wrong");
}
