/** The life of a packet that arrives: sent, received, acknowledged (ICS-04; ibc-go v10 `04-channel/keeper/packet.go`). @module */
import { type Channel, Order, type Packet, State } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { MsgAcknowledgement, MsgRecvPacket } from "cosmjs-types/ibc/core/channel/v1/tx";
import type { ChannelEnd, Context, OutgoingPacket } from "../../../app/ports.ts";
import { equalBytes } from "../../../core/bytes.ts";
import {
  ACKNOWLEDGEMENT_BYTES_MAX,
  acknowledgementCommitment,
  encodeAcknowledgement,
  PACKET_RECEIPT,
  packetCommitment,
  refuse,
  validateAcknowledgement,
  type WrittenAcknowledgement,
} from "../../../core/ibc/mod.ts";
import { ok, type Result } from "../../../core/result.ts";
import { selfHeight } from "../client/light_client.ts";
import { isMalleable } from "./envelope.ts";
import { emitAcknowledged, emitAcknowledgement, emitPacket } from "./events.ts";
import { checkState } from "./handshake.ts";
import { type ChannelKeeper, checkOpen, type Path } from "./keeper.ts";
import { checkPacket } from "./packet_checks.ts";
import type { PacketPlace } from "./proof_verifier.ts";
import { checkNotElapsed } from "./timeout.ts";

const DONE: Result<undefined, never> = ok(undefined);

/**
 * What a relayed packet came to: the version of its channel, for the application; or nothing, because it was relayed before
 * and nothing has changed (ibc-go `ErrNoOpMsg`): then the message succeeds without effect.
 */
export type Relayed = { readonly version: string } | undefined;

/** The two ends of a packet. */
export const sourceOf = ({ sourcePort, sourceChannel, sequence }: Packet): PacketPlace => ({
  portId: sourcePort,
  channelId: sourceChannel,
  sequence,
});
export const destinationOf = ({ destinationPort, destinationChannel, sequence }: Packet): PacketPlace => ({
  portId: destinationPort,
  channelId: destinationChannel,
  sequence,
});

/** Commits to a packet; answers its sequence. */
export function sendPacket(keeper: ChannelKeeper, context: Context, outgoing: OutgoingPacket): Result<bigint> {
  const { sourcePort, sourceChannel, timeoutHeight, timeoutTimestamp, data } = outgoing;
  const { view } = context;
  const end: ChannelEnd = { portId: sourcePort, channelId: sourceChannel };
  const path = keeper.path(view, end);
  if (!path.ok) return path;
  const { channel, connection, verifier } = path.value;
  const open = checkState(channel, sourceChannel, State.STATE_OPEN);
  if (!open.ok) return open;
  const sequence = keeper.counter(view, "send", end);
  if (sequence === undefined) return refuse("sequenceSendNotFound", `send packet over ${sourceChannel}`);
  const packet: Packet = {
    sequence,
    sourcePort,
    sourceChannel,
    destinationPort: channel.counterparty.portId,
    destinationChannel: channel.counterparty.channelId,
    data,
    timeoutHeight,
    timeoutTimestamp,
  };
  const valid = checkPacket(packet);
  if (!valid.ok) return valid;
  const { clientId } = connection;
  const status = keeper.clients.status(context, clientId);
  if (status !== "Active") return refuse("clientNotActive", `send packet: client ${clientId} is ${status}`);
  const moment = verifier.latestMoment(context, path.value);
  if (!moment.ok) return moment;
  if (moment.value !== undefined) {
    const early = checkNotElapsed(packet, moment.value);
    if (!early.ok) return early;
  }
  keeper.setCounter(view, "send", end, sequence + 1n);
  keeper.setRecord(view, "commitment", { ...end, sequence }, packetCommitment(packet));
  emitPacket(context, "send_packet", packet, channel);
  return ok(sequence);
}

/** Notes that a packet has arrived, so that it never does again. */
export function receivePacket(
  keeper: ChannelKeeper,
  context: Context,
  { packet, proofCommitment, proofHeight }: MsgRecvPacket,
): Result<Relayed> {
  const { view, block } = context;
  const place = destinationOf(packet);
  const found = keeper.path(view, place);
  if (!found.ok) return found;
  const path = found.value;
  const usable = checkUsable(path, place, sourceOf(packet));
  if (!usable.ok) return usable;
  const early = checkNotElapsed(packet, { height: selfHeight(block), timestamp: block.time });
  if (!early.ok) return early;
  const proof = { height: proofHeight, proof: proofCommitment };
  const commitment = packetCommitment(packet);
  const verified = path.verifier.verifyPacketCommitment(context, path, proof, sourceOf(packet), commitment);
  if (!verified.ok) return verified;
  const fresh = noteReceived(keeper, context, place, path.channel);
  if (!fresh.ok) return fresh;
  if (!fresh.value) return ok(undefined);
  emitPacket(context, "recv_packet", packet, path.channel);
  return ok({ version: path.channel.version });
}

/** Whether the state shows that the packet was received; nothing is verified. */
export function receivedBefore(keeper: ChannelKeeper, { view }: Context, packet: Packet): boolean {
  const place = destinationOf(packet);
  const channel = keeper.channel(view, place);
  if (channel === undefined) return false;
  if (channel.ordering === Order.ORDER_UNORDERED) return keeper.record(view, "receipt", place) !== undefined;
  const next = keeper.counter(view, "receive", place);
  return next !== undefined && place.sequence < next;
}

