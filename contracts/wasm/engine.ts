/**
 * The execution engine for CosmWasm contracts: checks code, and runs entry points of it in V8 under fuel, with the host
 * functions of CosmWasm and the rules of cosmwasm-vm and libwasmvm (v3.0). Synchronous, and re-entrant: a contract's query may
 * end in this engine again.
 * @module
 */
import type { CodedError } from "../../node/core/errors.ts";
import { invariant } from "../../node/core/invariant.ts";
import { err, ok, type Result } from "../../node/core/result.ts";
import type { CallOutcome, CodeReport, CodeRules, ContractCall, ExecutionEngine } from "../engine.ts";
import { ContractFault, faultError, outOfGas, WASMVM_CODE, WASMVM_CODESPACE } from "./_faults.ts";
import { InstancePool, type PoolStatistics, type Prepared } from "./_pool.ts";
import { type CacheStatistics, ProgramCache } from "./cache.ts";
import { CONTRACT_CAPABILITIES } from "./check_contract.ts";
import { type CostTable, DEFAULT_COSTS } from "./costs.ts";
import type { FloatRule } from "./floats.ts";
import { hostFunctions, STORAGE_KEY_BYTES_MAX } from "./host_api.ts";
import { activate, type ContractInstance } from "./instance.ts";
import { FUEL_MAX } from "./instrument.ts";
import { CONTRACT_LIMITS, ENGINE_LIMITS } from "./limits.ts";
import { typesWith, Uncompilable, UNPAID_TYPES_MAX } from "./compile.ts";
import { buildProgram, type Program, type ProgramOptions } from "./program.ts";
import type { Verdict } from "./module.ts";
import { STACK_BYTES } from "./stack.ts";

/** Longest result of an entry point that is read (`read_limits`, the same for all). */
export const RESULT_BYTES_MAX = 64 * 1024 * 1024;

export interface ContractEngineOptions {
  /** What instructions cost; part of consensus. Absent: the published table. */
  readonly costs?: CostTable;
  /** What `check` makes of floats when it is not told; absent: `canonicalise`. */
  readonly floats?: FloatRule;
  /** Capabilities that the chain offers; absent: all that this engine and node/modules/wasm answer to. */
  readonly capabilities?: readonly string[];
  /** Bytes of compiled code that are kept, about. */
  readonly cacheBytesMax?: number;
  /** Bytes of the stack of a call that nobody else's is part of. */
  readonly stackBytes?: number;
  /** Pages of 64 KiB that the memory of a contract may grow to; 512 in cosmwasm-vm. */
  readonly memoryPagesMax?: number;
  /** Bytes of the longest key that a contract may write. */
  readonly storageKeyBytesMax?: number;
  /** Whether what contracts say with `debug` goes to `host.debug`. */
  readonly debug?: boolean;
}

export interface EngineStatistics extends CacheStatistics, PoolStatistics {
  readonly calls: number;
  readonly queries: number;
  /**
   * By what ran here: code and host functions, also of runs that ended in a trap or are to be repeated; without what the
   * chain charged (`host.externalFuel`), so that no query counts twice. Rounded as numbers are.
   */
  readonly fuelUsed: number;
  /** Modules that passed our checks and that V8 refused. Anything but 0 is worth a report. */
  readonly engineRefusals: number;
}

/**
 * What {@linkcode ContractEngine.allow} allowed is used up. It is no outcome of a call, and passes through everything: whoever allowed
 * it lets go, or runs all of it again with more.
 */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

const CACHE_BYTES_MAX = 256 * 1024 * 1024;
const MEMORY_PAGES_MAX = 512;

export class ContractEngine implements ExecutionEngine {
  readonly #options: ProgramOptions;
  readonly #stackBytes: number;
  readonly #programs: ProgramCache;
  readonly #pool: InstancePool;
  #calls = 0;
  #queries = 0;
  #fuelUsed = 0;
  #engineRefusals = 0;
  #allowed: bigint | undefined;

