/** The writes of one store: a map by key, with its order computed when somebody iterates. */
import type { Entries } from "../core/work.ts";
import { after, Gaps } from "./_gaps.ts";
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

/** New keys that are put in their places one by one: more than these, all are merged. */
const INSERTED_MAX = 128;
/** Deleted entries in a row that are passed over again, because it costs more to remember them. */
const PASSED_MAX = 16;
/** Behind the text of every key. */
const TOP = "g";

export class Overlay {
  readonly #written = new Map<string, Written>();
  /** What is written, each text once: in order, and not yet in order. */
  #sorted: string[] = [];
  #unsorted: string[] = [];
  readonly #gaps = new Gaps();

  get(text: string): Written | undefined {
    return this.#written.get(text);
  }

  write(text: string, written: Written): Undo {
    const previous = this.#written.get(text);
    if (previous === undefined) this.#unsorted.push(text);
    if (written.value !== undefined) this.#gaps.split(text);
    this.#written.set(text, written);
    return { overlay: this, text, previous };
  }

  /** Takes back the last write that was not taken back. */
  restore(text: string, previous: Written | undefined): void {
    if (previous === undefined || previous.value !== undefined) this.#gaps.split(text);
    if (previous !== undefined) {
      this.#written.set(text, previous);
      return;
    }
    this.#written.delete(text);
    if (this.#unsorted.at(-1) === text) this.#unsorted.pop();
    else this.#sorted.splice(lowerBound(this.#sorted, text), 1);
  }

  /** All writes in key order. */
  sortedEntries(): Written[] {
    return this.#order().map((text) => this.#written.get(text)!);
  }

  /** The page of what lies below with these writes over it. `below` answers for the same range with the same bounds. */
  page(page: PageRequest, below: (page: PageRequest) => Entries): Entries {
    const order = this.#order();
    const start = page.start === undefined ? "" : textOf(page.start);
    const end = page.end === undefined ? TOP : textOf(page.end);
    const from = lowerBound(order, start);
    const to = lowerBound(order, end);
    if (from >= to) return below(page);
    const reverse = page.reverse === true;
    const source = new Below(page, below);
    const merged: (readonly [Uint8Array, Uint8Array])[] = [];
    let at = reverse ? to - 1 : from;
    /** Between there and the next entry nothing was found, and so many deleted ones were passed over. */
    let since = reverse ? end : start;
    let passed = 0;
    const found = (text: string) => {
      if (passed > PASSED_MAX) reverse ? this.#gaps.add(after(text), since) : this.#gaps.add(since, text);
      since = reverse ? text : after(text);
      passed = 0;
    };
    while (merged.length < page.limit) {
      const text = (reverse ? at >= from : at < to) ? order[at] : undefined;
      const entry = source.peek();
      if (text === undefined && entry === undefined) {
        if (passed > PASSED_MAX) reverse ? this.#gaps.add(start, since) : this.#gaps.add(since, end);
        break;
      }
      const entryText = entry === undefined ? undefined : source.text;
      const ownFirst = entryText === undefined ||
        (text !== undefined && (reverse ? text >= entryText : text <= entryText));
      if (!ownFirst) {
        found(entryText);
        merged.push(entry!);
        source.next();
        continue;
      }
      const { key, value } = this.#written.get(text!)!;
      if (text === entryText) source.next();
      at += reverse ? -1 : 1;
      if (value !== undefined) {
        found(text!);
        merged.push([key, value]);
        continue;
      }
      passed++;
      const gap = this.#gaps.at(text!);
      if (gap === undefined) continue;
      passed += PASSED_MAX;
      at = reverse ? lowerBound(order, gap.from) - 1 : lowerBound(order, gap.to);
      source.goTo(reverse ? gap.from : gap.to);
    }
    return merged;
  }

  /** Brings the order up to date. */
  #order(): string[] {
    const added = this.#unsorted;
    if (added.length === 0) return this.#sorted;
    this.#unsorted = [];
    // Merging looks at all that is written, which whoever writes and iterates by turns would pay each time.
    if (added.length <= INSERTED_MAX) {
      for (const text of added) this.#sorted.splice(lowerBound(this.#sorted, text), 0, text);
      return this.#sorted;
    }
    added.sort();
    const merged: string[] = [];
    let i = 0;
    for (const text of added) {
      while (i < this.#sorted.length && this.#sorted[i]! < text) merged.push(this.#sorted[i++]!);
      merged.push(text);
    }
    while (i < this.#sorted.length) merged.push(this.#sorted[i++]!);
    return this.#sorted = merged;
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
  #page: PageRequest;
  #limit: number;
  #entries: Entries;
  #at = 0;
  #text: string | undefined;

  constructor(page: PageRequest, readonly load: (page: PageRequest) => Entries) {
    this.#page = page;
    this.#limit = page.limit;
    this.#entries = load(page);
  }

  /** The current entry; undefined at the end. */
  peek(): Entries[number] | undefined {
    if (this.#at === this.#entries.length && this.#entries.length === this.#limit) {
      const { text } = this;
      this.#limit = Math.max(this.#limit, Math.min(2 * this.#limit, PAGE_ENTRIES_MAX));
      this.goTo(this.#page.reverse === true ? text : after(text));
    }
    return this.#entries[this.#at];
  }

  /** The text of the current entry; at the end of those that are loaded, of the last. */
  get text(): string {
    return this.#text ??= textOf(this.#entries[Math.min(this.#at, this.#entries.length - 1)]![0]);
  }

  next(): void {
    this.#at++;
    this.#text = undefined;
  }

  /** Goes on at a place further on; backwards, before it. */
  goTo(text: string): void {
    const { start, end, reverse } = this.#page;
    const [first, last] = [start === undefined ? "" : textOf(start), end === undefined ? TOP : textOf(end)];
    this.#at = 0;
    this.#text = undefined;
    if (text <= first || text >= last) {
      this.#entries = [];
      return;
    }
    this.#page = { ...this.#page, [reverse === true ? "end" : "start"]: Uint8Array.fromHex(text) };
    this.#entries = this.load({ ...this.#page, limit: this.#limit });
  }
}
