/** What every store must do, whatever engine is under it. Run by `store_test.ts` for each implementation. @module */
import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { compareBytes, equalBytes } from "../../node/core/bytes.ts";
import { IoError } from "../../node/core/errors.ts";
import { InvariantError } from "../../node/core/invariant.ts";
import { type Entry, KEY_BYTES_MAX, META_BYTES_MAX, type Store, type Write } from "../../node/storage/mod.ts";

/** One implementation. */
export interface StoreUnderTest {
  readonly name: string;
  /** A new, empty store. */
  open(): Promise<Store>;
  /** Random histories to try; each opens a store of its own. */
  readonly histories: number;
}

const bytes = (...values: number[]) => Uint8Array.from(values);
const text = (value: string) => new TextEncoder().encode(value);
const filled = (length: number, seed: number) => {
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i++) out[i] = (i * 31 + seed * 17 + (i >> 8)) & 0xff;
  return out;
};

async function collect(entries: AsyncIterable<Entry>): Promise<Entry[]> {
  const out: Entry[] = [];
  for await (const entry of entries) out.push(entry);
  return out;
}

/** Registers the suite for one implementation. */
export function storeSuite({ name, open, histories }: StoreUnderTest): void {
  const test = (title: string, body: (store: Store) => Promise<void>) =>
    Deno.test(`store ${name}: ${title}`, async () => {
      const store = await open();
      try {
        await body(store);
      } finally {
        await store.close();
      }
    });
  plainTests(test);
  versionedTests(test);
  modelTest(name, open, histories);

  Deno.test(`store ${name}: every call after close throws store_closed`, async () => {
    const store = await open();
    const sub = store.sub("a/");
    await store.versioned.publish(1n, bytes());
    const snapshot = store.versioned.snapshot(1n);
    const pending = store.batch([[text("a"), text("1")]]);
    await store.close();
    await pending;
    const calls: (() => Promise<unknown>)[] = [
      () => store.get(text("a")),
      () => store.getMany([text("a")]),
      () => store.batch([]),
      () => store.bulk([]),
      () => sub.get(text("a")),
      () => collect(store.iterate({})),
      () => store.versioned.head(),
      () => snapshot.get(text("a")),
      () => store.versioned.stage(2n, []),
      () => store.versioned.publish(2n, bytes()),
    ];
    for (const call of calls) assertEquals((await assertRejects(call, IoError)).code, "store_closed");
    await store.close();
  });
}

type Test = (title: string, body: (store: Store) => Promise<void>) => void;

