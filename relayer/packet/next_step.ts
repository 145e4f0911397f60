/** What is to be done about one packet, and from when. @module */
import { timeoutState } from "./timeouts.ts";
import type { ActionKind, Heads, Lane, PacketPolicy, PacketRecord } from "./types.ts";

export type NextStep =
  | { readonly tag: "act"; readonly kind: ActionKind; readonly proofHeightMin: bigint }
  /** For a time (milliseconds since the Unix epoch), or for a block when undefined. */
  | { readonly tag: "wait"; readonly untilMs: number | undefined }
  /** For an operator; `reason` says why. */
  | { readonly tag: "stopped"; readonly reason: string };

const FOR_A_BLOCK: NextStep = { tag: "wait", untilMs: undefined };
const act = (kind: ActionKind, proofHeightMin: bigint): NextStep => ({ tag: "act", kind, proofHeightMin });

/** The next step of a packet that is not settled. */
export function nextStep(
  lane: Lane,
  record: PacketRecord,
  heads: Heads,
  nowMs: number,
  policy: PacketPolicy,
): NextStep {
  const step = wantedStep(lane, record, heads, nowMs, policy);
  if (step.tag !== "act") return step;
  if (record.gaveUp === step.kind) return { tag: "stopped", reason: record.fault?.message ?? "given up" };
  if (record.notBeforeMs > nowMs) return { tag: "wait", untilMs: record.notBeforeMs };
  const prover = step.kind === "recv" ? heads.source : heads.destination;
  if (step.kind !== "find_ack" && (prover === undefined || prover.height < step.proofHeightMin)) return FOR_A_BLOCK;
  return step;
}

/** The next step, but for retries and blocks that are not there yet. */
function wantedStep(
  lane: Lane,
  record: PacketRecord,
  heads: Heads,
  nowMs: number,
  policy: PacketPolicy,
): NextStep {
  switch (record.stage) {
    case "sent":
      return stepOfSent(lane, record, heads, nowMs, policy);
    case "received":
      return act("find_ack", 0n);
    case "written":
      // An acknowledgement needs an open channel (ibc-go `AcknowledgePacket`), and a closed one never opens again.
      if (lane.sourceClosed !== undefined) return { tag: "stopped", reason: "the channel is closed on the source" };
      return act("ack", record.writtenHeight + 1n);
    default:
      return FOR_A_BLOCK;
  }
}

function stepOfSent(
  lane: Lane,
  record: PacketRecord,
  { destination }: Heads,
  nowMs: number,
  policy: PacketPolicy,
): NextStep {
  if (destination === undefined) return FOR_A_BLOCK;
  const state = timeoutState(record, destination, nowMs, policy.receiveMarginMs);
  // The header that proves the time is the same that proves that there is no receipt.
  if (state === "elapsed") return act("timeout", destination.height);
  if (lane.destinationClosed !== undefined) return act("timeout_on_close", lane.destinationClosed + 1n);
  // Nobody could take the acknowledgement: wait for the timeout.
  if (state === "closing" || lane.sourceClosed !== undefined) return FOR_A_BLOCK;
  return act("recv", (record.sent?.height ?? 0n) + 1n);
}
