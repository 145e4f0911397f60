/** The static limits of contracts over a module whose indices are valid. @module */
import type { ContractLimits } from "./limits.ts";
import type { Verdict, WasmModule } from "./module.ts";
import type { BodyFacts } from "./validate_body.ts";

const limit = (code: string, message: string): Verdict => ({ kind: "limit", code, message, offset: undefined });

/**
 * cosmwasm-vm's sentences (`packages/vm/src/compatibility.rs`) and ours. `head`: what it judges before exports and imports,
 * `functions`: what comes after them.
 */
export function limitVerdicts(module: WasmModule, limits: ContractLimits, part: "head" | "functions"): Verdict[] {
  return part === "head"
    ? [...tableVerdicts(module, limits), ...memoryVerdicts(module, limits)]
    : [...functionVerdicts(module, limits), ...localVerdicts(module, limits), ...ourVerdicts(module, limits)];
}

function* tableVerdicts({ tables }: WasmModule, { tableEntries }: ContractLimits): Iterable<Verdict> {
  if (tables.length > 1) yield limit("tables", "Wasm contract must not have more than 1 table section");
  const [first] = tables;
  if (tables.length !== 1 || first === undefined) return;
  const { max } = first.limits;
  if (max === undefined) yield limit("unbound_table", "Wasm contract must not have unbound table section");
  else if (max > tableEntries) {
    yield limit("table_entries", "Wasm contract's first table section has a too large max limit");
  }
}

function* memoryVerdicts({ memories }: WasmModule, { memoryPages }: ContractLimits): Iterable<Verdict> {
  const [memory] = memories;
  if (memory === undefined) return yield limit("memories", "Wasm contract must contain exactly one memory");
  if (memory.min > memoryPages) {
    yield limit("memory_pages", `Wasm contract memory's minimum must not exceed ${memoryPages} pages.`);
  }
  if (memory.max !== undefined) {
    yield limit("memory_maximum", "Wasm contract memory's maximum must be unset. The host will set it for you.");
  }
}

function* functionVerdicts({ types, functions }: WasmModule, limits: ContractLimits): Iterable<Verdict> {
  const { functions: most, params, results, totalParams } = limits;
  if (functions.length > most) yield limit("functions", `Wasm contract contains more than ${most} functions`);
  if (types.some((type) => type.params.length > params)) {
    yield limit("params", `Wasm contract contains function with more than ${params} parameters`);
  }
  if (types.some((type) => type.results.length > results)) {
    yield limit("results", `Wasm contract contains function with more than ${results} results`);
  }
  const total = functions.reduce((sum, type) => sum + types[type]!.params.length, 0);
  if (total > totalParams) {
    yield limit("total_params", `Wasm contract contains more than ${totalParams} function parameters in total`);
  }
}

function* localVerdicts({ code }: WasmModule, { locals, totalLocals }: ContractLimits): Iterable<Verdict> {
  const counts = code.map((body) => body.locals.reduce((sum, { count }) => sum + count, 0));
  const greatest = counts.reduce((a, b) => Math.max(a, b), 0);
  if (greatest > locals) {
    yield limit("locals", `Wasm contract contains function with more than ${locals} locals: ${greatest}`);
  }
  const total = counts.reduce((a, b) => a + b, 0);
  if (total > totalLocals) {
    yield limit(
      "total_locals",
      `Wasm contract contains more than ${totalLocals} function locals in total: ${total}`,
    );
  }
}

function* ourVerdicts({ types, globals, code }: WasmModule, limits: ContractLimits): Iterable<Verdict> {
  if (types.length > limits.types) {
    yield limit("types", `Wasm contract contains more than ${limits.types} function types: ${types.length}`);
  }
  if (globals.length > limits.globals) {
    yield limit("globals", `Wasm contract contains more than ${limits.globals} globals: ${globals.length}`);
  }
  const longest = code.reduce((most, { start, end }) => Math.max(most, end - start), 0);
  if (longest > limits.bodyBytes) {
    yield limit("body_bytes", `Wasm contract contains a function with more than ${limits.bodyBytes} bytes: ${longest}`);
  }
}

/** Bounds on function bodies, which validation has measured. */
export function* bodyVerdicts(facts: readonly BodyFacts[], limits: ContractLimits): Iterable<Verdict> {
  const greatest = facts.reduce((most, { mergedSlots }) => Math.max(most, mergedSlots), 0);
  if (greatest > limits.mergedSlots) {
    yield limit(
      "merged_slots",
      `Wasm contract has a function with too many branches over too many values: ${greatest}`,
    );
  }
  const total = facts.reduce((sum, { mergedSlots }) => sum + mergedSlots, 0);
  if (total > limits.moduleMergedSlots) {
    yield limit("merged_slots", `Wasm contract has too many branches over too many values: ${total}`);
  }
}
