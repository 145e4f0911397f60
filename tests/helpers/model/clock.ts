/** Simulated time: timers fire when the test winds the clock, and everything they start is let run before the next one. */
import { setImmediate } from "node:timers";
import type { Clock } from "../../../relayer/chain/mod.ts";

/** Lets promises and callbacks that are ready run. */
export const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

export class ModelClock implements Clock {
  #now: number;
  #count = 0;
  readonly #timers: { readonly atMs: number; readonly order: number; readonly run: () => void }[] = [];

  constructor(startMs = 1_700_000_000_000) {
    this.#now = startMs;
  }

  nowMs(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { atMs: this.#now + Math.max(0, ms), order: this.#count++, run };
    this.#timers.push(timer);
    return () => {
      const at = this.#timers.indexOf(timer);
      if (at >= 0) this.#timers.splice(at, 1);
    };
  }

  /** Calls `run` every `ms`, until the answer is called. */
  every(ms: number, run: () => void): () => void {
    let cancel = () => {};
    const next = () => {
      cancel = this.after(ms, () => {
        next();
        run();
      });
    };
    next();
    return () => cancel();
  }

  /** Winds the clock on by `ms`, timer by timer. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settle();
      const next = this.#timers.filter(({ atMs }) => atMs <= end)
        .sort((a, b) => a.atMs - b.atMs || a.order - b.order)[0];
      if (next === undefined) break;
      this.#timers.splice(this.#timers.indexOf(next), 1);
      this.#now = Math.max(this.#now, next.atMs);
      next.run();
    }
    this.#now = end;
    await settle();
  }
}
