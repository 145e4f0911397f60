import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import type { Validator, ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { utf8ToBytes } from "../bytes.ts";
import { Prng } from "../prng.ts";
import {
  newValidatorSet,
  ProposerRotation,
  totalVotingPower,
  updateValidators,
  validatorOfUpdate,
  VALIDATORS_CODE,
  VOTING_POWER_TOTAL_MAX,
} from "./mod.ts";

// The cases are those of CometBFT's types/validator_set_test.go (Apache-2.0).

const MAX = VOTING_POWER_TOTAL_MAX;
type Named = readonly [name: string, power: bigint];

const list = (values: readonly Named[]): Validator[] =>
  values.map(([name, votingPower]) => ({ address: utf8ToBytes(name), pubKey: {}, votingPower, proposerPriority: 0n }));
const named = (set: Pick<ValidatorSet, "validators">): Named[] =>
  set.validators.map(({ address, votingPower }) => [new TextDecoder().decode(address), votingPower]);
const same = (count: number, power: bigint) => Array.from({ length: count }, (_, i): Named => [`v${i + 1}`, power]);

function make(values: readonly Named[]): ValidatorSet {
  const made = newValidatorSet(list(values));
  assert(made.ok, made.ok ? "" : made.error.message);
  return made.value;
}

function update(set: ValidatorSet, changes: readonly Named[]): ValidatorSet {
  const updated = updateValidators(set, list(changes));
  assert(updated.ok, updated.ok ? "" : updated.error.message);
  return updated.value;
}

function assertNormal({ validators }: ValidatorSet): void {
  const priorities = validators.map(({ proposerPriority }) => proposerPriority);
  const sum = priorities.reduce((a, b) => a + b);
  const count = BigInt(validators.length);
  assert(sum < count && sum > -count, `centred: ${sum}`);
  const widest = priorities.reduce((a, b) => a > b ? a : b) - priorities.reduce((a, b) => a < b ? a : b);
  assert(widest <= 2n * totalVotingPower({ validators }), "within the window");
}

Deno.test("TestValSetUpdatesBasicTestsExecute: powers change, validators come and go, the order is by power", () => {
  const cases: [start: Named[], changes: Named[], expected: Named[]][] = [
    [same(2, 10n), [], same(2, 10n)],
    [same(2, 10n), [["v2", 22n], ["v1", 11n]], [["v2", 22n], ["v1", 11n]]],
    [
      [["v2", 20n], ["v1", 10n]],
      [["v4", 40n], ["v3", 30n]],
      [["v4", 40n], ["v3", 30n], ["v2", 20n], ["v1", 10n]],
    ],
    [[["v3", 20n], ["v1", 10n]], [["v2", 30n]], [["v2", 30n], ["v3", 20n], ["v1", 10n]]],
    [[["v3", 20n], ["v2", 10n]], [["v1", 30n]], [["v1", 30n], ["v3", 20n], ["v2", 10n]]],
    [[["v3", 30n], ["v2", 20n], ["v1", 10n]], [["v2", 0n]], [["v3", 30n], ["v1", 10n]]],
  ];
  for (const [start, changes, expected] of cases) {
    const updated = update(make(start), changes);
    assertEquals(named(updated), expected);
    assertNormal(updated);
  }
});

Deno.test("updates that CometBFT refuses are refused with a code and change nothing", () => {
  const three: Named[] = [["v1", 10n], ["v2", 20n], ["v3", 30n]];
  const cases: [start: Named[], changes: Named[], code: keyof typeof VALIDATORS_CODE][] = [
    [same(2, 10n), [["v1", 11n], ["v1", 22n]], "duplicate"],
    [same(2, 10n), [["v1", 11n], ["v2", 22n], ["v1", 12n]], "duplicate"],
    [same(3, 10n), [["v1", 11n], ["v3", 22n], ["v1", 12n]], "duplicate"],
    [same(2, 10n), [["v1", 0n], ["v1", 0n]], "duplicate"],
    [same(2, 10n), [["v1", 0n], ["v2", 20n], ["v1", 30n]], "duplicate"],
    [same(2, 10n), [["v1", -10n]], "power"],
    [same(2, 10n), [["v1", MAX + 1n]], "power"],
    [same(1, MAX), [["v2", 5n]], "totalPower"],
    [same(2, MAX / 3n), [["v1", MAX / 2n], ["v2", MAX / 2n], ["v3", MAX / 2n]], "totalPower"],
    [same(2, 10n), [["v3", 0n]], "unknown"],
    [three, [["v1", 0n], ["v2", 0n], ["v3", 0n]], "empty"],
  ];
  for (const [start, changes, code] of cases) {
    const set = make(start);
    const before = structuredClone(set);
    const updated = updateValidators(set, list(changes));
    assert(!updated.ok);
    assertEquals(updated.error.code, VALIDATORS_CODE[code], updated.error.message);
    assertEquals(set, before);
  }
});

Deno.test("TestUpdatesForNewValidatorSet: duplicates and powers that are not positive make no set", () => {
  const cases: Named[][] = [
    [["v1", 100n], ["v1", 123n], ["v1", 234n]],
    [["v1", 0n], ["v2", 22n]],
    [["v1", 10n], ["v2", -20n]],
    [["v1", MAX], ["v2", 1n]],
  ];
  for (const values of cases) assert(!newValidatorSet(list(values)).ok);
  assertEquals(newValidatorSet([]), { ok: true, value: { validators: [], totalVotingPower: 0n } });
});

Deno.test("TestEmptySet: validators can be added to an empty set, and not removed from one", () => {
  const empty: ValidatorSet = { validators: [], totalVotingPower: 0n };
  assertNormal(update(empty, [["v1", 100n], ["v2", 100n]]));
  assert(!updateValidators(empty, list([["v1", 0n]])).ok);
});

Deno.test("TestValSetUpdatesOrderIndependence: the order of changes does not matter", () => {
  const four: Named[] = [["v4", 40n], ["v3", 30n], ["v2", 20n], ["v1", 10n]];
  const cases: [start: Named[], changes: Named[]][] = [
    [[["v4", 40n], ["v3", 30n], ["v2", 10n], ["v1", 10n]], [["v4", 44n], ["v3", 33n], ["v2", 22n], ["v1", 11n]]],
    [[["v2", 20n], ["v1", 10n]], [["v3", 30n], ["v4", 40n], ["v5", 50n], ["v6", 60n]]],
    [four, [["v1", 0n], ["v3", 0n], ["v4", 0n]]],
    [four, [["v1", 0n], ["v3", 0n], ["v2", 22n], ["v5", 50n], ["v4", 44n]]],
  ];
  const prng = new Prng(1);
  for (const [start, changes] of cases) {
    const set = make(start);
    const expected = update(set, changes);
    for (let i = 0; i < 20; i++) assertEquals(update(set, prng.shuffle(changes)), expected);
  }
});

Deno.test("TestValSetUpdatePriorityOrder: newcomers start behind everyone, all at the same priority", () => {
  const prng = new Prng(7);
  for (let run = 0; run < 40; run++) {
    const power = () => BigInt(1 + prng.below(1000));
    const start = Array.from({ length: 3 + prng.below(30) }, (_, i): Named => [`v${i}`, power()]);
    const rotation = ProposerRotation.of(make(start));
    rotation.increment(1 + prng.below(300));
    const added = Array.from({ length: 1 + prng.below(20) }, (_, i): Named => [`n${i}`, power()]);
    const changed = start.slice(1).filter(() => prng.chance(0.4)).map((
      [name],
    ): Named => [name, prng.chance(0.5) ? 0n : power()]);
    const updated = update(rotation.toValidatorSet(), [...added, ...changed]);
    assertNormal(updated);
    const isNew = ({ address }: Validator) => address[0] === 110;
    const priorities = new Set(updated.validators.filter(isNew).map(({ proposerPriority }) => proposerPriority));
    assertEquals(priorities.size, 1);
    const [first] = priorities;
    for (const old of updated.validators.filter((v) => !isNew(v))) assert(old.proposerPriority >= first!);
  }
});

Deno.test("TestValSetUpdateOverflowRelated: no false refusals at the limit, and no overflow past it", () => {
  const quarter = MAX / 4n;
  const cases: [start: Named[], changes: Named[], expected: Named[] | undefined][] = [
    [
      [["v2", MAX - 1n], ["v1", 1n]],
      [["v1", MAX - 1n], ["v2", 1n]],
      [["v1", MAX - 1n], ["v2", 1n]],
    ],
    [
      [["v2", MAX - 1n], ["v1", 1n]],
      [["v1", MAX / 2n - 1n], ["v2", MAX / 2n]],
      [["v2", MAX / 2n], ["v1", MAX / 2n - 1n]],
    ],
    [
      [["v1", MAX - 2n], ["v2", 1n], ["v3", 1n]],
      [["v4", MAX - 2n], ["v1", 0n]],
      [["v4", MAX - 2n], ["v2", 1n], ["v3", 1n]],
    ],
    [
      [["v1", quarter], ["v2", quarter], ["v3", quarter], ["v4", quarter]],
      [["v5", 3n], ["v1", MAX / 2n - 2n], ["v3", MAX / 2n - 3n], ["v4", 2n], ["v2", 0n]],
      [["v1", MAX / 2n - 2n], ["v3", MAX / 2n - 3n], ["v5", 3n], ["v4", 2n]],
    ],
    [same(9, 1n), same(8, MAX), undefined],
  ];
  for (const [start, changes, expected] of cases) {
    const set = make(start);
    if (expected === undefined) assert(!updateValidators(set, list(changes)).ok);
    else assertEquals(named(update(set, changes)), expected);
  }
});

Deno.test("updateValidators() keeps the proposer while it is in the set", () => {
  const set = make([["v1", 10n], ["v2", 5n]]);
  assertEquals(new TextDecoder().decode(set.proposer!.address), "v1");
  assertEquals(new TextDecoder().decode(update(set, [["v3", 100n]]).proposer!.address), "v1");
  assertEquals(new TextDecoder().decode(update(set, [["v1", 0n]]).proposer!.address), "v2");
});

Deno.test("any sequence of changes leaves a normal set, sorted, of the powers asked for", () => {
  const change = fc.tuple(fc.integer({ min: 0, max: 8 }), fc.bigInt({ min: 0n, max: 1000n }));
  fc.assert(
    fc.property(
      fc.array(fc.uniqueArray(change, { selector: ([i]) => i, maxLength: 5 }), { maxLength: 8 }),
      (rounds) => {
        let set = make([["v0", 10n]]);
        const model = new Map([["v0", 10n]]);
        for (const round of rounds) {
          const changes = round.map(([i, power]): Named => [`v${i}`, power]);
          const updated = updateValidators(set, list(changes));
          const next = new Map(model);
          for (const [name, power] of changes) power === 0n ? next.delete(name) : next.set(name, power);
          const valid = next.size > 0 && changes.every(([name, power]) => power > 0n || model.has(name));
          assertEquals(updated.ok, valid || changes.length === 0);
          if (!updated.ok) continue;
          // Steps may widen the window again, until they are normalised before the next.
          if (changes.length > 0) assertNormal(updated.value);
          const rotation = ProposerRotation.of(updated.value);
          rotation.increment(1);
          set = rotation.toValidatorSet();
          for (const [name, power] of changes) power === 0n ? model.delete(name) : model.set(name, power);
          const expected = [...model].sort(([a, p], [b, q]) => p === q ? (a < b ? -1 : 1) : p > q ? -1 : 1);
          assertEquals(named(set), expected);
        }
      },
    ),
  );
});

Deno.test("validatorOfUpdate() derives the address and refuses malformed keys", () => {
  const key = new Uint8Array(32).fill(1);
  const made = validatorOfUpdate({ pubKey: { ed25519: key }, power: 5n });
  assert(made.ok && made.value.address.length === 20 && made.value.votingPower === 5n);
  for (
    const pubKey of [{}, { ed25519: key.slice(1) }, { secp256k1: key }, { ed25519: key, secp256k1: new Uint8Array(33) }]
  ) {
    assert(!validatorOfUpdate({ pubKey, power: 5n }).ok);
  }
  assert(!validatorOfUpdate({ pubKey: { ed25519: key }, power: -1n }).ok);
});
