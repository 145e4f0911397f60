/**
 * Messages that cannot be judged yet: of heights after the next, or of far rounds. Anybody can make them up, so what a peer
 * makes us keep is bounded for that peer, and the peer with most gives way when all together have too much.
 * @module
 */
import type { Part } from "cosmjs-types/tendermint/types/types";
import type { GossipFacts } from "../consensus/engine.ts";
import type { PeerId } from "../core/peer.ts";
import type { GossipLimits } from "./limits.ts";

export interface WaitingHead<M> {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly message: M;
  readonly facts: GossipFacts;
  readonly from: PeerId;
  /** Each is part of the block that the head names. */
  readonly parts: Map<number, Part>;
}

interface Lane<M> {
  readonly heads: Map<string, WaitingHead<M>>;
  bytes: number;
}

/** What a head costs beside its bytes. */
const HEAD_COST_BYTES = 512;

export class Waiting<M> {
  readonly #limits: GossipLimits;
  readonly #lanes = new Map<PeerId, Lane<M>>();
  #bytes = 0;

  constructor(limits: GossipLimits) {
    this.#limits = limits;
  }

  /** Of all peers. */
  get bytes(): number {
    return this.#bytes;
  }

  get(peer: PeerId, name: string): WaitingHead<M> | undefined {
    return this.#lanes.get(peer)?.heads.get(name);
  }

  /** False when there is no room. */
  add(head: WaitingHead<M>): boolean {
    let lane = this.#lanes.get(head.from);
    if ((lane?.heads.size ?? 0) >= this.#limits.waitingHeadsPerPeerMax) return false;
    const cost = head.bytes.length + HEAD_COST_BYTES;
    if (!this.#makeRoom(head.from, lane, cost)) return false;
    if (lane === undefined) this.#lanes.set(head.from, lane = { heads: new Map(), bytes: 0 });
    lane.heads.set(head.name, head);
    lane.bytes += cost;
    this.#bytes += cost;
    return true;
  }

  /** Keeps a part with a head that waits; false when there is no room or it is known. */
  addPart(head: WaitingHead<M>, part: Part): boolean {
    const lane = this.#lanes.get(head.from);
    if (lane === undefined || head.parts.has(part.index)) return false;
    if (!this.#makeRoom(head.from, lane, part.bytes.length)) return false;
    head.parts.set(part.index, part);
    lane.bytes += part.bytes.length;
    this.#bytes += part.bytes.length;
    return true;
  }

  /** Takes out the heads that `due` names. */
  take(due: (facts: GossipFacts) => boolean): WaitingHead<M>[] {
    const taken: WaitingHead<M>[] = [];
    for (const [peer, lane] of this.#lanes) {
      for (const head of lane.heads.values()) {
        if (!due(head.facts)) continue;
        taken.push(head);
        lane.heads.delete(head.name);
        this.#free(lane, costOf(head));
      }
      if (lane.heads.size === 0) this.#lanes.delete(peer);
    }
    return taken;
  }

  drop(peer: PeerId): void {
    const lane = this.#lanes.get(peer);
    if (lane === undefined) return;
    this.#bytes -= lane.bytes;
    this.#lanes.delete(peer);
  }

  clear(): void {
    this.#lanes.clear();
    this.#bytes = 0;
  }

  #free(lane: Lane<M>, bytes: number): void {
    lane.bytes -= bytes;
    this.#bytes -= bytes;
  }

  #makeRoom(peer: PeerId, lane: Lane<M> | undefined, cost: number): boolean {
    const own = (lane?.bytes ?? 0) + cost;
    if (own > this.#limits.waitingBytesPerPeerMax) return false;
    while (this.#bytes + cost > this.#limits.waitingBytesMax) {
      let heaviest: PeerId | undefined;
      let most = own;
      for (const [id, { bytes }] of this.#lanes) if (id !== peer && bytes > most) [heaviest, most] = [id, bytes];
      if (heaviest === undefined) return false;
      this.drop(heaviest);
    }
    return true;
  }
}

function costOf<M>({ bytes, parts }: WaitingHead<M>): number {
  let cost = bytes.length + HEAD_COST_BYTES;
  for (const part of parts.values()) cost += part.bytes.length;
  return cost;
}
