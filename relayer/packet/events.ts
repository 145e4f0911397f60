/**
 * From the events of a block to what they say of packets and channels (ICS-04; ibc-go v10 `04-channel/keeper/events.go`).
 * What is not of the form ibc-go gives it is passed over: a chain can only hide its own packets that way.
 * @module
 */
import type { Event } from "cosmjs-types/tendermint/abci/types";
import { ACKNOWLEDGEMENT_BYTES_MAX } from "../../node/core/ibc/mod.ts";
import { attribute, heightOf, hexOf, identifierOf, uint64Of } from "./attributes.ts";
import type { PacketContent } from "./types.ts";

/** Longest packet data that are relayed, in bytes; transfers have some hundred, and no transaction is longer than this. */
export const DATA_BYTES_MAX = 1_048_576;

/** The ends that a packet event names. */
export interface PacketEventEnds {
  readonly sourcePort: string;
  readonly sourceChannel: string;
  readonly destinationPort: string;
  readonly destinationChannel: string;
}

/** What an event of the chain says. The first three are followed by the whole packet, the next two are not. */
export type ChannelEvent =
  | (PacketEventEnds & { readonly tag: "sent" | "received"; readonly packet: PacketContent })
  | (PacketEventEnds & {
    readonly tag: "written";
    readonly packet: PacketContent;
    readonly acknowledgement: Uint8Array;
  })
  | (PacketEventEnds & { readonly tag: "acknowledged" | "timed_out"; readonly sequence: bigint })
  /** The end on this chain is closed. */
  | { readonly tag: "closed"; readonly portId: string; readonly channelId: string }
  /** The end on this chain is open. */
  | { readonly tag: "opened"; readonly portId: string; readonly channelId: string };

/** What `event` says; undefined for events of other kinds, and for what does not have the form. */
export function parseChannelEvent(event: Event): ChannelEvent | undefined {
  switch (event.type) {
    case "send_packet":
      return wholePacket(event, "sent");
    case "recv_packet":
      return wholePacket(event, "received");
    case "write_acknowledgement":
      return written(event);
    case "acknowledge_packet":
      return packetName(event, "acknowledged");
    case "timeout_packet":
      return packetName(event, "timed_out");
    case "channel_close_init":
    case "channel_close_confirm":
    case "channel_close_frozen":
    case "channel_close":
      return channelName(event, "closed");
    case "channel_open_ack":
    case "channel_open_confirm":
      return channelName(event, "opened");
    default:
      return undefined;
  }
}

function endsOf(event: Event): PacketEventEnds | undefined {
  const sourcePort = identifierOf("port", attribute(event, "packet_src_port"));
  const sourceChannel = identifierOf("channel", attribute(event, "packet_src_channel"));
  const destinationPort = identifierOf("port", attribute(event, "packet_dst_port"));
  const destinationChannel = identifierOf("channel", attribute(event, "packet_dst_channel"));
  return sourcePort === undefined || sourceChannel === undefined || destinationPort === undefined ||
      destinationChannel === undefined
    ? undefined
    : { sourcePort, sourceChannel, destinationPort, destinationChannel };
}

/** Sequences start at 1. */
function sequenceOf(event: Event): bigint | undefined {
  const sequence = uint64Of(attribute(event, "packet_sequence"));
  return sequence === 0n ? undefined : sequence;
}

function contentOf(event: Event): PacketContent | undefined {
  const sequence = sequenceOf(event);
  const timeoutHeight = heightOf(attribute(event, "packet_timeout_height"));
  const timeoutTimestamp = uint64Of(attribute(event, "packet_timeout_timestamp"));
  if (sequence === undefined || timeoutHeight === undefined || timeoutTimestamp === undefined) return undefined;
  const data = hexOf(attribute(event, "packet_data_hex"), DATA_BYTES_MAX);
  return data === undefined || data.length === 0 ? undefined : { sequence, timeoutHeight, timeoutTimestamp, data };
}

function wholePacket(event: Event, tag: "sent" | "received"): ChannelEvent | undefined {
  const ends = endsOf(event);
  const packet = contentOf(event);
  return ends === undefined || packet === undefined ? undefined : { tag, ...ends, packet };
}

function written(event: Event): ChannelEvent | undefined {
  const ends = endsOf(event);
  const packet = contentOf(event);
  const acknowledgement = hexOf(attribute(event, "packet_ack_hex"), ACKNOWLEDGEMENT_BYTES_MAX);
  if (ends === undefined || packet === undefined || acknowledgement === undefined) return undefined;
  return acknowledgement.length === 0 ? undefined : { tag: "written", ...ends, packet, acknowledgement };
}

function packetName(event: Event, tag: "acknowledged" | "timed_out"): ChannelEvent | undefined {
  const ends = endsOf(event);
  const sequence = sequenceOf(event);
  return ends === undefined || sequence === undefined ? undefined : { tag, ...ends, sequence };
}

function channelName(event: Event, tag: "closed" | "opened"): ChannelEvent | undefined {
  const portId = identifierOf("port", attribute(event, "port_id"));
  const channelId = identifierOf("channel", attribute(event, "channel_id"));
  return portId === undefined || channelId === undefined ? undefined : { tag, portId, channelId };
}
