/** What contracts are told of channels and packets: JSON, byte for byte as Go writes it (wasmvm `types/ibc.go`). @module */
import { Order, type Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { Address, ChannelEnd } from "../../app/ports.ts";
import { goString, isZeroHeight } from "../../core/ibc/mod.ts";

/** Bytes as Go writes them: base64, or null for none. */
const bytesJson = (bytes: Uint8Array): string => bytes.length === 0 ? "null" : `"${bytes.toBase64()}"`;

const endJson = ({ portId, channelId }: ChannelEnd): string =>
  `{"port_id":${goString(portId)},"channel_id":${goString(channelId)}}`;

const orderName = (order: Order): string => order === Order.ORDER_ORDERED ? "ORDER_ORDERED" : "ORDER_UNORDERED";

/** What is known of a channel; of several connections the own one. */
export interface ChannelFacts {
  readonly end: ChannelEnd;
  readonly counterparty: ChannelEnd;
  readonly order: Order;
  readonly connectionHops: readonly string[];
  readonly version: string;
}

/** `IbcChannel`. */
export const channelJson = ({ end, counterparty, order, version, connectionHops }: ChannelFacts): string =>
  `{"endpoint":${endJson(end)},"counterparty_endpoint":${endJson(counterparty)},"order":"${orderName(order)}",` +
  `"version":${goString(version)},"connection_id":${goString(connectionHops[0] ?? "")}}`;

/** `IbcPacket`. */
export function packetJson(packet: Packet): string {
  const { timeoutHeight: { revisionNumber, revisionHeight }, timeoutTimestamp } = packet;
  const block = isZeroHeight(packet.timeoutHeight)
    ? "null"
    : `{"revision":${revisionNumber},"height":${revisionHeight}}`;
  const timestamp = timeoutTimestamp === 0n ? "" : `,"timestamp":"${timeoutTimestamp}"`;
  const source = endJson({ portId: packet.sourcePort, channelId: packet.sourceChannel });
  const destination = endJson({ portId: packet.destinationPort, channelId: packet.destinationChannel });
  return `{"data":${bytesJson(packet.data)},"src":${source},"dest":${destination},"sequence":${packet.sequence},` +
    `"timeout":{"block":${block}${timestamp}}}`;
}

/** `IbcAcknowledgement`. */
export const acknowledgementJson = (bytes: Uint8Array): string => `{"data":${bytesJson(bytes)}}`;

/** `IbcPacketReceiveMsg`, `IbcPacketTimeoutMsg`. */
export const arrivedJson = (packet: Packet, relayer: Address): string =>
  `{"packet":${packetJson(packet)},"relayer":"${relayer.text}"}`;

/** `IbcPacketAckMsg`. */
export const acknowledgedJson = (packet: Packet, acknowledgement: Uint8Array, relayer: Address): string =>
  `{"acknowledgement":${acknowledgementJson(acknowledgement)},"original_packet":${packetJson(packet)},` +
  `"relayer":"${relayer.text}"}`;
