/** The snapshots that peers offer, and who offers them: CometBFT v0.38 `statesync/snapshots.go`. @module */
import { equalBytes } from "../core/bytes.ts";
import type { PeerId } from "../core/peer.ts";
import { OFFERS_BYTES_PER_PEER_MAX, OFFERS_PER_PEER_MAX, REJECTED_MAX } from "./state_limits.ts";
import type { SnapshotOffer, SnapshotReading } from "./state_ports.ts";

/** A snapshot that can be fetched, as far as its own words go. */
export interface Offer {
  readonly key: string;
  readonly height: bigint;
  readonly metadata: Uint8Array;
  readonly appHash: Uint8Array;
  readonly chunkHashes: readonly Uint8Array[];
  readonly peers: Set<PeerId>;
}

/** How often what a peer offered came to nothing. */
export type Disappointments = (peer: PeerId) => number;

export class Offers {
  readonly #read: SnapshotReading;
  readonly #offers = new Map<string, Offer>();
  /** Snapshots that are not what they say; by key. */
  readonly #rejected = new Set<string>();

  constructor(read: SnapshotReading) {
    this.#read = read;
  }

  get count(): number {
    return this.#offers.size;
  }

  /** Takes what a peer offers in place of what it offered before. Why that cannot be an honest offer; undefined: it can. */
  offered(peer: PeerId, offers: readonly SnapshotOffer[]): string | undefined {
    this.left(peer);
    let bytes = 0;
    for (const offer of offers.slice(0, OFFERS_PER_PEER_MAX)) {
      bytes += offer.metadata.length;
      if (bytes > OFFERS_BYTES_PER_PEER_MAX) return undefined;
      const fault = this.#take(peer, offer);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #take(peer: PeerId, { height, format, chunks, hash, metadata }: SnapshotOffer): string | undefined {
    // Formats to come are nobody's fault.
    if (format !== this.#read.format) return undefined;
    const key = `${height}/${hash.toHex()}`;
    const known = this.#offers.get(key);
    if (known !== undefined) {
      if (!equalBytes(known.metadata, metadata)) {
        return `the metadata of the snapshot of ${height} are not those of its hash`;
      }
      known.peers.add(peer);
      return undefined;
    }
    if (this.#rejected.has(key)) return undefined;
    const read = this.#read.metadata(metadata);
    if (read === undefined) return `the metadata of the snapshot of ${height} are malformed`;
    if (!equalBytes(read.hash, hash) || read.chunkHashes.length !== chunks) {
      return `hash or number of chunks of the snapshot of ${height} are not those of its metadata`;
    }
    const { appHash, chunkHashes } = read;
    this.#offers.set(key, { key, height, metadata, appHash, chunkHashes, peers: new Set([peer]) });
    return undefined;
  }

  /** The peer offers nothing any more. */
  left(peer: PeerId): void {
    for (const offer of this.#offers.values()) this.withdrawn(offer, peer);
  }

  /** The peer does not offer this one any more. */
  withdrawn(offer: Offer, peer: PeerId): void {
    if (offer.peers.delete(peer) && offer.peers.size === 0) this.#forget(offer);
  }

  /** Never again this one. */
  reject(offer: Offer): void {
    this.#rejected.add(offer.key);
    if (this.#rejected.size > REJECTED_MAX) {
      for (const oldest of this.#rejected) {
        this.#rejected.delete(oldest);
        break;
      }
    }
    this.#forget(offer);
  }

  #forget(offer: Offer): void {
    this.#offers.delete(offer.key);
  }

  /**
   * The highest one from `lowest` on; of those the one that most peers have. What those offer who disappointed less comes
   * first: who makes up snapshots cannot keep others from their turn.
   */
  best(lowest: bigint, disappointments: Disappointments): Offer | undefined {
    let best: readonly [offer: Offer, rank: number] | undefined;
    for (const offer of this.#offers.values()) {
      if (offer.height < lowest) continue;
      const rank = Math.min(...[...offer.peers].map(disappointments));
      if (best === undefined || rank < best[1] || (rank === best[1] && isBetter(offer, best[0]))) best = [offer, rank];
    }
    return best?.[0];
  }
}

function isBetter(a: Offer, b: Offer): boolean {
  if (a.height !== b.height) return a.height > b.height;
  return a.peers.size !== b.peers.size ? a.peers.size > b.peers.size : a.key < b.key;
}
