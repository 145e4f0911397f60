/**
 * A chain reduced to what packets need: commitments, receipts, acknowledgements, channels, clients that believe, and
 * proofs that only say which value was where. Quick enough for thousands of packets and random schedules; the real chains
 * are in `tests/helpers/ibc`.
 * @module
 */
import {
  MsgAcknowledgement,
  MsgChannelCloseConfirm,
  MsgRecvPacket,
  MsgTimeout,
  MsgTimeoutOnClose,
} from "cosmjs-types/ibc/core/channel/v1/tx";
import { Channel, Order, type Packet, State } from "cosmjs-types/ibc/core/channel/v1/channel";
import { MsgUpdateClient } from "cosmjs-types/ibc/core/client/v1/tx";
import type { Event } from "cosmjs-types/tendermint/abci/types";
import { bytesToHex, bytesToU64, equalBytes, u64ToBytes, utf8ToBytes } from "../../../node/core/bytes.ts";
import { sha256 } from "../../../node/core/crypto/mod.ts";
import {
  acknowledgementCommitment,
  channelPath,
  compareHeights,
  formatHeight,
  type IbcHeight,
  isZeroHeight,
  nextSequenceRecvPath,
  nextSequenceSendPath,
  PACKET_RECEIPT,
  packetAcknowledgementPath,
  packetCommitment,
  packetCommitmentPath,
  packetReceiptPath,
  revisionOfChainId,
} from "../../../node/core/ibc/mod.ts";
import { NANOS_PER_MS } from "../../../node/core/time.ts";
import type { BlockEvents, CommittedTx } from "../../../relayer/chain/endpoint.ts";
import type { Message } from "../../../relayer/chain/ports.ts";

/** A refusal of a transaction. */
export class Refused extends Error {
  constructor(readonly codespace: string, readonly code: number, log: string, public index = 0) {
    super(log);
  }
}

/** A message that sends a packet. */
export const SEND = "/model.Send";
export interface SendRequest {
  readonly portId: string;
  readonly channelId: string;
  readonly data: string;
  readonly timeoutHeight?: IbcHeight;
  readonly timeoutTimestamp?: bigint;
}

const ZERO: IbcHeight = { revisionNumber: 0n, revisionHeight: 0n };

export function sendMessage(request: SendRequest): Message {
  const { timeoutHeight = ZERO, timeoutTimestamp = 0n } = request;
  const text = JSON.stringify({
    ...request,
    timeoutHeight: formatHeight(timeoutHeight),
    timeoutTimestamp: `${timeoutTimestamp}`,
  });
  return { typeUrl: SEND, value: utf8ToBytes(text) };
}

interface Claim {
  readonly chainId: string;
  readonly key: string;
  readonly value: string | null;
  readonly height: string;
}

const decoder = new TextDecoder();
const event = (type: string, attributes: Record<string, string>): Event => ({
  type,
  attributes: Object.entries(attributes).map(([key, value]) => ({ key, value, index: true })),
});

export interface ModelOptions {
  readonly chainId: string;
  readonly startMs?: number;
  readonly blockMs?: number;
}

export class ModelChain {
  readonly chainId: string;
  readonly revision: bigint;
  readonly blockMs: number;
  height = 0n;
  timeNanos: bigint;
  /** Values under each key, with the height of the block that wrote them. */
  readonly #history = new Map<string, { height: bigint; value: Uint8Array | undefined }[]>();
  readonly #pending = new Map<string, Uint8Array | undefined>();
  readonly blocks = new Map<bigint, BlockEvents>();
  readonly txs = new Map<string, CommittedTx>();
  readonly mempool: { messages: readonly Message[]; resolve: (tx: CommittedTx) => void }[] = [];
  /** Clients by their id: whom they follow, and the heights they know. */
  readonly clients = new Map<string, { readonly of: ModelChain; readonly heights: Set<bigint>; frozen: boolean }>();
  /** How often a packet's callback ran, by `port/channel/sequence` of the destination. */
  readonly deliveries = new Map<string, number>();
  readonly outcomes = new Map<string, "acknowledged" | "timed_out">();
  readonly watchers = new Set<() => void>();
  /** What the application answers a packet; undefined: later, by {@linkcode writeAck}. */
  onReceive: (packet: Packet) => Uint8Array | undefined = () => utf8ToBytes('{"result":"AQ=="}');
  /** Makes messages fail, for tests. */
  refuse: (message: Message) => Refused | undefined = () => undefined;
  updates = 0;
  messages = 0;
  /** Lowest height whose results are served. */
  prunedBelow = 0n;

