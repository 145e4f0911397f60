/**
 * Two chains that are nothing but the core of IBC over a store in memory, each with a client that looks into the past of the
 * other: a proof is a word, and what it says is what that store held at the proof's height. For tests of connections and
 * channels, which need not know how proofs are made.
 * @module
 */
import { assert } from "@std/assert";
import { Order, type Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import {
  MsgAcknowledgement,
  MsgChannelOpenAck,
  MsgChannelOpenConfirm,
  MsgChannelOpenInit,
  MsgChannelOpenTry,
  MsgRecvPacket,
  MsgTimeout,
} from "cosmjs-types/ibc/core/channel/v1/tx";
import {
  MsgConnectionOpenAck,
  MsgConnectionOpenConfirm,
  MsgConnectionOpenInit,
  MsgConnectionOpenTry,
} from "cosmjs-types/ibc/core/connection/v1/tx";
import type { Event } from "cosmjs-types/tendermint/abci/types";
import type {
  Address,
  ChannelEnd,
  ChannelOpening,
  ClientStatus,
  Context,
  CounterpartyProof,
  IbcApplication,
  IbcClients,
  MessageHandler,
} from "../../node/app/ports.ts";
import { AddressCodec } from "../../node/core/address.ts";
import { bytesToHex, equalBytes, utf8ToBytes } from "../../node/core/bytes.ts";
import type { MessageCodec } from "../../node/core/codec/mod.ts";
import { type IbcHeight, ibcRefusal, type PacketAcknowledgement, ZERO_HEIGHT } from "../../node/core/ibc/mod.ts";
import { err, ok, type Result } from "../../node/core/result.ts";
import { channelMessages } from "../../node/modules/ibc/channel/messages.ts";
import { connectionMessages } from "../../node/modules/ibc/connection/messages.ts";
import { IbcKeeper } from "../../node/modules/ibc/keeper.ts";
import { Journal } from "../../node/state/mod.ts";
import { testContext } from "./context.ts";

export const SECOND = 1_000_000_000n;
export const START = 1_700_000_000n * SECOND;
export const CLIENT = "07-tendermint-0";
export const PORT = "mock";
export const VERSION = "mock-1";
/** What is believed; other bytes are no proof. */
export const PROOF = utf8ToBytes("proof");
export const PREFIX = { keyPrefix: utf8ToBytes("ibc") };

const addresses = new AddressCodec("cat");
const relayer = addresses.of(new Uint8Array(20).fill(9));

/** A client that sees every past state of another chain, and a record of what it was asked. */
export class SeeingClients implements IbcClients {
  other: TwinChain | undefined;
  state: ClientStatus = "Active";
  readonly asked: { path: string; value: Uint8Array | undefined; proof: CounterpartyProof }[] = [];

  status = () => this.state;
  latestHeight = () => this.other === undefined ? ZERO_HEIGHT : height(this.other.height - 1n);

  timestampAt(_context: Context, clientId: string, at: IbcHeight): Result<bigint> {
    const past = this.other?.past.get(at.revisionHeight);
    return past === undefined || clientId !== CLIENT
      ? err(ibcRefusal("consensusStateNotFound", `read ${clientId}`))
      : ok(past.time);
  }

  verifyMembership(
    _context: Context,
    _clientId: string,
    proof: CounterpartyProof,
    path: readonly Uint8Array[],
    value: Uint8Array,
  ): Result<undefined> {
    const stored = this.#look(proof, path, value);
    return stored !== undefined && stored !== "unknown" && equalBytes(stored, value)
      ? ok(undefined)
      : err(ibcRefusal("failedMembership", "look"));
  }

  verifyNonMembership(
    _context: Context,
    _clientId: string,
    proof: CounterpartyProof,
    path: readonly Uint8Array[],
  ): Result<undefined> {
    return this.#look(proof, path, undefined) === undefined
      ? ok(undefined)
      : err(ibcRefusal("failedNonMembership", "look"));
  }

  #look(proof: CounterpartyProof, [prefix, key]: readonly Uint8Array[], value: Uint8Array | undefined) {
    this.asked.push({ path: new TextDecoder().decode(key), value, proof });
    const past = this.other?.past.get(proof.height.revisionHeight);
    const known = past !== undefined && this.state === "Active" && equalBytes(proof.proof, PROOF) &&
      equalBytes(prefix!, PREFIX.keyPrefix);
    return known ? past.store.get(bytesToHex(key!)) : "unknown";
  }
}

