import type { Commit } from "cosmjs-types/tendermint/types/types";
import { BlockIDFlag, type ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { bytesToHex } from "../core/bytes.ts";
import { type Nanos, timestampToNanos } from "../core/time.ts";

/**
 * BFT time (CometBFT v0.38 `MedianTime`, `WeightedMedian`): the median of the times in a commit, weighted by power. Votes
 * for nil count, absent ones do not, nor those of unknown validators. The zero of Go's clock when nobody counts.
 */
export function medianTime(commit: Commit, validators: ValidatorSet): Nanos {
  const powers = new Map(validators.validators.map((v) => [bytesToHex(v.address), v.votingPower]));
  const weighted: { time: Nanos; weight: bigint }[] = [];
  let total = 0n;
  for (const signature of commit.signatures) {
    if (signature.blockIdFlag === BlockIDFlag.BLOCK_ID_FLAG_ABSENT) continue;
    const weight = powers.get(bytesToHex(signature.validatorAddress));
    if (weight === undefined) continue;
    total += weight;
    weighted.push({ time: timestampToNanos(signature.timestamp), weight });
  }
  weighted.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  let median = total / 2n;
  for (const { time, weight } of weighted) {
    if (median <= weight) return time;
    median -= weight;
  }
  return ZERO_NANOS;
}

/** 0001-01-01T00:00:00Z. */
const ZERO_NANOS: Nanos = -62_135_596_800n * 1_000_000_000n;