  constructor({ chainId, startMs = 1_700_000_000_000, blockMs = 1000 }: ModelOptions) {
    this.chainId = chainId;
    this.revision = revisionOfChainId(chainId);
    this.blockMs = blockMs;
    this.timeNanos = BigInt(startMs) * NANOS_PER_MS;
    this.nextBlock();
  }

  // State.

  /** The value in the state after block `height`; the pending one without a height. */
  valueAt(key: string, height?: bigint): Uint8Array | undefined {
    if (height === undefined && this.#pending.has(key)) return this.#pending.get(key);
    const versions = this.#history.get(key) ?? [];
    return versions.findLast((one) => height === undefined || one.height <= height)?.value;
  }

  #set(key: string, value: Uint8Array | undefined): void {
    this.#pending.set(key, value);
  }

  keys(prefix: string): string[] {
    return [...this.#history.keys()].filter((key) => key.startsWith(prefix) && this.valueAt(key, this.height)).sort();
  }

  /** Opens the end of a channel. */
  openChannel(
    portId: string,
    channelId: string,
    counterparty: { portId: string; channelId: string },
    connectionHops: string[],
    ordered = false,
  ): void {
    const ordering = ordered ? Order.ORDER_ORDERED : Order.ORDER_UNORDERED;
    const channel = Channel.fromPartial({
      state: State.STATE_OPEN,
      ordering,
      counterparty,
      connectionHops,
      version: "",
    });
    this.#set(channelPath(portId, channelId), Channel.encode(channel).finish());
    this.#set(nextSequenceSendPath(portId, channelId), u64ToBytes(1n));
    this.#set(nextSequenceRecvPath(portId, channelId), u64ToBytes(1n));
  }

  channel(portId: string, channelId: string): Channel {
    const value = this.valueAt(channelPath(portId, channelId));
    if (value === undefined) throw new Refused("channel", 3, "channel not found");
    return Channel.decode(value);
  }

  #close(portId: string, channelId: string): Event {
    const channel = { ...this.channel(portId, channelId), state: State.STATE_CLOSED };
    this.#set(channelPath(portId, channelId), Channel.encode(channel).finish());
    return event("channel_close_init", { port_id: portId, channel_id: channelId });
  }

  #confirmClose({ portId, channelId, proofInit, proofHeight }: MsgChannelCloseConfirm): Event[] {
    const channel = this.channel(portId, channelId);
    if (channel.state === State.STATE_CLOSED) throw new Refused("channel", 5, "channel is closed");
    const { counterparty } = channel;
    const other = this.#clientOf(channel).of.channel(counterparty.portId, counterparty.channelId!);
    const closed = Channel.encode({ ...other, state: State.STATE_CLOSED }).finish();
    this.#verify(channel, proofInit, proofHeight, channelPath(counterparty.portId, counterparty.channelId!), closed);
    return [this.#close(portId, channelId)];
  }

  // Blocks.