export const height = (revisionHeight: bigint): IbcHeight => ({ revisionNumber: 0n, revisionHeight });

/** What an application was told. */
export interface Heard {
  readonly what: "received" | "acknowledged" | "timed out";
  readonly sequence: bigint;
  readonly acknowledgement?: Uint8Array;
}

/** An application that writes down what it hears, and answers as it is told to. */
export class MockApplication implements IbcApplication {
  readonly heard: Heard[] = [];
  readonly steps: string[] = [];
  /** What becomes of packets received. */
  answer: (context: Context, packet: Packet) => PacketAcknowledgement | undefined = (_, { data }) => ({
    success: true,
    result: data.slice(),
  });
  /** Refuses every step of a channel and every settled packet. */
  refusesAll = false;

  #step(name: string): Result<undefined> {
    this.steps.push(name);
    return this.refusesAll ? err({ codespace: "mock", code: 7, message: "no" }) : ok(undefined);
  }
  #version(name: string, version: string): Result<string> {
    const done = this.#step(name);
    return done.ok ? ok(version === "" ? VERSION : version) : done;
  }

  onChanOpenInit = (_: Context, __: ChannelOpening, version: string) => this.#version("init", version);
  onChanOpenTry = (_: Context, __: ChannelOpening, version: string) => this.#version("try", version);
  onChanOpenAck = () => this.#step("ack");
  onChanOpenConfirm = () => this.#step("confirm");
  onChanCloseInit = () => this.#step("close init");
  onChanCloseConfirm = () => this.#step("close confirm");

  onRecvPacket(context: Context, _version: string, packet: Packet): PacketAcknowledgement | undefined {
    this.heard.push({ what: "received", sequence: packet.sequence });
    return this.answer(context, packet);
  }
  onAcknowledgementPacket(
    _context: Context,
    _version: string,
    { sequence }: Packet,
    acknowledgement: Uint8Array,
  ): Result<undefined> {
    this.heard.push({ what: "acknowledged", sequence, acknowledgement });
    return this.#step("acknowledged");
  }
  onTimeoutPacket(_context: Context, _version: string, { sequence }: Packet, _relayer: Address): Result<undefined> {
    this.heard.push({ what: "timed out", sequence });
    return this.#step("timed out");
  }
}

/** One of the two. Heights are those of the block being made. */
export class TwinChain {
  readonly journal = new Journal({ get: () => undefined, page: () => [] });
  readonly clients = new SeeingClients();
  readonly keeper = new IbcKeeper(this.clients);
  readonly application = new MockApplication();
  readonly past = new Map<bigint, { readonly time: bigint; readonly store: ReadonlyMap<string, Uint8Array> }>();
  // deno-lint-ignore no-explicit-any
  readonly #handlers = new Map<string, MessageHandler<any>>();
  height = 1n;
  time = START;

  constructor() {
    this.keeper.bindPort(PORT, this.application);
    const handlers = [
      ...connectionMessages(addresses, this.keeper.connections),
      ...channelMessages(addresses, this.keeper),
    ];
    for (const handler of handlers) this.#handlers.set(handler.typeUrl, handler);
    this.journal.set("ibc", utf8ToBytes(`clients/${CLIENT}/clientState`), Uint8Array.of(1));
  }

  context() {
    return testContext({ chainId: "twin", height: this.height, time: this.time }, this.journal);
  }

  /** Ends the block; the next one is `seconds` later. Answers the height that proofs of its state have. */
  block(seconds = 5n): bigint {
    const ended = this.height;
    const store = new Map(
      this.journal.changes().flatMap(({ key, value }) =>
        value === undefined ? [] : [[bytesToHex(key), value]] as const
      ),
    );
    this.past.set(ended, { time: this.time, store });
    this.height += 1n;
    this.time += seconds * SECOND;
    return ended;
  }

