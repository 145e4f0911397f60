/** What a try makes of a packet's record. @module */
import { atStage } from "./observe.ts";
import { backoffMs } from "./retry.ts";
import type { ActionKind, Fault, PacketPolicy, PacketRecord, Step } from "./types.ts";

export type Outcome =
  /** Its message is in a block. Undefined step: somebody else's was, before. */
  | { readonly tag: "done"; readonly step: Step | undefined }
  /** The source does not commit to the packet any more, or the message was of no use: somebody else was there before. */
  | { readonly tag: "unclear" }
  /** It is settled on the source, and nothing tells how. */
  | { readonly tag: "gone" }
  /** The destination proved that it has the packet. */
  | { readonly tag: "received" }
  /** The destination proved that it does not have a packet that it was believed to have. */
  | { readonly tag: "not_received" }
  /** The destination has the packet and has written no acknowledgement. */
  | { readonly tag: "not_written" }
  /** What we hold for the acknowledgement is not what the destination committed to. */
  | { readonly tag: "not_that_acknowledgement" }
  /** The packet's own fault: counted, and tried less and less. `final`: there is no use in trying again. */
  | { readonly tag: "failed"; readonly fault: Fault; readonly final?: boolean }
  /** Not the packet's fault: not counted. */
  | { readonly tag: "later"; readonly untilMs: number; readonly fault?: Fault };

/** The record after a try of `kind` came to `outcome`. */
export function settle(
  record: PacketRecord,
  kind: ActionKind,
  outcome: Outcome,
  nowMs: number,
  policy: PacketPolicy,
): PacketRecord {
  switch (outcome.tag) {
    case "done":
      return done(record, kind, outcome.step, nowMs, policy);
    case "gone":
      return atStage(record, "gone");
    case "received":
    case "unclear":
      // What became of it is asked at once.
      return atStage(record, "received");
    case "not_received":
      return { ...atStage(record, "sent"), received: undefined };
    case "not_written": {
      const { ackSearchFirstMs, ackSearchMaxMs } = policy;
      const attempts = record.attempts + 1;
      const waitMs = backoffMs(attempts + 1, ackSearchFirstMs, ackSearchMaxMs, record.sequence);
      return { ...record, attempts, notBeforeMs: nowMs + waitMs, fault: undefined };
    }
    case "not_that_acknowledgement":
      return { ...atStage(record, "received"), acknowledgement: undefined, writtenHeight: 0n };
    case "failed":
      return failed(record, kind, outcome.fault, outcome.final === true, nowMs, policy);
    case "later":
      return { ...record, notBeforeMs: outcome.untilMs, fault: outcome.fault ?? record.fault };
  }
}

function done(
  record: PacketRecord,
  kind: ActionKind,
  step: Step | undefined,
  nowMs: number,
  { ackSearchFirstMs }: PacketPolicy,
): PacketRecord {
  switch (kind) {
    case "recv":
      // The acknowledgement follows with the events of the block; after somebody else's message it may be long past.
      return {
        ...atStage(record, "received", step === undefined ? 0 : nowMs + ackSearchFirstMs),
        received: step ?? record.received,
      };
    case "ack":
      return step === undefined ? atStage(record, "received") : { ...atStage(record, "acknowledged"), settled: step };
    case "timeout":
    case "timeout_on_close":
      return step === undefined ? atStage(record, "received") : { ...atStage(record, "timed_out"), settled: step };
    case "find_ack":
      return record;
  }
}

function failed(
  record: PacketRecord,
  kind: ActionKind,
  fault: Fault,
  final: boolean,
  nowMs: number,
  { attemptsMax, retryFirstMs, retryMaxMs }: PacketPolicy,
): PacketRecord {
  const attempts = record.attempts + 1;
  const gaveUp = final || attempts >= attemptsMax ? kind : undefined;
  return {
    ...record,
    attempts,
    fault,
    gaveUp,
    notBeforeMs: nowMs + backoffMs(attempts, retryFirstMs, retryMaxMs, record.sequence),
  };
}

/** An operator wants what was given up, or waits, to be tried at once. */
export const retryNow = (record: PacketRecord): PacketRecord => ({
  ...record,
  attempts: 0,
  notBeforeMs: 0,
  gaveUp: undefined,
});
