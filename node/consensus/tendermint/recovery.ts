/** The start of the engine, from nothing or from what the write-ahead log holds of the height. @module */
import { type Proposal, SignedMsgType, type Vote } from "cosmjs-types/tendermint/types/types";
import { blockIdKey } from "../../core/types/mod.ts";
import type { Decision } from "../effect.ts";
import type { HeightContext, Signable } from "../input.ts";
import { putBlock } from "./_blocks.ts";
import { isOwn, sendOwn } from "./_signing.ts";
import { startGossipTimer, startRoundTimer } from "./_timers.ts";
import { countVote } from "./_votes.ts";
import type { Work } from "./_work.ts";
import type { RoundSnapshot, TendermintRecord } from "./messages.ts";
import type { RoundStep } from "./round_machine.ts";
import { advance, resumeRound, startFirstRound } from "./rules.ts";
import { newHeightState } from "./state.ts";

/** Where the log ends: in a round that was entered and no more, or with an intent. */
interface Resumption {
  enteredRound: number | undefined;
  intent: Signable | undefined;
}

/**
 * The first input. What was decided to be signed is signed again, with the same bytes, and never anything else: lock,
 * valid value and round stand as they stood when the last intent was recorded, and own messages go out again.
 */
export function onStarted(work: Work, context: HeightContext, replay: readonly TendermintRecord[]): void {
  work.enterHeight(newHeightState(context));
  work.state.lastDecision = decisionBefore(context);
  const resumption: Resumption = { enteredRound: undefined, intent: undefined };
  for (const record of replay) apply(work, record, resumption);
  const { enteredRound, intent } = resumption;
  if (enteredRound === undefined && intent === undefined) startFirstRound(work);
  else resume(work, enteredRound, intent);
  advance(work);
}

function decisionBefore({ lastBlock, lastCommit }: HeightContext): Decision | undefined {
  if (lastBlock === undefined || lastCommit === undefined) return undefined;
  return { height: lastCommit.height, round: lastCommit.round, block: lastBlock, commit: lastCommit };
}

function resume(work: Work, enteredRound: number | undefined, intent: Signable | undefined): void {
  startGossipTimer(work);
  for (const message of work.h.own) sendOwn(work, message);
  if (intent !== undefined && isOwn(work, intent)) work.effects.push({ type: "sign", message: intent });
  if (enteredRound !== undefined) resumeRound(work, enteredRound);
  else if (work.h.machine.step === "propose") startRoundTimer(work, "propose");
}

function apply(work: Work, record: TendermintRecord, resumption: Resumption): void {
  const { h } = work;
  switch (record.type) {
    case "round_entered":
      h.machine = { ...h.machine, round: record.round - 1, step: "unstarted" };
      resumption.enteredRound = record.round;
      return countAll(work, record.votes);
    case "block_kept": {
      const key = blockIdKey(record.block.blockId);
      putBlock(work, key, { ...record.block, status: "valid", round: Math.max(h.machine.round, 0) });
      h.keptBlocks = [...h.keptBlocks, key];
      return;
    }
    case "valid_value":
      h.machine = { ...h.machine, validRound: record.round, validValue: blockIdKey(record.blockId) };
      return countAll(work, record.prevotes);
    case "intent":
      applyIntent(work, record.snapshot, record.message, record.signed);
      resumption.enteredRound = undefined;
      resumption.intent = record.message;
  }
}

function applyIntent(work: Work, snapshot: RoundSnapshot, message: Signable, signed: readonly Signable[]): void {
  const { h } = work;
  h.machine = {
    round: snapshot.round,
    step: stepOf(message),
    lockedRound: snapshot.lockedRound,
    lockedValue: blockIdKey(snapshot.lockedBlockId),
    validRound: snapshot.validRound,
    validValue: blockIdKey(snapshot.validBlockId),
  };
  for (const own of signed) {
    if (own.type === "vote") countVote(work, own.vote);
    else h.proposals = new Map<number, Proposal>(h.proposals).set(own.proposal.round, own.proposal);
  }
  h.own = [...h.own, ...signed];
  h.ownLogged = h.own.length;
}

/** The step in which the message was about to be signed: a vote is cast after its step was entered. */
function stepOf(message: Signable): RoundStep {
  if (message.type === "proposal") return "propose";
  return message.vote.type === SignedMsgType.SIGNED_MSG_TYPE_PREVOTE ? "prevote" : "precommit";
}

function countAll(work: Work, votes: readonly Vote[]): void {
  for (const vote of votes) countVote(work, vote);
}
