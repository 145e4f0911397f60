/** What holds for memos that do not say. @module */
import type { Params } from "./types.ts";

/** What a chain starts with: ten minutes and no second try, as ibc-go. */
export const DEFAULT_PARAMS: Params = { defaultTimeout: 600_000_000_000n, defaultRetries: 0 };
/** Longest timeout, in nanoseconds: Go's signed 64 bits, so that time and timeout add up within unsigned ones. */
export const TIMEOUT_MAX_NS = (1n << 63n) - 1n;
/** Most tries after the first one. */
export const RETRIES_MAX = 255;
