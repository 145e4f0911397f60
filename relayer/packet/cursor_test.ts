import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { afterPruning, afterReading, catchUp, type Cursor, firstCursor, readUpTo } from "./cursor.ts";

const POLICY = { lagMax: 5n, gapBlocksMax: 100n };

Deno.test("a relayer that was away reads the newest blocks first and puts the others aside", () => {
  assertEquals(firstCursor(10n), { next: 11n, gaps: [] });
  const { cursor, mustSearch } = catchUp(firstCursor(10n), 40n, POLICY);
  assertEquals([cursor, mustSearch], [{ next: 36n, gaps: [{ from: 11n, to: 35n }] }, false]);
  assertEquals(readUpTo(cursor), 10n);
  assertEquals(catchUp(firstCursor(10n), 15n, POLICY).cursor, firstCursor(10n));
});

Deno.test("a gap that is too large, or not served any more, is left to a search", () => {
  assertEquals(catchUp(firstCursor(10n), 200n, POLICY), { cursor: { next: 196n, gaps: [] }, mustSearch: true });
  const cursor: Cursor = { next: 100n, gaps: [{ from: 10n, to: 20n }, { from: 40n, to: 50n }] };
  assertEquals(afterPruning(cursor, 45n), { next: 100n, gaps: [{ from: 46n, to: 50n }] });
  assertEquals(afterPruning(cursor, 100n), { next: 101n, gaps: [] });
});

Deno.test("every block is read once, whenever the relayer is away", () => {
  const steps = fc.array(fc.oneof(fc.integer({ min: 0, max: 15 }), fc.constant("live"), fc.constant("gap")), {
    maxLength: 200,
  });
  fc.assert(fc.property(steps, (steps) => {
    let head = 10n;
    let cursor = firstCursor(head);
    const read: bigint[] = [];
    const one = (height: bigint | undefined) => {
      if (height === undefined || height > head) return;
      read.push(height);
      cursor = afterReading(cursor, height);
    };
    for (const step of steps) {
      if (step === "live") one(cursor.next);
      else if (step === "gap") one(cursor.gaps[0]?.from);
      else {
        head += BigInt(step);
        cursor = catchUp(cursor, head, { lagMax: 5n, gapBlocksMax: 1_000_000n }).cursor;
      }
    }
    while (cursor.gaps.length > 0) one(cursor.gaps[0]!.from);
    while (cursor.next <= head) one(cursor.next);
    assertEquals(readUpTo(cursor), head);
    const all = Array.from({ length: Number(head - 10n) }, (_, i) => 11n + BigInt(i));
    assertEquals(read.sort((a, b) => Number(a - b)), all);
  }));
});
