import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { compareBytes } from "../core/bytes.ts";
import { IoError } from "../core/errors.ts";
import { ChunkSpace } from "./_chunks.ts";
import { chunkKey, metaKey, SPACE } from "./_kv_layout.ts";
import { type Disk, entriesInSpace, memoryPort, newDisk, TINY_LIMITS } from "./_memory_port.ts";
import { keyToString, stringToKey } from "./_sorted_map.ts";
import { isPointer, VersionLog } from "./_version_log.ts";
import { DenoKvStore } from "./kv.ts";
import type { Write } from "./store.ts";

type TextWrite = readonly [key: string, size: number | undefined];
type Step =
  | { readonly type: "batch" | "bulk"; readonly writes: readonly TextWrite[] }
  | { readonly type: "block"; readonly writes: readonly TextWrite[]; readonly alongside: readonly TextWrite[] };

/** Values that differ by step and length, so that a mix of two writes shows. */
const value = (step: number, size: number) => new Uint8Array(size).map((_, i) => (step * 31 + i * 7 + size) & 0xff);
const toWrites = (step: number, writes: readonly TextWrite[]): Write[] =>
  writes.map(([key, size]) => [stringToKey(key), size === undefined ? undefined : value(step, size)]);

/** What a reader must see: plain keys, and versioned keys at each published version. */
interface Model {
  readonly plain: Map<string, Uint8Array>;
  readonly versions: { readonly version: bigint; readonly state: Map<string, Uint8Array> }[];
}

function after(model: Model, step: Step, index: number, count = Infinity): Model {
  const apply = (map: Map<string, Uint8Array>, writes: readonly Write[]) => {
    const out = new Map(map);
    for (const [key, bytes] of writes.slice(0, count)) {
      if (bytes === undefined) out.delete(keyToString(key));
      else out.set(keyToString(key), bytes);
    }
    return out;
  };
  if (step.type !== "block") return { ...model, plain: apply(model.plain, toWrites(index, step.writes)) };
  const version = BigInt(index + 1);
  const state = apply(model.versions.at(-1)?.state ?? new Map(), toWrites(index, step.writes));
  return {
    plain: apply(model.plain, toWrites(index, step.alongside)),
    versions: [...model.versions, { version, state }],
  };
}

async function run(store: DenoKvStore, step: Step, index: number): Promise<void> {
  if (step.type !== "block") return await store[step.type](toWrites(index, step.writes));
  const version = BigInt(index + 1);
  await store.versioned.stage(version, toWrites(index, step.writes));
  await store.versioned.publish(version, Uint8Array.of(index), toWrites(index, step.alongside));
}

const sorted = (map: Map<string, Uint8Array>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));

async function read(store: DenoKvStore) {
  const all = async (entries: AsyncIterable<readonly [Uint8Array, Uint8Array]>) => {
    const out: [string, Uint8Array][] = [];
    for await (const [key, bytes] of entries) out.push([keyToString(key), bytes]);
    return out;
  };
  const head = await store.versioned.head();
  return {
    plain: await all(store.iterate({})),
    head: head?.version,
    at: async (v: bigint) => ({
      forward: await all(store.versioned.snapshot(v).iterate({})),
      backward: (await all(store.versioned.snapshot(v).iterate({}, { reverse: true }))).reverse(),
    }),
  };
}

/** Whether the store is exactly in the state `model`; checks all published versions when plain and head agree. */
async function matches(store: DenoKvStore, model: Model): Promise<boolean> {
  const seen = await read(store);
  const head = model.versions.at(-1)?.version;
  if (
    seen.head !== head ||
    JSON.stringify(seen.plain.map(([k]) => k)) !== JSON.stringify(sorted(model.plain).map(([k]) => k))
  ) return false;
  if (!seen.plain.every(([key, bytes]) => compareBytes(bytes, model.plain.get(key)!) === 0)) return false;
  for (const { version, state } of model.versions) {
    const { forward, backward } = await seen.at(version);
    assertEquals(forward, sorted(state), `version ${version}`);
    assertEquals(backward, sorted(state), `version ${version}, reversed`);
  }
  return true;
}

