/** The network over libp2p: composes gossipsub, sessions, questions, scores and the search for peers. @module */
import type { Connection, Stream } from "@libp2p/interface";
import type { CodedError } from "../core/errors.ts";
import { ed25519KeyFromSeed } from "../core/crypto/mod.ts";
import { IoError } from "../core/errors.ts";
import { invariant } from "../core/invariant.ts";
import type { PeerId } from "../core/peer.ts";
import type { Result } from "../core/result.ts";
import { Admission } from "./_admission.ts";
import { walkCalmly } from "./_calm_walk.ts";
import { guardDht } from "./_dht_guard.ts";
import { Dialer } from "./_dialer.ts";
import { Gater } from "./_gater.ts";
import { GossipGuard } from "./_gossip_guard.ts";
import { guarded } from "./_guarded.ts";
import { stopWhole, watchTimers } from "./_leftovers.ts";
import { libp2pParts } from "./_libp2p_load.ts";
import { decodeNeighbours, encodeNeighbours, reachEachOther, withHop } from "./_neighbours.ts";
import { buildNode, type Node } from "./_node.ts";
import { Meters, type Peer, type RateKind } from "./_peer.ts";
import { AnswerDesk, ask } from "./_requests.ts";
import { Turns } from "./_turns.ts";
import { parseAddress } from "./addresses.ts";
import { PROTOCOLS, TOPICS, wireNames } from "./channels.ts";
import { encodeHello } from "./hello.ts";
import { PeerLedger } from "./ledger.ts";
import { ADDRESS_RATE_PEERS, ANSWERS_PER_PEER_MAX, QUESTIONS_PER_PEER_MAX } from "./limits.ts";
import { type Libp2pNetworkOptions, type NetworkTimings, TIMINGS_DEFAULT } from "./options.ts";
import { peerIdOf } from "./peer_id.ts";
import {
  type Channel,
  CHANNEL_BYTES_MAX,
  type NetworkHandlers,
  type PeerBan,
  type PeerNetwork,
  type PeerView,
  type Protocol,
  REQUEST_BYTES_MAX,
  type RequestLimits,
  type Topic,
  TOPIC_BYTES_MAX,
} from "./ports.ts";

/** How long a new peer is kept from the handlers while gossip with it is not ready, in milliseconds. */
const GOSSIP_READY_MS = 3_000;
/** How long a change of who is reached waits for others, in milliseconds. */
const NEIGHBOURS_MS = 50;
/** Longest message of gossipsub that is read of a peer that has not said hello, in bytes: what it subscribes to. */
const GREETING_BYTES_MAX = 16 * 1024;
/** Hosts whose rates are remembered. */
const HOSTS_REMEMBERED_MAX = 1024;

class Libp2pNetwork implements PeerNetwork {
  readonly self: PeerId;
  readonly #options: Libp2pNetworkOptions;
  readonly #timings: NetworkTimings;
  readonly #names: ReturnType<typeof wireNames>;
  readonly #topics: ReadonlyMap<string, Topic>;
  readonly #now: () => number;
  readonly #ledger: PeerLedger;
  readonly #gater: Gater;
  readonly #admission: Admission;
  readonly #desk = new AnswerDesk();
  readonly #turns = new Map<string, Turns>();
  /** Rates of all peers of one host; least recently used first. */
  readonly #hosts = new Map<string, Meters>();
  #handlers: NetworkHandlers | undefined;
  #node: Node | undefined;
  #guard: GossipGuard | undefined;
  #dialer: Dialer | undefined;
  #upkeep: ReturnType<typeof setInterval> | undefined;
  #phase: "new" | "running" | "stopped" = "new";

