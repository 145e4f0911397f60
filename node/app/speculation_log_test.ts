import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { equalBytes, utf8ToBytes } from "../core/bytes.ts";
import { Journal, Miss, type StateReader } from "../state/mod.ts";
import type { DecodedTx } from "./decode.ts";
import type { Outcome } from "./execute.ts";
import type { Speculation } from "./speculation.ts";
import { NOTHING } from "./speculation_log.ts";
import { SpeculationReader } from "./speculation_reader.ts";
import { SpeculationWriter } from "./speculation_writer.ts";

const key = utf8ToBytes;
const value = Uint8Array.of(7);
const empty: StateReader = { get: () => undefined, page: () => [] };
const FEE: Outcome["fee"] = [{ denom: "ucat", amount: 7n }];
const TX = { fee: FEE } as unknown as DecodedTx;
const OUTCOME: Outcome = {
  error: undefined,
  data: new Uint8Array(),
  gasWanted: 0n,
  gasUsed: 0n,
  gasComputed: 0n,
  events: [],
  fee: [],
};
const ROOM = 1 << 16;

function logOf(bytes = ROOM) {
  const log = new SharedArrayBuffer(bytes);
  const reader = new SpeculationReader(log);
  return { reader, writer: new SpeculationWriter(log) };
}

/** What `read` reads from an empty state, in the hands of whoever runs the block over `journal`. */
function holds(read: (journal: Journal) => unknown, journal: Journal): boolean {
  const ahead = new Journal(empty, { trackReads: true });
  read(ahead);
  const { reader, writer } = logOf();
  assert(writer.write({ index: 3, outcome: OUTCOME, reads: ahead.reads(), changes: [] }));
  assertEquals([reader.has(2), reader.has(3)], [false, true]);
  return reader.take(3, TX, journal) !== undefined;
}

function after(write: (journal: Journal) => void): Journal {
  const journal = new Journal(empty);
  write(journal);
  return journal;
}

Deno.test("take() compares values: a key written in between breaks it, one written back does not", () => {
  const read = (journal: Journal) => journal.get("bank", key("a"));
  assertEquals(holds(read, after((journal) => journal.set("bank", key("b"), value))), true);
  assertEquals(holds(read, after((journal) => journal.set("auth", key("a"), value))), true);
  assertEquals(holds(read, after((journal) => journal.set("bank", key("a"), value))), false);
  assertEquals(holds(read, after((journal) => journal.set("bank", key("a"), new Uint8Array()))), false);
  const back = after((journal) => {
    journal.set("bank", key("a"), value);
    journal.delete("bank", key("a"));
  });
  assertEquals(holds(read, back), true);
});

Deno.test("take() does not take the beginning of a log for a value that was absent", () => {
  const log = new SharedArrayBuffer(ROOM);
  const reader = new SpeculationReader(log);
  const keys = [{ store: "bank", key: key("a"), value: undefined }];
  new SpeculationWriter(log).write({ index: 0, outcome: OUTCOME, reads: { keys, pages: [] }, changes: [] });
  assert(reader.has(0));
  const [published] = new Uint32Array(log);
  const like = new Uint8Array(log, 4, published).slice();
  assertEquals(reader.take(0, TX, after((journal) => journal.set("bank", key("a"), like))), undefined);
});

Deno.test("take() sees what entered a page, also one that was read under own writes", () => {
  const page = { start: key("b"), end: key("d"), limit: 10 };
  const entered = after((journal) => journal.set("bank", key("c"), value));
  const beside = after((journal) => journal.set("bank", key("d"), value));
  const plain = (journal: Journal) => journal.page("bank", page);
  assertEquals([holds(plain, entered), holds(plain, beside)], [false, true]);
  const covered = (journal: Journal) => {
    journal.set("bank", key("c"), value);
    return journal.page("bank", page);
  };
  assertEquals([holds(covered, entered), holds(covered, beside)], [false, true]);
});

Deno.test("a miss in take() changes nothing, and the next attempt is whole", () => {
  let resident = false;
  const base: StateReader = {
    get: (_, name) => {
      if (equalBytes(name, key("b")) && !resident) throw new Miss({ type: "load_keys", keys: [name] });
      return undefined;
    },
    page: () => [],
  };
  const { reader, writer } = logOf();
  const keys = ["a", "b"].map((name) => ({ store: "bank", key: key(name), value: undefined }));
  writer.write({
    index: 0,
    outcome: OUTCOME,
    reads: { keys, pages: [] },
    changes: [{ store: "bank", key: key("a"), value }],
  });
  const journal = new Journal(base);
  assert(reader.has(0));
  let missed: unknown;
  try {
    reader.take(0, TX, journal);
  } catch (thrown) {
    missed = thrown;
  }
  assert(missed instanceof Miss);
  assertEquals([journal.changes(), reader.keys.map(({ key }) => key)], [[], [key("a"), key("b")]]);
  resident = true;
  assertEquals([reader.take(0, TX, journal), journal.get("bank", key("a"))], [OUTCOME, value]);
});

Deno.test("the writer sees from where on transactions are needed", () => {
  const { reader, writer } = logOf();
  assertEquals(writer.from, 0);
  reader.skipTo(17);
  assertEquals(writer.from, 17);
  reader.skipTo(NOTHING);
  assertEquals(writer.from, NOTHING);
});