  /** Decodes and executes a message; what it wrote stays when it succeeds. */
  run<M extends { signer: string }>(
    codec: MessageCodec<M>,
    message: Omit<M, "signer">,
  ): { result: Result<Uint8Array>; events: readonly Event[] } {
    const handler = this.#handlers.get(codec.typeUrl);
    assert(handler !== undefined, `no handler of ${codec.typeUrl}`);
    const decoded = handler.decode(codec.encode({ ...message, signer: relayer.text } as M).finish());
    if (!decoded.ok) return { result: decoded, events: [] };
    const context = this.context();
    const checkpoint = this.journal.checkpoint();
    const result = handler.execute(context, decoded.value);
    if (result.ok) this.journal.commit(checkpoint);
    else this.journal.revert(checkpoint);
    return { result, events: result.ok ? context.events : [] };
  }

  /** As {@linkcode TwinChain.run} where success is the point. */
  must<M extends { signer: string }>(codec: MessageCodec<M>, message: Omit<M, "signer">) {
    const { result, events } = this.run(codec, message);
    assert(result.ok, result.ok ? "" : `${codec.typeUrl}: ${result.error.message}`);
    return { response: result.value, events };
  }

  /** Sends a packet that is late after a height or a time of the other chain. */
  send(end: ChannelEnd, data: string, timeout: { height?: bigint; time?: bigint }): Packet {
    const context = this.context();
    const sent = this.keeper.sendPacket(context, {
      sourcePort: end.portId,
      sourceChannel: end.channelId,
      timeoutHeight: height(timeout.height ?? 0n),
      timeoutTimestamp: timeout.time ?? 0n,
      data: utf8ToBytes(data),
    });
    assert(sent.ok, sent.ok ? "" : sent.error.message);
    return packetOf(context.events);
  }
}

const attribute = (event: Event, key: string): string => {
  const found = event.attributes.find((attribute) => attribute.key === key);
  assert(found !== undefined, `${event.type} has no ${key}`);
  return found.value;
};

/** The packet that `send_packet` tells of, as a relayer reads it. */
export function packetOf(events: readonly Event[]): Packet {
  const event = events.find(({ type }) => type === "send_packet");
  assert(event !== undefined, "no packet was sent");
  const [revisionNumber, revisionHeight] = attribute(event, "packet_timeout_height").split("-");
  return {
    sequence: BigInt(attribute(event, "packet_sequence")),
    sourcePort: attribute(event, "packet_src_port"),
    sourceChannel: attribute(event, "packet_src_channel"),
    destinationPort: attribute(event, "packet_dst_port"),
    destinationChannel: attribute(event, "packet_dst_channel"),
    data: Uint8Array.fromHex(attribute(event, "packet_data_hex")),
    timeoutHeight: { revisionNumber: BigInt(revisionNumber!), revisionHeight: BigInt(revisionHeight!) },
    timeoutTimestamp: BigInt(attribute(event, "packet_timeout_timestamp")),
  };
}

/** The acknowledgement that `write_acknowledgement` tells of; undefined when none was written. */
export function acknowledgementOf(events: readonly Event[]): Uint8Array | undefined {
  const event = events.find(({ type }) => type === "write_acknowledgement");
  return event === undefined ? undefined : Uint8Array.fromHex(attribute(event, "packet_ack_hex"));
}

/** What a message said wrong. */
export const codeOf = (result: Result<unknown>) => result.ok ? "ok" : `${result.error.codespace}/${result.error.code}`;

/** Two chains that know each other, and the usual steps between them. */
export class Twins {
  readonly a = new TwinChain();
  readonly b = new TwinChain();

  constructor() {
    this.a.clients.other = this.b;
    this.b.clients.other = this.a;
    this.blocks();
  }

  /** Ends the block of both. */
  blocks(seconds = 5n): void {
    this.a.block(seconds);
    this.b.block(seconds);
  }

  /** The latest proof of a chain's state. */
  proof({ height: next }: TwinChain) {
    return height(next - 1n);
  }

