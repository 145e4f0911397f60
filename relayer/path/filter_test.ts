import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ALLOW_ALL, allows, CHANNEL_PATTERN, listFilter, matchesPattern } from "./filter.ts";
import type { PathFilter } from "./model.ts";

const end = (name: string) => {
  const [portId, channelId] = name.split("/") as [string, string];
  return { portId, channelId };
};

Deno.test("a star stands for any run of characters", () => {
  const cases: [string, string, boolean][] = [
    ["transfer/channel-0", "transfer/channel-0", true],
    ["transfer/channel-0", "transfer/channel-01", false],
    ["transfer/*", "transfer/channel-7", true],
    ["transfer/*", "calls/channel-7", false],
    ["*", "calls/channel-7", true],
    ["*/channel-7", "calls/channel-7", true],
    ["wasm.*/*-1", "wasm.abc/channel-1", true],
    ["wasm.*/*-1", "wasm.abc/channel-12", false],
    ["a*b", "ab", true],
    ["ab*b", "ab", false],
    ["*a*a*", "xa", false],
    ["**", "", true],
  ];
  for (const [pattern, text, fits] of cases) assertEquals(matchesPattern(pattern, text), fits, `${pattern} ${text}`);
});

Deno.test("patterns fit what the regular expression of the same meaning fits", () => {
  const letters = (max: number) => fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: max });
  fc.assert(
    fc.property(letters(8), letters(12), (pattern, text) => {
      const plain = text.replaceAll("*", "b");
      const expression = new RegExp(`^${pattern.replaceAll("*", ".*")}$`);
      assertEquals(matchesPattern(pattern, plain), expression.test(plain));
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("the first rule that fits decides, by channel and direction", () => {
  const filter: PathFilter = {
    rules: [
      { action: "deny", channel: "transfer/channel-1", direction: "b_to_a" },
      { action: "allow", channel: "transfer/*" },
      { action: "deny", channel: "*/channel-9" },
    ],
    otherwise: "deny",
  };
  const asked = (name: string) =>
    (["a_to_b", "b_to_a"] as const).map((direction) => allows(filter, end(name), direction));
  assertEquals(asked("transfer/channel-1"), [true, false]);
  assertEquals(asked("transfer/channel-9"), [true, true]);
  assertEquals(asked("calls/channel-9"), [false, false]);
  assertEquals(asked("calls/channel-0"), [false, false]);
  assert(allows(ALLOW_ALL, end("any/channel-0"), "a_to_b"));
});

Deno.test("a list allows only its channels, or all but them", () => {
  const channels = ["transfer/channel-0", "calls/*"];
  const asked = (policy: "allow" | "deny") =>
    ["transfer/channel-0", "calls/channel-3", "transfer/channel-1"]
      .map((name) => allows(listFilter(policy, channels), end(name), "a_to_b"));
  assertEquals([asked("allow"), asked("deny")], [[true, true, false], [false, false, true]]);
  assertEquals(allows(listFilter("deny", []), end("a/b"), "a_to_b"), true);
});

Deno.test("patterns that cannot fit a channel are told", () => {
  for (const good of ["*/*", "transfer/*", "*/channel-0", "wasm.cat1*/channel-*"]) {
    assert(CHANNEL_PATTERN.test(good), good);
  }
  for (const bad of ["", "transfer", "a/b/c", "transfer/", "a b/c", `${"x".repeat(200)}/y`]) {
    assert(!CHANNEL_PATTERN.test(bad), bad);
  }
});