  constructor(options: Libp2pNetworkOptions) {
    this.#options = options;
    this.#timings = { ...TIMINGS_DEFAULT, ...options.timings };
    this.#names = wireNames(options.chainId);
    this.#topics = new Map(TOPICS.map((topic) => [this.#names.topic(topic), topic]));
    this.#now = options.now ?? Date.now;
    this.self = peerIdOf(ed25519KeyFromSeed(options.nodeKeySeed).publicKey);
    this.#ledger = new PeerLedger({
      banMs: options.p2p.ban_ms,
      now: this.#now,
      observer: options.observer,
      onBan: (ban) => this.#cut(ban),
    });
    this.#gater = new Gater({
      peersMax: options.p2p.peers_max,
      peersPerAddressMax: options.p2p.peers_per_address_max,
      unwelcome: (peer) => this.#ledger.banned(peer) || this.#admission.isStranger(peer),
      takesPart: (peer) => this.#admission.peers.has(peer),
    });
    const { chainId, moniker, version, validatorProof } = options;
    this.#admission = new Admission({
      self: this.self,
      options,
      protocol: this.#names.session,
      hello: encodeHello({ chainId, moniker, software: version, validatorProof: validatorProof ?? new Uint8Array() }),
      helloMs: this.#timings.helloMs,
      inboundMax: this.#gater.inboundMax,
      now: this.#now,
      hooks: {
        allow: (peer, channel, bytes) =>
          this.#allow(peer, channel === undefined ? "control" : `channel ${channel}`, bytes),
        onMessage: (peer, channel, bytes) => {
          this.#announce(peer);
          return this.#handlers?.onMessage(channel, peer.init.id, bytes);
        },
        onNeighbours: (peer, bytes) => this.#neighboursOf(peer, bytes),
        onFault: (peer, code, reason) => this.report(peer, code, reason),
        onJoined: (peer) => this.#joined(peer),
        onLeft: (peer) => this.#left(peer),
        onStranger: (peer, reason) => this.#stranger(peer, reason),
      },
    });
  }

  get addresses(): readonly string[] {
    return this.#phase === "running" ? this.#node?.getMultiaddrs().map(String) ?? [] : [];
  }

  get peers(): readonly PeerView[] {
    const told = [...this.#admission.peers.values()].filter((peer) => peer.told);
    return told.map((peer) => peer.view(this.#ledger.score(peer.init.id)));
  }

  get bans(): readonly PeerBan[] {
    return this.#ledger.bans;
  }

  async start(handlers: NetworkHandlers): Promise<void> {
    invariant(this.#phase === "new", `start network: it is ${this.#phase}`);
    this.#phase = "running";
    this.#handlers = guarded(handlers, (error) => this.#failed("handle a message", error));
    checkAddresses(this.#options.p2p);
    const parts = await libp2pParts();
    const node = this.#node = await buildNode({
      parts,
      options: this.#options,
      names: this.#names,
      gater: this.#gater.hooks,
      scoreOf: (peer) => this.#ledger.score(peer),
      pinned: (key) => this.#pinned.has(key),
    }).catch((cause) => {
      throw startError(this.#options.p2p.listen, cause);
    });
    this.#pin(node.peerId);
    watchTimers(node);
    walkCalmly(node);
    await this.#equip(node);
    try {
      await node.start();
    } catch (cause) {
      await this.stop();
      throw startError(this.#options.p2p.listen, cause);
    }
    if (this.#isStopped()) return await stopWhole(node);
    this.#guard!.started();
    for (const name of this.#topics.keys()) node.services.pubsub.subscribe(name);
    this.#dialer = this.#makeDialer(node, parts.multiaddr, parts.peerIdFromString);
    this.#dialer.start();
    this.#upkeep = setInterval(() => this.#keepUp(), this.#timings.upkeepMs);
  }

  async stop(): Promise<void> {
    this.#phase = "stopped";
    this.#handlers = undefined;
    this.#dialer?.stop();
    clearInterval(this.#upkeep);
    clearTimeout(this.#tellTimer);
    this.#admission.stop();
    const node = this.#node;
    this.#node = undefined;
    if (node !== undefined) await stopWhole(node);
  }

  publish(topic: Topic, bytes: Uint8Array): void {
    invariant(bytes.length <= TOPIC_BYTES_MAX[topic], `publish ${topic}: ${bytes.length} bytes`);
    if (this.#node === undefined) return;
    this.#node.services.pubsub.publish(this.#names.topic(topic), withHop(bytes)).then(
      ({ recipients }) => this.#topicSent(topic, bytes.length, recipients.length),
      // Only while it stops.
      () => {},
    );
  }

  send(peer: PeerId, channel: Channel, bytes: Uint8Array): boolean {
    invariant(bytes.length <= CHANNEL_BYTES_MAX[channel], `send ${channel}: ${bytes.length} bytes`);
    const to = this.#admission.peers.get(peer);
    if (to === undefined || !to.init.session.send(channel, bytes)) return false;
    to.sent(bytes.length);
    this.#options.observer?.sent(channel, bytes.length);
    return true;
  }

  async *request(peer: PeerId, protocol: Protocol, body: Uint8Array, limits: RequestLimits): AsyncIterable<Uint8Array> {
    invariant(body.length <= REQUEST_BYTES_MAX, `ask ${protocol}: ${body.length} bytes`);
    const what = `ask ${peer} for ${protocol}`;
    const to = this.#admission.peers.get(peer);
    if (to === undefined) throw new IoError("peer_unknown", `${what}: not connected`);
    const key = `${peer} ${protocol}`;
    const turns = this.#turns.get(key) ?? new Turns(QUESTIONS_PER_PEER_MAX);
    this.#turns.set(key, turns);
    if (!await turns.enter([limits.signal, to.gone.signal])) {
      if (to.gone.signal.aborted) throw new IoError("peer_gone", `${what}: disconnected`);
      throw new IoError("request_aborted", `${what}: aborted`);
    }
    try {
      yield* ask({
        peer,
        connection: to.init.connection,
        protocol,
        wireName: this.#names.protocol(protocol),
        body,
        limits,
        closed: to.gone.signal,
        ...this.#counting(to, protocol),
      });
    } finally {
      turns.leave();
      if (turns.idle) this.#turns.delete(key);
    }
  }

  report(peer: PeerId, code: string, reason: string): void {
    if (this.#phase === "running") this.#ledger.report(peer, code, reason);
  }

  /** By datastore key: peers whose records must stay, since they are connected or were until lately. */
  readonly #pinned = new Map<string, Connection["remotePeer"]>();

  #pin(peer: Connection["remotePeer"]): void {
    this.#pinned.set(`/peers/${peer.toCID()}`, peer);
  }

  /** A method, since waits change the phase behind the compiler's back. */
  #isStopped(): boolean {
    return this.#phase === "stopped";
  }

  async #equip(node: Node): Promise<void> {
    this.#guard = new GossipGuard(node.services.pubsub, {
      topicOf: (name) => this.#topics.get(name),
      allow: (peer, kind, bytes) => this.#allowGossip(peer, kind, bytes),
      isReadable: (peer, bytes) => bytes <= GREETING_BYTES_MAX || this.#admission.peers.has(peer),
      judge: (topic, peer, bytes) => this.#judge(topic, peer, bytes),
      reachEachOther: (author, receiver) => {
        const { peers } = this.#admission;
        const [one, other] = [peers.get(author), peers.get(receiver)];
        return one !== undefined && other !== undefined && reachEachOther(one, other);
      },
      onSent: (topic, bytes, peers) => this.#topicSent(topic, bytes, peers),
      onWritten: (peer, bytes) => this.#admission.peers.get(peer)?.sent(bytes),
      onFault: (peer, code, reason) => this.report(peer, code, reason),
      onReady: (peer) => this.#announce(this.#admission.peers.get(peer)),
      onBroken: (peer) => this.#admission.peers.get(peer)?.init.session.close("gossip is broken"),
    });
    this.#guard.install([...this.#topics.keys()]);
    node.addEventListener("connection:open", ({ detail }) => {
      this.#pin(detail.remotePeer);
      this.#admission.onConnection(detail);
    });
    guardDht(node, this.#names.dht, {
      allow: (id) => {
        const peer = this.#admission.peers.get(id);
        return peer && this.#allow(peer, "ask dht", 0);
      },
      onFault: (peer, code, reason) => this.report(peer, code, reason),
    });
    const sessions = (stream: Stream, connection: Connection) => this.#admission.onStream(stream, connection);
    await node.handle(this.#names.session, sessions, { maxInboundStreams: 1, runOnLimitedConnection: true });
    for (const protocol of PROTOCOLS) {
      await node.handle(
        this.#names.protocol(protocol),
        (stream, connection) => this.#answer(protocol, stream, connection),
        { maxInboundStreams: ANSWERS_PER_PEER_MAX, maxOutboundStreams: 1024, runOnLimitedConnection: true },
      );
    }
  }

  #answer(protocol: Protocol, stream: Stream, connection: Connection): void {
    const peer = this.#admission.peers.get(connection.remotePeer.toString());
    if (peer === undefined || this.#handlers === undefined || !this.#allow(peer, `ask ${protocol}`, 0)) {
      return stream.abort(new Error("no questions now"));
    }
    const handlers = this.#handlers;
    this.#announce(peer);
    const { id } = peer.init;
    void this.#desk.answer({
      peer: id,
      stream,
      protocol,
      frames: (body) => handlers.onRequest(protocol, id, body),
      idle: (reason) => peer.tellsFlood(this.#now()) && this.report(id, "slow", reason),
      failed: (error) => this.#failed(`answer for ${protocol}`, error),
      ...this.#counting(peer, protocol),
    });
  }

  #counting(peer: Peer, protocol: Protocol) {
    return {
      fault: (code: string, reason: string) => this.report(peer.init.id, code, reason),
      sent: (bytes: number) => {
        peer.sent(bytes);
        this.#options.observer?.sent(protocol, bytes);
      },
      received: (bytes: number) => {
        peer.received(bytes);
        this.#options.observer?.received(protocol, bytes);
      },
    };
  }

  #topicSent(topic: Topic, bytes: number, peers: number): void {
    for (let i = 0; i < peers; i++) this.#options.observer?.sent(topic, bytes);
  }

  #judge(topic: Topic, from: PeerId, bytes: Uint8Array) {
    this.#announce(this.#admission.peers.get(from));
    if (this.#handlers === undefined) return "ignore";
    const judged = <V extends string>(verdict: V): V => {
      this.#options.observer?.verdict(topic, verdict as never);
      if (verdict === "reject") this.report(from, "rejected", `a message of topic ${topic}`);
      return verdict;
    };
    const verdict = this.#handlers.onTopic(topic, from, bytes);
    return typeof verdict === "string" ? judged(verdict) : verdict.then(judged);
  }

  #allowGossip(from: PeerId, kind: Topic | "control", bytes: number): boolean {
    const peer = this.#admission.peers.get(from);
    // Before the hello only what gossipsub itself needs is looked at; the hello's time limit bounds it.
    if (peer === undefined) return kind === "control";
    return this.#allow(peer, kind === "control" ? kind : `topic ${kind}`, bytes);
  }

  /** Counts what comes of a peer. False: over its rate, which is reported, or over that of its host, which is not. */
  #allow(peer: Peer, kind: RateKind, bytes: number): boolean {
    const now = this.#now();
    const { id, host } = peer.init;
    if (!peer.meters.take(kind, bytes, now)) {
      if (peer.tellsFlood(now)) {
        this.report(id, kind.startsWith("ask") ? "request_flood" : "flood", `too much of ${kind}`);
      }
      return false;
    }
    if (!this.#metersOf(host).take(kind, bytes, now)) return false;
    if (kind === "control" || kind.startsWith("ask")) return true;
    peer.received(bytes);
    this.#options.observer?.received(kind.slice(kind.indexOf(" ") + 1) as Topic | Channel, bytes);
    return true;
  }

  #metersOf(host: string): Meters {
    const meters = this.#hosts.get(host) ?? new Meters(ADDRESS_RATE_PEERS);
    if (!this.#hosts.has(host)) {
      this.#hosts.set(host, meters);
      if (this.#hosts.size > HOSTS_REMEMBERED_MAX) this.#hosts.delete(this.#hosts.keys().next().value!);
    }
    return meters;
  }

  /** Told to the handlers once what is published reaches it, or when that takes too long. */
  #joined(peer: Peer): void {
    const { id, connection } = peer.init;
    this.#dialer?.onJoined(id);
    this.#guard?.repair(id, connection);
    if (this.#guard?.ready(id) === true) return this.#announce(peer);
    const timer = setTimeout(() => this.#announce(peer), GOSSIP_READY_MS);
    peer.gone.signal.addEventListener("abort", () => clearTimeout(timer));
  }

  /** Tells the handlers of a peer; also before its first message, whichever comes first. */
  #announce(peer: Peer | undefined): void {
    if (peer === undefined || peer.told || peer.gone.signal.aborted) return;
    peer.told = true;
    this.#handlers?.onPeerJoined(peer.view(this.#ledger.score(peer.init.id)));
    this.#tellNeighboursLater();
  }

  /** Everybody is told when who is reached has changed, with all that changes meanwhile. */
  #tellNeighboursLater(): void {
    this.#tellTimer ??= setTimeout(() => {
      this.#tellTimer = undefined;
      const reached = [...this.#admission.peers.values()].filter(({ init }) => this.#guard?.ready(init.id) === true);
      const bytes = encodeNeighbours(reached.map(({ init }) => init.nodeKey));
      for (const { init } of this.#admission.peers.values()) init.session.sendNeighbours(bytes);
    }, NEIGHBOURS_MS);
  }
  #tellTimer: ReturnType<typeof setTimeout> | undefined;

  #neighboursOf(peer: Peer, bytes: Uint8Array): void {
    if (!this.#allow(peer, "control", bytes.length)) return;
    const neighbours = decodeNeighbours(bytes);
    if (neighbours === undefined) this.report(peer.init.id, "malformed_frame", `neighbours in ${bytes.length} bytes`);
    else peer.neighbours = neighbours;
  }

  #left(peer: Peer): void {
    this.#guard?.forget(peer.init.id);
    if (peer.told) this.#handlers?.onPeerLeft(peer.init.id);
    this.#tellNeighboursLater();
    this.#dialer?.onLeft(peer.init.id);
  }

  #stranger(peer: PeerId, reason: string): void {
    if (!this.#options.p2p.bootstrap.some((address) => address.includes(peer))) return;
    this.#options.onProblem?.({ code: "bootstrap_foreign", message: `greet bootstrap peer ${peer}: ${reason}` });
  }

  /** Disconnects a banned peer. */
  #cut({ peer, reason }: PeerBan): void {
    this.#admission.peers.get(peer)?.init.session.close(reason);
    for (const connection of this.#node?.getConnections() ?? []) {
      if (connection.remotePeer.toString() === peer) connection.abort(new Error("banned"));
    }
  }

  #keepUp(): void {
    const now = this.#now();
    for (const [key, peer] of this.#pinned) {
      const connected = (this.#node?.getConnections(peer).length ?? 0) > 0;
      if (!connected && peer.toString() !== this.self) this.#pinned.delete(key);
    }
    for (const { init: { id, session, connection } } of [...this.#admission.peers.values()]) {
      session.check(now);
      this.#guard?.repair(id, connection);
    }
  }

  #failed(action: string, error: unknown): void {
    const state = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    this.#options.onProblem?.({ code: "internal", message: `${action}: ${state}` });
  }

  #makeDialer(node: Node, multiaddr: typeof import("@multiformats/multiaddr").multiaddr, peerId: PeerIdFrom): Dialer {
    const { bootstrap, peers_wanted: wanted, dht } = this.#options.p2p;
    const random = this.#options.random ?? Math.random;
    return new Dialer({
      bootstrap,
      self: this.self,
      timings: this.#timings,
      random,
      now: this.#now,
      hooks: {
        dialAddress: async (address) => (await node.dial(multiaddr(address))).remotePeer.toString(),
        dialPeer: (peer) => node.dial(peerId(peer)),
        connected: (peer) => this.#admission.peers.has(peer),
        missing: () => wanted - this.#admission.peers.size,
        onProblem: (problem) => this.#options.onProblem?.(problem),
        search: async () => {
          if (dht) await this.#askAround(node, random);
          const known = await node.peerStore.all();
          return known.filter(({ id, addresses }) => addresses.length > 0 && !id.equals(node.peerId)).map(({ id }) => ({
            peer: id.toString(),
          })).filter(({ peer }) =>
            !this.#admission.peers.has(peer) && !this.#admission.isStranger(peer) && !this.#ledger.banned(peer)
          );
        },
      },
    });
  }

  /** Asks peers whom they know near a random place; what they answer is kept by libp2p. */
  async #askAround(node: Node, random: () => number): Promise<void> {
    if (this.#admission.peers.size === 0) return;
    const place = Uint8Array.from({ length: 32 }, () => Math.floor(random() * 256));
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), this.#timings.discoveryMs / 2);
    try {
      for await (const _ of node.peerRouting.getClosestPeers(place, { signal: patience.signal }));
    } finally {
      clearTimeout(timer);
    }
  }
}

