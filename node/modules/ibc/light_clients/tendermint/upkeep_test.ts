import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import {
  block,
  Clients,
  codeOf,
  createTendermint,
  h,
  headerAny,
  HOUR,
  MINUTE,
  SECOND,
  T0,
} from "../../../../../tests/helpers/ibc_clients.ts";

/** A client that knows blocks at one minute's distance. */
function withBlocks(count: number): { clients: Clients; id: string; at: (i: number) => bigint } {
  const clients = new Clients();
  const at = (i: number) => T0 + SECOND + BigInt(i) * MINUTE;
  const id = createTendermint(clients);
  for (let i = 1; i < count; i++) {
    const made = block(BigInt(1 + i), { time: at(i) });
    assertEquals(codeOf(clients.update(id, headerAny(made, BigInt(i)), at(i) + SECOND)), "ok");
  }
  return { clients, id, at };
}

const known = ({ clients, id }: { clients: Clients; id: string }, count: number) =>
  Array.from({ length: count }, (_, i) => BigInt(1 + i)).filter((height) => clients.has(id, h(height)));

Deno.test("a client expires at the end of its trusting period, counted from its latest header", () => {
  const { clients, id, at } = withBlocks(3);
  assertEquals(clients.status(id, at(2) + HOUR - 1n), "Active");
  assertEquals(clients.status(id, at(2) + HOUR), "Expired");
  assertEquals(codeOf(clients.update(id, headerAny(block(9n, { time: at(3) }), 3n), at(2) + HOUR)), "client/29");
});

Deno.test("an update forgets the lowest consensus state when it has expired, one at a time, with all about it", () => {
  const set = withBlocks(5);
  const { clients, id, at } = set;
  assertEquals(known(set, 5), [1n, 2n, 3n, 4n, 5n]);
  // Blocks 1 and 2 have expired, block 3 has not.
  const now = at(1) + HOUR;
  assertEquals(codeOf(clients.update(id, headerAny(block(9n, { time: now }), 5n), now)), "ok");
  assertEquals(known(set, 5), [2n, 3n, 4n, 5n]);
  assertEquals(clients.keys().filter((key) => key.includes("States/1-1")), []);
  assertEquals(clients.keys().filter((key) => key.includes("iterate")).length, 5);
  // The same header again still tidies up.
  assertEquals(codeOf(clients.update(id, headerAny(block(9n, { time: now }), 5n), now)), "ok");
  assertEquals(known(set, 5), [3n, 4n, 5n]);
  assertEquals(codeOf(clients.update(id, headerAny(block(9n, { time: now }), 5n), now)), "ok");
  assertEquals(known(set, 5), [3n, 4n, 5n]);
});

Deno.test("no order of updates loses an index entry, or keeps one too many", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 2, max: 40 }), { minLength: 1, maxLength: 12 }), (heights) => {
      const clients = new Clients();
      const id = createTendermint(clients);
      const now = T0 + 50n * SECOND;
      for (const height of heights) clients.update(id, headerAny(block(BigInt(height)), 1n), now);
      const indexed = clients.keys().filter((key) => key.includes("iterate"))
        .map((key) => key.charCodeAt(key.length - 1));
      assertEquals(indexed, [1, ...heights].toSorted((a, b) => a - b));
      assertEquals(clients.keeper.latestHeight(clients.at(now), id), h(BigInt(Math.max(...heights))));
    }),
    { numRuns: 30 },
  );
});

Deno.test("delays count from when this chain learnt the consensus state, in time and in blocks, both ends included", () => {
  const clients = new Clients();
  const id = createTendermint(clients);
  const learnt = T0 + 5n * SECOND;
  clients.update(id, headerAny(block(2n), 1n), learnt, 200n);
  const code = (time: bigint, height: bigint, delayTime: bigint, delayBlocks: bigint) => {
    const claim = { height: h(2n), proof: new Uint8Array(), delayTime, delayBlocks };
    return codeOf(clients.keeper.verifyMembership(clients.at(time, height), id, claim, [], new Uint8Array()));
  };
  const past = "commitment/4";
  assertEquals(code(learnt, 200n, 0n, 0n), past);
  assertEquals(code(learnt + 9n, 200n, 10n, 0n), "07-tendermint/10");
  assertEquals(code(learnt + 10n, 200n, 10n, 0n), past);
  assertEquals(code(learnt, 202n, 0n, 3n), "07-tendermint/10");
  assertEquals(code(learnt, 203n, 0n, 3n), past);
  assertEquals(code(learnt + 10n, 202n, 10n, 3n), "07-tendermint/10");
  // Delays that would overflow Go's integers just never pass.
  assertEquals(code(learnt, 203n, (1n << 64n) - 1n, 0n), "07-tendermint/10");
  assertEquals(code(learnt, 203n, 0n, (1n << 64n) - 1n), "07-tendermint/10");
});

Deno.test("what a client does not know it has no processed time of", () => {
  const { clients, id, at } = withBlocks(3);
  const code = (delayTime: bigint, delayBlocks: bigint) => {
    const claim = { height: h(0n), proof: new Uint8Array(), delayTime, delayBlocks };
    return codeOf(clients.keeper.verifyNonMembership(clients.at(at(3)), id, claim, []));
  };
  assertEquals(code(1n, 0n), "07-tendermint/8");
  assertEquals(code(0n, 1n), "07-tendermint/9");
  assert(clients.has(id, h(1n)));
});
