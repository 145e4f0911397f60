/** The end of a height: the decision, its seal, and the beginning of the next height. @module */
import type { Commit } from "cosmjs-types/tendermint/types/types";
import { invariant } from "../../core/invariant.ts";
import { blockIdKey } from "../../core/types/mod.ts";
import type { HeightContext } from "../input.ts";
import { sealFromVotes, sealWithLateVote } from "../seal.ts";
import { NIL, type ValueKey, votesFor } from "../vote_keeper.ts";
import { cancelGossipTimer, cancelRoundTimers } from "./_timers.ts";
import type { Work } from "./_work.ts";
import { applyRoundInput } from "./round_machine.ts";
import { newHeightState } from "./state.ts";

/** Waits for late precommits before the next height. */
export const COMMIT_TIMER = "commit";

/** Decides on a valid block that has a quorum of precommits in `round`. */
export function decideByVotes(work: Work, round: number, value: ValueKey): boolean {
  const { h } = work;
  const block = h.blocks.get(value);
  invariant(block !== undefined, "decide: the block is unknown");
  const votes = [...votesFor(h.votes, "precommit", round, value), ...votesFor(h.votes, "precommit", round, NIL)];
  const count = h.validators.set.validators.length;
  return decide(work, value, sealFromVotes(count, h.context.height, round, block.blockId, votes));
}

/** Decides on a valid block with a seal of more than 2/3, verified before. */
export function decide(work: Work, value: ValueKey, commit: Commit): boolean {
  const { h } = work;
  const block = h.blocks.get(value);
  invariant(block?.status === "valid", "decide: the block is not valid");
  const { round } = commit;
  const { state, output } = applyRoundInput(h.machine, { type: "proposal_and_commit", round, value }); // L49
  if (output.type !== "decide") return false;
  cancelRoundTimers(work);
  cancelGossipTimer(work);
  h.machine = state;
  const { blockId, bytes, time } = block;
  h.decision = { height: h.context.height, round, block: { blockId, bytes, time }, commit };
  work.state.lastDecision = h.decision;
  const { commitMs } = work.context.config;
  // Started before the block is executed, so that execution time is part of the wait (CometBFT `timeout_commit`).
  const timer = { kind: COMMIT_TIMER, height: h.context.height, round: 0 };
  if (commitMs > 0) work.effects.push({ type: "start_timer", timer, durationMs: commitMs });
  work.dropRecords();
  work.effects.push({ type: "commit", decision: h.decision });
  return true;
}

/** The next height's state. */
export function enterNextHeight(work: Work, next: HeightContext): void {
  const fresh = newHeightState(next);
  work.enterHeight({ ...fresh, lastCommit: withLatePrecommits(work, next.lastCommit) });
  work.state.helped = [];
}

/** The seal with the precommits that came while the block was being executed. */
function withLatePrecommits(work: Work, lastCommit: Commit | undefined): Commit | undefined {
  const { h } = work;
  if (lastCommit === undefined || lastCommit.height !== h.context.height) return lastCommit;
  const key = blockIdKey(lastCommit.blockId);
  const votes = [NIL, key].flatMap((value) => votesFor(h.votes, "precommit", lastCommit.round, value));
  return votes.reduce(sealWithLateVote, lastCommit);
}
