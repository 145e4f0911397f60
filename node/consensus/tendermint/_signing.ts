/** Own proposals and votes: intent on record, then signature, then out. @module */
import { type BlockID, type Proposal, SignedMsgType, type Vote } from "cosmjs-types/tendermint/types/types";
import { equalBytes } from "../../core/bytes.ts";
import { invariant } from "../../core/invariant.ts";
import { blockIdKey, EMPTY_BLOCK_ID } from "../../core/types/mod.ts";
import { type Nanos, NANOS_PER_MS, nanosToTimestamp } from "../../core/time.ts";
import type { Timestamp } from "cosmjs-types/google/protobuf/timestamp";
import type { Signable } from "../input.ts";
import { NIL, type ValueKey, type VoteKind, votesFor } from "../vote_keeper.ts";
import type { Work } from "./_work.ts";
import { countVote } from "./_votes.ts";
import type { RoundSnapshot } from "./messages.ts";

const EMPTY = new Uint8Array(0);

/** The id of a block this validator knows; undefined for nil. */
export function blockIdOf(work: Work, value: ValueKey): BlockID | undefined {
  if (value === NIL) return undefined;
  const block = work.h.blocks.get(value);
  invariant(block !== undefined, "name a block: its bytes were forgotten");
  return block.blockId;
}

/**
 * BFT time (CometBFT v0.38 `voteTime`): the clock, but at least a millisecond after the block voted on, or after the block
 * before when none is known.
 */
function voteTime(work: Work): Timestamp {
  const { h } = work;
  const proposal = h.proposals.get(h.machine.round);
  const block = h.blocks.get(h.machine.lockedValue) ??
    (proposal === undefined ? undefined : h.blocks.get(blockIdKey(proposal.blockId)));
  return notBefore(work, block?.status === "valid" ? block.time : h.context.lastBlockTime);
}

function notBefore(work: Work, time: Nanos): Timestamp {
  const { nowNanos } = work.context;
  const least = time + NANOS_PER_MS;
  return nanosToTimestamp(nowNanos > least ? nowNanos : least);
}

/** Records a block once, so that later records may name it. */
export function keepBlock(work: Work, key: ValueKey): void {
  const { h } = work;
  const block = h.blocks.get(key);
  if (block === undefined || h.keptBlocks.includes(key)) return;
  h.keptBlocks = [...h.keptBlocks, key];
  work.record({ type: "block_kept", block: { blockId: block.blockId, bytes: block.bytes, time: block.time } });
}

function snapshot(work: Work): RoundSnapshot {
  const { machine } = work.h;
  return {
    round: machine.round,
    lockedRound: machine.lockedRound,
    lockedBlockId: blockIdOf(work, machine.lockedValue),
    validRound: machine.validRound,
    validBlockId: blockIdOf(work, machine.validValue),
  };
}

/** The intent is durable before the signer sees the message: a restart repeats it, and never says anything else. */
function askSignature(work: Work, message: Signable): void {
  const { h } = work;
  work.record({ type: "intent", snapshot: snapshot(work), message, signed: h.own.slice(h.ownLogged) });
  h.ownLogged = h.own.length;
  work.flush();
  work.effects.push({ type: "sign", message });
}

/** Votes in the current round; a process that is no validator stays silent. */
export function castVote(work: Work, kind: VoteKind, value: ValueKey): void {
  const index = work.selfIndex;
  const { self } = work.context;
  if (index === undefined || self === undefined) return;
  const vote: Vote = {
    type: kind === "prevote" ? SignedMsgType.SIGNED_MSG_TYPE_PREVOTE : SignedMsgType.SIGNED_MSG_TYPE_PRECOMMIT,
    height: work.h.context.height,
    round: work.h.machine.round,
    blockId: blockIdOf(work, value) ?? EMPTY_BLOCK_ID,
    timestamp: voteTime(work),
    validatorAddress: self,
    validatorIndex: index,
    signature: EMPTY,
    extension: EMPTY,
    extensionSignature: EMPTY,
  };
  askSignature(work, { type: "vote", vote });
}

/** Proposes a known block in the current round [L19]. */
export function propose(work: Work, value: ValueKey, validRound: number): void {
  const blockId = blockIdOf(work, value);
  invariant(blockId !== undefined, "propose: the value is nil");
  const proposal: Proposal = {
    type: SignedMsgType.SIGNED_MSG_TYPE_PROPOSAL,
    height: work.h.context.height,
    round: work.h.machine.round,
    polRound: validRound,
    blockId,
    timestamp: notBefore(work, work.h.context.lastBlockTime),
    signature: EMPTY,
  };
  keepBlock(work, value);
  askSignature(work, { type: "proposal", proposal });
}

/** Sends an own signed message, and with a proposal of an old value the prevotes that justify it [L28]. */
export function sendOwn(work: Work, message: Signable): void {
  if (message.type === "vote") return work.broadcast({ type: "vote", vote: message.vote });
  const { proposal } = message;
  const key = blockIdKey(proposal.blockId);
  const block = work.h.blocks.get(key);
  if (block === undefined) return;
  work.broadcast({ type: "proposal", proposal, block: block.bytes });
  if (proposal.polRound < 0) return;
  for (const vote of votesFor(work.h.votes, "prevote", proposal.polRound, key)) work.broadcast({ type: "vote", vote });
}

/** Takes a signature of this process: out it goes, and it counts like anybody's. */
export function acceptSigned(work: Work, message: Signable): void {
  const { h } = work;
  if (!isOwn(work, message) || h.own.some((other) => sameSlot(other, message))) return;
  h.own = [...h.own, message];
  h.refused = undefined;
  if (message.type === "proposal") h.proposals = new Map(h.proposals).set(message.proposal.round, message.proposal);
  sendOwn(work, message);
  if (message.type === "vote") countVote(work, message.vote);
}

/** No signature: the guard's word, or a signer that is away. */
export function onRefused(work: Work, message: Signable): void {
  if (isOwn(work, message)) work.h.refused = message;
}

/**
 * Asks once more for what was refused in the round that still runs: a signer that was away may be back, and without this
 * vote the round may never end. The same message, whose intent is on record; the guard decides again.
 */
export function askAgain(work: Work): void {
  const { h } = work;
  const { refused } = h;
  if (refused === undefined) return;
  h.refused = undefined;
  const { round } = refused.type === "vote" ? refused.vote : refused.proposal;
  if (round === h.machine.round) work.effects.push({ type: "sign", message: refused });
}

/** Whether a message is by this process, for this height. */
export function isOwn(work: Work, message: Signable): boolean {
  if (message.type === "proposal") return message.proposal.height === work.h.context.height;
  const { self } = work.context;
  return message.vote.height === work.h.context.height && self !== undefined &&
    message.vote.validatorIndex === work.selfIndex && equalBytes(message.vote.validatorAddress, self);
}

function sameSlot(a: Signable, b: Signable): boolean {
  if (a.type === "proposal") return b.type === "proposal" && a.proposal.round === b.proposal.round;
  return b.type === "vote" && a.vote.round === b.vote.round && a.vote.type === b.vote.type;
}
