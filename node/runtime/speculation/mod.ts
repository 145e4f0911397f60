/** Transactions of a block run in several threads ahead of their turn: the pool, its threads, and when that is worth it. @module */
export {
  type SpeculationFigures,
  SpeculationPool,
  type SpeculationPoolOptions,
  type SpeculationThread,
} from "./pool.ts";
export { speculationThread, type ThreadApplication } from "./thread.ts";
export type { Way } from "./choice.ts";
export type { FromWorker, ToWorker } from "./messages.ts";
