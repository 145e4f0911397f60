/** Reading a range of what a contract stores, without running it. @module */
import { compareBytes, concatBytes } from "../../core/bytes.ts";
import type { Entries } from "../../core/work.ts";
import type { StateReader } from "../../state/view.ts";
import type { RawRange } from "./keeper.ts";
import type { QuerierContracts } from "./querier_sources.ts";

/** Entries read at once: they are charged for after they are read, and a value has up to 64 KiB. */
const PAGE_ENTRIES = 32;

/** At most `range.limit` entries, and the key of the one after the last. */
export function readRawRange(
  contracts: QuerierContracts,
  view: StateReader,
  address: Uint8Array,
  { reverse, limit, ...bounds }: RawRange,
): { readonly entries: Entries; readonly next: Uint8Array | undefined } {
  let { start, end } = bounds;
  const entries: (readonly [Uint8Array, Uint8Array])[] = [];
  while (start === undefined || end === undefined || compareBytes(start, end) < 0) {
    // One more tells what comes next.
    const asked = Math.min(PAGE_ENTRIES, limit + 1 - entries.length);
    const page = contracts.rawRange(view, address, { start, end, reverse, limit: asked });
    for (const entry of page) {
      if (entries.length === limit) return { entries, next: entry[0] };
      entries.push(entry);
    }
    const last = page.at(-1)?.[0];
    if (page.length < asked || last === undefined) break;
    if (reverse) end = last;
    else start = concatBytes(last, new Uint8Array(1));
  }
  return { entries, next: undefined };
}
