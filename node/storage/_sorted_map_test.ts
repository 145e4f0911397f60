import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Prng } from "../core/prng.ts";
import { keyToString, SortedMap, stringToKey } from "./_sorted_map.ts";

Deno.test("a sorted map of any size lists its keys as a sorted array does, while keys come and go", () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 3000 }), (seed, space) => {
      const prng = new Prng(seed);
      const map = new SortedMap<number>();
      const model = new Map<string, number>();
      const key = () => `k${prng.below(space)}`;
      for (let i = 0; i < 4000; i++) {
        const name = key();
        if (prng.chance(0.7)) {
          map.set(name, i);
          model.set(name, i);
        } else {
          map.delete(name);
          model.delete(name);
        }
      }
      assertEquals(map.size, model.size);
      const sorted = [...model.keys()].sort();
      for (let i = 0; i < 10; i++) {
        const start = prng.chance(0.8) ? key() : undefined;
        const end = prng.chance(0.8) ? key() : undefined;
        const inside = sorted.filter((name) => (!start || name >= start) && (!end || name < end));
        const limit = prng.below(700);
        assertEquals(map.keys(start, end, false, limit), inside.slice(0, limit));
        assertEquals(map.keys(start, end, true, limit), inside.toReversed().slice(0, limit));
      }
      const name = key();
      assertEquals(map.get(name), model.get(name));
    }),
    { numRuns: 30 },
  );
});

Deno.test("bytes and their text have the same order", () => {
  fc.assert(fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
    assertEquals(stringToKey(keyToString(a)), a);
    assertEquals(keyToString(a) < keyToString(b), Math.sign(compare(a, b)) < 0);
  }));
});

function compare(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, i) => i >= b.length || byte !== b[i]);
  if (at < 0) return a.length - b.length;
  return at >= b.length ? 1 : a[at]! - b[at]!;
}
