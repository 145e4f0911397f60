/**
 * The pool of pending transactions: a pure machine, bounded by count and bytes, O(log n) per operation. Within a sender,
 * transactions run in sequence order without gaps; between senders, the one whose next transaction pays most goes
 * first, then the one who came first.
 *
 * There is no replacing of a pending transaction by one of the same sequence with a higher fee: the check of every later
 * transaction of that sender rested on the one replaced, and so might anything a client was told. Who is in a hurry pays
 * more for the next sequence; who paid too little waits or is pushed out.
 * @module
 */
import { invariant } from "../core/invariant.ts";
import { IndexedHeap } from "./_indexed_heap.ts";
import { SeenCache } from "./_seen_cache.ts";
import { SenderQueue } from "./_sender_queue.ts";
import type { InsertResult, PoolCandidate, PoolLimits, PoolTx } from "./types.ts";

/** A newcomer pushes out at most this many; more would make one insertion expensive. */
const EVICTIONS_MAX = 64;
/** `reap` passes over at most this many senders whose next transaction does not fit. */
const REAP_MISFITS_MAX = 64;

/** Bytes of `size` payload bytes as one element of the repeated field `Data.txs`. */
export function dataBytes(size: number): number {
  let bytes = 2 + size;
  for (let rest = size >>> 7; rest > 0; rest >>>= 7) bytes++;
  return bytes;
}

const runsBefore = (a: PoolTx, b: PoolTx): boolean =>
  a.priority !== b.priority ? a.priority > b.priority : a.arrival < b.arrival;

export class Pool {
  readonly #limits: PoolLimits;
  readonly #byKey = new Map<string, PoolTx>();
  readonly #senders = new Map<string, SenderQueue>();
  /** Whose next transaction is best. */
  readonly #best = new IndexedHeap<SenderQueue>((a, b) => runsBefore(a.head, b.head));
  /** Whose last transaction is worst: only a last one can go without leaving a gap. */
  readonly #worst = new IndexedHeap<SenderQueue>((a, b) => runsBefore(b.tail, a.tail));
  readonly #seen: SeenCache;
  /**
   * Senders who lost their tail, or whose transaction found no room after its check: the sequence that is missing. The
   * check state still counts it as run, so later sequences pass their check but must not enter until the check state is
   * rebuilt from this pool.
   */
  readonly #missing = new Map<string, bigint>();
  #bytes = 0;
  #arrivals = 0;

  constructor(limits: PoolLimits) {
    this.#limits = limits;
    this.#seen = new SeenCache(limits.seenCountMax);
  }

  get count(): number {
    return this.#byKey.size;
  }

  /** Bytes of the pending transactions. */
  get bytes(): number {
    return this.#bytes;
  }

  /** True when so many were turned away since the last block that no more can be told apart: do not check, refuse. */
  get congested(): boolean {
    return this.#missing.size >= this.#limits.countMax;
  }

  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  /** True for what is pending and for what was seen lately. */
  seen(key: string): boolean {
    return this.#byKey.has(key) || this.#seen.has(key);
  }

  /** Remembers a hash before its check, so that copies are not checked meanwhile; false when it was known. */
  remember(key: string): boolean {
    if (this.seen(key)) return false;
    this.#seen.add(key);
    return true;
  }

  /** Lets a hash be submitted again: its check failed for a reason that may pass. */
  forget(key: string): void {
    this.#seen.remove(key);
  }

