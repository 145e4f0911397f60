/** Tells the rest of the node about committed blocks. @module */
import type { CommittedBlock } from "../rpc/ports.ts";
import { breathe } from "./breathe.ts";

/** Blocks that wait to be told; with more, the publisher delivers them itself before it goes on. */
const WAITING_BLOCKS_MAX = 16;

export type CommitListener = (committed: CommittedBlock) => void;

/**
 * Delivers committed blocks to listeners, each in the order of the chain, in a later turn of the event loop so that consensus
 * does not wait for them. A listener that throws harms nobody else.
 */
export class EventBus {
  readonly #listeners = new Set<CommitListener>();
  readonly #waiting: CommittedBlock[] = [];
  readonly #onFailure: (error: unknown) => void;
  #delivering: Promise<void> | undefined;

  /** `onFailure` is told what a listener threw. */
  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  /** Calls back for each block published from now on, until the returned function is called. */
  subscribe(listener: CommitListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** To be called only once the block is durable. */
  publish(committed: CommittedBlock): void {
    if (this.#listeners.size === 0 && this.#waiting.length === 0) return;
    this.#waiting.push(committed);
    while (this.#waiting.length > WAITING_BLOCKS_MAX) this.#deliverOne();
    this.#delivering ??= this.#deliver();
  }

  /** Resolves when everything published so far was delivered. */
  async settled(): Promise<void> {
    await this.#delivering;
  }

  async #deliver(): Promise<void> {
    while (this.#waiting.length > 0) {
      await breathe();
      this.#deliverOne();
    }
    this.#delivering = undefined;
  }

  #deliverOne(): void {
    const committed = this.#waiting.shift();
    if (committed === undefined) return;
    for (const listener of [...this.#listeners]) {
      try {
        listener(committed);
      } catch (error) {
        this.#onFailure(error);
      }
    }
  }
}
