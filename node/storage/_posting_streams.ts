import { decodePosting, eventKeyPrefix, type Posting, valueOfPosting, valuePrefix } from "./_postings.ts";
import { prefixEnd, utf8ToBytes } from "../core/bytes.ts";
import { heightKey } from "./_heights.ts";
import type { Entry, StorePart } from "./store.ts";

/** How many entries a search reads past before it asks the store for the right place. */
const SKIP_ENTRIES = 16;

/** Heights a search may answer with. */
export interface HeightBounds {
  readonly low: bigint;
  readonly high: bigint;
}

/** Thrown inside a search that would read more than it may. */
export class TooBroad extends Error {}

/** What a search may still read. */
export class ReadBudget {
  #left: number;

  constructor(entries: number) {
    this.#left = entries;
  }

  /** Pays for one posting; long ones cost more. */
  pay(posting: Posting): void {
    this.#left -= 1 + (posting.indexes.length >> 6);
    if (this.#left < 0) throw new TooBroad();
  }
}

/** Postings in height order (descending ones from the top), one for each height. */
export interface PostingStream {
  /** The posting under the cursor; undefined at the end. */
  current(): Promise<Posting | undefined>;
  /** Moves the cursor one on. */
  advance(): void;
  /** Moves the cursor to the first posting at `height` or beyond it, in the stream's direction. Never back. */
  seek(height: bigint): Promise<void>;
}

/** The postings under `prefix`, whose keys go on with the height, read as they are needed. */
export class StoredPostings implements PostingStream {
  #entries: AsyncIterator<Entry> | undefined;
  #current: Posting | undefined;
  #isLoaded = false;
  #low: bigint;
  #high: bigint;

  constructor(
    readonly store: StorePart,
    readonly prefix: Uint8Array,
    readonly budget: ReadBudget,
    readonly descending: boolean,
    bounds: HeightBounds,
    readonly decode: (entry: Entry) => Posting = decodePosting,
  ) {
    this.#low = bounds.low;
    this.#high = bounds.high;
  }

  async current(): Promise<Posting | undefined> {
    if (this.#isLoaded) return this.#current;
    this.#isLoaded = true;
    this.#current = undefined;
    if (this.#low > this.#high) return undefined;
    this.#entries ??= this.store.iterate({
      start: heightKey(this.prefix, this.#low),
      end: heightKey(this.prefix, this.#high + 1n),
    }, { reverse: this.descending })[Symbol.asyncIterator]();
    const next = await this.#entries.next();
    if (next.done) return undefined;
    this.#current = this.decode(next.value);
    this.budget.pay(this.#current);
    return this.#current;
  }

  advance(): void {
    this.#isLoaded = false;
  }

  async seek(height: bigint): Promise<void> {
    for (let skipped = 0; skipped < SKIP_ENTRIES; skipped++) {
      const posting = await this.current();
      if (!posting || !isBefore(posting.height, height, this.descending)) return;
      this.advance();
    }
    await this.#entries?.return?.();
    this.#entries = undefined;
    if (this.descending) this.#high = height;
    else this.#low = height;
    this.#isLoaded = false;
  }
}

/** Postings that are all known. */
export class KnownPostings implements PostingStream {
  #at = 0;

  /** `postings` in the stream's direction. */
  constructor(readonly postings: readonly Posting[], readonly descending: boolean) {}

  current(): Promise<Posting | undefined> {
    return Promise.resolve(this.postings[this.#at]);
  }

  advance(): void {
    this.#at++;
  }

  seek(height: bigint): Promise<void> {
    while (this.#at < this.postings.length && isBefore(this.postings[this.#at]!.height, height, this.descending)) {
      this.#at++;
    }
    return Promise.resolve();
  }
}

/** The postings of one value. */
export function postingsOfValue(
  store: StorePart,
  space: Uint8Array,
  key: string,
  value: string,
  budget: ReadBudget,
  descending: boolean,
  bounds: HeightBounds,
): PostingStream {
  const prefix = valuePrefix(eventKeyPrefix(space, key), utf8ToBytes(value));
  return new StoredPostings(store, prefix, budget, descending, bounds);
}

/** Reads all postings of an event key and keeps those whose value `matches`: for what equality cannot answer. */
export async function scanPostings(
  store: StorePart,
  space: Uint8Array,
  key: string,
  matches: (value: string) => boolean,
  budget: ReadBudget,
  descending: boolean,
  bounds: HeightBounds,
): Promise<PostingStream> {
  const start = eventKeyPrefix(space, key);
  const byHeight = new Map<bigint, Set<number>>();
  for await (const entry of store.iterate({ start, end: prefixEnd(start) })) {
    const posting = decodePosting(entry);
    budget.pay(posting);
    if (posting.height < bounds.low || posting.height > bounds.high) continue;
    if (!matches(valueOfPosting(entry, start.length))) continue;
    const indexes = byHeight.get(posting.height) ?? new Set();
    for (const index of posting.indexes) indexes.add(index);
    byHeight.set(posting.height, indexes);
  }
  const postings = [...byHeight].map(([height, indexes]): Posting => ({
    height,
    indexes: [...indexes].sort((a, b) => a - b),
  })).sort((a, b) => (a.height < b.height ? -1 : 1));
  return new KnownPostings(descending ? postings.reverse() : postings, descending);
}

/** Whether `a` comes before `b` in the direction of a stream. */
export const isBefore = (a: bigint, b: bigint, descending: boolean): boolean => (descending ? a > b : a < b);
