import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodeNeighbours, encodeNeighbours, reachEachOther } from "./_neighbours.ts";

const keyOf = (n: number) => new Uint8Array(32).fill(n);

Deno.test("decodeNeighbours() reads what encodeNeighbours() wrote, and nothing that is no list of keys", () => {
  const keys = [1, 2, 3].map(keyOf);
  assertEquals(decodeNeighbours(encodeNeighbours(keys)), new Set(keys.map((key) => key.toHex())));
  assertEquals(decodeNeighbours(new Uint8Array()), new Set());
  assertEquals(decodeNeighbours(new Uint8Array(33)), undefined);
  assertEquals(decodeNeighbours(new Uint8Array(1001 * 32)), undefined);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
    assertEquals(decodeNeighbours(bytes) === undefined, bytes.length % 32 !== 0);
  }));
});

Deno.test("two peers have each other's messages only when both say so", () => {
  const [a, b] = ["a", "b"];
  const says = (key: string, ...neighbours: string[]) => ({ key, neighbours: new Set(neighbours) });
  assert(reachEachOther(says(a, b), says(b, a)));
  assert(!reachEachOther(says(a, b), says(b)));
  assert(!reachEachOther(says(a), says(b, a)));
});
