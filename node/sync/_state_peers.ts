/** What state sync thinks of its peers. @module */
import type { PeerId } from "../core/peer.ts";
import {
  STATE_PAUSE_MS,
  STATE_PAUSE_MS_MAX,
  STATE_PEER_REQUESTS_MAX,
  STATE_QUESTIONS_BURST,
  STATE_QUESTIONS_PER_SECOND,
} from "./state_limits.ts";

/** Liars that are remembered; the network bans them as well. */
const LIARS_MAX = 1_000;

export interface StatePeer {
  readonly id: PeerId;
  /** Questions in flight. */
  requests: number;
  /** Questions in a row without an answer in time. */
  failures: number;
  pausedUntil: number;
  /** Questions it may be asked at once, as of `countedAt`. */
  allowance: number;
  countedAt: number;
  /** Snapshots it offered that came to nothing. */
  disappointments: number;
}

export class StatePeers {
  readonly #peers = new Map<PeerId, StatePeer>();
  readonly #liars = new Set<PeerId>();

  /** False for one that lied before. */
  joined(id: PeerId): boolean {
    if (this.#liars.has(id)) return false;
    if (!this.#peers.has(id)) {
      this.#peers.set(id, {
        id,
        requests: 0,
        failures: 0,
        pausedUntil: 0,
        disappointments: 0,
        allowance: STATE_QUESTIONS_BURST,
        countedAt: 0,
      });
    }
    return true;
  }

  left(id: PeerId): void {
    this.#peers.delete(id);
  }

  get(id: PeerId): StatePeer | undefined {
    return this.#peers.get(id);
  }

  /** All that are connected and did not lie, in the order of joining. */
  get all(): StatePeer[] {
    return [...this.#peers.values()];
  }

  /** Nothing it says counts any more. */
  lied(id: PeerId): void {
    this.#peers.delete(id);
    if (this.#liars.size < LIARS_MAX) this.#liars.add(id);
  }

  failed(id: PeerId, now: number): void {
    const peer = this.#peers.get(id);
    if (peer === undefined) return;
    peer.pausedUntil = now + Math.min(STATE_PAUSE_MS * 2 ** peer.failures, STATE_PAUSE_MS_MAX);
    peer.failures++;
  }

  answered(id: PeerId): void {
    const peer = this.#peers.get(id);
    if (peer !== undefined) peer.failures = 0;
  }

  /** A question goes to the peer. */
  asked(peer: StatePeer): void {
    peer.requests++;
    peer.allowance--;
  }

  /** Those of `ids` that may be asked now, who has the least to do first. */
  free(ids: Iterable<PeerId>, now: number): StatePeer[] {
    const free: StatePeer[] = [];
    for (const id of ids) {
      const peer = this.#peers.get(id);
      if (peer === undefined || peer.pausedUntil > now || peer.requests >= STATE_PEER_REQUESTS_MAX) continue;
      const earned = (now - peer.countedAt) * STATE_QUESTIONS_PER_SECOND / 1000;
      peer.allowance = Math.min(STATE_QUESTIONS_BURST, peer.allowance + earned);
      peer.countedAt = now;
      if (peer.allowance >= 1) free.push(peer);
    }
    return free.sort((a, b) => a.requests - b.requests || a.failures - b.failures);
  }
}
