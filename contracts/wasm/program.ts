/**
 * From the code of a contract to something that can be run: checked, bounded in memory, instrumented; compiled when somebody
 * runs it. Uploads do not compile: who simulates one pays nothing. Made once and shared by all calls.
 * @module
 */
import type { Result } from "../../node/core/result.ts";
import { err, ok } from "../../node/core/result.ts";
import type { CodeReport } from "../engine.ts";
import { ByteWriter } from "./_instrument_bytes.ts";
import { type Change, rewriteSections } from "./_instrument_sections.ts";
import { trackWrites } from "./_writes.ts";
import { loadContract, type LoadedModule } from "./check.ts";
import { CONTRACT_IMPORTS, type ContractWants } from "./check_contract.ts";
import { reportOf } from "./check_report.ts";
import { compile, typeName } from "./compile.ts";
import type { CostTable } from "./costs.ts";
import type { FloatRule } from "./floats.ts";
import { InstructionReader } from "./instructions.ts";
import { type Instrumented, InstrumentError, instrumentModule } from "./instrument.ts";
import { V8_BODY_BYTES_MAX } from "./limits.ts";
import { type FunctionType, I32, I64, type Verdict, type WasmModule } from "./module.ts";
import { Op } from "./opcodes.ts";
import { parse, Section } from "./parse.ts";

export interface ProgramOptions {
  readonly capabilities: ReadonlySet<string>;
  /** Pages of 64 KiB that a contract's memory may grow to. */
  readonly memoryPagesMax: number;
  readonly costs: CostTable;
  readonly floats: FloatRule;
  /** Most locals of a function. */
  readonly locals: number;
  readonly stackBytes: number;
}

/** What is known of a program. */
interface Facts {
  readonly report: CodeReport;
  readonly fuelGlobal: string;
  readonly stackGlobal: string;
  readonly growFailedGlobal: string;
  readonly baseGlobal: string;
  readonly shiftGlobal: string;
  readonly instantiationFuel: bigint;
  /** Names of exports of all mutable globals but the counters, whose unit is one of them. */
  readonly globals: readonly string[];
  /**
   * Whether an instance can be brought back to any earlier state from outside: all that may change in it is its memory and
   * these globals, and nothing ran when it was made.
   */
  readonly restorable: boolean;
  /** Name of the export with the lowest address that was written to; undefined where nobody notes it. */
  readonly lowestGlobal: string | undefined;
  /** Parameters of `migrate`: two, or three since CosmWasm 2.2. */
  readonly migrateParams: number;
  /** The function types of the module, by {@linkcode typeName}. */
  readonly types: readonly string[];
}

export interface Program extends Facts {
  /** Compiled when it is asked for, and then kept until {@linkcode Program.release}. Throws as `compile` does. */
  readonly module: WebAssembly.Module;
  release(): void;
  /** Bytes of the instrumented module, which are always there. */
  readonly sourceBytes: number;
  /** What it takes in memory while it is compiled, about. */
  readonly bytes: number;
}

function programOf(facts: Facts, wasm: Uint8Array<ArrayBuffer>): Program {
  let compiled: WebAssembly.Module | undefined;
  return {
    ...facts,
    get module() {
      return compiled ??= compile(wasm, facts.types);
    },
    release() {
      compiled = undefined;
    },
    sourceBytes: wasm.length,
    bytes: wasm.length * HELD_FACTOR,
  };
}

/**
 * V8 keeps the module's bytes, the code of its baseline compiler (three to four times as much) and that of the optimising one
 * for what is hot.
 */
const HELD_FACTOR = 8;

/**
 * Bytes of a contract that is instrumented. Most grow by less than the double, and are up to 800 KiB before; this is for those made to
 * grow, which would take time and memory that nobody pays for whenever they are loaded.
 */
export const INSTRUMENTED_BYTES_MAX = 4 * 1024 * 1024;

const EVERYTHING: ReadonlySet<string> = { has: () => true } as unknown as ReadonlySet<string>;

/** The program of `code`. With `anyCapability` also when the chain has lost a capability since the code was uploaded. */
export function buildProgram(
  code: Uint8Array,
  options: ProgramOptions,
  anyCapability: boolean,
): Result<Program, readonly Verdict[]> {
  const wants: ContractWants = {
    imports: new Set(CONTRACT_IMPORTS),
    capabilities: anyCapability ? EVERYTHING : options.capabilities,
  };
  const loaded = loadContract(code, { wants, limits: { locals: options.locals } });
  if (!loaded.ok) return loaded;
  const { module } = loaded.value;
  try {
    const { costs, floats, stackBytes } = options;
    // It is valid, and another maximum does not change that.
    const bounded = parse(boundMemory(module, options.memoryPagesMax));
    const instrumented = instrumentModule(bounded, {
      costs,
      floats,
      stackBytes,
      trapFailedGrow: true,
      memorySteps: true,
    });
    const { length } = instrumented.wasm;
    if (length > INSTRUMENTED_BYTES_MAX) {
      const message = `Wasm contract under fuel is larger than ${INSTRUMENTED_BYTES_MAX} bytes: ${length}`;
      return err([{ kind: "limit", code: "instrumented_bytes", message, offset: undefined }]);
    }
    const exposed = exposeGlobals(instrumented);
    const facts: Facts = {
      report: reportOf(module),
      fuelGlobal: instrumented.fuelGlobal,
      stackGlobal: instrumented.stackGlobal,
      growFailedGlobal: instrumented.growFailedGlobal!,
      baseGlobal: instrumented.baseGlobal!,
      shiftGlobal: instrumented.shiftGlobal!,
      instantiationFuel: instrumented.instantiationFuel,
      globals: exposed.names,
      restorable: exposed.restorable && isRestorable(loaded.value),
      lowestGlobal: exposed.lowest,
      migrateParams: exportedType(module, "migrate")?.params.length ?? 0,
      types: exposed.types,
    };
    return ok(programOf(facts, exposed.wasm));
  } catch (error) {
    if (error instanceof InstrumentError) return err(error.verdicts);
    throw error;
  }
}

