import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { State } from "cosmjs-types/ibc/core/connection/v1/connection";
import { type Claim, judge, SECOND, ToyRoute, type ToyRouteOptions } from "../../../tests/helpers/toy_route.ts";
import { utf8ToBytes } from "../bytes.ts";
import type { Result } from "../result.ts";
import {
  assembleMultihopProof,
  checkHops,
  claimedMoment,
  counterpartyHops,
  decodeMultihopProofs,
  MULTIHOP_CODE,
  planMultihopProof,
  readRoute,
  ROOT_AGE_MAX_NS,
} from "./mod.ts";

const KEY = "commitments/ports/transfer/channels/channel-0/sequences/1";
const VALUE = new Uint8Array(32).fill(7);
const PRESENT = { key: KEY, value: VALUE };
const BELIEVED = { ok: true, value: undefined } as const;

function assertRefused(verdict: Result<undefined>, code: keyof typeof MULTIHOP_CODE, about = ""): void {
  assert(!verdict.ok, "it was believed");
  const { codespace, message } = verdict.error;
  assertEquals([codespace, verdict.error.code, message], ["multihop", MULTIHOP_CODE[code], message]);
  assert(message.includes(about), message);
}

function assertNotProven(verdict: Result<undefined>): void {
  assert(!verdict.ok, "it was believed");
  assertEquals(verdict.error.codespace, "commitment");
}

/** A route whose source has {@linkcode VALUE} under {@linkcode KEY}. */
function routeWith(options: ToyRouteOptions = {}): ToyRoute {
  const route = new ToyRoute(options);
  route.source.set(KEY, VALUE);
  route.source.block();
  return route;
}

/** A proof that starts with the newest root that the verifying chain knows, and needs no update. */
function proveNow(route: ToyRoute): Claim {
  const [neighbour, ...others] = route.description;
  const description = [{ ...neighbour!, known: neighbour!.known.slice(-1) }, ...others];
  const plan = planMultihopProof(description, { key: utf8ToBytes(KEY), since: 2n });
  assert(plan.tag === "fetch");
  const made = assembleMultihopProof(description, plan, route.fetch(plan));
  assert(made.ok);
  return { bytes: made.value, height: plan.proofHeight };
}

const chainOptions = fc.record({
  prefix: fc.constantFrom("ibc", "vibc", "x"),
  trees: fc.constantFrom("jmt" as const, "simple" as const),
  revision: fc.bigInt(0n, 9n),
});
const routes = fc.record({
  chains: fc.array(chainOptions, { minLength: 3, maxLength: 5 }),
  first: fc.nat(1_000),
  delays: fc.array(fc.bigInt(0n, 100n), { minLength: 4, maxLength: 4 }),
});
/** Blocks and updates that have nothing to do with the proof. */
const noise = fc.array(fc.tuple(fc.nat(4), fc.boolean()), { maxLength: 12 });

Deno.test("an honest proof over two to four connections is believed, of presence and of absence", () => {
  fc.assert(
    fc.property(routes, noise, noise, (options, before, after) => {
      const route = routeWith(options);
      const makeNoise = (steps: readonly (readonly [number, boolean])[]) => {
        for (const [n, isUpdate] of steps) {
          if (isUpdate) route.links[n % route.links.length]!.update();
          else route.chains[n % route.chains.length]!.block();
        }
      };
      makeNoise(before);
      const present = route.prove(KEY);
      makeNoise(after);
      assertEquals(judge(route, present, PRESENT), BELIEVED);
      const absent = route.prove("receipts/none");
      assertEquals(judge(route, absent, { key: "receipts/none", value: undefined }), BELIEVED);
      // Not the other way round, not another key, not another value.
      assertNotProven(judge(route, present, { key: KEY, value: undefined }));
      assertNotProven(judge(route, absent, { key: "receipts/none", value: VALUE }));
      assertNotProven(judge(route, present, { key: KEY + "1", value: VALUE }));
      assertNotProven(judge(route, present, { key: KEY, value: utf8ToBytes("else") }));
    }),
    { numRuns: 40 },
  );
});

Deno.test("a proof says of the other end: its moment, its view of the connections, the longest delay", () => {
  const route = routeWith({ chains: [{}, { revision: 4n }, {}, { revision: 7n }], first: 10, delays: [5n, 30n, 20n] });
  const proofs = decodeMultihopProofs(route.prove(KEY).bytes);
  assert(proofs.ok);
  const claimed = readRoute(route.hops, proofs.value);
  assert(claimed.ok);
  const { height, timestamp } = claimedMoment(claimed.value)!;
  assertEquals(height, route.links[2]!.known.at(-1)!.height);
  assertEquals(height.revisionNumber, 7n);
  assertEquals(timestamp, route.source.header(height.revisionHeight).time);
  assertEquals(counterpartyHops(route.links[0]!.connection, claimed.value), [
    "connection-15",
    "connection-13",
    "connection-11",
  ]);
  assertEquals(claimed.value.delayPeriod, 30n);
});

