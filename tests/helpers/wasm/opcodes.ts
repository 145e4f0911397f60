/**
 * The instructions of WebAssembly by name, from the core specification's index of instructions (1.0, sign extension,
 * saturating truncation, bulk memory, multi-value, reference types). Written apart from `contracts/wasm` on purpose: the
 * judge must not share a table with the judged.
 * @module
 */

export type Type = "i32" | "i64" | "f32" | "f64" | "funcref" | "externref";

export const TYPE_BYTES: Readonly<Record<Type, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  funcref: 0x70,
  externref: 0x6f,
};

/** The type of a byte of the binary format. */
export function typeOf(byte: number): Type {
  for (const [name, value] of Object.entries(TYPE_BYTES)) if (value === byte) return name as Type;
  throw new Error(`type: 0x${byte.toString(16)} is none`);
}

/** What stands behind the opcode. Indices in the order of the binary format. */
export type Immediates =
  | "none"
  | "block"
  | "index"
  | "index index"
  | "labels"
  | "call_indirect"
  | "types"
  | "memarg"
  | "i32"
  | "i64"
  | "f32"
  | "f64"
  | "reftype"
  | "zero"
  | "zero zero"
  | "index zero";

export interface Operation {
  readonly name: string;
  /** One byte, or 0xfc and the number behind it. */
  readonly code: readonly number[];
  readonly immediates: Immediates;
  /** Of instructions whose types are always the same: all numeric ones, loads, stores, constants. */
  readonly signature?: { readonly params: readonly Type[]; readonly result: Type | undefined };
  /** Of loads and stores: bytes touched. */
  readonly bytes?: number;
}

const table: Operation[] = [];
const put = (code: readonly number[], name: string, immediates: Immediates = "none", rest?: Partial<Operation>) =>
  void table.push({ name, code, immediates, ...rest });

/** Names of one type in a row of opcodes. */
function row(first: number, type: Type, names: string, params: number, result: Type): void {
  names.split(" ").forEach((name, i) =>
    put([first + i], `${type}.${name}`, "none", { signature: { params: Array(params).fill(type), result } })
  );
}

const COMPARE = "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u";
const COMPARE_FLOATS = "eq ne lt gt le ge";
const BINARY = "add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr";
const UNARY_FLOATS = "abs neg ceil floor trunc nearest sqrt";
const BINARY_FLOATS = "add sub mul div min max copysign";

put([0x00], "unreachable");
put([0x01], "nop");
put([0x02], "block", "block");
put([0x03], "loop", "block");
put([0x04], "if", "block");
put([0x05], "else");
put([0x0b], "end");
put([0x0c], "br", "index");
put([0x0d], "br_if", "index");
put([0x0e], "br_table", "labels");
put([0x0f], "return");
put([0x10], "call", "index");
put([0x11], "call_indirect", "call_indirect");
put([0x1a], "drop");
put([0x1b], "select");
put([0x1c], "select_t", "types");
put([0x20], "local.get", "index");
put([0x21], "local.set", "index");
put([0x22], "local.tee", "index");
put([0x23], "global.get", "index");
put([0x24], "global.set", "index");
put([0x25], "table.get", "index");
put([0x26], "table.set", "index");

const LOADS = "i32.load:4 i64.load:8 f32.load:4 f64.load:8 i32.load8_s:1 i32.load8_u:1 i32.load16_s:2 i32.load16_u:2 " +
  "i64.load8_s:1 i64.load8_u:1 i64.load16_s:2 i64.load16_u:2 i64.load32_s:4 i64.load32_u:4";
const STORES =
  "i32.store:4 i64.store:8 f32.store:4 f64.store:8 i32.store8:1 i32.store16:2 i64.store8:1 i64.store16:2 " +
  "i64.store32:4";
LOADS.split(" ").forEach((entry, i) => {
  const [name, bytes] = entry.split(":") as [string, string];
  const signature = { params: ["i32"] as const, result: name.slice(0, 3) as Type };
  put([0x28 + i], name, "memarg", { signature, bytes: Number(bytes) });
});
STORES.split(" ").forEach((entry, i) => {
  const [name, bytes] = entry.split(":") as [string, string];
  const signature = { params: ["i32", name.slice(0, 3) as Type] as const, result: undefined };
  put([0x36 + i], name, "memarg", { signature, bytes: Number(bytes) });
});
put([0x3f], "memory.size", "zero", { signature: { params: [], result: "i32" } });
put([0x40], "memory.grow", "zero", { signature: { params: ["i32"], result: "i32" } });
(["i32", "i64", "f32", "f64"] as const).forEach((type, i) =>
  put([0x41 + i], `${type}.const`, type, { signature: { params: [], result: type } })
);

