/** Types of the binary format (specification, 5.3). @module */
import { beyond, denied, malformed } from "./_refused.ts";
import { proposalOfType } from "./features.ts";
import { isValueType } from "./instructions.ts";
import { ENGINE_LIMITS } from "./limits.ts";
import {
  EXTERNREF,
  FUNCREF,
  type FunctionType,
  type GlobalType,
  type Limits,
  type TableType,
  type ValueType,
} from "./module.ts";
import type { ByteReader } from "./parse_bytes.ts";

const FUNCTION_TYPE = 0x60;

/** Forms of a type by their first byte: rec, sub final, sub, struct, array. */
const GC_FORMS: readonly number[] = [0x4e, 0x4f, 0x50, 0x5e, 0x5f];
const CONTINUATION_FORM = 0x5d;

export function readValueType(reader: ByteReader): ValueType {
  const at = reader.position;
  const type = reader.byte();
  return isValueType(type) ? type : badType(type, "value type", at);
}

export function readReferenceType(reader: ByteReader): ValueType {
  const at = reader.position;
  const type = reader.byte();
  return type === FUNCREF || type === EXTERNREF ? type : badType(type, "reference type", at);
}

function badType(type: number, what: string, at: number): never {
  const proposal = proposalOfType(type);
  if (proposal !== undefined) denied(proposal, `read ${what}`, at);
  return malformed("value_type", `read ${what}: 0x${type.toString(16)} has no meaning`, at);
}

export function readFunctionType(reader: ByteReader): FunctionType {
  const at = reader.position;
  const form = reader.byte();
  if (GC_FORMS.includes(form)) denied("gc", "read type", at);
  if (form === CONTINUATION_FORM) denied("stack_switching", "read type", at);
  if (form !== FUNCTION_TYPE) malformed("type_form", `read type: form 0x${form.toString(16)} has no meaning`, at);
  const params = readValueTypes(reader, "params", ENGINE_LIMITS.params);
  return { params, results: readValueTypes(reader, "results", ENGINE_LIMITS.results) };
}

function readValueTypes(reader: ByteReader, what: string, most: number): ValueType[] {
  const at = reader.position;
  const count = reader.count(what);
  if (count > most) beyond(what, `${what} of a function type`, count, most, at);
  const types: ValueType[] = [];
  for (let i = 0; i < count; i++) types.push(readValueType(reader));
  return types;
}

/** Flags of limits: 1 a maximum follows, 2 shared, 4 of 64 bits, 8 with a page size. */
function readLimits(reader: ByteReader, what: string): Limits {
  const at = reader.position;
  const flags = reader.byte();
  if (flags > 1) {
    if (flags > 0x0f) malformed("limits", `read ${what}: flags 0x${flags.toString(16)} have no meaning`, at);
    denied((flags & 8) !== 0 ? "custom_page_sizes" : (flags & 4) !== 0 ? "memory64" : "threads", `read ${what}`, at);
  }
  const min = reader.u32();
  return { min, max: flags === 1 ? reader.u32() : undefined };
}

export const readMemory = (reader: ByteReader): Limits => readLimits(reader, "memory");

export function readTable(reader: ByteReader): TableType {
  const at = reader.position;
  // 0x40 0x00 announces a table whose entries start with the value of an expression.
  if (reader.bytes[at] === 0x40) denied("function_references", "read table", at);
  const element = readReferenceType(reader);
  const limits = readLimits(reader, "table");
  if (limits.min > ENGINE_LIMITS.tableEntries) {
    beyond("table_entries", "entries of a table", limits.min, ENGINE_LIMITS.tableEntries, at);
  }
  return { element, limits };
}

export function readGlobalType(reader: ByteReader): GlobalType {
  const type = readValueType(reader);
  const at = reader.position;
  const mutability = reader.byte();
  if (mutability === 2 || mutability === 3) denied("threads", "read global", at); // shared globals
  if (mutability > 1) malformed("mutability", `read global: mutability ${mutability} has no meaning`, at);
  return { type, mutable: mutability === 1 };
}