Deno.test("a channel goes over two to four connections with valid names", () => {
  const hops = ["connection-0", "connection-1", "connection-2", "connection-3"];
  assertEquals(checkHops(hops), BELIEVED);
  assertRefused(checkHops([...hops, "connection-4"]), "hopCount", "5 connections, must be 2 to 4");
  assertRefused(checkHops(hops.slice(0, 1)), "hopCount");
  assertRefused(checkHops(["connection-0", "connection-1/x"]), "wrongKey");
});

Deno.test("a frozen client on the way is refused, on whichever chain it is", () => {
  for (const hop of [1, 2]) {
    const route = routeWith({ chains: [{}, {}, {}, {}] });
    const link = route.links[hop]!;
    link.client = { ...link.client, frozenHeight: { revisionNumber: 0n, revisionHeight: 1n } };
    const about = `hop ${hop}: the client 07-tendermint-${2 * hop} is frozen`;
    assertRefused(judge(route, route.prove(KEY), PRESENT), "clientFrozen", about);
  }
});

Deno.test("a client on the way has expired when its consensus state is as old as the trusting period, by its chain's time", () => {
  for (const [seconds, isBelieved] of [[99n, true], [100n, false]] as const) {
    const route = routeWith();
    const [first, second] = route.links;
    route.source.block();
    second!.client = { ...second!.client, trustingPeriod: { seconds: 100n, nanos: 0 } };
    second!.update();
    const { time } = second!.to.header(second!.client.latestHeight.revisionHeight);
    first!.to.block((time - route.clock.now) / SECOND + seconds);
    first!.update();
    const verdict = judge(route, proveNow(route), PRESENT);
    if (isBelieved) assertEquals(verdict, BELIEVED);
    else assertRefused(verdict, "clientExpired", "hop 1");
  }
});

Deno.test("a root more than an hour older than the verifying chain is refused; the delay comes on top", () => {
  const route = routeWith({ delays: [0n, 600n * SECOND] });
  const proof = route.prove(KEY);
  const latest = route.start(proof.height).timestamp + ROOT_AGE_MAX_NS + 600n * SECOND;
  assertEquals(judge(route, proof, { ...PRESENT, now: latest }), BELIEVED);
  assertRefused(judge(route, proof, { ...PRESENT, now: latest + 1n }), "staleRoot", "hop 1");
});

Deno.test("a root more than an hour older than the one before is refused", () => {
  for (const [seconds, isBelieved] of [[3_600n, true], [3_601n, false]] as const) {
    const route = routeWith({ chains: [{}, {}, {}, {}] });
    const [first, second, third] = route.links;
    route.source.block();
    third!.update();
    const { time } = third!.to.header(third!.client.latestHeight.revisionHeight);
    third!.from.block((time - route.clock.now) / SECOND + seconds);
    second!.update();
    first!.to.block();
    first!.update();
    const verdict = judge(route, proveNow(route), PRESENT);
    if (isBelieved) assertEquals(verdict, BELIEVED);
    else assertRefused(verdict, "staleRoot", "hop 2");
  }
});

Deno.test("a consensus state above its client's latest height is refused", () => {
  const route = routeWith();
  const [, link] = route.links;
  const proof = () => judge(route, route.prove(KEY), PRESENT);
  assertEquals(proof(), BELIEVED);
  link!.client = { ...link!.client, latestHeight: { revisionNumber: 0n, revisionHeight: 99n } };
  link!.write();
  link!.from.block();
  link!.from.block();
  route.links[0]!.update();
  assertRefused(judge(route, proveNow(route), PRESENT), "inconsistentHeight", "hop 1");
});

Deno.test("a connection on the way must be open and whole", () => {
  for (
    const [change, code] of [
      [{ state: State.STATE_TRYOPEN }, "connectionNotOpen"],
      [{ state: State.STATE_INIT }, "connectionNotOpen"],
      [{ clientId: "" }, "malformed"],
      [{ counterparty: { clientId: "", connectionId: "", prefix: { keyPrefix: new Uint8Array() } } }, "malformed"],
    ] as const
  ) {
    const route = routeWith();
    const [, link] = route.links;
    link!.connection = { ...link!.connection, ...change };
    assertRefused(judge(route, route.prove(KEY), PRESENT), code, "hop 1");
  }
});
