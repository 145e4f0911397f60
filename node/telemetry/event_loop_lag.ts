import { Percentiles } from "./percentiles.ts";

/** Longest single lag that is filled up with the samples it swallowed. */
const FILLED_SAMPLES_MAX = 10_000;

/** A clock and a timer, so that tests need not wait. */
export interface LagWorld {
  nowMs(): number;
  /** Calls `callback` once after `ms`; the returned function cancels. Must not keep the process alive. */
  after(ms: number, callback: () => void): () => void;
}

const REAL: LagWorld = {
  nowMs: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** How late timers fire since the start, or since the last `reset`. */
export interface EventLoopLag {
  p50Ms(): number;
  p99Ms(): number;
  maxMs(): number;
  reset(): void;
  stop(): void;
}

/**
 * Measures by a timer every `intervalMs`. A loop that was blocked would have been late for every tick in that time, so
 * those samples are added as well: without them a long block counts once and hides in the percentiles.
 */
export function watchEventLoopLag(
  onSample: (lagMs: number) => void = () => {},
  intervalMs = 10,
  world: LagWorld = REAL,
): EventLoopLag {
  const lags = new Percentiles();
  let expected = world.nowMs() + intervalMs;
  let cancel = world.after(intervalMs, tick);

  function tick(): void {
    const lag = Math.max(0, world.nowMs() - expected);
    onSample(lag);
    lags.add(lag);
    for (let rest = lag - intervalMs, n = 0; rest > 0 && n < FILLED_SAMPLES_MAX; rest -= intervalMs, n++) {
      lags.add(rest);
    }
    expected = world.nowMs() + intervalMs;
    cancel = world.after(intervalMs, tick);
  }

  return {
    p50Ms: () => lags.at(0.5),
    p99Ms: () => lags.at(0.99),
    maxMs: () => lags.max,
    reset: () => lags.reset(),
    stop: () => cancel(),
  };
}
