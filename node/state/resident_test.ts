/** Reads that depend on each other, over a state that is not resident: their results, and how many attempts and loads they take. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { bytesToU64, compareBytes, u64ToBytes, utf8ToBytes } from "../core/bytes.ts";
import { sha256 } from "../core/crypto/mod.ts";
import { Prng } from "../core/prng.ts";
import { type Entries, type LoadRange, type Reply, type Request, runResident, type Work } from "../core/work.ts";
import { type Known, ValueCache } from "./cache.ts";
import { flatKey, textOf } from "./keys.ts";
import { ResidentReader } from "./resident.ts";
import { Miss, type PageRequest, type StateReader } from "./view.ts";

type Entry = readonly [key: Uint8Array, value: Uint8Array];

/** One version, with flat keys, and what was asked of it. */
class World {
  readonly #sorted: readonly Entry[];
  readonly #byKey: ReadonlyMap<string, Uint8Array>;
  requests = 0;
  entries = 0;
  /** The most that one answer brought. */
  bytes = 0;

  constructor(entries: Iterable<Entry>) {
    this.#sorted = [...entries].sort(([a], [b]) => compareBytes(a, b));
    this.#byKey = new Map(this.#sorted.map(([key, value]) => [textOf(key), value]));
  }

  answer(request: Request): Reply {
    this.requests++;
    if (request.type === "load_keys") return request.keys.map((key) => this.#byKey.get(textOf(key)));
    assert(request.type === "load_range");
    const entries = this.#range(request);
    this.entries += entries.length;
    this.bytes = Math.max(this.bytes, entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0));
    return entries;
  }

  #range({ start, end, reverse, limit, bytesMax = Infinity }: LoadRange): Entries {
    const [from, to] = [this.#from(start), this.#from(end)];
    const found: Entry[] = [];
    let bytes = 0;
    for (let i = 0; i < to - from && found.length < limit && bytes < bytesMax; i++) {
      const entry = this.#sorted[reverse ? to - 1 - i : from + i]!;
      found.push(entry);
      bytes += entry[0].length + entry[1].length;
    }
    return found;
  }

