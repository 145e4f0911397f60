/**
 * What gossipsub lacks against hostile peers, put around it: limits before a message is looked at, back pressure on both
 * sides, streams that come back. It reaches for members that are private in its types; the version is pinned, and
 * `gossip_guard_test.ts` fails when one of them is gone.
 * @module
 */
import type { Connection, Stream } from "@libp2p/interface";
import type { GossipSub } from "@libp2p/gossipsub";
import { invariant } from "../core/invariant.ts";
import type { GossipVerdict, PeerId } from "../core/peer.ts";
import { GOSSIP_PENDING_BYTES_MAX, GOSSIP_PENDING_MAX, GOSSIP_QUEUE_BYTES_MAX } from "./limits.ts";
import { type Topic, TOPIC_BYTES_MAX } from "./ports.ts";
import { SEEN_MS } from "./_gossip.ts";
import { HOP } from "./_neighbours.ts";
import { Batch, lateWindowUpdates } from "./_thrift.ts";

type Libp2pPeerId = Connection["remotePeer"];
interface RawMessage {
  readonly topic: string;
  data?: Uint8Array;
}
interface Rpc {
  subscriptions: unknown[];
  messages: RawMessage[];
  readonly control?: Readonly<Record<string, readonly { readonly messageIDs?: readonly unknown[] }[] | undefined>>;
}
interface OutboundStream {
  readonly rawStream: Stream;
  pushPrefixed(data: Iterable<Uint8Array> & { readonly byteLength: number }): void;
}

/** The members we use, public and private. */
interface Internals {
  readonly peers: Map<PeerId, Libp2pPeerId>;
  /** Who subscribed to what. */
  readonly topics: Map<string, Set<PeerId>>;
  readonly streamsInbound: Map<PeerId, { readonly rawStream: Stream }>;
  readonly streamsOutbound: Map<PeerId, OutboundStream>;
  readonly score: {
    readonly deliveryRecords: {
      readonly queue: { peekFront(): { msgId: string; expire: number } | undefined; shift(): unknown };
      readonly records: Map<string, unknown>;
      gc(): void;
    };
    deliverMessage(from: PeerId, id: string, topic: string): void;
  };
  readonly idontwants: Map<PeerId, Map<string, number>>;
  outboundInflightQueue: { push(item: { peerId: Libp2pPeerId; connection: Connection }): unknown; end(): unknown };
  decodeRpc(bytes: unknown): Rpc;
  handleReceivedRpc(from: Libp2pPeerId, rpc: Rpc): Promise<void>;
  handlePeerReadStreamError(error: Error, peer: Libp2pPeerId): void;
  createOutboundStream(peer: Libp2pPeerId, connection: Connection): Promise<void>;
  pipePeerReadStream(peer: Libp2pPeerId, stream: AsyncIterable<unknown>): Promise<void>;
  selectPeersToForward(topic: string, source?: PeerId, exclude?: Set<PeerId>): Set<PeerId>;
  sendRpcInBatch(to: Set<PeerId>, rpc: Rpc): void;
  forwardMessage(id: string, message: RawMessage, source?: PeerId, exclude?: Set<PeerId>): void;
}

/** Members whose absence means that gossipsub changed. */
const NEEDED = [
  "decodeRpc",
  "handleReceivedRpc",
  "handlePeerReadStreamError",
  "createOutboundStream",
  "pipePeerReadStream",
  "selectPeersToForward",
  "sendRpcInBatch",
  "forwardMessage",
] as const;

