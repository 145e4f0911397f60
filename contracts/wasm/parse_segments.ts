/** Constant expressions, element and data segments (specification, 5.4.9, 5.5.12, 5.5.14). @module */
import { beyond, malformed } from "./_refused.ts";
import type { InstructionReader } from "./instructions.ts";
import { ENGINE_LIMITS } from "./limits.ts";
import { type ConstantExpression, type DataSegment, type ElementSegment, FUNCREF, type ValueType } from "./module.ts";
import { Op } from "./opcodes.ts";
import { readReferenceType } from "./parse_types.ts";

/** Goes to the end of an expression; whether it is constant is for validation. */
export function readExpression(reader: InstructionReader): ConstantExpression {
  const start = reader.position;
  for (let depth = 1; depth > 0;) {
    if (!reader.next()) malformed("unexpected_end", "read expression: it has no end", start);
    if (reader.opcode === Op.end) depth--;
    else if (reader.opcode >= Op.block && reader.opcode <= Op.if) depth++;
  }
  return { start, end: reader.position };
}

/** Bits of the flags: 1 not active, 2 explicit table or declarative, 4 expressions instead of indices. */
export function readElementSegment(reader: InstructionReader): ElementSegment {
  const at = reader.position;
  const flags = reader.u32();
  if (flags > 7) malformed("element_flags", `read element segment: flags ${flags} have no meaning`, at);
  const active = (flags & 1) === 0;
  const mode = active ? "active" : (flags & 2) !== 0 ? "declarative" : "passive";
  const table = active && (flags & 2) !== 0 ? reader.u32() : 0;
  const offset = active ? readExpression(reader) : undefined;
  const byExpression = (flags & 4) !== 0;
  const type = (flags & 3) === 0 ? FUNCREF : byExpression ? readReferenceType(reader) : readElementKind(reader);
  const countAt = reader.position;
  const count = reader.count("entries of an element segment");
  if (count > ENGINE_LIMITS.tableEntries) {
    beyond("element_entries", "entries of an element segment", count, ENGINE_LIMITS.tableEntries, countAt);
  }
  const functions: number[] = [], expressions: ConstantExpression[] = [];
  for (let i = 0; i < count; i++) {
    if (byExpression) expressions.push(readExpression(reader));
    else functions.push(reader.u32());
  }
  return {
    mode,
    table,
    offset,
    type,
    functions: byExpression ? undefined : functions,
    expressions: byExpression ? expressions : undefined,
  };
}

function readElementKind(reader: InstructionReader): ValueType {
  const at = reader.position;
  const kind = reader.byte();
  if (kind !== 0) malformed("element_kind", `read element segment: kind ${kind} has no meaning`, at);
  return FUNCREF;
}

export function readDataSegment(reader: InstructionReader): DataSegment {
  const at = reader.position;
  const flags = reader.u32();
  if (flags > 2) malformed("data_flags", `read data segment: flags ${flags} have no meaning`, at);
  const memory = flags === 2 ? reader.u32() : 0;
  const offset = flags === 1 ? undefined : readExpression(reader);
  const bytes = reader.count("bytes of a data segment");
  const start = reader.position;
  reader.position += bytes;
  return { mode: flags === 1 ? "passive" : "active", memory, offset, start, end: reader.position };
}
