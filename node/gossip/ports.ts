/**
 * The contract of consensus gossip: a pure machine between a consensus driver and the network. What a validator says first
 * goes out by the topic; whoever lacks something of the running height (joined late, was cut off, lost it) gets it from any
 * peer that has it, because peers tell each other what they have. Blocks travel in parts that are proven by the block id of
 * an accepted message. Works for every engine.
 *
 * Wire messages (protobuf, versioned; of another version: ignored):
 * - `carry { head, part? }`: a message without its block, and perhaps one part of the block. By topic or directly.
 * - `status { height, round, base }`: where the sender is: the height it decides, so its blocks end one below, and the first block
 *   it can serve. Directly.
 * - `have { height, heads, blocks }`: what the sender has of that height: short hashes of heads, part bits by block. Directly. The
 *   answer is what it lacks, within bounds.
 *
 * Nothing is told on that the engine did not judge good. While no engine runs, nothing is judged, kept or held against anybody.
 * @module
 */
import type { GossipVerdict, PeerId } from "../core/peer.ts";

/** What can happen to the machine. `nowMs` is a clock that never goes back. */
export type GossipInput =
  | { readonly type: "peer_joined"; readonly peer: PeerId }
  | { readonly type: "peer_left"; readonly peer: PeerId }
  /** The driver broadcasts: what is new is published, what is known already goes to whoever lacks it. */
  | { readonly type: "own_broadcast"; readonly message: Uint8Array }
  | { readonly type: "own_send"; readonly to: PeerId; readonly message: Uint8Array }
  | { readonly type: "heard"; readonly from: PeerId; readonly by: "topic" | "direct"; readonly bytes: Uint8Array }
  /**
   * Where the engine stands now, and the lowest block that is stored (0: none is). Also while syncing, with the height synced
   * next: then nothing is `running`. `decided`: the engine needs nothing more of this height, its block is being executed.
   */
  | {
    readonly type: "moved";
    readonly height: bigint;
    readonly round: number;
    readonly base: bigint;
    readonly running: boolean;
    readonly decided: boolean;
  }
  | { readonly type: "ticked" };

/** What the machine asks of the world, in order. */
export type GossipEffect =
  | { readonly type: "publish"; readonly bytes: Uint8Array }
  | { readonly type: "send"; readonly to: PeerId; readonly bytes: Uint8Array }
  /** A whole message for the driver's inbox. */
  | { readonly type: "deliver"; readonly from: PeerId; readonly message: Uint8Array }
  | { readonly type: "report"; readonly peer: PeerId; readonly code: string; readonly reason: string }
  /** A peer told where it is: the height it decides, and its first block. For block sync. */
  | { readonly type: "peer_status"; readonly peer: PeerId; readonly height: bigint; readonly base: bigint };

export interface GossipStep {
  readonly effects: readonly GossipEffect[];
  /** Of `heard` by topic. */
  readonly verdict: GossipVerdict;
}

/** How often `ticked` is to come. */
export const GOSSIP_TICK_MS = 100;

/** The machine; holds its state, reads no clock, waits for nothing. */
export interface ConsensusGossip {
  on(input: GossipInput, nowMs: number): GossipStep;
}

/** Is told what gossip hears, for numbers. Cheap; does not throw. */
export interface GossipObserver {
  /** The head of a message, or a part of a block. `fresh`: it was not known before. */
  heard(what: "proposal" | "prevote" | "precommit" | "part" | "other", fresh: boolean): void;
  /** Messages and parts that a peer was sent because it lacked them. */
  helped(count: number): void;
}
