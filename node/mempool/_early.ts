/**
 * Transactions of peers that came before those they follow: batches take different ways, and what is lost or refused for want of
 * room leaves a gap. They wait until the sequence is theirs. Nothing is known of their signatures, so what a peer makes us keep is
 * bounded for that peer. Pure.
 * @module
 */
import type { PeerId } from "../core/peer.ts";

/** A transaction whose time may come. */
export interface EarlyTx {
  readonly key: string;
  readonly hash: Uint8Array;
  readonly tx: Uint8Array;
  readonly from: PeerId;
  /** Hex of the account. */
  readonly sender: string;
  readonly sequence: bigint;
  /** When it came, in milliseconds. */
  readonly since: number;
}

/** Of one peer, and of all: at full load those of a second or more. */
const PEER_COUNT_MAX = 2_048;
const PEER_BYTES_MAX = 4 * 1024 * 1024;
const COUNT_MAX = 8_192;
const BYTES_MAX = 16 * 1024 * 1024;
/** What its predecessors do not follow within this time, in milliseconds, has to be sent again. */
export const EARLY_MS_MAX = 15_000;
/** Further ahead than anybody sends at once. */
const AHEAD_MAX = 10_000n;

interface Share {
  count: number;
  bytes: number;
}

export class EarlyTxs {
  /** By sender, in order of sequences. */
  readonly #senders = new Map<string, EarlyTx[]>();
  readonly #byKey = new Map<string, EarlyTx>();
  readonly #shares = new Map<PeerId, Share>();
  #bytes = 0;

  get count(): number {
    return this.#byKey.size;
  }

  /** Keeps one that is ahead of `awaited`, if there is room. */
  add(early: EarlyTx, awaited: bigint, now: number): boolean {
    const { key, from, sender, sequence, since, tx } = early;
    if (sequence <= awaited || sequence - awaited > AHEAD_MAX || now - since > EARLY_MS_MAX) return false;
    if (this.#byKey.has(key) || !this.#hasRoom(from, tx.length, now)) return false;
    this.#byKey.set(key, early);
    this.#count(early, 1);
    const queue = this.#senders.get(sender);
    if (queue === undefined) this.#senders.set(sender, [early]);
    else {
      // They come in order as a rule.
      let at = queue.length;
      while (at > 0 && queue[at - 1]!.sequence > sequence) at--;
      queue.splice(at, 0, early);
    }
    return true;
  }

  /** Takes out those of a sender whose sequence is `awaited`; those before it are of no use any more. */
  take(sender: string, awaited: bigint): EarlyTx[] {
    const queue = this.#senders.get(sender);
    if (queue === undefined) return [];
    let end = 0;
    while (end < queue.length && queue[end]!.sequence <= awaited) end++;
    const out = queue.slice(0, end);
    if (end === queue.length) this.#senders.delete(sender);
    else queue.splice(0, end);
    for (const early of out) this.#forget(early);
    return out.filter(({ sequence }) => sequence === awaited);
  }

  /** Takes out the first of each sender, of at most `max` of them; those that stay are first the next time. */
  takeFirsts(max: number): EarlyTx[] {
    const out: EarlyTx[] = [];
    for (const [sender, queue] of [...this.#senders.entries()].slice(0, max)) {
      const first = queue.shift()!;
      this.#forget(first);
      out.push(first);
      this.#senders.delete(sender);
      if (queue.length > 0) this.#senders.set(sender, queue);
    }
    return out;
  }

  /** It is in a block. */
  remove(key: string): void {
    const early = this.#byKey.get(key);
    if (early === undefined) return;
    const queue = this.#senders.get(early.sender)!;
    queue.splice(queue.indexOf(early), 1);
    if (queue.length === 0) this.#senders.delete(early.sender);
    this.#forget(early);
  }

  #hasRoom(from: PeerId, bytes: number, now: number): boolean {
    const fits = () => {
      const share = this.#shares.get(from) ?? { count: 0, bytes: 0 };
      return share.count < PEER_COUNT_MAX && share.bytes + bytes <= PEER_BYTES_MAX &&
        this.count < COUNT_MAX && this.#bytes + bytes <= BYTES_MAX;
    };
    if (fits()) return true;
    // In order of arrival, but for those that were tried again.
    for (const [key, { since }] of this.#byKey) {
      if (now - since <= EARLY_MS_MAX) break;
      this.remove(key);
    }
    return fits();
  }

  #forget(early: EarlyTx): void {
    this.#byKey.delete(early.key);
    this.#count(early, -1);
  }

  #count({ from, tx }: EarlyTx, sign: 1 | -1): void {
    const share = this.#shares.get(from) ?? { count: 0, bytes: 0 };
    share.count += sign;
    share.bytes += sign * tx.length;
    this.#bytes += sign * tx.length;
    if (share.count === 0) this.#shares.delete(from);
    else this.#shares.set(from, share);
  }
}
