/**
 * Every instruction of WebAssembly 1.0 and of the allowed proposals: name, immediates, types. Opcodes of one byte have their
 * own number, those behind the prefix 0xFC are `MISC + n`, so that tables by opcode are dense ({@linkcode OPCODE_COUNT}).
 * @module
 */
import type { Feature } from "./features.ts";
import { EXTERNREF, F32, F64, FUNCREF, I32, I64, type ValueType } from "./module.ts";

/** Added to the number behind the prefix 0xFC. */
export const MISC = 0x100;

/** One more than the greatest opcode. */
export const OPCODE_COUNT = MISC + 18;

/** What follows an opcode. In the reader: `a`, `b` as said here. */
export const Immediate = {
  none: 0,
  /** `a`: block type: {@linkcode BLOCK_EMPTY}, another negative number for a value type (`a & 0x7f` is its byte), or a type index. */
  block: 1,
  /** `a`: label. */
  label: 2,
  /** `a`: how many labels before the default; they are in `targets[0 .. a - 1]`, the default in `targets[a]` and in `b`. */
  labels: 3,
  /** `a`: function index. */
  function: 4,
  /** `a`: type index, `b`: table index. */
  indirect: 5,
  /** `a`: local index. */
  local: 6,
  /** `a`: global index. */
  global: 7,
  /** `a`: table index. */
  table: 8,
  /** `a`: memory index, always 0. */
  memory: 9,
  /** `a`: alignment as an exponent of two, `b`: offset (unsigned). */
  access: 10,
  /** `a`: the value, signed. */
  i32: 11,
  /** `a`, `b`: the low and the high half of the value, signed. */
  i64: 12,
  /** `a`: the bits. */
  f32: 13,
  /** `a`, `b`: the low and the high half of the bits. */
  f64: 14,
  /** `a`: byte of the reference type. */
  reference: 15,
  /** `a`: how many types, `b`: byte of the first. */
  types: 16,
  /** `a`: data index. */
  data: 17,
  /** `a`: data index, `b`: memory index, always 0. */
  dataMemory: 18,
  /** `a`: memory index of the target, `b`: of the source, both always 0. */
  memories: 19,
  /** `a`: element index. */
  element: 20,
  /** `a`: element index, `b`: table index. */
  elementTable: 21,
  /** `a`: table index of the target, `b`: of the source. */
  tables: 22,
} as const;
export type Immediate = typeof Immediate[keyof typeof Immediate];

/** The block type without parameters and results. */
export const BLOCK_EMPTY = -64;

export interface Opcode {
  readonly code: number;
  /** As in the text format. */
  readonly name: string;
  readonly immediate: Immediate;
  readonly feature: Feature;
  /** Operand types, the last one on top; undefined when they depend on the immediates or the stack. */
  readonly params: readonly ValueType[] | undefined;
  readonly results: readonly ValueType[] | undefined;
}

const TYPE_OF_LETTER: Readonly<Record<string, ValueType>> = {
  i: I32,
  I: I64,
  f: F32,
  F: F64,
  r: FUNCREF,
  x: EXTERNREF,
};

/** The table by opcode; undefined where no allowed instruction is. */
export const OPCODES: readonly (Opcode | undefined)[] = makeTable();

/** Opcodes by their names, for readers of code and for tests: `OP["i32.add"]`. */
export const OP: Readonly<Record<string, number>> = Object.fromEntries(
  OPCODES.flatMap((opcode) => opcode === undefined ? [] : [[opcode.name, opcode.code]]),
);

/** Names and numbers of the instructions that code names often. */
export const Op = {
  unreachable: 0x00,
  nop: 0x01,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  drop: 0x1a,
  select: 0x1b,
  selectTyped: 0x1c,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  tableGet: 0x25,
  tableSet: 0x26,
  memorySize: 0x3f,
  memoryGrow: 0x40,
  i32Const: 0x41,
  i64Const: 0x42,
  f32Const: 0x43,
  f64Const: 0x44,
  refNull: 0xd0,
  refIsNull: 0xd1,
  refFunc: 0xd2,
  memoryInit: MISC + 8,
  dataDrop: MISC + 9,
  memoryCopy: MISC + 10,
  memoryFill: MISC + 11,
  tableInit: MISC + 12,
  elemDrop: MISC + 13,
  tableCopy: MISC + 14,
  tableGrow: MISC + 15,
  tableSize: MISC + 16,
  tableFill: MISC + 17,
} as const;

