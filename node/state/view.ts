/**
 * How transactions see the state: named stores of ordered byte keys, read and written synchronously. A reader may not
 * have everything resident: it then throws a {@linkcode Miss}, which only the room's own runner catches.
 * @module
 */
import type { Entries, LoadKeys, LoadRange } from "../core/work.ts";

/** Largest page one read may ask for: who walks a store goes page by page. */
export const PAGE_ENTRIES_MAX = 1_000;

/** A page of keys of one store, from `start` (inclusive) to `end` (exclusive); an absent bound is open. */
export interface PageRequest {
  readonly start?: Uint8Array | undefined;
  readonly end?: Uint8Array | undefined;
  readonly reverse?: boolean;
  /** Always bounded: there is no reading of "everything". */
  readonly limit: number;
}

export interface StateReader {
  get(store: string, key: Uint8Array): Uint8Array | undefined;
  /** Entries in key order, at most `page.limit`. */
  page(store: string, page: PageRequest): Entries;
}

export interface StateView extends StateReader {
  /** An empty value is a value; delete removes. */
  set(store: string, key: Uint8Array, value: Uint8Array): void;
  delete(store: string, key: Uint8Array): void;
}

/** One change of a block. */
export interface StateChange {
  readonly store: string;
  readonly key: Uint8Array;
  /** undefined: deleted. */
  readonly value: Uint8Array | undefined;
}

/** The data are not resident. Not an error: the runner loads what `request` names and starts the computation again. */
export class Miss {
  constructor(readonly request: LoadKeys | LoadRange) {}
}

/**
 * What `run` makes of each item. What is not resident for one of them is missed together with what the others lack: one
 * after the other, a computation would begin anew for each.
 */
export function missTogether<T, R>(items: readonly T[], run: (item: T) => R): R[] {
  const keys: Uint8Array[] = [];
  const made: R[] = [];
  for (const item of items) {
    try {
      made.push(run(item));
    } catch (thrown) {
      if (!(thrown instanceof Miss) || thrown.request.type !== "load_keys") throw thrown;
      for (const key of thrown.request.keys) keys.push(key);
    }
  }
  if (keys.length > 0) throw new Miss({ type: "load_keys", keys });
  return made;
}

/** Values of several keys, with one miss for all. */
export const getMany = (
  view: StateReader,
  store: string,
  keys: readonly Uint8Array[],
): (Uint8Array | undefined)[] => missTogether(keys, (key) => view.get(store, key));
