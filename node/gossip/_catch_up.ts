/**
 * How peers make up for what got lost: they tell each other where they are and what they have, and send what the other lacks.
 * Asking is cheap and rare while all goes well, and goes on for as long as it does not.
 * @module
 */
import type { PeerId } from "../core/peer.ts";
import type { Prng } from "../core/prng.ts";
import type { Heads } from "./_heads.ts";
import { hasMore, haveOf, lackedBy } from "./_lack.ts";
import { Pace } from "./_pace.ts";
import { type Peer, Peers } from "./_peers.ts";
import type { GossipLimits } from "./limits.ts";
import type { GossipEffect, GossipInput, GossipObserver } from "./ports.ts";
import { encodeHave, encodeStatus, type Have, splitNames, type Status } from "./wire.ts";

export type Place = Omit<GossipInput & { type: "moved" }, "type">;

/** What catching up needs of the machine. */
export interface Surroundings<M> {
  readonly limits: GossipLimits;
  readonly random: Prng;
  readonly observer: GossipObserver | undefined;
  at(): Place;
  /** Undefined for heights that nothing is kept of. */
  heads(height: bigint): Heads<M> | undefined;
  emit(effect: GossipEffect): void;
}

/** Peers that are told what we have in one tick. */
const ASKED_PER_TICK = 2;
/** A status is said again after so many ticks, because it may have found no room in a queue. */
const STATUS_REPEAT_TICKS = 50;

export class CatchUp<M> {
  readonly #around: Surroundings<M>;
  readonly #pace = new Pace();
  readonly peers: Peers;
  #told: string | undefined;
  #toldTicks = 0;

  constructor(around: Surroundings<M>) {
    this.#around = around;
    this.peers = new Peers(around.limits);
  }

  onJoined(id: PeerId): void {
    const peer = this.peers.join(id);
    const at = this.#around.at();
    if (at.height > 0n) this.#send(id, encodeStatus(at));
    if (at.running) this.#ask(peer);
  }

  /** Another height or round, or an engine that has only begun. */
  onMoved(before: Place): void {
    const at = this.#around.at();
    if (!before.running || before.height !== at.height || before.round !== at.round) this.#pace.moved();
    // Whoever begins, or is behind, does not wait for a tick: the others go on meanwhile.
    const late = !before.running || (before.height !== at.height && this.peers.anyAhead(at.height));
    if (late && at.running && !at.decided) this.#askSome();
  }

  /** Something new came, by the topic or because a peer knew that it was lacking here. */
  news(by: "topic" | "direct"): void {
    if (by === "topic") this.#pace.news();
    else this.#pace.lack();
  }

  /** The engine says something again: it seems to be stuck. */
  lack(): void {
    this.#pace.lack();
  }

  /** A peer passed on a good message of the next height: it may have what this one lacks. Asked once for each height. */
  onAhead(id: PeerId): void {
    const peer = this.peers.get(id);
    const { height, decided } = this.#around.at();
    if (peer === undefined || decided || peer.askedAhead === height) return;
    peer.askedAhead = height;
    this.askFor(id);
  }

  /** Asks a peer who has just shown that it has what is lacking. */
  askFor(id: PeerId): void {
    const peer = this.peers.get(id);
    if (peer === undefined) return;
    peer.told = undefined;
    this.#ask(peer);
  }

  /** `late`: long after the last one. True when the engine is to get everything again. */
  onTick(late: boolean): boolean {
    this.#pace.onTick();
    if (late) this.#pace.news();
    this.peers.onTick();
    this.#tellStatus();
    const { running, decided } = this.#around.at();
    if (!running || decided) return false;
    if (this.#pace.ask()) this.#askSome();
    return this.#pace.repeat();
  }

  onStatus(from: PeerId, { height, base }: Status): void {
    const peer = this.peers.get(from);
    if (peer === undefined) return;
    const { height: at } = this.#around.at();
    if (height > at && peer.height !== height) this.#pace.lack();
    peer.height = height;
    this.#around.emit({ type: "peer_status", peer: from, height, base });
  }

  /** Whether nothing more is answered to what a peer has, in this tick. */
  isDeafTo(from: PeerId): boolean {
    return (this.peers.get(from)?.havesLeft ?? 0) <= 0;
  }

  onHave(from: PeerId, have: Have): void {
    const peer = this.peers.get(from);
    if (peer === undefined || peer.havesLeft <= 0) return;
    peer.havesLeft--;
    peer.height = have.height;
    const heads = this.#around.heads(have.height);
    if (heads === undefined) return;
    const { at, random, observer } = this.#around;
    const { headsLeft, partsLeft } = peer;
    // Once: a thousand names take a quarter of a millisecond.
    const names = splitNames(have.heads);
    const lacked = lackedBy(
      have,
      names,
      heads,
      { heads: headsLeft, parts: partsLeft },
      random,
      (block, index) => this.peers.isOnItsWay(peer, block, index),
    );
    for (const { block, index } of lacked.pieces) this.peers.sent(peer, block, index);
    const count = lacked.heads.length + lacked.parts.length;
    peer.headsLeft -= lacked.heads.length;
    peer.partsLeft -= lacked.parts.length;
    for (const bytes of [...lacked.parts, ...lacked.heads]) this.#send(from, bytes);
    if (count > 0) observer?.helped(count);
    if (have.height === at().height && hasMore(have, names, heads)) this.#ask(peer);
  }

  #askSome(): void {
    for (const peer of this.peers.toAsk(this.#around.at().height, ASKED_PER_TICK)) this.#ask(peer);
  }

  /** Says what we have of the height that runs, at most once in a tick: the answer is what we lack. */
  #ask(peer: Peer): void {
    const { at, heads, limits } = this.#around;
    const { height } = at();
    const ours = heads(height);
    if (ours === undefined || peer.told === height) return;
    peer.told = height;
    this.#send(peer.id, encodeHave(haveOf(ours, limits.haveHeadsMax)));
  }

  #tellStatus(): void {
    const { height, round, base } = this.#around.at();
    const now = `${height}/${round}/${base}`;
    if (height === 0n || (now === this.#told && ++this.#toldTicks < STATUS_REPEAT_TICKS)) return;
    this.#told = now;
    this.#toldTicks = 0;
    const bytes = encodeStatus({ height, round, base });
    for (const { id } of this.peers.all()) this.#send(id, bytes);
  }

  #send(to: PeerId, bytes: Uint8Array): void {
    this.#around.emit({ type: "send", to, bytes });
  }
}
