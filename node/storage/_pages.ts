import { afterKey, inSpace, type Space, spaceBounds } from "./_kv_layout.ts";
import type { KvEntry, KvKey, KvPort } from "./_kv_port.ts";
import type { ReadGate } from "./_read_gate.ts";
import type { KeyRange } from "./store.ts";

const PAGE_FIRST = 64;
const PAGE_MAX = 1000;
/** What a page should weigh, judged by the page before it. */
const PAGE_BYTES = 1024 * 1024;

/** The entries of `range` in `space`, page by page. A page is consistent in itself; the next one may be newer. */
export async function* listPages(
  port: KvPort,
  gate: ReadGate,
  space: Space,
  range: KeyRange,
  reverse: boolean,
  limit: number,
): AsyncGenerator<KvEntry[]> {
  const [first, last] = spaceBounds(space);
  let start: KvKey = range.start ? [inSpace(space, range.start)] : first;
  let end: KvKey = range.end ? [inSpace(space, range.end)] : last;
  let size = Math.min(limit, PAGE_FIRST);
  // Some engines take a start after the end for an error, others for an empty range.
  while (size > 0 && isBefore(start, end)) {
    const page = await gate.read(() => port.list(start, end, { reverse, limit: size }));
    if (page.length === 0) return;
    yield page;
    if (page.length < size) return;
    if (reverse) end = page.at(-1)![0];
    else start = afterKey(page.at(-1)![0]);
    size = pageSizeAfter(page, size);
  }
}

/** How many entries to ask for after `page`, for which `size` were. */
export function pageSizeAfter(page: readonly KvEntry[], size: number): number {
  if (page.length === 0) return size;
  const bytes = page.reduce((sum, [key, value]) => sum + key[0].length + value.length, 0);
  return Math.max(8, Math.min(PAGE_MAX, Math.floor(PAGE_BYTES * page.length / bytes)));
}

/** The key of the contract that an entry of a listed space stands for. */
export const userKey = (entry: KvEntry): Uint8Array => entry[0][0].subarray(1);

function isBefore(start: KvKey, end: KvKey): boolean {
  const [a, b] = [start[0], end[0]];
  for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i]! < b[i]!;
  return a.length < b.length;
}
