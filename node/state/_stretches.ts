/**
 * Stretches of the flat state of which everything is known, packed: what is loaded beside what was asked for, most of which
 * nobody will read. Each entry as two arrays of bytes of its own would take three times the room.
 */
import { compareBytes } from "../core/bytes.ts";
import type { Entries, LoadRange } from "../core/work.ts";
import type { Known } from "./cache.ts";

/** Bytes an entry costs beyond key and value. */
const ENTRY_OVERHEAD_BYTES = 8;

/** From `start` (inclusive) to `end` (exclusive). */
export interface Range {
  readonly start: Uint8Array;
  readonly end: Uint8Array;
}

/** The entries of one range, in order of keys. */
class Stretch {
  readonly count: number;
  readonly bytes: number;
  readonly #data: Uint8Array;
  /** Of each entry where its key and where its value ends. */
  readonly #ends: Uint32Array;
  /** Entries that have left it. */
  readonly #taken = new Map<number, Entries[number]>();

  constructor(public range: Range, entries: Entries, readonly onTaken: () => void) {
    this.count = entries.length;
    this.#ends = new Uint32Array(2 * entries.length);
    const length = bytesOf(entries);
    this.#data = new Uint8Array(length);
    this.bytes = length + ENTRY_OVERHEAD_BYTES * entries.length + range.start.length + range.end.length;
    let at = 0;
    for (const [i, [key, value]] of entries.entries()) {
      this.#data.set(key, at);
      this.#ends[2 * i] = at += key.length;
      this.#data.set(value, at);
      this.#ends[2 * i + 1] = at += value.length;
    }
  }

  /** A view: to be compared with, not to be kept. */
  key(i: number): Uint8Array {
    return this.#data.subarray(i === 0 ? 0 : this.#ends[2 * i - 1], this.#ends[2 * i]);
  }