export interface GossipGuardHooks {
  /** Undefined for a topic that is not ours. */
  topicOf(name: string): Topic | undefined;
  /**
   * Whether the peer may send so much now; `control` is what gossipsub itself sends. Of a peer that has not said hello no
   * messages are taken.
   */
  allow(peer: PeerId, kind: Topic | "control", bytes: number): boolean;
  /** Whether a message of gossipsub's own, of so many bytes, is worth decoding. */
  isReadable(peer: PeerId, bytes: number): boolean;
  judge(topic: Topic, peer: PeerId, bytes: Uint8Array): GossipVerdict | Promise<GossipVerdict>;
  /** Whether `receiver` has what `author` wrote from the author itself. */
  reachEachOther(author: PeerId, receiver: PeerId): boolean;
  /** A message goes to so many peers. */
  onSent(topic: Topic, bytes: number, peers: number): void;
  onWritten(peer: PeerId, bytes: number): void;
  onFault(peer: PeerId, code: string, reason: string): void;
  /** What is published reaches the peer from now on. */
  onReady(peer: PeerId): void;
  /** Gossip with the peer is broken for good on this connection. */
  onBroken(peer: PeerId): void;
}

/** What is under judgement of one peer. */
interface Pending {
  bytes: number;
  count: number;
}

/** Delivery records of gossipsub live two minutes for statistics that we do not keep. */
const RECORD_MS = 120_000 - SEEN_MS;
/** Control messages are small: up to this they are sent even where messages no longer are. */
const CONTROL_BYTES_MAX = 1024;

/** Topic and framing of a message, generously. */
const MESSAGE_OVERHEAD_BYTES = 128;

/** See the module. `install` before the start of libp2p, `started` after it. */
export class GossipGuard {
  readonly #gossip: Internals;
  readonly #hooks: GossipGuardHooks;
  readonly #pending = new Map<PeerId, Pending>();
  readonly #opening = new Set<PeerId>();
  /** How long RPCs were on the wire. */
  readonly #lengths = new WeakMap<Rpc, number>();
  /** Messages that came from their authors. */
  readonly #authored = new WeakSet<RawMessage>();
  #topicNames: readonly string[] = [];

