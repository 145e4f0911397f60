import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import type { Validator } from "cosmjs-types/tendermint/types/validator";
import { utf8ToBytes } from "../bytes.ts";
import { ed25519Address } from "../crypto/mod.ts";
import { InvariantError } from "../invariant.ts";
import { clipAdd, clipSub } from "./_int64.ts";
import { newValidatorSet, ProposerRotation } from "./mod.ts";

// The cases are those of CometBFT's types/validator_set_test.go (Apache-2.0).

const MAX = 2n ** 63n - 1n;
const MIN = -(2n ** 63n);

const validator = (address: string | Uint8Array, votingPower: bigint, proposerPriority = 0n): Validator => ({
  address: typeof address === "string" ? utf8ToBytes(address) : address,
  pubKey: {},
  votingPower,
  proposerPriority,
});
const nameOf = ({ address }: Validator) => new TextDecoder().decode(address);

function rotationOf(validators: readonly Validator[]): ProposerRotation {
  const made = newValidatorSet(validators);
  assert(made.ok, "a valid set");
  return ProposerRotation.of(made.value);
}

function sequence(rotation: ProposerRotation, steps: number): string[] {
  return Array.from({ length: steps }, () => {
    const name = nameOf(rotation.proposer);
    rotation.increment(1);
    return name;
  });
}

const EXPECTED_99 = "foo baz foo bar foo foo baz foo bar foo foo baz foo foo bar foo baz foo foo bar" +
  " foo foo baz foo bar foo foo baz foo bar foo foo baz foo foo bar foo baz foo foo bar" +
  " foo baz foo foo bar foo baz foo foo bar foo baz foo foo foo baz bar foo foo foo baz" +
  " foo bar foo foo baz foo bar foo foo baz foo bar foo foo baz foo bar foo foo baz foo" +
  " foo bar foo baz foo foo bar foo baz foo foo bar foo baz foo foo";

Deno.test("TestProposerSelection1: 99 proposers in CometBFT's order", () => {
  const rotation = rotationOf([validator("foo", 1000n), validator("bar", 300n), validator("baz", 330n)]);
  assertEquals(sequence(rotation, 99).join(" "), EXPECTED_99);
});

Deno.test("the 99 proposers come in the same order from validators without priorities and one step ahead", () => {
  const rotation = new ProposerRotation([validator("bar", 300n), validator("foo", 1000n), validator("baz", 330n)]);
  rotation.increment(1);
  assertEquals(sequence(rotation, 99).join(" "), EXPECTED_99);
});

const address = (last: number) => new Uint8Array(20).fill(last, 19);
const lastByte = (rotation: ProposerRotation) => rotation.proposer.address[19];

Deno.test("TestProposerSelection2: equal powers go by address, greater powers go first and twice", () => {
  const equal = rotationOf([0, 1, 2].map((i) => validator(address(i), 100n)));
  for (let i = 0; i < 15; i++) {
    assertEquals(lastByte(equal), i % 3);
    equal.increment(1);
  }
  for (const [power, proposers] of [[400n, [2, 0]], [401n, [2, 2, 0]]] as const) {
    const rotation = rotationOf([0, 1, 2].map((i) => validator(address(i), i === 2 ? power : 100n)));
    for (const expected of proposers) {
      assertEquals(lastByte(rotation), expected);
      rotation.increment(1);
    }
  }
  const counts = [0, 0, 0];
  const rotation = rotationOf([4n, 5n, 3n].map((power, i) => validator(address(i), power)));
  for (let i = 0; i < 120; i++) {
    counts[lastByte(rotation)!]!++;
    rotation.increment(1);
  }
  assertEquals(counts, [40, 50, 30]);
});

Deno.test("TestProposerSelection3: steps at once and through a set are steps one by one", () => {
  const rotation = rotationOf([0, 1, 2, 3].map((i) => validator(address(i), 1n)));
  let current = rotation;
  let step = 0;
  for (let i = 0; i < 1_000; i++) {
    assertEquals(lastByte(current), step % 4);
    const times = 1 + (i * 7) % 4;
    current = ProposerRotation.of(current.toValidatorSet()).copyIncrement(times);
    step += times;
  }
});

