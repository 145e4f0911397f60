/** Queries that run contracts are answered in threads of their own: the pool, and what a thread does. @module */
export {
  type QueryClock,
  type QueryEnd,
  type QueryFigures,
  QueryPool,
  type QueryPoolOptions,
  type QueryThread,
} from "./pool.ts";
export { type Patience, QUERY_FIRST_FUEL, queryThread, type QueryThreadApplication } from "./thread.ts";
export type { FromQueryThread, ToQueryThread } from "./messages.ts";
