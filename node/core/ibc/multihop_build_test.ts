import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { utf8ToBytes } from "../bytes.ts";
import {
  assembleMultihopProof,
  decodeMultihopProofs,
  type FetchedProof,
  type KnownHeight,
  planMultihopProof,
  type RouteChain,
} from "./mod.ts";

const KEY = utf8ToBytes("commitments/…");
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const at = (height: number, since: number): KnownHeight => ({
  height: { revisionNumber: 1n, revisionHeight: BigInt(height) },
  since: BigInt(since),
});
const route = (...known: KnownHeight[][]): RouteChain[] =>
  known.map((each, i) => ({
    prefix: utf8ToBytes("ibc"),
    clientId: `07-tendermint-${i}`,
    connectionId: `connection-${i}`,
    known: each,
  }));

Deno.test("clients are updated from the source towards the verifying chain, each to the block that follows", () => {
  const wanted = { key: KEY, since: 10n };
  assertEquals(planMultihopProof(route([], [], []), wanted), { tag: "update", chain: 2, height: 11n });
  // The last chain before the source stored the root of block 12 in its block 20.
  assertEquals(planMultihopProof(route([], [], [at(12, 20)]), wanted), { tag: "update", chain: 1, height: 21n });
  assertEquals(planMultihopProof(route([at(99, 1)], [at(20, 5)], [at(12, 20)]), wanted), {
    tag: "update",
    chain: 1,
    height: 21n,
  });
  const plan = planMultihopProof(route([at(31, 0)], [at(21, 30)], [at(12, 20)]), wanted);
  assert(plan.tag === "fetch");
  assertEquals(plan.proofHeight.revisionHeight, 31n);
  assertEquals(plan.requests.map(({ chain, key, rootHeight }) => [chain, text(key), rootHeight.revisionHeight]), [
    [3, text(KEY), 12n],
    [1, "connections/connection-1", 31n],
    [1, "clients/07-tendermint-1/clientState", 31n],
    [1, "clients/07-tendermint-1/consensusStates/1-21", 31n],
    [2, "connections/connection-2", 21n],
    [2, "clients/07-tendermint-2/clientState", 21n],
    [2, "clients/07-tendermint-2/consensusStates/1-12", 21n],
  ]);
});

const heights = fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 })), { maxLength: 8 });

Deno.test("a plan's roots hold what is proven under them, and are the newest that do; without any, an update is asked for", () => {
  fc.assert(
    fc.property(fc.array(heights, { minLength: 2, maxLength: 4 }), fc.integer({ min: 0, max: 20 }), (lists, since) => {
      const chains = route(...lists.map((list) => list.map(([height, block]) => at(height, block))));
      const wanted = { key: KEY, since: BigInt(since) };
      const plan = planMultihopProof(chains, wanted);
      const ways = waysOf(chains, wanted.since);
      if (plan.tag === "update") return assertEquals(ways.length, 0);
      const roots = [plan.proofHeight.revisionHeight];
      for (let i = 3; i < plan.requests.length; i += 3) {
        roots.push(BigInt(text(plan.requests[i]!.key).split("-").at(-1)!));
      }
      assert(ways.some((way) => way.every((root, i) => root === roots[i])), `${roots} is no way`);
      assert(ways.every((way) => way[0]! <= roots[0]!), "there is a newer first root");
    }),
    { numRuns: 300 },
  );
});

/** All choices of roots that fit together. */
function waysOf(chains: readonly RouteChain[], since: bigint): bigint[][] {
  let ways: { readonly roots: bigint[]; readonly since: bigint }[] = [{ roots: [], since }];
  for (const { known } of chains.toReversed()) {
    ways = ways.flatMap((way) =>
      known.filter(({ height }) => height.revisionHeight > way.since).map((each) => ({
        roots: [each.height.revisionHeight, ...way.roots],
        since: each.since,
      }))
    );
  }
  return ways.map(({ roots }) => roots);
}

Deno.test("a message is put together only from all answers, and from values that are there", () => {
  const chains = route([at(31, 0)], [at(12, 30)]);
  const plan = planMultihopProof(chains, { key: KEY, since: 10n });
  assert(plan.tag === "fetch");
  const answer = (n: number): FetchedProof => ({ value: Uint8Array.of(n), proof: Uint8Array.of(n, n) });
  const answers = plan.requests.map((_, i) => answer(i + 1));
  const made = assembleMultihopProof(chains, plan, answers);
  assert(made.ok);
  const message = decodeMultihopProofs(made.value);
  assert(message.ok);
  assertEquals(message.value.keyProof!.value, new Uint8Array());
  assertEquals(message.value.keyProof!.proof, Uint8Array.of(1, 1));
  const [{ connectionProofs, clientProofs, consensusProofs }] = [message.value];
  assertEquals([connectionProofs, clientProofs, consensusProofs].map(([entry]) => entry!.value[0]), [2, 3, 4]);
  const withValue = assembleMultihopProof(chains, plan, answers, true);
  assert(withValue.ok);
  assertEquals(withValue.value.length, made.value.length + 3);
  assert(assembleMultihopProof(chains, plan, [{ ...answers[0]!, value: undefined }, ...answers.slice(1)]).ok);
  assert(!assembleMultihopProof(chains, plan, answers.slice(1)).ok);
  assert(!assembleMultihopProof(chains, plan, answers.with(2, { ...answers[2]!, value: undefined })).ok);
});