  constructor(options: ContractEngineOptions = {}) {
    const { costs = DEFAULT_COSTS, floats = "canonicalise", stackBytes = STACK_BYTES } = options;
    this.#stackBytes = stackBytes;
    this.#options = {
      capabilities: new Set(options.capabilities ?? CONTRACT_CAPABILITIES),
      memoryPagesMax: options.memoryPagesMax ?? MEMORY_PAGES_MAX,
      costs,
      floats,
      locals: CONTRACT_LIMITS.locals,
      stackBytes,
    };
    const host = {
      storageKeyBytesMax: options.storageKeyBytesMax ?? STORAGE_KEY_BYTES_MAX,
      debug: options.debug ?? false,
    };
    this.#pool = new InstancePool((instance) => hostFunctions(instance, host) as WebAssembly.ModuleImports);
    this.#programs = new ProgramCache(
      options.cacheBytesMax ?? CACHE_BYTES_MAX,
      (program) => this.#pool.drop(program),
    );
  }

  /** For telemetry. */
  get statistics(): EngineStatistics {
    return {
      ...this.#programs.statistics,
      ...this.#pool.statistics,
      calls: this.#calls,
      queries: this.#queries,
      fuelUsed: this.#fuelUsed,
      engineRefusals: this.#engineRefusals,
    };
  }

  check(code: Uint8Array, rules: CodeRules = {}): Result<CodeReport> {
    const built = buildProgram(code, { ...this.#options, ...rules }, false);
    if (!built.ok) return err(refusal(built.error));
    this.#programs.put(built.value);
    return ok(built.value.report);
  }

  /**
   * Allows so much fuel to calls from here on, all together, until it is called again; undefined, as in the beginning: any. A call that
   * would take more than is left, and may, throws {@linkcode Interrupted}. V8 itself stops for nobody: this is how a thread can.
   */
  allow(fuel: bigint | undefined): void {
    this.#allowed = fuel;
  }

  call(call: ContractCall): CallOutcome {
    this.#calls++;
    return this.#run(call, false);
  }

  query(call: ContractCall): CallOutcome {
    this.#queries++;
    return this.#run(call, true);
  }

  pin(checksum: Uint8Array, code: () => Uint8Array): void {
    this.#programs.pin(checksum, () => this.#build(code));
  }

  unpin(checksum: Uint8Array): void {
    this.#programs.unpin(checksum);
  }

  /** The program of code that the chain has taken at some time. */
  #build(code: () => Uint8Array): Program {
    // Whatever it has was allowed once; where there are no floats, both rules make the same program.
    const built = buildProgram(
      code(),
      { ...this.#options, floats: "canonicalise", locals: ENGINE_LIMITS.locals },
      true,
    );
    if (built.ok) return built.value;
    // It passed `check` on the nodes that stored it, so this node is not as they are: it must not go on alone.
    const { message } = refusal(built.error);
    invariant(false, `load a contract that was stored: ${message}`);
  }

  #run(call: ContractCall, readOnly: boolean): CallOutcome {
    const program = this.#programs.get(call.checksum, () => this.#build(call.code));
    const wanted = call.fuel < FUEL_MAX ? call.fuel : FUEL_MAX;
    const limit = this.#allowed === undefined || wanted <= this.#allowed ? wanted : this.#allowed;
    const fuel = limit - program.instantiationFuel;
    if (fuel < 0n && limit < wanted) throw new Interrupted();
    if (fuel < 0n) return { fuelUsed: program.instantiationFuel, result: err(faultError(outOfGas())) };
    const missing = missingEntry(program, call);
    if (missing !== undefined) return { fuelUsed: program.instantiationFuel, result: err(faultError(missing)) };
    const stack = Math.min(call.stack ?? this.#stackBytes, this.#stackBytes);
    // Running what one only pretends to upload would be a free way to use up the types of this process.
    const unpaid = call.unpaid === true && typesWith(program.types) > UNPAID_TYPES_MAX;
    const prepared = unpaid ? undefined : this.#prepare(program, call.args[0]?.length ?? 0, stack, fuel);
    if (prepared === undefined) return { fuelUsed: program.instantiationFuel, result: err(uncompiled()) };
    const { instance, allocated } = prepared;
    instance.setFuel(fuel, allocated?.used);
    instance.stack.value = stack;
    const activation = instance.activation = activate(call.host, readOnly);
    const before = activation.externalFuel;
    try {
      const result = runEntry(instance, program, call, allocated?.pointer);
      if (instance.fuel < 0n && limit < wanted) throw new Interrupted();
      return { fuelUsed: limit - instance.fuel, result };
    } finally {
      if (this.#allowed !== undefined) this.#allowed = atLeastZero(this.#allowed - (limit - instance.fuel));
      this.#fuelUsed += Number(limit - instance.fuel - (activation.externalFuel - before));
      instance.activation = undefined;
      this.#pool.release(program, instance);
    }
  }

  /** Undefined when V8 refuses the code: all nodes with this V8 say the same, and nobody has to stop over it. */
  #prepare(program: Program, length: number, stack: number, fuel: bigint): Prepared | undefined {
    try {
      return this.#pool.acquire(program, length, stack, fuel);
    } catch (error) {
      if (!(error instanceof Uncompilable)) throw error;
      this.#engineRefusals++;
      return undefined;
    }
  }
}

const atLeastZero = (fuel: bigint) => fuel < 0n ? 0n : fuel;

const refusal = (verdicts: readonly Verdict[]) =>
  refused(`Error during static Wasm validation: ${verdicts[0]!.message}`);
const uncompiled = () => refused("Error compiling Wasm: Could not compile");

const refused = (why: string): CodedError => ({
  codespace: WASMVM_CODESPACE,
  code: WASMVM_CODE.refused,
  message: `Error calling the VM: ${why}`,
});

/** A fault when the code has no such entry point, or one that takes more. */
function missingEntry(program: Program, call: ContractCall): ContractFault | undefined {
  if (!program.report.entryPoints.has(call.entry)) {
    const text = `Error resolving Wasm function: Could not get export: Missing export ${call.entry}`;
    return new ContractFault("resolve", text);
  }
  const params = paramsOf(program, call);
  if (params <= call.args.length) return undefined;
  const text = `The called function args arity does not match. The contract's method arity: ${params}`;
  return new ContractFault("resolve", text);
}

/** How many of the arguments the entry point takes: only `migrate` may take fewer, before CosmWasm 2.2. */
const paramsOf = (program: Program, call: ContractCall) =>
  call.entry === "migrate" ? program.migrateParams : call.args.length;

/** As cosmwasm-vm's `call_raw`: regions for the arguments, the entry point, its result, and its region given back. */
function runEntry(
  instance: ContractInstance,
  program: Program,
  call: ContractCall,
  firstPointer: number | undefined,
): Result<Uint8Array, CodedError> {
  try {
    const pointers: number[] = [];
    const count = paramsOf(program, call);
    for (let i = 0; i < count; i++) {
      const argument = call.args[i]!;
      const pointer = i === 0 && firstPointer !== undefined ? firstPointer : instance.allocate(argument.length);
      instance.writeRegion(pointer, argument);
      pointers.push(pointer);
    }
    const entry = instance.exports[call.entry] as (...pointers: number[]) => number;
    const result = instance.enter(() => entry(...pointers));
    const bytes = instance.readRegion(result, RESULT_BYTES_MAX);
    instance.enter(() => instance.exports.deallocate(result));
    return ok(bytes);
  } catch (error) {
    if (error instanceof ContractFault) return err(faultError(error));
    throw error;
  }
}
