/** Constant expressions (specification, 3.3.10): one value, known before the module runs. @module */
import { denied, invalid } from "./_refused.ts";
import type { InstructionReader } from "./instructions.ts";
import { type ConstantExpression, F32, F64, FUNCREF, I32, I64, type ValueType } from "./module.ts";
import { OP, Op } from "./opcodes.ts";
import type { ModuleContext } from "./validate_context.ts";
import { nameOf } from "./validate_stack.ts";

/** What the proposal for extended constant expressions adds: add, sub and mul of both integers. */
const EXTENDED = new Set(["i32.add", "i32.sub", "i32.mul", "i64.add", "i64.sub", "i64.mul"].map((name) => OP[name]!));

/**
 * Throws `Refused` unless the expression makes one value of the type. `visible`: globals that a later proposal lets it name, all
 * of them unless it is said.
 */
export function validateExpression(
  context: ModuleContext,
  reader: InstructionReader,
  { start, end }: ConstantExpression,
  type: ValueType,
  visible: number = context.globals.length,
): void {
  reader.seek(start, end);
  let values = 0, found = 0;
  while (reader.next() && reader.position < end) {
    found = typeOfConstant(context, reader, visible);
    values++;
  }
  if (values !== 1) invalid("type_mismatch", `constant expression: ${values} values, one is needed`, start);
  if (found !== type) {
    invalid("type_mismatch", `constant expression: ${nameOf(type)} expected, ${nameOf(found)} found`, start);
  }
}

function typeOfConstant(context: ModuleContext, reader: InstructionReader, visible: number): ValueType {
  const { opcode, a, start } = reader;
  switch (opcode) {
    case Op.i32Const:
      return I32;
    case Op.i64Const:
      return I64;
    case Op.f32Const:
      return F32;
    case Op.f64Const:
      return F64;
    case Op.refNull:
      return a;
    case Op.refFunc:
      context.functionType(a, start);
      context.declared[a] = 1;
      return FUNCREF;
    case Op.globalGet: {
      if (a >= visible) invalid("unknown_global", `constant expression: unknown global ${a}`, start);
      const global = context.global(reader);
      if (global.mutable) invalid("constant_expression", "constant expression: global is mutable", start);
      if (a >= context.importedGlobals) denied("gc", "constant expression: global of the module itself", start);
      return global.type;
    }
    default:
      if (EXTENDED.has(opcode)) denied("extended_const", "constant expression", start);
      return invalid("constant_expression", "constant expression: instruction is not constant", start);
  }
}