/** Whether the state shows that the packet was settled here, or never sent; nothing is verified. */
export function settledBefore(keeper: ChannelKeeper, { view }: Context, packet: Packet): boolean {
  const place = sourceOf(packet);
  return keeper.channel(view, place) !== undefined && keeper.record(view, "commitment", place) === undefined;
}

/** Whether the packet is new, and then remembers it: by a receipt, or in order by the next sequence. */
function noteReceived(keeper: ChannelKeeper, { view }: Context, place: PacketPlace, channel: Channel): Result<boolean> {
  if (channel.ordering === Order.ORDER_UNORDERED) {
    if (keeper.record(view, "receipt", place) !== undefined) return ok(false);
    keeper.setRecord(view, "receipt", place, PACKET_RECEIPT);
    return ok(true);
  }
  const next = keeper.counter(view, "receive", place);
  if (next === undefined) return refuse("sequenceReceiveNotFound", `receive packet over ${place.channelId}`);
  if (place.sequence < next) return ok(false);
  if (place.sequence !== next) {
    return refuse("sequenceOutOfOrder", `receive packet ${place.sequence}: the next one is ${next}`);
  }
  keeper.setCounter(view, "receive", place, next + 1n);
  return ok(true);
}

/** Stores what became of a packet received, once. */
export function writeAcknowledgement(
  keeper: ChannelKeeper,
  context: Context,
  packet: Packet,
  acknowledgement: WrittenAcknowledgement,
): Result<undefined> {
  const { view } = context;
  const place = destinationOf(packet);
  const path = keeper.path(view, place);
  if (!path.ok) return path;
  const { channel } = path.value;
  const open = checkState(channel, place.channelId, State.STATE_OPEN);
  if (!open.ok) return open;
  if (keeper.record(view, "acknowledgement", place) !== undefined) {
    return refuse("acknowledgementExists", `acknowledge packet ${place.sequence} of ${place.channelId}`);
  }
  const valid = validateAcknowledgement(acknowledgement);
  if (!valid.ok) return valid;
  const bytes = encodeAcknowledgement(acknowledgement);
  if (bytes.length > ACKNOWLEDGEMENT_BYTES_MAX) {
    return refuse("invalidAcknowledgement", `acknowledge packet ${place.sequence}: ${bytes.length} bytes`);
  }
  keeper.setRecord(view, "acknowledgement", place, acknowledgementCommitment(bytes));
  emitAcknowledgement(context, packet, channel, bytes);
  return DONE;
}

/** Forgets a packet that the other chain has acknowledged. */
export function acknowledgePacket(
  keeper: ChannelKeeper,
  context: Context,
  { packet, acknowledgement, proofAcked, proofHeight }: MsgAcknowledgement,
): Result<Relayed> {
  const { view } = context;
  const place = sourceOf(packet);
  const found = keeper.path(view, place);
  if (!found.ok) return found;
  const path = found.value;
  const usable = checkUsable(path, place, destinationOf(packet));
  if (!usable.ok) return usable;
  const commitment = keeper.record(view, "commitment", place);
  if (commitment === undefined) return ok(undefined);
  if (isMalleable(acknowledgement)) {
    return refuse("invalidAcknowledgement", `settle packet ${place.sequence}: the acknowledgement is not canonical`);
  }
  const sent = checkCommitment(commitment, packet);
  if (!sent.ok) return sent;
  const proof = { height: proofHeight, proof: proofAcked };
  const there = destinationOf(packet);
  const verified = path.verifier.verifyPacketAcknowledgement(context, path, proof, there, acknowledgement);
  if (!verified.ok) return verified;
  if (path.channel.ordering === Order.ORDER_ORDERED) {
    const next = keeper.counter(view, "acknowledge", place);
    if (next === undefined) return refuse("sequenceAckNotFound", `settle packet over ${place.channelId}`);
    if (place.sequence !== next) {
      return refuse("sequenceOutOfOrder", `settle packet ${place.sequence}: the next one is ${next}`);
    }
    keeper.setCounter(view, "acknowledge", place, next + 1n);
  }
  keeper.deleteCommitment(view, place);
  emitAcknowledged(context, packet, path.channel);
  return ok({ version: path.channel.version });
}

/** Refused unless the channel is open, `other` is its other end, and its connection is open. */
function checkUsable({ channel, connection, hops }: Path, own: ChannelEnd, other: ChannelEnd): Result<undefined> {
  const inState = checkState(channel, own.channelId, State.STATE_OPEN);
  if (!inState.ok) return inState;
  const matches = checkCounterparty(channel, other);
  return matches.ok ? checkOpen(connection, hops[0]!) : matches;
}

/** Refused unless a packet names the other end of its channel. */
export function checkCounterparty({ counterparty }: Channel, { portId, channelId }: ChannelEnd): Result<undefined> {
  if (portId === counterparty.portId && channelId === counterparty.channelId) return DONE;
  return refuse(
    "invalidPacket",
    `check packet: its other end is ${portId}/${channelId}, the channel's is ` +
      `${counterparty.portId}/${counterparty.channelId}`,
  );
}

/** Refused unless this is the packet that was sent. */
export function checkCommitment(commitment: Uint8Array, packet: Packet): Result<undefined> {
  return equalBytes(commitment, packetCommitment(packet))
    ? DONE
    : refuse("invalidPacket", `check packet ${packet.sequence}: it is not the one that was sent`);
}