/** The module with a maximum for its memory: contracts leave it to the chain. */
function boundMemory(module: WasmModule, pagesMax: number): Uint8Array {
  const [memory] = module.memories;
  if (memory === undefined) return module.bytes;
  const out = new ByteWriter(module.bytes.length + SECTION_HEAD_BYTES_MAX);
  const write = (section: ByteWriter) => {
    section.reserve(SECTION_HEAD_BYTES_MAX);
    section.u32(1);
    section.byte(0x01);
    section.u32(memory.min);
    section.u32(Math.max(memory.min, pagesMax));
  };
  rewriteSections(module.bytes, new Map([[Section.memory, { write }]]), () => false, out);
  return out.finish();
}

const SECTION_HEAD_BYTES_MAX = 16;

/** A module that is ready for V8. */
export interface Exposed {
  readonly wasm: Uint8Array<ArrayBuffer>;
  readonly names: readonly string[];
  readonly restorable: boolean;
  readonly lowest: string | undefined;
  readonly types: readonly string[];
}

/** Exports all mutable globals under names that nobody uses, and one that notes what is written. */
export function exposeGlobals(instrumented: Instrumented): Exposed {
  const module = parse(instrumented.wasm, V8_BODY_BYTES_MAX);
  const taken = new Set(module.exports.map(({ name }) => name));
  let prefix = "global";
  while (module.exports.some(({ name }) => name.startsWith(prefix))) prefix += "_";
  const counters = new Set([instrumented.fuelGlobal, instrumented.stackGlobal, instrumented.baseGlobal]);
  const counting = new Set(module.exports.filter(({ name }) => counters.has(name)).map(({ index }) => index));
  const imported = module.imports.filter(({ description }) => description.kind === "global").length;
  const names: string[] = [];
  const entries: number[] = [];
  const expose = (name: string, index: number) => {
    const entry = new ByteWriter(name.length + SECTION_HEAD_BYTES_MAX);
    entry.u32(name.length);
    for (let at = 0; at < name.length; at++) entry.byte(name.charCodeAt(at));
    entry.byte(0x03);
    entry.u32(index);
    entries.push(...entry.finish());
  };
  let restorable = imported === 0 && taken.has("memory");
  module.globals.forEach(({ type }, i) => {
    const index = imported + i;
    if (!type.mutable || counting.has(index)) return;
    // References cannot be made again from outside; and a NaN that has been a number of JavaScript may be another one.
    if (type.type !== I32 && type.type !== I64) restorable = false;
    const name = `${prefix}${index}`;
    names.push(name);
    expose(name, index);
  });
  const limits = { bytesMax: INSTRUMENTED_BYTES_MAX, bodyBytesMax: V8_BODY_BYTES_MAX };
  const tracking = restorable ? trackWrites(module, counting, limits) : undefined;
  const lowest = tracking && `${prefix}_lowest`;
  if (tracking !== undefined) expose(lowest!, tracking.global);
  const out = new ByteWriter(instrumented.wasm.length + entries.length + SECTION_HEAD_BYTES_MAX);
  const change = { entries: names.length + (tracking === undefined ? 0 : 1), bytes: entries };
  const changes = new Map<number, Change>([...tracking?.changes ?? [], [Section.export, change]]);
  rewriteSections(instrumented.wasm, changes, () => false, out);
  return { wasm: out.finish(), names, restorable, lowest, types: module.types.map(typeName) };
}

/** Instructions that change tables, or what passive segments hold. */
const UNRESTORABLE: ReadonlySet<number> = new Set<number>([
  Op.tableSet,
  Op.tableGrow,
  Op.tableFill,
  Op.tableCopy,
  Op.tableInit,
  Op.dataDrop,
  Op.elemDrop,
]);

function isRestorable({ module }: LoadedModule): boolean {
  if (module.start !== undefined) return false;
  const reader = new InstructionReader(module.bytes);
  for (const { start, end } of module.code) {
    reader.seek(start, end);
    while (reader.next()) if (UNRESTORABLE.has(reader.opcode)) return false;
  }
  return true;
}

function exportedType(module: WasmModule, name: string): FunctionType | undefined {
  const found = module.exports.find((one) => one.kind === "function" && one.name === name);
  if (found === undefined) return undefined;
  const imports = module.imports.flatMap(({ description }) =>
    description.kind === "function" ? [description.type] : []
  );
  const type = found.index < imports.length ? imports[found.index] : module.functions[found.index - imports.length];
  return type === undefined ? undefined : module.types[type];
}