Deno.test("TestAvgProposerPriority: priorities are shifted by the average, rounded down", () => {
  const cases: [priorities: bigint[], average: bigint][] = [
    [[0n, 0n, 0n], 0n],
    [[MAX, 0n, 0n], MAX / 3n],
    [[MAX, 0n], MAX / 2n],
    [[MAX, MAX], MAX],
    [[MIN, MIN], MIN],
    [[-1n, 0n], -1n],
    [[1n, 0n], 0n],
  ];
  for (const [priorities, average] of cases) {
    const rotation = new ProposerRotation(priorities.map((priority, i) => validator(`v${i}`, 0n, priority)));
    rotation.increment(1);
    assertEquals(
      rotation.validators.map(({ proposerPriority }) => proposerPriority),
      priorities.map((priority) => clipSub(priority, average)),
      priorities.join(),
    );
  }
});

Deno.test("TestAveragingInIncrementProposerPriority: once for any number of steps", () => {
  const cases: [priorities: bigint[], times: number, average: bigint][] = [
    [[1n, 2n, 3n], 1, 2n],
    [[10n, -10n, 1n], 11, 0n],
    [[100n, -10n, 1n], 1, 91n / 3n],
  ];
  for (const [priorities, times, average] of cases) {
    const before = new ProposerRotation(priorities.map((priority, i) => validator("abc"[i]!, 0n, priority)));
    const after = before.copyIncrement(times);
    const expected = priorities.map((priority) => priority - average);
    assertEquals(after.validators.map(({ proposerPriority }) => proposerPriority), expected);
    assertEquals(before.validators.map(({ proposerPriority }) => proposerPriority), priorities, "the original stays");
  }
});

Deno.test("TestAveragingInIncrementProposerPriorityWithVotingPower: priorities after each of eleven steps", () => {
  const proposers = [0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0];
  const powers = [10n, 1n, 1n];
  const total = 12n;
  const paid = [0n, 0n, 0n];
  proposers.forEach((proposer, i) => {
    const times = i + 1;
    paid[proposer]! += total;
    const rotation = new ProposerRotation(powers.map((power, j) => validator(Uint8Array.of(j), power)));
    rotation.increment(times);
    assertEquals(rotation.proposer.address, Uint8Array.of(proposer), `proposer after ${times}`);
    assertEquals(
      rotation.validators.map(({ proposerPriority }) => proposerPriority),
      powers.map((power, j) => BigInt(times) * power - paid[j]!),
      `priorities after ${times}`,
    );
  });
});

Deno.test("TestSafeAddClip and TestSafeSubClip: sums stay at the edge of int64", () => {
  assertEquals([clipAdd(MAX, 10n), clipAdd(MAX, MAX), clipAdd(MIN, -10n)], [MAX, MAX, MIN]);
  assertEquals([clipSub(MIN, 10n), clipSub(MIN, MIN), clipSub(MIN, MAX), clipSub(MAX, -10n)], [MIN, 0n, MIN, MAX]);
});

Deno.test("wide priorities are scaled into the window of twice the power, by division towards zero", () => {
  // Distance 307, window 20: the ratio is 16; 200/16 = 12, -107/16 = -6; the average of 12 and -6 is 3.
  const rotation = new ProposerRotation([validator("a", 5n, 200n), validator("b", 5n, -107n)]);
  rotation.increment(1);
  assertEquals(rotation.validators.map(({ proposerPriority }) => proposerPriority), [9n + 5n - 10n, -9n + 5n]);
});

Deno.test("increment() wants validators and a positive number of steps, the constructor a power within the limit", () => {
  const rotation = new ProposerRotation([validator("a", 1n)]);
  for (const times of [0, -1, 0.5]) assertThrows(() => rotation.increment(times), InvariantError);
  const empty = new ProposerRotation([]);
  assertThrows(() => empty.increment(1), InvariantError);
  assertThrows(() => empty.proposer, InvariantError);
  assertEquals(empty.toValidatorSet(), { validators: [], totalVotingPower: 0n });
  assertThrows(() => new ProposerRotation([validator("a", MAX / 8n), validator("b", 1n)]), InvariantError);
});

