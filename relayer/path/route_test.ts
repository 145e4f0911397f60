import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { denomHash, parseDenom, parseForwardMemo } from "../../node/core/ibc/mod.ts";
import { ALLOW_ALL } from "./filter.ts";
import type { Path, PathChannel } from "./model.ts";
import { findRoute, type RouteHop } from "./route.ts";
import { FORWARDING_RECEIVER, planTransfer } from "./transfer.ts";

interface Options
  extends Partial<Pick<Path, "filter" | "paused">>, Partial<Pick<PathChannel, "open" | "order" | "version">> {
  /** Numbers of the channels on `a` and on `b`. */
  readonly channel?: readonly [number, number];
  readonly port?: string;
}

/** `a-b` is a path between those chains. */
function path(id: string, options: Options = {}): Path {
  const [a, b] = id.split("-") as [string, string];
  const { channel = [0, 0], port = "transfer" } = options;
  const ends = { clientId: "07-tendermint-0", connectionId: "connection-0" };
  const [endA, endB] = channel.map((number) => ({ portId: port, channelId: `channel-${number}` }));
  const { order = "unordered", version = "ics20-1", open = true } = options;
  return {
    id,
    a: { chain: a, ...ends },
    b: { chain: b, ...ends },
    channels: [{ a: endA!, b: endB!, order, version, open }],
    filter: options.filter ?? ALLOW_ALL,
    paused: options.paused ?? false,
  };
}

const chainsOf = (route: readonly RouteHop[] | undefined) =>
  route && [route[0]!.from, ...route.map(({ to }) => to)].join("");
const find = (paths: Path[], from: string, to: string, more: { via?: string[]; denom?: string } = {}) =>
  findRoute(paths, { from, to, ...more, denom: more.denom === undefined ? undefined! : parseDenom(more.denom) });

const LINE = [path("a-b", { channel: [0, 1] }), path("b-c", { channel: [2, 3] }), path("c-d", { channel: [4, 5] })];

Deno.test("a route has the fewest hops, in either direction of a path", () => {
  assertEquals(chainsOf(find(LINE, "a", "d")), "abcd");
  assertEquals(chainsOf(find(LINE, "d", "a")), "dcba");
  assertEquals(chainsOf(find([...LINE, path("a-c")], "a", "d")), "acd");
  assertEquals(find(LINE, "a", "a"), undefined);
  assertEquals(find(LINE, "a", "z"), undefined);
  const [hop] = find(LINE, "b", "a")!;
  assertEquals(hop, {
    pathId: "a-b",
    from: "b",
    to: "a",
    source: { portId: "transfer", channelId: "channel-1" },
    destination: { portId: "transfer", channelId: "channel-0" },
  });
});

Deno.test("only open, unordered channels of ICS-20 on paths that serve them carry tokens", async (t) => {
  const cases: [string, Options][] = [
    ["paused", { paused: true }],
    ["not open", { open: false }],
    ["ordered", { order: "ordered" }],
    ["of another application", { version: "calls-1" }],
    ["on another port", { port: "wasm.cat1x" }],
    ["filtered out", { filter: { rules: [], otherwise: "deny" } }],
  ];
  for (const [name, options] of cases) {
    await t.step(name, () => assertEquals(find([path("a-b", options)], "a", "b"), undefined));
  }
  await t.step("of an application with a middleware", () => {
    const version = '{"fee_version":"ics29-1","app_version":"ics20-1"}';
    assertEquals(chainsOf(find([path("a-b", { version })], "a", "b")), "ab");
  });
  await t.step("in one direction only", () => {
    const filter = { rules: [{ action: "deny", channel: "*", direction: "b_to_a" }], otherwise: "allow" } as const;
    assertEquals(chainsOf(find([path("a-b", { filter })], "a", "b")), "ab");
    assertEquals(find([path("a-b", { filter })], "b", "a"), undefined);
  });
});

