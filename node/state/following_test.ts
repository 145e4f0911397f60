/** States in several places, while versions move on under what is being read: nothing of one version is taken for another's. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { FakeStorage } from "../../tests/bad_input/harness.ts";
import { compareBytes } from "../core/bytes.ts";
import { Prng } from "../core/prng.ts";
import { unreachable } from "../core/invariant.ts";
import type { Entries, LoadKeys, LoadNodes, LoadRange, Reply, Work } from "../core/work.ts";
import type { StagedCommit } from "./commit.ts";
import { answerPending, FollowingState, Journal, MultiStore, PendingState } from "./mod.ts";
import type { LoadNow } from "./resident.ts";
import { Miss, type PageRequest, type StateChange, type StateReader } from "./view.ts";

const STORES = ["bank", "wasm"];
const KEYS = 48;
/** Of three kinds, as modules tell theirs apart. */
const keyAt = (n: number) => Uint8Array.of(n % 3, n);

type Asked = { readonly store: string } & ({ readonly key: Uint8Array } | { readonly page: PageRequest });

function read(state: StateReader, asked: Asked): string {
  if ("key" in asked) return state.get(asked.store, asked.key)?.toHex() ?? "-";
  return state.page(asked.store, asked.page).map(([key, value]) => `${key.toHex()}=${value.toHex()}`).join();
}

/** What a computation asks for depends on all that it was told. */
function wander(state: StateReader, seed: number, steps: number): (readonly [Asked, told: string])[] {
  const random = new Prng(seed);
  let last = 0;
  const pick = () => keyAt((last + random.below(KEYS)) % KEYS);
  return Array.from({ length: steps }, () => {
    const store = STORES[random.below(2)]!;
    const asked: Asked = random.below(3) > 0 ? { store, key: pick() } : {
      store,
      page: {
        start: random.below(3) === 0 ? undefined : pick(),
        end: random.below(3) === 0 ? undefined : pick(),
        reverse: random.below(2) === 0,
        limit: 1 + random.below(12),
      },
    };
    const told = read(state, asked);
    for (const letter of told) last = (31 * last + letter.charCodeAt(0)) % 251;
    return [asked, told] as const;
  });
}

/** Every value of every version, as a chain makes them. */
class World {
  readonly storage = new FakeStorage();
  readonly state: MultiStore;
  readonly #versions: ReadonlyMap<string, Uint8Array>[] = [];
  readonly committed: StagedCommit[] = [];

  constructor(cacheBytesMax: number) {
    this.state = new MultiStore({ stores: STORES, cacheBytesMax });
  }

