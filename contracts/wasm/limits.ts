/**
 * How large a module may be. Two tables: what this engine takes at all ({@linkcode ENGINE_LIMITS}), below what V8 refuses and
 * below what makes its compilers slow, so that V8 never says no where we said yes; and what a CosmWasm contract may be
 * ({@linkcode CONTRACT_LIMITS}), the numbers of cosmwasm-vm.
 * @module
 */

/** Bytes of a function body that V8 takes. */
export const V8_BODY_BYTES_MAX = 7_654_321;

/** Bounds for every module, contract or not. Instrumentation adds to a module; there is room below V8's own bounds for it. */
export const ENGINE_LIMITS = {
  /** Bytes of a module. V8 takes 1 GiB; nobody instruments that in memory. */
  bytes: 32 * 1024 * 1024,
  /** V8: 1 000 000 in a module, and 2 000 000 different ones in all modules of a process, ever (see `CONTRACT_LIMITS.types`). */
  types: 20_000,
  /** Imported and defined ones together. V8: 1 000 000. */
  functions: 100_000,
  /** V8: 1 000 000. */
  imports: 20_000,
  exports: 100_000,
  globals: 100_000,
  /** V8: 100 000. */
  tables: 1_000,
  /** V8: 10 000 000. */
  elementSegments: 50_000,
  /** As V8; large Go programs come near. */
  dataSegments: 100_000,
  /** V8 has no bound. */
  customSections: 10_000,
  /** Entries of a table at the start, and of one element segment. V8: 10 000 000. */
  tableEntries: 1_000_000,
  /** Parameters of a function type, and results. V8: 1 000 each. */
  params: 900,
  results: 900,
  /** Locals of a function, parameters among them. V8: 50 000. */
  locals: 40_000,
  /** Bytes of a function body as it comes. V8: 7 654 321 for what instrumentation makes of it, which is mostly less than six times as much. */
  bodyBytes: 1_000_000,
  /** Labels of a `br_table`, the default not among them. V8: 65 520. */
  branchTable: 65_000,
  /** Bytes of a name of an import or export, or of a custom section. V8: 100 000. */
  nameBytes: 100_000,
  /** Values on the operand stack of a function. V8 has no bound; its frame is that large. */
  operands: 40_000,
  /**
   * Locals and operands, summed over the blocks that are open at one place of a function: V8's baseline compiler keeps a copy of its
   * whole state for each open `if` and `loop`, so that nested ones over a high stack take memory by the square.
   */
  openSlots: 4_000_000,
  /**
   * Locals and operands, summed over all blocks and branches of a function: the compilers copy or merge that many values,
   * and this is what makes a small function slow to compile.
   */
  mergedSlots: 40_000_000,
  /** The same over all functions of a module. */
  moduleMergedSlots: 400_000_000,
} as const;
export type EngineLimits = typeof ENGINE_LIMITS;

/**
 * Static limits of a contract: the defaults of cosmwasm-vm (`packages/vm/src/config.rs`), and what we add. Those on locals are in
 * cosmwasm-vm since 2.3.4 and 3.0.9: of the contracts that wasmvm 3.0.2 takes, about one in 25 has more.
 */
export interface ContractLimits {
  /** Bytes of the module. wasmd's `MaxWasmSize`, after decompression. */
  readonly bytes: number;
  /** Pages of 64 KiB that the memory starts with. */
  readonly memoryPages: number;
  /** Greatest maximum of the table. */
  readonly tableEntries: number;
  readonly imports: number;
  /** Functions that the module defines. */
  readonly functions: number;
  /** Of one function type. */
  readonly params: number;
  readonly results: number;
  /** Of all functions that the module defines. */
  readonly totalParams: number;
  /** Declared by one function, parameters not among them. */
  readonly locals: number;
  readonly totalLocals: number;
  /**
   * Function types; ours. V8 never forgets a type it has seen, in any module, and ends the process at 2 000 000 different ones. The
   * contracts we know have up to 36.
   */
  readonly types: number;
  /** Ours. The contracts we know have 3. */
  readonly globals: number;
  /**
   * Bytes of a function body; ours. Instrumentation makes up to twenty times as much of one (`memory.grow` again and again), and then it
   * must still be one that V8 takes. The contracts we know: up to 68 067.
   */
  readonly bodyBytes: number;
  /** As in {@linkcode ENGINE_LIMITS}, of one function and of all; ours. The contracts we know: up to 184 151 and 633 632. */
  readonly mergedSlots: number;
  readonly moduleMergedSlots: number;
}

export const CONTRACT_LIMITS: ContractLimits = {
  bytes: 819_200,
  memoryPages: 512,
  tableEntries: 2_500,
  imports: 100,
  functions: 20_000,
  params: 100,
  results: 1,
  totalParams: 10_000,
  locals: 100,
  totalLocals: 10_000,
  types: 150,
  globals: 1_000,
  bodyBytes: 300_000,
  mergedSlots: 4_000_000,
  moduleMergedSlots: 20_000_000,
};