  /** A copy: a view would keep the whole of it. One for all who ask, and many may: pages that overlap cost little gas. */
  entry(i: number): Entries[number] {
    let entry = this.#taken.get(i);
    if (entry === undefined) {
      entry = [this.key(i).slice(), this.#data.slice(this.#ends[2 * i], this.#ends[2 * i + 1])];
      this.#taken.set(i, entry);
      this.onTaken();
    }
    return entry;
  }

  /** The first entry whose key is not less than `key`. */
  from(key: Uint8Array): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareBytes(this.key(middle), key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Stretches that do not overlap, of one version. Keys are flat keys. */
export class Stretches {
  /** In order. */
  readonly #all: Stretch[] = [];
  #bytes = 0;
  /** Entries that were asked for once or more, of those that came along with others. */
  taken = 0;

  /** What they occupy, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** undefined: not known. */
  get(key: Uint8Array): Known | undefined {
    const stretch = this.#all[this.#startingBefore(key, true)];
    if (stretch === undefined || compareBytes(key, stretch.range.end) >= 0) return undefined;
    const i = stretch.from(key);
    return i < stretch.count && compareBytes(stretch.key(i), key) === 0 ? stretch.entry(i)[1] : null;
  }

  /** The answer to a request, if it is known whole. */
  page(request: LoadRange): Entries | undefined {
    return request.reverse ? this.#pageDown(request) : this.#pageUp(request);
  }

  #pageUp({ start, end, limit }: LoadRange): Entries | undefined {
    const found: Entries[number][] = [];
    let at = start;
    for (let i = this.#startingBefore(start, true);; i++) {
      const stretch = this.#all[i];
      if (stretch === undefined || compareBytes(stretch.range.start, at) > 0) return undefined;
      if (compareBytes(at, stretch.range.end) >= 0) return undefined;
      for (let j = stretch.from(at); j < stretch.count; j++) {
        if (compareBytes(stretch.key(j), end) >= 0) return found;
        found.push(stretch.entry(j));
        if (found.length === limit) return found;
      }
      at = stretch.range.end;
      if (compareBytes(at, end) >= 0) return found;
    }
  }

  #pageDown({ start, end, limit }: LoadRange): Entries | undefined {
    const found: Entries[number][] = [];
    let at = end;
    for (let i = this.#startingBefore(end, false);; i--) {
      const stretch = this.#all[i];
      if (stretch === undefined || compareBytes(at, stretch.range.end) > 0) return undefined;
      for (let j = stretch.from(at) - 1; j >= 0; j--) {
        if (compareBytes(stretch.key(j), start) < 0) return found;
        found.push(stretch.entry(j));
        if (found.length === limit) return found;
      }
      at = stretch.range.start;
      if (compareBytes(at, start) <= 0) return found;
    }
  }

  /** The first range from `at` up to `end` that nothing is known about. */
  gapAbove(at: Uint8Array, end: Uint8Array): Range | undefined {
    let i = this.#startingBefore(at, true);
    let start = at;
    for (let stretch = this.#all[i]; stretch !== undefined; stretch = this.#all[++i]) {
      if (compareBytes(stretch.range.start, start) > 0) break;
      if (compareBytes(stretch.range.end, start) > 0) start = stretch.range.end;
    }
    const next = this.#all[i < 0 ? 0 : i]?.range.start;
    const until = next !== undefined && compareBytes(next, start) > 0 ? least(next, end) : end;
    return compareBytes(start, until) < 0 ? { start, end: until } : undefined;
  }

  /** The last range from `start` up to `at` that nothing is known about. */
  gapBelow(at: Uint8Array, start: Uint8Array): Range | undefined {
    let i = this.#startingBefore(at, false);
    let end = at;
    for (let stretch = this.#all[i]; stretch !== undefined; stretch = this.#all[--i]) {
      if (compareBytes(stretch.range.end, end) < 0) break;
      end = stretch.range.start;
    }
    const before = this.#all[i]?.range.end;
    const from = before !== undefined && compareBytes(before, start) > 0 ? before : start;
    return compareBytes(from, end) < 0 ? { start: from, end } : undefined;
  }

  /** Takes the answer to a request: of its range what nothing is known about, the first such part. `wanted`: somebody asked for it. */
  fill(request: LoadRange, entries: Entries, wanted = false): Range {
    const covered = coveredBy(request, entries);
    const { start, end } = covered;
    const range = request.reverse ? this.gapBelow(end, start) : this.gapAbove(start, end);
    if (range === undefined) return covered;
    const own = entries.filter(([key]) => compareBytes(key, range.start) >= 0 && compareBytes(key, range.end) < 0);
    const at = this.#startingBefore(range.start, false) + 1;
    const next = this.#all[at];
    if (own.length === 0 && next !== undefined && compareBytes(range.end, next.range.start) === 0) {
      // Otherwise whoever asks for emptiness step by step would leave a stretch at each.
      next.range = { start: range.start, end: next.range.end };
      return covered;
    }
    const stretch = new Stretch(
      range,
      request.reverse ? own.reverse() : own,
      () => void (this.taken += wanted ? 0 : 1),
    );
    this.#all.splice(at, 0, stretch);
    this.#bytes += stretch.bytes;
    return covered;
  }

  /** The last one that starts before `key` (`orAt`: or at it); -1: none. */
  #startingBefore(key: Uint8Array, orAt: boolean): number {
    let low = 0;
    let high = this.#all.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const order = compareBytes(this.#all[middle]!.range.start, key);
      if (order < 0 || (orAt && order === 0)) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

const least = (a: Uint8Array, b: Uint8Array): Uint8Array => compareBytes(a, b) < 0 ? a : b;

const bytesOf = (entries: Entries): number => entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0);

/** The range that an answer speaks about: one that is full ends with its last entry. */
export function coveredBy({ start, end, reverse, limit, bytesMax = Infinity }: LoadRange, entries: Entries): Range {
  const last = entries.at(-1)?.[0];
  if (last === undefined || (entries.length < limit && bytesOf(entries) < bytesMax)) return { start, end };
  if (reverse) return { start: last, end };
  const behind = new Uint8Array(last.length + 1);
  behind.set(last);
  return { start, end: behind };
}