  #from(key: Uint8Array): number {
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareBytes(this.#sorted[middle]![0], key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Runs over a world; also how many attempts that took. */
function attempts<T>(
  world: World,
  read: (state: StateReader) => T,
  cache?: ValueCache,
): { readonly value: T; readonly begun: number } {
  const reader = new ResidentReader(cache, () => 1n);
  let begun = 0;
  const work = reader.resident(() => {
    begun++;
    return read(reader);
  });
  return { value: finish(work, (request) => world.answer(request)), begun };
}

function finish<T>(work: Work<T>, answer: (request: Request) => Reply): T {
  let step = work.next(undefined);
  while (!step.done) step = work.next(answer(step.value));
  return step.value;
}

type KeyOf = (n: number) => Uint8Array;
/** As modules do: keys begin with what they are about. */
const about = (key: Uint8Array) => new Uint8Array([3, ...key]);
const byNumber: KeyOf = (n) => about(u64ToBytes(BigInt(n)));
const byHash: KeyOf = (n) => about(sha256(u64ToBytes(BigInt(n))).slice(0, 20));

/** A list of `length`, whose entries each hold the number of the next; 0 is none. Beside it `others`. */
function linked(length: number, others: number, keyOf: KeyOf, valueBytes = 8): World {
  return new World(function* () {
    for (let n = 1; n <= length + others; n++) {
      const value = new Uint8Array(valueBytes);
      if (n < length) value.set(u64ToBytes(BigInt(n + 1)));
      yield [flatKey("wasm", keyOf(n)), value] as const;
    }
    for (let n = 0; n < 100; n++) yield [flatKey("bank", byNumber(n)), Uint8Array.of(1)] as const;
  }());
}

function follow(state: StateReader, keyOf: KeyOf, count = Infinity): number {
  let n = 1;
  let seen = 0;
  while (n !== 0 && seen < count) {
    const value = state.get("wasm", keyOf(n));
    n = Number(bytesToU64(value!.subarray(0, 8)));
    seen++;
  }
  return seen;
}

const LENGTH = 10_000;

for (
  const [name, keyOf, most] of [
    ["forward", byNumber, 25],
    ["backward", (n: number) => byNumber(LENGTH - n), 25],
    ["all over the place", byHash, 70],
  ] as const
) {
  Deno.test(`a cold list of 10 000 entries that goes ${name} is read in few attempts`, () => {
    const world = linked(LENGTH, 0, keyOf);
    const { value, begun } = attempts(world, (state) => follow(state, keyOf));
    assertEquals(value, LENGTH);
    assert(begun <= most, `${begun} attempts`);
    assert(world.entries <= 1.2 * LENGTH, `${world.entries} entries were loaded`);
    assert(world.requests <= 3 * begun, `${world.requests} requests`);
  });
}

Deno.test("a list that hides among fifty times as many entries is read in a small part of its attempts", () => {
  const world = linked(1_000, 49_000, byHash);
  const { value, begun } = attempts(world, (state) => follow(state, byHash));
  assertEquals(value, 1_000);
  assert(begun <= 200, `${begun} attempts`);
});

Deno.test("a list that is followed with iterators is read in few attempts", () => {
  for (const reverse of [false, true]) {
    const world = linked(2_000, 0, byHash);
    const { value, begun } = attempts(world, (state) => {
      let [n, seen] = [1, 0];
      while (n !== 0) {
        const key = byHash(n);
        const behind = new Uint8Array([...key, 0]);
        const [entry] = state.page("wasm", reverse ? { end: behind, reverse, limit: 8 } : { start: key, limit: 8 });
        assertEquals(entry![0], key);
        n = Number(bytesToU64(entry![1]));
        seen++;
      }
      return seen;
    });
    assertEquals(value, 2_000);
    assert(begun <= 50, `${begun} attempts`);
  }
});

Deno.test("absence is known where everything around is: keys that are not there cost few attempts", () => {
  const world = linked(3_000, 0, byHash);
  const { begun } = attempts(world, (state) => {
    // Each depends on the one before.
    let at: Uint8Array = utf8ToBytes("absent");
    for (let i = 0; i < 3_000; i++) at = sha256(state.get("wasm", about(at.slice(0, 20))) ?? at.slice());
  });
  assert(begun <= 60, `${begun} attempts`);
});

Deno.test("what is missed together shares what is brought: a list among as many decoys is still read in few attempts", () => {
  const world = linked(2_000, 0, byHash);
  const reader = new ResidentReader(undefined, () => 1n);
  let begun = 0;
  const work = reader.resident(() => {
    begun++;
    let n = 1;
    for (let seen = 0; n !== 0; seen++) {
      const decoys = Array.from({ length: 10 }, (_, i) => about(sha256(utf8ToBytes(`${seen} ${i}`)).slice(0, 20)));
      const [value] = getTogether(reader, [byHash(n), ...decoys]);
      n = Number(bytesToU64(value!));
    }
  });
  finish(work, (request) => world.answer(request));
  assert(begun <= 120, `${begun} attempts`);
});

Deno.test("few misses bring nothing, and reads all over a large store little more than themselves", () => {
  const world = linked(0, 60_000, byHash);
  attempts(world, (state) => [1, 2].map((n) => state.get("wasm", byHash(n * 1_000))));
  assertEquals([world.requests, world.entries], [2, 0]);
  const { begun } = attempts(world, (state) => {
    for (let n = 1; n <= 50; n++) state.get("wasm", byHash(n * 1_000));
  });
  assert(begun > 45, `${begun} attempts`);
  // Running again was as many reads.
  assert(world.entries <= 3 * begun * begun, `${world.entries} entries`);
  assert(world.requests <= 3 * begun + 2, `${world.requests} requests`);
});

Deno.test("parts that are done one after the other count their misses for themselves", () => {
  const world = linked(0, 10_000, byHash);
  const reader = new ResidentReader(undefined, () => 1n);
  let done = 0;
  const work = reader.resident(() => {
    for (; done < 100; done++) for (const n of [1, 2]) reader.get("wasm", byHash(done * 50 + n));
  });
  finish(work, (request) => world.answer(request));
  assert(world.entries <= 10, `${world.entries} entries`);
});

Deno.test("large values bring few neighbours: what one answer brings is bounded", () => {
  const world = linked(1_000, 0, byHash, 60_000);
  const { value } = attempts(world, (state) => follow(state, byHash, 300));
  assertEquals(value, 300);
  assert(world.bytes <= (1 << 20) + 60_100, `${world.bytes} bytes`);
});

Deno.test("pages that overlap are loaded once and held once, however many are asked for", () => {
  const at = (n: number) => Uint8Array.of(3, n >> 8, n & 255);
  for (const order of [1, -1]) {
    const world = new World(
      [60_000, 60_001, 60_002].map((n) => [flatKey("wasm", at(n)), new Uint8Array(60_000)] as const),
    );
    const { value: values } = attempts(world, (state) => {
      const seen = new Set<Uint8Array>();
      for (let n = 0; n < 1_000; n++) {
        const start = at(30_000 + order * n);
        for (const [, value] of state.page("wasm", { start, limit: 8 })) seen.add(value);
      }
      return seen;
    });
    assertEquals(values.size, 3);
    assert(world.requests <= 10, `${world.requests} requests`);
  }
});

Deno.test("a run that stands still forgets rather than holding all it passed over", () => {
  const at = (n: number) => Uint8Array.of(3, n >> 8, n & 255);
  const large = new Uint8Array(60_000);
  const world = new World(
    Array.from({ length: 3_000 }, (_, n) => [flatKey("wasm", at(n)), n % 8 === 0 ? Uint8Array.of(n & 255) : large]),
  );
  const state = new ResidentReader(undefined, () => 1n, (request) => world.answer(request));
  const walk = () => {
    const { requests } = world;
    for (let n = 0; n < 3_000; n += 8) {
      const page = state.page("wasm", { start: at(n), limit: 8 });
      assertEquals([page.length, page[0]![1][0], page[7]![1].length], [8, n & 255, large.length]);
    }
    return world.requests - requests;
  };
  const [first, again] = runResident(state.resident(() => [walk(), walk()] as const));
  assert(again > first / 2, `${first} requests, then ${again}`);
});

Deno.test("neighbours are of the same kind: keys that begin with another byte are left alone", () => {
  const list = Array.from({ length: 50 }, (_, i) => {
    return [flatKey("wasm", byHash(i + 1)), u64ToBytes(BigInt((i + 2) % 51))] as const;
  });
  const others = [2, 4].flatMap((kind) =>
    Array.from({ length: 50 }, (_, i) => [flatKey("wasm", Uint8Array.of(kind, i)), Uint8Array.of(1)] as const)
  );
  const world = new World([...list, ...others]);
  assertEquals(attempts(world, (state) => follow(state, byHash)).value, 50);
  assert(world.entries > 0 && world.entries <= 50, `${world.entries} entries`);
});

Deno.test("what is read of what was brought is cached; the rest is not", () => {
  const cache = new ValueCache(1 << 24);
  attempts(linked(500, 0, byHash), (state) => follow(state, byHash), cache);
  const again = linked(500, 0, byHash);
  assertEquals(attempts(again, (state) => follow(state, byHash), cache), { value: 500, begun: 1 });
  assertEquals(again.requests, 0);
});

Deno.test("pages of what was brought are cached", () => {
  const cache = new ValueCache(1 << 24);
  const list = (state: StateReader) => {
    let seen = 0;
    for (let start = byHash(0).subarray(0, 1);; seen++) {
      const [entry] = state.page("wasm", { start, limit: 1 });
      if (entry === undefined) return seen;
      start = new Uint8Array([...entry[0], 0]);
    }
  };
  const first = linked(200, 0, byHash);
  assertEquals(attempts(first, list, cache).value, 200);
  assert(first.entries > 100, `${first.entries} entries were brought`);
  const again = linked(200, 0, byHash);
  assertEquals(attempts(again, list, cache).value, 200);
  assert(again.requests <= 2, `${again.requests} requests`);
});

Deno.test("what was brought before the latest version moved on is not cached afterwards", () => {
  const cache = new ValueCache(1 << 24);
  let version = 1n;
  const reader = new ResidentReader(cache, () => version);
  const entry = (n: number, version: number): Entry => {
    const next = u64ToBytes(BigInt(n === 500 ? 0 : n + 1));
    return [flatKey("wasm", byHash(n)), new Uint8Array([...next, version])];
  };
  const numbers = Array.from({ length: 500 }, (_, i) => i + 1);
  const world = new World(numbers.map((n) => entry(n, 1)));
  const work = reader.resident(() => {
    follow(reader, byHash);
    return numbers.map((n) => reader.get("wasm", byHash(n))![8]);
  });
  const seen = finish(work, (request) => {
    if (world.requests === 20) {
      cache.apply(numbers.map((n) => entry(n, 2)).map(([key, value]) => [textOf(key), value] as const));
      version = 2n;
    }
    return world.answer(request);
  });
  assertEquals([seen.every((at) => at === 1), version], [true, 2n]);
  const now = finish(reader.resident(() => numbers.map((n) => reader.get("wasm", byHash(n))![8])), (request) => {
    throw new Error(`asked for ${request.type}`);
  });
  assert(now.every((at) => at === 2));
});

function getTogether(state: StateReader, keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
  const missed: Uint8Array[] = [];
  const values = keys.map((key) => {
    try {
      return state.get("wasm", key);
    } catch (thrown) {
      if (!(thrown instanceof Miss) || thrown.request.type !== "load_keys") throw thrown;
      missed.push(...thrown.request.keys);
      return undefined;
    }
  });
  if (missed.length > 0) throw new Miss({ type: "load_keys", keys: missed });
  return values;
}

/** Keys of several kinds, as a store has them. */
const keyAt = (n: number) => Uint8Array.of(n >> 4, n & 15);

/** What a computation asks for depends on all that it was told. */
function wander(state: StateReader, seed: number, steps: number, keys: number): string[] {
  const random = new Prng(seed);
  const told: string[] = [];
  let last = 0;
  const pick = () => keyAt((last + random.below(keys)) % keys);
  for (let i = 0; i < steps; i++) {
    const store = random.below(4) === 0 ? "bank" : "wasm";
    if (random.below(3) > 0) {
      const value = state.get(store, pick());
      told.push(value === undefined ? "-" : textOf(value));
      last = (31 * last + (value?.[0] ?? 7)) % 251;
    } else {
      const page: PageRequest = {
        start: random.below(3) === 0 ? undefined : pick(),
        end: random.below(3) === 0 ? undefined : pick(),
        reverse: random.below(2) === 0,
        limit: 1 + random.below(12),
      };
      const entries = state.page(store, page);
      told.push(entries.map(([key, value]) => `${textOf(key)}=${textOf(value)}`).join());
      last = (31 * last + entries.length + (entries.at(-1)?.[1][0] ?? 3)) % 251;
    }
  }
  return told;
}

/** A plain map, all of it there. */
function plain(entries: ReadonlyMap<string, Entry>): StateReader {
  const reader = new ResidentReader(undefined, () => 0n);
  const world = new World(entries.values());
  return {
    get: (_store, key) => entries.get(textOf(flatKey(_store, key)))?.[1],
    page: (store, page) => finish(reader.resident(() => reader.page(store, page)), (request) => world.answer(request)),
  };
}

Deno.test("whatever is read is what a plain map says, in caches of any size, at any version, while versions move on", () => {
  const change = fc.record({
    store: fc.constantFrom("wasm", "wasm", "wasm", "bank"),
    key: fc.nat(59),
    value: fc.option(fc.uint8Array({ minLength: 0, maxLength: 40 }), { nil: undefined, freq: 4 }),
  });
  const blocks = fc.array(fc.array(change, { maxLength: 50 }), { minLength: 2, maxLength: 5 });
  fc.assert(
    fc.property(
      blocks,
      fc.constantFrom(0, 3_000, 1 << 20),
      fc.nat(),
      fc.nat(12),
      (blocks, cacheBytes, seed, until) => {
        const versions: Map<string, Entry>[] = [];
        const cache = new ValueCache(cacheBytes);
        let version = 0n;
        const latest = new ResidentReader(cache, () => version);
        const adopt = () => {
          const next = new Map(versions.at(-1));
          const changes = new Map<string, Known>();
          for (const { store, key, value } of blocks[versions.length]!) {
            const flat = flatKey(store, keyAt(key));
            changes.set(textOf(flat), value ?? null);
            if (value === undefined) next.delete(textOf(flat));
            else next.set(textOf(flat), [flat, value]);
          }
          versions.push(next);
          cache.apply([...changes]);
          version = BigInt(versions.length - 1);
        };
        adopt();
        for (let round = 0; round < 2 * blocks.length; round++) {
          const bound = version;
          const world = new World(versions.at(-1)!.values());
          let left = until;
          const told = finish(latest.resident(() => wander(latest, seed + round, 60, 60)), (request) => {
            const reply = world.answer(request);
            if (left-- === 0 && versions.length < blocks.length) adopt();
            return reply;
          });
          assertEquals(told, wander(plain(versions[Number(bound)]!), seed + round, 60, 60));
          if (round % 2 === 1 && versions.length < blocks.length) adopt();
          const past = versions[round % versions.length]!;
          const old = new ResidentReader(undefined, () => BigInt(round % versions.length));
          const then = new World(past.values());
          const seen = finish(old.resident(() => wander(old, seed, 60, 60)), (request) => then.answer(request));
          assertEquals(seen, wander(plain(past), seed, 60, 60));
        }
      },
    ),
    { numRuns: 60 },
  );
});