  commit(changes: readonly StateChange[]): void {
    const net = new Map(changes.map((change) => [`${change.store}/${change.key.toHex()}`, change]));
    const version = BigInt(this.#versions.length);
    const staged = this.storage.run(this.state.stage(version, [...net.values()]), this.state.version);
    const next = new Map(this.#versions.at(-1));
    for (const [text, { value }] of net) {
      if (value === undefined) next.delete(text);
      else next.set(text, value);
    }
    this.#versions.push(next);
    this.storage.write(staged);
    this.state.adopt(staged);
    this.committed.push(staged);
  }

  /** A version as a plain map says it is. */
  plain(version: bigint): StateReader {
    const entries = this.#versions[Number(version)]!;
    return {
      get: (store, key) => entries.get(`${store}/${key.toHex()}`),
      page(store, { start, end, reverse, limit }): Entries {
        const found = [...entries].filter(([text]) => text.startsWith(`${store}/`))
          .map(([text, value]) => [Uint8Array.fromHex(text.slice(store.length + 1)), value] as const)
          .filter(([key]) =>
            (start === undefined || compareBytes(key, start) >= 0) && (end === undefined || compareBytes(key, end) < 0)
          )
          .sort(([a], [b]) => compareBytes(a, b));
        return (reverse === true ? found.reverse() : found).slice(0, limit);
      },
    };
  }

  /** Runs work bound to a version; `meanwhile` comes between its requests and their answers. */
  run<T>(work: Work<T>, version: bigint, meanwhile: () => void): T {
    let step = work.next(undefined);
    while (!step.done) {
      const reply = this.storage.answer(step.value, version);
      meanwhile();
      step = work.next(reply);
    }
    return step.value;
  }
}

/** What is answered without loading anything is what the version says. How many answers there were. */
function assertTrue(reader: StateReader, plain: StateReader, asked: readonly Asked[]): number {
  let known = 0;
  const keys = STORES.flatMap((store) => Array.from({ length: KEYS }, (_, n) => ({ store, key: keyAt(n) })));
  for (const each of [...keys, ...asked]) {
    let told: string;
    try {
      told = read(reader, each);
    } catch (thrown) {
      assert(thrown instanceof Miss);
      continue;
    }
    known++;
    assertEquals(told, read(plain, each));
  }
  return known;
}

const change = fc.record({
  store: fc.constantFrom(...STORES),
  key: fc.nat(KEYS - 1).map(keyAt),
  value: fc.option(fc.uint8Array({ maxLength: 20 }), { nil: undefined, freq: 4 }),
});
const changes = fc.array(change, { maxLength: 40 });
const cacheBytes = fc.constantFrom(0, 60_000, 1 << 20);

Deno.test("what another thread reads is the version it began with and what waited then, while versions move on, and all caches stay true", () => {
  let known = 0;
  fc.assert(
    fc.property(
      fc.array(changes, { minLength: 6, maxLength: 6 }),
      fc.array(fc.array(change, { maxLength: 6 }), { minLength: 4, maxLength: 4 }),
      cacheBytes,
      cacheBytes,
      fc.nat(),
      (blocks, waitings, mainBytes, threadBytes, seed) => {
        const random = new Prng(seed);
        const world = new World(mainBytes);
        const next = () => {
          const block = blocks[world.committed.length];
          if (block !== undefined) world.commit(block);
        };
        const sometimes = () => random.below(6) === 0 && next();
        next();
        let load: LoadNow = () => unreachable(undefined as never);
        const thread = new FollowingState(0n, threadBytes, (request) => load(request));
        const asked: Asked[] = [];
        for (const [round, waits] of waitings.entries()) {
          if (random.below(4) === 0) thread.reset(world.state.version);
          for (const { version, flat } of world.committed) if (version > thread.version) thread.follow(version, flat);
          const { version } = thread;
          const plain = world.plain(version);
          const waiting = new Journal(world.state.committed);
          for (const { store, key, value } of waits) {
            if (value === undefined) waiting.delete(store, key);
            else waiting.set(store, key, value);
          }
          const stores = waiting.written;
          load = (request) => {
            sometimes();
            const answer = answerPending(waiting, stores, () => world.state.at(version), request);
            const reply: Reply = world.run(answer, version, sometimes);
            sometimes();
            return reply;
          };
          const pending = new PendingState(thread, stores);
          const work = function* () {
            yield* pending.prefetch([{ store: "bank", key: keyAt(round) }, { store: "wasm", key: keyAt(round) }]);
            return yield* pending.resident(() => wander(pending.reader, seed + round, 40));
          }();
          let step = work.next(undefined);
          while (!step.done) step = work.next(load(step.value as LoadKeys | LoadRange | LoadNodes));
          assertEquals(step.value, wander(waiting.over(plain), seed + round, 40));
          for (const [each] of step.value) asked.push(each);
          // The node itself reads too; and what it began goes on.
          const own = world.state.version;
          const mine = world.run(
            world.state.resident(() => wander(world.state.committed, seed + round, 40)),
            own,
            sometimes,
          );
          assertEquals(mine, wander(world.plain(own), seed + round, 40));
          world.run(world.state.prefetch([{ store: "wasm", key: keyAt(round + 9) }]), world.state.version, sometimes);
          const past = BigInt(random.below(Number(version) + 1));
          load = (request) => {
            sometimes();
            return world.storage.answer(request, past);
          };
          const then = thread.at(past);
          assertEquals(
            world.run(then.resident(() => wander(then.reader, seed + round, 20)), past, sometimes),
            wander(world.plain(past), seed + round, 20),
          );
          known += assertTrue(world.state.committed, world.plain(world.state.version), asked);
          known += assertTrue(thread.committed, plain, asked);
        }
      },
    ),
    { numRuns: 80 },
  );
  assert(known > 1_000, `only ${known} values were known`);
});

Deno.test("what was asked for before a thread follows, or begins anew, is not taken for what comes after", () => {
  fc.assert(
    fc.property(fc.array(changes, { minLength: 8, maxLength: 8 }), cacheBytes, fc.nat(), (blocks, bytes, seed) => {
      const random = new Prng(seed);
      const world = new World(bytes);
      world.commit(blocks[0]!);
      const thread = new FollowingState(0n, bytes);
      const asked: Asked[] = [];
      const moveOn = () => {
        const block = blocks[world.committed.length];
        if (block === undefined || random.below(4) > 0) return;
        world.commit(block);
        const { version, flat } = world.committed.at(-1)!;
        if (random.below(3) === 0) thread.reset(version);
        else thread.follow(version, flat);
      };
      for (let round = 0; round < 8; round++) {
        const { version } = thread;
        const key = { store: "wasm", key: keyAt(round) };
        world.run(thread.prefetch([key, { store: "bank", key: keyAt(round + 9) }]), version, moveOn);
        // As little as the node's own may do that.
        const several = Array.from({ length: 8 }, (_, i) => ({ store: "wasm", key: keyAt(8 * (round % 6) + i) }));
        world.run(world.state.prefetch(several), world.state.version, moveOn);
        assertTrue(world.state.committed, world.plain(world.state.version), []);
        const began = thread.version;
        const { reader, resident } = thread.at(began);
        const seen = world.run(resident(() => wander(reader, seed + round, 20)), began, moveOn);
        assertEquals(seen, wander(world.plain(began), seed + round, 20));
        for (const [each] of seen) asked.push(each);
        assertTrue(thread.committed, world.plain(thread.version), asked);
      }
    }),
    { numRuns: 100 },
  );
});
