/** Counting verified votes: what is kept of them, and what counts as equivocation. @module */
import { SignedMsgType, type Vote } from "cosmjs-types/tendermint/types/types";
import { blockIdKey } from "../../core/types/mod.ts";
import { duplicateVoteEvidence } from "../evidence.ts";
import { addVote, dropVoter, hasVoted, roundsOf, type ValueKey, type VoteKind } from "../vote_keeper.ts";
import type { Work } from "./_work.ts";

/**
 * Rounds beyond the next one in which a validator's votes are kept. A validator that is far ahead shows itself in its
 * latest rounds, so the lowest is dropped for a higher one: votes stay bounded however many rounds a liar invents.
 */
const FAR_ROUNDS_MAX = 2;

/** The step a vote belongs to. */
export function voteKind(vote: Vote): VoteKind {
  return vote.type === SignedMsgType.SIGNED_MSG_TYPE_PREVOTE ? "prevote" : "precommit";
}

/** Makes room for a vote in a far round; false when the vote is not worth keeping. */
export function admitRound(work: Work, voter: number, round: number): boolean {
  const { h } = work;
  const near = h.machine.round + 1;
  if (round <= near) return true;
  const far = roundsOf(h.votes, voter, near);
  if (far.length < FAR_ROUNDS_MAX || far.includes(round)) return true;
  const lowest = far[0]!;
  if (round < lowest) return false;
  h.votes = dropVoter(h.votes, lowest, voter, h.validators.set.validators[voter]!.votingPower);
  return true;
}

/**
 * A second vote of the same voter is counted only for a value that somebody put forward: this lets a quorum form that
 * others have seen, although the equivocator told us something else first, and bounds what is kept.
 */
function isClaimed(work: Work, value: ValueKey): boolean {
  const { h } = work;
  if (value === h.machine.lockedValue || value === h.machine.validValue || h.seals.has(value)) return true;
  for (const proposal of h.proposals.values()) if (blockIdKey(proposal.blockId) === value) return true;
  return false;
}

/**
 * Whether a vote may ever count here. Once a voter is known to equivocate, its further second votes do only for values that
 * somebody put forward: of others it can make as many as it likes.
 */
export function isOfUse(work: Work, vote: Vote): boolean {
  const { h } = work;
  const { round, validatorIndex: voter } = vote;
  const value = blockIdKey(vote.blockId);
  const first = h.votes.rounds.get(round)?.[voteKind(vote)].first[voter];
  if (first === undefined || first === value || isClaimed(work, value)) return true;
  return !h.conflicts.some(({ second }) => second.validatorIndex === voter);
}

/** A value is put forward: second votes for it that so far only prove equivocation count from now on. */
export function countNoted(work: Work, value: ValueKey): void {
  for (const { second } of work.h.conflicts) if (blockIdKey(second.blockId) === value) countVote(work, second);
}

/** Counts a vote whose signature is good. True when a threshold was crossed and the rules must be looked at. */
export function countVote(work: Work, vote: Vote): boolean {
  const { h } = work;
  const kind = voteKind(vote);
  const { round, validatorIndex: voter } = vote;
  const value = blockIdKey(vote.blockId);
  const power = h.validators.set.validators[voter]!.votingPower;
  const conflicts = work.countConflicting && hasVoted(h.votes, kind, round, voter);
  const keepConflicting = conflicts && isClaimed(work, value);
  const outcome = addVote(h.votes, { kind, round, value, voter, power, vote }, h.machine.round, {
    keepConflicting,
    rules: work.rules,
  });
  h.votes = outcome.keeper;
  if (outcome.status === "conflicting" && outcome.first !== undefined) noteConflict(work, outcome.first, vote, power);
  return outcome.event !== undefined;
}

/**
 * Reported at once, so that no crash can lose it; one conflict of each validator in a height. The time of the height's block
 * is not known before it is decided: it stays empty, and whoever keeps the evidence fills it in.
 */
function noteConflict(work: Work, first: Vote, second: Vote, validatorPower: bigint): void {
  const { h } = work;
  if (h.conflicts.some((conflict) => conflict.first.validatorIndex === second.validatorIndex)) return;
  const conflict = { first, second, validatorPower };
  h.conflicts = [...h.conflicts, conflict];
  work.effects.push({
    type: "report_evidence",
    evidence: duplicateVoteEvidence(conflict, h.validators.totalPower, 0n),
  });
}
