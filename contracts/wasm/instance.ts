/**
 * One instance of a contract with everything the host needs to talk to it: memory, counters, the call that it runs. Host
 * functions are made once for an instance and find the call here, so that an instance may run one call after another.
 * @module
 */
import { IoError } from "../../node/core/errors.ts";
import { invariant } from "../../node/core/invariant.ts";
import type { ContractHost } from "../host.ts";
import {
  communicationFault,
  ContractFault,
  hostFault,
  outOfGas,
  stackFault,
  throughContract,
  trapFault,
} from "./_faults.ts";
import { Iterators } from "./_iterators.ts";
import { HOST_COSTS, linearCost, readRegionCost } from "./gas.ts";
import { ContractMemory } from "./memory.ts";
import { NOTHING_WRITTEN } from "./_writes.ts";
import type { Program } from "./program.ts";

/** Calls into an instance that may be open at once: an entry point, and `allocate` from a host function. */
const CALL_DEPTH_MAX = 2;

/** Least value of the counter. */
const FUEL_MIN = -(2n ** 63n);

/** What the host functions of a call work with. */
export interface Activation {
  readonly host: ContractHost;
  readonly readOnly: boolean;
  readonly iterators: Iterators;
  /** What of `host.externalFuel` is off the fuel already. */
  externalFuel: bigint;
}

export const activate = (host: ContractHost, readOnly: boolean): Activation => ({
  host,
  readOnly,
  iterators: new Iterators(),
  externalFuel: host.externalFuel(),
});

/** The exports that the host calls by itself. */
interface Guest {
  readonly allocate: (size: number) => number;
  readonly deallocate: (pointer: number) => void;
  readonly [entry: string]: unknown;
}

/** A global of the module that counts. */
interface Counter<T> {
  value: T;
}

/** Fuel in units of 2^shift: what is left, and what would be if the code had cost nothing. */
export interface FuelCounters {
  readonly left: bigint;
  readonly base: bigint;
  readonly shift: bigint;
}

/** What a run has used, in units of the memory it ran in. */
export interface UsedUnits {
  readonly all: bigint;
  /** For pages and what the host charged, which counts the same in any memory. */
  readonly notByCode: bigint;
}

const NOTHING_USED: UsedUnits = { all: 0n, notByCode: 0n };

export class ContractInstance {
  readonly memory: ContractMemory;
  readonly exports: Guest;
  readonly stack: Counter<number>;
  /** What is left of the fuel, and what would be if the code had cost nothing, both in units of 2^shift. */
  readonly #fuel: Counter<bigint>;
  readonly #base: Counter<bigint>;
  readonly #shift: Counter<bigint>;
  readonly #growFailed: Counter<number>;
  readonly #lowest: Counter<number> | undefined;
  /** The call it runs; undefined while nobody may call the host. */
  activation: Activation | undefined;
  /** Whether a host function was asked for while there was no call. */
  askedWithoutCall = false;
  #depth = 0;

  /** Throws an IoError when V8 has no memory for it: that is no outcome of a contract. */
  constructor(program: Program, imports: (instance: ContractInstance) => WebAssembly.ModuleImports) {
    const instance = instantiate(program.module, { env: imports(this) });
    const exports = instance.exports as Record<string, unknown>;
    this.exports = exports as Guest;
    this.#fuel = exports[program.fuelGlobal] as Counter<bigint>;
    this.#base = exports[program.baseGlobal] as Counter<bigint>;
    this.#shift = exports[program.shiftGlobal] as Counter<bigint>;
    this.stack = exports[program.stackGlobal] as Counter<number>;
    this.#growFailed = exports[program.growFailedGlobal] as Counter<number>;
    if (program.lowestGlobal !== undefined) this.#lowest = exports[program.lowestGlobal] as Counter<number>;
    this.memory = new ContractMemory(exports.memory as WebAssembly.Memory);
  }

  /** Fuel that is left; below zero when it is used up. */
  get fuel(): bigint {
    return this.#fuel.value << this.#shift.value;
  }

