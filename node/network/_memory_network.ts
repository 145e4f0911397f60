/** One node's end of the network in memory. @module */
import { ed25519KeyFromSeed, sha256 } from "../core/crypto/mod.ts";
import { IoError } from "../core/errors.ts";
import { invariant } from "../core/invariant.ts";
import type { GossipVerdict, PeerId } from "../core/peer.ts";
import { MemoryLink } from "./_memory_link.ts";
import { answered } from "./_answer.ts";
import { guarded } from "./_guarded.ts";
import { PeerLedger } from "./ledger.ts";
import type { Hub, MemoryMember } from "./memory_hub.ts";
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
import { verifyValidatorProof } from "./hello.ts";

const BAN_MS_DEFAULT = 600_000;
/** Messages remembered as seen, as gossipsub does for half a minute. */
const SEEN_MAX = 65_536;

export class MemoryNetwork implements PeerNetwork {
  readonly self: PeerId;
  readonly member: MemoryMember;
  readonly nodeKey: Uint8Array;
  readonly #hub: Hub;
  readonly #ledger: PeerLedger;
  readonly #links = new Map<PeerId, MemoryLink>();
  readonly #seen = new Set<string>();
  readonly #now: () => number;
  #handlers: NetworkHandlers | undefined;
  #phase: "new" | "running" | "stopped" = "new";

