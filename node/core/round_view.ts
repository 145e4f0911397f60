/** What observers may see of the height being decided. Nothing is decided by it. @module */
import type { BlockID, Commit, Proposal, Vote } from "cosmjs-types/tendermint/types/types";
import type { ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import type { Nanos } from "./time.ts";

/** The votes of one round, by the place of their authors in the validator set; undefined: none seen. */
export interface RoundVotes {
  readonly round: number;
  readonly prevotes: readonly (Vote | undefined)[];
  readonly precommits: readonly (Vote | undefined)[];
}

/** For `consensus_state` and `dump_consensus_state`. Made when somebody asks. */
export interface RoundView {
  readonly height: bigint;
  readonly round: number;
  /** As `EnginePosition.step`. */
  readonly step: string;
  /** When this process began with the height. */
  readonly startTime: Nanos;
  readonly validators: ValidatorSet;
  readonly lastValidators: ValidatorSet | undefined;
  /** Address of the proposer of this round (20 bytes). */
  readonly proposer: Uint8Array | undefined;
  /** Of this round. */
  readonly proposal: Proposal | undefined;
  /** Whether the proposed block itself is here. */
  readonly hasProposedBlock: boolean;
  /** Rounds are -1 and ids undefined while there is none. */
  readonly lockedRound: number;
  readonly lockedBlockId: BlockID | undefined;
  readonly validRound: number;
  readonly validBlockId: BlockID | undefined;
  readonly commitRound: number;
  /** Latest rounds last; at most {@linkcode ROUNDS_SHOWN_MAX}. */
  readonly votes: readonly RoundVotes[];
  readonly lastCommit: Commit | undefined;
}

/** Rounds of a height that are shown: with 100 validators about 25 kB each. */
export const ROUNDS_SHOWN_MAX = 32;
