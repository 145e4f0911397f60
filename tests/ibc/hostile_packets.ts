/** Packets, acknowledgements and timeouts that did not happen. @module */
import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { MsgAcknowledgement } from "cosmjs-types/ibc/core/channel/v1/tx";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { nextSequenceSendPath, ZERO_HEIGHT } from "../../node/core/ibc/mod.ts";
import {
  acknowledge,
  chanCloseConfirm,
  changed,
  type End,
  recvPacket,
  timeout,
  timeoutOnClose,
} from "../helpers/ibc/mod.ts";
import { type Hostile, hostile, proofCases, type Situation } from "./hostile.ts";

const otherPath = ({ other }: End) => nextSequenceSendPath(other.portId, other.channelId);

const packet = (
  name: string,
  change: (packet: Packet, end: End) => Partial<Packet>,
  refusal: Hostile["refusal"],
) =>
  hostile(
    `a packet ${name}`,
    (end, { incoming }) => changed(recvPacket(end, incoming), { packet: { ...incoming, ...change(incoming, end) } }),
    refusal,
  );

const RECEIVING = [
  packet("with other data", () => ({ data: Uint8Array.of(7) }), "invalidProof"),
  packet("with another timeout", () => ({ timeoutTimestamp: 10n ** 19n }), "invalidProof"),
  packet("of another sequence", ({ sequence }) => ({ sequence: sequence + 9n }), "invalidProof"),
  packet("of sequence zero", () => ({ sequence: 0n }), "invalidPacket"),
  packet("without data", () => ({ data: new Uint8Array() }), "invalidPacket"),
  packet("without a timeout", () => ({ timeoutHeight: ZERO_HEIGHT, timeoutTimestamp: 0n }), "invalidPacket"),
  packet("from another channel", () => ({ sourceChannel: "channel-77" }), "invalidPacket"),
  packet("from another port", () => ({ sourcePort: "other" }), "invalidPacket"),
  packet("to no channel", () => ({ destinationChannel: "channel-99" }), "channelNotFound"),
  packet("to a port of nobody", () => ({ destinationPort: "nobody" }), "routeNotFound"),
  packet("to an invalid port", () => ({ destinationPort: "x/../y" }), "invalidId"),
  packet("late by height", (_, { chain }) => ({ timeoutHeight: chain.ibcHeight(1n) }), "timeoutElapsed"),
  packet("late by time", (_, { chain }) => ({ timeoutTimestamp: chain.time }), "timeoutElapsed"),
];

const acknowledgement = (
  name: string,
  change: (acked: Situation["acked"]) => Partial<MsgAcknowledgement>,
  refusal: Hostile["refusal"],
) =>
  hostile(
    `an acknowledgement ${name}`,
    (end, { acked }) => changed(acknowledge(end, acked.packet, acked.ack), change(acked)),
    refusal,
  );

const ACKNOWLEDGING = [
  acknowledgement("of other bytes", () => ({ acknowledgement: utf8ToBytes('{"result":"Ag=="}') }), "invalidProof"),
  acknowledgement("of no bytes", () => ({ acknowledgement: new Uint8Array() }), "invalidAcknowledgement"),
  acknowledgement(
    "of a packet with other data",
    ({ packet }) => ({ packet: { ...packet, data: Uint8Array.of(7) } }),
    "invalidPacket",
  ),
  acknowledgement(
    "of a packet to another channel",
    ({ packet }) => ({ packet: { ...packet, destinationChannel: "channel-77" } }),
    "invalidPacket",
  ),
  acknowledgement(
    "of a packet of no channel",
    ({ packet }) => ({ packet: { ...packet, sourceChannel: "channel-99" } }),
    "channelNotFound",
  ),
];

const TIMING_OUT = [
  hostile("a timeout of a packet that is not late", (end, { pending }) => timeout(end, pending), "timeoutNotReached"),
  hostile(
    "a timeout of a packet that was received",
    (end, { acked }) => timeout(end, acked.packet),
    "timeoutNotReached",
  ),
  hostile(
    "a timeout of a packet with other data",
    (end, { late }) => changed(timeout(end, late), { packet: { ...late, data: Uint8Array.of(7) } }),
    "invalidPacket",
  ),
  hostile(
    "a timeout of a packet to another channel",
    (end, { late }) => changed(timeout(end, late), { packet: { ...late, destinationChannel: "channel-77" } }),
    "invalidPacket",
  ),
  hostile(
    "a timeout on close while the channel is open",
    (end, { pending }) => timeoutOnClose(end, pending),
    "invalidProof",
  ),
  hostile("the closing of a channel whose other end is open", (end) => chanCloseConfirm(end), "invalidProof"),
];

export const PACKETS: readonly Hostile[] = [
  ...proofCases((end, { incoming }) => recvPacket(end, incoming), "proofCommitment", otherPath),
  ...RECEIVING,
  ...proofCases((end, { acked }) => acknowledge(end, acked.packet, acked.ack), "proofAcked", otherPath),
  ...ACKNOWLEDGING,
  ...proofCases((end, { late }) => timeout(end, late), "proofUnreceived", otherPath, "consensusStateNotFound"),
  ...TIMING_OUT,
];

/** When the other end is closed. */
export const CLOSING: readonly Hostile[] = [
  ...proofCases(chanCloseConfirm, "proofInit", otherPath),
  hostile("of no channel", (end) => changed(chanCloseConfirm(end), { channelId: "channel-99" }), "channelNotFound"),
];