type PeerIdFrom = typeof import("@libp2p/peer-id").peerIdFromString;

/** Refuses addresses that mean nothing to us, before anything is opened. */
function checkAddresses({ listen, announce, bootstrap }: Libp2pNetworkOptions["p2p"]): void {
  for (const [option, addresses] of Object.entries({ listen, announce, bootstrap })) {
    for (const address of addresses) {
      const parsed: Result<unknown, CodedError> = parseAddress(address);
      if (parsed.ok) continue;
      throw new IoError("address_invalid", `${parsed.error.message}; correct ${option} in [p2p] of node.toml`);
    }
  }
}

/** What libp2p says when it cannot listen, with what to do. */
function startError(listen: readonly string[], cause: unknown): IoError {
  const text = cause instanceof Error ? cause.message : String(cause);
  const what = `listen for peers on ${listen.join(", ")}`;
  if (/EADDRINUSE|AddrInUse|already in use/i.test(text)) {
    const remedy = "choose another port with --p2p-listen or listen in [p2p] (port 0 takes a free one)";
    return new IoError("address_in_use", `${what}: another process uses this address; ${remedy}`, { cause });
  }
  return new IoError("address_invalid", `${what}: ${text.split("\n")[0]}; correct listen in [p2p]`, { cause });
}

/**
 * A network over libp2p, not started; libp2p is loaded when it is.
 * Throws nothing for what peers do: it is reported to the ledger of scores, or the peer is disconnected.
 */
export function createLibp2pNetwork(options: Libp2pNetworkOptions): PeerNetwork {
  return new Libp2pNetwork(options);
}
