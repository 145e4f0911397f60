/**
 * Rewrites a module so that it counts its own work and its own stack, and so that its floats are the same everywhere. The rules are in the README
 * of this folder; everything else stays as it is, to the bit.
 * @module
 */
import { BodyWriter, type Names, writeCharge } from "./_instrument_body.ts";
import { ByteWriter } from "./_instrument_bytes.ts";
import { COLD, Edit } from "./_instrument_edits.ts";
import { NONE } from "./_instrument_frames.ts";
import { writeAfterGrow, writeBeforeGrow } from "./_instrument_grow.ts";
import { makePlan, type Plan } from "./_instrument_plan.ts";
import { Scan } from "./_instrument_scan.ts";
import { type Change, rewriteSections } from "./_instrument_sections.ts";
import { loadModule } from "./check.ts";
import { COST_MAX, type CostTable, DEFAULT_COSTS, wrongCost } from "./costs.ts";
import { type FloatRule, floatVerdicts } from "./floats.ts";
import { instantiationFuel } from "./fuel.ts";
import { memoryShift } from "./large_memory.ts";
import { type FunctionType, I32, I64, type Verdict, type WasmModule } from "./module.ts";
import { Op } from "./opcodes.ts";
import { Section } from "./parse.ts";
import { ByteReader } from "./parse_bytes.ts";
import { STACK_BYTES } from "./stack.ts";

/** Greatest value of the counter of fuel, and what it starts with. */
export const FUEL_MAX: bigint = 2n ** 63n - 1n;

const STACK_BYTES_MAX = 2 ** 31 - 1;

/** Pages of 64 KiB that a memory can have. */
const PAGES_MAX = 65_536;

export interface InstrumentOptions {
  /** {@linkcode DEFAULT_COSTS} when absent. */
  readonly costs?: CostTable;
  /** `canonicalise` when absent. */
  readonly floats?: FloatRule;
  /** What the counter of fuel starts with; {@linkcode FUEL_MAX} when absent. */
  readonly fuel?: bigint;
  /** What the counter of stack starts with, in bytes; {@linkcode STACK_BYTES} when absent. */
  readonly stackBytes?: number;
  /**
   * Whether a `memory.grow` that the module's own maximum allows, and that fails all the same, traps and sets a global to 1
   * (`growFailedGlobal` of the result). That is a machine without memory, and on another machine it would not have failed.
   */
  readonly trapFailedGrow?: boolean;
  /**
   * Whether code counts more while the memory is large (README, "Large memories"): `baseGlobal` and `shiftGlobal` of the result,
   * and a unit of the counter of fuel that is 2^shift of it. For memories that nobody grows but the module itself.
   */
  readonly memorySteps?: boolean;
}

/** What {@linkcode instrument} makes of a module. */
export interface Instrumented {
  readonly wasm: Uint8Array<ArrayBuffer>;
  /** Name of the export with the counter of fuel: a mutable global of type `i64`. */
  readonly fuelGlobal: string;
  /** Name of the export with the counter of stack: a mutable global of type `i32`. */
  readonly stackGlobal: string;
  /** Name of the export that says that memory could not grow (`i32`, 0 or 1), when the option asked for it. */
  readonly growFailedGlobal: string | undefined;
  /**
   * Name of the export with the counter of what is charged for other things than code, when the option asked for it: mutable, `i64`,
   * in units of the counter of fuel. Whoever sets that, or takes something off, does the same here.
   */
  readonly baseGlobal: string | undefined;
  /** Name of the export that says how large these units are (`i64`): 2^shift fuel. */
  readonly shiftGlobal: string | undefined;
  /** What instantiating costs besides what the module charges itself; the host charges it. */
  readonly instantiationFuel: bigint;
}

/** A module that is not instrumented. `code`: that of the first verdict. */
export class InstrumentError extends Error {
  override readonly name = "InstrumentError";
  readonly code: string;
  readonly verdicts: readonly Verdict[];

  constructor(verdicts: readonly Verdict[]) {
    super(`instrument: ${verdicts[0]?.message}`);
    this.code = verdicts[0]?.code ?? "";
    this.verdicts = verdicts;
  }
}

/**
 * The module, under fuel. It works with `WebAssembly.instantiate` and whatever imports it had, whether it is a contract or
 * not; without anybody setting its counters it simply runs. When it traps and the fuel is below zero, it ran out of fuel; when the
 * stack is, it was too deep.
 *
 * @throws {InstrumentError} for bytes that are no valid module, or have features or sizes that are not allowed, or floats
 * when those are to be rejected
 * @throws {RangeError} for options outside of their ranges
 *
 * @example
 * ```ts
 * import { instrument } from "@catenary/catenary";
 * const empty = new Uint8Array([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
 * const { wasm, fuelGlobal } = instrument(empty, { fuel: 1000n });
 * const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm));
 * console.log((exports[fuelGlobal] as WebAssembly.Global).value); // 1000n
 * ```
 */
