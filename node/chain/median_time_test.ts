import { assertEquals } from "@std/assert";
import type { Commit } from "cosmjs-types/tendermint/types/types";
import { BlockIDFlag, type ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import fc from "fast-check";
import { nanosToTimestamp } from "../core/time.ts";
import { EMPTY_BLOCK_ID, ZERO_TIME } from "../core/types/mod.ts";
import { medianTime } from "./median_time.ts";

const address = (i: number) => new Uint8Array(20).fill(i + 1);

function commitOf(times: readonly (bigint | undefined)[], flag = BlockIDFlag.BLOCK_ID_FLAG_COMMIT): Commit {
  return {
    height: 1n,
    round: 0,
    blockId: EMPTY_BLOCK_ID,
    signatures: times.map((time, i) => ({
      blockIdFlag: time === undefined ? BlockIDFlag.BLOCK_ID_FLAG_ABSENT : flag,
      validatorAddress: time === undefined ? new Uint8Array() : address(i),
      timestamp: time === undefined ? ZERO_TIME : nanosToTimestamp(time),
      signature: new Uint8Array(64),
    })),
  };
}

const setOf = (powers: readonly bigint[]): ValidatorSet => ({
  validators: powers.map((votingPower, i) => ({
    address: address(i),
    pubKey: { ed25519: new Uint8Array(32) },
    votingPower,
    proposerPriority: 0n,
  })),
  totalVotingPower: powers.reduce((a, b) => a + b, 0n),
});

Deno.test("medianTime() weighs times by power, as CometBFT's TestWeightedMedian", () => {
  // types/time/time_test.go (Apache-2.0): three validators; t1 = now, t2 = t1 + 5 s, t3 = t1 + 10 s.
  const [t1, t2, t3] = [0n, 5_000_000_000n, 10_000_000_000n];
  assertEquals(medianTime(commitOf([t2, t3, t1]), setOf([40n, 27n, 33n])), t2);
  assertEquals(medianTime(commitOf([t3, t1, t2]), setOf([33n, 40n, 27n])), t2);
});

Deno.test("medianTime() counts votes for nil, and neither absent ones nor strangers", () => {
  const set = setOf([1n, 1n, 1n]);
  assertEquals(medianTime(commitOf([5n, 6n, 7n], BlockIDFlag.BLOCK_ID_FLAG_NIL), set), 5n, "half of three is one");
  assertEquals(medianTime(commitOf([undefined, 6n, undefined]), set), 6n);
  assertEquals(medianTime(commitOf([5n, 6n, 7n, 1n, 1n]), set), 5n);
});

Deno.test("medianTime() lies between the times of honest validators when they have more than two thirds", () => {
  fc.assert(fc.property(
    fc.array(fc.record({ time: fc.bigInt(1_000n, 2_000n), power: fc.bigInt(3n, 50n) }), { minLength: 1, maxLength: 9 }),
    fc.bigInt(0n, 10_000n),
    (honest, lie) => {
      const power = honest.reduce((sum, each) => sum + each.power, 0n);
      const times = [...honest.map((each) => each.time), lie];
      const median = medianTime(commitOf(times), setOf([...honest.map((each) => each.power), (power - 1n) / 2n]));
      const sorted = honest.map((each) => each.time).sort((a, b) => Number(a - b));
      assertEquals(median >= sorted[0]! && median <= sorted.at(-1)!, true, `median ${median}`);
    },
  ));
});
