/**
 * Latest committed values that are resident, bounded in bytes: values by key, known absences, and whole pages as long as
 * nothing in their range changes. What it holds is always as of the last adopted version.
 * @module
 */
import type { Entries, LoadKeys, LoadRange, Reply, Values } from "../core/work.ts";
import { textOf } from "./keys.ts";
import { lowerBound } from "./_overlay.ts";
import { coveredBy } from "./_stretches.ts";

/** Bytes an entry costs beyond key and value: map slot, string and array headers. */
const ENTRY_OVERHEAD_BYTES = 200;

/** A value that is known: null is known to be absent. */
export type Known = Uint8Array | null;

/** The text that names a range request. */
export function rangeText(request: LoadRange): string {
  return `${request.reverse ? "r" : "f"}${request.limit}:${request.start.length}:${textOf(request.start)}${
    textOf(request.end)
  }`;
}

/** Calls with every value a reply brought: a page brings neighbours for free. */
export function forEachValue(
  request: LoadKeys | LoadRange,
  reply: Reply,
  take: (flat: string, value: Known) => void,
): void {
  if (request.type === "load_keys") {
    const values = reply as Values;
    request.keys.forEach((key, i) => take(textOf(key), values[i] ?? null));
  } else for (const [key, value] of reply as Entries) take(textOf(key), value);
}

interface CachedPage {
  readonly start: string;
  readonly end: string;
  readonly entries: Entries;
}

/** The cache. Values live in two generations (see NodeCache); pages are dropped all at once when they grow too many. */
export class ValueCache {
  #young = new Map<string, Known>();
  #old = new Map<string, Known>();
  #youngBytes = 0;
  #pages = new Map<string, CachedPage>();
  #pageBytes = 0;
  readonly #halfBytes: number;
  readonly #pageBytesMax: number;

  constructor(bytesMax: number) {
    this.#pageBytesMax = bytesMax / 8;
    this.#halfBytes = (bytesMax - this.#pageBytesMax) / 2;
  }

  get(flat: string): Known | undefined {
    const young = this.#young.get(flat);
    if (young !== undefined) return young;
    const old = this.#old.get(flat);
    if (old !== undefined) this.#set(flat, old);
    return old;
  }

  page(request: string): Entries | undefined {
    return this.#pages.get(request)?.entries;
  }

  /** Takes one value. Only as of the last adopted version, as all that is taken. */
  note(flat: string, value: Known): void {
    this.#set(flat, value);
  }

  /** Takes the answer to a miss. */
  fill(request: LoadKeys | LoadRange, reply: Reply): void {
    forEachValue(request, reply, (flat, value) => this.#set(flat, value));
    if (request.type === "load_range") this.#fillPage(request, reply as Entries);
  }

  #fillPage(request: LoadRange, entries: Entries): void {
    let bytes = 500 + 2 * (request.start.length + request.end.length);
    for (const [key, value] of entries) bytes += key.length + value.length + ENTRY_OVERHEAD_BYTES;
    if (bytes > this.#pageBytesMax) return;
    if (this.#pageBytes + bytes > this.#pageBytesMax) {
      this.#pages = new Map();
      this.#pageBytes = 0;
    }
    const { start, end } = coveredBy(request, entries);
    this.#pages.set(rangeText(request), { start: textOf(start), end: textOf(end), entries });
    this.#pageBytes += bytes;
  }

  /** Follows a commit: new values in, and pages out that a change touches. Keys are flat texts. */
  apply(changes: readonly (readonly [flat: string, value: Known])[]): void {
    for (const [flat, value] of changes) this.#set(flat, value);
    if (this.#pages.size === 0) return;
    const sorted = changes.map(([flat]) => flat).sort();
    for (const [request, page] of this.#pages) {
      const first = sorted[lowerBound(sorted, page.start)];
      if (first !== undefined && first < page.end) this.#pages.delete(request);
    }
    if (this.#pages.size === 0) this.#pageBytes = 0;
  }

  #set(flat: string, value: Known): void {
    this.#young.set(flat, value);
    this.#youngBytes += flat.length + (value?.length ?? 0) + ENTRY_OVERHEAD_BYTES;
    if (this.#youngBytes <= this.#halfBytes) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngBytes = 0;
  }
}