/** Chunks in use must be exactly those that pointers need; nothing else may be left behind. */
async function assertNoLeaks(disk: Disk): Promise<void> {
  assertEquals(entriesInSpace(disk, SPACE.garbage), 0, "garbage marks");
  assertEquals(entriesInSpace(disk, SPACE.journal), 0, "journal pieces");
  const { valueBytesMax } = TINY_LIMITS;
  let needed = 0;
  const pieces = (length: number) => length > valueBytesMax - 9 ? Math.ceil(length / valueBytesMax) : 0;
  const store = await DenoKvStore.over(memoryPort(disk, TINY_LIMITS));
  for await (const [, bytes] of store.iterate({})) needed += pieces(bytes.length);
  const port = memoryPort(disk, TINY_LIMITS);
  const log = new VersionLog(port, new ChunkSpace(port));
  const head = (await store.versioned.head())?.version ?? -1n;
  for (let version = await log.next(undefined); version !== undefined; version = await log.next(version)) {
    assert(version <= head, `the log holds version ${version} beyond the head ${head}`);
    for await (const { entries } of log.pieces(version)) {
      for (const [, stored] of entries) if (isPointer(stored)) needed += Math.ceil(stored.length / valueBytesMax);
    }
  }
  assertEquals(entriesInSpace(disk, SPACE.chunk), needed, "chunks");
}

const key = fc.constantFrom("a", "ab", "a\0", "b/1", "b/2", "b/3", "\xff", "\xff\xff", "", "zero\0\0", "m", "n", "o");
const size = fc.oneof(
  fc.constant(undefined),
  fc.nat(20),
  fc.integer({ min: 40, max: 140 }),
  fc.integer({ min: 300, max: 900 }),
);
const writes = (maxLength: number) => fc.array(fc.tuple(key, size), { maxLength });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constantFrom("batch" as const, "bulk" as const), writes: writes(14) }),
  fc.record({ type: fc.constant("block" as const), writes: writes(14), alongside: writes(12) }),
);

/** Recent changes move into their records after every block, after some, and never. */
const RECENT_BYTES_MAX = fc.constantFrom(0, 700, 2500, 1e9);

