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
import type { Block } from "cosmjs-types/tendermint/types/block";
import type { BlockID, Commit, LightBlock } from "cosmjs-types/tendermint/types/types";
import type { PeerId } from "../core/peer.ts";
import type { Result } from "../core/result.ts";

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

/** Why an answer was not whole. `malformed`: the peer sent what no honest one sends; `lost`: it could not be reached, was slow or busy. */
export interface RequestFailure {
  readonly kind: "malformed" | "lost";
  readonly reason: string;
}

export type SyncInput =
  /** `next` is the first height that is not stored here. Again after consensus gave over. */
  | { readonly type: "started"; readonly next: bigint; readonly mode: "sync" | "watch" }
  /** The peer decides `height`: it can serve the blocks from `base` (0: none) to the one before. */
  | { readonly type: "peer_status"; readonly peer: PeerId; readonly base: bigint; readonly height: bigint }
  | { readonly type: "peer_left"; readonly peer: PeerId }
  | { readonly type: "block_received"; readonly request: RequestId; readonly block: OfferedBlock }
  /** No more frames. Without a failure the peer gave what it has, or as much as it gives at once. */
  | { readonly type: "request_ended"; readonly request: RequestId; readonly failure: RequestFailure | undefined }
  /**
   * The answer to `apply_block`: applied, or not the block it pretends to be. `ageMs`: what this machine's clock says of the time
   * in the header; young blocks are made now, so that nobody is far ahead, whatever is claimed.
   */
  | { readonly type: "block_applied"; readonly height: bigint; readonly ageMs: number }
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
  /** The block after the one that is being applied: its seal may be verified meanwhile. Not answered. */
  | { readonly type: "prepare_block"; readonly block: OfferedBlock }
  /** While watching: is the seal good for its height, the next one or the one after? Answered by `block_proven`. */
  | { readonly type: "prove_block"; readonly block: OfferedBlock; readonly peer: PeerId }
  | { readonly type: "report"; readonly peer: PeerId; readonly code: string; readonly reason: string }
  /** Answered by `consensus_stopped`. */
  | { readonly type: "stop_consensus" }
  /** Caught up: the machine watches from now on. */
  | { readonly type: "start_consensus"; readonly reason: string };

export interface SyncProgress {
  readonly mode: "sync" | "watch";
  /** The lowest height that is not stored here. */
  readonly next: bigint;
  /** The highest block that peers claim to have and that they may be asked for; at least the last one here. */
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

/** A block whose commit proves it: decoded, its id computed, every signature verified. */
export interface ProvenBlock {
  readonly height: bigint;
  readonly blockId: BlockID;
  /** Encoded `tendermint.types.Block`, and the same decoded. */
  readonly bytes: Uint8Array;
  readonly block: Block;
  readonly commit: Commit;
}

/** The chain that is synced: the block executor, as block sync sees it. */
export interface SyncTarget {
  /** The lowest height that is not stored and published. */
  readonly nextHeight: bigint;
  /**
   * Whether the commit proves the block to have been decided by the validators of its height, which is the next one or the one
   * after. In slices; goes on while another block is applied. Rejects as {@linkcode SyncTarget.apply} does.
   */
  prove(block: OfferedBlock): Promise<Result<ProvenBlock>>;
  /**
   * Validates, executes, stores and publishes the next block. Rejects when the world fails, and with an IoError
   * `block_incompatible` when more than 2/3 signed what is invalid by the rules of this program: then nobody may go on.
   */
  apply(block: ProvenBlock): Promise<void>;
}

/** The blocks that are served: the store, up to what is published. All undefined for heights that are not there. */
export interface BlockSource {
  /** The lowest height served and the last one; undefined: none. */
  heights(): Promise<{ readonly base: bigint; readonly last: bigint } | undefined>;
  /** Encoded block and an encoded commit for it. */
  loadSealed(height: bigint): Promise<{ readonly block: Uint8Array; readonly commit: Uint8Array } | undefined>;
  /** Header, commit and validators: the commit is the next block's, at the tip the one seen. */
  loadLightBlock(height: bigint): Promise<LightBlock | undefined>;
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