  constructor(hub: Hub, member: MemoryMember) {
    this.#hub = hub;
    this.member = member;
    this.nodeKey = ed25519KeyFromSeed(member.nodeKeySeed).publicKey;
    this.self = peerIdOf(this.nodeKey);
    this.#now = member.now ?? Date.now;
    this.#ledger = new PeerLedger({
      banMs: member.banMs ?? BAN_MS_DEFAULT,
      now: this.#now,
      observer: member.observer,
      onBan: ({ peer }) => {
        const other = this.#links.get(peer)?.other;
        if (other !== undefined) this.#hub.unlink(this, other);
      },
    });
  }

  get addresses(): readonly string[] {
    return this.#phase === "running" ? [`/memory/${this.self}`] : [];
  }

  get peers(): readonly PeerView[] {
    return [...this.#links.values()].map((link) => link.view(this.#ledger.score(link.other.self)));
  }

  get bans(): readonly PeerBan[] {
    return this.#ledger.bans;
  }

  /** While running; handlers are not called after `stop`. */
  get handlers(): NetworkHandlers | undefined {
    return this.#phase === "running" ? this.#handlers : undefined;
  }

  // Async, so that a second start rejects.
  // deno-lint-ignore require-await
  async start(handlers: NetworkHandlers): Promise<void> {
    invariant(this.#phase === "new", `start network: it is ${this.#phase}`);
    this.#handlers = guarded(handlers, (error) => this.#failed(error));
    this.#phase = "running";
    this.#hub.enter(this);
  }

  async stop(): Promise<void> {
    if (this.#phase === "running") {
      this.#phase = "stopped";
      this.#hub.leave(this);
      for (const link of this.#links.values()) link.close();
      this.#links.clear();
    }
    this.#phase = "stopped";
    await Promise.resolve();
  }

  publish(topic: Topic, bytes: Uint8Array): void {
    invariant(bytes.length <= TOPIC_BYTES_MAX[topic], `publish ${topic}: ${bytes.length} bytes`);
    if (this.#phase !== "running") return;
    const id = this.#see(topic, bytes);
    if (id !== undefined) this.#spread(topic, bytes, id, undefined);
  }

  send(peer: PeerId, channel: Channel, bytes: Uint8Array): boolean {
    invariant(bytes.length <= CHANNEL_BYTES_MAX[channel], `send ${channel}: ${bytes.length} bytes`);
    const link = this.#links.get(peer);
    if (link === undefined) return false;
    // At the other end, where it waits for the handler.
    if (link.other.#links.get(this.self)?.receive(channel, bytes) !== true) return false;
    link.counted("Sent", bytes.length);
    this.member.observer?.sent(channel, bytes.length);
    return true;
  }

  async *request(peer: PeerId, protocol: Protocol, body: Uint8Array, limits: RequestLimits): AsyncIterable<Uint8Array> {
    invariant(body.length <= REQUEST_BYTES_MAX, `ask ${protocol}: ${body.length} bytes`);
    const link = this.#links.get(peer);
    const what = `ask ${peer} for ${protocol}`;
    if (link === undefined) throw new IoError("peer_unknown", `${what}: not connected`);
    this.member.observer?.sent(protocol, body.length);
    link.counted("Sent", body.length);
    const frames = link.other.answer(this.self, protocol, body);
    const fault = (code: string, reason: string) => this.report(peer, code, reason);
    for await (const bytes of answered(frames, { what, limits, fault, closed: link.closed })) {
      this.member.observer?.received(protocol, bytes.length);
      link.counted("Received", bytes.length);
      yield bytes;
    }
  }

  report(peer: PeerId, code: string, reason: string): void {
    if (this.#phase === "running") this.#ledger.report(peer, code, reason);
  }

  async *answer(from: PeerId, protocol: Protocol, body: Uint8Array): AsyncGenerator<Uint8Array> {
    this.member.observer?.received(protocol, body.length);
    if (this.handlers === undefined) throw new Error("stopped");
    for await (const bytes of this.handlers.onRequest(protocol, from, body)) {
      this.member.observer?.sent(protocol, bytes.length);
      yield bytes;
    }
  }

  /** Connects to `other` from both sides, unless one does not want the other. */
  link(other: MemoryNetwork): void {
    if (this.#links.has(other.self)) return;
    if (this.#ledger.banned(other.self) || other.#ledger.banned(this.self)) return;
    if (this.member.chainId !== other.member.chainId) return;
    const mine = this.#open(other, true);
    const theirs = other.#open(this, false);
    if (mine === undefined || theirs === undefined) return;
    this.#links.set(other.self, mine);
    other.#links.set(this.self, theirs);
    this.#hub.schedule(() => this.#joined(mine));
    this.#hub.schedule(() => other.#joined(theirs));
  }

  /** Forgets the link to `peer`, if there is one. */
  unlink(peer: PeerId): void {
    const link = this.#links.get(peer);
    if (link === undefined) return;
    this.#links.delete(peer);
    link.close();
    this.#hub.schedule(() => {
      if (link.told) this.handlers?.onPeerLeft(peer);
    });
  }

  #joined(link: MemoryLink): void {
    if (link.isClosed || this.handlers === undefined) return;
    link.told = true;
    this.handlers.onPeerJoined(link.view(this.#ledger.score(link.other.self)));
  }

  #open(other: MemoryNetwork, outbound: boolean): MemoryLink | undefined {
    const { validatorProof, chainId } = other.member;
    let validator: Uint8Array | undefined;
    if (validatorProof !== undefined) {
      const verified = (this.member.verifyProof ?? verifyValidatorProof)(validatorProof, chainId, other.self);
      if (!verified.ok) {
        this.report(other.self, "bad_proof", verified.error.message);
        return undefined;
      }
      validator = verified.value;
    }
    return new MemoryLink({ hub: this.#hub, owner: this, other, outbound, validator, connectedAt: this.#now() });
  }

  #spread(topic: Topic, bytes: Uint8Array, id: string, source: PeerId | undefined): void {
    for (const [peer, link] of this.#links) {
      if (peer === source || link.other.#seen.has(id)) continue;
      if (!this.#hub.deliver({ from: this.self, to: peer, kind: topic, bytes })) continue;
      this.member.observer?.sent(topic, bytes.length);
      link.counted("Sent", bytes.length);
      this.#hub.schedule(() => link.other.#receive(topic, this.self, bytes));
    }
  }

  #receive(topic: Topic, from: PeerId, bytes: Uint8Array): void {
    const link = this.#links.get(from);
    if (link === undefined || this.handlers === undefined) return;
    const id = this.#see(topic, bytes);
    if (id === undefined) return;
    this.member.observer?.received(topic, bytes.length);
    link.counted("Received", bytes.length);
    const judged = (verdict: GossipVerdict) => {
      this.member.observer?.verdict(topic, verdict);
      if (verdict === "accept") this.#spread(topic, bytes, id, from);
      else if (verdict === "reject") this.report(from, "rejected", `a message of topic ${topic}`);
    };
    const verdict = this.handlers.onTopic(topic, from, bytes);
    if (typeof verdict === "string") judged(verdict);
    else void verdict.then((late) => this.#hub.schedule(() => judged(late)));
  }

  /** A handler of ours threw. */
  #failed(error: unknown): void {
    this.member.onProblem?.({ code: "internal", message: `handle a message: ${String(error)}` });
  }

  /** Remembers a message; undefined when it was known. */
  #see(topic: Topic, bytes: Uint8Array): string | undefined {
    const id = topic + sha256(bytes).toHex();
    if (this.#seen.has(id)) return undefined;
    this.#seen.add(id);
    if (this.#seen.size > SEEN_MAX) this.#seen.delete(this.#seen.values().next().value!);
    return id;
  }
}
