/**
 * The network as one running process sees it: topics that flood over links as far as they are found good, channels, questions,
 * and the real book of scores and bans. Gone with the process.
 * @module
 */
import { sha256Transient } from "../../node/core/crypto/mod.ts";
import { invariant } from "../../node/core/invariant.ts";
import type { GossipVerdict } from "../../node/core/peer.ts";
import { PeerLedger } from "../../node/network/ledger.ts";
import {
  type Channel,
  CHANNEL_BYTES_MAX,
  type PeerNetwork,
  type RequestLimits,
  type Topic,
  TOPIC_BYTES_MAX,
} from "../../node/network/ports.ts";
import { Exchange } from "./exchange.ts";
import type { By, Member, Network } from "./network.ts";
import type { Scheduler } from "./scheduler.ts";
import type { SwarmOptions } from "./swarm.ts";

/** What the process does with what comes. */
export interface PortHandlers {
  onTopic(from: string, bytes: Uint8Array): GossipVerdict;
  onDirect(from: string, bytes: Uint8Array): void;
  onRequest(from: string, body: Uint8Array): AsyncIterable<Uint8Array>;
  onPeerJoined(peer: string): void;
  onPeerLeft(peer: string): void;
  /** Something was held against a peer. */
  onReport(peer: number, code: string, reason: string): void;
  onBan(peer: number, reason: string): void;
  /** Before anything is made of it; for liars and for the trace. */
  onFrame(from: number, by: By, bytes: Uint8Array): void;
}

export interface PortInit {
  readonly network: Network;
  readonly scheduler: Scheduler;
  readonly options: SwarmOptions;
  readonly endpoint: number;
  readonly handlers: PortHandlers;
  /** Runs what the process is to do now, or as soon as it goes on. */
  readonly whenAwake: (run: () => void) => void;
}

export const peerName = (endpoint: number): string => `n${endpoint}`;
export const endpointOf = (peer: string): number => Number(peer.slice(1));

const names = new WeakMap<Uint8Array, string>();

/** By its content, as gossipsub names messages. */
function nameOf(bytes: Uint8Array): string {
  let name = names.get(bytes);
  if (name === undefined) names.set(bytes, name = sha256Transient(bytes).toHex());
  return name;
}

export class SimPort implements Pick<PeerNetwork, "publish" | "send" | "report">, Member {
  readonly #init: PortInit;
  readonly #ledger: PeerLedger;
  /** When each message of a topic was first seen. */
  readonly #seen = new Map<string, number>();
  #isOpen = false;

  constructor(init: PortInit) {
    this.#init = init;
    const { options, scheduler, handlers, network, endpoint } = init;
    this.#ledger = new PeerLedger({
      banMs: options.banMs,
      now: () => scheduler.nowUs / 1000,
      observer: undefined,
      onBan: ({ peer, reason }) => {
        handlers.onBan(endpointOf(peer), reason);
        if (!options.bans) return;
        network.refusalChanged(endpoint, endpointOf(peer));
        scheduler.after(options.banMs * 1000 + 1_000, () => {
          if (this.#isOpen) network.refusalChanged(endpoint, endpointOf(peer));
        });
      },
    });
  }

  open(): void {
    this.#isOpen = true;
    this.#init.network.enter(this.#init.endpoint, this);
  }

  /** Power off. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#init.network.leave(this.#init.endpoint);
  }

  publish(topic: Topic, bytes: Uint8Array): void {
    invariant(bytes.length <= TOPIC_BYTES_MAX[topic], `publish ${topic}: ${bytes.length} bytes`);
    if (this.#see(bytes)) this.#spread(bytes, undefined);
  }

  send(peer: string, channel: Channel, bytes: Uint8Array): boolean {
    invariant(bytes.length <= CHANNEL_BYTES_MAX[channel], `send ${channel}: ${bytes.length} bytes`);
    return this.raw(endpointOf(peer), "direct", bytes);
  }

  /** To one peer, by topic or directly, as only liars do. */
  raw(to: number, by: By, bytes: Uint8Array, extraMs = 0): boolean {
    const { network, endpoint } = this.#init;
    return this.#isOpen && network.send(endpoint, to, by, bytes, extraMs);
  }

  /** Asks for blocks. */
  request(peer: string, body: Uint8Array, limits: RequestLimits): AsyncIterable<Uint8Array> {
    const { network, endpoint } = this.#init;
    const fault = (code: string, reason: string) => this.report(peer, code, reason);
    const exchange = new Exchange(network, { asker: endpoint, answerer: endpointOf(peer), body, limits, fault });
    return exchange.frames();
  }

  report(peer: string, code: string, reason: string): void {
    if (!this.#isOpen) return;
    this.#init.handlers.onReport(endpointOf(peer), code, reason);
    this.#ledger.report(peer, code, reason);
  }

  get neighbours(): number[] {
    const { network, endpoint } = this.#init;
    return [...network.connected(endpoint)];
  }

  // What the network brings.

  hear(from: number, by: By, bytes: Uint8Array): void {
    this.#whenAwake(() => this.#hear(from, by, bytes));
  }

  #hear(from: number, by: By, bytes: Uint8Array): void {
    const { handlers } = this.#init;
    const peer = peerName(from);
    if (by === "direct") {
      handlers.onFrame(from, by, bytes);
      return handlers.onDirect(peer, bytes);
    }
    if (!this.#see(bytes)) return;
    handlers.onFrame(from, by, bytes);
    const verdict = handlers.onTopic(peer, bytes);
    if (verdict === "accept") this.#spread(bytes, from);
    else if (verdict === "reject") this.report(peer, "rejected", "a message of topic consensus");
  }

  ask(exchange: Exchange): void {
    const { onRequest } = this.#init.handlers;
    this.#whenAwake(() => void exchange.answer(onRequest(peerName(exchange.asker), exchange.body)));
  }

  joined(peer: number): void {
    this.#whenAwake(() => this.#init.handlers.onPeerJoined(peerName(peer)));
  }

  left(peer: number): void {
    this.#whenAwake(() => this.#init.handlers.onPeerLeft(peerName(peer)));
  }

  #whenAwake(run: () => void): void {
    this.#init.whenAwake(() => this.#isOpen && run());
  }

  refuses(peer: number): boolean {
    return this.#init.options.bans && this.#ledger.banned(peerName(peer));
  }

  #spread(bytes: Uint8Array, except: number | undefined): void {
    const { network, endpoint } = this.#init;
    for (const to of network.connected(endpoint)) if (to !== except) this.raw(to, "topic", bytes);
  }

  /** Remembers a message for a while; false when it was known. */
  #see(bytes: Uint8Array): boolean {
    const { scheduler, options } = this.#init;
    const name = nameOf(bytes);
    const before = this.#seen.get(name);
    const now = scheduler.nowUs;
    if (before !== undefined && now - before < options.seenMs * 1000) return false;
    this.#seen.set(name, now);
    return true;
  }
}
