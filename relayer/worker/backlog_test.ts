/** Thousands of packets were sent at once, or while nobody was there; packets sent now do not wait for them. */
import { assert, assertEquals } from "@std/assert";
import { ModelWorld } from "../../tests/helpers/model/world.ts";

/** Blocks of b between the sending of `count` single packets, two seconds apart, and their arrival. */
async function latencies(world: ModelWorld, count: number): Promise<number[]> {
  const waits: Promise<number>[] = [];
  for (let i = 0; i < count; i++) {
    const sequence = world.sentCount + 1;
    const sentAt = world.b.height;
    world.send();
    waits.push(world.arrival(sequence).then((height) => Number(height - sentAt)));
    await world.clock.advance(2_000);
  }
  while (!await Promise.race([Promise.all(waits).then(() => true), world.clock.advance(1_000).then(() => false)]));
  return await Promise.all(waits);
}

const mean = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;

Deno.test("5 000 packets of a backlog are cleared while fresh ones take no longer than twice as long", async () => {
  for (const wallets of [1]) {
    const chain = { messagesMax: 60, batchesMax: 4 * wallets };
    const world = new ModelWorld({ chain, policy: { historyMax: 10_000 } });
    await world.open();
    world.makeBlocks();
    const first = world.loop(world.worker());
    await world.clock.advance(3_000);
    const idle = mean(await latencies(world, 5));
    await first();

    for (let i = 0; i < 50; i++) {
      world.send(100);
      await world.clock.advance(1_000);
    }
    assertEquals(world.b.deliveries.size, 5);
    const second = world.loop(world.worker());
    await world.clock.advance(2_500);
    const waiting = world.sentCount - world.b.deliveries.size;
    assert(waiting > 3_000, `${waiting}`);
    const busy = mean(await latencies(world, 5));
    const left = world.sentCount - world.settled;
    assert(busy <= 2 * idle, `${busy} blocks, ${idle} when idle, ${left} left`);
    await world.clock.advance(60_000);
    await second();
    world.stop();
    assertEquals(world.settled, 5_010);
    console.log(`${wallets} wallets: ${idle} blocks idle, ${busy} with ${waiting} to ${left} packets waiting`);
  }
});

Deno.test("packets sent after 5 000 at once take no longer than twice as long", async () => {
  const world = new ModelWorld({ chain: { messagesMax: 60, batchesMax: 8 }, policy: { historyMax: 10_000 } });
  await world.open();
  world.makeBlocks();
  const end = world.loop(world.worker());
  await world.clock.advance(3_000);
  const idle = mean(await latencies(world, 5));
  world.send(5_000);
  await world.clock.advance(2_000);
  const busy = mean(await latencies(world, 5));
  const left = world.sentCount - world.settled;
  assert(left > 1_000, `only ${left} packets were left to wait for`);
  assert(busy <= 2 * idle, `${busy} blocks, ${idle} when idle, ${left} left`);
  await world.clock.advance(120_000);
  await end();
  world.stop();
  assertEquals(world.settled, 5_010);
});