  /** Opens a connection, begun by `a`: `connection-0` on both. */
  connect(delayPeriod = 0n): void {
    const { a, b } = this;
    const id = "connection-0";
    const counterparty = { clientId: CLIENT, connectionId: "", prefix: PREFIX };
    a.must(MsgConnectionOpenInit, { clientId: CLIENT, counterparty, delayPeriod });
    this.blocks();
    b.must(MsgConnectionOpenTry, tryMessage({ proofHeight: this.proof(a), delayPeriod }));
    this.blocks();
    a.must(MsgConnectionOpenAck, ackMessage({ proofHeight: this.proof(b) }));
    this.blocks();
    b.must(MsgConnectionOpenConfirm, { connectionId: id, proofAck: PROOF, proofHeight: this.proof(a) });
    this.blocks();
  }

  /** Opens a channel, begun by `a`: its number is the same on both. */
  open(ordering = Order.ORDER_UNORDERED, number = 0): ChannelEnd {
    const { a, b } = this;
    const end = { portId: PORT, channelId: `channel-${number}` };
    const init = { ordering, connectionHops: ["connection-0"], version: "" };
    a.must(MsgChannelOpenInit, {
      portId: PORT,
      channel: { ...init, state: 1, counterparty: { portId: PORT, channelId: "" } },
    });
    this.blocks();
    b.must(MsgChannelOpenTry, {
      portId: PORT,
      previousChannelId: "",
      channel: { ...init, state: 2, counterparty: end },
      counterpartyVersion: VERSION,
      proofInit: PROOF,
      proofHeight: this.proof(a),
    });
    this.blocks();
    a.must(MsgChannelOpenAck, {
      ...end,
      counterpartyChannelId: end.channelId,
      counterpartyVersion: VERSION,
      proofTry: PROOF,
      proofHeight: this.proof(b),
    });
    this.blocks();
    b.must(MsgChannelOpenConfirm, { ...end, proofAck: PROOF, proofHeight: this.proof(a) });
    this.blocks();
    return end;
  }

  /** Messages about a packet that `a` sent, with the latest proofs. */
  receive(packet: Packet, proofHeight = this.proof(this.a)) {
    return this.b.run(MsgRecvPacket, { packet, proofCommitment: PROOF, proofHeight });
  }
  acknowledge(packet: Packet, acknowledgement: Uint8Array, proofHeight = this.proof(this.b)) {
    return this.a.run(MsgAcknowledgement, { packet, acknowledgement, proofAcked: PROOF, proofHeight });
  }
  timeout(packet: Packet, nextSequenceRecv = packet.sequence, proofHeight = this.proof(this.b)) {
    return this.a.run(MsgTimeout, { packet, nextSequenceRecv, proofUnreceived: PROOF, proofHeight });
  }
}

const OFFERED = { identifier: "1", features: ["ORDER_ORDERED", "ORDER_UNORDERED"] };

export const tryMessage = (change: Partial<MsgConnectionOpenTry>): Omit<MsgConnectionOpenTry, "signer"> => ({
  clientId: CLIENT,
  previousConnectionId: "",
  counterparty: { clientId: CLIENT, connectionId: "connection-0", prefix: PREFIX },
  delayPeriod: 0n,
  counterpartyVersions: [OFFERED],
  proofHeight: ZERO_HEIGHT,
  proofInit: PROOF,
  proofClient: new Uint8Array(),
  proofConsensus: new Uint8Array(),
  consensusHeight: ZERO_HEIGHT,
  hostConsensusStateProof: new Uint8Array(),
  ...change,
});

export const ackMessage = (change: Partial<MsgConnectionOpenAck>): Omit<MsgConnectionOpenAck, "signer"> => ({
  connectionId: "connection-0",
  counterpartyConnectionId: "connection-0",
  version: OFFERED,
  proofHeight: ZERO_HEIGHT,
  proofTry: PROOF,
  proofClient: new Uint8Array(),
  proofConsensus: new Uint8Array(),
  consensusHeight: ZERO_HEIGHT,
  hostConsensusStateProof: new Uint8Array(),
  ...change,
});
