import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import {
  compareHeights,
  formatHeight,
  isRevisionFormat,
  isZeroHeight,
  nextHeight,
  parseHeight,
  previousHeight,
  revisionOfChainId,
  withRevision,
  ZERO_HEIGHT,
} from "./mod.ts";

const UINT64_MAX = 2n ** 64n - 1n;
const height = (revisionNumber: bigint, revisionHeight: bigint) => ({ revisionNumber, revisionHeight });
const uint64 = fc.bigInt(0n, UINT64_MAX);
const heights = fc.tuple(uint64, uint64).map(([revision, block]) => height(revision, block));

Deno.test("heights are read from <revision>-<height> and nothing else", () => {
  const good: [string, bigint, bigint][] = [["3-10", 3n, 10n], ["0-0", 0n, 0n], ["007-01", 7n, 1n]];
  for (const [text, revision, block] of good) {
    assertEquals(parseHeight(text), { ok: true, value: height(revision, block) }, text);
  }
  const bad = ["", "-", "height", "10", "3-", "-3", "3-4-5", "3--4", "+3-4", "3-4 ", "3-4\n", "3_0-1", "0x3-1", "٣-1"];
  for (const text of [...bad, "revision-10", "3-height", `3-${UINT64_MAX + 1n}`, `1-${"9".repeat(100_000)}`]) {
    const result = parseHeight(text);
    assert(!result.ok, text);
    assertEquals([result.error.codespace, result.error.code], ["ibc", 9]);
  }
});

Deno.test("a height comes back from its text", () => {
  fc.assert(fc.property(heights, (value) => assertEquals(parseHeight(formatHeight(value)), { ok: true, value })));
});

Deno.test("heights are ordered by revision, then by height", () => {
  const cases: [[bigint, bigint], [bigint, bigint], number][] = [
    [[1n, 3n], [3n, 4n], -1],
    [[7n, 5n], [4n, 5n], 1],
    [[3n, 4n], [3n, 9n], -1],
    [[UINT64_MAX, 1n], [0n, 1n], 1],
    [[1n, UINT64_MAX], [1n, 0n], 1],
    [[4n, 4n], [4n, 4n], 0],
  ];
  for (const [a, b, order] of cases) assertEquals(compareHeights(height(...a), height(...b)), order);
  fc.assert(fc.property(heights, heights, (a, b) => {
    assertEquals(compareHeights(a, b), -compareHeights(b, a) + 0);
  }));
});

Deno.test("one height up and one down; there is none below zero", () => {
  assertEquals(nextHeight(height(3n, 3n)), height(3n, 4n));
  assertEquals(previousHeight(height(3n, 3n)), height(3n, 2n));
  assertEquals(previousHeight(height(3n, 0n)), undefined);
  assert(isZeroHeight(ZERO_HEIGHT) && !isZeroHeight(height(0n, 1n)) && !isZeroHeight(height(1n, 0n)));
});

Deno.test("a chain id carries its revision after the last dash, as ibc-go reads it", () => {
  const formatted: [string, bigint][] = [["gaiamainnet-3", 3n], ["a-1", 1n], ["gaia-mainnet-40", 40n], ["g-3-39", 39n]];
  for (const [id, revision] of formatted) {
    assert(isRevisionFormat(id), id);
    assertEquals(revisionOfChainId(id), revision);
    assertEquals(withRevision(id, 77n), id.replace(/\d+$/, "77"));
  }
  const plain = [
    "gaia--",
    "gaia-03",
    "gaia--4",
    "gaia-3.4",
    "gaia",
    "ga\nia-1",
    "gaia-1\n",
    "gaia\n-3",
    "a--1",
    "-1",
    "--1",
    "",
  ];
  for (const id of [...plain, "gaia-0", "gaia-"]) {
    assert(!isRevisionFormat(id), id);
    assertEquals([revisionOfChainId(id), withRevision(id, 2n)], [0n, undefined]);
  }
  // Only the line feed is excluded, by Go's rule; JavaScript's dot would exclude more.
  assertEquals(revisionOfChainId("a\r\u2028b-5"), 5n);
  assertEquals(revisionOfChainId(`gaia-${UINT64_MAX + 1n}`), 0n);
});
