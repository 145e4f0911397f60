/** What is held in memory of a lane while a lease is held. @module */
import type { IbcHeight } from "../../node/core/ibc/mod.ts";
import type { ActionKind, Lane, PacketRecord } from "../packet/mod.ts";

/** How packets of a lane ended. */
export interface LaneTotals {
  readonly acknowledged: number;
  readonly timed_out: number;
  readonly gone: number;
  readonly skipped: number;
}

export const NO_TOTALS: LaneTotals = { acknowledged: 0, timed_out: 0, gone: 0, skipped: 0 };

/** Something that is under way for a packet. */
export interface Busy {
  readonly kind: ActionKind;
  /** What its proof is against, once that is chosen. */
  readonly proofHeight: IbcHeight | undefined;
}

/** Sequences of settled packets that are remembered, so that a late sighting does not bring one back. */
const RECENT_MAX = 4_096;

export class LaneState {
  /** Packets that are not settled, by sequence. */
  readonly packets = new Map<bigint, PacketRecord>();
  readonly busy = new Map<bigint, Busy>();
  totals: LaneTotals;
  /** Nothing is done about closing the other end before; `closing`: something is. */
  closeNotBeforeMs = 0;
  closing = false;
  readonly #recent = new Set<bigint>();
  /** Packets of the newest block with one. */
  #ofBlock = { height: 0n, count: 0 };

  constructor(public lane: Lane, totals: LaneTotals = NO_TOTALS) {
    this.totals = totals;
  }

  /** Counts a packet that a block sent; answers how many came before it in that block. */
  countSent(height: bigint): number {
    if (this.#ofBlock.height !== height) this.#ofBlock = { height, count: 0 };
    return this.#ofBlock.count++;
  }

  /** Whether the packet was settled not long ago. */
  isRecent(sequence: bigint): boolean {
    return this.#recent.has(sequence);
  }

  remember(sequence: bigint): void {
    if (this.#recent.size >= RECENT_MAX) this.#recent.delete(this.#recent.values().next().value!);
    this.#recent.add(sequence);
  }

  /** Packets of a search are looked at again although they were settled, since the chain says otherwise. */
  forget(sequence: bigint): void {
    this.#recent.delete(sequence);
  }
}
