/**
 * Which blocks are asked of whom, and those that wait to be applied. Every height from the next one up to the frontier is
 * either here, under way, or open: to be asked for (again).
 * @module
 */
import {
  BLOCK_BYTES_GUESS,
  BUFFER_BYTES_MAX,
  HEAD_REQUESTS_MORE,
  HEDGE_FACTOR,
  HEDGE_MS,
  HEDGES_MAX,
  PEER_REQUESTS_MAX,
  RANGE_BLOCKS_FIRST,
  RANGE_BLOCKS_MAX,
  RANGE_BYTES_AIM,
  RANGE_MS_AIM,
  REQUESTS_MAX,
  WINDOW_BLOCKS,
} from "./block_limits.ts";
import { claims, measured, patienceOf, type PeerTable, type SyncPeer } from "./_peers.ts";
import type { OfferedBlock, RequestId } from "./ports.ts";

/** What a peer is asked for: the blocks from `from` to below `to`. */
export interface Question {
  readonly peer: SyncPeer;
  readonly from: bigint;
  readonly to: bigint;
}

/** A question under way, for the heights from `at` to below `to`. */
export interface Flight extends Question {
  readonly id: RequestId;
  /** The height whose block comes next. */
  at: bigint;
  readonly startedAt: number;
  lastFrameAt: number;
  bytes: number;
  /** Since when all else waits for it. */
  headSince: number | undefined;
}

export interface Buffered {
  readonly block: OfferedBlock;
  readonly peer: SyncPeer;
}

/** What the world is to do. */
export interface DownloadHooks {
  /** Sends a question; its name. */
  ask(question: Question): RequestId;
  cancel(request: RequestId): void;
  /** It was overtaken by a second question for the same heights. */
  beaten(peer: SyncPeer): void;
}

interface Segment {
  from: bigint;
  to: bigint;
}

/** Bytes of a block in memory: its encoding, and about as much again for a commit and what holds it together. */
const sizeOf = (block: OfferedBlock): number => block.bytes.length + 128 * block.commit.signatures.length + 512;

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);

export class Downloads {
  readonly #hooks: DownloadHooks;
  readonly #flights = new Map<RequestId, Flight>();
  readonly #buffer = new Map<bigint, Buffered>();
  /** Below the frontier, in order. */
  #open: Segment[] = [];
  #next = 0n;
  #frontier = 0n;
  #bytes = 0;
  /** Something had to be dropped: nothing more than the next height is asked for until one is taken out. */
  #isFull = false;
  /** Of a block, on average of late; undefined: none was applied yet. */
  #blockBytesKnown: number | undefined;

  constructor(hooks: DownloadHooks) {
    this.#hooks = hooks;
  }

