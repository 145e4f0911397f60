/**
 * The end of a packet that never arrived: its time was over, or the channel was closed (ICS-04; ibc-go v10
 * `04-channel/keeper/timeout.go`).
 * @module
 */
import { Order, type Packet, State } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { MsgTimeout, MsgTimeoutOnClose } from "cosmjs-types/ibc/core/channel/v1/tx";
import type { Context } from "../../../app/ports.ts";
import { compareHeights, formatHeight, refuse } from "../../../core/ibc/mod.ts";
import { ok, type Result } from "../../../core/result.ts";
import { emitChannelClosed, emitTimedOut } from "./events.ts";
import { verifyOther } from "./handshake.ts";
import type { ChannelKeeper, Path } from "./keeper.ts";
import { checkCommitment, checkCounterparty, destinationOf, type Relayed, sourceOf } from "./packets.ts";
import type { StateProof } from "./proof_verifier.ts";
import { checkElapsed } from "./timeout.ts";

/** Forgets a packet that was late, proven not to have been received until then. */
export function timeoutPacket(keeper: ChannelKeeper, context: Context, message: MsgTimeout): Result<Relayed> {
  const { packet, proofUnreceived, proofHeight, nextSequenceRecv } = message;
  const found = pathOf(keeper, context, packet);
  if (!found.ok) return found;
  const path = found.value;
  const proof = { height: proofHeight, proof: proofUnreceived };
  const moment = path.verifier.momentOf(context, path, proof);
  if (!moment.ok) return moment;
  const late = checkElapsed(packet, moment.value);
  if (!late.ok) return late;
  const sent = isPending(keeper, context, packet);
  if (!sent.ok) return sent;
  if (!sent.value) return ok(undefined);
  const unreceived = verifyUnreceived(context, path, proof, packet, nextSequenceRecv, "packetReceived");
  return unreceived.ok ? settle(keeper, context, path, packet) : unreceived;
}

/** Forgets a packet that was not received before the other end was closed. */
export function timeoutOnClose(
  keeper: ChannelKeeper,
  context: Context,
  message: MsgTimeoutOnClose,
): Result<Relayed> {
  const { packet, proofUnreceived, proofClose, proofHeight, nextSequenceRecv } = message;
  const found = pathOf(keeper, context, packet);
  if (!found.ok) return found;
  const path = found.value;
  const sent = isPending(keeper, context, packet);
  if (!sent.ok) return sent;
  if (!sent.value) return ok(undefined);
  const closing = { height: proofHeight, proof: proofClose };
  const proof = { height: proofHeight, proof: proofUnreceived };
  const together = checkSameMoment(context, path, closing, proof);
  if (!together.ok) return together;
  const closed = verifyOther(context, sourceOf(packet), path, closing, State.STATE_CLOSED);
  if (!closed.ok) return closed;
  const unreceived = verifyUnreceived(context, path, proof, packet, nextSequenceRecv, "invalidPacket");
  return unreceived.ok ? settle(keeper, context, path, packet) : unreceived;
}

/** The channel may be closed: what was sent before is still settled. */
function pathOf(keeper: ChannelKeeper, { view }: Context, packet: Packet): Result<Path> {
  const path = keeper.path(view, sourceOf(packet));
  if (!path.ok) return path;
  const matches = checkCounterparty(path.value.channel, destinationOf(packet));
  return matches.ok ? path : matches;
}

/** Whether the packet waits to be settled; refused when another one does under its sequence. */
function isPending(keeper: ChannelKeeper, { view }: Context, packet: Packet): Result<boolean> {
  const commitment = keeper.record(view, "commitment", sourceOf(packet));
  if (commitment === undefined) return ok(false);
  const sent = checkCommitment(commitment, packet);
  return sent.ok ? ok(true) : sent;
}

/**
 * Over several hops two proofs that start alike may end at different heights: one from after the closing, the other from
 * before the packet was received. Over one they cannot.
 */
function checkSameMoment(context: Context, path: Path, closing: StateProof, unreceived: StateProof): Result<undefined> {
  if (path.hops.length === 1) return ok(undefined);
  const closed = path.verifier.momentOf(context, path, closing);
  if (!closed.ok) return closed;
  const missing = path.verifier.momentOf(context, path, unreceived);
  if (!missing.ok) return missing;
  const [there, here] = [closed.value.height, missing.value.height];
  return compareHeights(there, here) === 0 ? ok(undefined) : refuse(
    "invalidProof",
    `time out packet: the end is closed at ${formatHeight(there)}, the packet missing at ${formatHeight(here)}`,
  );
}

function verifyUnreceived(
  context: Context,
  path: Path,
  proof: StateProof,
  packet: Packet,
  nextSequenceRecv: bigint,
  received: "packetReceived" | "invalidPacket",
): Result<undefined> {
  const there = destinationOf(packet);
  if (path.channel.ordering === Order.ORDER_UNORDERED) {
    return path.verifier.verifyPacketReceiptAbsence(context, path, proof, there);
  }
  if (nextSequenceRecv > packet.sequence) {
    return refuse(received, `time out packet ${packet.sequence}: the next one to be received is ${nextSequenceRecv}`);
  }
  return path.verifier.verifyNextSequenceRecv(context, path, proof, there, nextSequenceRecv);
}

/** In an ordered channel nothing can follow a packet that is lost. */
function settle(keeper: ChannelKeeper, context: Context, { channel }: Path, packet: Packet): Result<Relayed> {
  const { view } = context;
  const place = sourceOf(packet);
  keeper.deleteCommitment(view, place);
  if (channel.ordering === Order.ORDER_ORDERED) {
    const closed = { ...channel, state: State.STATE_CLOSED };
    keeper.setChannel(view, place, closed);
    emitChannelClosed(context, place, closed);
  }
  emitTimedOut(context, packet, channel);
  return ok({ version: channel.version });
}