  constructor(gossip: GossipSub, hooks: GossipGuardHooks) {
    this.#gossip = gossip as unknown as Internals;
    this.#hooks = hooks;
    for (const name of NEEDED) {
      invariant(typeof this.#gossip[name] === "function", `guard gossipsub: it has no ${name}`);
    }
  }

  /** Puts the guard around gossipsub. */
  install(topicNames: readonly string[]): void {
    this.#topicNames = topicNames;
    const gossip = this.#gossip as unknown as GossipSub;
    gossip.addEventListener("subscription-change", ({ detail }) => this.#tellReady(detail.peerId.toString()));
    for (const name of topicNames) {
      gossip.topicValidators.set(name, (peer, message) => this.#validate(peer.toString(), name, message.data) as never);
    }
    this.#guardReading();
    this.#guardWriting();
    this.#guardForwarding();
    this.#guardRecords();
  }

  /** Opens outbound streams side by side: in gossipsub's own queue one peer that does not answer holds up all others. */
  started(): void {
    const queue = this.#gossip.outboundInflightQueue;
    this.#gossip.outboundInflightQueue = {
      push: ({ peerId, connection }) => void this.#open(peerId, connection),
      end: () => queue.end(),
    };
  }

  /** Whether what is published reaches the peer: the stream is open and it subscribed. */
  ready(peer: PeerId): boolean {
    const subscribed = this.#topicNames.every((name) => this.#gossip.topics.get(name)?.has(peer) === true);
    return subscribed && this.#gossip.streamsOutbound.has(peer);
  }

  #tellReady(peer: PeerId): void {
    if (this.ready(peer)) this.#hooks.onReady(peer);
  }

  /** Opens the stream to a peer again, after the connection that carried it went away and another one took over. */
  repair(peer: PeerId, connection: Connection): void {
    if (this.#gossip.peers.has(peer) && !this.#gossip.streamsOutbound.has(peer)) {
      void this.#open(connection.remotePeer, connection);
    }
  }

  forget(peer: PeerId): void {
    this.#pending.delete(peer);
  }

  async #open(peerId: Libp2pPeerId, connection: Connection): Promise<void> {
    const peer = peerId.toString();
    if (this.#opening.has(peer)) return;
    this.#opening.add(peer);
    try {
      await this.#gossip.createOutboundStream(peerId, connection);
    } finally {
      this.#opening.delete(peer);
    }
    this.#tellReady(peer);
  }

  #guardReading(): void {
    const gossip = this.#gossip;
    const handle = gossip.handleReceivedRpc.bind(gossip);
    gossip.handleReceivedRpc = (from, rpc) => {
      if (!this.#screen(from.toString(), rpc)) return Promise.resolve();
      return handle(from, rpc);
    };
    const broken = gossip.handlePeerReadStreamError.bind(gossip);
    gossip.handlePeerReadStreamError = (error, peerId) => {
      const peer = peerId.toString();
      if (/length|varint/i.test(error.name + error.message)) {
        this.#hooks.onFault(peer, "oversized", `a gossip message that cannot be read: ${error.message}`);
      }
      broken(error, peerId);
      this.#hooks.onBroken(peer);
    };
    // For the name of the peer that sent what does not decode.
    const pipe = gossip.pipePeerReadStream.bind(gossip);
    const decode = gossip.decodeRpc.bind(gossip);
    gossip.pipePeerReadStream = (peerId, stream) => pipe(peerId, this.#decodable(peerId.toString(), stream, decode));
    gossip.decodeRpc = (rpc) => rpc as Rpc;
  }

  /** Decoded here, so that what fails has a sender; gossipsub calls `subarray` on what it takes, then `decodeRpc`. */
  async *#decodable(peer: PeerId, stream: AsyncIterable<unknown>, decode: (bytes: unknown) => Rpc) {
    for await (const bytes of stream) {
      let rpc: Rpc;
      const whole = (bytes as { subarray(): Uint8Array }).subarray();
      if (!this.#hooks.isReadable(peer, whole.length)) continue;
      try {
        rpc = decode(whole);
        this.#lengths.set(rpc, whole.length);
      } catch (error) {
        this.#hooks.onFault(peer, "gossip_undecodable", error instanceof Error ? error.message : String(error));
        continue;
      }
      yield { subarray: () => rpc };
    }
  }

  /** Takes out of `rpc` what its sender may not send; false when nothing of it is to be looked at. */
  #screen(peer: PeerId, rpc: Rpc): boolean {
    const { allow, topicOf, onFault } = this.#hooks;
    let ids = 0;
    for (const entries of Object.values(rpc.control ?? {})) {
      for (const entry of entries ?? []) ids += 1 + (entry.messageIDs?.length ?? 0);
    }
    // What is neither a message nor the name of its topic.
    let rest = this.#lengths.get(rpc) ?? 0;
    for (const { data } of rpc.messages) rest -= (data?.length ?? 0) + MESSAGE_OVERHEAD_BYTES;
    const isControl = ids > 0 || rpc.messages.length === 0 || rest > CONTROL_BYTES_MAX;
    if (isControl && !allow(peer, "control", Math.max(32 * (1 + ids), rest))) return false;
    if (rpc.messages.length === 0) return true;
    rpc.messages = rpc.messages.filter((message) => {
      const topic = topicOf(message.topic);
      const length = (message.data?.length ?? 0) - 1;
      if (topic === undefined) return allow(peer, "control", length) && false;
      if (length > TOPIC_BYTES_MAX[topic]) {
        onFault(peer, "oversized", `${length} bytes on topic ${topic}`);
        return false;
      }
      return length >= 0 && allow(peer, topic, length) && this.#readHop(message);
    });
    return true;
  }

  /** Notes whether the sender is the author, and marks the message as passed on. False: of a newer version. */
  #readHop(message: RawMessage): boolean {
    const hop = message.data![0]!;
    if (hop !== HOP.author && hop !== HOP.passedOn) return false;
    if (hop === HOP.author) this.#authored.add(message);
    // Those above may keep it: a small message must not keep the memory of its whole packet.
    const { data } = message;
    if (data!.length * 2 < data!.buffer.byteLength) message.data = data!.slice();
    message.data![0] = HOP.passedOn;
    return true;
  }

