import { assert, assertEquals, assertThrows } from "@std/assert";
import { Prng } from "../../node/core/prng.ts";
import { Disk } from "./disk.ts";
import { Scheduler } from "./scheduler.ts";
import { FAST_SIGNATURES } from "./signatures.ts";
import { drawSwarm } from "./swarm.ts";

Deno.test("swarm leaves Byzantine validators less than a third of the power, in every seed", () => {
  for (let seed = 0; seed < 2_000; seed++) {
    for (const fixed of [{}, { validators: 4, byzantine: 1 }, { validators: 7, byzantine: 2 }]) {
      const { powers, byzantine } = drawSwarm({ seed, ...fixed });
      const bad = Object.keys(byzantine).reduce((sum, index) => sum + powers[Number(index)]!, 0n);
      assert(bad * 3n < powers.reduce((sum, power) => sum + power, 0n), `seed ${seed}`);
      if ("byzantine" in fixed) assertEquals(Object.keys(byzantine).length, fixed.byzantine);
    }
  }
  assertThrows(() => drawSwarm({ seed: 1, validators: 3, byzantine: 3 }));
});

Deno.test("scheduler runs events by time, then in the order asked for, each after the promises of the one before", async () => {
  const scheduler = new Scheduler();
  const seen: string[] = [];
  scheduler.after(20, () => seen.push("c"));
  scheduler.after(10, () => {
    seen.push("a");
    void Promise.resolve().then(() => Promise.resolve()).then(() => seen.push("a settled"));
  });
  scheduler.after(10, () => seen.push("b"));
  scheduler.after(5, () => seen.push("cancelled"))();
  scheduler.after(50, () => seen.push("too late"));
  await scheduler.run(30, () => false);
  assertEquals(seen, ["a", "a settled", "b", "c"]);
  assertEquals(scheduler.nowUs, 20);
});

Deno.test("disk keeps whole records through a crash, and of a write in progress a part from its start", async () => {
  let torn = 0;
  for (let seed = 0; seed < 50; seed++) {
    const scheduler = new Scheduler();
    const disk = new Disk(scheduler, new Prng(seed), 1);
    const record = (value: number) => new Uint8Array(8).fill(value);
    let done = false;
    void disk.wal.append(1n, [record(1), record(2)]).then(() => done = true);
    await scheduler.run(10_000, () => done);
    void disk.wal.append(1n, [record(3), record(4)]);
    disk.crash();
    let loaded: Uint8Array[] = [];
    void disk.wal.load(1n).then((records) => loaded = records);
    await scheduler.run(20_000, () => loaded.length > 0);
    assertEquals(loaded, [1, 2, 3, 4].slice(0, loaded.length).map(record));
    assert(loaded.length >= 2);
    if (loaded.length < 4) torn++;
  }
  assert(torn > 10);
});

Deno.test("fast signatures depend on the key and on every byte", () => {
  const [a, b] = [FAST_SIGNATURES.makeKey(new Prng(1)), FAST_SIGNATURES.makeKey(new Prng(2))];
  const message = new Uint8Array(100).map((_, i) => i);
  const signature = a.sign(message);
  assert(FAST_SIGNATURES.verify(a.publicKey, message, signature));
  assert(!FAST_SIGNATURES.verify(b.publicKey, message, signature));
  for (let at = 0; at < message.length; at++) {
    const other = Uint8Array.from(message);
    other[at]! ^= 1;
    assert(!FAST_SIGNATURES.verify(a.publicKey, other, signature));
  }
});
