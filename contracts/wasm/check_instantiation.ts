/**
 * What would run, or fail, while an instance of a contract is made. An instance is made before its call has fuel, a stack or a
 * chain to ask, so nothing of the contract may run then; and what cannot become an instance is better refused than called.
 * @module
 */
import { InstructionReader } from "./instructions.ts";
import type { ConstantExpression, Verdict, WasmModule } from "./module.ts";
import { Op } from "./opcodes.ts";

const PAGE_BYTES = 65_536;

const contract = (code: string, message: string, offset?: number): Verdict => ({
  kind: "contract",
  code,
  message,
  offset,
});

/** Ours: in theirs a start function ends without gas, and segments that do not fit end each call. */
export function* instantiationVerdicts(module: WasmModule): Iterable<Verdict> {
  if (module.start !== undefined) yield contract("start", "Wasm contract must not have a start function");
  const bytes = (module.memories[0]?.min ?? 0) * PAGE_BYTES;
  for (const { mode, offset, start, end } of module.data) {
    if (mode === "active" && !fits(module, offset!, end - start, bytes)) {
      return yield contract("data_range", "Wasm contract has a data segment outside of its memory", offset!.start);
    }
  }
  for (const { mode, table, offset, functions, expressions } of module.elements) {
    const entries = module.tables[table]?.limits.min ?? 0;
    if (mode === "active" && !fits(module, offset!, (functions ?? expressions ?? []).length, entries)) {
      return yield contract(
        "element_range",
        "Wasm contract has an element segment outside of its table",
        offset!.start,
      );
    }
  }
}

/** Whether `count` items from `offset` on are within `size`. Contracts import no globals, so an offset is a number. */
function fits({ bytes }: WasmModule, { start, end }: ConstantExpression, count: number, size: number): boolean {
  const reader = new InstructionReader(bytes);
  reader.seek(start, end);
  return reader.next() && reader.opcode === Op.i32Const && (reader.a >>> 0) + count <= size;
}
