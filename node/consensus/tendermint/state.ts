/** The state of the Tendermint engine: immutable to everyone, copied on write. @module */
import type { BlockID, Commit, Proposal, Vote } from "cosmjs-types/tendermint/types/types";
import type { Nanos } from "../../core/time.ts";
import type { Decision } from "../effect.ts";
import type { VoteConflict } from "../evidence.ts";
import type { HeightContext, PeerId, Signable } from "../input.ts";
import { indexValidators, type ValidatorIndex } from "../proposer.ts";
import { newVoteKeeper, type VoteKeeper } from "../vote_keeper.ts";
import type { TendermintMessage } from "./messages.ts";
import { INITIAL_ROUND_STATE, type RoundState } from "./round_machine.ts";

/** A block somebody proposed or decided. `invalid` holds for these bytes under this id. */
export interface KnownBlock {
  readonly blockId: BlockID;
  readonly bytes: Uint8Array;
  readonly status: "validating" | "valid" | "invalid";
  /** Of its header; meaningful once valid. */
  readonly time: Nanos;
  /** The last round it was proposed in: old blocks that nothing refers to are forgotten. */
  readonly round: number;
}

/** Everything about the height being decided. */
export interface HeightState {
  readonly context: HeightContext;
  readonly validators: ValidatorIndex;
  readonly lastValidators: ValidatorIndex | undefined;
  /** Of the height after, if they are known already. */
  readonly nextValidators: ValidatorIndex | undefined;
  /** The seal of the block before, growing with late precommits. */
  readonly lastCommit: Commit | undefined;
  readonly machine: RoundState;
  readonly votes: VoteKeeper<Vote>;
  /** The first proposal of each round, its signature verified. */
  readonly proposals: ReadonlyMap<number, Proposal>;
  /** By block key. */
  readonly blocks: ReadonlyMap<string, KnownBlock>;
  /** A seal received for a block that is still being validated. */
  readonly seals: ReadonlyMap<string, Commit>;
  /** Own signed messages of this height, oldest first, and how many of them the log has. */
  readonly own: readonly Signable[];
  readonly ownLogged: number;
  /** The last own message that was refused a signature, unless another one has got one since. */
  readonly refused: Signable | undefined;
  /** The round `build_block` was asked for and not answered. */
  readonly buildingRound: number | undefined;
  /** Kinds of timers started in the current round, and those of them that still run. */
  readonly timers: readonly string[];
  readonly runningTimers: readonly string[];
  /** Keys of the blocks that are in the log. */
  readonly keptBlocks: readonly string[];
  /** Round 0 is held back until there is something to propose. */
  readonly waitingForTransactions: boolean;
  readonly transactionsAvailable: boolean;
  /** Equivocations seen, at most one for each validator; reported when the height's block time is known. */
  readonly conflicts: readonly VoteConflict[];
  readonly decision: Decision | undefined;
  readonly commitWaitOver: boolean;
  /** Help was asked for since the last gossip tick. */
  readonly askedHelp: boolean;
  /** Where the next gossip tick goes on among the votes of others. */
  readonly gossipCursor: number;
}

/** A message for the next height, which cannot be judged yet. */
export interface EarlyMessage {
  readonly from: PeerId;
  readonly message: TendermintMessage;
}

export interface TendermintState {
  /** Undefined before `started`. */
  readonly height: HeightState | undefined;
  /** The last decision, for those who are still at its height. */
  readonly lastDecision: Decision | undefined;
  readonly early: readonly EarlyMessage[];
  /** Peers that were sent `lastDecision` since the last gossip tick. */
  readonly helped: readonly PeerId[];
}

/** Before `started`. */
export const INITIAL_STATE: TendermintState = { height: undefined, lastDecision: undefined, early: [], helped: [] };

/** A fresh height in which nothing has happened. */
export function newHeightState(context: HeightContext): HeightState {
  const validators = indexValidators(context.validators);
  return {
    context,
    validators,
    lastValidators: context.lastValidators === undefined ? undefined : indexValidators(context.lastValidators),
    nextValidators: context.nextValidators === undefined ? undefined : indexValidators(context.nextValidators),
    lastCommit: context.lastCommit,
    machine: INITIAL_ROUND_STATE,
    votes: newVoteKeeper(context.validators.validators.length, validators.totalPower),
    proposals: new Map(),
    blocks: new Map(),
    seals: new Map(),
    own: [],
    ownLogged: 0,
    refused: undefined,
    buildingRound: undefined,
    timers: [],
    runningTimers: [],
    keptBlocks: [],
    waitingForTransactions: false,
    transactionsAvailable: false,
    conflicts: [],
    decision: undefined,
    commitWaitOver: false,
    askedHelp: false,
    gossipCursor: 0,
  };
}
