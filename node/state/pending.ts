/**
 * The state with what waits on top, as another thread sees it: stores that waiting transactions wrote to are read where those
 * writes are, everything else is the committed state. For one computation, however many runs it takes.
 * @module
 */
import { compareBytes, equalBytes, prefixEnd } from "../core/bytes.ts";
import type { LoadKeys, LoadNodes, LoadRange, Reply, Work } from "../core/work.ts";
import { rangeText, RunLoads } from "./cache.ts";
import type { FollowingState } from "./following.ts";
import type { Journal } from "./journal.ts";
import { flatKey, flatRange, storePrefix, textOf } from "./keys.ts";
import type { StateAt } from "./multistore.ts";
import { Miss, missTogether, type StateReader } from "./view.ts";

const utf8 = new TextDecoder();
/** The store of a flat key, and the key inside. */
const storeOf = (flat: Uint8Array): string => utf8.decode(flat.subarray(1, 1 + flat[0]!));
const insideOf = (flat: Uint8Array): Uint8Array => flat.subarray(1 + flat[0]!);

export class PendingState {
  readonly #committed: FollowingState;
  readonly #stores: ReadonlySet<string>;
  /** Of the stores that were written to. Kept to the end, and never taken for committed. */
  readonly #loads = new RunLoads();
  readonly reader: StateReader;

  /** `stores`: those whose requests are answered with what waits. */
  constructor(committed: FollowingState, stores: readonly string[]) {
    this.#committed = committed;
    this.#stores = new Set(stores);
    this.reader = {
      get: (store, key) =>
        this.#stores.has(store) ? this.#get(flatKey(store, key)) : committed.committed.get(store, key),
      page: (store, page) => {
        if (!this.#stores.has(store)) return committed.committed.page(store, page);
        const prefix = storePrefix(store).length;
        const range = flatRange(store, page);
        if (compareBytes(range.start, range.end) >= 0) return [];
        const request: LoadRange = { type: "load_range", ...range, reverse: page.reverse === true, limit: page.limit };
        const entries = this.#loads.page(rangeText(request));
        if (entries === undefined) throw new Miss(request);
        return entries.map(([key, value]) => [key.subarray(prefix), value] as const);
      },
    };
  }

  /** Brings keys to where they can be read, in two requests at most. */
  *prefetch(keys: readonly { readonly store: string; readonly key: Uint8Array }[]): Work<void> {
    const pending = keys.filter(({ store }) => this.#stores.has(store)).map(({ store, key }) => flatKey(store, key));
    if (pending.length > 0) yield* this.#load({ type: "load_keys", keys: pending });
    yield* this.#committed.prefetch(keys.filter(({ store }) => !this.#stores.has(store)));
  }

  /** As `ResidentReader.resident`, over {@linkcode PendingState.reader}. */
  *resident<T>(run: () => T): Work<T> {
    for (;;) {
      const ran = yield* this.#committed.resident((): { readonly value: T } | LoadKeys | LoadRange => {
        try {
          return { value: run() };
        } catch (thrown) {
          const own = thrown instanceof Miss ? this.#ownPart(thrown.request) : undefined;
          if (own === undefined) throw thrown;
          return own;
        }
      });
      if ("value" in ran) return ran.value;
      yield* this.#load(ran);
    }
  }

  #get(flat: Uint8Array): Uint8Array | undefined {
    const known = this.#loads.get(textOf(flat));
    if (known === undefined) throw new Miss({ type: "load_keys", keys: [flat] });
    return known ?? undefined;
  }

  *#load(request: LoadKeys | LoadRange): Work<void> {
    this.#loads.fill(request, yield request);
  }

  /** What of a request is about the stores that were written to; the rest is missed again. */
  #ownPart(request: LoadKeys | LoadRange): LoadKeys | LoadRange | undefined {
    const isOwn = (flat: Uint8Array) => this.#stores.has(storeOf(flat));
    if (request.type === "load_range") return isOwn(request.start) ? request : undefined;
    const keys = request.keys.filter(isOwn);
    return keys.length === 0 ? undefined : { type: "load_keys", keys };
  }
}

/**
 * The side where the writes are: answers a request of a {@linkcode PendingState} over `stores`. `at` gives the version that the
 * computation began with, to which this is to be bound as well; `waiting` holds what was written since.
 */
export function* answerPending(
  waiting: Journal,
  stores: readonly string[],
  at: () => StateAt,
  request: LoadKeys | LoadRange | LoadNodes,
): Work<Reply> {
  if (request.type === "load_nodes") return yield request;
  const store = storeOf(request.type === "load_range" ? request.start : request.keys[0]!);
  if (!stores.includes(store)) return yield request;
  const { reader, resident } = at();
  const view = waiting.over(reader);
  if (request.type === "load_keys") {
    return yield* resident(() => missTogether(request.keys, (key) => view.get(storeOf(key), insideOf(key))));
  }
  const { start, end, reverse, limit } = request;
  const isOpen = equalBytes(end, prefixEnd(storePrefix(store))!);
  const page = { start: insideOf(start), end: isOpen ? undefined : insideOf(end), reverse, limit };
  const entries = yield* resident(() => view.page(store, page));
  return entries.map(([key, value]) => [flatKey(store, key), value] as const);
}
