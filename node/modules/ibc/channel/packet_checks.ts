/** What a packet must be without looking at the state (ibc-go `04-channel/types/packet.go`, `ValidateBasic`). @module */
import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import { checkIdentifier, isZeroHeight, refuse } from "../../../core/ibc/mod.ts";
import { ok, type Result } from "../../../core/result.ts";

/** Longest data of a packet, in bytes (ibc-go `MaximumPayloadsSize`). */
export const PACKET_BYTES_MAX = 262_144;

/** Refused unless identifiers, sequence, timeouts and data are possible. */
export function checkPacket(packet: Packet): Result<unknown> {
  const sourcePort = checkIdentifier("port", packet.sourcePort);
  if (!sourcePort.ok) return sourcePort;
  const destinationPort = checkIdentifier("port", packet.destinationPort);
  if (!destinationPort.ok) return destinationPort;
  const sourceChannel = checkIdentifier("channel", packet.sourceChannel);
  if (!sourceChannel.ok) return sourceChannel;
  const destinationChannel = checkIdentifier("channel", packet.destinationChannel);
  if (!destinationChannel.ok) return destinationChannel;
  if (packet.sequence === 0n) return refuse("invalidPacket", "check packet: its sequence is 0");
  if (isZeroHeight(packet.timeoutHeight) && packet.timeoutTimestamp === 0n) {
    return refuse("invalidPacket", "check packet: it has no timeout, neither height nor timestamp");
  }
  const { length } = packet.data;
  return length > 0 && length <= PACKET_BYTES_MAX
    ? ok(undefined)
    : refuse("invalidPacket", `check packet: its data has ${length} bytes, must be 1 to ${PACKET_BYTES_MAX}`);
}