Deno.test("a crash before any commit leaves each batch and version whole or absent, and nothing behind", async () => {
  const history = fc.array(step, { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(history, fc.nat(1000), RECENT_BYTES_MAX, async (steps, crashSeed, recentBytesMax) => {
      const dry = memoryPort(newDisk(), TINY_LIMITS);
      const dryStore = await DenoKvStore.over(dry, recentBytesMax);
      for (const [i, step] of steps.entries()) await run(dryStore, step, i);
      const disk = newDisk();
      let model: Model = { plain: new Map(), versions: [] };
      let index = 0;
      // Several lives: each crashes somewhere, the next one finishes what was interrupted.
      for (let life = 0; index < steps.length; life++) {
        const crashAt = life < 3 ? 1 + (crashSeed * (life + 1)) % Math.max(1, dry.commits) : Infinity;
        try {
          const store = await DenoKvStore.over(memoryPort(disk, TINY_LIMITS, crashAt), recentBytesMax);
          assert(await matches(store, model), `after open in life ${life}`);
          for (; index < steps.length; index++) {
            await run(store, steps[index]!, index);
            model = after(model, steps[index]!, index);
          }
          assert(await matches(store, model), "at the end of a life");
        } catch (error) {
          if (crashAt === Infinity || error instanceof Error && error.name === "AssertionError") throw error;
          const survivor = await DenoKvStore.over(memoryPort(disk, TINY_LIMITS), recentBytesMax);
          const step = steps[index];
          if (!step) continue;
          const outcomes = step.type === "bulk"
            ? step.writes.map((_, count) => after(model, step, index, count)).concat(after(model, step, index))
            : [model, after(model, step, index)];
          let found: Model | undefined;
          for (const outcome of outcomes) if (!found && await matches(survivor, outcome)) found = outcome;
          assert(found, `step ${index} is half done`);
          await assertNoLeaks(disk);
          // A version that was published is not published again.
          if (found.versions.length > model.versions.length) index++;
          model = found;
        }
      }
      await assertNoLeaks(disk);
    }),
    { numRuns: 250 },
  );
});

Deno.test("staging again with fewer keys leaves nothing of the first attempt, in one life and across a crash", async () => {
  for (const crash of [false, true]) {
    const disk = newDisk();
    let store = await DenoKvStore.over(memoryPort(disk, TINY_LIMITS));
    const first: Write[] = Array.from({ length: 30 }, (_, i) => [stringToKey(`k${i}`), value(1, i * 20)]);
    await store.versioned.stage(1n, first.slice(0, 10));
    await store.versioned.publish(1n, Uint8Array.of(1));
    await store.versioned.stage(2n, first.map(([key]) => [key, value(2, 100)]));
    if (crash) store = await DenoKvStore.over(memoryPort(disk, TINY_LIMITS));
    await store.versioned.stage(2n, [[stringToKey("k3"), undefined]]);
    await store.versioned.publish(2n, Uint8Array.of(2));
    const keys: string[] = [];
    for await (const [key, bytes] of store.versioned.snapshot(2n).iterate({})) {
      keys.push(keyToString(key));
      assertEquals(bytes, value(1, Number(keyToString(key).slice(1)) * 20));
    }
    assertEquals(keys, ["k0", "k1", "k2", "k4", "k5", "k6", "k7", "k8", "k9"]);
    await assertNoLeaks(disk);
  }
});

Deno.test("after a failed write every later write is refused with store_failed, and reads of old data go on", async () => {
  const disk = newDisk();
  const port = memoryPort(disk, TINY_LIMITS);
  let fail = false;
  const store = await DenoKvStore.over({
    ...port,
    commit: (mutations) => fail ? Promise.reject(new Error("disk full")) : port.commit(mutations),
  });
  await store.batch([[stringToKey("a"), value(1, 5)]]);
  fail = true;
  const failed = await store.batch([[stringToKey("a"), value(2, 5)]]).catch((error) => error.code);
  fail = false;
  const later = await store.batch([[stringToKey("b"), value(3, 5)]]).catch((error) => error.code);
  assertEquals([failed, later], ["store_failed", "store_failed"]);
  assertEquals(await store.get(stringToKey("a")), value(1, 5));
  assertEquals(await store.get(stringToKey("b")), undefined);
});

Deno.test("a store of another format and a store with missing pieces are refused, not misread", async () => {
  const other = newDisk();
  await memoryPort(other, TINY_LIMITS).commit([[metaKey("format"), "catenary-store/9"]]);
  const format = await assertRejects(
    () => DenoKvStore.over(memoryPort(other, TINY_LIMITS)),
    IoError,
    "catenary-store/9",
  );
  assertEquals(format.code, "store_format");

  const disk = newDisk();
  const port = memoryPort(disk, TINY_LIMITS);
  const store = await DenoKvStore.over(port);
  const large: Write = [stringToKey("a"), value(1, 500)];
  await store.batch([large]);
  await store.versioned.stage(1n, [large]);
  await store.versioned.publish(1n, new Uint8Array());
  for (const id of [1, 2]) await port.commit([[chunkKey(id, 3), undefined]]);
  for (const reader of [store, store.versioned.snapshot(1n)]) {
    const error = await assertRejects(() => reader.get(large[0]), IoError, "missing");
    assertEquals(error.code, "store_damaged");
  }
});

Deno.test("a large value that is replaced while it is read is read whole, old or new", async () => {
  const store = await DenoKvStore.over(memoryPort(newDisk(), TINY_LIMITS));
  const key = stringToKey("a");
  await store.batch([[key, value(0, 400)]]);
  const writing = (async () => {
    for (let i = 1; i <= 40; i++) await store.batch([[key, value(i, 400 + i)]]);
  })();
  const seen = new Set<number>();
  for (let i = 0; i < 200; i++) {
    const bytes = (await store.get(key))!;
    const step = bytes.length - 400;
    assertEquals(bytes, value(step, bytes.length));
    seen.add(step);
  }
  await writing;
  assert(seen.size > 2, "the writer was not overlapped");
});
