/**
 * Reading a state that may not be resident: a computation runs, misses, gets what it lacks and runs again from its start.
 * @module
 */
import { compareBytes } from "../core/bytes.ts";
import { invariant } from "../core/invariant.ts";
import type { Entries, LoadKeys, LoadNodes, LoadRange, Reply, Work } from "../core/work.ts";
import { type Known, rangeText, type ValueCache } from "./cache.ts";
import { flatKey, flatRange, storePrefix, textOf } from "./keys.ts";
import { Run } from "./_run.ts";
import { Miss, PAGE_ENTRIES_MAX, type PageRequest, type StateReader } from "./view.ts";

/** Loads while whoever asks stands still: only a thread of its own can do that. */
export type LoadNow = (request: LoadKeys | LoadRange | LoadNodes) => Reply;

/**
 * Reads of one version, or of whatever version is the latest. While no run is in progress only the cache answers. Values
 * are shared with the cache: nobody changes their bytes.
 */
export class ResidentReader implements StateReader {
  #run: Run | undefined;
  readonly #prefixTexts = new Map<string, string>();

  /**
   * @param cache of the latest version; undefined for a reader of the past.
   * @param version the one that reads are about, now.
   * @param loadNow what a run lacks is loaded as it is read, and nothing is missed; absent: it is missed, and the run begins anew.
   */
  constructor(
    readonly cache: ValueCache | undefined,
    readonly version: () => bigint,
    readonly loadNow?: LoadNow,
  ) {}

  get(store: string, key: Uint8Array): Uint8Array | undefined {
    const flat = this.#prefixText(store) + textOf(key);
    const known = this.#known(flat);
    return (known !== undefined ? known : this.#neighbour(flat, store, key)) ?? undefined;
  }

  page(store: string, page: PageRequest): Entries {
    invariant(page.limit > 0 && page.limit <= PAGE_ENTRIES_MAX, `read a page of ${store}: a limit of ${page.limit}`);
    const prefix = storePrefix(store).length;
    const range = flatRange(store, page);
    if (compareBytes(range.start, range.end) >= 0) return [];
    const request: LoadRange = { type: "load_range", ...range, reverse: page.reverse === true, limit: page.limit };
    const entries = this.#run?.page(request, (brought) => this.#cache()?.fill(request, brought)) ??
      this.#cache()?.page(rangeText(request)) ??
      this.#lacking(request).page(request)!;
    return entries.map(([key, value]) => [key.subarray(prefix), value] as const);
  }

  /** Whether a key can be read without a miss. */
  has(store: string, key: Uint8Array): boolean {
    return this.#known(this.#prefixText(store) + textOf(key)) !== undefined;
  }

  /**
   * Runs `run`, which must leave nothing behind when it throws (a journal is reverted): a miss ends it, what it lacked is
   * loaded, and it runs again from its start. All it reads is of one version, the one of the first attempt, also when the latest
   * version moves on in between. What a run loaded stays with it, so that no miss comes twice however small the cache is. One
   * that misses again and again is brought what lies around: see `_neighbours.ts`.
   */
  *resident<T>(run: () => T): Work<T> {
    const current = this.newRun();
    for (;;) {
      let miss: Miss;
      try {
        return this.within(current, run);
      } catch (thrown) {
        if (!(thrown instanceof Miss)) throw thrown;
        miss = thrown;
      }
      yield* this.#load(current, miss.request);
    }
  }

  /** One attempt, with all that earlier ones have loaded. */
  within<T>(current: Run, attempt: () => T): T {
    const outer = this.#run;
    this.#run = current;
    try {
      current.begin();
      return attempt();
    } finally {
      this.#run = outer;
    }
  }

  /** What computations share that are to see the same. */
  newRun(): Run {
    return new Run(this.version(), this.loadNow !== undefined);
  }

  #load(current: Run, missed: LoadKeys | LoadRange): Work<void> {
    return current.load(missed, (request, reply) => {
      if (current.version === this.version()) this.cache?.fill(request, reply);
    });
  }

  /** Loads what the run lacks, or misses it. */
  #lacking(request: LoadKeys | LoadRange): Run {
    const { loadNow } = this;
    const run = this.#run;
    run?.miss();
    if (loadNow === undefined || run === undefined) throw new Miss(request);
    const work = this.#load(run, request);
    let step = work.next(undefined);
    while (!step.done) {
      const wanted = step.value;
      invariant(wanted.type === "load_keys" || wanted.type === "load_range", `read a state: it lacks ${wanted.type}`);
      step = work.next(loadNow(wanted));
    }
    return run;
  }

  #known(flat: string): Known | undefined {
    const loaded = this.#run?.get(flat);
    return loaded !== undefined ? loaded : this.#cache()?.get(flat);
  }

  /** What came along with something else, and is cached now that it is read. */
  #neighbour(flat: string, store: string, key: Uint8Array): Known {
    const whole = flatKey(store, key);
    const known = this.#run?.neighbour(flat, whole);
    if (known === undefined) return this.#lacking({ type: "load_keys", keys: [whole] }).get(flat)!;
    this.#cache()?.note(flat, known);
    return known;
  }

  /** The cache, unless a run is bound to an older version than the cache is. */
  #cache(): ValueCache | undefined {
    return this.#run === undefined || this.#run.version === this.version() ? this.cache : undefined;
  }

  #prefixText(store: string): string {
    let text = this.#prefixTexts.get(store);
    if (text === undefined) this.#prefixTexts.set(store, text = textOf(storePrefix(store)));
    return text;
  }
}
