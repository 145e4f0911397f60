/**
 * The contract of block sync: a pure machine that gets blocks from several peers at once, has each proven by its commit
 * before it is applied, and says when consensus may take over. It also watches while consensus runs: only blocks whose seals
 * hold make it stop consensus, a peer's word does not.
 *
 * Between peers: protocol `blocks`, question `{ version, from, count }`, an answer of frames `{ block, commit }` in order of
 * heights; protocol `light_blocks`, question `{ version, height }` (0: latest), one frame `tendermint.types.LightBlock`.
 * Peers' heights come from gossip's `status`.
 * @module
 */
import type { Commit } from "cosmjs-types/tendermint/types/types";
import type { PeerId } from "../core/peer.ts";

/** A block of a peer, decoded as far as needed to ask for its proof; not believed. */
export interface OfferedBlock {
  readonly height: bigint;
  /** Encoded `tendermint.types.Block`. */
  readonly bytes: Uint8Array;
  /** Precommits of more than 2/3 for it. */
  readonly commit: Commit;
}

/** Names one question. */
export type RequestId = number;

export type SyncInput =
  /** `next` is the first height that is not stored here. Again after consensus gave over. */
  | { readonly type: "started"; readonly next: bigint; readonly mode: "sync" | "watch" }
  | { readonly type: "peer_status"; readonly peer: PeerId; readonly base: bigint; readonly height: bigint }
  | { readonly type: "peer_left"; readonly peer: PeerId }
  | { readonly type: "block_received"; readonly request: RequestId; readonly block: OfferedBlock }
  | { readonly type: "request_ended"; readonly request: RequestId; readonly failure: string | undefined }
  /** The answer to `apply_block`: applied, or not the block it pretends to be. */
  | { readonly type: "block_applied"; readonly height: bigint }
  | { readonly type: "block_refused"; readonly height: bigint; readonly reason: string }
  /** While watching: consensus committed `height` itself. */
  | { readonly type: "height_committed"; readonly height: bigint }
  /** The answer to `prove_block`. */
  | { readonly type: "block_proven"; readonly height: bigint; readonly valid: boolean; readonly reason: string }
  | { readonly type: "consensus_stopped"; readonly next: bigint }
  | { readonly type: "ticked" };

export type SyncEffect =
  | {
    readonly type: "request_blocks";
    readonly request: RequestId;
    readonly peer: PeerId;
    readonly from: bigint;
    readonly count: number;
  }
  | { readonly type: "cancel_request"; readonly request: RequestId }
  /** Verify the seal, validate, execute and store; one at a time. */
  | { readonly type: "apply_block"; readonly block: OfferedBlock; readonly peer: PeerId }
  /** While watching: is the seal good for the next height? Answered by `block_proven`. */
  | { readonly type: "prove_block"; readonly block: OfferedBlock; readonly peer: PeerId }
  | { readonly type: "report"; readonly peer: PeerId; readonly code: string; readonly reason: string }
  /** Answered by `consensus_stopped`. */
  | { readonly type: "stop_consensus" }
  /** Caught up: the machine watches from now on. */
  | { readonly type: "start_consensus"; readonly reason: string };

export interface SyncProgress {
  readonly mode: "sync" | "watch";
  readonly next: bigint;
  /** The highest height that peers claim. */
  readonly target: bigint;
  readonly peers: number;
}

/** How often `ticked` is to come. */
export const SYNC_TICK_MS = 100;

/** The machine; holds its state, reads no clock, waits for nothing. */
export interface BlockSync {
  on(input: SyncInput, nowMs: number): readonly SyncEffect[];
  readonly progress: SyncProgress;
}

/** A question to a peer that ended. */
export interface SyncQuestion {
  readonly protocol: "blocks" | "light_blocks" | "snapshots" | "chunks";
  readonly peer: PeerId;
  readonly ms: number;
  /** Frames of the answer that were of use. */
  readonly frames: number;
  /** Why there is no whole answer; undefined: there is. */
  readonly failure: string | undefined;
}

/** Is told what sync does, of blocks and of states: numbers, lines and spans come of it. Cheap; does not throw. */
export interface SyncObserver {
  /** As often as one likes. */
  progress(progress: SyncProgress): void;
  /** Who has the chain now. */
  switched(to: "sync" | "consensus", reason: string): void;
  answered(question: SyncQuestion): void;
  /** State sync: how many chunks of the snapshot at `height` are here. Undefined: it is over. */
  restoring(state: { readonly height: bigint; readonly chunks: number; readonly total: number } | undefined): void;
}
