/**
 * Validation (specification, chapter 3) of a parsed module, function bodies included.
 * @module
 */
import { beyond, denied, invalid, Refused } from "./_refused.ts";
import { InstructionReader } from "./instructions.ts";
import { ENGINE_LIMITS } from "./limits.ts";
import type { ConstantExpression, Limits, ValueType, Verdict, WasmModule } from "./module.ts";
import { type BodyFacts, BodyValidator } from "./validate_body.ts";
import { nameOf } from "./validate_stack.ts";
import { validateExpression } from "./validate_constants.ts";
import { type ModuleContext, moduleContext } from "./validate_context.ts";

/** Pages of 64 KiB that a memory of 32 bits can have. */
const PAGES_MAX = 65_536;

/** Verdicts on function bodies that are collected before validation gives up. */
const VERDICTS_MAX = 16;

/** Everything but the function bodies. Throws `Refused` at the first thing that is wrong. */
export function validateModule(module: WasmModule): ModuleContext {
  const context = moduleContext(module);
  validateCounts(context);
  for (const [i, type] of context.functions.entries()) {
    if (type >= module.types.length) invalid("unknown_type", `function ${i}: unknown type ${type}`, undefined);
  }
  for (const { limits } of context.tables) validateLimits("table", limits, 2 ** 32 - 1);
  for (const limits of context.memories) validateLimits("memory", limits, PAGES_MAX);
  const reader = new InstructionReader(module.bytes);
  const expression = (what: ConstantExpression, type: ValueType, visible?: number) =>
    validateExpression(context, reader, what, type, visible);
  for (const [i, { type, init }] of module.globals.entries()) {
    expression(init, type.type, context.importedGlobals + i);
  }
  validateExports(context);
  validateStart(context);
  validateElements(context, expression);
  for (const { mode, memory, offset } of module.data) {
    if (mode === "passive") continue;
    if (memory >= context.memories.length) {
      invalid("unknown_memory", `data segment: unknown memory ${memory}`, offset!.start);
    }
    expression(offset!, 0x7f);
  }
  return context;
}

/** The function bodies of a valid rest: one verdict for each that is wrong, as many as are worth telling. */
export function validateBodies(context: ModuleContext): { verdicts: Verdict[]; facts: BodyFacts[] } {
  const validator = new BodyValidator(context);
  const verdicts: Verdict[] = [], facts: BodyFacts[] = [];
  for (const body of context.module.code) {
    try {
      facts.push(validator.validate(body));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { verdict } = error;
      // The same proposal or the same bound in every function is one thing to say.
      const said = verdict.kind !== "invalid" &&
        verdicts.some(({ kind, code }) => kind === verdict.kind && code === verdict.code);
      if (!said) verdicts.push(verdict);
      if (verdicts.length === VERDICTS_MAX || verdict.kind === "malformed") break;
    }
  }
  return { verdicts, facts };
}

function validateCounts({ functions, tables, memories, globals }: ModuleContext): void {
  if (memories.length > 1) denied("multi_memory", "read memories", undefined);
  const counts = [["functions", functions], ["tables", tables], ["globals", globals]] as const;
  for (const [what, { length }] of counts) {
    if (length > ENGINE_LIMITS[what]) beyond(what, what, length, ENGINE_LIMITS[what], undefined);
  }
}

function validateLimits(what: string, { min, max }: Limits, most: number): void {
  if (min > most || max !== undefined && max > most) {
    invalid(`${what}_size`, `${what}: size must be at most ${most}`, undefined);
  }
  if (max !== undefined && min > max) {
    invalid("limits", `${what}: size minimum ${min} must not be greater than maximum ${max}`, undefined);
  }
}

/** Names are unique, indices stand for something; exported functions count as declared. */
function validateExports(context: ModuleContext): void {
  const names = new Set<string>();
  const sizes = {
    function: context.functions.length,
    table: context.tables.length,
    memory: context.memories.length,
    global: context.globals.length,
  };
  for (const { name, kind, index } of context.module.exports) {
    if (names.has(name)) invalid("duplicate_export", "export: duplicate export name", undefined);
    names.add(name);
    if (index >= sizes[kind]) invalid(`unknown_${kind}`, `export: unknown ${kind} ${index}`, undefined);
    if (kind === "function") context.declared[index] = 1;
  }
}

function validateStart(context: ModuleContext): void {
  const { start } = context.module;
  if (start === undefined) return;
  const { params, results } = context.functionType(start, undefined);
  if (params.length + results.length > 0) {
    invalid("start_function", "start function: must take and give nothing", undefined);
  }
}

function validateElements(
  context: ModuleContext,
  expression: (what: ConstantExpression, type: ValueType) => void,
): void {
  for (const { mode, table, offset, type, functions, expressions } of context.module.elements) {
    if (mode === "active") {
      const { element } = context.table(table, offset!.start);
      if (element !== type) {
        invalid("type_mismatch", `element segment: ${nameOf(type)} in a table of ${nameOf(element)}`, offset!.start);
      }
      expression(offset!, 0x7f);
    }
    for (const index of functions ?? []) {
      if (index >= context.functions.length) {
        invalid("unknown_function", `element segment: unknown function ${index}`, offset?.start);
      }
      context.declared[index] = 1;
    }
    for (const item of expressions ?? []) expression(item, type);
  }
}
