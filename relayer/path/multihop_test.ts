import { assert, assertEquals } from "@std/assert";
import { connectionHopsOf, legsOf, turned, WAY_CODE } from "./multihop.ts";
import { ALLOW_ALL } from "./filter.ts";
import type { Path } from "./model.ts";

const path = (id: string, a: string, b: string, n: number): Path => ({
  id,
  a: { chain: a, clientId: `07-tendermint-${n}`, connectionId: `connection-${n}` },
  b: { chain: b, clientId: `07-tendermint-${n + 1}`, connectionId: `connection-${n + 1}` },
  channels: [],
  filter: ALLOW_ALL,
  paused: false,
});
const PATHS = [path("ab", "a", "b", 0), path("cb", "c", "b", 10), path("cd", "c", "d", 20), path("da", "d", "a", 30)];

Deno.test("a way over paths has the connections of either direction in their order, however the paths are written", () => {
  const legs = legsOf(PATHS, ["ab", "cb", "cd"], "a");
  assert(legs.ok);
  assertEquals(legs.value.map(({ near, far }) => near.chain + far.chain), ["ab", "bc", "cd"]);
  assertEquals(connectionHopsOf(legs.value), ["connection-0", "connection-11", "connection-20"]);
  assertEquals(connectionHopsOf(turned(legs.value)), ["connection-21", "connection-10", "connection-1"]);
  assertEquals(turned(turned(legs.value)), legs.value);
});

Deno.test("a way without paths, with too many, with gaps or in circles is refused", () => {
  const code = (pathIds: string[], from: string) => {
    const legs = legsOf(PATHS, pathIds, from);
    return legs.ok ? 0 : legs.error.code;
  };
  assertEquals(code([], "a"), WAY_CODE.length);
  assertEquals(code(["ab", "cb", "cd", "da", "ab"], "a"), WAY_CODE.length);
  assertEquals(code(["ab", "xy"], "a"), WAY_CODE.unknownPath);
  assertEquals(code(["ab", "cd"], "a"), WAY_CODE.gap);
  assertEquals(code(["ab", "ab"], "a"), WAY_CODE.circle);
  assertEquals(code(["ab", "cb", "cd", "da"], "a"), WAY_CODE.circle);
});