function plainTests(test: Test): void {
  test("an empty value is a value, a deleted key is none, and later writes win", async (store) => {
    await store.batch([[text("a"), bytes()], [text("b"), bytes(1)], [text("b"), undefined], [text("c"), bytes(1)], [
      text("c"),
      bytes(2),
    ]]);
    assertEquals(await store.getMany([text("c"), text("a"), text("b")]), [bytes(2), bytes(), undefined]);
  });

  test("keys are in byte order, with zeros and prefixes, forward and backward, within bounds", async (store) => {
    const keys = [
      bytes(),
      bytes(0),
      bytes(0, 0),
      bytes(0, 1),
      bytes(1),
      bytes(1, 0),
      bytes(1, 255),
      bytes(2),
      bytes(255),
    ];
    await store.batch(keys.map((key, i): Write => [key, bytes(i)]).reverse());
    const read = async (start?: Uint8Array, end?: Uint8Array, reverse = false, limit = 100) =>
      (await collect(store.iterate({ start, end }, { reverse, limit }))).map(([, [value]]) => value);
    assertEquals(await read(), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    assertEquals(await read(undefined, undefined, true), [8, 7, 6, 5, 4, 3, 2, 1, 0]);
    assertEquals(await read(bytes(0, 0), bytes(1, 255)), [2, 3, 4, 5]);
    assertEquals(await read(bytes(0, 0), bytes(1, 255), true, 2), [5, 4]);
    assertEquals(await read(bytes(2), bytes(1)), []);
    assertEquals(await read(bytes(1), bytes(1)), []);
    assertEquals(await read(undefined, undefined, false, 0), []);
  });

  test("the longest keys and values of every size class come back as they went in", async (store) => {
    const sizes = [0, 1, 60_000, 63_980, 64_000, 65_536, 65_537, 200_000, 799_000, 2_500_000];
    const keys = sizes.map((_, i) => new Uint8Array(KEY_BYTES_MAX).fill(0, 1).fill(i, 0, 1));
    await store.batch(sizes.map((size, i): Write => [keys[i]!, filled(size, i)]));
    const values = await store.getMany(keys);
    sizes.forEach((size, i) => assert(equalBytes(values[i]!, filled(size, i)), `batch, ${size} bytes`));
    // Replaced by another size, in order and one by one.
    await store.bulk(sizes.map((_, i): Write => [keys[i]!, filled(sizes.at(-1 - i)!, i + 50)]));
    const entries = await collect(store.iterate({}));
    assertEquals(entries.length, sizes.length);
    entries.forEach(([key, value], i) => {
      assert(equalBytes(key, keys[i]!) && equalBytes(value, filled(sizes.at(-1 - i)!, i + 50)), `bulk, ${i}`);
    });
    await store.batch(keys.map((key): Write => [key, undefined]));
    assertEquals(await collect(store.iterate({})), []);
  });

  test("a batch above any engine's limits is applied, and no reader sees a part of it", async (store) => {
    const keys = Array.from({ length: 3000 }, (_, i) => text(`key ${i} ${"x".repeat(60)}`));
    await store.batch(keys.map((key): Write => [key, bytes(1)]));
    let done = false;
    const writing = store.batch(keys.map((key): Write => [key, bytes(2)])).then(() => done = true);
    let reads = 0;
    while (!done) {
      const seen = new Set((await store.getMany([keys[0]!, keys[1500]!, keys[2999]!])).map((value) => value![0]));
      assertEquals(seen.size, 1);
      reads++;
    }
    await writing;
    assert(reads > 0);
    assertEquals(new Set((await store.getMany(keys)).map((value) => value![0])), new Set([2]));
  });

  test("batches are applied in the order of the calls, without waiting for each other", async (store) => {
    await Promise.all(Array.from({ length: 50 }, (_, i) => store.batch([[text("a"), bytes(i)]])));
    assertEquals(await store.get(text("a")), bytes(49));
  });

  test("a part sees only its keys, without their prefix", async (store) => {
    const [a, b] = [store.sub("a/"), store.sub("b/")];
    await a.batch([[text("1"), bytes(1)], [text("2"), bytes(2)]]);
    await b.bulk([[text("1"), bytes(3)]]);
    await store.batch([[text("a0"), bytes(9)], [text("a"), bytes(9)]]);
    assertEquals(await collect(a.iterate({})), [[text("1"), bytes(1)], [text("2"), bytes(2)]]);
    assertEquals(await collect(a.iterate({ start: text("2") }, { reverse: true })), [[text("2"), bytes(2)]]);
    assertEquals(await b.getMany([text("1"), text("2")]), [bytes(3), undefined]);
    assertEquals(await store.get(text("b/1")), bytes(3));
  });

  test("keys and values beyond the contract halt before anything is written", async (store) => {
    const long = new Uint8Array(KEY_BYTES_MAX + 1);
    await assertRejects(() => store.batch([[text("a"), bytes(1)], [long, bytes(1)]]), InvariantError);
    await assertRejects(() => store.bulk([[text("a"), bytes(1)], [long, bytes(1)]]), InvariantError);
    assertEquals(await store.get(text("a")), undefined);
    await store.batch([[text("a"), bytes(1)]]);
    assertEquals(await store.get(text("a")), bytes(1));
  });
}

function versionedTests(test: Test): void {
  test("a new store has no head and an empty version 0", async ({ versioned }) => {
    assertEquals(await versioned.head(), undefined);
    assertEquals(await versioned.snapshot(0n).get(text("a")), undefined);
    assertEquals(await collect(versioned.snapshot(0n).iterate({})), []);
  });

  test("each published version stays readable as it was; staged ones are not seen", async ({ versioned }) => {
    await versioned.stage(3n, [[text("a"), bytes(1)], [text("b"), bytes(1)], [text("d"), bytes()]]);
    assertEquals(await versioned.head(), undefined);
    await versioned.publish(3n, text("three"));
    await versioned.stage(4n, [[text("a"), bytes(2)], [text("b"), undefined], [text("c"), bytes(2)]]);
    const before = versioned.snapshot(3n);
    assertEquals(await before.getMany([text("a"), text("b"), text("c")]), [bytes(1), bytes(1), undefined]);
    const three: Entry[] = [[text("a"), bytes(1)], [text("b"), bytes(1)], [text("d"), bytes()]];
    assertEquals(await collect(before.iterate({})), three);
    assertEquals((await versioned.head())?.version, 3n);
    await versioned.publish(4n, text("four"));
    assertEquals(await versioned.head(), { version: 4n, meta: text("four") });
    const four: Entry[] = [[text("a"), bytes(2)], [text("c"), bytes(2)], [text("d"), bytes()]];
    assertEquals(await collect(versioned.snapshot(4n).iterate({})), four);
    assertEquals(await collect(versioned.snapshot(4n).iterate({}, { reverse: true })), four.toReversed());
    assertEquals(await collect(before.iterate({}, { reverse: true, limit: 2 })), three.toReversed().slice(0, 2));
    await versioned.publish(9n, bytes());
    assertEquals(await collect(versioned.snapshot(9n).iterate({})), four);
  });

  test("staging again replaces what was staged", async ({ versioned }) => {
    await versioned.stage(1n, [[text("a"), bytes(1)], [text("b"), bytes(1)]]);
    await versioned.publish(1n, bytes());
    await versioned.stage(2n, [[text("a"), filled(100_000, 1)], [text("c"), bytes(2)]]);
    await versioned.stage(2n, [[text("b"), undefined]]);
    await versioned.publish(2n, bytes());
    assertEquals(await collect(versioned.snapshot(2n).iterate({})), [[text("a"), bytes(1)]]);
    assertEquals(await versioned.snapshot(1n).get(text("b")), bytes(1));
  });

  test("a version is staged in parts, and is one version", async ({ versioned }) => {
    const key = (i: number) => text(`k${String(i).padStart(5, "0")}`);
    const part = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i): Write => [key(from + i), i % 500 === 7 ? filled(90_000, i) : bytes(1)]);
    // Taken back with its parts.
    await versioned.stage(3n, [[text("a"), bytes(9)]]);
    await versioned.extend(3n, [[text("z"), bytes(9)]]);
    await versioned.stage(5n, part(0, 10).reverse());
    await assertRejects(() => versioned.extend(5n, part(9, 20)), InvariantError);
    await assertRejects(() => versioned.extend(5n, part(20, 30).reverse()), InvariantError);
    await assertRejects(() => versioned.extend(4n, part(20, 30)), InvariantError);
    await versioned.extend(5n, part(10, 4_000));
    await versioned.extend(5n, []);
    await versioned.extend(5n, part(4_000, 4_001));
    await versioned.publish(5n, bytes());
    await assertRejects(() => versioned.extend(5n, part(5_000, 5_001)), InvariantError);
    const all = await collect(versioned.snapshot(5n).iterate({}));
    assertEquals(all.map(([found]) => found), Array.from({ length: 4_001 }, (_, i) => key(i)));
    assert(equalBytes(all[517]![1], filled(90_000, 507)));
    await versioned.stage(6n, [[key(3_000), undefined], [key(517), bytes(2)]]);
    await versioned.publish(6n, bytes());
    assertEquals(await versioned.snapshot(5n).getMany([key(3_000), key(20), text("z")]), [
      bytes(1),
      bytes(1),
      undefined,
    ]);
    assert(equalBytes((await versioned.snapshot(5n).get(key(517)))!, filled(90_000, 507)));
    assertEquals(await versioned.snapshot(6n).getMany([key(3_000), key(517)]), [undefined, bytes(2)]);
  });

  test("what goes alongside a publication comes with it, also when it is large", async (store) => {
    const alongside = Array.from({ length: 2500 }, (_, i): Write => [text(`along ${i}`), filled(100, i)]);
    alongside.push([text("large"), filled(900_000, 5)]);
    await store.versioned.stage(1n, [[text("a"), bytes(1)]]);
    await store.versioned.publish(1n, new Uint8Array(META_BYTES_MAX), alongside);
    assertEquals((await collect(store.iterate({ start: text("along"), end: text("alonh") }))).length, 2500);
    assert(equalBytes((await store.get(text("large")))!, filled(900_000, 5)));
    assertEquals((await store.versioned.head())?.meta.length, META_BYTES_MAX);
    // Versioned and plain keys are apart.
    assertEquals(await store.get(text("a")), undefined);
    assertEquals(await store.versioned.snapshot(1n).get(text("large")), undefined);
  });

  test("large versioned values are kept at each version", async ({ versioned }) => {
    for (const version of [1n, 2n, 3n]) {
      await versioned.stage(version, [[text("code"), filled(150_000 * Number(version), Number(version))]]);
      await versioned.publish(version, bytes());
    }
    for (const version of [1n, 2n, 3n]) {
      const value = await versioned.snapshot(version).get(text("code"));
      assert(equalBytes(value!, filled(150_000 * Number(version), Number(version))), `version ${version}`);
    }
  });

  test("a reader of a version is not disturbed by the stages and publications that follow", async ({ versioned }) => {
    const keys = Array.from({ length: 700 }, (_, i) => text(`k${String(i).padStart(4, "0")}`));
    await versioned.stage(1n, keys.map((key): Write => [key, bytes(1)]));
    await versioned.publish(1n, bytes());
    const reader = versioned.snapshot(1n);
    let version = 1n;
    let seen = 0;
    for await (const [key, value] of reader.iterate({})) {
      assertEquals([key, value], [keys[seen], bytes(1)]);
      if (seen++ % 100 !== 0) continue;
      version++;
      await versioned.stage(version, keys.map((key): Write => [key, seen % 3 === 0 ? undefined : bytes(seen & 255)]));
      if (seen % 200 === 1) await versioned.stage(version, [[text("zzz"), bytes(1)]]);
      await versioned.publish(version, bytes());
    }
    assertEquals(seen, keys.length);
    assertEquals((await reader.getMany(keys)).every((value) => value?.[0] === 1), true);
  });

  test("versions out of order halt", async ({ versioned }) => {
    await versioned.publish(5n, bytes());
    await assertRejects(() => versioned.stage(5n, []), InvariantError);
    await assertRejects(() => versioned.publish(4n, bytes()), InvariantError);
    await assertRejects(async () => void await versioned.snapshot(6n).get(bytes()), InvariantError);
    await versioned.stage(7n, []);
    await assertRejects(() => versioned.publish(6n, bytes()), InvariantError);
    await assertRejects(() => versioned.publish(7n, new Uint8Array(META_BYTES_MAX + 1)), InvariantError);
    await versioned.publish(7n, bytes());
  });
}

