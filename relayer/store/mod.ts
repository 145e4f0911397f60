/**
 * Where a relayer keeps its place: a small ordered store (Deno KV, or memory), a lease on it with a fence, and the cutting
 * of many writes into commits. What is stored under which key is the worker's business.
 * @module
 */
export type {
  ListOptions,
  RelayerStore,
  StoreCheck,
  StoreEntry,
  StoreKey,
  StoreLimits,
  StoreOpening,
  StoreWrite,
} from "./ports.ts";
export { denoKvStore, KV_LIMITS, openStore } from "./_deno_kv.ts";
export { memoryStore } from "./_memory.ts";
export { Lease } from "./lease.ts";
export { splitWrites } from "./split.ts";
