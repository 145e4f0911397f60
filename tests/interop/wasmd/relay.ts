/** A chain that talks to itself (`09-localhost`): channels between its own ports, and who relays between them. @module */
import { Channel, Order, type Packet, State } from "cosmjs-types/ibc/core/channel/v1/channel";
import {
  MsgAcknowledgement,
  MsgChannelCloseConfirm,
  MsgChannelCloseInit,
  MsgChannelOpenAck,
  MsgChannelOpenConfirm,
  MsgChannelOpenInit,
  MsgChannelOpenTry,
  MsgRecvPacket,
  MsgTimeout,
  MsgTimeoutOnClose,
} from "cosmjs-types/ibc/core/channel/v1/tx";
import type { Height } from "cosmjs-types/ibc/core/client/v1/client";
import type { BlockOutcome, TxMessage } from "../../helpers/wasmd/transcript.ts";
import { addressOf, attribute, message, type Script } from "./script.ts";

const CONNECTION = "connection-localhost";
/** Of each message; less than what callbacks may have of it is the relayer's fault. */
const GAS = 2_000_000;
/** For what goes on as long as there is gas. */
export const LITTLE_GAS = 300_000;
/** Who relays. */
export const RELAYER = "carol";
const signer = addressOf(RELAYER);
/** What stands for a proof of the chain's own state. */
const SENTINEL = Uint8Array.of(1);
/** Of proofs; the state is read as it is. */
export const HEIGHT: Height = { revisionNumber: 1n, revisionHeight: 2n };

export interface End {
  readonly port: string;
  readonly channel: string;
}

export interface OpenOptions {
  readonly version?: string;
  readonly ordered?: boolean;
}

const channelOf = (state: State, other: End, { version = "v1", ordered = false }: OpenOptions): Channel =>
  Channel.fromPartial({
    state,
    ordering: ordered ? Order.ORDER_ORDERED : Order.ORDER_UNORDERED,
    counterparty: { portId: other.port, channelId: other.channel },
    connectionHops: [CONNECTION],
    version,
  });

export const openInit = (port: string, otherPort: string, options: OpenOptions = {}, change: Partial<Channel> = {}) =>
  message(MsgChannelOpenInit, {
    portId: port,
    channel: { ...channelOf(State.STATE_INIT, { port: otherPort, channel: "" }, options), ...change },
    signer,
  });

export const openTry = (port: string, other: End, options: OpenOptions = {}) =>
  message(MsgChannelOpenTry, {
    portId: port,
    channel: channelOf(State.STATE_TRYOPEN, other, { ...options, version: "" }),
    counterpartyVersion: options.version ?? "v1",
    proofInit: SENTINEL,
    proofHeight: HEIGHT,
    signer,
  });

export const openAck = (end: End, other: End, counterpartyVersion = "v1") =>
  message(MsgChannelOpenAck, {
    portId: end.port,
    channelId: end.channel,
    counterpartyChannelId: other.channel,
    counterpartyVersion,
    proofTry: SENTINEL,
    proofHeight: HEIGHT,
    signer,
  });

export const openConfirm = ({ port, channel }: End) =>
  message(MsgChannelOpenConfirm, {
    portId: port,
    channelId: channel,
    proofAck: SENTINEL,
    proofHeight: HEIGHT,
    signer,
  });

export const closeInit = ({ port, channel }: End) =>
  message(MsgChannelCloseInit, { portId: port, channelId: channel, signer });

export const closeConfirm = ({ port, channel }: End) =>
  message(MsgChannelCloseConfirm, {
    portId: port,
    channelId: channel,
    proofInit: SENTINEL,
    proofHeight: HEIGHT,
    signer,
  });

export const receive = (packet: Packet) =>
  message(MsgRecvPacket, { packet, proofCommitment: SENTINEL, proofHeight: HEIGHT, signer });

export const acknowledge = (packet: Packet, acknowledgement: Uint8Array) =>
  message(MsgAcknowledgement, { packet, acknowledgement, proofAcked: SENTINEL, proofHeight: HEIGHT, signer });

/** `nextSequence`: what an ordered channel would receive next. */
export const timeout = (packet: Packet, nextSequence = packet.sequence, proofHeight = HEIGHT) =>
  message(MsgTimeout, { packet, proofUnreceived: SENTINEL, proofHeight, nextSequenceRecv: nextSequence, signer });

export const timeoutOnClose = (packet: Packet, nextSequence = packet.sequence) =>
  message(MsgTimeoutOnClose, {
    packet,
    proofUnreceived: SENTINEL,
    proofClose: SENTINEL,
    proofHeight: HEIGHT,
    nextSequenceRecv: nextSequence,
    signer,
  });

/** Packets that a block sent. */
export function sentIn({ txs }: BlockOutcome): Packet[] {
  return txs.flatMap(({ events }) => events).filter(([type]) => type === "send_packet").map((event) => {
    const of = (key: string) => attribute([event], "send_packet", `packet_${key}`)!;
    const [revisionNumber, revisionHeight] = of("timeout_height").split("-").map(BigInt) as [bigint, bigint];
    return {
      sequence: BigInt(of("sequence")),
      sourcePort: of("src_port"),
      sourceChannel: of("src_channel"),
      destinationPort: of("dst_port"),
      destinationChannel: of("dst_channel"),
      data: Uint8Array.fromHex(of("data_hex")),
      timeoutHeight: { revisionNumber, revisionHeight },
      timeoutTimestamp: BigInt(of("timeout_timestamp")),
    };
  });
}

/** The last acknowledgement that a block wrote. */
export function writtenIn({ txs }: BlockOutcome): Uint8Array | undefined {
  const hex = attribute(txs.flatMap(({ events }) => events), "write_acknowledgement", "packet_ack_hex");
  return hex === undefined ? undefined : Uint8Array.fromHex(hex);
}

export class Relay {
  #channels = 0;

  constructor(readonly script: Script, readonly gas = GAS) {}

  /** A block of messages of who relays, each in a transaction of its own. */
  do(say: string, ...messages: readonly TxMessage[]): Promise<BlockOutcome> {
    return this.within(this.gas, say, ...messages);
  }

  within(gas: number, say: string, ...messages: readonly TxMessage[]): Promise<BlockOutcome> {
    return this.script.block(say, messages.map((each) => ({ from: RELAYER, gas, messages: [each] })));
  }

  /** Both ends of a new channel. */
  async open(say: string, port: string, otherPort: string, options: OpenOptions = {}): Promise<[End, End]> {
    const one = { port, channel: `channel-${this.#channels++}` };
    const two = { port: otherPort, channel: `channel-${this.#channels++}` };
    await this.do(`${say}: init`, openInit(port, otherPort, options));
    await this.do(`${say}: try`, openTry(otherPort, one, options));
    await this.do(`${say}: ack`, openAck(one, two, options.version));
    await this.do(`${say}: confirm`, openConfirm(two));
    return [one, two];
  }

  /** A step that makes a channel, or is refused: the channel that is there then. */
  async begin(say: string, step: TxMessage): Promise<string | undefined> {
    const { txs } = await this.do(say, step);
    return txs[0]!.code === 0 ? `channel-${this.#channels++}` : undefined;
  }
}
