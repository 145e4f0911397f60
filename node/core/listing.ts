/** Walking a part of a store page by page, for genesis exports. @module */
import { concatBytes, prefixEnd } from "./bytes.ts";
import type { Entries, Work } from "./work.ts";

/** Entries read at a time. */
const PAGE = 1000;

/** A state that can be read in key order. */
interface Listed {
  page(
    store: string,
    range: { readonly start: Uint8Array; readonly end: Uint8Array | undefined; readonly limit: number },
  ): Entries;
}

/** What `make` makes of each entry of `store` under `prefix`, in key order. `make` is called once for each. */
export function* listUnder<T>(
  read: <U>(run: (view: Listed) => U) => Work<U>,
  store: string,
  prefix: Uint8Array,
  make: (key: Uint8Array, value: Uint8Array) => T,
): Work<T[]> {
  const all: T[] = [];
  const end = prefixEnd(prefix);
  let start = prefix;
  for (;;) {
    const range = { start, end, limit: PAGE };
    const page = yield* read((view) => view.page(store, range));
    for (const [key, value] of page) all.push(make(key, value));
    if (page.length < PAGE) return all;
    start = concatBytes(page.at(-1)![0], new Uint8Array(1));
  }
}
