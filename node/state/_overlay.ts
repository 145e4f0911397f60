/** The writes of one store: a map by key, with its order computed when somebody iterates. */
import type { Entries } from "../core/work.ts";
import { textOf } from "./keys.ts";
import { PAGE_ENTRIES_MAX, type PageRequest } from "./view.ts";

export interface Written {
  readonly key: Uint8Array;
  /** undefined: deleted. */
  readonly value: Uint8Array | undefined;
}

/** How to take a write back. */
export interface Undo {
  readonly overlay: Overlay;
  readonly text: string;
  /** undefined: the key was not written before. */
  readonly previous: Written | undefined;
}

/** New keys that are put in their places one by one. */
const INSERTED_MAX = 8;

export class Overlay {
  readonly #written = new Map<string, Written>();
  /** Sorted texts; may name keys that a revert took away, never misses one except those in `#unsorted`. */
  #sorted: string[] = [];
  #unsorted: string[] = [];

  get(text: string): Written | undefined {
    return this.#written.get(text);
  }

  write(text: string, written: Written): Undo {
    const previous = this.#written.get(text);
    if (previous === undefined) this.#unsorted.push(text);
    this.#written.set(text, written);
    return { overlay: this, text, previous };
  }

  restore(text: string, previous: Written | undefined): void {
    if (previous === undefined) this.#written.delete(text);
    else this.#written.set(text, previous);
  }

  /** All writes in key order. */
  sortedEntries(): Written[] {
    return this.#order().map((text) => this.#written.get(text)!);
  }

  /** The page of what lies below with these writes over it. `below` answers for the same range with the same bounds. */
  page(page: PageRequest, below: (page: PageRequest) => Entries): Entries {
    const order = this.#order();
    const from = page.start === undefined ? 0 : lowerBound(order, textOf(page.start));
    const to = page.end === undefined ? order.length : lowerBound(order, textOf(page.end));
    if (from >= to) return below(page);
    const reverse = page.reverse === true;
    const source = new Below(page, below);
    const merged: (readonly [Uint8Array, Uint8Array])[] = [];
    let at = reverse ? to - 1 : from;
    while (merged.length < page.limit) {
      const text = (reverse ? at >= from : at < to) ? order[at] : undefined;
      const entry = source.peek();
      if (text === undefined && entry === undefined) break;
      const entryText = entry === undefined ? undefined : source.text;
      const ownFirst = entryText === undefined ||
        (text !== undefined && (reverse ? text >= entryText : text <= entryText));
      if (!ownFirst) {
        merged.push(entry!);
        source.next();
        continue;
      }
      const { key, value } = this.#written.get(text!)!;
      if (value !== undefined) merged.push([key, value]);
      if (text === entryText) source.next();
      at += reverse ? -1 : 1;
    }
    return merged;
  }

  /** Brings the order up to date: sorts what is new and merges it in, dropping what is gone. */
  #order(): string[] {
    if (this.#unsorted.length <= INSERTED_MAX) this.#insert();
    if (this.#unsorted.length === 0 && this.#sorted.length === this.#written.size) return this.#sorted;
    const added = this.#unsorted.sort();
    const merged: string[] = [];
    let i = 0;
    let j = 0;
    while (i < this.#sorted.length || j < added.length) {
      const takeOld = j >= added.length || (i < this.#sorted.length && this.#sorted[i]! <= added[j]!);
      const text = takeOld ? this.#sorted[i++]! : added[j++]!;
      // A key written, reverted and written again is in both lists.
      if (text !== merged.at(-1) && this.#written.has(text)) merged.push(text);
    }
    this.#sorted = merged;
    this.#unsorted = [];
    return merged;
  }

  /** Merging looks at all that is written, which whoever writes and iterates by turns would pay each time. */
  #insert(): void {
    for (const text of this.#unsorted) {
      const at = lowerBound(this.#sorted, text);
      if (this.#sorted[at] !== text && this.#written.has(text)) this.#sorted.splice(at, 0, text);
    }
    this.#unsorted = [];
  }
}

/** The first index whose text is not less than `text`. */
export function lowerBound(order: readonly string[], text: string): number {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (order[middle]! < text) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The entries below, one page after the other as they are used up: deleted ones make a page too short. Where many are deleted each
 * page is twice the one before.
 */
class Below {
  #limit: number;
  #entries: Entries;
  #at = 0;
  #text: string | undefined;

  constructor(readonly page: PageRequest, readonly load: (page: PageRequest) => Entries) {
    this.#limit = page.limit;
    this.#entries = load(page);
  }

  /** The current entry; undefined at the end. */
  peek(): Entries[number] | undefined {
    if (this.#at === this.#entries.length && this.#entries.length === this.#limit) {
      const last = this.#entries[this.#at - 1]![0];
      const next = this.page.reverse === true ? { ...this.page, end: last } : { ...this.page, start: after(last) };
      this.#limit = Math.max(this.#limit, Math.min(2 * this.#limit, PAGE_ENTRIES_MAX));
      this.#entries = this.load({ ...next, limit: this.#limit });
      this.#at = 0;
    }
    return this.#entries[this.#at];
  }

  /** The text of the current entry, which must be there. */
  get text(): string {
    return this.#text ??= textOf(this.#entries[this.#at]![0]);
  }

  next(): void {
    this.#at++;
    this.#text = undefined;
  }
}

/** The smallest key greater than `key`. */
function after(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}
