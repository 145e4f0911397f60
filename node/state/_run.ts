/** One computation over a state that is not resident, from its first attempt to its end: what it loaded, and what to load next. */
import { prefixEnd } from "../core/bytes.ts";
import { invariant } from "../core/invariant.ts";
import type { Entries, LoadKeys, LoadRange, Reply, Work } from "../core/work.ts";
import { forEachValue, type Known } from "./cache.ts";
import { storePrefixOf } from "./keys.ts";
import { ENTRIES_PER_LOAD, Neighbours } from "./_neighbours.ts";
import { coveredBy, type Range, Stretches } from "./_stretches.ts";

/** Neighbours of one run in memory, in bytes: of a contract that keeps more, reads miss one by one. */
const NEIGHBOURS_BYTES_MAX = 64 * 1024 * 1024;
/**
 * And of everything, where a run stands still for what it lacks: it forgets then, and loads again what it still needs. Iterating past
 * entries that were deleted, or over the first of many, costs little gas for what is loaded.
 */
const STANDING_BYTES_MAX = 128 * 1024 * 1024;
/** Bytes that are loaded for each entry that may be, taken together: values can be large. */
const BYTES_PER_ENTRY = 256;
/** Of several keys that are missed together, so many have neighbours that each gets so many entries. */
const ENTRIES_PER_KEY_MIN = 16;

type Take = (request: LoadKeys | LoadRange, reply: Reply) => void;

export class Run {
  /** They stay until the run begins no more attempts. So a miss never comes back. */
  readonly #values = new Map<string, Known>();
  #stretches = new Stretches();
  readonly #neighbours: Neighbours;
  #misses = 0;
  #reads = 0;
  /** Reads before the first that missed in this attempt; undefined: none missed. */
  #missedAt: number | undefined;
  #used = false;

  /**
   * @param version the one it is bound to.
   * @param stands it stands still while something is loaded, and goes on afterwards; or it begins another attempt.
   */
  constructor(readonly version: bigint, readonly stands: boolean) {
    this.#neighbours = new Neighbours(stands);
  }

  /** Another attempt begins. */
  begin(): void {
    this.#reads = 0;
    this.#missedAt = undefined;
  }

  /** Takes what was loaded for it. */
  fill(request: LoadKeys | LoadRange, reply: Reply): void {
    forEachValue(request, reply, (flat, value) => this.#values.set(flat, value));
  }

  /** What it asked for itself. */
  get(flat: string): Known | undefined {
    this.#reads++;
    return this.#values.get(flat);
  }

  /** What came along. It is kept like what was asked for. */
  neighbour(flat: string, key: Uint8Array): Known | undefined {
    const known = this.#stretches.get(key);
    if (known !== undefined) {
      this.#used = true;
      this.#values.set(flat, known);
    }
    return known;
  }

  /**
   * What it asked for, or what came along: `first` is told of that the first time. Only parts are kept, which pages share, for there
   * may be many of them for little gas.
   */
  page(request: LoadRange, first: (entries: Entries) => void = () => {}): Entries | undefined {
    this.#reads++;
    const { taken } = this.#stretches;
    const entries = this.#stretches.page(request);
    if (entries !== undefined && this.#stretches.taken > taken) {
      this.#used = true;
      first(entries);
    }
    return entries;
  }

  /** It lacks something. */
  miss(): void {
    this.#missedAt ??= this.#reads;
  }

  /** Loads what was missed, and around it. `take` gets what was asked for. */
  *load(missed: LoadKeys | LoadRange, take: Take): Work<void> {
    if (this.stands && this.#stretches.bytes > STANDING_BYTES_MAX) {
      this.#values.clear();
      this.#stretches = new Stretches();
    }
    const wanted = this.#neighbours.after(this.#missedAt ?? this.#reads, this.#used);
    const entries = this.#stretches.bytes < NEIGHBOURS_BYTES_MAX ? wanted : 0;
    this.#used = false;
    this.#misses++;
    if (missed.type === "load_keys") yield* this.#loadKeys(missed, entries, take);
    else yield* this.#loadPage(missed, entries, take);
  }

  *#loadKeys(missed: LoadKeys, entries: number, take: Take): Work<void> {
    let request = missed;
    if (entries > 0) {
      yield* this.#aroundKeys(missed.keys, entries);
      const known = missed.keys.map((key) => this.#stretches.get(key));
      const found = known.flatMap((value, i) => value === undefined ? [] : [[missed.keys[i]!, value] as const]);
      this.#took(
        { type: "load_keys", keys: found.map(([key]) => key) },
        found.map(([, value]) => value ?? undefined),
        take,
      );
      if (found.length === missed.keys.length) return;
      request = { type: "load_keys", keys: missed.keys.filter((_, i) => known[i] === undefined) };
    }
    this.#took(request, yield request, take);
  }

