/** The multistore against a model: roots by definition, values and proofs at every version. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { compareBytes, utf8ToBytes } from "../../node/core/bytes.ts";
import { ICS23_SPECS, tendermintMapRoot, verifyMembership, verifyNonMembership } from "../../node/core/merkle/mod.ts";
import { flatKey, Journal, type MultiStore, type StateChange } from "../../node/state/mod.ts";
import { crowdedKeys, FakeStorage, naiveRoot } from "./state_backend.ts";

const KEYS = crowdedKeys();
const STORES = ["bank", "ibc"] as const;
type Model = Map<string, Map<string, readonly [Uint8Array, Uint8Array]>>;

/** One block: which keys of which store, set to a byte or deleted. */
const block = fc.array(
  fc.record({
    store: fc.constantFrom(...STORES),
    key: fc.nat(KEYS.length - 1),
    value: fc.option(fc.nat(255), { nil: undefined, freq: 3 }),
  }),
  { maxLength: 60 },
);

type Op = { store: string; key: number; value: number | undefined };

function apply(model: Model, ops: readonly Op[]): StateChange[] {
  const journal = new Journal({ get: () => undefined, page: () => [] });
  for (const { store, key, value } of ops) {
    const bytes = KEYS[key]!;
    if (value === undefined) {
      journal.delete(store, bytes);
      model.get(store)?.delete(String(bytes));
    } else {
      journal.set(store, bytes, Uint8Array.of(1, value));
      const entries = model.get(store) ?? model.set(store, new Map()).get(store)!;
      entries.set(String(bytes), [bytes, Uint8Array.of(1, value)]);
    }
  }
  return journal.changes();
}

const copyOf = (model: Model): Model => new Map([...model].map(([name, entries]) => [name, new Map(entries)]));

function commit(storage: FakeStorage, state: MultiStore, version: bigint, changes: readonly StateChange[]) {
  const staged = storage.run(state.stage(version, changes), state.version);
  storage.publish(staged);
  state.adopt(staged);
}

const appHashOf = (model: Model) =>
  tendermintMapRoot(STORES.map((name) => [utf8ToBytes(name), naiveRoot(model.get(name)?.values() ?? [])]));

function checkProof(
  storage: FakeStorage,
  state: MultiStore,
  version: bigint,
  model: Model,
  store: string,
  key: Uint8Array,
) {
  const proven = storage.run(state.prove(version, store, key), version);
  const entries = model.get(store) ?? new Map();
  if (entries.size === 0) return assert(!proven.ok, "an empty store proves nothing");
  assert(proven.ok, "a proof");
  const { value, proofs, storeRoot, appHash } = proven.value;
  assertEquals(appHash, appHashOf(model));
  assert(verifyMembership(ICS23_SPECS.tendermint, appHash, proofs[1], utf8ToBytes(store), storeRoot), "the root proof");
  const expected = entries.get(String(key))?.[1];
  assertEquals(value, expected);
  if (expected === undefined) {
    assert(verifyNonMembership(ICS23_SPECS.jmt, storeRoot, proofs[0], key), "proof of absence");
  } else {
    assert(verifyMembership(ICS23_SPECS.jmt, storeRoot, proofs[0], key, expected), "proof of existence");
    assert(!verifyMembership(ICS23_SPECS.jmt, storeRoot, proofs[0], key, Uint8Array.of(9)), "of this value only");
  }
}