row(0x45, "i32", "eqz", 1, "i32");
row(0x46, "i32", COMPARE, 2, "i32");
row(0x50, "i64", "eqz", 1, "i32");
row(0x51, "i64", COMPARE, 2, "i32");
row(0x5b, "f32", COMPARE_FLOATS, 2, "i32");
row(0x61, "f64", COMPARE_FLOATS, 2, "i32");
row(0x67, "i32", "clz ctz popcnt", 1, "i32");
row(0x6a, "i32", BINARY, 2, "i32");
row(0x79, "i64", "clz ctz popcnt", 1, "i64");
row(0x7c, "i64", BINARY, 2, "i64");
row(0x8b, "f32", UNARY_FLOATS, 1, "f32");
row(0x92, "f32", BINARY_FLOATS, 2, "f32");
row(0x99, "f64", UNARY_FLOATS, 1, "f64");
row(0xa0, "f64", BINARY_FLOATS, 2, "f64");

/** Conversions say themselves what they take: `i64.trunc_f32_s`. */
function conversion(code: readonly number[], name: string): void {
  const from = /_([if](?:32|64))/.exec(name)![1] as Type;
  put(code, name, "none", { signature: { params: [from], result: name.slice(0, 3) as Type } });
}
const CONVERSIONS = "i32.wrap_i64 i32.trunc_f32_s i32.trunc_f32_u i32.trunc_f64_s i32.trunc_f64_u i64.extend_i32_s " +
  "i64.extend_i32_u i64.trunc_f32_s i64.trunc_f32_u i64.trunc_f64_s i64.trunc_f64_u f32.convert_i32_s " +
  "f32.convert_i32_u f32.convert_i64_s f32.convert_i64_u f32.demote_f64 f64.convert_i32_s f64.convert_i32_u " +
  "f64.convert_i64_s f64.convert_i64_u f64.promote_f32 i32.reinterpret_f32 i64.reinterpret_f64 " +
  "f32.reinterpret_i32 f64.reinterpret_i64";
CONVERSIONS.split(" ").forEach((name, i) => conversion([0xa7 + i], name));
row(0xc0, "i32", "extend8_s extend16_s", 1, "i32");
row(0xc2, "i64", "extend8_s extend16_s extend32_s", 1, "i64");

put([0xd0], "ref.null", "reftype");
put([0xd1], "ref.is_null");
put([0xd2], "ref.func", "index");

const SATURATING = "i32.trunc_sat_f32_s i32.trunc_sat_f32_u i32.trunc_sat_f64_s i32.trunc_sat_f64_u " +
  "i64.trunc_sat_f32_s i64.trunc_sat_f32_u i64.trunc_sat_f64_s i64.trunc_sat_f64_u";
SATURATING.split(" ").forEach((name, i) => conversion([0xfc, i], name));
const I32X3 = { signature: { params: ["i32", "i32", "i32"], result: undefined } } as const;
put([0xfc, 8], "memory.init", "index zero", I32X3);
put([0xfc, 9], "data.drop", "index", { signature: { params: [], result: undefined } });
put([0xfc, 10], "memory.copy", "zero zero", I32X3);
put([0xfc, 11], "memory.fill", "zero", I32X3);
put([0xfc, 12], "table.init", "index index", I32X3);
put([0xfc, 13], "elem.drop", "index", { signature: { params: [], result: undefined } });
put([0xfc, 14], "table.copy", "index index", I32X3);
put([0xfc, 15], "table.grow", "index");
put([0xfc, 16], "table.size", "index", { signature: { params: [], result: "i32" } });
put([0xfc, 17], "table.fill", "index");

/** All of them, in the order of their codes. */
export const OPERATIONS: readonly Operation[] = table;

const byName = new Map(table.map((operation) => [operation.name, operation]));
const byCode = new Map(table.map((operation) => [operation.code.join(), operation]));

/** The operation called `name`; throws when there is none. */
export function operation(name: string): Operation {
  const found = byName.get(name);
  if (found === undefined) throw new Error(`operation: ${name} is none`);
  return found;
}

/** The operation of a code: one number, or 0xfc and the number behind it. */
export function operationOf(...code: number[]): Operation {
  const found = byCode.get(code.join());
  if (found === undefined) throw new Error(`operation: code ${code.map((c) => c.toString(16))} is none`);
  return found;
}