Deno.test("the same paths give the same route whatever their order", () => {
  const paths = [
    ...LINE,
    path("b-d", { channel: [10, 0] }),
    { ...path("b-d", { channel: [9, 1] }), id: "b-d-2" },
    path("a-d2"),
    path("a-e"),
    path("e-d"),
  ];
  fc.assert(fc.property(fc.shuffledSubarray(paths, { minLength: paths.length }), (shuffled) => {
    assertEquals(find(shuffled, "a", "d"), find(paths, "a", "d"));
  }));
  const two = [path("a-b", { channel: [10, 0] }), { ...path("a-b", { channel: [9, 1] }) }];
  assertEquals(find(two, "a", "b")![0]!.source.channelId, "channel-9", "numbers, not texts");
});

Deno.test("stops on the way are passed in their order", () => {
  const paths = [...LINE, path("a-c"), path("a-d")];
  assertEquals(chainsOf(find(paths, "a", "d", { via: ["c"] })), "acd");
  assertEquals(chainsOf(find(paths, "a", "d", { via: ["b", "c"] })), "abcd");
  assertEquals(find(paths, "a", "d", { via: ["z"] }), undefined);
  assertEquals(find(paths, "a", "d", { via: ["a"] }), undefined, "a stop where one is already");
});

Deno.test("a token goes back the way it came when its destination lies on it", () => {
  const paths = [...LINE, path("a-c", { channel: [7, 7] })];
  // On c, from a over b.
  const denom = "transfer/channel-3/transfer/channel-1/ucat";
  assertEquals(chainsOf(find(paths, "c", "a", { denom })), "cba");
  assertEquals(chainsOf(find(paths, "c", "b", { denom })), "cb");
  assertEquals(chainsOf(find(paths, "c", "d", { denom })), "cd", "not on its way");
  assertEquals(chainsOf(find(paths, "c", "a", { denom: "ucat" })), "ca", "at home");
  assertEquals(chainsOf(find([path("a-c")], "c", "a", { denom })), "ca", "its channel is not served");
});

Deno.test("a route over several chains is one message whose memo sends the tokens on", () => {
  const route = find(LINE, "a", "d")!;
  const plan = planTransfer(route, {
    denom: parseDenom("ucat"),
    receiver: "cat1end",
    forwardTimeoutNs: 60_000_000_000n,
    retries: 2,
  });
  assert(plan.ok);
  const { source, receiver, memo, denoms } = plan.value;
  assertEquals([source.channelId, receiver], ["channel-0", FORWARDING_RECEIVER]);
  const forward = parseForwardMemo(memo);
  assert(forward.ok);
  const common = { portId: "transfer", timeoutNs: 60_000_000_000n, retries: 2 };
  assertEquals(forward.value, {
    ...common,
    receiver: FORWARDING_RECEIVER,
    channelId: "channel-2",
    next: { ...common, receiver: "cat1end", channelId: "channel-4" },
  });
  const last = "transfer/channel-5/transfer/channel-3/transfer/channel-1/ucat";
  assertEquals(denoms.map(({ chain }) => chain), ["a", "b", "c", "d"]);
  assertEquals(denoms.at(-1), { chain: "d", denom: denomHash(last), path: last });
});

Deno.test("on the way home a token loses its hops again", () => {
  const route = find(LINE, "c", "a")!;
  const plan = planTransfer(route, { denom: parseDenom("transfer/channel-3/transfer/channel-1/ucat"), receiver: "x" });
  assert(plan.ok);
  assertEquals(plan.value.denoms.map(({ path }) => path), [
    "transfer/channel-3/transfer/channel-1/ucat",
    "transfer/channel-1/ucat",
    "ucat",
  ]);
  assertEquals(plan.value.denoms.at(-1)!.denom, "ucat");
});

Deno.test("a memo goes with one hop, and not with more", () => {
  const denom = parseDenom("ucat");
  const single = planTransfer(find(LINE, "a", "b")!, { denom, receiver: "cat1x", memo: "hello" });
  assert(single.ok);
  assertEquals([single.value.receiver, single.value.memo], ["cat1x", "hello"]);
  const refused = (result: ReturnType<typeof planTransfer>) => result.ok ? 0 : result.error.code;
  assertEquals(refused(planTransfer(find(LINE, "a", "c")!, { denom, receiver: "cat1x", memo: "hello" })), 2);
  assertEquals(refused(planTransfer(find(LINE, "a", "b")!, { denom, receiver: "x", memo: "y".repeat(32_769) })), 2);
  assertEquals(refused(planTransfer([], { denom, receiver: "x" })), 1);
});