  #validate(peer: PeerId, name: string, data: Uint8Array): GossipVerdict | Promise<GossipVerdict> {
    const topic = this.#hooks.topicOf(name)!;
    const verdict = this.#hooks.judge(topic, peer, data.subarray(1));
    if (typeof verdict === "string") return verdict;
    const pending = this.#pending.get(peer) ?? { bytes: 0, count: 0 };
    this.#pending.set(peer, pending);
    pending.bytes += data.length;
    pending.count++;
    const stream = this.#gossip.streamsInbound.get(peer)?.rawStream;
    const full = pending.bytes > GOSSIP_PENDING_BYTES_MAX || pending.count > GOSSIP_PENDING_MAX;
    if (full && stream?.readStatus === "readable") stream.pause();
    return verdict.finally(() => {
      pending.bytes -= data.length;
      pending.count--;
      const room = pending.bytes <= GOSSIP_PENDING_BYTES_MAX / 2 && pending.count <= GOSSIP_PENDING_MAX / 2;
      const reading = this.#gossip.streamsInbound.get(peer)?.rawStream;
      if (room && reading?.readStatus === "paused") reading.resume();
    });
  }

  #guardWriting(): void {
    const inbound = this.#gossip.streamsInbound;
    const setInbound = inbound.set.bind(inbound);
    inbound.set = (peer, stream) => {
      lateWindowUpdates(stream.rawStream);
      return setInbound(peer, stream);
    };
    const streams = this.#gossip.streamsOutbound;
    const set = streams.set.bind(streams);
    streams.set = (peer, outbound) => {
      const stream = outbound.rawStream;
      const batch = new Batch((bytes) => {
        try {
          stream.send(bytes);
        } catch {
          // The stream ended meanwhile; gossipsub sees that by itself.
        }
      });
      outbound.pushPrefixed = (data) => {
        const after = stream.writeBufferLength + batch.bytes + data.byteLength;
        // Dropped, not failed: gossipsub would close the stream for good.
        if (after > GOSSIP_QUEUE_BYTES_MAX && data.byteLength > CONTROL_BYTES_MAX) return;
        this.#hooks.onWritten(peer, data.byteLength);
        batch.add(data);
      };
      return set(peer, outbound);
    };
  }

  /** As gossipsub does it, but not to those who have it from the author, and encoded once for all receivers. */
  #guardForwarding(): void {
    const gossip = this.#gossip;
    gossip.forwardMessage = (id, message, source, exclude) => {
      if (source !== undefined) gossip.score.deliverMessage(source, id, message.topic);
      const receivers = gossip.selectPeersToForward(message.topic, source, exclude);
      const author = source !== undefined && this.#authored.has(message) ? source : undefined;
      for (const peer of receivers) {
        const has = author !== undefined && this.#hooks.reachEachOther(author, peer);
        if (has || gossip.idontwants.get(peer)?.has(id) === true) receivers.delete(peer);
      }
      if (receivers.size === 0) return;
      gossip.sendRpcInBatch(receivers, { subscriptions: [], messages: [message] });
      const topic = this.#hooks.topicOf(message.topic);
      if (topic !== undefined) this.#hooks.onSent(topic, message.data!.length - 1, receivers.size);
    };
  }

  #guardRecords(): void {
    const records = this.#gossip.score.deliveryRecords;
    records.gc = () => {
      const now = Date.now();
      for (let head = records.queue.peekFront(); head !== undefined; head = records.queue.peekFront()) {
        if (head.expire - RECORD_MS >= now) return;
        records.records.delete(head.msgId);
        records.queue.shift();
      }
    };
  }
}
