/** Lets so many in at a time; the others wait in line. @module */

/** A semaphore for one use. */
export class Turns {
  readonly #max: number;
  #taken = 0;
  readonly #line = new Set<() => void>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Whether nobody is in. */
  get idle(): boolean {
    return this.#taken === 0;
  }

  /** Resolves with true when it is the caller's turn, who then calls `leave`; with false once `signal` is aborted. */
  enter(signals: readonly (AbortSignal | undefined)[]): Promise<boolean> {
    if (signals.some((signal) => signal?.aborted)) return Promise.resolve(false);
    if (this.#taken < this.#max) {
      this.#taken++;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const settle = (mine: boolean) => {
        this.#line.delete(turn);
        for (const signal of signals) signal?.removeEventListener("abort", giveUp);
        resolve(mine);
      };
      const turn = () => settle(true);
      const giveUp = () => settle(false);
      for (const signal of signals) signal?.addEventListener("abort", giveUp);
      this.#line.add(turn);
    });
  }

  /** Hands the turn to whoever waits longest. */
  leave(): void {
    const next = this.#line.values().next().value;
    if (next === undefined) this.#taken--;
    else next();
  }
}
