/** The forward is over: the packet that brought the tokens gets its acknowledgement, and on failure they go back. @module */
import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { ChannelEnd, Context } from "../../app/ports.ts";
import type { Coin } from "../../core/coins.ts";
import { sdkRefusal } from "../../core/errors.ts";
import {
  ACKNOWLEDGEMENT_BYTES_MAX,
  encodeAcknowledgement,
  escrowAddress,
  failure,
  hasPrefix,
  localDenom,
  type PacketAcknowledgement,
  parseDenom,
  parseHeight,
  type TokenPacketData,
  transferSuccess,
  validateAcknowledgement,
} from "../../core/ibc/mod.ts";
import { invariant } from "../../core/invariant.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { INTERNAL_CODE } from "./errors.ts";
import type { PacketForwardKeeper } from "./keeper.ts";
import type { InFlightPacket } from "./types.ts";

/** Passes the outcome of `packet` to the chain before (`WriteAcknowledgementForForwardedPacket`). */
export function settleForward(
  keeper: PacketForwardKeeper,
  context: Context,
  packet: Packet,
  data: TokenPacketData,
  inFlight: InFlightPacket,
  acknowledgement: PacketAcknowledgement,
): Result<undefined> {
  const back: ChannelEnd = { portId: inFlight.refundPortId, channelId: inFlight.refundChannelId };
  if (keeper.channels.channel(context.view, back) === undefined) {
    return err(sdkRefusal("notFound", `settle forward: channel ${back.portId}/${back.channelId}`));
  }
  if (!acknowledgement.success) {
    const onwards: ChannelEnd = { portId: packet.sourcePort, channelId: packet.sourceChannel };
    const undone = undoForward(keeper, context, data, onwards, back);
    if (!undone.ok) return undone;
  }
  return keeper.channels.writeAcknowledgement(context, originalPacket(inFlight), wellFormed(acknowledgement));
}

/**
 * Undoes sending over `onwards` and receiving over `back` in one step, so that both chains around see what they saw before:
 * the next one holds nothing of it, and the one before may refund. Undone, a sending mints or leaves the escrow of
 * `onwards`; undone, a receiving burns or enters the escrow of `back`.
 *
 * ibc-go has three of the four cases. In the fourth, a voucher that came over a channel and went back over the same one,
 * it mints vouchers into escrow that nothing stands behind; here burning and minting cancel out.
 */
function undoForward(
  keeper: PacketForwardKeeper,
  context: Context,
  { denom: path, amount }: TokenPacketData,
  onwards: ChannelEnd,
  back: ChannelEnd,
): Result<undefined> {
  const denom = parseDenom(path);
  const coin: Coin = { denom: localDenom(denom), amount };
  const wasBurned = hasPrefix(denom, onwards.portId, onwards.channelId);
  const wasMinted = hasPrefix(denom, back.portId, back.channelId);
  const { bank, transfers, codec } = keeper;
  const from = codec.of(escrowAddress(onwards.portId, onwards.channelId));
  const to = codec.of(escrowAddress(back.portId, back.channelId));
  if (wasBurned && wasMinted) return ok(undefined);
  // One escrow for another; the total stays.
  if (!wasBurned && !wasMinted) return bank.send(context, from, to, [coin]);
  if (wasMinted) {
    const moved = bank.send(context, from, transfers.address, [coin]);
    if (!moved.ok) return moved;
    const burned = bank.burn(context, transfers.address, [coin]);
    if (burned.ok) transfers.takeEscrow(context.view, coin);
    return burned;
  }
  const minted = bank.mint(context, transfers.address, [coin]);
  if (!minted.ok) return minted;
  const moved = bank.send(context, transfers.address, to, [coin]);
  if (!moved.ok) return moved;
  transfers.addEscrow(context.view, coin);
  return ok(undefined);
}

function originalPacket(inFlight: InFlightPacket): Packet {
  const timeoutHeight = parseHeight(inFlight.packetTimeoutHeight);
  invariant(timeoutHeight.ok, `settle forward: timeout height ${inFlight.packetTimeoutHeight}`);
  return {
    sequence: inFlight.refundSequence,
    sourcePort: inFlight.packetSrcPortId,
    sourceChannel: inFlight.packetSrcChannelId,
    destinationPort: inFlight.refundPortId,
    destinationChannel: inFlight.refundChannelId,
    data: inFlight.packetData,
    timeoutHeight: timeoutHeight.value,
    timeoutTimestamp: inFlight.packetTimeoutTimestamp,
  };
}

/**
 * Other chains may write an empty result or a blank error, or an error that in our way of writing is too long; we may not,
 * and the packet must be settled all the same.
 */
function wellFormed(acknowledgement: PacketAcknowledgement): PacketAcknowledgement {
  const { length } = encodeAcknowledgement(acknowledgement);
  if (validateAcknowledgement(acknowledgement).ok && length <= ACKNOWLEDGEMENT_BYTES_MAX) return acknowledgement;
  return acknowledgement.success ? transferSuccess() : failure(INTERNAL_CODE);
}
