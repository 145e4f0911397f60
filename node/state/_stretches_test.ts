/** What is known of a part of the state is true, whatever came in, in whatever order and however cut. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { compareBytes } from "../core/bytes.ts";
import type { Entries, LoadRange } from "../core/work.ts";
import { coveredBy, Stretches } from "./_stretches.ts";

const KEYS = 40;
const keyAt = (n: number) => Uint8Array.of(n);

/** As the runner answers: at most so many entries, and no more once they have come to so many bytes. */
function answer(state: Entries, { start, end, reverse, limit, bytesMax = Infinity }: LoadRange): Entries {
  const inside = state.filter(([key]) => compareBytes(key, start) >= 0 && compareBytes(key, end) < 0);
  const found: Entries[number][] = [];
  let bytes = 0;
  for (const entry of reverse ? inside.toReversed() : inside) {
    if (found.length === limit || bytes >= bytesMax) break;
    found.push(entry);
    bytes += entry[0].length + entry[1].length;
  }
  return found;
}

const states = fc.uniqueArray(fc.nat(KEYS - 1), { maxLength: KEYS }).chain((keys) =>
  fc.tuple(
    ...keys.sort((a, b) => a - b).map((n) =>
      fc.nat(30).map((length) => [keyAt(n), new Uint8Array(length).fill(n)] as const)
    ),
  )
);
const requests = fc.record({
  bounds: fc.uniqueArray(fc.nat(KEYS), { minLength: 2, maxLength: 2 }),
  reverse: fc.boolean(),
  limit: fc.integer({ min: 1, max: 12 }),
  bytesMax: fc.option(fc.integer({ min: 1, max: 120 }), { nil: undefined }),
}).map(({ bounds: [a, b], reverse, limit, bytesMax }): LoadRange => ({
  type: "load_range",
  start: keyAt(Math.min(a!, b!)),
  end: keyAt(Math.max(a!, b!)),
  reverse,
  limit,
  ...(bytesMax !== undefined && { bytesMax }),
}));

Deno.test("what stretches say is there is, and what they say is not is not", () => {
  let told = 0;
  fc.assert(
    fc.property(
      states,
      fc.array(requests, { minLength: 1, maxLength: 12 }),
      fc.array(requests, { minLength: 8, maxLength: 8 }),
      (state, filled, asked) => {
        const stretches = new Stretches();
        for (const request of filled) {
          const reply = answer(state, request);
          const { start, end } = stretches.fill(request, reply);
          assertEquals({ start, end }, coveredBy(request, reply));
          for (let n = 0; n < KEYS; n++) {
            const known = stretches.get(keyAt(n));
            const there = state.find(([key]) => key[0] === n)?.[1] ?? null;
            if (known !== undefined) assertEquals(known, there, `key ${n}`);
            const gap = stretches.gapAbove(keyAt(n), keyAt(KEYS));
            if (gap !== undefined && compareBytes(gap.start, keyAt(n)) <= 0) assertEquals(known, undefined);
            else assert(known !== undefined, `key ${n} is unknown and no gap`);
            const below = stretches.gapBelow(Uint8Array.of(n, 0), keyAt(0));
            const isIn = below !== undefined && compareBytes(below.start, keyAt(n)) <= 0 &&
              compareBytes(keyAt(n), below.end) < 0;
            assertEquals(isIn, known === undefined, `key ${n}, from above`);
          }
          for (const page of asked) {
            const known = stretches.page(page);
            if (known === undefined) continue;
            told++;
            // Pages that are asked for are not cut.
            assertEquals(known, answer(state, { ...page, bytesMax: Infinity }));
          }
        }
      },
    ),
    { numRuns: 300 },
  );
  assert(told > 500, `only ${told} pages were known`);
});
