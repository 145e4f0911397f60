/** Evidence on its way into a block: a pure machine, bounded. CometBFT v0.38 `evidence/pool.go`. @module */
import { type Evidence, EvidenceList } from "cosmjs-types/tendermint/types/evidence";
import { type Misbehavior, MisbehaviorType } from "cosmjs-types/tendermint/abci/types";
import type { Vote } from "cosmjs-types/tendermint/types/types";
import { bytesToHex, equalBytes } from "../core/bytes.ts";
import { invariant } from "../core/invariant.ts";
import { type Nanos, nanosToTimestamp } from "../core/time.ts";
import { blockIdKey } from "../core/types/mod.ts";
import { totalVotingPower } from "../core/validators/mod.ts";
import type { Work } from "../core/work.ts";
import type { ChainState } from "./types.ts";
import {
  type EvidenceHeight,
  evidenceHeight,
  type EvidenceHistory,
  evidenceKey,
  evidenceTime,
  isEvidenceExpired,
  judgeEvidenceWork,
} from "./validate_evidence.ts";

/** Pieces that wait for a block; more are dropped. A validator set has far fewer culprits before the chain has stopped. */
const PENDING_COUNT_MAX = 1_000;
/** Of all that wait: sixteen blocks full of evidence by the default parameters. */
const PENDING_BYTES_MAX = 16 * 1024 * 1024;
/** One is enough to be punished; without a limit one culprit could fill the pool, for a conflict costs it two signatures. */
const DUPLICATE_VOTES_PER_VALIDATOR_MAX = 16;
/** Conflicts reported by the engine that wait for the block of their height. */
const REPORTED_COUNT_MAX = 1_000;

/** A piece a block carries: what has to be remembered until it expires. */
export interface CommittedEvidence {
  readonly key: string;
  readonly height: bigint;
  /** Nanoseconds. */
  readonly time: bigint;
  /** The height of the block that carries it. */
  readonly carriedAt: bigint;
}

/** A value to keep under a name, or to forget. */
export type Kept<T> = readonly [key: string, value: T | undefined];

/** What is to be remembered across restarts from now on, and what no longer. */
export interface EvidenceChanges {
  readonly committed: readonly Kept<CommittedEvidence>[];
  readonly pending: readonly Kept<Evidence>[];
  /** Conflicts of heights that are not decided. */
  readonly reported: readonly Kept<Evidence>[];
}

/** What was remembered when the node stopped. */
export interface RememberedEvidence {
  readonly committed: readonly CommittedEvidence[];
  readonly pending: readonly Evidence[];
  readonly reported: readonly Evidence[];
}

interface Pending {
  readonly evidence: Evidence;
  /** Of it alone as an `EvidenceList`; lists add up. */
  readonly bytes: number;
  /** Who voted twice (hexadecimal); undefined for attacks. */
  readonly culprit: string | undefined;
}

/** Who keeps evidence is told what became of it. */
export type Insertion =
  | { readonly added: true; readonly changes: EvidenceChanges }
  | { readonly added: false; readonly reason: string };

const NO_CHANGES: EvidenceChanges = Object.freeze({ committed: [], pending: [], reported: [] });

export class EvidencePool {
  readonly #pending = new Map<string, Pending>();
  readonly #committed: Map<string, CommittedEvidence>;
  readonly #reported = new Map<string, Evidence>();
  #pendingBytes = 0;

