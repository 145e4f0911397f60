/**
 * Who may use the application when. Checks change the check state, so they run one after another; executing a block has
 * the processor to itself; and when a block becomes the committed state, nothing else may be under way, because what a
 * work has loaded belongs to the version it began with.
 *
 * While a block's writes are on their way to the disk, checks go on: they still run against the version before, and what
 * they let in is checked again after the commit.
 */
export class AppGate {
  #laneEnd: Promise<unknown> = Promise.resolve();
  #queries = 0;
  /** Set while a commit waits or runs: queries wait for it. */
  #closed: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;

  /** Checks: one slice at a time, none while a block is executed or committed. In order of asking. */
  lane<T>(slice: () => T | Promise<T>): Promise<T> {
    const run = this.#laneEnd.then(slice);
    this.#laneEnd = run.catch(() => {});
    return run;
  }

  /** Executes a block: checks wait, queries go on. */
  execute<T>(run: () => T | Promise<T>): Promise<T> {
    return this.lane(run);
  }

  /** Reads of committed versions: any number at a time, none across a commit. */
  async query<T>(run: () => T | Promise<T>): Promise<T> {
    while (this.#closed !== undefined) await this.#closed;
    this.#queries++;
    try {
      return await run();
    } finally {
      if (--this.#queries === 0) this.#onIdle?.();
    }
  }

  /** Changes the committed state, when checks and queries under way have ended; later ones wait until `run` returns. */
  commit<T>(run: () => T): Promise<T> {
    return this.lane(async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#closed = promise;
      try {
        if (this.#queries > 0) await new Promise<void>((idle) => this.#onIdle = idle);
        return run();
      } finally {
        this.#onIdle = undefined;
        this.#closed = undefined;
        resolve();
      }
    });
  }
}
