/** What the parts of a module may name: indices with what they stand for, imports first (specification, 3.1.1). @module */
import { invalid, malformed } from "./_refused.ts";
import type { InstructionReader } from "./instructions.ts";
import {
  type ElementSegment,
  FUNCREF,
  type FunctionType,
  type GlobalType,
  type Limits,
  type TableType,
  type WasmModule,
} from "./module.ts";
import { Immediate, OPCODES } from "./opcodes.ts";

export interface ModuleContext {
  readonly module: WasmModule;
  /** Type indices of all functions. */
  readonly functions: readonly number[];
  readonly tables: readonly TableType[];
  readonly memories: readonly Limits[];
  readonly globals: readonly GlobalType[];
  readonly importedGlobals: number;
  readonly hasMemory: boolean;
  /** 1 for functions that bodies may take a reference to. */
  readonly declared: Uint8Array;
  /** These throw `Refused` for an index that stands for nothing. */
  functionType(index: number, at: number | undefined): FunctionType;
  table(index: number, at: number | undefined): TableType;
  element(index: number, at: number): ElementSegment;
  global(reader: InstructionReader): GlobalType;
  indirectType(reader: InstructionReader): FunctionType;
  /** For instructions with fixed types and immediates that name something. */
  checkImmediates(reader: InstructionReader): void;
}

/** Collects the index spaces. Type indices are not checked yet. */
export function moduleContext(module: WasmModule): ModuleContext {
  const functions: number[] = [], tables: TableType[] = [], memories: Limits[] = [], globals: GlobalType[] = [];
  for (const { description } of module.imports) {
    if (description.kind === "function") functions.push(description.type);
    else if (description.kind === "table") tables.push(description.table);
    else if (description.kind === "memory") memories.push(description.limits);
    else globals.push(description.global);
  }
  const importedGlobals = globals.length;
  for (const type of module.functions) functions.push(type);
  for (const table of module.tables) tables.push(table);
  for (const memory of module.memories) memories.push(memory);
  for (const global of module.globals) globals.push(global.type);
  const context: ModuleContext = {
    module,
    functions,
    tables,
    memories,
    globals,
    importedGlobals,
    hasMemory: memories.length > 0,
    declared: new Uint8Array(functions.length),
    functionType: (index, at) =>
      module.types[functions[index] ?? unknown("function", index, at)] ?? unknown("type", functions[index]!, at),
    table: (index, at) => tables[index] ?? unknown("table", index, at),
    element: (index, at) => module.elements[index] ?? unknown("element_segment", index, at),
    global: ({ a, start }) => globals[a] ?? unknown("global", a, start),
    indirectType({ a, b, start }) {
      const { element } = context.table(b, start);
      if (element !== FUNCREF) invalid("type_mismatch", "call_indirect: table does not hold functions", start);
      return module.types[a] ?? unknown("type", a, start);
    },
    checkImmediates: (reader) => checkImmediates(context, reader),
  };
  return context;
}

const unknown = (what: string, index: number, at: number | undefined): never =>
  invalid(`unknown_${what}`, `index: unknown ${what.replace("_", " ")} ${index}`, at);

function checkImmediates(context: ModuleContext, { opcode, a, b, start }: InstructionReader): void {
  switch (OPCODES[opcode]!.immediate) {
    case Immediate.function: // ref.func
      context.functionType(a, start);
      if (context.declared[a] !== 1) invalid("undeclared_reference", `ref.func: undeclared function ${a}`, start);
      return;
    case Immediate.memory:
    case Immediate.memories:
      return needMemory(context, start);
    case Immediate.dataMemory:
      needMemory(context, start);
      return needData(context, a, start);
    case Immediate.data:
      return needData(context, a, start);
    case Immediate.element:
      return void context.element(a, start);
    case Immediate.elementTable: {
      if (context.table(b, start).element !== context.element(a, start).type) {
        invalid("type_mismatch", "table.init: types of table and element segment differ", start);
      }
      return;
    }
    case Immediate.tables: {
      if (context.table(a, start).element !== context.table(b, start).element) {
        invalid("type_mismatch", "table.copy: types of the tables differ", start);
      }
      return;
    }
    case Immediate.table: // table.size
      return void context.table(a, start);
  }
}

function needMemory({ hasMemory }: ModuleContext, at: number): void {
  if (!hasMemory) unknown("memory", 0, at);
}

function needData({ module }: ModuleContext, index: number, at: number): void {
  if (module.dataCount === undefined) malformed("data_count", "read function: data count section required", at);
  if (index >= module.dataCount) unknown("data_segment", index, at);
}
