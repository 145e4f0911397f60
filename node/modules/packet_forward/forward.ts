/** Tokens that arrived are sent on. @module */
import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { Address, Context } from "../../app/ports.ts";
import {
  formatHeight,
  type Forward,
  localDenom,
  memoForNext,
  parseDenom,
  receivedDenom,
  type TokenPacketData,
  ZERO_HEIGHT,
} from "../../core/ibc/mod.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { forwardFailed } from "./errors.ts";
import type { PacketForwardKeeper } from "./keeper.ts";
import type { InFlightPacket } from "./types.ts";

const PORT = "transfer";

/** The first try: what `packet` brought to `holder` goes where `forward` says. */
export function forwardTokens(
  keeper: PacketForwardKeeper,
  context: Context,
  packet: Packet,
  data: TokenPacketData,
  holder: Address,
  forward: Forward,
): Result<undefined> {
  if (forward.portId !== PORT) return err(forwardFailed(`forward over port ${forward.portId}`));
  const params = keeper.params(context.view);
  const inFlight: InFlightPacket = {
    originalSenderAddress: data.sender,
    refundChannelId: packet.destinationChannel,
    refundPortId: packet.destinationPort,
    packetSrcChannelId: packet.sourceChannel,
    packetSrcPortId: packet.sourcePort,
    packetTimeoutTimestamp: packet.timeoutTimestamp,
    packetTimeoutHeight: formatHeight(packet.timeoutHeight),
    packetData: packet.data,
    refundSequence: packet.sequence,
    retriesRemaining: forward.retries ?? params.defaultRetries,
    timeout: forward.timeoutNs > 0n ? forward.timeoutNs : params.defaultTimeout,
  };
  const denom = localDenom(receivedDenom(parseDenom(data.denom), packet));
  const { receiver, channelId } = forward;
  const memo = memoForNext(forward);
  const hop = { sender: holder, receiver, memo, sourceChannel: channelId, coin: { denom, amount: data.amount } };
  return sendOn(keeper, context, hop, inFlight);
}

/** One more try, after the timeout of `packet` gave its tokens back to the account between the hops. */
export function forwardAgain(
  keeper: PacketForwardKeeper,
  context: Context,
  packet: Packet,
  data: TokenPacketData,
  inFlight: InFlightPacket,
): Result<undefined> {
  const sender = keeper.codec.parse(data.sender);
  if (sender === undefined) return err(forwardFailed(`forward again: sender ${data.sender.slice(0, 100)}`));
  const { receiver, memo, amount } = data;
  const coin = { denom: localDenom(parseDenom(data.denom)), amount };
  const hop = { sender, receiver, memo, sourceChannel: packet.sourceChannel, coin };
  return sendOn(keeper, context, hop, { ...inFlight, retriesRemaining: inFlight.retriesRemaining - 1 });
}

type Hop = Pick<
  Parameters<PacketForwardKeeper["transfers"]["send"]>[1],
  "sender" | "receiver" | "memo" | "sourceChannel" | "coin"
>;

function sendOn(
  keeper: PacketForwardKeeper,
  context: Context,
  hop: Hop,
  inFlight: InFlightPacket,
): Result<undefined> {
  const timeoutTimestamp = context.block.time + inFlight.timeout;
  const sequence = keeper.transfers.send(context, { ...hop, timeoutHeight: ZERO_HEIGHT, timeoutTimestamp });
  if (!sequence.ok) return err(forwardFailed(sequence.error.message));
  const sent = { sourcePort: PORT, sourceChannel: hop.sourceChannel, sequence: sequence.value };
  keeper.setInFlight(context.view, sent, inFlight);
  return ok(undefined);
}
