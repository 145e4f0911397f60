import type { PoolTx } from "./types.ts";

/** One sender's pending transactions: sequences without gaps, so that a position follows from a sequence. */
export class SenderQueue {
  readonly sender: string;
  /** Taken transactions leave holes at the front, which are dropped now and then: taking from the front is O(1). */
  #entries: PoolTx[] = [];
  #start = 0;

  constructor(sender: string) {
    this.sender = sender;
  }

  get length(): number {
    return this.#entries.length - this.#start;
  }

  /** The next to run. The queue must not be empty. */
  get head(): PoolTx {
    return this.#entries[this.#start]!;
  }

  /** The last to run. The queue must not be empty. */
  get tail(): PoolTx {
    return this.#entries[this.#entries.length - 1]!;
  }

  at(index: number): PoolTx | undefined {
    return this.#entries[this.#start + index];
  }

  /** Position of `entry`; it must be in this queue. */
  indexOf(entry: PoolTx): number {
    return Number(entry.sequence - this.head.sequence);
  }

  append(entry: PoolTx): void {
    this.#entries.push(entry);
  }

  dropTail(): PoolTx {
    return this.#entries.pop()!;
  }

  dropHead(): PoolTx {
    const entry = this.#entries[this.#start]!;
    this.#start++;
    if (this.#start > 32 && this.#start * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#start);
      this.#start = 0;
    }
    return entry;
  }

  *[Symbol.iterator](): Generator<PoolTx> {
    for (let i = this.#start; i < this.#entries.length; i++) yield this.#entries[i]!;
  }
}
