/**
 * Persistence: the store contract and its engines, and what a node keeps in it. The only folder that names Deno KV.
 * @module
 */
export * from "./store.ts";
export { MemoryStore } from "./memory.ts";
export { DenoKvStore } from "./kv.ts";
export { type HomeLock, lockHome } from "./lock.ts";
export { openStore, type OpenStoreOptions } from "./open.ts";
