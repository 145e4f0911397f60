/**
 * Persistence: the store contract and its engines, and what a node keeps in it. The only folder that names Deno KV.
 * @module
 */
export * from "./store.ts";
export { MemoryStore } from "./memory.ts";
export { DenoKvStore } from "./kv.ts";
export { type HomeLock, lockFile, lockHome } from "./lock.ts";
export { openStore, type OpenStoreOptions } from "./open.ts";
export { BlockStore, type BlockToSave, type LoadedBlock } from "./block_store.ts";
export type { StoredSince } from "./_changed_values.ts";
export { type FoundPage, TxIndex } from "./tx_index.ts";
export type { SearchOptions } from "./_posting_search.ts";
export type { Place as TxPlace } from "./_posting_join.ts";
export { StoreWal, type WalRecord } from "./wal.ts";
export { PrivvalStore } from "./privval_store.ts";
