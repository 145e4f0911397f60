/** Events of channels and packets, with names, attributes and order of ibc-go v10 `04-channel/keeper/events.go`. @module */
import type { Channel, Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { ChannelEnd, Context } from "../../../app/ports.ts";
import { formatHeight } from "../../../core/ibc/mod.ts";
import { ORDER_NAMES } from "../connection/versions.ts";
import { eventOf, moduleEvent } from "../events.ts";

type Attributes = [key: string, value: string][];

/** Steps that open or close a channel, as their events are called. */
export type ChannelStep =
  | "channel_open_init"
  | "channel_open_try"
  | "channel_open_ack"
  | "channel_open_confirm"
  | "channel_close_init"
  | "channel_close_confirm"
  | "channel_close_frozen";

/** A step of a channel, after which it is `channel`. */
export function emitChannelStep(context: Context, step: ChannelStep, end: ChannelEnd, channel: Channel): void {
  const attributes: Attributes = [["port_id", end.portId], ["channel_id", end.channelId]];
  attributes.push(["counterparty_port_id", channel.counterparty.portId]);
  if (step !== "channel_open_init") attributes.push(["counterparty_channel_id", channel.counterparty.channelId]);
  attributes.push(["connection_id", channel.connectionHops[0]!]);
  if (step === "channel_open_init" || step === "channel_open_try") attributes.push(["version", channel.version]);
  emit(context, step, attributes);
}

/** An ordered channel that a timeout has closed. */
export function emitChannelClosed(context: Context, end: ChannelEnd, channel: Channel): void {
  emit(context, "channel_close", [
    ["port_id", end.portId],
    ["channel_id", end.channelId],
    ["counterparty_port_id", channel.counterparty.portId],
    ["counterparty_channel_id", channel.counterparty.channelId],
    ["connection_id", channel.connectionHops[0]!],
    ["packet_channel_ordering", ORDER_NAMES[channel.ordering]!],
  ]);
}

/** A packet that was sent or received, with its data. */
export function emitPacket(
  context: Context,
  type: "send_packet" | "recv_packet",
  packet: Packet,
  channel: Channel,
): void {
  emit(context, type, [dataOf(packet), ...headOf(packet), orderOf(channel), ...connectionOf(channel)]);
}

/** An acknowledgement that was written for a packet received. */
export function emitAcknowledgement(
  context: Context,
  packet: Packet,
  channel: Channel,
  acknowledgement: Uint8Array,
): void {
  const written: [string, string] = ["packet_ack_hex", acknowledgement.toHex()];
  emit(context, "write_acknowledgement", [
    dataOf(packet),
    ...headOf(packet),
    written,
    orderOf(channel),
    ...connectionOf(channel),
  ]);
}

/** A packet whose acknowledgement has come back. */
export function emitAcknowledged(context: Context, packet: Packet, channel: Channel): void {
  emit(context, "acknowledge_packet", [...headOf(packet), orderOf(channel), ...connectionOf(channel)]);
}

/** A packet that was late. */
export function emitTimedOut(context: Context, packet: Packet, channel: Channel): void {
  emit(context, "timeout_packet", [
    ...headOf(packet),
    ["connection_id", channel.connectionHops[0]!],
    orderOf(channel),
  ]);
}

function emit(context: Context, type: string, attributes: Attributes): void {
  context.emit(eventOf(type, attributes));
  context.emit(moduleEvent("ibc_channel"));
}

const dataOf = ({ data }: Packet): [string, string] => ["packet_data_hex", data.toHex()];

const headOf = (packet: Packet): Attributes => [
  ["packet_timeout_height", formatHeight(packet.timeoutHeight)],
  ["packet_timeout_timestamp", packet.timeoutTimestamp.toString()],
  ["packet_sequence", packet.sequence.toString()],
  ["packet_src_port", packet.sourcePort],
  ["packet_src_channel", packet.sourceChannel],
  ["packet_dst_port", packet.destinationPort],
  ["packet_dst_channel", packet.destinationChannel],
];

const orderOf = ({ ordering }: Channel): [string, string] => ["packet_channel_ordering", ORDER_NAMES[ordering]!];

/** The first under a name that is going out of use. */
const connectionOf = ({ connectionHops }: Channel): Attributes => [
  ["packet_connection", connectionHops[0]!],
  ["connection_id", connectionHops[0]!],
];