/** Random writes, versions and reads against plain maps. */
function modelTest(name: string, open: () => Promise<Store>, histories: number): void {
  const key = fc.uint8Array({ maxLength: 3, max: 3 });
  const value = fc.option(
    fc.oneof(
      { weight: 8, arbitrary: fc.uint8Array({ maxLength: 9 }) },
      { weight: 1, arbitrary: fc.integer({ min: 63_900, max: 64_100 }).map((length) => filled(length, length)) },
    ),
    { nil: undefined },
  );
  const writes = fc.array(fc.tuple(key, value), { maxLength: 12 });
  const bound = fc.option(key, { nil: undefined });
  const step = fc.oneof(
    fc.record({ type: fc.constantFrom("batch" as const, "bulk" as const, "version" as const), writes }),
    fc.record({
      type: fc.constant("read" as const),
      start: bound,
      end: bound,
      reverse: fc.boolean(),
      limit: fc.nat(9),
    }),
  );
  type Model = Map<string, readonly [Uint8Array, Uint8Array]>;
  const apply = (model: Model, changes: readonly Write[]): Model => {
    const out = new Map(model);
    for (const [key, value] of changes) {
      if (value) out.set(String(key), [key, value]);
      else out.delete(String(key));
    }
    return out;
  };

  Deno.test(`store ${name}: random histories read as plain maps do`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
        const store = await open();
        try {
          let plain: Model = new Map();
          const versions: Model[] = [new Map()];
          for (const step of steps) {
            if (step.type === "version") {
              const version = BigInt(versions.length);
              await store.versioned.stage(version, step.writes);
              await store.versioned.publish(version, bytes());
              versions.push(apply(versions.at(-1)!, step.writes));
            } else if (step.type === "read") {
              const { start, end, reverse, limit } = step;
              const expected = (model: Model) => {
                const inside = [...model.values()].filter(([key]) =>
                  (!start || compareBytes(key, start) >= 0) && (!end || compareBytes(key, end) < 0)
                ).sort(([a], [b]) => compareBytes(a, b));
                return (reverse ? inside.reverse() : inside).slice(0, limit);
              };
              const range = { start, end };
              assertEquals(await collect(store.iterate(range, { reverse, limit })), expected(plain));
              for (const [version, model] of versions.entries()) {
                const reader = store.versioned.snapshot(BigInt(version));
                assertEquals(await collect(reader.iterate(range, { reverse, limit })), expected(model));
              }
            } else {
              await store[step.type](step.writes);
              plain = apply(plain, step.writes);
            }
          }
          const known = [...versions.at(-1)!.values()];
          const head = store.versioned.snapshot(BigInt(versions.length - 1));
          assertEquals(await head.getMany(known.map(([key]) => key)), known.map(([, value]) => value));
        } finally {
          await store.close();
        }
      }),
      { numRuns: histories },
    );
  });
}