  /** The counters of fuel as they are. */
  get counters(): FuelCounters {
    return { left: this.#fuel.value, base: this.#base.value, shift: this.#shift.value };
  }

  /** Begins to count, with that much fuel. `used`: what a call has used until here, in the units of this memory. */
  setFuel(fuel: bigint, used = NOTHING_USED): void {
    const units = fuel >> this.#shift.value;
    this.#fuel.value = units - used.all;
    this.#base.value = units - used.notByCode;
  }

  /** Below this address nothing was written since {@linkcode ContractInstance.forgetWrites}, by nobody. */
  get lowestWritten(): number {
    return this.#lowest === undefined ? 0 : Math.min(this.#lowest.value >>> 0, this.memory.lowest);
  }

  /** What was written until now does not count any more. */
  forgetWrites(): void {
    this.memory.lowest = NOTHING_WRITTEN;
    if (this.#lowest !== undefined) this.#lowest.value = NOTHING_WRITTEN | 0;
  }

  /** The call that a host function works for. */
  get call(): Activation {
    const activation = this.activation;
    if (activation === undefined) {
      this.askedWithoutCall = true;
      throw hostFault("Uninitialized Context Data: storage");
    }
    return activation;
  }

  /** Takes `cost` off the fuel, before the work that costs it. */
  charge(cost: number): void {
    this.#take(BigInt(cost));
  }

  /** Takes off the fuel what the host has used since it was asked last. */
  settle(): void {
    const { call } = this;
    const used = call.host.externalFuel();
    if (used === call.externalFuel) return;
    const more = used - call.externalFuel;
    call.externalFuel = used;
    this.#take(more);
  }

  #take(cost: bigint): void {
    const shift = this.#shift.value;
    const units = shift === 0n ? cost : (cost + (1n << shift) - 1n) >> shift;
    const left = this.#fuel.value - units, base = this.#base.value - units;
    // What a counter cannot hold is far below zero all the same.
    this.#fuel.value = left < FUEL_MIN ? FUEL_MIN : left;
    this.#base.value = base < FUEL_MIN ? FUEL_MIN : base;
    if (left < 0n) throw outOfGas();
  }

  /** Charges for reading the region at `pointer` (as an i32 comes); its length. `memory.read` follows. */
  locateRegion(pointer: number): number {
    const length = this.memory.locate(pointer >>> 0);
    this.charge(readRegionCost(length));
    return length;
  }

  /** A copy of the region at `pointer`, at most `lengthMax` bytes. */
  readRegion(pointer: number, lengthMax: number): Uint8Array {
    this.locateRegion(pointer);
    return this.memory.read(lengthMax);
  }

  /** As {@linkcode readRegion}; undefined for the pointer 0. */
  readOptionalRegion(pointer: number, lengthMax: number): Uint8Array | undefined {
    return pointer === 0 ? undefined : this.readRegion(pointer, lengthMax);
  }

  /** Fills the region at `pointer`, which the contract has prepared. */
  writeRegion(pointer: number, data: Uint8Array): void {
    this.memory.locate(pointer >>> 0);
    this.charge(linearCost(HOST_COSTS.writeRegion, data.length));
    this.memory.write(pointer >>> 0, data);
  }

  /** Has the contract make a region of that size; its pointer. */
  allocate(size: number): number {
    const pointer = this.enter(() => this.exports.allocate(size)) >>> 0;
    if (pointer === 0) throw communicationFault("Got a zero Wasm address");
    return pointer;
  }

  /** A new region of the contract with `data` in it; its pointer. */
  give(data: Uint8Array): number {
    const pointer = this.allocate(data.length);
    this.writeRegion(pointer, data);
    return pointer;
  }

  /** Runs code of the contract. Throws a fault for whatever ends it, and what the host throws as it is. */
  enter<T>(run: () => T): T {
    if (this.#depth >= CALL_DEPTH_MAX) throw hostFault("Maximum call depth exceeded.");
    this.#depth++;
    try {
      return run();
    } catch (error) {
      throw this.#faultOf(error);
    } finally {
      this.#depth--;
    }
  }

  #faultOf(error: unknown): unknown {
    if (error instanceof ContractFault) return throughContract(error);
    if (error instanceof WebAssembly.RuntimeError) {
      if (this.#growFailed.value !== 0) return noMemory("grow the memory of a contract", error);
      if (this.#fuel.value < 0n) return outOfGas();
      if (this.stack.value < 0) return stackFault();
      return trapFault(error.message);
    }
    // V8's own stack ended before our counter did: what other nodes count, this one cannot.
    invariant(!(error instanceof RangeError && /call stack/.test(error.message)), "run a contract: V8's stack is full");
    return error;
  }
}

function instantiate(module: WebAssembly.Module, imports: WebAssembly.Imports): WebAssembly.Instance {
  try {
    return new WebAssembly.Instance(module, imports);
  } catch (error) {
    throw error instanceof RangeError ? noMemory("instantiate a contract", error) : error;
  }
}

/** This machine's memory is full; the same call goes well on another, so it has no outcome here. */
const noMemory = (action: string, cause: unknown) =>
  new IoError("contract_memory", `${action}: V8 has no memory for it`, { cause });
