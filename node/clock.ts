/** The machine's clock as the consensus driver wants it. @module */
import type { ClockPort } from "./consensus/ports.ts";
import { NANOS_PER_MS } from "./core/time.ts";

/** Wall-clock time with millisecond steps, and timers that do not keep a finished process alive. */
export const SYSTEM_CLOCK: ClockPort = {
  nowNanos: () => BigInt(Date.now()) * NANOS_PER_MS,
  schedule(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
