/**
 * What an execution engine for contracts does: checks code, and runs one entry point of it over a {@linkcode ContractHost}.
 * Types only; the engine for WebAssembly is in `wasm/`.
 * @module
 */
import type { CodedError } from "../node/core/errors.ts";
import type { Result } from "../node/core/result.ts";
import type { ContractHost } from "./host.ts";

/**
 * Fuel is counted in CosmWasm gas: 1 000 000 is a microsecond of the machine the costs were measured on, and 140 000 are one
 * unit of the chain's gas (wasmd's gas multiplier).
 */
export const FUEL_PER_GAS = 140_000n;

/** The entry points a contract may have, by the names of its exports. */
export type EntryPoint =
  | "instantiate"
  | "execute"
  | "query"
  | "migrate"
  | "reply"
  | "sudo"
  | "ibc_channel_open"
  | "ibc_channel_connect"
  | "ibc_channel_close"
  | "ibc_packet_receive"
  | "ibc_packet_ack"
  | "ibc_packet_timeout"
  | "ibc_source_callback"
  | "ibc_destination_callback";

/** What is known of a contract's code without running it. */
export interface CodeReport {
  /** SHA-256 of the code as uploaded. */
  readonly checksum: Uint8Array;
  readonly entryPoints: ReadonlySet<EntryPoint>;
  /** Names after `requires_`, sorted. */
  readonly requiredCapabilities: readonly string[];
  /** Of the section `cw_migrate_version` (CosmWasm 2.2), when there is one. */
  readonly migrateVersion: bigint | undefined;
}

/** One call of one contract. */
export interface ContractCall {
  /** SHA-256 of the code; the engine asks {@linkcode ContractCall.code} only when it has nothing compiled under it. */
  readonly checksum: Uint8Array;
  readonly code: () => Uint8Array;
  readonly entry: EntryPoint;
  /**
   * The regions the entry point gets, JSON bytes in order: env, (info,) message. Of `migrate`: env, message, and what was
   * there before (`MigrateInfo`), which code of before CosmWasm 2.2 is not given.
   */
  readonly args: readonly Uint8Array[];
  readonly host: ContractHost;
  /** The most that may be used, the chain's part (`host.externalFuel`) included. */
  readonly fuel: bigint;
  /** Bytes of stack the call may use; absent: the engine's whole. What a caller has left goes to those it asks. */
  readonly stack?: number;
  /** The code is not stored, and nobody pays for storing it: a simulation of its upload. It may be refused. */
  readonly unpaid?: boolean;
}

/** How a call ended. `fuelUsed` includes `host.externalFuel`, and may pass the limit when `error` says out of gas. */
export interface CallOutcome {
  readonly fuelUsed: bigint;
  /** The bytes the entry point returned (the JSON of a `ContractResult`), or why there are none (codespace `wasmvm`). */
  readonly result: Result<Uint8Array, CodedError>;
}

/** What a chain decides about code. */
export interface CodeRules {
  /** What becomes of code with floats. */
  readonly floats?: "canonicalise" | "reject";
  /** Most locals of a function, parameters not among them. */
  readonly locals?: number;
}

/** An engine. `call` may write through the host; `query` refuses what would write (`db_write`, `db_remove` abort it). */
export interface ExecutionEngine {
  /**
   * Everything that would be refused at an upload; keeps the compiled code for later. `rules`: those of the chain that are not
   * what the engine was made with.
   */
  check(code: Uint8Array, rules?: CodeRules): Result<CodeReport>;
  call(call: ContractCall): CallOutcome;
  query(call: ContractCall): CallOutcome;
  /** Keeps the compiled code as long as it is pinned, whatever else comes. */
  pin(checksum: Uint8Array, code: () => Uint8Array): void;
  unpin(checksum: Uint8Array): void;
}
