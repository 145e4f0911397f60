/** The wire forms of `ibc.applications.packet_forward_middleware.v1`, and of our own parameters. @module */
import { fields, messageCodec, type MessageOf } from "../../core/codec/mod.ts";

const { bytes, string, uint32, uint64 } = fields;

/** The packet that arrived, for the acknowledgement that is owed for it, and what is left of the tries to send it on. */
export const InFlightPacketCodec = messageCodec("/ibc.applications.packet_forward_middleware.v1.InFlightPacket", {
  originalSenderAddress: string(1),
  /** Own end of the channel it arrived on. */
  refundChannelId: string(2),
  refundPortId: string(3),
  packetSrcChannelId: string(4),
  packetSrcPortId: string(5),
  packetTimeoutTimestamp: uint64(6),
  packetTimeoutHeight: string(7),
  packetData: bytes(8),
  refundSequence: uint64(9),
  retriesRemaining: uint32(10),
  /** Of each sending onwards, in nanoseconds. */
  timeout: uint64(11),
});
export type InFlightPacket = MessageOf<typeof InFlightPacketCodec>;

/** What holds for memos that do not say. */
export const ParamsCodec = messageCodec("/catenary.packet_forward.v1.Params", {
  /** Nanoseconds. */
  defaultTimeout: uint64(1),
  defaultRetries: uint32(2),
});
export type Params = MessageOf<typeof ParamsCodec>;
