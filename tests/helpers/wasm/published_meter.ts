/** The meter with the numbers that `contracts/wasm` publishes. @module */
import { type CostTable, DEFAULT_COSTS } from "../../../contracts/wasm/costs.ts";
import { MEMORY_STEPS } from "../../../contracts/wasm/large_memory.ts";
import {
  FRAME_BYTES,
  FREE_BYTES_MAX,
  INLINED_BODY_BYTES_MAX,
  INLINING_BYTES_MAX,
  INLINING_FACTOR,
} from "../../../contracts/wasm/stack.ts";
import type { Meter } from "./machine.ts";
import { meterOf } from "./meter.ts";
import { type FramePrices, pricesOf } from "./prices.ts";

export const PUBLISHED_FRAMES: FramePrices = {
  frameBytes: FRAME_BYTES,
  freeBytesMax: FREE_BYTES_MAX,
  inlinedBodyBytesMax: INLINED_BODY_BYTES_MAX,
  inliningFactor: INLINING_FACTOR,
  inliningBytesMax: INLINING_BYTES_MAX,
};

/** `memorySteps`: with the rule of large memories. */
export const publishedMeter = (costs: CostTable = DEFAULT_COSTS, memorySteps = false): Meter =>
  meterOf({ ...pricesOf(costs, PUBLISHED_FRAMES), ...(memorySteps ? { memorySteps: MEMORY_STEPS } : {}) });