Deno.test("every version has the root of the definition, its values and its proofs, also after a restart", () => {
  fc.assert(
    fc.property(
      fc.array(block, { minLength: 1, maxLength: 6 }),
      fc.constantFrom(0, 20_000, 1 << 20),
      (blocks, cache) => {
        const storage = new FakeStorage();
        let state = storage.open(STORES, cache);
        const model: Model = new Map();
        const past: Model[] = [];
        blocks.forEach((ops, i) => {
          commit(storage, state, BigInt(i), apply(model, ops));
          past.push(copyOf(model));
          assertEquals(state.appHash, appHashOf(model));
          if (i % 2 === 1) state = storage.open(STORES, cache);
        });
        const touched = blocks.flat().slice(0, 4);
        past.forEach((then, i) => {
          for (const key of [...touched.map((op) => KEYS[op.key]!), utf8ToBytes("never"), KEYS[0]!, KEYS.at(-1)!]) {
            for (const store of STORES) checkProof(storage, state, BigInt(i), then, store, key);
            const { reader, resident } = state.at(BigInt(i));
            const value = storage.run(resident(() => reader.get("bank", key)), BigInt(i));
            assertEquals(value, then.get("bank")?.get(String(key))?.[1]);
          }
        });
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("every key of a crowded tree can be proven, and so can every absence between them", () => {
  const storage = new FakeStorage();
  const state = storage.open(STORES);
  const model: Model = new Map();
  const half = KEYS.map((_, key) => ({ store: "bank", key, value: key % 256 })).filter((_, i) => i % 2 === 0);
  commit(storage, state, 0n, apply(model, half));
  for (const key of KEYS) checkProof(storage, state, 0n, model, "bank", key);
});

Deno.test("values and pages of the committed state are those of the model, cached or not, through every commit", () => {
  const bound = fc.option(fc.nat(KEYS.length - 1), { nil: undefined });
  const page = fc.record({ start: bound, end: bound, reverse: fc.boolean(), limit: fc.integer({ min: 1, max: 30 }) });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(block, fc.array(page, { maxLength: 3 })), { minLength: 1, maxLength: 8 }),
      fc.constantFrom(0, 5_000, 1 << 20),
      (rounds, cache) => {
        const storage = new FakeStorage();
        const state = storage.open(STORES, cache);
        const model: Model = new Map();
        const asked: { start?: Uint8Array; end?: Uint8Array; reverse: boolean; limit: number }[] = [];
        rounds.forEach(([ops, pages], i) => {
          commit(storage, state, BigInt(i), apply(model, ops));
          for (const { start, end, ...rest } of pages) {
            asked.push({
              ...rest,
              ...(start === undefined ? {} : { start: KEYS[start]! }),
              ...(end === undefined ? {} : { end: KEYS[end]! }),
            });
          }
          for (const at of ops.map((op) => KEYS[op.key]!)) {
            const value = storage.run(state.resident(() => state.committed.get("bank", at)), state.version);
            assertEquals(value, model.get("bank")?.get(String(at))?.[1]);
          }
          // Old questions again: their pages may be cached and must have followed the changes.
          for (const request of asked) {
            const entries = [...model.get("bank")?.values() ?? []]
              .filter(([key]) =>
                (request.start === undefined || compareBytes(key, request.start) >= 0) &&
                (request.end === undefined || compareBytes(key, request.end) < 0)
              ).sort(([a], [b]) => compareBytes(a, b));
            if (request.reverse) entries.reverse();
            const got = storage.run(state.resident(() => state.committed.page("bank", request)), state.version);
            assertEquals(got.map(([k, v]) => [k, v]), entries.slice(0, request.limit).map(([k, v]) => [k, v]));
          }
        });
      },
    ),
    { numRuns: 100 },
  );
});

Deno.test("a store added later is empty before, and one that is gone still counts", () => {
  const storage = new FakeStorage();
  const old = storage.open(["bank"]);
  commit(storage, old, 5n, [{ store: "bank", key: KEYS[0]!, value: Uint8Array.of(1) }]);
  const before = old.appHash;
  const state = storage.open(["bank", "wasm"]);
  assertEquals(state.appHash, before);
  assert(!storage.run(state.prove(5n, "wasm", KEYS[0]!), 5n).ok);
  commit(storage, state, 6n, [{ store: "wasm", key: KEYS[0]!, value: Uint8Array.of(2) }]);
  const proven = storage.run(state.prove(6n, "wasm", KEYS[0]!), 6n);
  assert(
    proven.ok &&
      verifyMembership(ICS23_SPECS.jmt, proven.value.storeRoot, proven.value.proofs[0], KEYS[0]!, Uint8Array.of(2)),
  );
  const without = storage.open(["bank"]);
  commit(storage, without, 7n, []);
  assertEquals(without.appHash, state.appHash);
  assertEquals(storage.read(flatKey("wasm", KEYS[0]!), 7n), Uint8Array.of(2));
});

Deno.test("a version that is not there, a store that never was and an empty one are refused", () => {
  const storage = new FakeStorage();
  const state = storage.open(STORES);
  commit(storage, state, 3n, [{ store: "bank", key: KEYS[0]!, value: Uint8Array.of(1) }]);
  for (const [version, store] of [[2n, "bank"], [4n, "bank"], [-1n, "bank"], [3n, "nowhere"], [3n, "ibc"]] as const) {
    const proven = storage.run(state.prove(version, store, KEYS[0]!), 3n);
    assert(!proven.ok, `${version} ${store}`);
  }
});
