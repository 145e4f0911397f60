/**
 * Iterating over what a contract stores: some entries are read before they are asked for. The state may not be resident, and what
 * it lacks ends a computation, which then begins anew: entry by entry, that would take time by the square of their number.
 * @module
 */
import { compareBytes, concatBytes } from "../../core/bytes.ts";
import type { StateReader } from "../../state/view.ts";
import { STORE } from "./keys.ts";

type Entry = readonly [key: Uint8Array, value: Uint8Array];

/** Keys of the store, `from <= key < to`. */
export interface KeyRange {
  readonly from: Uint8Array;
  readonly to: Uint8Array | undefined;
  readonly reverse: boolean;
}

/** Entries of the first, second … page of one iteration: most take only a few. */
const PAGE_ENTRIES = [8, 32, 128] as const;
/** Iterations that are remembered, the last ones. */
const LISTS_MAX = 8;

/** What is known of the rest of an iteration. */
interface List {
  readonly range: KeyRange;
  /** In its order, as they are now. */
  readonly entries: Entry[];
  /** The next one. */
  readonly at: number;
  readonly pages: number;
  /** There is nothing behind the entries. */
  readonly complete: boolean;
}

/** For one call of one contract, whose writes it is told: nobody else writes there meanwhile. */
export class ReadAhead {
  /** By what the next call for them asks for. */
  readonly #lists = new Map<string, List>();

  constructor(readonly view: StateReader) {}

  /** The first entry of a range, in its order. Whoever goes on behind its key gets what was read with it. */
  first(range: KeyRange): Entry | undefined {
    const name = nameOf(range);
    const list = this.#fill(range, this.#lists.get(name));
    this.#lists.delete(name);
    const entry = list.entries[list.at];
    if (entry === undefined) return undefined;
    const rest = range.reverse
      ? { ...range, to: entry[0] }
      : { ...range, from: concatBytes(entry[0], new Uint8Array(1)) };
    this.#remember({ ...list, range: rest, at: list.at + 1 });
    return entry;
  }

  #fill(range: KeyRange, list: List | undefined): List {
    if (list !== undefined && (list.complete || list.at < list.entries.length)) return list;
    const pages = list?.pages ?? 0;
    const limit = PAGE_ENTRIES[Math.min(pages, PAGE_ENTRIES.length - 1)]!;
    const entries = [...this.view.page(STORE, { start: range.from, end: range.to, reverse: range.reverse, limit })];
    return { range, entries, at: 0, pages: pages + 1, complete: entries.length < limit };
  }

  #remember(list: List): void {
    if (this.#lists.size >= LISTS_MAX) this.#lists.delete(this.#lists.keys().next().value!);
    this.#lists.set(nameOf(list.range), list);
  }

  /** Is told that a key has another value now; undefined: none. */
  wrote(key: Uint8Array, value: Uint8Array | undefined): void {
    for (const { range: { from, to, reverse }, entries, at, complete } of this.#lists.values()) {
      if (compareBytes(key, from) < 0 || (to !== undefined && compareBytes(key, to) >= 0)) continue;
      const order = reverse ? -1 : 1;
      let [low, high] = [at, entries.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (order * compareBytes(entries[middle]![0], key) < 0) low = middle + 1;
        else high = middle;
      }
      const found = entries[low];
      // Behind what was read: the next page will have it.
      if (found === undefined && !complete) continue;
      const there = found !== undefined && compareBytes(found[0], key) === 0 ? 1 : 0;
      if (value === undefined) entries.splice(low, there);
      else entries.splice(low, there, [key, value]);
    }
  }
}

const nameOf = ({ from, to, reverse }: KeyRange): string =>
  `${reverse ? "<" : ">"}${from.toHex()}/${to === undefined ? "" : to.toHex()}`;
