import { assertEquals } from "@std/assert";
import { BEHIND_MS, BEHIND_ONE_MS, HOLD_MS, HOLD_ONE_MS, PROBE_EVERY_MS, WATCH_MS_MIN } from "./block_limits.ts";
import { PeerTable } from "./_peers.ts";
import { Watch } from "./_watch.ts";

function setup(heights: Readonly<Record<string, bigint>>) {
  const peers = new PeerTable();
  for (const [id, height] of Object.entries(heights)) peers.heard(id, 1n, height, 0);
  const watch = new Watch();
  watch.enter(10n, 0);
  const probe = (now: number) => {
    const found = watch.probe(peers, now);
    return found && `${found.peer.id} ${found.height}`;
  };
  return { peers, watch, probe };
}

Deno.test("peers two ahead are asked for the block between, one after another", () => {
  const { probe } = setup({ a: 12n, b: 500n, c: 10n });
  assertEquals([probe(1), probe(BEHIND_MS)], [undefined, undefined]);
  const at = 1 + BEHIND_MS;
  assertEquals([probe(at), probe(at + 1)], ["a 11", undefined]);
  assertEquals([probe(at + PROBE_EVERY_MS), probe(at + 2 * PROBE_EVERY_MS)], ["b 11", "a 11"]);
});

Deno.test("a peer one ahead is asked later, for the height that runs", () => {
  const { probe } = setup({ a: 11n, c: 10n });
  assertEquals([probe(0), probe(BEHIND_ONE_MS - 1), probe(BEHIND_ONE_MS)], [undefined, undefined, "a 10"]);
});

Deno.test("consensus that moves is not behind", () => {
  const { probe, watch } = setup({ a: 12n });
  assertEquals(probe(0), undefined);
  watch.moved(11n);
  assertEquals([probe(BEHIND_MS), probe(2 * BEHIND_MS)], [undefined, undefined]);
});

Deno.test("after a proof consensus has time to get there, and is lost when it does not", () => {
  for (const [height, hold] of [[11n, HOLD_MS], [10n, HOLD_ONE_MS]] as const) {
    const { watch } = setup({});
    const start = WATCH_MS_MIN;
    watch.proven(height, start);
    assertEquals([watch.isLost(start + hold - 1), watch.isLost(start + hold)], [false, true]);
    const other = setup({}).watch;
    other.proven(height, start);
    other.moved(11n);
    assertEquals(other.isLost(start + 10 * hold), false);
  }
});

Deno.test("consensus that was just begun is left alone, longer each time it got nowhere", () => {
  const { watch } = setup({});
  let now = 0;
  const waits: number[] = [];
  for (let i = 0; i < 4; i++) {
    watch.enter(10n, now);
    watch.proven(11n, now);
    const begun = now;
    while (!watch.isLost(now)) now += 100;
    waits.push(now - begun);
  }
  assertEquals(waits, [1000, 2000, 4000, 8000]);
  watch.enter(10n, now);
  watch.moved(13n);
  assertEquals(watch.failures, 0);
});
