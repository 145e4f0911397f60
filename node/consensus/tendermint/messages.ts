/** What Tendermint validators tell each other, and what the write-ahead log holds. @module */
import type { BlockID, Commit, Proposal, Vote } from "cosmjs-types/tendermint/types/types";
import type { ProposedBlock, Signable } from "../input.ts";

/**
 * - `proposal`: a proposer's signed proposal with the whole block.
 * - `vote`: a prevote or precommit; may be passed on by others than its author.
 * - `decided`: a block with its seal, for a validator that is still at its height.
 * - `status`: where the sender is; sent when it got stuck. Unsigned: it only ever asks for help.
 */
export type TendermintMessage =
  | { readonly type: "proposal"; readonly proposal: Proposal; readonly block: Uint8Array }
  | { readonly type: "vote"; readonly vote: Vote }
  | { readonly type: "decided"; readonly commit: Commit; readonly block: Uint8Array }
  | { readonly type: "status"; readonly height: bigint; readonly round: number };

/** Round and values of the algorithm when an intent was recorded. Nil block ids are undefined, rounds then -1. */
export interface RoundSnapshot {
  readonly round: number;
  readonly lockedRound: number;
  readonly lockedBlockId: BlockID | undefined;
  readonly validRound: number;
  readonly validBlockId: BlockID | undefined;
}

/**
 * - `round_entered`: with the votes that justified leaving the round before.
 * - `block_kept`: a block that is proposed, locked or valid; later records name it by id.
 * - `valid_value`: a quorum of prevotes for a block [L42, L43], with these prevotes.
 * - `intent`: about to ask for the signature of `message`; `signed` are own messages signed since the intent before.
 */
export type TendermintRecord =
  | { readonly type: "round_entered"; readonly round: number; readonly votes: readonly Vote[] }
  | { readonly type: "block_kept"; readonly block: ProposedBlock }
  | {
    readonly type: "valid_value";
    readonly round: number;
    readonly blockId: BlockID;
    readonly prevotes: readonly Vote[];
  }
  | {
    readonly type: "intent";
    readonly snapshot: RoundSnapshot;
    readonly message: Signable;
    readonly signed: readonly Signable[];
  };
