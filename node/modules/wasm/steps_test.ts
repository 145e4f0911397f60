import { assertEquals, assertThrows } from "@std/assert";
import { ask, runSteps, type Steps } from "./steps.ts";

function* sum(to: number): Steps<number> {
  return to === 0 ? 0 : to + (yield* ask(sum(to - 1)));
}

Deno.test("parts inside parts take no stack, however deep", () => {
  assertEquals(runSteps(sum(200_000)), 200_000 * 200_001 / 2);
});

Deno.test("what is thrown passes through every part that waits, innermost first, and may be caught on the way", () => {
  const left: number[] = [];
  function* down(depth: number, catchAt: number): Steps<string> {
    try {
      if (depth === 0) throw new Error("bottom");
      return yield* ask(down(depth - 1, catchAt));
    } catch (error) {
      if (depth !== catchAt) throw error;
      return `caught at ${depth}`;
    } finally {
      left.push(depth);
    }
  }
  assertEquals(runSteps(down(4, 2)), "caught at 2");
  assertEquals(left, [0, 1, 2, 3, 4]);
  assertThrows(() => runSteps(down(3, 9)), Error, "bottom");
});
