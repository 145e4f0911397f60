/** What must be proven for an action, and what follows when the proof shows something else. @module */
import { Channel, State } from "cosmjs-types/ibc/core/channel/v1/channel";
import { bytesToU64, equalBytes, utf8ToBytes } from "../../node/core/bytes.ts";
import {
  acknowledgementCommitment,
  channelPath,
  nextSequenceRecvPath,
  packetAcknowledgementPath,
  packetCommitment,
  packetCommitmentPath,
  packetReceiptPath,
} from "../../node/core/ibc/mod.ts";
import type { Outcome } from "./outcome.ts";
import type { Action, ActionKind, Lane, PacketRecord } from "./types.ts";

/** Which chain's state proves it. */
export const proverOf = (kind: ActionKind): "source" | "destination" => kind === "recv" ? "source" : "destination";

/** Keys of the IBC store whose values, or absence, are proven, in the order in which the message has the proofs. */
export function provenKeys({ lane, record: { sequence }, kind }: Action): Uint8Array[] {
  const { source, destination } = lane;
  const unreceived = lane.ordered
    ? nextSequenceRecvPath(destination.portId, destination.channelId)
    : packetReceiptPath(destination.portId, destination.channelId, sequence);
  switch (kind) {
    case "recv":
      return [utf8ToBytes(packetCommitmentPath(source.portId, source.channelId, sequence))];
    case "ack":
      return [utf8ToBytes(packetAcknowledgementPath(destination.portId, destination.channelId, sequence))];
    case "timeout":
      return [utf8ToBytes(unreceived)];
    case "timeout_on_close":
      return [utf8ToBytes(unreceived), utf8ToBytes(channelPath(destination.portId, destination.channelId))];
    case "find_ack":
      return [];
  }
}

export type Evidence =
  /** The message will be believed. `nextSequenceRecv`: as proven, for timeouts. */
  | { readonly tag: "holds"; readonly nextSequenceRecv: bigint }
  /** The state is another one: that is what came of it. */
  | { readonly tag: "fails"; readonly outcome: Outcome };

const holds = (nextSequenceRecv = 0n): Evidence => ({ tag: "holds", nextSequenceRecv });
const fails = (outcome: Outcome): Evidence => ({ tag: "fails", outcome });

/** What values under {@linkcode provenKeys}, believed, say about the action. */
export function judgeEvidence(action: Action, values: readonly (Uint8Array | undefined)[]): Evidence {
  const { lane, record, kind } = action;
  const [value, channel] = values;
  switch (kind) {
    case "recv":
      return judgeCommitment(record, value);
    case "ack":
      return judgeAcknowledgement(record, value);
    case "timeout":
      return judgeUnreceived(lane, record, value);
    case "timeout_on_close": {
      const unreceived = judgeUnreceived(lane, record, value);
      return unreceived.tag === "fails" || isClosed(channel) ? unreceived : fails({
        tag: "failed",
        fault: { code: "channel_open", message: "time out on close: the channel is open on the destination" },
      });
    }
    case "find_ack":
      return holds();
  }
}

/** The fault of a packet that the source did not commit to as its events tell: it must be asked for again. */
export const OTHER_COMMITMENT = "other_commitment";

function judgeCommitment(record: PacketRecord, value: Uint8Array | undefined): Evidence {
  if (value === undefined) return fails({ tag: "unclear" });
  if (equalBytes(value, packetCommitment(record))) return holds();
  const message = "receive packet: the source committed to another packet than its events tell";
  return fails({ tag: "failed", fault: { code: OTHER_COMMITMENT, message } });
}

function judgeAcknowledgement({ acknowledgement }: PacketRecord, value: Uint8Array | undefined): Evidence {
  if (value === undefined) return fails({ tag: "not_that_acknowledgement" });
  return acknowledgement !== undefined && equalBytes(value, acknowledgementCommitment(acknowledgement))
    ? holds()
    : fails({ tag: "not_that_acknowledgement" });
}

function judgeUnreceived(lane: Lane, { sequence }: PacketRecord, value: Uint8Array | undefined): Evidence {
  // The message wants a sequence that is not zero on any channel (ibc-go `MsgTimeout.ValidateBasic`).
  if (!lane.ordered) return value === undefined ? holds(sequence) : fails({ tag: "received" });
  const next = value?.length === 8 ? bytesToU64(value) : undefined;
  if (next === undefined || next === 0n) {
    const message = "time out packet: the destination has no sequence to be received next";
    return fails({ tag: "failed", fault: { code: "no_sequence", message } });
  }
  return next > sequence ? fails({ tag: "received" }) : holds(next);
}

/** Whether the value under a channel's key says that the end is closed. */
export function isClosed(value: Uint8Array | undefined): boolean {
  try {
    return value !== undefined && Channel.decode(value).state === State.STATE_CLOSED;
  } catch {
    return false;
  }
}