  /** Takes in a transaction that passed its check. The caller has bounded its size. */
  insert(candidate: PoolCandidate): InsertResult {
    if (this.#byKey.has(candidate.key)) return { ok: false, reason: "seen", log: "tx already exists in cache" };
    const entry = this.#entryOf(candidate);
    const gap = this.#gapBefore(entry);
    if (gap !== undefined) return { ok: false, reason: "sequence_gap", log: gap };
    const evicted = this.#makeRoom(entry);
    if (evicted === undefined) {
      this.#miss(entry);
      return { ok: false, reason: "full", log: this.#fullLog() };
    }
    for (const out of evicted) {
      this.#seen.remove(out.key);
      this.#miss(out);
    }
    this.#missing.delete(entry.sender);
    this.#append(entry);
    return { ok: true, evicted };
  }

  /** Transactions for a block: at most `bytesMax` bytes of Data and `gasMax` gas (-1: no bound), best first. */
  reap(bytesMax: number, gasMax: bigint): Uint8Array[] {
    const taken: Uint8Array[] = [];
    let bytes = 0;
    let gas = 0n;
    let misfits = 0;
    for (const [entry, refuse] of this.#walk()) {
      const fits = bytes + entry.blockBytes <= bytesMax && (gasMax < 0n || gas + entry.gasWanted <= gasMax);
      if (fits) {
        taken.push(entry.tx);
        bytes += entry.blockBytes;
        gas += entry.gasWanted;
      } else {
        refuse();
        if (++misfits >= REAP_MISFITS_MAX) break;
      }
    }
    return taken;
  }

  /** The first `limit` transactions in the order of {@linkcode reap}. */
  peek(limit: number): Uint8Array[] {
    const out: Uint8Array[] = [];
    if (limit <= 0) return out;
    for (const [entry] of this.#walk()) {
      out.push(entry.tx);
      if (out.length >= limit) break;
    }
    return out;
  }

  /**
   * A block is committed. `committed`: hash and whether it succeeded (what failed may be submitted again). Its
   * transactions leave, and so do those of their senders that no longer follow without a gap. The check state starts
   * over with what stays: the caller rechecks {@linkcode pending}.
   */
  update(committed: readonly { readonly key: string; readonly succeeded: boolean }[]): PoolTx[] {
    this.#missing.clear();
    const touched = new Map<SenderQueue, Set<string>>();
    for (const { key, succeeded } of committed) {
      if (succeeded) this.#seen.add(key);
      else this.#seen.remove(key);
      const entry = this.#byKey.get(key);
      if (entry === undefined) continue;
      const queue = this.#senders.get(entry.sender)!;
      const keys = touched.get(queue);
      if (keys === undefined) touched.set(queue, new Set([key]));
      else keys.add(key);
    }
    const dropped: PoolTx[] = [];
    for (const [queue, keys] of touched) this.#settle(queue, keys, dropped);
    return dropped;
  }

  /** Takes out a transaction and those of its sender that came after it; returns them in order, none if unknown. */
  remove(key: string): PoolTx[] {
    const entry = this.#byKey.get(key);
    if (entry === undefined) return [];
    const queue = this.#senders.get(entry.sender)!;
    const out: PoolTx[] = [];
    for (let left = queue.length - queue.indexOf(entry); left > 0; left--) out.push(this.#unlink(queue.dropTail()));
    for (const dropped of out) this.#seen.remove(dropped.key);
    this.#reorder(queue);
    return out.reverse();
  }

  /** All pending transactions, each sender's in sequence order: what is to be rechecked. */
  pending(): PoolTx[] {
    const out: PoolTx[] = [];
    for (const queue of this.#senders.values()) for (const entry of queue) out.push(entry);
    return out;
  }

  /** The place of the next to arrive: all that are pending now come before it. */
  get arrivals(): number {
    return this.#arrivals;
  }

  /**
   * Pending transactions in order of arrival, from `place` on and before `end`: at most `bytesMax` bytes of them, but one at
   * least. `next` is where to go on; undefined when that was all.
   */
  pendingFrom(
    place: number,
    bytesMax: number,
    end = Infinity,
  ): { readonly txs: readonly Uint8Array[]; readonly next: number | undefined } {
    const txs: Uint8Array[] = [];
    let bytes = 0;
    for (const { arrival, tx } of this.#byKey.values()) {
      if (arrival < place || arrival >= end) continue;
      if (txs.length > 0 && bytes + tx.length > bytesMax) return { txs, next: arrival };
      txs.push(tx);
      bytes += tx.length;
    }
    return { txs, next: undefined };
  }

  #entryOf(candidate: PoolCandidate): PoolTx {
    const { key, tx, sender, priority, gasWanted } = candidate;
    const own = sender.length === 0;
    return {
      key,
      tx,
      sender: own ? `tx:${key}` : sender.toHex(),
      sequence: own ? 0n : candidate.sequence,
      priority,
      gasWanted,
      blockBytes: dataBytes(tx.length),
      arrival: this.#arrivals++,
    };
  }

  #miss(entry: PoolTx): void {
    const missing = this.#missing.get(entry.sender);
    if (missing === undefined || entry.sequence < missing) this.#missing.set(entry.sender, entry.sequence);
  }

  #gapBefore(entry: PoolTx): string | undefined {
    const missing = this.#missing.get(entry.sender);
    if (missing !== undefined && missing !== entry.sequence) {
      return `sequence ${entry.sequence} cannot wait here: ${missing} of the same account was pushed out`;
    }
    const queue = this.#senders.get(entry.sender);
    if (queue === undefined) return undefined;
    const expected = queue.tail.sequence + 1n;
    if (entry.sequence === expected) return undefined;
    return `sequence ${entry.sequence} cannot wait here: the next of this account is ${expected}`;
  }

  /** Pushes out what pays less until `entry` fits; undefined, and nothing changed, when that is not possible. */
  #makeRoom(entry: PoolTx): PoolTx[] | undefined {
    const size = entry.tx.length;
    const { countMax, bytesMax } = this.#limits;
    if (size > bytesMax || countMax < 1) return undefined;
    const evicted: PoolTx[] = [];
    while (this.count + 1 > countMax || this.#bytes + size > bytesMax) {
      const queue = this.#worstExcept(entry.sender);
      const blocked = queue === undefined || queue.tail.priority >= entry.priority ||
        evicted.length >= EVICTIONS_MAX;
      if (blocked) {
        for (const back of evicted.reverse()) this.#append(back);
        return undefined;
      }
      evicted.push(this.#unlink(queue.dropTail()));
      this.#reorder(queue);
    }
    return evicted;
  }

  /** The sender whose tail is worst, `sender` aside: pushing out one's own predecessor would leave a gap. */
  #worstExcept(sender: string): SenderQueue | undefined {
    const first = this.#worst.at(0);
    if (first === undefined || first.sender !== sender) return first;
    const left = this.#worst.at(1);
    const right = this.#worst.at(2);
    if (left === undefined || right === undefined) return left;
    return runsBefore(right.tail, left.tail) ? left : right;
  }

