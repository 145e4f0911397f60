/**
 * From the code of a contract to something that can be run: checked, bounded in memory, instrumented, compiled. Made once and
 * shared by all calls.
 * @module
 */
import type { Result } from "../../node/core/result.ts";
import { err, ok } from "../../node/core/result.ts";
import type { CodeReport } from "../engine.ts";
import { rewriteSections } from "./_instrument_sections.ts";
import { ByteWriter } from "./_instrument_bytes.ts";
import { loadContract, type LoadedModule } from "./check.ts";
import { CONTRACT_IMPORTS, type ContractWants } from "./check_contract.ts";
import { reportOf } from "./check_report.ts";
import type { CostTable } from "./costs.ts";
import type { FloatRule } from "./floats.ts";
import { InstructionReader } from "./instructions.ts";
import { instrument, type Instrumented, InstrumentError } from "./instrument.ts";
import { V8_BODY_BYTES_MAX } from "./limits.ts";
import { EXTERNREF, FUNCREF, type FunctionType, type Verdict, type WasmModule } from "./module.ts";
import { Op } from "./opcodes.ts";
import { parse, Section } from "./parse.ts";

export interface ProgramOptions {
  readonly capabilities: ReadonlySet<string>;
  /** Pages of 64 KiB that a contract's memory may grow to. */
  readonly memoryPagesMax: number;
  readonly costs: CostTable;
  readonly floats: FloatRule;
  readonly stackBytes: number;
}

export interface Program {
  readonly report: CodeReport;
  readonly module: WebAssembly.Module;
  readonly fuelGlobal: string;
  readonly stackGlobal: string;
  readonly growFailedGlobal: string;
  readonly instantiationFuel: bigint;
  /** Names of exports of all mutable globals but the counters. */
  readonly globals: readonly string[];
  /**
   * Whether an instance can be brought back to any earlier state from outside: all that may change in it is its memory and
   * these globals, and nothing ran when it was made.
   */
  readonly restorable: boolean;
  /** Parameters of `migrate`: two, or three since CosmWasm 2.2. */
  readonly migrateParams: number;
  /** What it takes in memory, about. */
  readonly bytes: number;
}

/** Why a module is no program: the verdicts, or V8 refused what we let pass. */
export type Refusal =
  | { readonly kind: "verdicts"; readonly verdicts: readonly Verdict[] }
  | { readonly kind: "engine"; readonly cause: unknown };

/**
 * V8 keeps the module's bytes, the code of its baseline compiler (three to four times as much) and that of the optimising one
 * for what is hot.
 */
const HELD_FACTOR = 8;

const EVERYTHING: ReadonlySet<string> = { has: () => true } as unknown as ReadonlySet<string>;

/** The program of `code`. With `anyCapability` also when the chain has lost a capability since the code was uploaded. */
export function buildProgram(
  code: Uint8Array,
  options: ProgramOptions,
  anyCapability: boolean,
): Result<Program, Refusal> {
  const wants: ContractWants = {
    imports: new Set(CONTRACT_IMPORTS),
    capabilities: anyCapability ? EVERYTHING : options.capabilities,
  };
  const loaded = loadContract(code, { wants });
  if (!loaded.ok) return err({ kind: "verdicts", verdicts: loaded.error });
  const { module } = loaded.value;
  try {
    const { costs, floats, stackBytes } = options;
    const bounded = boundMemory(module, options.memoryPagesMax);
    const instrumented = instrument(bounded, { costs, floats, stackBytes, trapFailedGrow: true });
    const exposed = exposeGlobals(instrumented);
    return ok({
      report: reportOf(module),
      module: new WebAssembly.Module(exposed.wasm),
      fuelGlobal: instrumented.fuelGlobal,
      stackGlobal: instrumented.stackGlobal,
      growFailedGlobal: instrumented.growFailedGlobal!,
      instantiationFuel: instrumented.instantiationFuel,
      globals: exposed.names,
      restorable: exposed.restorable && isRestorable(loaded.value),
      migrateParams: exportedType(module, "migrate")?.params.length ?? 0,
      bytes: exposed.wasm.length * HELD_FACTOR,
    });
  } catch (error) {
    if (error instanceof InstrumentError) return err({ kind: "verdicts", verdicts: error.verdicts });
    if (error instanceof WebAssembly.CompileError) return err({ kind: "engine", cause: error });
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

interface Exposed {
  readonly wasm: Uint8Array<ArrayBuffer>;
  readonly names: readonly string[];
  readonly restorable: boolean;
}

/** Exports all mutable globals under names that nobody uses. */
function exposeGlobals(instrumented: Instrumented): Exposed {
  const module = parse(instrumented.wasm, V8_BODY_BYTES_MAX);
  const taken = new Set(module.exports.map(({ name }) => name));
  let prefix = "global";
  while (module.exports.some(({ name }) => name.startsWith(prefix))) prefix += "_";
  const counters = new Set([instrumented.fuelGlobal, instrumented.stackGlobal]);
  const counting = new Set(module.exports.filter(({ name }) => counters.has(name)).map(({ index }) => index));
  const imported = module.imports.filter(({ description }) => description.kind === "global").length;
  const names: string[] = [];
  const entries: number[] = [];
  let restorable = imported === 0 && taken.has("memory");
  module.globals.forEach(({ type }, i) => {
    const index = imported + i;
    if (!type.mutable || counting.has(index)) return;
    if (type.type === FUNCREF || type.type === EXTERNREF) restorable = false;
    const name = `${prefix}${index}`;
    names.push(name);
    const entry = new ByteWriter(name.length + SECTION_HEAD_BYTES_MAX);
    entry.u32(name.length);
    for (let at = 0; at < name.length; at++) entry.byte(name.charCodeAt(at));
    entry.byte(0x03);
    entry.u32(index);
    entries.push(...entry.finish());
  });
  const out = new ByteWriter(instrumented.wasm.length + entries.length + SECTION_HEAD_BYTES_MAX);
  const change = { entries: names.length, bytes: entries };
  rewriteSections(instrumented.wasm, new Map([[Section.export, change]]), () => false, out);
  return { wasm: out.finish(), names, restorable };
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
