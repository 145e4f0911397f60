import { assertEquals } from "@std/assert";
import { bytesToHex } from "../core/bytes.ts";
import { newValidatorSet, ProposerRotation } from "../core/validators/mod.ts";
import { indexValidators, proposerOf } from "./proposer.ts";
import { duplicateVoteEvidence } from "./evidence.ts";
import { addressOf, validatorSet, vote } from "./tendermint/_testing.ts";
import { validateEvidence } from "../core/types/mod.ts";

Deno.test("proposerOf() is the set's proposer in round 0, then the rotation's, and never moves the set", () => {
  const made = newValidatorSet(validatorSet([1, 5, 2, 9]).validators.map((v) => ({ ...v, proposerPriority: 0n })));
  const set = made.ok ? made.value : validatorSet([1]);
  const before = JSON.stringify(set, (_, value) => typeof value === "bigint" ? String(value) : value);
  const expected = [0, 1, 2, 3, 4, 5, 6].map((round) => {
    const rotation = ProposerRotation.of(set);
    return bytesToHex((round === 0 ? rotation : rotation.copyIncrement(round)).proposer.address);
  });
  const rounds = [3, 0, 6, 1, 2, 5, 4];
  const found = new Map(rounds.map((round) => [round, bytesToHex(proposerOf(set, round)!)]));
  assertEquals([0, 1, 2, 3, 4, 5, 6].map((round) => found.get(round)), expected);
  assertEquals(JSON.stringify(set, (_, value) => typeof value === "bigint" ? String(value) : value), before);
  assertEquals(new Set(expected).size > 1, true);
});

Deno.test("proposerOf() has nobody to name in an empty set", () => {
  assertEquals(proposerOf({ validators: [], totalVotingPower: 0n }, 0), undefined);
});

Deno.test("indexValidators() finds places by address and sums the power", () => {
  const index = indexValidators(validatorSet([3, 4]));
  assertEquals(index.totalPower, 7n);
  assertEquals(index.byAddress.get(bytesToHex(addressOf(1))), 1);
});

Deno.test("duplicateVoteEvidence() is well formed whichever vote came first", () => {
  const [a, nil] = [vote(1, "prevote", 0, "a"), vote(1, "prevote", 0)];
  const one = duplicateVoteEvidence({ first: a, second: nil, validatorPower: 3n }, 10n, 1_000_000_007n);
  const two = duplicateVoteEvidence({ first: nil, second: a, validatorPower: 3n }, 10n, 1_000_000_007n);
  assertEquals(one, two);
  assertEquals(validateEvidence(one).ok, true);
  const { voteA, timestamp } = one.duplicateVoteEvidence!;
  assertEquals(voteA, nil);
  assertEquals(timestamp, { seconds: 1n, nanos: 7 });
});
