/** A crash between any two writes of a commit: the old head stays readable, and running the block again repairs all. */
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { MultiStore, StateChange } from "../../node/state/mod.ts";
import { Crash, crowdedKeys, FakeStorage } from "./state_backend.ts";

const KEYS = crowdedKeys();

const changesOf = (ops: readonly (readonly [number, number | undefined])[]): StateChange[] =>
  [...new Map(ops)].map(([key, value]) => ({
    store: "bank",
    key: KEYS[key]!,
    value: value === undefined ? undefined : Uint8Array.of(value + 1),
  }));

const ops = fc.array(
  fc.tuple(fc.nat(KEYS.length - 1), fc.option(fc.nat(200), { nil: undefined })),
  { minLength: 1, maxLength: 40 },
);

function commit(storage: FakeStorage, state: MultiStore, version: bigint, changes: readonly StateChange[]) {
  const staged = storage.run(state.stage(version, changes), state.version);
  storage.publish(staged);
  state.adopt(staged);
}

/** Everything a reader can see at a version: all values, and proofs that the flat values and the tree agree. */
function contentsOf(storage: FakeStorage, state: MultiStore, version: bigint): string[] {
  const { reader, resident } = state.at(version);
  const entries = storage.run(resident(() => reader.page("bank", { limit: 1_000 })), version);
  for (const [key] of entries) {
    const proven = storage.run(state.prove(version, "bank", key), version);
    assertEquals(proven.ok && proven.value.value !== undefined, true);
  }
  return entries.map(([key, value]) => `${key}=${value}`);
}

Deno.test("the old head is whole after a crash at any write, and the same block again leads to the same state", () => {
  fc.assert(
    fc.property(ops, ops, ops, fc.double({ min: 0, max: 1, noNaN: true }), (first, second, third, where) => {
      const storage = new FakeStorage();
      const state = storage.open(["bank"]);
      commit(storage, state, 1n, changesOf(first));
      const before = { hash: state.appHash, contents: contentsOf(storage, state, 1n) };

      const staged = storage.run(state.stage(2n, changesOf(second)), 1n);
      const writes = staged.nodes.length + staged.stale.length + staged.flat.length + 1;
      storage.writesLeft = Math.min(Math.floor(where * writes), writes - 1);
      assertThrows(() => storage.publish(staged), Crash);
      storage.writesLeft = Infinity;

      const reopened = storage.open(["bank"], 10_000);
      assertEquals(reopened.version, 1n);
      assertEquals(reopened.appHash, before.hash);
      assertEquals(contentsOf(storage, reopened, 1n), before.contents);
      commit(storage, reopened, 2n, changesOf(second));
      assertEquals(reopened.appHash, staged.appHash);
      commit(storage, reopened, 3n, changesOf(third));

      const clean = new FakeStorage();
      const other = clean.open(["bank"]);
      [first, second, third].forEach((block, i) => commit(clean, other, BigInt(i + 1), changesOf(block)));
      assertEquals(reopened.appHash, other.appHash);
      for (const version of [1n, 2n, 3n]) {
        assertEquals(contentsOf(storage, reopened, version), contentsOf(clean, other, version));
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("the same version with other changes after a crash is the other one's", () => {
  fc.assert(
    fc.property(ops, ops, ops, fc.double({ min: 0, max: 1, noNaN: true }), (first, lost, second, where) => {
      const storage = new FakeStorage();
      const state = storage.open(["bank"]);
      commit(storage, state, 1n, changesOf(first));
      const staged = storage.run(state.stage(2n, changesOf(lost)), 1n);
      storage.writesLeft = Math.floor(where * (staged.nodes.length + staged.stale.length + staged.flat.length));
      assertThrows(() => storage.publish(staged), Crash);
      storage.writesLeft = Infinity;
      const reopened = storage.open(["bank"]);
      commit(storage, reopened, 2n, changesOf(second));
      const clean = new FakeStorage();
      const other = clean.open(["bank"]);
      [first, second].forEach((block, i) => commit(clean, other, BigInt(i + 1), changesOf(block)));
      assertEquals(reopened.appHash, other.appHash);
      assertEquals(contentsOf(storage, reopened, 2n), contentsOf(clean, other, 2n));
    }),
    { numRuns: 40 },
  );
});
