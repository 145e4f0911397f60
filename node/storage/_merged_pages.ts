import { flatKey, type Space, spaceBounds } from "./_kv_layout.ts";
import type { KvPort, KvValue } from "./_kv_port.ts";
import { pageSizeAfter, userKey } from "./_pages.ts";
import type { ReadGate } from "./_read_gate.ts";
import { keyToString, stringToKey } from "./_sorted_map.ts";
import type { KeyRange } from "./store.ts";

const FLAT: Space = "flat";
const PAGE_FIRST = 64;

/** A key with what memory knows of it, and its flat record when memory knows nothing. */
type Merged<T> = readonly [text: string, known: T | undefined, record: KvValue | undefined];

/**
 * The keys of `range` that have a flat record or changed recently, page by page. `recent` answers at once and is asked
 * before the records are read: what moves from memory into the records meanwhile is then seen twice, not missed.
 */
export async function* mergedPages<T>(
  port: KvPort,
  gate: ReadGate,
  recent: (
    start: string | undefined,
    end: string | undefined,
    reverse: boolean,
    limit: number,
  ) => (readonly [text: string, known: T | undefined])[],
  range: KeyRange,
  reverse: boolean,
  limit: number,
): AsyncGenerator<Merged<T>[]> {
  let start = range.start && keyToString(range.start);
  let end = range.end && keyToString(range.end);
  const [first, last] = spaceBounds(FLAT);
  const isBehind = (a: string, b: string) => reverse ? a < b : a > b;
  let size = Math.min(limit, PAGE_FIRST);
  while (size > 0 && (start === undefined || end === undefined || start < end)) {
    const known = recent(start, end, reverse, size);
    const from = start === undefined ? first : flatKey(stringToKey(start));
    const to = end === undefined ? last : flatKey(stringToKey(end));
    const listed = await gate.read(() => port.list(from, to, { reverse, limit: size }));
    const merged = new Map<string, Merged<T>>();
    for (const entry of listed) {
      const text = keyToString(userKey(entry));
      merged.set(text, [text, undefined, entry[1]]);
    }
    for (const [text, change] of known) merged.set(text, [text, change, merged.get(text)?.[2]]);
    // A full list says nothing about what lies behind its last key.
    const ends: string[] = [];
    if (listed.length === size) ends.push(keyToString(userKey(listed.at(-1)!)));
    if (known.length === size) ends.push(known.at(-1)![0]);
    const bound = ends.length === 0 ? undefined : ends.reduce((a, b) => isBehind(a, b) ? b : a);
    const page = [...merged.values()].filter(([text]) => bound === undefined || !isBehind(text, bound));
    page.sort(([a], [b]) => isBehind(a, b) ? 1 : -1);
    yield page;
    if (bound === undefined) return;
    if (reverse) end = bound;
    else start = bound + "\0";
    size = pageSizeAfter(listed, size);
  }
}