function makeTable(): readonly (Opcode | undefined)[] {
  const table: (Opcode | undefined)[] = new Array(OPCODE_COUNT).fill(undefined);
  const types = (letters: string) => [...letters].map((letter) => TYPE_OF_LETTER[letter]!);
  /** `names`: instructions with the same signature, from `code` on. `signature`: "operands:results", "?" when not fixed. */
  const put = (code: number, signature: string, names: string, immediate: Immediate = 0, feature: Feature = "mvp") => {
    const [params, results] = signature === "?" ? [undefined, undefined] : signature.split(":").map(types);
    for (const name of names.split(" ")) {
      table[code] = { code, name, immediate, feature, params, results };
      code++;
    }
  };
  putControl(put);
  putMemory(put);
  putNumeric(put);
  putProposals(put);
  return table;
}

type Put = (code: number, signature: string, names: string, immediate?: Immediate, feature?: Feature) => void;

function putControl(put: Put): void {
  put(0x00, "?", "unreachable");
  put(0x01, ":", "nop");
  put(0x02, "?", "block loop if", Immediate.block);
  put(0x05, "?", "else");
  put(0x0b, "?", "end");
  put(0x0c, "?", "br br_if", Immediate.label);
  put(0x0e, "?", "br_table", Immediate.labels);
  put(0x0f, "?", "return");
  put(0x10, "?", "call", Immediate.function);
  put(0x11, "?", "call_indirect", Immediate.indirect);
  put(0x1a, "?", "drop select");
  put(0x1c, "?", "select_t", Immediate.types, "reference_types");
  put(0x20, "?", "local.get local.set local.tee", Immediate.local);
  put(0x23, "?", "global.get global.set", Immediate.global);
  put(0x25, "?", "table.get table.set", Immediate.table, "reference_types");
}

function putMemory(put: Put): void {
  put(0x28, "i:i", "i32.load", Immediate.access);
  put(0x29, "i:I", "i64.load", Immediate.access);
  put(0x2a, "i:f", "f32.load", Immediate.access);
  put(0x2b, "i:F", "f64.load", Immediate.access);
  put(0x2c, "i:i", "i32.load8_s i32.load8_u i32.load16_s i32.load16_u", Immediate.access);
  put(0x30, "i:I", "i64.load8_s i64.load8_u i64.load16_s i64.load16_u i64.load32_s i64.load32_u", Immediate.access);
  put(0x36, "ii:", "i32.store", Immediate.access);
  put(0x37, "iI:", "i64.store", Immediate.access);
  put(0x38, "if:", "f32.store", Immediate.access);
  put(0x39, "iF:", "f64.store", Immediate.access);
  put(0x3a, "ii:", "i32.store8 i32.store16", Immediate.access);
  put(0x3c, "iI:", "i64.store8 i64.store16 i64.store32", Immediate.access);
  put(0x3f, ":i", "memory.size", Immediate.memory);
  put(0x40, "i:i", "memory.grow", Immediate.memory);
}

function putNumeric(put: Put): void {
  put(0x41, ":i", "i32.const", Immediate.i32);
  put(0x42, ":I", "i64.const", Immediate.i64);
  put(0x43, ":f", "f32.const", Immediate.f32);
  put(0x44, ":F", "f64.const", Immediate.f64);
  const order = (type: string) => ["lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"].map((n) => type + n);
  put(0x45, "i:i", "i32.eqz");
  put(0x46, "ii:i", ["i32.eq", "i32.ne", ...order("i32.")].join(" "));
  put(0x50, "I:i", "i64.eqz");
  put(0x51, "II:i", ["i64.eq", "i64.ne", ...order("i64.")].join(" "));
  put(0x5b, "ff:i", "f32.eq f32.ne f32.lt f32.gt f32.le f32.ge");
  put(0x61, "FF:i", "f64.eq f64.ne f64.lt f64.gt f64.le f64.ge");
  const integer = "add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr".split(" ");
  const unary = "abs neg ceil floor trunc nearest sqrt".split(" ");
  const binary = "add sub mul div min max copysign".split(" ");
  const named = (type: string, names: readonly string[]) => names.map((name) => `${type}.${name}`).join(" ");
  put(0x67, "i:i", "i32.clz i32.ctz i32.popcnt");
  put(0x6a, "ii:i", named("i32", integer));
  put(0x79, "I:I", "i64.clz i64.ctz i64.popcnt");
  put(0x7c, "II:I", named("i64", integer));
  put(0x8b, "f:f", named("f32", unary));
  put(0x92, "ff:f", named("f32", binary));
  put(0x99, "F:F", named("f64", unary));
  put(0xa0, "FF:F", named("f64", binary));
  putConversions(put);
}

