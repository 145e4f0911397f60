/**
 * How much voting power is enough. Integers only: a quorum is strictly more than two thirds, so that any two quorums share
 * a correct validator; more than one third holds at least one correct validator.
 * @module
 */

/** The two thresholds every Byzantine engine rests on, as a value so that tests can swap in a wrong one. */
export interface QuorumRules {
  /** True when `power` of `total` is strictly more than 2/3. */
  readonly quorum: (power: bigint, total: bigint) => boolean;
  /** True when `power` of `total` is strictly more than 1/3. */
  readonly oneThird: (power: bigint, total: bigint) => boolean;
}

/** Strictly more than 2/3 of `total`. */
export const isQuorum = (power: bigint, total: bigint): boolean => 3n * power > 2n * total;

/** Strictly more than 1/3 of `total`. */
export const isOneThird = (power: bigint, total: bigint): boolean => 3n * power > total;

/** The rules of arXiv 1807.04938: 2f+1 and f+1 in terms of power. */
export const QUORUM_RULES: QuorumRules = { quorum: isQuorum, oneThird: isOneThird };
