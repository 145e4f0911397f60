/**
 * The only window from an execution engine to the chain. The chain implements it for one call of one contract; everything
 * is synchronous, and whatever a method throws (a miss of the state, the end of the transaction's gas) passes through the
 * contract's frames untouched to whoever called the engine.
 * @module
 */
import type { Result } from "../node/core/result.ts";

/** One entry of a contract's own storage. */
export type StorageEntry = readonly [key: Uint8Array, value: Uint8Array];

/** The contract's own storage: keys without the chain's prefix. Charges the chain's gas by itself. */
export interface ContractStorage {
  get(key: Uint8Array): Uint8Array | undefined;
  /** Never called when the call is read-only. An empty value is a value. The bytes belong to the chain from then on. */
  set(key: Uint8Array, value: Uint8Array): void;
  delete(key: Uint8Array): void;
  /**
   * The first entry with `start <= key < end`; the last one when `reverse`. An absent bound is open. The engine iterates by
   * asking again from behind the key it got, so that an iterator sees what was written meanwhile.
   */
  first(start: Uint8Array | undefined, end: Uint8Array | undefined, reverse: boolean): StorageEntry | undefined;
}

/** Addresses of the chain: bech32 text and bytes. */
export interface ContractAddresses {
  /** Text to bytes; refused with a sentence that the contract gets to see. */
  canonicalize(human: string): Result<Uint8Array>;
  /** Bytes to text; refused for lengths that no address has. */
  humanize(canonical: Uint8Array): Result<string>;
  /** The text in its normal form when it is valid. */
  validate(human: string): Result<string>;
}

/** What a contract may see of the chain during one call. */
export interface ContractHost {
  readonly storage: ContractStorage;
  readonly addresses: ContractAddresses;
  /**
   * Answers a `QueryRequest` (JSON) with the JSON of a `SystemResult<ContractResult<Binary>>`, as CosmWasm's `query_chain`
   * wants it. `stack`: what is left of the caller's stack for contracts that this calls (see `ContractCall.stack`).
   */
  query(request: Uint8Array, limits: { readonly fuel: bigint; readonly stack: number }): Uint8Array;
  /**
   * The chain's gas that this call has used through `storage` and `query` so far, in fuel units. The engine takes it off the
   * contract's fuel after each host function, so that one limit holds for both.
   */
  externalFuel(): bigint;
  /** A line of a contract that is being developed; never part of the chain. */
  debug(text: string): void;
}
