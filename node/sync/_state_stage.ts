/** What the stages of state sync share: a stage asks peers for things until it has what it is for. @module */
import type { LightBlock } from "../core/light/mod.ts";
import type { PeerId } from "../core/peer.ts";
import type { Nanos } from "../core/time.ts";
import type { RequestId } from "./ports.ts";
import type { StatePeers } from "./_state_peers.ts";
import type { StateSyncEffect } from "./state_ports.ts";

/** What can be asked of one peer. */
export type StateQuestion =
  | { readonly type: "ask_snapshots" }
  | { readonly type: "ask_light_block"; readonly height: bigint }
  | { readonly type: "ask_block"; readonly height: bigint }
  | { readonly type: "ask_chunk"; readonly height: bigint; readonly format: number; readonly index: number };

/** The machine, as a stage sees it. */
export interface StageHost {
  readonly peers: StatePeers;
  readonly now: number;
  /** Since the epoch. */
  nowNanos(): Nanos;
  ask(peer: PeerId, question: StateQuestion): RequestId;
  cancel(request: RequestId): void;
  emit(effect: StateSyncEffect): void;
  /** The peer is reported and dropped. */
  lied(peer: PeerId, code: string, reason: string): void;
}

/** An answer to one question; undefined: the peer has not got it. */
export type StateAnswer =
  | { readonly type: "light_block"; readonly block: LightBlock | undefined }
  | { readonly type: "bytes"; readonly bytes: Uint8Array | undefined };

export interface Stage {
  /** Asks what may be asked and takes what came. After every input. */
  step(): void;
  answered(request: RequestId, answer: StateAnswer): void;
  failed(request: RequestId): void;
  /** The peer is gone or is not to be listened to. */
  dropped(peer: PeerId): void;
  /** Questions in flight are cancelled. */
  stop(): void;
}