  /** Makes a block of the mempool and `extra`; events `block` are those of the block itself. */
  nextBlock(extra: readonly (readonly Message[])[] = [], block: readonly Event[] = []): CommittedTx[] {
    const height = this.height + 1n;
    this.height = height;
    this.timeNanos += BigInt(this.blockMs) * NANOS_PER_MS;
    const offered = [...this.mempool.splice(0), ...extra.map((messages) => ({ messages, resolve: () => {} }))];
    const txs = offered.map(({ messages, resolve }, index) => {
      const hash = bytesToHex(sha256(utf8ToBytes(`${this.chainId} ${height} ${index}`))).toUpperCase();
      const tx = this.#execute(messages, hash, height);
      this.txs.set(hash, tx);
      return { tx, resolve };
    });
    for (const [key, value] of this.#pending) {
      const versions = this.#history.get(key);
      if (versions === undefined) this.#history.set(key, [{ height, value }]);
      else versions.push({ height, value });
    }
    this.#pending.clear();
    const good = txs.filter(({ tx }) => tx.code === 0);
    const events = good.map(({ tx: { hash, events } }) => ({ hash, events }));
    this.blocks.set(height, { height, txs: events, block: [...this.#blockEvents.splice(0), ...block] });
    for (const { tx, resolve } of txs) resolve(tx);
    for (const wake of [...this.watchers]) wake();
    return txs.map(({ tx }) => tx);
  }
  readonly #blockEvents: Event[] = [];

  #execute(messages: readonly Message[], hash: string, height: bigint): CommittedTx {
    const before = this.#checkpoint();
    const events: Event[] = [];
    const done: (() => void)[] = [];
    try {
      messages.forEach((message, index) => {
        try {
          const refused = this.refuse(message);
          if (refused !== undefined) throw refused;
          events.push(...this.#run(message, done));
        } catch (error) {
          if (error instanceof Refused) error.index = index;
          throw error;
        }
      });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      before();
      const { codespace, code } = error;
      const log = `failed to execute message; message index: ${error.index}: ${error.message}`;
      return { hash, height, code, codespace, log, gasUsed: 1n, events: [] };
    }
    for (const run of done) run();
    return { hash, height, code: 0, codespace: "", log: "", gasUsed: 1n, events };
  }

  /** What executing would say, without doing it. */
  check(messages: readonly Message[]): Refused | undefined {
    const before = this.#checkpoint();
    try {
      messages.forEach((message, index) => {
        try {
          const refused = this.refuse(message);
          if (refused !== undefined) throw refused;
          this.#run(message, []);
        } catch (error) {
          if (error instanceof Refused) error.index = index;
          throw error;
        }
      });
      return undefined;
    } catch (error) {
      if (error instanceof Refused) return error;
      throw error;
    } finally {
      before();
    }
  }

  /** How to come back to the state of now. */
  #checkpoint(): () => void {
    const pending = new Map(this.#pending);
    const heights = [...this.clients.values()].map(({ heights }) => [heights, new Set(heights)] as const);
    return () => {
      this.#pending.clear();
      for (const [key, value] of pending) this.#pending.set(key, value);
      for (const [now, then] of heights) for (const height of now) if (!then.has(height)) now.delete(height);
    };
  }

  #run({ typeUrl, value }: Message, done: (() => void)[]): Event[] {
    switch (typeUrl) {
      case SEND:
        return this.#send(JSON.parse(decoder.decode(value)));
      case MsgUpdateClient.typeUrl:
        return this.#update(MsgUpdateClient.decode(value), done);
      case MsgRecvPacket.typeUrl:
        return this.#receive(MsgRecvPacket.decode(value), done);
      case MsgAcknowledgement.typeUrl:
        return this.#acknowledge(MsgAcknowledgement.decode(value), done);
      case MsgTimeout.typeUrl:
        return this.#timeOut(MsgTimeout.decode(value), undefined, done);
      case MsgTimeoutOnClose.typeUrl: {
        const message = MsgTimeoutOnClose.decode(value);
        return this.#timeOut(message, message.proofClose, done);
      }
      case MsgChannelCloseConfirm.typeUrl:
        return this.#confirmClose(MsgChannelCloseConfirm.decode(value));
      default:
        throw new Refused("sdk", 6, `unknown message ${typeUrl}`);
    }
  }

  #send({ portId, channelId, data, timeoutHeight, timeoutTimestamp }: {
    portId: string;
    channelId: string;
    data: string;
    timeoutHeight: string;
    timeoutTimestamp: string;
  }): Event[] {
    const channel = this.channel(portId, channelId);
    if (channel.state !== State.STATE_OPEN) throw new Refused("channel", 5, "channel is not open");
    const sequence = bytesToU64(this.valueAt(nextSequenceSendPath(portId, channelId))!);
    const [revisionNumber, revisionHeight] = timeoutHeight.split("-").map(BigInt);
    const packet: Packet = {
      sequence,
      sourcePort: portId,
      sourceChannel: channelId,
      destinationPort: channel.counterparty.portId,
      destinationChannel: channel.counterparty.channelId,
      data: utf8ToBytes(data),
      timeoutHeight: { revisionNumber: revisionNumber!, revisionHeight: revisionHeight! },
      timeoutTimestamp: BigInt(timeoutTimestamp),
    };
    this.#set(nextSequenceSendPath(portId, channelId), u64ToBytes(sequence + 1n));
    this.#set(packetCommitmentPath(portId, channelId, sequence), packetCommitment(packet));
    return [this.#packetEvent("send_packet", packet, channel)];
  }

  #packetEvent(type: string, packet: Packet, channel: Channel, ack?: Uint8Array): Event {
    return event(type, {
      ...(type !== "acknowledge_packet" && type !== "timeout_packet" && { packet_data_hex: bytesToHex(packet.data) }),
      packet_timeout_height: formatHeight(packet.timeoutHeight),
      packet_timeout_timestamp: `${packet.timeoutTimestamp}`,
      packet_sequence: `${packet.sequence}`,
      packet_src_port: packet.sourcePort,
      packet_src_channel: packet.sourceChannel,
      packet_dst_port: packet.destinationPort,
      packet_dst_channel: packet.destinationChannel,
      ...(ack !== undefined && { packet_ack_hex: bytesToHex(ack) }),
      packet_channel_ordering: channel.ordering === Order.ORDER_ORDERED ? "ORDER_ORDERED" : "ORDER_UNORDERED",
      connection_id: channel.connectionHops[0]!,
    });
  }