  *#loadPage(missed: LoadRange, entries: number, take: Take): Work<void> {
    const page = yield* this.#page(missed);
    this.#took(missed, page, take);
    const { start, end } = coveredBy(missed, page);
    if (entries > 0) yield* this.#around(start, end, entries, missed.reverse);
  }

  /** Loads of a page what is not known. Pages overlap, and share what they have in common. */
  *#page(missed: LoadRange): Work<Entries> {
    for (;;) {
      const page = this.#stretches.page(missed);
      if (page !== undefined) return page;
      const { start, end, reverse } = missed;
      const gap = reverse ? this.#stretches.gapBelow(end, start) : this.#stretches.gapAbove(start, end);
      const request: LoadRange = { ...missed, ...gap };
      this.#stretches.fill(request, (yield request) as Entries, true);
    }
  }

  #took(request: LoadKeys | LoadRange, reply: Reply, take: Take): void {
    this.fill(request, reply);
    take(request, reply);
  }

  *#aroundKeys(keys: readonly Uint8Array[], entries: number): Work<void> {
    const count = Math.min(keys.length, Math.max(1, Math.floor(entries / ENTRIES_PER_KEY_MIN)));
    const share = Math.ceil(entries / count);
    for (let i = 0; i < count; i++) {
      // Others each time: one of them may be the one that everything depends on.
      const key = keys[(this.#misses * count + i) % keys.length]!;
      if (this.#stretches.get(key) === undefined) yield* this.#around(key, key, share, false);
    }
  }

  /** Loads entries on both sides of what is between two places; of the lower side first when `reverse`. */
  *#around(from: Uint8Array, to: Uint8Array, entries: number, reverse: boolean): Work<void> {
    const { start, end } = boundsOf(from);
    const above = (at = to) => this.#stretches.gapAbove(at, end);
    const below = (at = from) => this.#stretches.gapBelow(at, start);
    const two = above() !== undefined && below() !== undefined;
    const first = two ? Math.ceil(entries / 2) : entries;
    const rest = entries - (yield* this.#aside(reverse ? below : above, first, reverse));
    yield* this.#aside(reverse ? above : below, rest, !reverse);
  }

  /** Loads entries from where nothing is known about on, beyond what is; how many that was worth. */
  *#aside(gapFrom: (at?: Uint8Array) => Range | undefined, entries: number, reverse: boolean): Work<number> {
    let spent = 0;
    let gap = gapFrom();
    while (spent < entries && gap !== undefined) {
      const limit = entries - spent;
      const request: LoadRange = { type: "load_range", ...gap, reverse, limit, bytesMax: limit * BYTES_PER_ENTRY };
      const reply = (yield request) as Entries;
      this.#stretches.fill(request, reply);
      spent += Math.max(reply.length, ENTRIES_PER_LOAD);
      const known = coveredBy(request, reply);
      const whole = reverse ? known.start === gap.start : known.end === gap.end;
      gap = whole ? gapFrom(reverse ? gap.start : gap.end) : undefined;
    }
    return spent;
  }
}

/**
 * Where the neighbours of a place are: keys of its store that begin with the same byte, by which modules tell apart what they
 * keep. What else a store has may be of another size altogether, as the code of contracts is.
 */
function boundsOf(at: Uint8Array): Range {
  const start = at.subarray(0, storePrefixOf(at).length + 1);
  const end = prefixEnd(start);
  invariant(end !== undefined, "bound neighbours: their prefix has no end");
  return { start, end };
}
