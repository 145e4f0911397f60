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
