/** How late timers fire: the lag of the event loop. @module */

/** A clock and a timer, so that tests need not wait. */
export interface LagWorld {
  nowMs(): number;
  /** Calls `run` once after `ms`; the answer calls it off. Must not keep the process alive. */
  after(ms: number, run: () => void): () => void;
}

const REAL: LagWorld = {
  nowMs: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    Deno.unrefTimer(timer);
    return () => clearTimeout(timer);
  },
};

/** Most samples that one long block counts for. */
const MISSED_MAX = 1_000;

/**
 * Calls `onSample` with the lag, every `intervalMs`. A loop that was blocked would have been late for every sample in that
 * time, so those are told too. Returns how to stop.
 */
export function watchLag(onSample: (lagMs: number) => void, intervalMs = 20, world: LagWorld = REAL): () => void {
  let expected = world.nowMs() + intervalMs;
  let cancel = world.after(intervalMs, tick);
  function tick(): void {
    let lag = Math.max(0, world.nowMs() - expected);
    for (let count = 0; count === 0 || (lag > 0 && count < MISSED_MAX); count++) {
      onSample(Math.max(0, lag));
      lag -= intervalMs;
    }
    expected = world.nowMs() + intervalMs;
    cancel = world.after(intervalMs, tick);
  }
  return () => cancel();
}