  get #blockBytes(): number {
    return this.#blockBytesKnown ?? BLOCK_BYTES_GUESS;
  }

  /** Blocks that wait, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  flight(id: RequestId): Flight | undefined {
    return this.#flights.get(id);
  }

  /** Begins anew at `next`; what was under way is called off. */
  reset(next: bigint): void {
    for (const flight of [...this.#flights.values()]) this.#end(flight, true);
    this.#buffer.clear();
    this.#open = [];
    this.#bytes = 0;
    this.#isFull = false;
    this.#next = this.#frontier = next;
  }

  peek(height: bigint): OfferedBlock | undefined {
    return this.#buffer.get(height)?.block;
  }

  /** Takes out the next block, if it is here; the one after it is the next from then on. */
  take(): Buffered | undefined {
    const buffered = this.#buffer.get(this.#next);
    if (buffered === undefined) return undefined;
    this.#remove(this.#next, buffered);
    this.#next++;
    this.#isFull = false;
    return buffered;
  }

  /** The block that was taken out is part of the chain. */
  applied({ block, peer }: Buffered): void {
    peer.failures = 0;
    const known = this.#blockBytesKnown ?? sizeOf(block);
    this.#blockBytesKnown = (known * 7 + sizeOf(block)) / 8;
  }

  /** The block that was taken out is worth nothing: it is the next one again. */
  refused({ block }: Buffered): void {
    this.#next = block.height;
    this.#giveBack(block.height, block.height + 1n);
  }

  /** False: it is not the block that was to come. */
  received(flight: Flight, block: OfferedBlock, now: number): boolean {
    if (block.height !== flight.at || flight.at >= flight.to) return false;
    flight.at++;
    flight.lastFrameAt = now;
    flight.bytes += sizeOf(block);
    if (block.height >= this.#next && !this.#buffer.has(block.height)) this.#keep(flight, block);
    this.#overtake(flight);
    return true;
  }

  /** The answer is over; what it did not bring is open again. */
  ended(flight: Flight): void {
    this.#end(flight, false);
  }

  /** Called off. */
  cancel(flight: Flight): void {
    this.#end(flight, true);
  }

  /** Nothing more comes from this peer. */
  abandon(peer: SyncPeer): void {
    for (const flight of [...this.#flights.values()]) if (flight.peer === peer) this.#end(flight, true);
  }

  /** Nothing of this peer is used or waited for any more. */
  drop(peer: SyncPeer): void {
    this.abandon(peer);
    for (const [height, buffered] of [...this.#buffer]) {
      if (buffered.peer !== peer) continue;
      this.#remove(height, buffered);
      this.#giveBack(height, height + 1n);
    }
  }

  /** Questions that have brought nothing for longer than their peer may take. */
  overdue(now: number): Flight[] {
    return [...this.#flights.values()].filter((flight) => now - flight.lastFrameAt > patienceOf(flight.peer));
  }

  /** Asks for what is open below `end`, as far as there is room and somebody to ask. */
  plan(peers: PeerTable, end: bigint, now: number): void {
    const limit = min(end, this.#next + WINDOW_BLOCKS);
    for (let i = 0; i < this.#open.length && this.#hasRoom(this.#open[i]!.from);) {
      const segment = this.#open[i]!;
      const to = this.#ask(peers.usable(now), segment.from, min(segment.to, limit), now);
      if (to === undefined) i++;
      else if (to === segment.to) this.#open.splice(i, 1);
      else segment.from = to;
    }
    // Where the window ends the range, a whole one is waited for: not a question for each block that is applied.
    const enough = limit === end ? 1n : BigInt(RANGE_BLOCKS_MAX);
    while (limit - this.#frontier >= enough && this.#hasRoom(this.#frontier)) {
      const to = this.#ask(peers.usable(now), this.#frontier, limit, now);
      if (to === undefined) break;
      this.#frontier = to;
    }
    this.#hedge(peers, now);
  }

  #hasRoom(from: bigint): boolean {
    if (from === this.#next) return this.#flights.size < REQUESTS_MAX + HEAD_REQUESTS_MORE;
    if (this.#flights.size >= REQUESTS_MAX || this.#isFull) return false;
    let blocks = 1n;
    for (const flight of this.#flights.values()) blocks += flight.to - flight.at;
    return this.#bytes + Number(blocks) * this.#blockBytes <= BUFFER_BYTES_MAX;
  }

  /** Asks the best peer for the heights from `from`, and says up to where; undefined: there is nobody. */
  #ask(candidates: Iterable<SyncPeer>, from: bigint, to: bigint, now: number): bigint | undefined {
    if (from >= to) return undefined;
    const isHead = from === this.#next;
    const requestsMax = PEER_REQUESTS_MAX + (isHead ? 1 : 0);
    let best: SyncPeer | undefined;
    for (const peer of candidates) {
      if (!claims(peer, from) || peer.requests >= requestsMax) continue;
      if (best === undefined || isBetter(peer, best, isHead, now)) best = peer;
    }
    if (best === undefined) return undefined;
    const end = min(min(to, best.height), from + BigInt(this.#span(best)));
    const id = this.#hooks.ask({ peer: best, from, to: end });
    const flight: Flight = {
      id,
      peer: best,
      from,
      to: end,
      at: from,
      startedAt: now,
      lastFrameAt: now,
      bytes: 0,
      headSince: undefined,
    };
    best.requests++;
    this.#flights.set(id, flight);
    return end;
  }

  /** How many blocks to ask a peer for at once. */
  #span({ rate }: SyncPeer): number {
    if (rate === undefined) return RANGE_BLOCKS_FIRST;
    const bytes = Math.min(RANGE_BYTES_AIM, rate * RANGE_MS_AIM / 1000);
    return Math.min(RANGE_BLOCKS_MAX, Math.max(1, Math.floor(bytes / this.#blockBytes)));
  }

  /** Asks another peer for the next height when the one that was asked takes long and others could be faster. */
  #hedge(peers: PeerTable, now: number): void {
    if (this.#buffer.has(this.#next)) return;
    const heads = [...this.#flights.values()].filter(({ at, to }) => at <= this.#next && this.#next < to);
    for (const head of heads) head.headSince ??= now;
    if (heads.length === 0 || heads.length >= HEDGES_MAX || !this.#hasRoom(this.#next)) return;
    const wait = HEDGE_MS * heads.length;
    if (heads.some(({ headSince }) => now - headSince! < wait)) return;
    const isSilent = heads.every(({ lastFrameAt }) => now - lastFrameAt >= wait);
    const rate = Math.max(...heads.map((head) => head.bytes * 1000 / Math.max(now - head.startedAt, 1)));
    const others: SyncPeer[] = [];
    for (const peer of peers.usable(now)) {
      if (heads.some((head) => head.peer === peer)) continue;
      if (isSilent || peer.rate === undefined || peer.rate > rate * HEDGE_FACTOR) others.push(peer);
    }
    this.#ask(others, this.#next, heads.reduce((end, { to }) => max(end, to), 0n), now);
  }

  #keep({ peer }: Flight, block: OfferedBlock): void {
    this.#buffer.set(block.height, { block, peer });
    this.#bytes += sizeOf(block);
    while (this.#bytes > BUFFER_BYTES_MAX && this.#buffer.size > 1) this.#dropHighest();
  }

  #dropHighest(): void {
    let highest = this.#next;
    for (const height of this.#buffer.keys()) highest = max(highest, height);
    const buffered = this.#buffer.get(highest);
    if (buffered === undefined || highest === this.#next) return;
    // Whoever brings more of that kind is stopped: it would be dropped as well.
    for (const flight of [...this.#flights.values()]) if (flight.at > highest) this.#end(flight, true);
    this.#isFull = true;
    this.#remove(highest, buffered);
    this.#giveBack(highest, highest + 1n);
  }

  /** Calls off what `winner`, which has brought all it was asked for, has overtaken. */
  #overtake(winner: Flight): void {
    if (winner.at < winner.to) return;
    winner.peer.beatings = 0;
    for (const flight of [...this.#flights.values()]) {
      if (flight.at >= winner.at || flight.to <= winner.from) continue;
      this.#end(flight, true);
      // Whoever was asked later has only had less time.
      if (flight.startedAt <= winner.startedAt) this.#beaten(flight.peer);
    }
  }

  /** What else it was asked for and has not begun to bring would be waited for next. */
  #beaten(peer: SyncPeer): void {
    for (const flight of [...this.#flights.values()]) {
      if (flight.peer === peer && flight.at === flight.from) this.#end(flight, true);
    }
    this.#hooks.beaten(peer);
  }

  #end(flight: Flight, isCalledOff: boolean): void {
    if (!this.#flights.delete(flight.id)) return;
    const { peer, at, to, bytes, startedAt, lastFrameAt } = flight;
    peer.requests--;
    if (bytes > 0) measured(peer, bytes, lastFrameAt - startedAt);
    if (isCalledOff) this.#hooks.cancel(flight.id);
    this.#giveBack(at, to);
  }

  #remove(height: bigint, { block }: Buffered): void {
    this.#buffer.delete(height);
    this.#bytes -= sizeOf(block);
  }

  /** Opens what of the heights is neither here nor under way elsewhere. */
  #giveBack(from: bigint, to: bigint): void {
    for (let height = max(from, this.#next); height < to; height++) {
      if (this.#buffer.has(height) || this.#isUnderWay(height)) continue;
      this.#open.push({ from: height, to: height + 1n });
    }
    this.#open.sort((a, b) => (a.from < b.from ? -1 : 1));
    const merged: Segment[] = [];
    for (const segment of this.#open) {
      const last = merged.at(-1);
      if (last !== undefined && last.to >= segment.from) last.to = max(last.to, segment.to);
      else if (segment.to > this.#next) merged.push({ from: max(segment.from, this.#next), to: segment.to });
    }
    this.#open = merged;
  }

  #isUnderWay(height: bigint): boolean {
    for (const { at, to } of this.#flights.values()) if (at <= height && height < to) return true;
    return false;
  }
}

const rateOf = (peer: SyncPeer, unknown: number): number => peer.rate ?? unknown;

/** Whom to rather ask. Those that did not give what they claimed, or were too slow, come last. */
function isBetter(a: SyncPeer, b: SyncPeer, isHead: boolean, now: number): boolean {
  const [aDoubted, bDoubted] = [a.doubtedUntil > now, b.doubtedUntil > now];
  if (aDoubted !== bDoubted) return bDoubted;
  // All else waits for the next height: who is known to be fast.
  if (isHead && rateOf(a, 0) !== rateOf(b, 0)) return rateOf(a, 0) > rateOf(b, 0);
  if (a.requests !== b.requests) return a.requests < b.requests;
  // Who is new, to see what it can.
  return rateOf(a, Infinity) > rateOf(b, Infinity);
}
