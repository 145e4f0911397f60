import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { IoError } from "../core/errors.ts";
import { MemoryStore } from "./memory.ts";
import { StoreWal, type WalRecord } from "./wal.ts";
import type { Store } from "./store.ts";

const record = (seed: number, length = 20) => new Uint8Array(length).map((_, i) => seed * 37 + i);

/** The log's entries as they stand in the store. */
async function entries(store: Store): Promise<[Uint8Array, Uint8Array][]> {
  const out: [Uint8Array, Uint8Array][] = [];
  for await (const [key, value] of store.iterate({})) out.push([key, value]);
  return out;
}

async function dump(wal: StoreWal, height?: bigint): Promise<WalRecord[]> {
  const out: WalRecord[] = [];
  for await (const found of wal.dump(height)) out.push(found);
  return out;
}

Deno.test("load() gives the records of a height in the order of the appends, also from a new process", async () => {
  const store = new MemoryStore();
  const wal = new StoreWal(store);
  await wal.append(7n, [record(1), record(2, 0)]);
  await wal.append(7n, []);
  await wal.append(8n, [record(3)]);
  await new StoreWal(store).append(7n, [record(4, 300)]);
  assertEquals(await wal.load(7n), [record(1), record(2, 0), record(4, 300)]);
  assertEquals(await wal.load(8n), [record(3)]);
  assertEquals(await wal.load(9n), []);
  const places = (await dump(wal)).map(({ height, sequence, index }) => `${height}/${sequence}/${index}`);
  assertEquals(places, ["7/0/0", "7/0/1", "7/1/0", "8/0/0"]);
});

Deno.test("truncate() drops what is below a height, and a height can start again after it", async () => {
  const store = new MemoryStore();
  const wal = new StoreWal(store);
  for (const height of [1n, 2n, 3n]) await wal.append(height, [record(Number(height))]);
  await wal.append(3n, [record(9)]);
  await wal.truncate(3n);
  assertEquals((await dump(wal)).map(({ height }) => height), [3n, 3n]);
  await wal.truncate(4n);
  await wal.append(3n, [record(5)]);
  assertEquals(await wal.load(3n), [record(5)]);
});

Deno.test("a log torn at any byte loses only records that were not whole, and goes on after it", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.nat(40), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }),
      fc.nat(),
      async (appends, cutSeed) => {
        const store = new MemoryStore();
        const wal = new StoreWal(store);
        for (const [i, sizes] of appends.entries()) {
          await wal.append(
            5n,
            sizes.map((size, j) => record(i * 9 + j, size)),
          );
        }
        const before = await wal.load(5n);
        const [key, value] = (await entries(store)).at(-1)!;
        const cut = cutSeed % value.length;
        await store.batch([[key, value.slice(0, cut)]]);
        const next = new StoreWal(store);
        const after = await next.load(5n);
        const lost = before.slice(after.length).reduce((sum, bytes) => sum + 8 + bytes.length, 0);
        assertEquals(after, before.slice(0, after.length));
        // No whole record is lost: what is missing did not fit in what is left.
        const first = before[after.length];
        assertEquals(Math.max(4, cut) >= value.length - lost + 8 + (first?.length ?? 0), false);
        await next.append(5n, [record(99)]);
        assertEquals(await new StoreWal(store).load(5n), [...after, record(99)]);
      },
    ),
  );
});

Deno.test("a last record with a wrong checksum is dropped; damage before it is wal_damaged with its position", async () => {
  const store = new MemoryStore();
  const wal = new StoreWal(store);
  await wal.append(5n, [record(1), record(2)]);
  await wal.append(5n, [record(3), record(4)]);
  const [first, last] = await entries(store);
  const flipped = ([, value]: [Uint8Array, Uint8Array], at: number) => value.with(at, value[at]! ^ 1);

  await store.batch([[last![0], flipped(last!, last![1].length - 1)]]);
  assertEquals(await new StoreWal(store).load(5n), [record(1), record(2), record(3)]);

  await store.batch([[last![0], flipped(last!, 15)]]);
  const inside = await assertRejects(() => new StoreWal(store).load(5n), IoError, "height 5, entry 1, byte 4");
  assertEquals(inside.code, "wal_damaged");
  await assertRejects(() => new StoreWal(store).append(5n, [record(5)]), IoError, "damaged");

  await store.batch([last!, [first![0], first![1].slice(0, -3)]]);
  await assertRejects(() => new StoreWal(store).load(5n), IoError, "height 5, entry 0, byte 32");

  await store.batch([[first![0], undefined]]);
  await assertRejects(() => new StoreWal(store).load(5n), IoError, "entry 0, byte 0: the entry is missing");
});

Deno.test("any single flipped bit is dropped with the last record, refused, or harmless: never another record", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(12), { minLength: 1, maxLength: 4 }), fc.nat(), async (sizes, seed) => {
      const store = new MemoryStore();
      const records = sizes.map((size, i) => record(i, size));
      await new StoreWal(store).append(1n, records);
      const [[key, value]] = await entries(store) as [[Uint8Array, Uint8Array]];
      const bit = seed % (value.length * 8);
      await store.batch([[key, value.with(bit >> 3, value[bit >> 3]! ^ (1 << (bit & 7)))]]);
      try {
        const after = await new StoreWal(store).load(1n);
        assertEquals(after, records.slice(0, after.length));
      } catch (error) {
        assertEquals((error as IoError).code, "wal_damaged");
      }
    }),
  );
});
