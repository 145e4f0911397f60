/**
 * Making up for lost messages. While a height is not decided, every tick repeats what others may lack: own proposal, the
 * votes of this round and the one before (others' votes too: an equivocator's or a crashed validator's vote may have reached
 * only us), and the prevotes behind the valid value. Those who are a height behind are handed its decision; further
 * behind is block sync's business.
 * @module
 */
import type { PeerId } from "../input.ts";
import { NIL, votesFor, votesIn } from "../vote_keeper.ts";
import { sendOwn } from "./_signing.ts";
import { startGossipTimer } from "./_timers.ts";
import type { Work } from "./_work.ts";

/** How many peers get the last decision between two ticks. */
const HELPED_PEERS_MAX = 64;
/** How many votes of others go out in one tick; the next tick goes on where this one ended. */
const RELAYED_VOTES_MAX = 64;

/** The gossip timer of this height fired. */
export function onGossipTick(work: Work): void {
  const { h } = work;
  if (h.decision !== undefined) return;
  work.state.helped = [];
  h.askedHelp = false;
  work.broadcast({ type: "status", height: h.context.height, round: Math.max(h.machine.round, 0) });
  repeatVotes(work);
  startGossipTimer(work);
}

function repeatVotes(work: Work): void {
  const { h } = work;
  const { round, validRound, validValue } = h.machine;
  const proposal = h.own.findLast((message) => message.type === "proposal");
  if (proposal?.type === "proposal" && proposal.proposal.round === round) sendOwn(work, proposal);
  const polka = validRound < round - 1 && validValue !== NIL
    ? votesFor(h.votes, "prevote", validRound, validValue)
    : [];
  const votes = [...polka, ...votesIn(h.votes, round - 1), ...votesIn(h.votes, round)];
  const { selfIndex } = work;
  const others = votes.filter((vote) => vote.validatorIndex !== selfIndex);
  for (const vote of votes) if (vote.validatorIndex === selfIndex) work.broadcast({ type: "vote", vote });
  const count = Math.min(others.length, RELAYED_VOTES_MAX);
  for (let i = 0; i < count; i++) {
    work.broadcast({ type: "vote", vote: others[(h.gossipCursor + i) % others.length]! });
  }
  h.gossipCursor = others.length === 0 ? 0 : (h.gossipCursor + count) % others.length;
}

/** A peer's message shows that it is ahead: asks it for the decision, once between two ticks. */
export function askHelp(work: Work, peer: PeerId): void {
  const { h } = work;
  if (h.askedHelp) return;
  h.askedHelp = true;
  const round = Math.max(h.machine.round, 0);
  work.effects.push({ type: "send", to: peer, message: { type: "status", height: h.context.height, round } });
}

/** A peer says where it is. If it is at the height decided last here, it gets the decision. */
export function onStatus(work: Work, from: PeerId, height: bigint): void {
  const { lastDecision, helped } = work.state;
  if (lastDecision === undefined || lastDecision.height !== height) return;
  if (helped.includes(from) || helped.length >= HELPED_PEERS_MAX) return;
  work.state.helped = [...helped, from];
  const { commit, block } = lastDecision;
  work.effects.push({ type: "send", to: from, message: { type: "decided", commit, block: block.bytes } });
}
