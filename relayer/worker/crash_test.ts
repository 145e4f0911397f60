/** Workers that die at any moment, that are two at once, that lose transactions: nothing is lost and nothing happens twice. */
import { assert, assertEquals } from "@std/assert";
import { Prng } from "../../node/core/prng.ts";
import { memoryStore } from "../store/mod.ts";
import { mortal } from "../../tests/helpers/model/mortal.ts";
import { ModelWorld } from "../../tests/helpers/model/world.ts";

/** What the operator sees counted must be what the chain saw, once each. */
async function totals(world: ModelWorld) {
  const all = await world.store.list(["totals"], { limit: 10 });
  const sum = { acknowledged: 0, timed_out: 0 };
  for (const { value } of all) {
    const { acknowledged, timed_out } = JSON.parse(new TextDecoder().decode(value));
    sum.acknowledged += acknowledged;
    sum.timed_out += timed_out;
  }
  return sum;
}

async function judge(world: ModelWorld, sent: number, seed: number): Promise<void> {
  assertEquals(world.settled, sent, `seed ${seed}`);
  for (const [name, times] of world.b.deliveries) assertEquals(times, 1, `seed ${seed}: ${name}`);
  assertEquals((await world.store.list(["packet"], { limit: 10 })).length, 0, `seed ${seed}`);
  const acknowledged = [...world.a.outcomes.values()].filter((outcome) => outcome === "acknowledged").length;
  assertEquals(world.b.deliveries.size, acknowledged, `seed ${seed}`);
  const counted = await totals(world);
  assert(counted.acknowledged <= acknowledged && counted.timed_out <= sent - acknowledged, `seed ${seed}`);
}

const seeds = (count: number) => {
  const first = Number(Deno.env.get("SEED") ?? 1);
  console.log(`seeds ${first} to ${first + count - 1}`);
  return Array.from({ length: count }, (_, i) => first + i);
};

Deno.test("a worker may die at any moment, and transactions may be lost", async () => {
  for (const seed of seeds(Number(Deno.env.get("SEEDS") ?? 20))) {
    const random = new Prng(seed);
    const lose = () => random.chance(0.1) ? random.pick(["before", "after"] as const) : undefined;
    const ordered = random.chance(0.3);
    const world = new ModelWorld({ ordered, lose, policy: { leaseMs: 2_000 } });
    await world.open();
    world.makeBlocks();
    let sent = 0;
    for (let life = 0; life < 12; life++) {
      const { store, kill, killAfterCommits } = mortal(world.store);
      const stop = world.loop(world.worker(store));
      const count = random.below(20);
      sent += count;
      // A timeout would close an ordered channel, and then nothing more could be sent.
      const timeoutTimestamp = world.b.timeNanos + BigInt(random.below(20_000)) * 1_000_000n;
      world.send(count, !ordered && random.chance(0.3) ? { timeoutTimestamp } : {});
      if (random.chance(0.5)) killAfterCommits(1 + random.below(20));
      await world.clock.advance(random.below(6_000));
      kill();
      await stop().catch(() => {});
      await world.clock.advance(random.below(3_000));
    }
    const stop = world.loop(world.worker());
    await world.clock.advance(90_000);
    await stop();
    world.stop();
    await judge(world, sent, seed);
  }
});

Deno.test("two instances on one store, as cron ticks of a platform, take turns", async () => {
  for (const seed of seeds(4)) {
    const random = new Prng(seed);
    const world = new ModelWorld({ store: memoryStore(), policy: { leaseMs: 3_000 } });
    await world.open();
    world.makeBlocks();
    const stops = [300, 700].map((budgetMs) => world.loop(world.worker(), { budgetMs, alone: true }));
    let sent = 0;
    for (let i = 0; i < 10; i++) {
      const count = random.below(30);
      sent += count;
      world.send(count);
      await world.clock.advance(random.below(4_000));
    }
    await world.clock.advance(40_000);
    for (const stop of stops) await stop();
    world.stop();
    await judge(world, sent, seed);
    assertEquals((await totals(world)).acknowledged, sent);
  }
});

Deno.test("an instance whose clock is far ahead takes the lease away, and no harm is done", async () => {
  const world = new ModelWorld();
  await world.open();
  world.makeBlocks();
  const slow = world.loop(world.worker());
  await world.clock.advance(3_000);
  world.send(20);
  await world.clock.advance(1_500);
  // As if its clock said that the lease has ended.
  const entry = await world.store.get(["lease"]);
  const holding = JSON.parse(new TextDecoder().decode(entry!.value));
  await world.store.commit([], [[["lease"], new TextEncoder().encode(JSON.stringify({ ...holding, expiresMs: 0 }))]]);
  const quick = world.loop(world.worker());
  await world.clock.advance(30_000);
  await quick();
  await slow();
  world.stop();
  await judge(world, 20, 0);
});
