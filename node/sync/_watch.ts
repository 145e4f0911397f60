/**
 * Whether consensus has been left behind. A peer's word only leads to a question; the block it sends must be proven; and
 * even then consensus has some time to come there by itself.
 * @module
 */
import {
  BACKOFF_DOUBLINGS_MAX,
  BEHIND_MS,
  BEHIND_ONE_MS,
  HOLD_MS,
  HOLD_ONE_MS,
  PROBE_EVERY_MS,
  RECOVERED_BLOCKS,
  WATCH_MS_MIN,
} from "./block_limits.ts";
import { doubled, type PeerTable, type SyncPeer } from "./_peers.ts";

export interface Probe {
  readonly peer: SyncPeer;
  readonly height: bigint;
}

export class Watch {
  #next = 0n;
  #enteredAt = 0;
  #enteredNext = 0n;
  /** Since when peers claim to be two, or one, ahead of the height that runs. */
  #behindSince: number | undefined;
  #behindOneSince: number | undefined;
  /** It is proven that the network has decided the height that runs; until then consensus may come there by itself. */
  #graceEnd: number | undefined;
  #probedAt = -Infinity;
  /** How often in a row consensus was left without having got anywhere. */
  #failures = 0;

  /** How often it was tried in vain, for whoever decides when to try again. */
  get failures(): number {
    return Math.min(this.#failures, BACKOFF_DOUBLINGS_MAX);
  }

  get next(): bigint {
    return this.#next;
  }

  enter(next: bigint, now: number): void {
    this.#next = this.#enteredNext = next;
    this.#enteredAt = now;
    this.#forget();
  }

  /** Consensus is at `next` now. */
  moved(next: bigint): void {
    if (next <= this.#next) return;
    this.#next = next;
    this.#forget();
    if (next - this.#enteredNext >= RECOVERED_BLOCKS) this.#failures = 0;
  }

  /** `height` is decided, elsewhere. */
  proven(height: bigint, now: number): void {
    if (height < this.#next) return;
    this.#graceEnd = now + (height === this.#next ? HOLD_ONE_MS : HOLD_MS);
  }

  /** The time that consensus had is over. */
  isLost(now: number): boolean {
    if (this.#graceEnd === undefined || now < this.#graceEnd) return false;
    if (now - this.#enteredAt < doubled(WATCH_MS_MIN, this.failures, Infinity)) return false;
    this.#failures++;
    return true;
  }

  /** Whom to ask for which block, if it is time. */
  probe(peers: PeerTable, now: number): Probe | undefined {
    const two = firstAhead(peers, this.#next + 2n, now);
    const one = two ?? firstAhead(peers, this.#next + 1n, now);
    this.#behindSince = two && (this.#behindSince ?? now);
    this.#behindOneSince = one && (this.#behindOneSince ?? now);
    if (this.#graceEnd !== undefined || now - this.#probedAt < PROBE_EVERY_MS) return undefined;
    let probe: Probe | undefined;
    if (two && now - this.#behindSince! >= BEHIND_MS) probe = { peer: two, height: this.#next + 1n };
    else if (one && now - this.#behindOneSince! >= BEHIND_ONE_MS) probe = { peer: one, height: this.#next };
    if (probe === undefined) return undefined;
    this.#probedAt = probe.peer.probedAt = now;
    return probe;
  }

  #forget(): void {
    this.#graceEnd = this.#behindSince = this.#behindOneSince = undefined;
  }
}

/** Of the peers that claim to decide `height` or more, the one that was not asked for longest: nobody starves the others. */
function firstAhead(peers: PeerTable, height: bigint, now: number): SyncPeer | undefined {
  let first: SyncPeer | undefined;
  for (const peer of peers.usable(now)) {
    if (peer.height < height || peer.base >= height) continue;
    if (first === undefined || peer.probedAt < first.probedAt) first = peer;
  }
  return first;
}
