import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { startKvConnect } from "../../tests/helpers/kv_connect.ts";
import {
  denoKvStore,
  KV_LIMITS,
  memoryStore,
  openStore,
  type RelayerStore,
  splitWrites,
  type StoreKey,
} from "./mod.ts";

interface Opened {
  readonly store: RelayerStore;
  end?(): Promise<void>;
}

const ENGINES: Record<string, () => Promise<Opened>> = {
  memory: () => Promise.resolve({ store: memoryStore() }),
  "Deno KV": async () => ({ store: denoKvStore(await Deno.openKv(":memory:")) }),
  "KV Connect": async () => {
    const server = startKvConnect();
    Deno.env.set("DENO_KV_ACCESS_TOKEN", server.token);
    return { store: await openStore(server.url), end: () => server.stop() };
  },
};
const value = (text: string) => utf8ToBytes(text);
const textOf = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);

for (const [name, open] of Object.entries(ENGINES)) {
  const test = (title: string, body: (store: RelayerStore) => Promise<void>) =>
    Deno.test(`${name}: ${title}`, async () => {
      const { store, end } = await open();
      try {
        await body(store);
      } finally {
        store.close();
        await end?.();
      }
    });

  test("commit() writes all or nothing, and fails when an entry has changed", async (store) => {
    const first = await store.commit([[["a"], undefined]], [[["a"], value("1")], [["b"], value("2")]]);
    assert(first !== undefined);
    assertEquals((await store.get(["a"]))?.version, first);
    assertEquals(await store.commit([[["a"], undefined]], [[["b"], value("3")]]), undefined);
    assertEquals(textOf((await store.get(["b"]))?.value), "2");
    const second = await store.commit([[["a"], first]], [[["a"], undefined], [["b"], value("3")]]);
    assert(second !== undefined && second !== first);
    assertEquals(await store.get(["a"]), undefined);
    assertEquals(textOf((await store.get(["b"]))?.value), "3");
  });

  test("list() pages in key order, both ways", async (store) => {
    const keys: StoreKey[] = [["p", "x", 9n], ["p", "x", 10n], ["p", "x", 100n], ["p", "y", 1n]];
    await store.commit([], [[["p"], value("")], [["q"], value("")], ...keys.map((key) => [key, value("")] as const)]);
    const page = async (after: StoreKey | undefined, reverse = false) =>
      (await store.list(["p", "x"], { after, limit: 2, reverse })).map(({ key }) => key[2]);
    assertEquals(await page(undefined), [9n, 10n]);
    assertEquals(await page(["p", "x", 10n]), [100n]);
    assertEquals(await page(undefined, true), [100n, 10n]);
    assertEquals(await page(["p", "x", 10n], true), [9n]);
    assertEquals((await store.list(["p"], { limit: 10 })).length, 4);
  });

  test("getMany() answers in order, any number of keys", async (store) => {
    const keys = Array.from({ length: 95 }, (_, i): StoreKey => ["k", BigInt(i)]);
    await store.commit([], keys.filter((_, i) => i % 2 === 0).map((key) => [key, value(String(key[1]))]));
    const found = await store.getMany(keys);
    found.forEach((entry, i) => assertEquals(textOf(entry?.value), i % 2 === 0 ? String(i) : undefined));
  });

  test("a commit may be as large as the limits say", async (store) => {
    const writes = Array.from(
      { length: KV_LIMITS.writesMax - 1 },
      (_, i) => [["large", "n".repeat(60), BigInt(i)], new Uint8Array(600)] as const,
    );
    for (const commit of splitWrites(writes, store.limits)) {
      assert(await store.commit([], commit) !== undefined);
    }
    assert(await store.commit([], [[["one"], new Uint8Array(KV_LIMITS.valueBytesMax)]]) !== undefined);
    assertEquals((await store.list(["large"], { limit: 2000 })).length, writes.length);
  });
}

Deno.test("splitWrites() keeps the order, loses nothing and stays under the limits", () => {
  const limits = { writesMax: 7, checksMax: 1, commitBytesMax: 400, valueBytesMax: 300 };
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 300 })), (sizes) => {
    const writes = sizes.map((size, i) => [["k", BigInt(i)], new Uint8Array(size)] as const);
    const commits = splitWrites(writes, limits);
    assertEquals(commits.flat(), writes);
    for (const commit of commits) {
      assert(commit.length < limits.writesMax);
      const bytes = commit.reduce((sum, [, bytes]) => sum + bytes!.length, 0);
      assert(commit.length === 1 || bytes <= limits.commitBytesMax);
    }
  }));
});
