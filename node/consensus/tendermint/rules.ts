/**
 * Decides which rule of the algorithm holds now, and applies it, until none does. Conditions are asked of the votes,
 * proposals and blocks at hand rather than of events, so it does not matter in which order these arrived, nor how long
 * the validation of a block took.
 * @module
 */
import { equalBytes } from "../../core/bytes.ts";
import { unreachable } from "../../core/invariant.ts";
import { blockIdKey } from "../../core/types/mod.ts";
import { proposerOf } from "../proposer.ts";
import { hasQuorumAny, hasQuorumFor, NIL, quorumValues, skipRound, votesFor, votesIn } from "../vote_keeper.ts";
import { blockIdOf, castVote, keepBlock, propose } from "./_signing.ts";
import { cancelRoundTimer, cancelRoundTimers, startGossipTimer, startRoundTimer } from "./_timers.ts";
import { voteKind } from "./_votes.ts";
import type { Work } from "./_work.ts";
import { decideByVotes } from "./decide.ts";
import { applyRoundInput, type RoundInput, type RoundOutput, type RoundStep } from "./round_machine.ts";

/** Applies every rule whose condition holds. */
export function advance(work: Work): void {
  while (work.h.decision === undefined) {
    if (tryDecide(work)) return;
    if (!trySkip(work) && !tryStep(work)) return;
  }
}

/** Gives the round machine an input and carries out what it answers. False when the input did not apply. */
export function applyInput(work: Work, input: RoundInput): boolean {
  const { h } = work;
  const before = h.machine;
  const { state, output } = applyRoundInput(before, input);
  h.machine = state;
  if (before.step !== state.step) leaveStep(work, before.step);
  return carryOut(work, output);
}

/** The timer of a step that is over has nothing left to say. */
function leaveStep(work: Work, step: RoundStep): void {
  if (step === "propose" || step === "prevote") cancelRoundTimer(work, step);
}

function carryOut(work: Work, output: RoundOutput): boolean {
  switch (output.type) {
    case "ignored":
      return false;
    case "none":
    case "decide": // whoever found the decision carries it out
      return true;
    case "get_value":
      return askForBlock(work, output.round);
    case "propose":
      propose(work, output.value, output.validRound);
      return true;
    case "vote":
      castVote(work, output.kind, output.value);
      return true;
    case "schedule_timeout":
      startRoundTimer(work, output.kind);
      return true;
    case "start_round":
      startRound(work, output.round);
      return true;
    default:
      return unreachable(output);
  }
}

/** L49: a valid block with a quorum of precommits in whatever round. */
function tryDecide(work: Work): boolean {
  const { h } = work;
  for (const round of h.votes.rounds.keys()) {
    for (const value of quorumValues(h.votes, "precommit", round, work.rules)) {
      if (h.blocks.get(value)?.status === "valid") return decideByVotes(work, round, value);
    }
  }
  return false;
}

/** L55: more than 1/3 of the power is in a later round. Before round 0 only a round after it counts. */
function trySkip(work: Work): boolean {
  const round = skipRound(work.h.votes, Math.max(work.h.machine.round, 0), work.rules);
  return round !== undefined && applyInput(work, { type: "round_skip", round });
}

function tryStep(work: Work): boolean {
  const { step } = work.h.machine;
  if (step === "propose") return tryPrevote(work) || tryPrecommitTimer(work);
  if (step === "prevote") return tryPrecommit(work) || tryPrevoteTimer(work) || tryPrecommitTimer(work);
  if (step === "precommit") return tryValidValue(work) || tryPrecommitTimer(work);
  return false;
}

/** L22, L28: the proposal of this round is there and judged. */
function tryPrevote(work: Work): boolean {
  const { h } = work;
  const proposal = h.proposals.get(h.machine.round);
  if (proposal === undefined) return false;
  const value = blockIdKey(proposal.blockId);
  const status = h.blocks.get(value)?.status;
  if (status === "invalid") return applyInput(work, { type: "proposal_invalid" });
  if (status !== "valid") return false;
  const validRound = proposal.polRound;
  if (validRound === -1) return applyInput(work, { type: "proposal", value });
  if (!hasQuorumFor(h.votes, "prevote", validRound, value, work.rules)) return false;
  return applyInput(work, { type: "proposal_and_previous_polka", value, validRound });
}

