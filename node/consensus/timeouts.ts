/** Timeouts that grow with the round, so that some round is longer than any finite delay. @module */
import type { TimeoutConfig } from "./engine.ts";

/** No timer runs longer than a day, whatever the round. */
const TIMEOUT_MS_MAX = 86_400_000;

/** `baseMs + round * deltaMs`, in milliseconds. */
export function timeoutMs(config: TimeoutConfig, round: number): number {
  return Math.min(config.baseMs + round * config.deltaMs, TIMEOUT_MS_MAX);
}
