/** What can be done now on a lane. @module */
import { nextStep } from "./next_step.ts";
import { type Action, type Heads, isSettled, type Lane, type PacketPolicy, type PacketRecord } from "./types.ts";

export interface LanePlan {
  /** On an ordered lane in the order in which they must happen. */
  readonly actions: readonly Action[];
  /** When time alone makes something possible, milliseconds since the Unix epoch. */
  readonly wakeMs: number | undefined;
}

/** What is known of a lane's packets when it is planned. */
export interface LaneSituation {
  readonly lane: Lane;
  readonly records: Iterable<PacketRecord>;
  readonly heads: Heads;
  /** Something is under way for the packet. */
  readonly isBusy: (sequence: bigint) => boolean;
}

/** Whether it waits behind live packets. */
export const isBacklog = (record: PacketRecord, nowMs: number, { backlogAfterMs }: PacketPolicy): boolean =>
  record.backlog || nowMs - record.seenMs > backlogAfterMs;

/**
 * Actions that can be done now. On an unordered lane each packet is by itself. On an ordered one packets are received and
 * acknowledged in the order of their sequences, so one that cannot go on holds up those behind it (timeouts excepted).
 */
export function planLane(situation: LaneSituation, nowMs: number, policy: PacketPolicy): LanePlan {
  const { lane, heads, isBusy } = situation;
  const actions: Action[] = [];
  let wakeMs: number | undefined;
  // Ordered lanes: nothing is received, or acknowledged, behind what must come first.
  let receives = true;
  let acknowledges = true;
  for (const record of lane.ordered ? inOrder(situation.records) : situation.records) {
    if (isSettled(record)) continue;
    const step = isBusy(record.sequence) ? undefined : nextStep(lane, record, heads, nowMs, policy);
    const kind = step?.tag === "act" ? step.kind : undefined;
    if (step?.tag === "wait" && step.untilMs !== undefined) wakeMs = Math.min(wakeMs ?? Infinity, step.untilMs);
    const held = lane.ordered && ((kind === "recv" && !receives) || (kind === "ack" && !acknowledges));
    if (step?.tag === "act" && !held) {
      const backlog = isBacklog(record, nowMs, policy);
      actions.push({ lane, record, kind: step.kind, proofHeightMin: step.proofHeightMin, backlog });
    }
    if (record.stage === "sent" && (kind !== "recv" || held)) receives = false;
    if (kind !== "ack" || held) acknowledges = false;
  }
  return { actions, wakeMs };
}

function inOrder(records: Iterable<PacketRecord>): PacketRecord[] {
  return [...records].sort((a, b) => a.sequence < b.sequence ? -1 : a.sequence > b.sequence ? 1 : 0);
}
