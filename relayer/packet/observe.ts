/** What one thing that was seen makes of a packet's record. @module */
import { compareHeights } from "../../node/core/ibc/mod.ts";
import { equalBytes } from "../../node/core/bytes.ts";
import { isSettled, type Observation, type PacketContent, type PacketRecord, type Stage, type Step } from "./types.ts";

/** When and how it was seen. */
export interface Seen {
  readonly nowMs: number;
  /** Newest block of the destination, 0 when not known. */
  readonly destinationHeight: bigint;
  /** In a search through the past. */
  readonly backlog: boolean;
  /** Wait before an acknowledgement is searched for. */
  readonly ackSearchFirstMs: number;
}

/** A record of which nothing is known but what the packet is. */
export function newRecord(packet: PacketContent, stage: Stage, seen: Seen): PacketRecord {
  const { sequence, data, timeoutHeight, timeoutTimestamp } = packet;
  return {
    sequence,
    stage,
    data,
    timeoutHeight,
    timeoutTimestamp,
    acknowledgement: undefined,
    writtenHeight: 0n,
    sent: undefined,
    received: undefined,
    settled: undefined,
    forwardedAs: undefined,
    seenMs: seen.nowMs,
    seenAtHeight: seen.destinationHeight,
    backlog: seen.backlog,
    attempts: 0,
    notBeforeMs: 0,
    fault: undefined,
    gaveUp: undefined,
  };
}

/** `record` at another stage: tries are counted from there. */
export function atStage(record: PacketRecord, stage: Stage, notBeforeMs = 0): PacketRecord {
  return { ...record, stage, attempts: 0, notBeforeMs, fault: undefined, gaveUp: undefined };
}

/**
 * The record after `observation`; the same one when it says nothing new, undefined when there is nothing to keep. The
 * order of observations does not matter for where a packet ends: each chain is read by itself, and anything may be seen
 * twice, late, or first by what came of it.
 */
export function observe(
  record: PacketRecord | undefined,
  observation: Observation,
  seen: Seen,
): PacketRecord | undefined {
  if (record !== undefined && isSettled(record)) return record;
  switch (observation.tag) {
    case "sent":
      return onSent(record ?? newRecord(observation.packet, "sent", seen), observation.packet, observation.step);
    case "received":
      return onReceived(record ?? newRecord(observation.packet, "sent", seen), observation.step, seen);
    case "written":
      return onWritten(record ?? newRecord(observation.packet, "sent", seen), observation);
    case "acknowledged":
    case "timed_out":
      return record && { ...atStage(record, observation.tag), settled: observation.step };
  }
}

/** The source says what the packet is, and its last word counts; what the destination said of it does not. */
function onSent(record: PacketRecord, packet: PacketContent, step: Step): PacketRecord {
  const sent = merge(record.sent, step);
  if (isSamePacket(record, packet)) return sent === record.sent ? record : { ...record, sent };
  // What was tried with other content does not count.
  const { data, timeoutHeight, timeoutTimestamp } = packet;
  return { ...atStage(record, record.stage), sent, data, timeoutHeight, timeoutTimestamp };
}

function onReceived(record: PacketRecord, step: Step, { nowMs, ackSearchFirstMs }: Seen): PacketRecord {
  const received = merge(record.received, step);
  if (record.stage === "sent") return { ...atStage(record, "received", nowMs + ackSearchFirstMs), received };
  return received === record.received ? record : { ...record, received };
}

function onWritten(
  record: PacketRecord,
  { acknowledgement, step }: Extract<Observation, { tag: "written" }>,
): PacketRecord {
  const known = record.acknowledgement;
  if (record.stage === "written" && known !== undefined && equalBytes(known, acknowledgement)) return record;
  return { ...atStage(record, "written"), acknowledgement, writtenHeight: step.height };
}

/** What was known first stays; a later telling of the same transaction may add what was not known. */
function merge(known: Step | undefined, step: Step): Step {
  if (known === undefined) return step;
  const more = known.txHash === step.txHash || known.txHash === "";
  if (!more || (known.proofHeight !== undefined && known.timeNanos !== undefined)) return known;
  if (step.proofHeight === known.proofHeight && step.timeNanos === known.timeNanos) return known;
  return {
    height: step.height,
    txHash: step.txHash,
    proofHeight: known.proofHeight ?? step.proofHeight,
    timeNanos: known.timeNanos ?? step.timeNanos,
  };
}

/** Whether both are the same packet, as far as its commitment tells. */
export const isSamePacket = (a: PacketContent, b: PacketContent): boolean =>
  a.timeoutTimestamp === b.timeoutTimestamp && compareHeights(a.timeoutHeight, b.timeoutHeight) === 0 &&
  equalBytes(a.data, b.data);