function putConversions(put: Put): void {
  put(0xa7, "I:i", "i32.wrap_i64");
  put(0xa8, "f:i", "i32.trunc_f32_s i32.trunc_f32_u");
  put(0xaa, "F:i", "i32.trunc_f64_s i32.trunc_f64_u");
  put(0xac, "i:I", "i64.extend_i32_s i64.extend_i32_u");
  put(0xae, "f:I", "i64.trunc_f32_s i64.trunc_f32_u");
  put(0xb0, "F:I", "i64.trunc_f64_s i64.trunc_f64_u");
  put(0xb2, "i:f", "f32.convert_i32_s f32.convert_i32_u");
  put(0xb4, "I:f", "f32.convert_i64_s f32.convert_i64_u");
  put(0xb6, "F:f", "f32.demote_f64");
  put(0xb7, "i:F", "f64.convert_i32_s f64.convert_i32_u");
  put(0xb9, "I:F", "f64.convert_i64_s f64.convert_i64_u");
  put(0xbb, "f:F", "f64.promote_f32");
  put(0xbc, "f:i", "i32.reinterpret_f32");
  put(0xbd, "F:I", "i64.reinterpret_f64");
  put(0xbe, "i:f", "f32.reinterpret_i32");
  put(0xbf, "I:F", "f64.reinterpret_i64");
}

function putProposals(put: Put): void {
  put(0xc0, "i:i", "i32.extend8_s i32.extend16_s", 0, "sign_extension");
  put(0xc2, "I:I", "i64.extend8_s i64.extend16_s i64.extend32_s", 0, "sign_extension");
  put(0xd0, "?", "ref.null", Immediate.reference, "reference_types");
  put(0xd1, "?", "ref.is_null", 0, "reference_types");
  put(0xd2, ":r", "ref.func", Immediate.function, "reference_types");
  put(MISC + 0, "f:i", "i32.trunc_sat_f32_s i32.trunc_sat_f32_u", 0, "saturating_float_to_int");
  put(MISC + 2, "F:i", "i32.trunc_sat_f64_s i32.trunc_sat_f64_u", 0, "saturating_float_to_int");
  put(MISC + 4, "f:I", "i64.trunc_sat_f32_s i64.trunc_sat_f32_u", 0, "saturating_float_to_int");
  put(MISC + 6, "F:I", "i64.trunc_sat_f64_s i64.trunc_sat_f64_u", 0, "saturating_float_to_int");
  put(MISC + 8, "iii:", "memory.init", Immediate.dataMemory, "bulk_memory");
  put(MISC + 9, ":", "data.drop", Immediate.data, "bulk_memory");
  put(MISC + 10, "iii:", "memory.copy", Immediate.memories, "bulk_memory");
  put(MISC + 11, "iii:", "memory.fill", Immediate.memory, "bulk_memory");
  put(MISC + 12, "iii:", "table.init", Immediate.elementTable, "bulk_memory");
  put(MISC + 13, ":", "elem.drop", Immediate.element, "bulk_memory");
  put(MISC + 14, "iii:", "table.copy", Immediate.tables, "bulk_memory");
  put(MISC + 15, "?", "table.grow", Immediate.table, "reference_types");
  put(MISC + 16, ":i", "table.size", Immediate.table, "reference_types");
  put(MISC + 17, "?", "table.fill", Immediate.table, "reference_types");
}