export function instrument(wasm: Uint8Array, options: InstrumentOptions = {}): Instrumented {
  const loaded = loadModule(wasm);
  if (!loaded.ok) throw new InstrumentError(loaded.error);
  return instrumentModule(loaded.value.module, options);
}

/** {@linkcode instrument} of a module that is known to be valid. */
export function instrumentModule(module: WasmModule, options: InstrumentOptions = {}): Instrumented {
  const { costs = DEFAULT_COSTS, floats = "canonicalise", fuel = FUEL_MAX, stackBytes = STACK_BYTES } = options;
  const wrong = wrongCost(costs);
  if (wrong !== undefined) {
    throw new RangeError(`instrument: cost ${wrong} is ${costs[wrong]}, not a whole number up to ${COST_MAX}`);
  }
  if (fuel < 0n || fuel > FUEL_MAX) throw new RangeError(`instrument: fuel is ${fuel}`);
  if (!Number.isInteger(stackBytes) || stackBytes < 0 || stackBytes > STACK_BYTES_MAX) {
    throw new RangeError(`instrument: stack is ${stackBytes} bytes`);
  }
  if (floats === "reject") {
    const verdicts = floatVerdicts(module);
    if (verdicts.length > 0) throw new InstrumentError(verdicts);
  }
  const plan = makePlan(module, new Scan(module, costs, floats === "canonicalise"));
  const steps = options.memorySteps === true;
  const shift = steps ? memoryShift(memoryOf(module)?.min ?? 0) : 0;
  const build = new Build(module, plan, costs.memoryPage);
  const fuelGlobal = build.global("fuel", I64, fuel >> BigInt(shift));
  const stackGlobal = build.global("stack", I32, BigInt(stackBytes));
  const growFailedGlobal = options.trapFailedGrow === true ? build.global("grow_failed", I32, 0n) : undefined;
  const baseGlobal = steps ? build.global("fuel_base", I64, fuel >> BigInt(shift)) : undefined;
  const shiftGlobal = steps ? build.global("fuel_shift", I64, BigInt(shift)) : undefined;
  return {
    wasm: build.finish(growFailedGlobal !== undefined, steps),
    fuelGlobal,
    stackGlobal,
    growFailedGlobal,
    baseGlobal,
    shiftGlobal,
    instantiationFuel: instantiationFuel(module, costs),
  };
}

/** A few bytes of a section, written apart. */
function encode(write: (out: ByteWriter) => void): number[] {
  const out = new ByteWriter(SMALL_BYTES);
  write(out);
  return [...out.finish()];
}
const SMALL_BYTES = 4096;

/**
 * A function that nobody calls. There are as many as the module has of its own, because V8 allows for more inlining where half of all functions are
 * small (below 50 bytes), and what is written into small ones makes many of them large.
 */
const IDLE: FunctionType = { params: [], results: [] };
/** Its length, no locals, its end. */
const IDLE_BODY: readonly number[] = [2, 0, Op.end];
const INDEX_BYTES_MAX = 5;

/** What is added to the module, and the module with it. */
class Build {
  readonly #module: WasmModule;
  readonly #plan: Plan;
  readonly #memoryPage: number;
  readonly #taken: Set<string>;
  /** Index of the first added global: the one of fuel. */
  readonly #firstGlobal: number;
  #globals = 0;
  readonly #globalBytes: number[] = [];
  readonly #exportBytes: number[] = [];
  #types = 0;
  readonly #typeBytes: number[] = [];
  /** By what {@linkcode typeText} makes of a type. */
  readonly #typeIndices = new Map<string, number>();

  constructor(module: WasmModule, plan: Plan, memoryPage: number) {
    this.#module = module;
    this.#plan = plan;
    this.#memoryPage = memoryPage;
    this.#taken = new Set(module.exports.map(({ name }) => name));
    const imported = module.imports.filter(({ description }) => description.kind === "global").length;
    this.#firstGlobal = imported + module.globals.length;
    module.types.forEach((type, i) => this.#typeIndices.set(typeText(type), i));
  }

  /** Adds a mutable global and exports it; answers the name, which is `name` unless the module has that. */
  global(name: string, type: number, value: bigint): string {
    let free = name;
    while (this.#taken.has(free)) free += "_";
    this.#taken.add(free);
    const index = this.#firstGlobal + this.#globals++;
    this.#globalBytes.push(
      type,
      1,
      type === I64 ? Op.i64Const : Op.i32Const,
      ...encode((out) => out.s64Big(value)),
      Op.end,
    );
    const letters = [...new TextEncoder().encode(free)];
    this.#exportBytes.push(
      ...encode((out) => out.u32(letters.length)),
      ...letters,
      3,
      ...encode((out) => out.u32(index)),
    );
    return free;
  }

