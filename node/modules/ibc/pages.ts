/** Walking a part of the store page by page, for genesis exports. @module */
import type { Reading } from "../../app/ports.ts";
import { concatBytes, prefixEnd } from "../../core/bytes.ts";
import type { Work } from "../../core/work.ts";
import { STORE } from "./connection/keys.ts";

/** Entries read at a time. */
const PAGE = 1000;

/** What `make` makes of each entry under `prefix`, in key order. */
export function* listUnder<T>(
  read: Reading,
  prefix: Uint8Array,
  make: (key: Uint8Array, value: Uint8Array) => T,
): Work<T[]> {
  const all: T[] = [];
  let start = prefix;
  for (;;) {
    const range = { start, end: prefixEnd(prefix), limit: PAGE };
    const page = yield* read((view) => view.page(STORE, range));
    for (const [key, value] of page) all.push(make(key, value));
    if (page.length < PAGE) return all;
    start = concatBytes(page.at(-1)![0], new Uint8Array(1));
  }
}