/** L36 and L44 in the step prevote. */
function tryPrecommit(work: Work): boolean {
  const value = polkaValue(work);
  if (value !== undefined) return acceptPolka(work, value);
  const { h } = work;
  if (!hasQuorumFor(h.votes, "prevote", h.machine.round, NIL, work.rules)) return false;
  return applyInput(work, { type: "polka_nil" });
}

/** L36 in the step precommit: too late to lock, but the value is known to be good for the next proposal. */
function tryValidValue(work: Work): boolean {
  const { machine } = work.h;
  if (machine.validRound === machine.round) return false;
  const value = polkaValue(work);
  return value !== undefined && acceptPolka(work, value);
}

/** A valid block with a quorum of prevotes in this round. */
function polkaValue(work: Work): string | undefined {
  const { h } = work;
  return quorumValues(h.votes, "prevote", h.machine.round, work.rules).find((value) =>
    h.blocks.get(value)?.status === "valid"
  );
}

/** The polka goes on record with the lock: without its votes nobody could be told why the value is locked. */
function acceptPolka(work: Work, value: string): boolean {
  const { round } = work.h.machine;
  keepBlock(work, value);
  const prevotes = votesFor(work.h.votes, "prevote", round, value);
  work.record({ type: "valid_value", round, blockId: blockIdOf(work, value)!, prevotes });
  return applyInput(work, { type: "proposal_and_polka", value });
}

/** L34. */
function tryPrevoteTimer(work: Work): boolean {
  const { h } = work;
  if (h.timers.includes("prevote") || !hasQuorumAny(h.votes, "prevote", h.machine.round, work.rules)) return false;
  return applyInput(work, { type: "polka_any" });
}

/** L47. */
function tryPrecommitTimer(work: Work): boolean {
  const { h } = work;
  if (h.timers.includes("precommit") || !hasQuorumAny(h.votes, "precommit", h.machine.round, work.rules)) return false;
  return applyInput(work, { type: "precommit_any" });
}

/** Starts the height, or holds round 0 back until there is something to propose (`createEmptyBlocks` false). */
export function startFirstRound(work: Work): void {
  const { h } = work;
  if (h.machine.round !== -1 || h.decision !== undefined) return;
  startGossipTimer(work);
  const { createEmptyBlocks } = work.context.config;
  h.waitingForTransactions = !createEmptyBlocks && !h.context.proofBlock && !h.transactionsAvailable;
  if (!h.waitingForTransactions) startRound(work, 0);
}

/** There is something to decide on after all: a transaction, or somebody's message. */
export function stopWaiting(work: Work): void {
  if (!work.h.waitingForTransactions) return;
  work.h.waitingForTransactions = false;
  if (work.h.machine.round === -1) startRound(work, 0);
}

/** L11: enters `round`. */
export function startRound(work: Work, round: number): void {
  cancelRoundTimers(work);
  if (round > 0) work.record({ type: "round_entered", round, votes: justification(work, round) });
  resumeRound(work, round);
}

/** Enters a round that is on record. */
export function resumeRound(work: Work, round: number): void {
  const { h } = work;
  h.waitingForTransactions = false;
  h.buildingRound = undefined;
  forgetBlocks(work, round);
  const proposer = proposerOf(h.validators.set, round);
  const { self } = work.context;
  const proposing = proposer !== undefined && self !== undefined && equalBytes(proposer, self);
  applyInput(work, { type: "new_round", round, proposer: proposing });
  startRoundTimer(work, "propose"); // also for the proposer, whose block or signature may never come
}

/** The votes that let this validator leave the round before: its precommits [L47], or more than 1/3 of the new one [L55]. */
function justification(work: Work, round: number) {
  const { h } = work;
  if (!hasQuorumAny(h.votes, "precommit", round - 1, work.rules)) return votesIn(h.votes, round);
  return votesIn(h.votes, round - 1).filter((vote) => voteKind(vote) === "precommit");
}

/** Blocks of rounds long gone are dropped unless locked or valid: memory does not grow with the rounds. */
function forgetBlocks(work: Work, round: number): void {
  const { h } = work;
  const { lockedValue, validValue } = h.machine;
  const blocks = new Map(h.blocks);
  for (const [key, block] of blocks) {
    if (block.round < round - 1 && key !== lockedValue && key !== validValue && !h.seals.has(key)) blocks.delete(key);
  }
  h.blocks = blocks;
}

/** L18. */
function askForBlock(work: Work, round: number): boolean {
  const { h } = work;
  h.buildingRound = round;
  work.effects.push({ type: "build_block", height: h.context.height, round, lastCommit: h.lastCommit });
  return true;
}
