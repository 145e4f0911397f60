/**
 * The state with what waits on top, as another thread sees it: stores that waiting transactions wrote to are read where those
 * writes are, everything else is the committed state. For one computation, however many parts it has.
 * @module
 */
import { concatBytes, equalBytes, prefixEnd } from "../core/bytes.ts";
import { invariant } from "../core/invariant.ts";
import type { Entries, LoadKeys, LoadNodes, LoadRange, Reply, Work } from "../core/work.ts";
import type { FollowingState } from "./following.ts";
import type { Journal } from "./journal.ts";
import { flatKey, storePrefix } from "./keys.ts";
import type { StateAt } from "./multistore.ts";
import { ResidentReader } from "./resident.ts";
import { missTogether, PAGE_ENTRIES_MAX, type StateReader } from "./view.ts";

const utf8 = new TextDecoder();
/** The store of a flat key, and the key inside. */
const storeOf = (flat: Uint8Array): string => utf8.decode(flat.subarray(1, 1 + flat[0]!));
const insideOf = (flat: Uint8Array): Uint8Array => flat.subarray(1 + flat[0]!);

export class PendingState {
  readonly #committed: FollowingState;
  readonly #stores: ReadonlySet<string>;
  /** Of the stores that were written to: nothing of it is ever taken for committed. */
  readonly #written: ResidentReader;
  /** Kept to the end: what was read once stays, whatever is written meanwhile. */
  readonly #run: ReturnType<ResidentReader["newRun"]>;
  readonly reader: StateReader;

  /**
   * @param committed one that loads without beginning anew.
   * @param stores those whose requests are answered with what waits.
   */
  constructor(committed: FollowingState, stores: readonly string[]) {
    const { loadNow } = committed;
    invariant(loadNow !== undefined, "read what waits: this state cannot load while it is being read");
    this.#committed = committed;
    this.#stores = new Set(stores);
    const written = new ResidentReader(undefined, () => committed.version, loadNow);
    this.#written = written;
    this.#run = written.newRun();
    const of = (store: string) => this.#stores.has(store) ? written : committed.committed;
    this.reader = {
      get: (store, key) => of(store).get(store, key),
      page: (store, page) => of(store).page(store, page),
    };
  }

  /** Brings keys to where they can be read, in two requests at most. */
  *prefetch(keys: readonly { readonly store: string; readonly key: Uint8Array }[]): Work<void> {
    const written = keys.filter(({ store }) => this.#stores.has(store)).map(({ store, key }) => flatKey(store, key));
    if (written.length > 0) {
      const request: LoadKeys = { type: "load_keys", keys: written };
      this.#run.fill(request, yield request);
    }
    yield* this.#committed.prefetch(keys.filter(({ store }) => !this.#stores.has(store)));
  }

  /** As `ResidentReader.resident`, over {@linkcode PendingState.reader}. */
  resident<T>(run: () => T): Work<T> {
    return this.#committed.resident(() => this.#written.within(this.#run, run));
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
  return yield* answerOver(waiting.over(reader), resident, request);
}

/** Answers as storage does, out of `view`, which is resident within `resident`. */
export function* answerOver(
  view: StateReader,
  resident: <T>(run: () => T) => Work<T>,
  request: LoadKeys | LoadRange,
): Work<Reply> {
  if (request.type === "load_keys") {
    return yield* resident(() => missTogether(request.keys, (key) => view.get(storeOf(key), insideOf(key))));
  }
  const { start, end, reverse, limit, bytesMax = Infinity } = request;
  const store = storeOf(start);
  const isOpen = equalBytes(end, prefixEnd(storePrefix(store))!);
  const found: Entries[number][] = [];
  let bytes = 0;
  let range = { start: insideOf(start), end: isOpen ? undefined : insideOf(end) };
  // Page by page, each on its own: what one lacks does not bring the others back.
  for (;;) {
    const page = { ...range, reverse, limit: Math.min(limit - found.length, PAGE_ENTRIES_MAX) };
    const entries = yield* resident(() => view.page(store, page));
    for (const [key, value] of entries) {
      found.push([flatKey(store, key), value]);
      bytes += storePrefix(store).length + key.length + value.length;
      if (bytes >= bytesMax) return found;
    }
    if (found.length === limit || entries.length < page.limit) return found;
    const last = entries.at(-1)![0];
    range = reverse ? { ...range, end: last } : { ...range, start: concatBytes(last, new Uint8Array(1)) };
  }
}
