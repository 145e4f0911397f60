/** What block sync knows and thinks of its peers. @module */
import type { PeerId } from "../core/peer.ts";
import {
  DOUBT_MS,
  FAILURE_MS,
  FAILURE_MS_MAX,
  FAILURES_REPORTED,
  LIE_MS,
  LIE_MS_MAX,
  PATIENCE_MS,
  PATIENCE_MS_MAX,
  PEERS_MAX,
} from "./block_limits.ts";

export interface SyncPeer {
  readonly id: PeerId;
  /** It says that it has the blocks from `base` to below `height`. */
  base: bigint;
  height: bigint;
  connected: boolean;
  /** Questions in flight. */
  requests: number;
  /** Bytes per second of its last answers; undefined: never measured. */
  rate: number | undefined;
  lies: number;
  /** Answers in a row that brought nothing in time. */
  failures: number;
  /** How often in a row somebody else was faster for the same blocks. */
  beatings: number;
  /** Not asked and not believed, because it lied. */
  distrustedUntil: number;
  /** Not asked, because it failed or was too slow. */
  pausedUntil: number;
  /** Asked, but perhaps not believed: it did not give what it claimed. */
  doubtedUntil: number;
  /** When it was last asked while watching. */
  probedAt: number;
}

/** `base * 2^times`, at most `max`. */
export const doubled = (base: number, times: number, max: number): number => Math.min(base * 2 ** times, max);

export class PeerTable {
  readonly #peers = new Map<PeerId, SyncPeer>();

  /** Peers that told where they are and are connected. */
  get count(): number {
    let count = 0;
    for (const peer of this.#peers.values()) if (peer.connected) count++;
    return count;
  }

  /** Remembers what a peer says. True when it is new. */
  heard(id: PeerId, base: bigint, height: bigint, now: number): boolean {
    const known = this.#peers.get(id);
    if (known !== undefined) {
      const isNew = !known.connected;
      Object.assign(known, { base, height, connected: true });
      return isNew;
    }
    if (this.#peers.size >= PEERS_MAX && !this.#makeRoom(now)) return false;
    this.#peers.set(id, {
      id,
      base,
      height,
      connected: true,
      requests: 0,
      rate: undefined,
      lies: 0,
      failures: 0,
      beatings: 0,
      distrustedUntil: 0,
      pausedUntil: 0,
      doubtedUntil: 0,
      probedAt: -Infinity,
    });
    return true;
  }

  /** It is gone; what it did is remembered as long as it would count. */
  left(id: PeerId, now: number): void {
    const peer = this.#peers.get(id);
    if (peer === undefined) return;
    peer.connected = false;
    if (isForgiven(peer, now)) this.#peers.delete(id);
  }

  get(id: PeerId): SyncPeer | undefined {
    return this.#peers.get(id);
  }

  /** Those that may be asked. */
  *usable(now: number): Generator<SyncPeer> {
    for (const peer of this.#peers.values()) if (isUsable(peer, now)) yield peer;
  }

  /** The highest height that a peer says to decide, of those that are not known to lie; 0: none. */
  claimed(now: number): bigint {
    return this.#highest((peer) => peer.distrustedUntil <= now);
  }

  /** The same without those that failed to give what they claim: always if they never gave anything. */
  believed(now: number, trustsDoubted: boolean): bigint {
    return this.#highest((peer) => {
      if (peer.distrustedUntil > now) return false;
      return peer.doubtedUntil <= now || (trustsDoubted && peer.rate !== undefined);
    });
  }

  #highest(counts: (peer: SyncPeer) => boolean): bigint {
    let highest = 0n;
    for (const peer of this.#peers.values()) {
      if (peer.connected && peer.height > highest && counts(peer)) highest = peer.height;
    }
    return highest;
  }

  /** Somebody gone makes room, first whoever would be forgiven first. */
  #makeRoom(now: number): boolean {
    let first: SyncPeer | undefined;
    for (const peer of this.#peers.values()) {
      if (peer.connected) continue;
      if (isForgiven(peer, now)) return this.#peers.delete(peer.id);
      if (first === undefined || peer.distrustedUntil < first.distrustedUntil) first = peer;
    }
    return first !== undefined && this.#peers.delete(first.id);
  }
}

const isForgiven = (peer: SyncPeer, now: number): boolean => peer.distrustedUntil <= now && peer.pausedUntil <= now;
const isUsable = (peer: SyncPeer, now: number): boolean => peer.connected && isForgiven(peer, now);

/** By its own word, has it the block of `height`? */
export const claims = (peer: SyncPeer, height: bigint): boolean => peer.base <= height && height < peer.height;

/** It said something that is not so. */
export function lied(peer: SyncPeer, now: number): void {
  peer.distrustedUntil = now + doubled(LIE_MS, peer.lies, LIE_MS_MAX);
  peer.lies++;
}

/** It was slower than another. That is nothing to reproach, but it is not asked so soon, and perhaps claims too much. */
export function beaten(peer: SyncPeer, now: number): void {
  peer.pausedUntil = now + doubled(FAILURE_MS, peer.beatings, FAILURE_MS_MAX);
  peer.doubtedUntil = now + DOUBT_MS;
  peer.beatings++;
}

/** It brought nothing in time, or could not be reached. True when it is time to say so. */
export function failed(peer: SyncPeer, now: number): boolean {
  // Questions that were asked together fail together: that is one failure.
  if (peer.pausedUntil > now) return false;
  peer.pausedUntil = now + doubled(FAILURE_MS, peer.failures, FAILURE_MS_MAX);
  peer.doubtedUntil = now + DOUBT_MS;
  peer.failures++;
  return peer.failures % FAILURES_REPORTED === 0;
}

/** How long it may take to send a frame. */
export const patienceOf = (peer: SyncPeer): number => doubled(PATIENCE_MS, peer.failures, PATIENCE_MS_MAX);

/** It sent `bytes` in `ms`. */
export function measured(peer: SyncPeer, bytes: number, ms: number): void {
  const rate = bytes * 1000 / Math.max(ms, 1);
  peer.rate = peer.rate === undefined ? rate : (peer.rate + rate) / 2;
}