  #append(entry: PoolTx): void {
    let queue = this.#senders.get(entry.sender);
    if (queue === undefined) {
      queue = new SenderQueue(entry.sender);
      this.#senders.set(entry.sender, queue);
    }
    queue.append(entry);
    this.#byKey.set(entry.key, entry);
    this.#bytes += entry.tx.length;
    this.#reorder(queue);
  }

  #unlink(entry: PoolTx): PoolTx {
    invariant(this.#byKey.delete(entry.key), "unlink a pending transaction: it is not in the pool");
    this.#bytes -= entry.tx.length;
    return entry;
  }

  /** Puts the sender in order again after its head or tail changed. */
  #reorder(queue: SenderQueue): void {
    if (queue.length === 0) {
      this.#senders.delete(queue.sender);
      this.#best.remove(queue);
      this.#worst.remove(queue);
      return;
    }
    this.#best.place(queue);
    this.#worst.place(queue);
  }

  /** Takes the committed ones out of a queue; what follows a committed one that was not at the head has lost its turn. */
  #settle(queue: SenderQueue, committed: Set<string>, dropped: PoolTx[]): void {
    while (queue.length > 0 && committed.has(queue.head.key)) committed.delete(this.#unlink(queue.dropHead()).key);
    if (committed.size > 0) {
      let first = 0;
      while (!committed.has(queue.at(first)!.key)) first++;
      for (let left = queue.length - first; left > 0; left--) {
        const entry = this.#unlink(queue.dropTail());
        if (committed.has(entry.key)) continue;
        this.#seen.remove(entry.key);
        dropped.push(entry);
      }
    }
    this.#reorder(queue);
  }

  /**
   * Entries best first, each sender's in order, without changing anything: a frontier over the heap of senders, so that
   * k entries cost O(k log k) however many senders there are. `refuse` drops the rest of that entry's sender.
   */
  *#walk(): Generator<[PoolTx, refuse: () => void]> {
    interface Spot {
      readonly queue: SenderQueue;
      readonly index: number;
      /** Position in the heap of senders, or -1 when its children were added already. */
      readonly node: number;
      readonly entry: PoolTx;
    }
    const frontier = new IndexedHeap<Spot>((a, b) => runsBefore(a.entry, b.entry));
    const open = (node: number) => {
      const queue = this.#best.at(node);
      if (queue !== undefined) frontier.place({ queue, index: 0, node, entry: queue.head });
    };
    open(0);
    for (;;) {
      const spot = frontier.at(0);
      if (spot === undefined) return;
      frontier.remove(spot);
      if (spot.node >= 0) {
        open(2 * spot.node + 1);
        open(2 * spot.node + 2);
      }
      let goOn = true;
      yield [spot.entry, () => goOn = false];
      const next = goOn ? spot.queue.at(spot.index + 1) : undefined;
      if (next !== undefined) frontier.place({ queue: spot.queue, index: spot.index + 1, node: -1, entry: next });
    }
  }

  #fullLog(): string {
    const { countMax, bytesMax } = this.#limits;
    return `mempool is full: number of txs ${this.count} (max: ${countMax}), ` +
      `total txs bytes ${this.#bytes} (max: ${bytesMax})`;
  }
}
