/** What can happen to a consensus engine: a closed union, tags in the past tense. @module */
import type { BlockID, Commit, Proposal, Vote } from "cosmjs-types/tendermint/types/types";
import type { ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import type { PeerId } from "../core/peer.ts";
import type { Nanos } from "../core/time.ts";

export type { PeerId } from "../core/peer.ts";

/** A timer is its name: starting one that runs already restarts it. */
export interface Timer {
  /** `propose`, `prevote`, `precommit`, `commit`, or an engine's own word. */
  readonly kind: string;
  readonly height: bigint;
  readonly round: number;
}

/** What an engine must know to work on a height. */
export interface HeightContext {
  readonly height: bigint;
  /** The validators of this height with their priorities, as for round 0 (the proposer of round 0 is the set's). */
  readonly validators: ValidatorSet;
  /** The seal of the block before; undefined at the initial height. */
  readonly lastCommit: Commit | undefined;
  /** The validators of the height before, who may still send late precommits. */
  readonly lastValidators: ValidatorSet | undefined;
  /**
   * The validators of the height after, with their priorities, where the chain knows them one height ahead: messages of that
   * height can then be judged before this one is executed.
   */
  readonly nextValidators?: ValidatorSet | undefined;
  /**
   * The block before, which `lastCommit` seals. Given with `started`, so that a process that restarts right after a commit
   * can still hand that block to validators who missed the decision; they may be needed for the next quorum.
   */
  readonly lastBlock?: ProposedBlock | undefined;
  /** Time of the block before (genesis time at the initial height). */
  readonly lastBlockTime: Nanos;
  /** The block before changed the application hash, so an empty block must carry it even if none are wanted. */
  readonly proofBlock: boolean;
}

/** A block as engines see it: opaque bytes under an id. */
export interface ProposedBlock {
  readonly blockId: BlockID;
  /** `tendermint.types.Block`, encoded. */
  readonly bytes: Uint8Array;
  /** Its header's time. */
  readonly time: Nanos;
}

/** What a validator key can sign. Signature fields are empty before signing. */
export type Signable =
  | { readonly type: "proposal"; readonly proposal: Proposal }
  | { readonly type: "vote"; readonly vote: Vote };

/**
 * - `started`: always first, and only once. `replay` are the records persisted at this height before the process ended, in order.
 * - `signed` / `sign_refused` answer `sign`. A refusal is the double-sign guard's or the signer's; the engine stays silent.
 * - `block_built` / `block_validated` answer `build_block` / `validate_block`, possibly much later.
 * - `height_committed` answers `commit` once the block is executed and durable.
 */
export type Input<M, R> =
  | { readonly type: "started"; readonly height: HeightContext; readonly replay: readonly R[] }
  | { readonly type: "message_received"; readonly from: PeerId; readonly message: M }
  | { readonly type: "timer_fired"; readonly timer: Timer }
  | { readonly type: "transactions_available"; readonly height: bigint }
  | { readonly type: "block_built"; readonly height: bigint; readonly round: number; readonly block: ProposedBlock }
  | {
    readonly type: "block_validated";
    readonly height: bigint;
    readonly round: number;
    readonly blockId: BlockID;
    /** The header's time; meaningless when invalid. */
    readonly time: Nanos;
    readonly valid: boolean;
  }
  | { readonly type: "signed"; readonly message: Signable }
  | { readonly type: "sign_refused"; readonly message: Signable; readonly reason: string }
  | { readonly type: "height_committed"; readonly next: HeightContext };
