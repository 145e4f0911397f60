/**
 * Pending transactions: a pure pool, and the service that checks what enters it.
 * @module
 */
export { dataBytes, Pool } from "./pool.ts";
export { type CheckRunner, type CommittedTx, Mempool, type MempoolOptions } from "./service.ts";
export {
  type InsertResult,
  type MempoolObserver,
  POOL_LIMITS_DEFAULT,
  type PoolCandidate,
  type PoolLimits,
  type PoolTx,
} from "./types.ts";