  // Clients and proofs.

  addClient(clientId: string, of: ModelChain): void {
    this.clients.set(clientId, { of, heights: new Set([of.height]), frozen: false });
  }

  #clientOf(channel: Channel) {
    const client = this.clients.get(channel.connectionHops[0]!.replace("connection", "07-tendermint"));
    if (client === undefined) throw new Refused("client", 4, "client not found");
    return client;
  }

  #update({ clientId, clientMessage }: MsgUpdateClient, done: (() => void)[]): Event[] {
    const client = this.clients.get(clientId);
    if (client === undefined) throw new Refused("client", 4, "client not found");
    if (client.frozen) throw new Refused("client", 29, "client is not active");
    const height = bytesToU64(clientMessage!.value);
    if (height > client.of.height) throw new Refused("client", 12, "invalid header");
    // Later messages of the same transaction use it.
    const isNew = !client.heights.has(height);
    client.heights.add(height);
    if (isNew) done.push(() => this.updates++);
    return [event("update_client", { client_id: clientId, consensus_heights: `${client.of.revision}-${height}` })];
  }

  /** A proof as {@linkcode verify} believes it; it says the value in the state after block `height`. */
  prove(key: string, height: bigint): { value: Uint8Array | undefined; proof: Uint8Array; height: IbcHeight } {
    const value = this.valueAt(key, height);
    const claim: Claim = {
      chainId: this.chainId,
      key,
      value: value === undefined ? null : bytesToHex(value),
      height: `${height}`,
    };
    const proofHeight = { revisionNumber: this.revision, revisionHeight: height + 1n };
    return { value, proof: utf8ToBytes(JSON.stringify(claim)), height: proofHeight };
  }

  #verify(channel: Channel, proof: Uint8Array, at: IbcHeight, key: string, value: Uint8Array | undefined): void {
    const client = this.#clientOf(channel);
    if (client.frozen) throw new Refused("client", 29, "client is not active");
    if (!client.heights.has(at.revisionHeight)) throw new Refused("client", 7, "consensus state not found");
    const claim: Claim = JSON.parse(decoder.decode(proof));
    const height = BigInt(claim.height);
    const truth = client.of.valueAt(key, height);
    const same = value === undefined || truth === undefined ? value === truth : equalBytes(value, truth);
    if (claim.chainId !== client.of.chainId || claim.key !== key || height + 1n !== at.revisionHeight || !same) {
      throw new Refused("commitment", 2, "invalid proof");
    }
  }

  // Packets, in the order of ibc-go's checks.

  #hasElapsed(packet: Packet, height: IbcHeight, timeNanos: bigint): boolean {
    return (!isZeroHeight(packet.timeoutHeight) && compareHeights(height, packet.timeoutHeight) >= 0) ||
      (packet.timeoutTimestamp !== 0n && timeNanos >= packet.timeoutTimestamp);
  }

  #receive({ packet, proofCommitment, proofHeight }: MsgRecvPacket, done: (() => void)[]): Event[] {
    const { destinationPort, destinationChannel, sourcePort, sourceChannel, sequence } = packet;
    const channel = this.channel(destinationPort, destinationChannel);
    if (channel.state !== State.STATE_OPEN) throw new Refused("channel", 5, "channel is not open");
    const self = { revisionNumber: this.revision, revisionHeight: this.height };
    if (this.#hasElapsed(packet, self, this.timeNanos)) throw new Refused("channel", 40, "timeout elapsed");
    const path = packetCommitmentPath(sourcePort, sourceChannel, sequence);
    this.#verify(channel, proofCommitment, proofHeight, path, packetCommitment(packet));
    if (channel.ordering === Order.ORDER_ORDERED) {
      const key = nextSequenceRecvPath(destinationPort, destinationChannel);
      const next = bytesToU64(this.valueAt(key)!);
      if (sequence < next) return [];
      if (sequence !== next) throw new Refused("channel", 21, "packet sequence is out of order");
      this.#set(key, u64ToBytes(next + 1n));
    } else {
      const key = packetReceiptPath(destinationPort, destinationChannel, sequence);
      if (this.valueAt(key) !== undefined) return [];
      this.#set(key, PACKET_RECEIPT);
    }
    const name = `${destinationPort}/${destinationChannel}/${sequence}`;
    done.push(() => {
      this.messages++;
      this.deliveries.set(name, (this.deliveries.get(name) ?? 0) + 1);
    });
    const received = this.#packetEvent("recv_packet", packet, channel);
    const ack = this.onReceive(packet);
    if (ack === undefined) return [received];
    return [received, this.#write(packet, channel, ack)];
  }

  #write(packet: Packet, channel: Channel, ack: Uint8Array): Event {
    const key = packetAcknowledgementPath(packet.destinationPort, packet.destinationChannel, packet.sequence);
    this.#set(key, acknowledgementCommitment(ack));
    return this.#packetEvent("write_acknowledgement", packet, channel, ack);
  }

  /** Writes an acknowledgement that was put off, in the next block. */
  writeAck(packet: Packet, ack: Uint8Array): void {
    this.#blockEvents.push(this.#write(packet, this.channel(packet.destinationPort, packet.destinationChannel), ack));
  }

  /** Closes the end of a channel in the next block. */
  closeChannel(portId: string, channelId: string): void {
    this.#blockEvents.push(this.#close(portId, channelId));
  }

  #committed(packet: Packet): boolean {
    const commitment = this.valueAt(packetCommitmentPath(packet.sourcePort, packet.sourceChannel, packet.sequence));
    if (commitment === undefined) return false;
    if (!equalBytes(commitment, packetCommitment(packet))) throw new Refused("channel", 13, "invalid packet");
    return true;
  }

  #acknowledge(message: MsgAcknowledgement, done: (() => void)[]): Event[] {
    const { packet, acknowledgement, proofAcked, proofHeight } = message;
    const channel = this.channel(packet.sourcePort, packet.sourceChannel);
    if (channel.state !== State.STATE_OPEN) throw new Refused("channel", 5, "channel is not open");
    if (!this.#committed(packet)) return [this.#packetEvent("acknowledge_packet", packet, channel)];
    const path = packetAcknowledgementPath(packet.destinationPort, packet.destinationChannel, packet.sequence);
    this.#verify(channel, proofAcked, proofHeight, path, acknowledgementCommitment(acknowledgement));
    this.#set(packetCommitmentPath(packet.sourcePort, packet.sourceChannel, packet.sequence), undefined);
    done.push(() => this.#settle(packet, "acknowledged"));
    return [this.#packetEvent("acknowledge_packet", packet, channel)];
  }

  #settle(packet: Packet, outcome: "acknowledged" | "timed_out"): void {
    const name = `${packet.sourcePort}/${packet.sourceChannel}/${packet.sequence}`;
    if (this.outcomes.has(name)) throw new Error(`${name} settled twice`);
    this.outcomes.set(name, outcome);
    this.messages++;
  }

  #timeOut(
    { packet, proofUnreceived, proofHeight, nextSequenceRecv }: MsgTimeout,
    proofClose: Uint8Array | undefined,
    done: (() => void)[],
  ): Event[] {
    const channel = this.channel(packet.sourcePort, packet.sourceChannel);
    const { destinationPort, destinationChannel, sequence } = packet;
    const other = this.#clientOf(channel).of;
    const theirs = channelPath(destinationPort, destinationChannel);
    if (proofClose === undefined) {
      const time = other.timeAt(proofHeight.revisionHeight);
      if (!this.#hasElapsed(packet, proofHeight, time)) throw new Refused("channel", 39, "timeout not reached");
    }
    const events = [this.#packetEvent("timeout_packet", packet, channel)];
    if (!this.#committed(packet)) return events;
    if (proofClose !== undefined) {
      const closed = { ...other.channel(destinationPort, destinationChannel), state: State.STATE_CLOSED };
      this.#verify(channel, proofClose, proofHeight, theirs, Channel.encode(closed).finish());
    }
    if (nextSequenceRecv === 0n) throw new Refused("ibc", 7, "next sequence receive cannot be 0");
    if (channel.ordering === Order.ORDER_ORDERED) {
      if (nextSequenceRecv > sequence) throw new Refused("channel", 19, "packet already received");
      const path = nextSequenceRecvPath(destinationPort, destinationChannel);
      this.#verify(channel, proofUnreceived, proofHeight, path, u64ToBytes(nextSequenceRecv));
      if (channel.state === State.STATE_OPEN) events.push(this.#close(packet.sourcePort, packet.sourceChannel));
    } else {
      const path = packetReceiptPath(destinationPort, destinationChannel, sequence);
      this.#verify(channel, proofUnreceived, proofHeight, path, undefined);
    }
    this.#set(packetCommitmentPath(packet.sourcePort, packet.sourceChannel, sequence), undefined);
    done.push(() => this.#settle(packet, "timed_out"));
    return events;
  }

  /** Time of a block that is there. */
  timeAt(height: bigint): bigint {
    return this.timeNanos - BigInt(this.blockMs) * NANOS_PER_MS * (this.height - height);
  }
}

/** Two chains with clients of each other, and one channel between them unless said otherwise. */
export function modelPair(options: { ordered?: boolean; blockMs?: number; channels?: number } = {}) {
  const { ordered = false, blockMs = 1000, channels = 1 } = options;
  const a = new ModelChain({ chainId: "alpha-1", blockMs });
  const b = new ModelChain({ chainId: "beta-1", blockMs });
  a.addClient("07-tendermint-0", b);
  b.addClient("07-tendermint-0", a);
  for (let i = 0; i < channels; i++) {
    const end = { portId: "transfer", channelId: `channel-${i}` };
    for (const chain of [a, b]) chain.openChannel(end.portId, end.channelId, end, ["connection-0"], ordered);
  }
  a.nextBlock();
  b.nextBlock();
  return { a, b };
}
