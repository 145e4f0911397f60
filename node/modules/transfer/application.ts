/** ICS-20 as the IBC core calls it (ibc-go v10 `apps/transfer/ibc_module.go`). @module */
import { Order, type Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { ChannelEnd, ChannelOpening, Context, IbcApplication } from "../../app/ports.ts";
import {
  decodeAcknowledgement,
  decodePacketData,
  failure,
  type PacketAcknowledgement,
  parseChannelSequence,
  parseDenom,
  receivedDenom,
  type TokenPacketData,
  transferSuccess,
} from "../../core/ibc/mod.ts";
import { err, ok, type Result } from "../../core/result.ts";
import {
  invalidChannelId,
  invalidOrdering,
  invalidPort,
  invalidRequest,
  invalidVersion,
  tooManyChannels,
  unknownRequest,
} from "./errors.ts";
import { emitAcknowledged, emitReceived, emitTimeout, type TransferFacts } from "./events.ts";
import { coinOf, type TransferKeeper } from "./keeper.ts";
import { PORT, VERSION } from "./keys.ts";
import { CHANNEL_SEQUENCE_MAX } from "./params.ts";
import { receiveTokens } from "./receive.ts";
import { refundTokens } from "./refund.ts";

const DONE: Result<undefined, never> = ok(undefined);
const NO_FACTS: TransferFacts = { sender: "", receiver: "", denom: "", amount: "", memo: "" };
const factsOf = (data: TokenPacketData): TransferFacts => ({ ...data, amount: data.amount.toString() });
const sourceOf = (packet: Packet): ChannelEnd => ({ portId: packet.sourcePort, channelId: packet.sourceChannel });

export function transferApplication(keeper: TransferKeeper): IbcApplication {
  return {
    onChanOpenInit(_context, channel, version) {
      const opening = checkOpening(channel);
      if (!opening.ok) return opening;
      return version.trim() === "" ? ok(VERSION) : checkVersion(version);
    },
    onChanOpenTry(_context, channel) {
      // Another version is answered with ours; the other side then takes it or leaves it.
      const opening = checkOpening(channel);
      return opening.ok ? ok(VERSION) : opening;
    },
    onChanOpenAck(_context, _end, _channelId, version) {
      const checked = checkVersion(version);
      return checked.ok ? DONE : checked;
    },
    onChanOpenConfirm: () => DONE,
    onChanCloseInit: () => err(invalidRequest("user cannot close channel")),
    onChanCloseConfirm: () => DONE,
    onRecvPacket: (context, version, packet) => receive(keeper, context, version, packet),
    onAcknowledgementPacket: (context, version, packet, acknowledgement) =>
      acknowledge(keeper, context, version, packet, acknowledgement),
    onTimeoutPacket(context, version, packet) {
      const data = read(version, packet);
      if (!data.ok) return data;
      const refunded = refundTokens(keeper, context, data.value, sourceOf(packet));
      if (refunded.ok) emitTimeout(context, factsOf(data.value));
      return refunded;
    },
    touchPacket(callback, packet, key) {
      if (callback === "receive") touchReceived(keeper, packet, key);
    },
  };
}

/** What only this packet reads: the receiver, and the balance that will grow. */
function touchReceived(keeper: TransferKeeper, packet: Packet, key: (store: string, key: Uint8Array) => void): void {
  const data = decodePacketData(packet.data);
  const receiver = data.ok ? keeper.codec.parse(data.value.receiver) : undefined;
  if (!data.ok || receiver === undefined) return;
  const coin = coinOf(receivedDenom(parseDenom(data.value.denom), packet), data.value.amount);
  if (coin.ok) keeper.bank.touch(receiver, [coin.value], key);
  keeper.accounts.touch(receiver, key);
}

/** `ValidateTransferChannelParams`. */
function checkOpening({ channelId, order, portId }: ChannelOpening): Result<undefined> {
  const sequence = parseChannelSequence(channelId);
  if (sequence === undefined) return err(invalidChannelId(`open channel ${channelId}`));
  if (sequence > CHANNEL_SEQUENCE_MAX) {
    const limit = `max allowed transfer channels ${CHANNEL_SEQUENCE_MAX}`;
    return err(tooManyChannels(`channel sequence ${sequence} is greater than ${limit}`));
  }
  if (order !== Order.ORDER_UNORDERED) return err(invalidOrdering(`open channel ${channelId}: it is not unordered`));
  return portId === PORT ? DONE : err(invalidPort(`invalid port: ${portId}, expected ${PORT}`));
}

function checkVersion(version: string): Result<string> {
  return version === VERSION
    ? ok(VERSION)
    : err(invalidVersion(`expected ${VERSION}, got ${JSON.stringify(version.slice(0, 100))}`));
}

function read(version: string, packet: Packet): Result<TokenPacketData> {
  const checked = checkVersion(version);
  return checked.ok ? decodePacketData(packet.data) : checked;
}

function receive(keeper: TransferKeeper, context: Context, version: string, packet: Packet): PacketAcknowledgement {
  const data = read(version, packet);
  const received = data.ok ? receiveTokens(keeper, context, data.value, packet) : data;
  emitReceived(context, data.ok ? factsOf(data.value) : NO_FACTS, received.ok ? undefined : received.error.message);
  return received.ok ? transferSuccess() : failure(received.error.code);
}

function acknowledge(
  keeper: TransferKeeper,
  context: Context,
  version: string,
  packet: Packet,
  bytes: Uint8Array,
): Result<undefined> {
  const acknowledgement = decodeAcknowledgement(bytes);
  if (!acknowledgement.ok) {
    return err(unknownRequest(`read acknowledgement of a transfer: ${acknowledgement.error.message}`));
  }
  const data = read(version, packet);
  if (!data.ok) return data;
  if (!acknowledgement.value.success) {
    const refunded = refundTokens(keeper, context, data.value, sourceOf(packet));
    if (!refunded.ok) return refunded;
  }
  emitAcknowledged(context, factsOf(data.value), acknowledgement.value);
  return DONE;
}
