/** Proof that a validator signed two different votes for one height, round and step, as CometBFT v0.38 has it. @module */
import type { Vote } from "cosmjs-types/tendermint/types/types";
import type { Evidence } from "cosmjs-types/tendermint/types/evidence";
import { blockIdKey } from "../core/types/mod.ts";
import { nanosToTimestamp } from "../core/time.ts";
import type { Nanos } from "../core/time.ts";

/** Two votes that should not both exist. */
export interface VoteConflict {
  readonly first: Vote;
  readonly second: Vote;
  readonly validatorPower: bigint;
}

/**
 * `DuplicateVoteEvidence`: the votes in the order of their block keys, and what a verifier needs to find the validator.
 * `blockTime` is the time of the block at the height of the votes (CometBFT `evidence/verify.go` compares them).
 */
export function duplicateVoteEvidence(conflict: VoteConflict, totalVotingPower: bigint, blockTime: Nanos): Evidence {
  const { first, second, validatorPower } = conflict;
  const inOrder = blockIdKey(first.blockId) < blockIdKey(second.blockId);
  return {
    duplicateVoteEvidence: {
      voteA: inOrder ? first : second,
      voteB: inOrder ? second : first,
      totalVotingPower,
      validatorPower,
      timestamp: nanosToTimestamp(blockTime),
    },
  };
}