const bytes = fc.uint8Array({ maxLength: 9 });
const text = fc.string({ unit: "binary", maxLength: 5 });
const u64 = fc.bigInt(0n, 2n ** 64n - 1n);
const outcome: fc.Arbitrary<Outcome> = fc.record({
  error: fc.option(fc.record({ codespace: text, code: fc.nat(), message: text }, { noNullPrototype: true }), {
    nil: undefined,
  }),
  data: bytes,
  gasWanted: u64,
  gasUsed: u64,
  gasComputed: u64,
  events: fc.array(
    fc.record({
      type: text,
      attributes: fc.array(fc.record({ key: text, value: text, index: fc.boolean() }, { noNullPrototype: true }), {
        maxLength: 3,
      }),
    }, { noNullPrototype: true }),
    { maxLength: 3 },
  ),
  fee: fc.constantFrom(FEE, []),
}, { noNullPrototype: true });

const STORES = ["bank", "wasm"];
const name = fc.constantFrom("a", "b", "c").map(key);
const content = fc.option(fc.constantFrom(0, 1, 2), { nil: undefined, freq: 3 });
const touched = fc.record({ store: fc.constantFrom(...STORES), key: name, content, fresh: fc.boolean() });
const made = fc.record({
  outcome,
  reads: fc.array(touched, { maxLength: 3 }),
  /** What is read as it is now; otherwise as the generator says. */
  truthful: fc.boolean(),
  page: fc.option(
    fc.record({
      start: fc.option(name, { nil: undefined }),
      end: fc.option(name, { nil: undefined }),
      reverse: fc.boolean(),
      limit: fc.integer({ min: 1, max: 3 }),
    }, { noNullPrototype: true }),
    { nil: undefined },
  ),
  changes: fc.array(touched, { maxLength: 3 }),
  /** What somebody else writes before it is taken. */
  between: fc.array(touched, { maxLength: 1 }),
  /** Whether it comes to being taken. */
  wanted: fc.constantFrom(true, true, true, false),
});

/** Values of different lengths and none; often the same array, as values of a state are. */
const CONTENTS = [new Uint8Array(), Uint8Array.of(1), Uint8Array.of(1, 2, 3, 4, 5)];
const contentOf = (which: number | undefined, fresh: boolean): Uint8Array | undefined =>
  which === undefined ? undefined : fresh ? CONTENTS[which]!.slice() : CONTENTS[which];

/** What a reader has to say of `one` over `journal`, by comparing everything. */
function expectedOf({ reads }: Speculation, journal: Journal): boolean {
  const same = (a: Uint8Array | undefined, b: Uint8Array | undefined) =>
    a === undefined || b === undefined ? a === b : equalBytes(a, b);
  return reads.keys.every(({ store, key, value }) => same(journal.get(store, key), value)) &&
    reads.pages.every(({ store, page, entries }) => {
      const now = journal.page(store, page);
      return now.length === entries.length &&
        now.every(([key, value], i) => same(key, entries[i]![0]) && same(value, entries[i]![1]));
    });
}

type Made = typeof made extends fc.Arbitrary<infer T> ? T : never;

/** Runs through a log; how many were taken and how many were false. */
function play(world: readonly Made[], roomBytes: number): [taken: number, refused: number] {
  const { reader, writer } = logOf(roomBytes);
  const [journal, model] = [new Journal(empty), new Journal(empty)];
  let [taken, refused] = [0, 0];
  let full = false;
  for (const [i, { outcome, reads, truthful, page, changes, between, wanted }] of world.entries()) {
    const unique = new Map(changes.map((one) => [one.store + one.key[0], one]));
    const one: Speculation = {
      index: 2 * i,
      outcome,
      reads: {
        keys: reads.map(({ store, key, content, fresh }) => {
          return { store, key, value: truthful ? model.get(store, key) : contentOf(content, fresh) };
        }),
        pages: page === undefined ? [] : [{ store: "bank", page, entries: truthful ? model.page("bank", page) : [] }],
      },
      changes: [...unique.values()].map(({ store, key, content, fresh }) => {
        return { store, key, value: contentOf(content, fresh) };
      }),
    };
    const written = writer.write(one);
    assert(!(full && written), "something after the end of the room");
    full = !written;
    for (const each of [journal, model]) {
      for (const { store, key, content } of between) {
        if (content === undefined) each.delete(store, key);
        else each.set(store, key, CONTENTS[content]!);
      }
    }
    if (!wanted) continue;
    assertEquals([reader.has(2 * i), reader.has(2 * i + 1)], [written, false]);
    if (!written) continue;
    const holds = expectedOf(one, model);
    assertEquals(reader.take(2 * i, TX, journal), holds ? outcome : undefined);
    if (holds) taken++;
    else refused++;
    for (const { store, key, value } of holds ? one.changes : []) {
      if (value === undefined) model.delete(store, key);
      else model.set(store, key, value);
    }
    assertEquals(journal.changes(), model.changes());
  }
  for (const { value } of journal.changes()) {
    assert((value?.buffer.byteLength ?? 0) < 4096, "a value that keeps the log, or many others");
  }
  return [taken, refused];
}

Deno.test("what is taken from a log is what comparing every value would take, and the journal has its changes", () => {
  let [taken, refused] = [0, 0];
  fc.assert(
    fc.property(
      fc.array(made, { minLength: 1, maxLength: 12 }),
      fc.constantFrom(ROOM, ROOM, 1024, 256),
      (world, room) => {
        const [held, again] = play(world, room);
        taken += held;
        refused += again;
      },
    ),
    { numRuns: 400 },
  );
  assert(taken > 200 && refused > 200, `little was put to the test: ${taken} taken, ${refused} refused`);
});
