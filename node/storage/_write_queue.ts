import { IoError } from "../core/errors.ts";
import { InvariantError } from "../core/invariant.ts";
import { storeClosed } from "./_checks.ts";

/**
 * All writes of the process, one after the other. After a write has failed in the middle nobody knows what later writes
 * would rest on, so all of them are refused: the process must start again.
 */
export class WriteQueue {
  #tail: Promise<unknown> = Promise.resolve();
  #failure: unknown;
  #closed = false;

  /** Whether {@linkcode close} was called. */
  get closed(): boolean {
    return this.#closed;
  }

  run<T>(action: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(storeClosed());
    const result = this.#tail.then(async () => {
      if (this.#failure) throw failed(this.#failure);
      try {
        return await action();
      } catch (error) {
        // A broken precondition is found before anything is written.
        if (error instanceof InvariantError) throw error;
        this.#failure = error;
        throw error instanceof IoError ? error : failed(error);
      }
    });
    this.#tail = result.catch(() => {});
    return result;
  }

  /** Refuses what comes later and waits for what is there. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#tail;
  }
}

const failed = (cause: unknown) =>
  new IoError("store_failed", `write to the store: ${cause instanceof Error ? cause.message : String(cause)}`, {
    cause,
  });