Deno.test("what goes in and what comes out is not shared", () => {
  const given = [validator("a", 3n), validator("b", 1n)];
  const rotation = new ProposerRotation(given);
  rotation.increment(3);
  assertEquals(given.map(({ proposerPriority }) => proposerPriority), [0n, 0n]);
  const set = rotation.toValidatorSet();
  set.validators[0]!.proposerPriority = 99n;
  set.proposer!.votingPower = 99n;
  assertEquals(rotation.toValidatorSet().validators.map(({ votingPower }) => votingPower), [3n, 1n]);
  assert(rotation.validators[0]!.proposerPriority !== 99n);
});

const powers = fc.array(fc.bigInt({ min: 1n, max: 10n ** 12n }), { minLength: 1, maxLength: 12 });

Deno.test("priorities stay centred and inside the window, and sums are kept, for any powers", () => {
  fc.assert(fc.property(powers, fc.integer({ min: 1, max: 40 }), (values, times) => {
    const rotation = rotationOf(values.map((power, i) => validator(`v${i}`, power)));
    rotation.increment(times);
    const total = values.reduce((a, b) => a + b);
    const priorities = rotation.validators.map(({ proposerPriority }) => proposerPriority);
    const sum = priorities.reduce((a, b) => a + b);
    assert(sum < BigInt(values.length) && sum > -BigInt(values.length), `sum ${sum}`);
    const widest = priorities.reduce((a, b) => a > b ? a : b) - priorities.reduce((a, b) => a < b ? a : b);
    assert(widest <= 2n * total, `window ${widest} of ${total}`);
  }));
});

Deno.test("over a whole cycle everyone proposes in proportion to its power, for any small powers", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }), (values) => {
      const rotation = rotationOf(values.map((power, i) => validator(Uint8Array.of(i), BigInt(power))));
      const counts = values.map(() => 0);
      const total = values.reduce((a, b) => a + b);
      for (let i = 0; i < total; i++) {
        counts[rotation.proposer.address[0]!]!++;
        rotation.increment(1);
      }
      assertEquals(counts, values);
    }),
    { numRuns: 60 },
  );
});

Deno.test("a set in which nobody has a priority yet takes CometBFT's first step before it names its first proposer", () => {
  const fresh = () => new ProposerRotation([validator("bar", 300n), validator("foo", 1000n), validator("baz", 330n)]);
  assertEquals(sequence(fresh(), 99).join(" "), EXPECTED_99);
  const rotation = fresh();
  assertEquals(rotation.toValidatorSet().validators.map(({ proposerPriority }) => proposerPriority), [0n, 0n, 0n]);
  assertEquals(nameOf(rotation.proposer), "foo");
  assertEquals(nameOf(rotation.proposer), "foo", "asking again takes no further step");
  const rotated = new ProposerRotation([validator("bar", 1n, 0n), validator("foo", 1n, 1n)]);
  assertEquals(nameOf(rotated.proposer), "foo", "with priorities no step is taken");
  assertEquals(rotated.validators.map(({ proposerPriority }) => proposerPriority), [0n, 1n]);
});

Deno.test("a whole set is taken as well, and validators without priority, address or key", () => {
  const made = newValidatorSet([validator("foo", 1000n), validator("bar", 300n), validator("baz", 330n)]);
  assert(made.ok);
  assertEquals(sequence(new ProposerRotation(made.value), 99).join(" "), EXPECTED_99);
  const keys = [1, 2, 3].map((i) => new Uint8Array(32).fill(i));
  const bare = new ProposerRotation(keys.map((ed25519) => ({ pubKey: { ed25519 }, votingPower: 1n })));
  const whole = new ProposerRotation(keys.map((ed25519) => ({
    ...validator(ed25519Address(ed25519), 1n),
    pubKey: { ed25519 },
  })));
  for (let i = 0; i < 6; i++) {
    assertEquals(bare.proposer, whole.proposer);
    bare.increment();
    whole.increment();
  }
});
