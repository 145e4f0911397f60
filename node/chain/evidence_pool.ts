/** Evidence on its way into a block: a pure machine, bounded. CometBFT v0.38 `evidence/pool.go`. @module */
import { type Evidence, EvidenceList } from "cosmjs-types/tendermint/types/evidence";
import { type Misbehavior, MisbehaviorType } from "cosmjs-types/tendermint/abci/types";
import type { Vote } from "cosmjs-types/tendermint/types/types";
import { equalBytes } from "../core/bytes.ts";
import { ok, type Result } from "../core/result.ts";
import { nanosToTimestamp, timestampToNanos } from "../core/time.ts";
import { blockIdKey, validateEvidence as validateEvidenceForm } from "../core/types/mod.ts";
import { refuse } from "./errors.ts";
import type { ChainState } from "./types.ts";
import {
  type EvidenceHeight,
  evidenceHeight,
  type EvidenceHistory,
  evidenceKey,
  isEvidenceExpired,
  validateEvidence,
} from "./validate_evidence.ts";

/** Pieces that wait for a block; more are dropped. A validator set has far fewer culprits before the chain has stopped. */
const PENDING_COUNT_MAX = 1_000;
/** Conflicts reported by the engine that wait for the block of their height. */
const REPORTED_COUNT_MAX = 1_000;

interface ReportedVotes {
  readonly a: Vote;
  readonly b: Vote;
}

/** A piece a block carries: what has to be remembered until it expires. */
export interface CommittedEvidence {
  readonly key: string;
  readonly height: bigint;
  /** Nanoseconds. */
  readonly time: bigint;
}

export class EvidencePool {
  readonly #pending = new Map<string, Evidence>();
  readonly #committed: Map<string, CommittedEvidence>;
  #reported: ReportedVotes[] = [];

  /** `committed`: what was remembered when the node stopped. */
  constructor(committed: Iterable<CommittedEvidence> = []) {
    this.#committed = new Map([...committed].map((each) => [each.key, each]));
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  isCommitted(key: string): boolean {
    return this.#committed.has(key);
  }

  /**
   * Takes two conflicting votes that the engine saw. They become evidence after their height is decided: only then is the
   * time of its block known, which the evidence must carry (`processConsensusBuffer`).
   */
  report(evidence: Evidence): void {
    const { voteA: a, voteB: b } = evidence.duplicateVoteEvidence ?? {};
    if (a !== undefined && b !== undefined && this.#reported.length < REPORTED_COUNT_MAX) this.#reported.push({ a, b });
  }

  /** Heights below the last one that {@linkcode update} will ask `at` for. */
  heightsWanted(state: ChainState): bigint[] {
    return [...new Set(this.#reported.map(({ a }) => a.height))].filter((height) => height < state.lastHeight);
  }

  /** Takes evidence from a client or peer, judged against `state`. Known pieces are taken silently. */
  add(state: ChainState, evidence: Evidence, history: EvidenceHistory): Result<void> {
    const form = validateEvidenceForm(evidence);
    if (!form.ok) return form;
    const key = evidenceKey(evidence);
    if (this.#pending.has(key) || this.#committed.has(key)) return ok(undefined);
    if (this.#pending.size >= PENDING_COUNT_MAX) return refuse("evidence", "keep evidence: too many pieces wait");
    const valid = validateEvidence(state, evidence, history);
    if (valid.ok) this.#pending.set(key, evidence);
    return valid;
  }

  /** Pieces for a block, oldest first, at most `bytesMax` bytes as an `EvidenceList`. */
  pending(bytesMax: number): { readonly evidence: readonly Evidence[]; readonly bytes: number } {
    const evidence: Evidence[] = [];
    let bytes = 0;
    for (const each of this.#pending.values()) {
      const size = EvidenceList.encode({ evidence: [each] }).finish().length;
      if (bytes + size > bytesMax) break;
      evidence.push(each);
      bytes += size;
    }
    return { evidence, bytes };
  }

  /**
   * A block is applied and gave `state`. Its evidence is done with, expired pieces are forgotten, and reported conflicts
   * of decided heights become evidence. Returns what to remember durably from now on, and what no longer.
   */
  update(
    state: ChainState,
    carried: readonly Evidence[],
    at: (height: bigint) => EvidenceHeight | undefined,
  ): { readonly remember: readonly CommittedEvidence[]; readonly forget: readonly string[] } {
    const remember = carried.map(committedEvidence);
    for (const each of remember) {
      this.#committed.set(each.key, each);
      this.#pending.delete(each.key);
    }
    this.#judgeReported(state, at);
    for (const [key, evidence] of this.#pending) {
      const { height, time } = committedEvidence(evidence);
      if (isEvidenceExpired(state, height, time)) this.#pending.delete(key);
    }
    const forget: string[] = [];
    for (const { key, height, time } of this.#committed.values()) {
      if (isEvidenceExpired(state, height, time)) forget.push(key);
    }
    for (const key of forget) this.#committed.delete(key);
    return { remember, forget };
  }

  #judgeReported(state: ChainState, at: (height: bigint) => EvidenceHeight | undefined): void {
    const last: EvidenceHeight = { time: state.lastBlockTime, validators: state.lastValidators };
    const history: EvidenceHistory = {
      at: (height) => (height === state.lastHeight ? last : at(height)),
      committed: (key) => this.#committed.has(key),
    };
    const later: ReportedVotes[] = [];
    for (const votes of this.#reported) {
      const then = history.at(votes.a.height);
      if (votes.a.height > state.lastHeight) later.push(votes);
      else if (then !== undefined) this.add(state, evidenceOf(votes.a, votes.b, then), history);
    }
    this.#reported = later;
  }
}

function evidenceOf(first: Vote, second: Vote, then: EvidenceHeight): Evidence {
  const { validators } = then.validators;
  const inOrder = blockIdKey(first.blockId) < blockIdKey(second.blockId);
  return {
    duplicateVoteEvidence: {
      voteA: inOrder ? first : second,
      voteB: inOrder ? second : first,
      totalVotingPower: validators.reduce((sum, each) => sum + each.votingPower, 0n),
      validatorPower: validators.find((each) => equalBytes(each.address, first.validatorAddress))?.votingPower ?? 0n,
      timestamp: nanosToTimestamp(then.time),
    },
  };
}

/** By what well-formed evidence is remembered once a block carries it. */
export function committedEvidence(evidence: Evidence): CommittedEvidence {
  const time = timestampToNanos(evidence.duplicateVoteEvidence!.timestamp);
  return { key: evidenceKey(evidence), height: evidenceHeight(evidence)!, time };
}

/** What the application is told of the evidence a block carries (`Evidence.ToABCI`). */
export function misbehaviorOf(evidence: readonly Evidence[]): Misbehavior[] {
  return evidence.flatMap(({ duplicateVoteEvidence: votes }) => {
    if (votes?.voteA === undefined) return [];
    return [{
      type: MisbehaviorType.DUPLICATE_VOTE,
      validator: { address: votes.voteA.validatorAddress, power: votes.validatorPower },
      height: votes.voteA.height,
      time: votes.timestamp,
      totalVotingPower: votes.totalVotingPower,
    }];
  });
}