  finish(trapFailedGrow: boolean, memorySteps: boolean): Uint8Array<ArrayBuffer> {
    const { bytes, code, types } = this.#module, plan = this.#plan;
    const fuel = this.#firstGlobal, pagesMax = memoryOf(this.#module)?.max ?? PAGES_MAX;
    const added: { readonly type: FunctionType; readonly write: (out: ByteWriter) => void }[] = [];
    const add = (params: readonly number[], write: (out: ByteWriter) => void) =>
      plan.imported + code.length + added.push({ type: { params, results: [] }, write }) - 1;
    const charge = usesCharge(plan) ? add([I64], (out) => writeCharge(out, fuel)) : NONE;
    let growth: Names["growth"];
    if (memorySteps && usesGrow(plan)) {
      const base = fuel + this.#globals - 2;
      const numbers = { fuel, base, shift: base + 1, memoryPage: this.#memoryPage, pagesMax };
      const before = add([I32], (out) => writeBeforeGrow(out, numbers));
      growth = { before, after: add([], (out) => writeAfterGrow(out, numbers)) };
    }
    const names: Names = {
      fuel,
      stack: fuel + 1,
      growFailed: trapFailedGrow ? fuel + 2 : undefined,
      growth,
      charge,
      pagesMax,
      resultBlocks: this.#resultBlocks(),
    };
    const changes = new Map<number, Change>();
    const idle = code.length;
    if (idle > 0) {
      const indices = [...added.map(({ type }) => type), ...code.map(() => IDLE)].map((type) => this.#type(type));
      const bytes = encode((out) => indices.forEach((index) => (out.reserve(INDEX_BYTES_MAX), out.u32(index))));
      changes.set(Section.function, { entries: indices.length, bytes });
    }
    if (this.#types > 0) changes.set(Section.type, { entries: this.#types, bytes: this.#typeBytes });
    changes.set(Section.global, { entries: this.#globals, bytes: this.#globalBytes });
    changes.set(Section.export, { entries: this.#globals, bytes: this.#exportBytes });
    if (code.length > 0) {
      changes.set(Section.code, {
        write: (out) => {
          const writer = new BodyWriter(out, bytes, plan, names);
          out.reserve(SMALL_BYTES);
          out.u32(code.length + added.length + idle);
          code.forEach((body, i) => writer.write(i, body, types[body.type]!.params.length));
          for (const { write } of added) write(out);
          out.reserve(idle * IDLE_BODY.length);
          for (let i = 0; i < idle; i++) out.put(IDLE_BODY);
        },
      });
    }
    const out = new ByteWriter(bytes.length * 2 + SMALL_BYTES);
    rewriteSections(bytes, changes, (place) => isHints(bytes, place), out);
    return out.finish();
  }

  /** By function type: what it leaves, as a block type. Several values need a type of their own. */
  #resultBlocks(): number[][] {
    const { types, code } = this.#module;
    const { frame, visible, imported } = this.#plan;
    const used = new Set(code.flatMap(({ type }, i) => frame[i]! > 0 && visible[imported + i] === 1 ? [type] : []));
    return types.map(({ results }, i) => {
      if (results.length === 0) return [EMPTY_BLOCK];
      if (results.length === 1) return [results[0]!];
      return used.has(i) ? encode((out) => out.s64(this.#type({ params: [], results }))) : [];
    });
  }

  /** Index of a type like this, which is added when there is none. */
  #type(wanted: FunctionType): number {
    const text = typeText(wanted);
    const found = this.#typeIndices.get(text);
    if (found !== undefined) return found;
    this.#typeBytes.push(
      0x60,
      ...encode((out) => out.u32(wanted.params.length)),
      ...wanted.params,
      ...encode((out) => out.u32(wanted.results.length)),
      ...wanted.results,
    );
    const index = this.#module.types.length + this.#types++;
    this.#typeIndices.set(text, index);
    return index;
  }
}

function typeText({ params, results }: FunctionType): string {
  return `${params.join()}:${results.join()}`;
}

const EMPTY_BLOCK = 0x40;

/** Whether anything is charged by a call. */
function usesCharge({ edits: { kind, value, flags, count } }: Plan): boolean {
  for (let i = 0; i < count; i++) {
    if (kind[i] === Edit.charge && value[i]! > 0 && (flags[i]! & COLD) !== 0) return true;
  }
  return false;
}

/** Whether the memory is made to grow. */
const usesGrow = ({ edits: { kind, count } }: Plan) => kind.subarray(0, count).includes(Edit.grow);

/** The bounds of the memory, which is the module's own or an imported one. */
function memoryOf({ memories, imports }: WasmModule) {
  const imported = imports.flatMap(({ description }) => description.kind === "memory" ? [description.limits] : []);
  return memories[0] ?? imported[0];
}

/** Whether a custom section speaks of places in function bodies, which have moved: hints on branches and the like. */
function isHints(bytes: Uint8Array, { id, content, end }: { id: number; content: number; end: number }): boolean {
  return id === Section.custom && new ByteReader(bytes, content, end).text().startsWith("metadata.code.");
}
