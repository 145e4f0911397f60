/** Timers of the current round, each started once, and the gossip timer of the height. @module */
import { timeoutMs } from "../timeouts.ts";
import type { Work } from "./_work.ts";

export type RoundTimer = "propose" | "prevote" | "precommit";

/** Ticks while a height is not decided, to make up for lost messages. */
export const GOSSIP_TIMER = "gossip";
/** Gossip is never more frequent than this, whatever the timeouts are. */
const GOSSIP_MS_MIN = 20;

/** Starts a timer of the current round unless it was started before [L21, L34, L47: "for the first time"]. */
export function startRoundTimer(work: Work, kind: RoundTimer): void {
  const { h } = work;
  if (h.timers.includes(kind)) return;
  h.timers = [...h.timers, kind];
  h.runningTimers = [...h.runningTimers, kind];
  const round = h.machine.round;
  work.effects.push({
    type: "start_timer",
    timer: { kind, height: h.context.height, round },
    durationMs: timeoutMs(work.context.config[kind], round),
  });
}

/** Cancels a timer of the current round if it runs. It will not start again in this round. */
export function cancelRoundTimer(work: Work, kind: RoundTimer): void {
  const { h } = work;
  if (!h.runningTimers.includes(kind)) return;
  h.runningTimers = h.runningTimers.filter((other) => other !== kind);
  work.effects.push({ type: "cancel_timer", timer: { kind, height: h.context.height, round: h.machine.round } });
}

/** Cancels every timer of the current round. */
export function cancelRoundTimers(work: Work): void {
  cancelRoundTimer(work, "propose");
  cancelRoundTimer(work, "prevote");
  cancelRoundTimer(work, "precommit");
  work.h.timers = [];
}

/** (Re)starts the gossip timer: as long as a prevote timeout, because a height that takes longer has lost something. */
export function startGossipTimer(work: Work): void {
  work.effects.push({
    type: "start_timer",
    timer: { kind: GOSSIP_TIMER, height: work.h.context.height, round: 0 },
    durationMs: Math.max(work.context.config.prevote.baseMs, GOSSIP_MS_MIN),
  });
}

export function cancelGossipTimer(work: Work): void {
  work.effects.push({ type: "cancel_timer", timer: { kind: GOSSIP_TIMER, height: work.h.context.height, round: 0 } });
}
