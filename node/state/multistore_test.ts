import { assert, assertEquals, assertThrows } from "@std/assert";
import { bytesToHex, compareBytes, concatBytes, utf8ToBytes } from "../core/bytes.ts";
import { InvariantError } from "../core/invariant.ts";
import type { Entries, Reply, Request, Values, Work } from "../core/work.ts";
import { placesOf } from "./_pack.ts";
import type { StateWrite } from "./commit.ts";
import { flatKey, LOCATOR_BYTES } from "./keys.ts";
import { MultiStore, NO_VERSION } from "./multistore.ts";
import { Miss } from "./view.ts";
import { unpackStale } from "./_stale.ts";

const key = (name: string) => utf8ToBytes(name);

/** Answers values by a function of version and key, pages of what is there, and keeps what was asked. */
class Asked {
  readonly requests: Request[] = [];

  /** `there`: what pages have, names in order. */
  constructor(readonly there: readonly string[] = []) {}

  run<T>(work: Work<T>, version: bigint, between: () => void = () => {}): T {
    let reply: Reply = undefined;
    for (let i = 0; i < 1_000; i++) {
      const step = work.next(reply);
      if (step.done) return step.value;
      this.requests.push(step.value);
      reply = this.#answer(step.value, version);
      between();
    }
    throw new Error("run work: it asks without end");
  }

  #answer(request: Request, version: bigint): Reply {
    const value = (flat: Uint8Array) => utf8ToBytes(`${version}:${bytesToHex(flat)}`);
    if (request.type === "load_keys") return request.keys.map(value) as Values;
    if (request.type !== "load_range") return [] as Entries;
    const flat = this.there.map((name) => flatKey("bank", key(name)));
    if (request.reverse) flat.reverse();
    return flat.filter((at) => compareBytes(at, request.start) >= 0 && compareBytes(at, request.end) < 0)
      .slice(0, request.limit).map((at) => [at, value(at)] as const);
  }
}

const valueAt = (version: bigint, name: string) => utf8ToBytes(`${version}:${bytesToHex(flatKey("bank", key(name)))}`);

function opened(cacheBytesMax: number): MultiStore {
  const state = new MultiStore({ stores: ["bank"], cacheBytesMax });
  state.adopt(
    new Asked().run(state.stage(1n, [{ store: "bank", key: key("x"), value: Uint8Array.of(1) }]), NO_VERSION),
  );
  return state;
}

Deno.test("resident() ends although nothing can be cached", () => {
  const state = opened(0);
  const names = Array.from({ length: 50 }, (_, i) => `k${i + 10}`);
  const asked = new Asked(names);
  const values = asked.run(
    state.resident(() => names.map((name) => state.committed.get("bank", key(name)))),
    1n,
  );
  assertEquals(values, names.map((name) => valueAt(1n, name)));
  assert(asked.requests.length < 50);
});

Deno.test("resident() asks once for what fits the cache, and remembers what is absent", () => {
  const state = opened(1 << 20);
  const asked = new Asked();
  const read = () =>
    state.resident(() => [state.committed.get("bank", key("a")), state.committed.page("bank", { limit: 5 })]);
  asked.run(read(), 1n);
  asked.run(read(), 1n);
  assertEquals(asked.requests.map((request) => request.type), ["load_keys", "load_range"]);
});

Deno.test("resident() sees one version only, also when the state moves on between two attempts", () => {
  const state = opened(1 << 20);
  const asked = new Asked();
  const staged = asked.run(
    state.stage(2n, [
      { store: "bank", key: key("a"), value: Uint8Array.of(2) },
      { store: "bank", key: key("b"), value: Uint8Array.of(2) },
    ]),
    1n,
  );
  let moved = false;
  const seen = asked.run(
    state.resident(() => ["a", "b"].map((name) => state.committed.get("bank", key(name)))),
    1n,
    () => {
      if (!moved) state.adopt(staged);
      moved = true;
    },
  );
  assertEquals(seen, [valueAt(1n, "a"), valueAt(1n, "b")]);
  const later = new Asked();
  const now = later.run(state.resident(() => state.committed.get("bank", key("a"))), 2n);
  assertEquals([now, later.requests.length], [Uint8Array.of(2), 0]);
});

Deno.test("prefetch() brings what is missing in one request and is silent when nothing is", () => {
  const state = opened(1 << 20);
  const asked = new Asked();
  const keys = ["x", "a", "b"].map((name) => ({ store: "bank", key: key(name) }));
  asked.run(state.prefetch(keys), 1n);
  asked.run(state.prefetch(keys), 1n);
  assertEquals(asked.requests, [{ type: "load_keys", keys: [flatKey("bank", key("a")), flatKey("bank", key("b"))] }]);
});

Deno.test("a read outside of a run throws the miss, and a page without bounds is our own mistake", () => {
  const state = opened(1 << 20);
  assertThrows(() => state.committed.page("bank", { limit: 0 }), InvariantError);
  assertThrows(() => state.committed.page("bank", { limit: 1_000_000 }), InvariantError);
  let thrown: unknown;
  try {
    state.committed.get("bank", key("a"));
  } catch (miss) {
    thrown = miss;
  }
  assert(thrown instanceof Miss);
});

Deno.test("stage() refuses an unknown store, a version that is not the next, and adopt() what is not staged on the head", () => {
  const state = opened(1 << 20);
  const asked = new Asked();
  const change = { store: "bank", key: key("a"), value: Uint8Array.of(1) };
  assertThrows(() => asked.run(state.stage(1n, [change]), 1n), InvariantError);
  assertThrows(() => asked.run(state.stage(2n, [{ ...change, store: "nowhere" }]), 1n), InvariantError);
  assertThrows(() => asked.run(state.stage(2n, [change, change]), 1n), InvariantError);
  const [one, two] = [asked.run(state.stage(2n, [change]), 1n), asked.run(state.stage(2n, [change]), 1n)];
  assertEquals(one, two);
  state.adopt(one);
  assertThrows(() => state.adopt(one), InvariantError);
  assertThrows(() => state.adopt(two), InvariantError);
});

Deno.test("stage() names every replaced node in the stale index, in parts a storage engine keeps whole", () => {
  const state = new MultiStore({ stores: ["bank"], cacheBytesMax: 1 << 24 });
  const asked = new Asked();
  const changes = (value: number) =>
    Array.from({ length: 8_000 }, (_, i) => ({ store: "bank", key: key(`k${i}`), value: Uint8Array.of(value) }));
  const first = asked.run(state.stage(1n, changes(1)), NO_VERSION);
  state.adopt(first);
  const second = asked.run(state.stage(2n, changes(2)), 1n);
  const stale = second.stale.flatMap(([, part]) => unpackStale(part!).ids).map(bytesToHex).sort();
  assertEquals(first.stale, []);
  assert(second.stale.every(([, part]) => part!.length <= 48 * 1024));
  // All records of the first version.
  const isPack = ([k]: StateWrite) => k[0] === 0x6e;
  const ids = first.nodes.filter(isPack).flatMap(([k, pack]) =>
    placesOf(pack!).map((place) => bytesToHex(concatBytes(k.subarray(1, 1 + LOCATOR_BYTES), place)))
  );
  assertEquals(stale, ids.sort());
});
