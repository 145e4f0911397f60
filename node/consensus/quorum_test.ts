import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { isOneThird, isQuorum } from "./quorum.ts";
import { timeoutMs } from "./timeouts.ts";

Deno.test("isQuorum() is strictly more than two thirds, isOneThird() strictly more than one", () => {
  assertEquals([0n, 1n, 2n, 3n].map((power) => isQuorum(power, 3n)), [false, false, false, true]);
  assertEquals([2n, 3n, 4n].map((power) => isQuorum(power, 4n)), [false, true, true]);
  assertEquals([4n, 5n].map((power) => isQuorum(power, 6n)), [false, true]);
  assertEquals([1n, 2n, 3n].map((power) => isOneThird(power, 6n)), [false, false, true]);
  assertEquals([isQuorum(0n, 0n), isOneThird(0n, 0n)], [false, false]);
});

Deno.test("any two quorums share more than a third, at any size of power", () => {
  fc.assert(fc.property(fc.bigInt(1n, 2n ** 60n), fc.bigInt(0n, 2n ** 60n), fc.bigInt(0n, 2n ** 60n), (total, a, b) => {
    fc.pre(a <= total && b <= total && isQuorum(a, total) && isQuorum(b, total));
    assertEquals(isOneThird(a + b - total, total), true);
  }));
});

Deno.test("timeoutMs() grows with the round up to a day", () => {
  assertEquals([0, 1, 4].map((round) => timeoutMs({ baseMs: 1000, deltaMs: 500 }, round)), [1000, 1500, 3000]);
  assertEquals(timeoutMs({ baseMs: 1000, deltaMs: 500 }, 0x7fffffff), 86_400_000);
});