  constructor(remembered: Partial<RememberedEvidence> = {}) {
    const { committed = [], pending = [], reported = [] } = remembered;
    this.#committed = new Map(committed.map((each) => [each.key, each]));
    for (const evidence of pending) if (!this.#committed.has(evidenceKey(evidence))) this.#keep(evidence);
    for (const evidence of reported) this.report(evidence);
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  isCommitted(key: string): boolean {
    return this.#committed.has(key);
  }

  /** Whether it waits here or a block carries it. */
  knows(evidence: Evidence): boolean {
    const key = evidenceKey(evidence);
    return this.#pending.has(key) || this.#committed.has(key);
  }

  /** Everything that waits, oldest first. */
  list(): readonly Evidence[] {
    return [...this.#pending.values()].map(({ evidence }) => evidence);
  }

  /**
   * Takes two conflicting votes that the engine saw. They become evidence after their height is decided: only then is the
   * time of its block known, which the evidence must carry (`processConsensusBuffer`).
   */
  report(evidence: Evidence): EvidenceChanges {
    const { voteA: first, voteB: second } = evidence.duplicateVoteEvidence ?? {};
    if (first === undefined || second === undefined) return NO_CHANGES;
    const conflict = conflictOf(first, second);
    const key = evidenceKey(conflict);
    if (this.#reported.has(key) || this.#reported.size >= REPORTED_COUNT_MAX) return NO_CHANGES;
    this.#reported.set(key, conflict);
    return { ...NO_CHANGES, reported: [[key, conflict]] };
  }

  /** Heights up to the last one that {@linkcode settleWork} will ask the history for. */
  heightsWanted(state: ChainState): bigint[] {
    const heights = [...this.#reported.values()].map((conflict) => evidenceHeight(conflict)!);
    return [...new Set(heights)].filter((height) => height < state.lastHeight);
  }

  /** Why evidence cannot be kept, although it may be true; undefined: there is room. */
  refusal(state: ChainState, evidence: Evidence): string | undefined {
    const bytes = listBytes(evidence);
    if (BigInt(bytes) > state.consensusParams.evidence.maxBytes) return "it is too large for a block";
    if (this.#pending.size >= PENDING_COUNT_MAX || this.#pendingBytes + bytes > PENDING_BYTES_MAX) {
      return "too many pieces wait";
    }
    const culprit = culpritOf(evidence);
    if (culprit === undefined) return undefined;
    let count = 0;
    for (const each of this.#pending.values()) if (each.culprit === culprit) count++;
    return count < DUPLICATE_VOTES_PER_VALIDATOR_MAX ? undefined : "enough wait that accuse the same validator";
  }

  /** Keeps evidence that was judged valid, perhaps against an earlier state than `state`, for a block. */
  insert(state: ChainState, evidence: Evidence): Insertion {
    if (this.knows(evidence)) return { added: false, reason: "it is known" };
    if (isExpired(state, evidence)) return { added: false, reason: "it is too old" };
    const reason = this.refusal(state, evidence);
    if (reason !== undefined) return { added: false, reason };
    const key = this.#keep(evidence);
    return { added: true, changes: { ...NO_CHANGES, pending: [[key, evidence]] } };
  }

  /** Forgets evidence that turned out not to be true of the chain as it grew. */
  drop(evidence: Evidence): EvidenceChanges {
    const key = evidenceKey(evidence);
    this.#forget(key);
    return { ...NO_CHANGES, pending: [[key, undefined]] };
  }

  /** Pieces for a block, oldest first, at most `bytesMax` bytes as an `EvidenceList`; only those that are `usable`. */
  pending(
    bytesMax: number,
    usable: (evidence: Evidence) => boolean = () => true,
  ): { readonly evidence: readonly Evidence[]; readonly bytes: number } {
    const evidence: Evidence[] = [];
    let bytes = 0;
    for (const each of this.#pending.values()) {
      if (bytes + each.bytes > bytesMax || !usable(each.evidence)) continue;
      evidence.push(each.evidence);
      bytes += each.bytes;
    }
    return { evidence, bytes };
  }

  /**
   * A block is applied and gave `state`. Its evidence is done with, expired pieces are forgotten, and reported conflicts
   * of decided heights become evidence; `fresh` is what became of them.
   */
  *updateWork(
    state: ChainState,
    carried: readonly Evidence[],
    at: (height: bigint) => EvidenceHeight | undefined,
  ): Work<{ readonly changes: EvidenceChanges; readonly fresh: readonly Evidence[] }> {
    const committed: Kept<CommittedEvidence>[] = [];
    const pending: Kept<Evidence>[] = [];
    for (const evidence of carried) {
      const mark = committedEvidence(evidence, state.lastHeight);
      this.#committed.set(mark.key, mark);
      committed.push([mark.key, mark]);
      if (this.#forget(mark.key)) pending.push([mark.key, undefined]);
    }
    const { changes: settled, fresh } = yield* this.settleWork(state, at);
    pending.push(...settled.pending);
    for (const [key, { evidence }] of this.#pending) {
      if (!isExpired(state, evidence)) continue;
      this.#forget(key);
      pending.push([key, undefined]);
    }
    for (const { key, height, time } of this.#committed.values()) {
      if (!isEvidenceExpired(state, height, time)) continue;
      this.#committed.delete(key);
      committed.push([key, undefined]);
    }
    return { changes: { committed, pending, reported: settled.reported }, fresh };
  }

  /** Reported conflicts of decided heights become evidence; `fresh` is what became of them. */
  *settleWork(
    state: ChainState,
    at: (height: bigint) => EvidenceHeight | undefined,
  ): Work<{ readonly changes: EvidenceChanges; readonly fresh: readonly Evidence[] }> {
    const last: EvidenceHeight = { time: state.lastBlockTime, validators: state.lastValidators };
    const history: EvidenceHistory = {
      at: (height) => (height === state.lastHeight ? last : at(height)),
      committed: (key) => this.#committed.has(key),
    };
    const reported: Kept<Evidence>[] = [];
    const fresh: Evidence[] = [];
    for (const [key, conflict] of this.#reported) {
      const height = evidenceHeight(conflict)!;
      if (height > state.lastHeight) continue;
      this.#reported.delete(key);
      reported.push([key, undefined]);
      const then = history.at(height);
      if (then === undefined) continue;
      const evidence = evidenceOf(conflict, then);
      const judged = yield* judgeEvidenceWork(state, evidence, history);
      if (judged.verdict === "valid" && this.insert(state, evidence).added) fresh.push(evidence);
    }
    const pending = fresh.map((evidence): Kept<Evidence> => [evidenceKey(evidence), evidence]);
    return { changes: { committed: [], pending, reported }, fresh };
  }

  #keep(evidence: Evidence): string {
    const key = evidenceKey(evidence);
    const bytes = listBytes(evidence);
    this.#pending.set(key, { evidence, bytes, culprit: culpritOf(evidence) });
    this.#pendingBytes += bytes;
    return key;
  }

  #forget(key: string): boolean {
    const known = this.#pending.get(key);
    if (known === undefined) return false;
    this.#pendingBytes -= known.bytes;
    return this.#pending.delete(key);
  }
}

const listBytes = (evidence: Evidence) => EvidenceList.encode({ evidence: [evidence] }).finish().length;

function culpritOf({ duplicateVoteEvidence: votes }: Evidence): string | undefined {
  return votes?.voteA && bytesToHex(votes.voteA.validatorAddress);
}

const isExpired = (state: ChainState, evidence: Evidence) =>
  isEvidenceExpired(state, evidenceHeight(evidence)!, evidenceTime(evidence));

/** Votes in the order evidence has them; powers and time are not known yet. */
function conflictOf(first: Vote, second: Vote): Evidence {
  const inOrder = blockIdKey(first.blockId) < blockIdKey(second.blockId);
  return {
    duplicateVoteEvidence: {
      voteA: inOrder ? first : second,
      voteB: inOrder ? second : first,
      totalVotingPower: 0n,
      validatorPower: 0n,
      timestamp: nanosToTimestamp(0n),
    },
  };
}

function evidenceOf({ duplicateVoteEvidence: votes }: Evidence, then: EvidenceHeight): Evidence {
  invariant(votes?.voteA !== undefined, "make evidence: a conflict without votes");
  const { validatorAddress } = votes.voteA;
  const voter = then.validators.validators.find(({ address }) => equalBytes(address, validatorAddress));
  return {
    duplicateVoteEvidence: {
      ...votes,
      totalVotingPower: totalVotingPower(then.validators),
      validatorPower: voter?.votingPower ?? 0n,
      timestamp: nanosToTimestamp(then.time),
    },
  };
}

/** By what well-formed evidence is remembered once the block at `carriedAt` carries it. */
export function committedEvidence(evidence: Evidence, carriedAt: bigint): CommittedEvidence {
  const time: Nanos = evidenceTime(evidence);
  return { key: evidenceKey(evidence), height: evidenceHeight(evidence)!, time, carriedAt };
}

/** What the application is told of the evidence a block carries, one for each who is to blame (`Evidence.ToABCI`). */
export function misbehaviorOf(evidence: readonly Evidence[]): Misbehavior[] {
  return evidence.flatMap(({ duplicateVoteEvidence: votes, lightClientAttackEvidence: attack }) => {
    if (attack !== undefined) {
      return attack.byzantineValidators.map(({ address, votingPower }): Misbehavior => ({
        type: MisbehaviorType.LIGHT_CLIENT_ATTACK,
        validator: { address, power: votingPower },
        height: attack.commonHeight,
        time: attack.timestamp,
        totalVotingPower: attack.totalVotingPower,
      }));
    }
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
