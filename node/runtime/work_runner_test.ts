import { assert, assertEquals, assertRejects } from "@std/assert";
import { IoError } from "../core/errors.ts";
import type { Entries, Values, Work } from "../core/work.ts";
import { MemoryStore } from "../storage/mod.ts";
import { breathe, WorkRunner } from "./mod.ts";

const bytes = (...values: number[]) => new Uint8Array(values);

async function setup(sliceMs?: number) {
  const store = new MemoryStore();
  const nodes = store.sub("t/");
  await nodes.batch([[bytes(1), bytes(11)]]);
  for (const version of [0n, 1n]) {
    await store.versioned.stage(version, [[bytes(5), bytes(Number(version))], [bytes(6, Number(version)), bytes(9)]]);
    await store.versioned.publish(version, new Uint8Array());
  }
  return new WorkRunner({ versioned: store.versioned, nodes }, sliceMs);
}

function* pausing(times: number): Work<number> {
  for (let i = 0; i < times; i++) yield { type: "pause" };
  return times;
}

Deno.test("run() answers at once when nothing has to be loaded", async () => {
  const runner = await setup(1_000);
  assertEquals(runner.run(pausing(100), 1n), 100);
});

Deno.test("run() answers keys and ranges as of the version, and nodes of any", async () => {
  const runner = await setup();
  function* work(): Work<unknown> {
    const [key] = (yield { type: "load_keys", keys: [bytes(5)] }) as Values;
    const range = { start: bytes(0), end: bytes(255), limit: 2 };
    const first = yield { type: "load_range", ...range, reverse: false };
    const last = yield { type: "load_range", ...range, reverse: true };
    const nodes = yield { type: "load_nodes", keys: [bytes(1), bytes(2)] };
    return { key, first, last, nodes };
  }
  const old = [[bytes(5), bytes(0)], [bytes(6, 0), bytes(9)]];
  const nodes = [bytes(11), undefined];
  assertEquals(await runner.run(work(), 0n), { key: bytes(0), first: old, last: [...old].reverse(), nodes });
  const last = [[bytes(6, 1), bytes(9)], [bytes(6, 0), bytes(9)]];
  const first = [[bytes(5), bytes(1)], [bytes(6, 0), bytes(9)]];
  assertEquals(await runner.run(work(), 1n), { key: bytes(1), first, last, nodes });
  assertEquals(await runner.run(work(), undefined), { key: undefined, first: [], last: [], nodes });
});

Deno.test("run() ends a range that is bounded in bytes with the entry that reaches the bound", async () => {
  const runner = await setup();
  function* work(bytesMax: number): Work<number> {
    const range = { start: bytes(0), end: bytes(255), limit: 10, reverse: false };
    return ((yield { type: "load_range", ...range, bytesMax }) as Entries).length;
  }
  assertEquals([await runner.run(work(1), 1n), await runner.run(work(2), 1n)], [1, 1]);
  assertEquals([await runner.run(work(3), 1n), await runner.run(work(100), 1n)], [2, 3]);
});

Deno.test("run() lets timers and other work go on during long work", async () => {
  const runner = await setup(0);
  let turns = 0;
  let ended = false;
  const counting = (async () => {
    while (!ended) {
      await breathe();
      turns++;
    }
  })();
  assertEquals(await runner.run(pausing(50), 1n), 50);
  ended = true;
  await counting;
  assert(turns >= 40, `${turns} turns`);
});

Deno.test("run() tells the work of a failing store and rejects with the IoError", async () => {
  const failure = new IoError("disk", "read: gone");
  const failing = { getMany: () => Promise.reject(failure) };
  const store = new MemoryStore();
  const runner = new WorkRunner({ versioned: store.versioned, nodes: failing });
  let told = false;
  function* work(): Work<void> {
    try {
      yield { type: "load_nodes", keys: [bytes(1)] };
    } finally {
      told = true;
    }
  }
  assertEquals(await assertRejects(async () => await runner.run(work(), undefined), IoError), failure);
  assert(told);
});

Deno.test("run() throws what the work throws, before and after waiting", async () => {
  const runner = await setup(1_000);
  function* failing(after: boolean): Work<void> {
    if (after) yield { type: "load_nodes", keys: [] };
    throw new RangeError("ours");
  }
  await assertRejects(async () => await runner.run(failing(false), 1n), RangeError);
  await assertRejects(async () => await runner.run(failing(true), 1n), RangeError);
});
