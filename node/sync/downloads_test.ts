import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Prng } from "../core/prng.ts";
import { BUFFER_BYTES_MAX, HEAD_REQUESTS_MORE, REQUESTS_MAX } from "./block_limits.ts";
import { Downloads, type Question } from "./_downloads.ts";
import { PeerTable } from "./_peers.ts";
import { blockOf } from "./_testing.ts";

Deno.test("what waits is bounded in bytes, and every height still comes once", () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.constantFrom(100, 1_000_000, 20_000_000),
      fc.integer({ min: 1, max: 5 }),
      (seed, bytes, peerCount) => {
        const prng = new Prng(seed);
        const peers = new PeerTable();
        for (let i = 0; i < peerCount; i++) peers.heard(`p${i}`, 1n, 201n, 0);
        let lastId = 0;
        const asked = new Map<number, Question>();
        const downloads = new Downloads({
          ask: (question) => {
            asked.set(++lastId, question);
            return lastId;
          },
          cancel: (id) => void asked.delete(id),
          beaten: () => {},
        });
        downloads.reset(1n);
        let next = 1n;
        for (let now = 0; next <= 200n; now += 10) {
          assert(now < 10_000_000, `stuck at ${next}`);
          downloads.plan(peers, 201n, now);
          assert(asked.size <= REQUESTS_MAX + HEAD_REQUESTS_MORE);
          if (asked.size > 0) {
            const id = prng.pick([...asked.keys()]);
            const flight = downloads.flight(id)!;
            if (flight.at === flight.to || prng.chance(0.05)) {
              asked.delete(id);
              downloads.ended(flight);
            } else assert(downloads.received(flight, blockOf(flight.at, bytes), now));
          }
          assert(downloads.bytes <= BUFFER_BYTES_MAX || bytes * 2 > BUFFER_BYTES_MAX, `${downloads.bytes} bytes`);
          // The head is slow: others run ahead.
          if (!prng.chance(0.2)) continue;
          const taken = downloads.take();
          if (taken === undefined) continue;
          assertEquals(taken.block.height, next);
          if (prng.chance(0.1)) {
            downloads.refused(taken);
            if (prng.chance(0.3)) downloads.drop(taken.peer);
          } else {
            downloads.applied(taken);
            next++;
          }
        }
        assertEquals(downloads.bytes, 0);
        // Some are asked again because they were refused, cut off, or did not fit.
        assert(lastId < 900, `${lastId} questions for 200 blocks`);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("a block of another height than asked for is refused", () => {
  const peers = new PeerTable();
  peers.heard("p", 1n, 100n, 0);
  const downloads = new Downloads({ ask: () => 1, cancel: () => {}, beaten: () => {} });
  downloads.reset(5n);
  downloads.plan(peers, 6n, 0);
  const flight = downloads.flight(1)!;
  assertEquals(downloads.received(flight, blockOf(6n, 10), 0), false);
  assertEquals(downloads.received(flight, blockOf(5n, 10), 0), true);
  assertEquals(downloads.received(flight, blockOf(6n, 10), 0), false, "more than asked for");
});

Deno.test("whoever is overtaken for the next heights is called off", () => {
  const peers = new PeerTable();
  for (const id of ["slow", "fast"]) peers.heard(id, 1n, 9n, 0);
  const log: string[] = [];
  let lastId = 0;
  const downloads = new Downloads({
    ask: ({ peer, from, to }) => {
      log.push(`ask ${peer.id} ${from}-${to}`);
      return ++lastId;
    },
    cancel: (id) => log.push(`cancel ${id}`),
    beaten: (peer) => log.push(`beaten ${peer.id}`),
  });
  downloads.reset(1n);
  peers.get("fast")!.pausedUntil = 1;
  downloads.plan(peers, 5n, 0);
  assertEquals(log.splice(0), ["ask slow 1-5"]);
  downloads.plan(peers, 5n, 499);
  assertEquals(log, []);
  downloads.plan(peers, 5n, 500);
  assertEquals(log.splice(0), ["ask fast 1-5"]);
  downloads.received(downloads.flight(1)!, blockOf(1n, 10), 510);
  for (let height = 1n; height <= 3n; height++) downloads.received(downloads.flight(2)!, blockOf(height, 10), 520);
  assertEquals(log, [], "both go on");
  downloads.received(downloads.flight(2)!, blockOf(4n, 10), 530);
  assertEquals(log.splice(0), ["cancel 1", "beaten slow"]);
  assertEquals([1, 2, 3, 4].map(() => downloads.take()?.peer.id), ["slow", "fast", "fast", "fast"]);
  downloads.plan(peers, 5n, 540);
  assertEquals(log, [], "nothing is left to ask for");
});

Deno.test("what does not fit is not asked for again and again while the next height is awaited", () => {
  const peers = new PeerTable();
  for (let i = 0; i < 3; i++) peers.heard(`p${i}`, 1n, 1000n, 0);
  const asked = new Map<number, Question>();
  let lastId = 0;
  const downloads = new Downloads({
    ask: (question) => {
      asked.set(++lastId, question);
      return lastId;
    },
    cancel: (id) => asked.delete(id),
    beaten: () => {},
  });
  downloads.reset(1n);
  // Nothing was applied yet, so nobody knows how large the blocks are.
  for (let now = 0; now < 400; now++) {
    downloads.plan(peers, 1000n, now);
    for (const id of [...asked.keys()]) {
      const flight = downloads.flight(id);
      if (flight === undefined || flight.at === 1n) continue;
      if (flight.at < flight.to) downloads.received(flight, blockOf(flight.at, 20_000_000), now);
      else if (asked.delete(id)) downloads.ended(flight);
    }
  }
  assert(lastId <= 30, `${lastId} questions`);
  assert(downloads.bytes <= BUFFER_BYTES_MAX);
});
