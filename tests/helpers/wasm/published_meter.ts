/** The meter with the numbers that `contracts/wasm` publishes. @module */
import { type CostTable, DEFAULT_COSTS } from "../../../contracts/wasm/costs.ts";
import { FRAME_BYTES, FREE_BYTES_MAX } from "../../../contracts/wasm/stack.ts";
import type { Meter } from "./machine.ts";
import { meterOf } from "./meter.ts";
import { pricesOf } from "./prices.ts";

export const publishedMeter = (costs: CostTable = DEFAULT_COSTS): Meter =>
  meterOf(pricesOf(costs, { frameBytes: FRAME_BYTES, freeBytesMax: FREE_BYTES_MAX }));
