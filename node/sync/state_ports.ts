/**
 * The contract of state sync: a pure machine that begins an empty node from a snapshot of others. What is believed comes from
 * a block known from outside (height and hash): the light client proves the headers around the snapshot from there, the
 * header after it holds the app hash, and that proves the chunks. Then headers below are fetched for judging evidence.
 * @module
 */
import type { Commit, Header } from "cosmjs-types/tendermint/types/types";
import type { ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import type { Divergence, LightBlock, LightOptions } from "../core/light/mod.ts";
import type { PeerId } from "../core/peer.ts";
import type { Nanos } from "../core/time.ts";
import type { RequestId } from "./ports.ts";

/** A snapshot as a peer offers it: CometBFT's `tendermint.statesync.SnapshotsResponse`. */
export interface SnapshotOffer {
  readonly height: bigint;
  readonly format: number;
  readonly chunks: number;
  readonly hash: Uint8Array;
  readonly metadata: Uint8Array;
}

/** What metadata say, by whoever knows the format. */
export interface SnapshotReading {
  readonly format: number;
  /** undefined: malformed. The app hash is that of the stores the metadata name. */
  metadata(bytes: Uint8Array): {
    readonly hash: Uint8Array;
    readonly appHash: Uint8Array;
    readonly chunkHashes: readonly Uint8Array[];
  } | undefined;
}

/** A block without its contents: its header, its seal, and the validators of its height with their priorities. */
export interface SealedHeader {
  readonly header: Header;
  readonly commit: Commit;
  readonly validators: ValidatorSet;
}

/** A header that the one above it names, and the validators of its height. */
export interface LinkedHeader {
  readonly header: Header;
  readonly validators: ValidatorSet;
  /** The seal that the block above carries; undefined when the peer had another one. */
  readonly commit: Commit | undefined;
}

/** The headers that the state of the chain after `last` follows from. */
export interface SyncedHeaders {
  /** Of the snapshot. */
  readonly last: SealedHeader;
  /** The next one: it holds the app hash, and the set has the priorities that proposers follow from. */
  readonly current: SealedHeader;
  readonly next: SealedHeader;
}

export interface StateSyncOptions extends Pick<LightOptions, "trustLevel" | "trustingPeriodMs"> {
  readonly chainId: string;
  /** Snapshots below are of another chain. */
  readonly initialHeight: bigint;
  /** A block known from outside. */
  readonly trusted: { readonly height: bigint; readonly hash: Uint8Array };
  readonly snapshots: SnapshotReading;
  /** After how long without a usable snapshot it fails, in milliseconds; `GIVE_UP_STATE_MS` unless given. */
  readonly giveUpMs?: number | undefined;
}

/** How old evidence may be. */
export interface EvidenceAge {
  readonly blocks: bigint;
  readonly nanos: Nanos;
}

/** `nowMs` goes with each and never goes back. */
export type StateSyncInput =
  /** `nowNanos`: since the epoch; the trusting period is counted from it. */
  | { readonly type: "started"; readonly nowNanos: Nanos }
  | { readonly type: "peer_joined"; readonly peer: PeerId }
  | { readonly type: "peer_left"; readonly peer: PeerId }
  | { readonly type: "snapshots_received"; readonly request: RequestId; readonly offers: readonly SnapshotOffer[] }
  /** undefined: the peer has not got it. */
  | { readonly type: "light_block_received"; readonly request: RequestId; readonly block: LightBlock | undefined }
  | { readonly type: "block_received"; readonly request: RequestId; readonly bytes: Uint8Array | undefined }
  | { readonly type: "chunk_received"; readonly request: RequestId; readonly bytes: Uint8Array | undefined }
  /** `lied`: what came is nothing an honest peer sends; the machine reports it. */
  | { readonly type: "request_failed"; readonly request: RequestId; readonly reason: string; readonly lied: boolean }
  /** The answers to `begin_restore`, `apply_chunk`, `complete_restore`, `save_headers` and `finish_restore`. */
  | { readonly type: "restore_begun"; readonly attempt: number }
  | { readonly type: "chunk_applied"; readonly attempt: number; readonly index: number }
  | { readonly type: "chunk_refused"; readonly attempt: number; readonly index: number; readonly reason: string }
  | { readonly type: "restore_completed"; readonly attempt: number; readonly evidence: EvidenceAge }
  | { readonly type: "headers_saved"; readonly attempt: number }
  | { readonly type: "restore_finished"; readonly attempt: number }
  /** The restored state does not fit the headers or this genesis: no other peer can help. */
  | { readonly type: "restore_refused"; readonly attempt: number; readonly reason: string }
  | { readonly type: "ticked" };

/** Why it came to no good. */
export type StateSyncFailure =
  | "trust_invalid"
  | "trust_expired"
  | "trust_mismatch"
  | "other_chain"
  | "light_client_attack"
  | "no_snapshot"
  | "restore_refused";

export type StateSyncEffect =
  | { readonly type: "ask_snapshots"; readonly request: RequestId; readonly peer: PeerId }
  | { readonly type: "ask_light_block"; readonly request: RequestId; readonly peer: PeerId; readonly height: bigint }
  | { readonly type: "ask_block"; readonly request: RequestId; readonly peer: PeerId; readonly height: bigint }
  | {
    readonly type: "ask_chunk";
    readonly request: RequestId;
    readonly peer: PeerId;
    readonly height: bigint;
    readonly format: number;
    readonly index: number;
  }
  | { readonly type: "cancel_request"; readonly request: RequestId }
  /** Clears what an earlier attempt left. The effects of one attempt are carried out in their order. */
  | {
    readonly type: "begin_restore";
    readonly attempt: number;
    readonly height: bigint;
    readonly metadata: Uint8Array;
  }
  /** In order, one at a time. */
  | { readonly type: "apply_chunk"; readonly attempt: number; readonly index: number; readonly bytes: Uint8Array }
  | { readonly type: "complete_restore"; readonly attempt: number; readonly headers: SyncedHeaders }
  /** In descending order, one batch at a time. */
  | { readonly type: "save_headers"; readonly attempt: number; readonly headers: readonly LinkedHeader[] }
  /** The last write: what was restored becomes the state of this node. */
  | {
    readonly type: "finish_restore";
    readonly attempt: number;
    readonly headers: SyncedHeaders;
    /** The encoded block of the snapshot's height. */
    readonly block: Uint8Array;
  }
  | { readonly type: "report"; readonly peer: PeerId; readonly code: string; readonly reason: string }
  | { readonly type: "done"; readonly height: bigint }
  | {
    readonly type: "failed";
    readonly code: StateSyncFailure;
    /** For people, with what to do. */
    readonly reason: string;
    /** With `light_client_attack`. */
    readonly divergence?: Divergence;
  };

/** How far it is; for logs. */
export interface StateSyncProgress {
  readonly stage: "snapshots" | "headers" | "chunks" | "values" | "evidence" | "finishing" | "ended";
  /** Of the snapshot in work; 0: none. */
  readonly height: bigint;
  /** Parts of the stage that are done, and all of them. */
  readonly done: number;
  readonly of: number;
  readonly peers: number;
  /** Why the last attempt failed; empty: none did. */
  readonly trouble: string;
}

/** How often `ticked` is to come. */
export const STATE_SYNC_TICK_MS = 100;

/** The machine; holds its state, reads no clock, waits for nothing. */
export interface StateSync {
  on(input: StateSyncInput, nowMs: number): readonly StateSyncEffect[];
  readonly progress: StateSyncProgress;
}
