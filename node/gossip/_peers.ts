/** What is known of each connected peer. @module */
import type { PeerId } from "../core/peer.ts";
import type { GossipLimits } from "./limits.ts";

export interface Peer {
  readonly id: PeerId;
  /** The height it decides, as it says; undefined: it has not said. */
  height: bigint | undefined;
  /** The height it was last told in this tick what we have of; undefined: not in this tick. */
  told: bigint | undefined;
  /** The height at which it was asked because it seemed to be ahead. */
  askedAhead: bigint | undefined;
  /** Parts that were sent to it, each with the tick; kept for a while. */
  readonly sentParts: Map<string, number>;
  readonly joinedTick: number;
  /** Of its messages since the last tick. */
  rejects: number;
  /** What may still be sent to it in this tick because it lacks it. */
  headsLeft: number;
  partsLeft: number;
  havesLeft: number;
}

/**
 * A part that was sent, or published by this node, is on its way for so long: a peer that does not name it has not read it yet.
 * Streams are reliable, so what gets lost found no room in a queue, and is sent again after that.
 */
const ON_ITS_WAY_TICKS = 5;

const pieceName = (block: string, index: number) => `${block}/${index}`;

export class Peers {
  readonly #limits: GossipLimits;
  readonly #peers = new Map<PeerId, Peer>();
  /** Where the next tick goes on asking. */
  #turn = 0;
  #tick = 0;
  /** Blocks that this node published, each with the tick. */
  readonly #published = new Map<string, number>();

  constructor(limits: GossipLimits) {
    this.#limits = limits;
  }

  join(id: PeerId): Peer {
    const kept = { sentParts: new Map(), joinedTick: this.#tick };
    const peer = { id, height: undefined, askedAhead: undefined, ...kept, ...this.#fresh() };
    this.#peers.set(id, peer);
    return peer;
  }

  leave(id: PeerId): void {
    this.#peers.delete(id);
  }

  get(id: PeerId): Peer | undefined {
    return this.#peers.get(id);
  }

  all(): IterableIterator<Peer> {
    return this.#peers.values();
  }

  onTick(): void {
    this.#tick++;
    this.#forgetOld(this.#published);
    for (const peer of this.#peers.values()) {
      Object.assign(peer, this.#fresh());
      this.#forgetOld(peer.sentParts);
    }
  }

  /** All parts of a block went out by the topic, to whoever is there. */
  published(block: string): void {
    this.#published.set(block, this.#tick);
  }

  sent(peer: Peer, block: string, index: number): void {
    peer.sentParts.set(pieceName(block, index), this.#tick);
  }

  /** Whether the part was sent to the peer a moment ago. */
  isOnItsWay(peer: Peer, block: string, index: number): boolean {
    if (peer.sentParts.has(pieceName(block, index))) return true;
    const at = this.#published.get(block);
    return at !== undefined && peer.joinedTick <= at;
  }

  /** Of what was sent at some tick; the oldest stand first. */
  #forgetOld(sent: Map<string, number>): void {
    for (const [name, tick] of sent) {
      if (tick > this.#tick - ON_ITS_WAY_TICKS) return;
      sent.delete(name);
    }
  }

  /** Up to `count` peers that may have what is lacking at `height`, in turns; whoever is ahead has all of it. */
  toAsk(height: bigint, count: number): Peer[] {
    const last = height + BigInt(this.#limits.behindHeightsMax);
    const useful = ({ told, height: at }: Peer) =>
      told !== height && (at === undefined || (at >= height - 1n && at <= last));
    const peers = [...this.#peers.values()];
    const from = peers.length === 0 ? 0 : this.#turn % peers.length;
    this.#turn = from + count;
    const inTurn = [...peers.slice(from), ...peers.slice(0, from)].filter(useful);
    const ahead = inTurn.find((peer) => isAhead(peer, height));
    return (ahead === undefined ? inTurn : [ahead, ...inTurn.filter((peer) => peer !== ahead)]).slice(0, count);
  }

  /** Whether a peer that can still help with `height` has left it behind. */
  anyAhead(height: bigint): boolean {
    const last = height + BigInt(this.#limits.behindHeightsMax);
    for (const peer of this.#peers.values()) if (isAhead(peer, height) && peer.height! <= last) return true;
    return false;
  }

  #fresh(): Omit<Peer, "id" | "height" | "askedAhead" | "sentParts" | "joinedTick"> {
    const { helpHeadsPerTickMax, helpPartsPerTickMax, haveAnsweredPerTickMax } = this.#limits;
    return {
      told: undefined,
      rejects: 0,
      headsLeft: helpHeadsPerTickMax,
      partsLeft: helpPartsPerTickMax,
      havesLeft: haveAnsweredPerTickMax,
    };
  }
}

const isAhead = (peer: Peer, height: bigint): boolean => peer.height !== undefined && peer.height > height;
