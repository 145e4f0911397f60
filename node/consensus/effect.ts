/** What a consensus engine asks of the world: a closed union, tags in the imperative. @module */
import type { BlockID, Commit } from "cosmjs-types/tendermint/types/types";
import type { Evidence } from "cosmjs-types/tendermint/types/evidence";
import type { PeerId, ProposedBlock, Signable, Timer } from "./input.ts";

/** A decided block with its seal: precommits of more than 2/3 of the power (decision D2). */
export interface Decision {
  readonly height: bigint;
  readonly round: number;
  readonly block: ProposedBlock;
  readonly commit: Commit;
}

/**
 * - `persist`: durable when the next effect begins. Records of older heights may be dropped after `commit`.
 * - `sign`: asks the signer; answered by `signed` or `sign_refused`. The intent must have been persisted before.
 * - `broadcast`: to all other validators, not to this one. `send`: to one.
 * - `build_block`: `lastCommit` goes into the block. `validate_block`: check bytes against `blockId` and the chain's rules.
 * - `report_evidence`: proof of equivocation; the time of its block is not filled in. `report_peer`: a peer sent something it
 *   must not; never a throw.
 */
export type Effect<M, R> =
  | { readonly type: "persist"; readonly records: readonly R[] }
  | { readonly type: "sign"; readonly message: Signable }
  | { readonly type: "broadcast"; readonly message: M }
  | { readonly type: "send"; readonly to: PeerId; readonly message: M }
  | { readonly type: "start_timer"; readonly timer: Timer; readonly durationMs: number }
  | { readonly type: "cancel_timer"; readonly timer: Timer }
  | {
    readonly type: "build_block";
    readonly height: bigint;
    readonly round: number;
    readonly lastCommit: Commit | undefined;
  }
  | {
    readonly type: "validate_block";
    readonly height: bigint;
    readonly round: number;
    readonly blockId: BlockID;
    readonly bytes: Uint8Array;
  }
  | { readonly type: "commit"; readonly decision: Decision }
  | { readonly type: "report_evidence"; readonly evidence: Evidence }
  | { readonly type: "report_peer"; readonly peer: PeerId; readonly code: string; readonly reason: string };
