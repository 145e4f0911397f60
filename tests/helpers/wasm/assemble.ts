/**
 * An assembler for tests: a module as plain data, bodies as lists of instructions or as text, to the binary format. It
 * checks nothing, so that wrong modules can be made too.
 *
 *     assemble({
 *       memory: { min: 1, export: "memory" },
 *       imports: [{ module: "env", name: "log", params: ["i32"] }],
 *       functions: [{ export: "double", params: ["i32"], results: ["i32"], body: "local.get 0 i32.const 2 i32.mul" }],
 *     })
 *
 * Text: tokens apart by white space. `block`, `loop`, `if` take an optional type (`i32`, or `type=3`); `br_table 0 1 2`
 * ends with its default; `call_indirect TYPE [TABLE]`; `select_t i32`; loads and stores take `offset=N` and `align=LOG2`;
 * `f32.const 1.5`, `nan`, `inf`, or the bits: `f64.const 0x7ff8000000000000`. `; …` to the end of the line is a comment. The last
 * `end` of a body is written by the assembler.
 * @module
 */
import { type Immediates, operation, type Type, TYPE_BYTES } from "./opcodes.ts";

/** A block's type: none, one result, or the index of a function type. */
export type BlockType = Type | { readonly type: number } | undefined;
export interface MemoryArgument {
  readonly offset?: number | bigint;
  /** Base-2 logarithm; the natural one when absent. */
  readonly align?: number;
}
export type Immediate = number | bigint | Type | BlockType | readonly number[] | readonly Type[] | MemoryArgument;
/** Name and immediates in the order of the binary format. Constants of floats are bits: a number below 2^32, a bigint. */
export type Instruction = readonly [name: string, ...immediates: Immediate[]];
export type Body = string | readonly Instruction[];

export interface Signature {
  readonly params?: readonly Type[];
  readonly results?: readonly Type[];
}
export interface Size {
  readonly min: number;
  readonly max?: number | undefined;
}
export type ImportText =
  & { readonly module: string; readonly name: string }
  & (
    | Signature
    | { readonly memory: Size }
    | { readonly table: Size & { readonly type: Type } }
    | { readonly global: { readonly type: Type; readonly mutable?: boolean } }
  );
export interface FunctionText extends Signature {
  readonly locals?: readonly Type[];
  readonly body: Body;
  readonly export?: string;
}
export interface GlobalText {
  readonly type: Type;
  readonly mutable?: boolean;
  readonly init: Body;
  readonly export?: string;
}
export interface TableText extends Size {
  readonly type?: Type;
  readonly export?: string;
}
export interface ElementText {
  /** Active when there is an offset. */
  readonly offset?: Body;
  readonly table?: number;
  readonly declarative?: boolean;
  readonly functions?: readonly number[];
  /** Instead of `functions`. */
  readonly expressions?: readonly Body[];
  readonly type?: Type;
}
export interface DataText {
  readonly offset?: Body;
  readonly bytes: Uint8Array | string;
}
export interface ModuleText {
  /** First in the type section; types of functions are found in here or added behind. */
  readonly types?: readonly Signature[];
  readonly imports?: readonly ImportText[];
  readonly functions?: readonly FunctionText[];
  readonly tables?: readonly TableText[];
  readonly memory?: Size & { readonly export?: string };
  readonly globals?: readonly GlobalText[];
  /** Besides those named at the things themselves. */
  readonly exports?: readonly { readonly name: string; readonly kind: keyof typeof KINDS; readonly index: number }[];
  readonly start?: number;
  readonly elements?: readonly ElementText[];
  readonly data?: readonly DataText[];
  /** Written in front of the code section when there is passive data, or when this says so. */
  readonly dataCount?: boolean;
  readonly customs?: readonly { readonly name: string; readonly bytes: Uint8Array }[];
}

const KINDS = { function: 0, table: 1, memory: 2, global: 3 } as const;

/** Unsigned LEB128. */
export function unsigned(value: number | bigint): number[] {
  const out: number[] = [];
  let rest = BigInt(value);
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    out.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return out;
}

/** Signed LEB128. */
export function signed(value: number | bigint): number[] {
  const out: number[] = [];
  let rest = BigInt(value);
  while (true) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    const done = (rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0);
    out.push(done ? low : low | 0x80);
    if (done) return out;
  }
}

const little = (value: bigint, bytes: number) =>
  Array.from({ length: bytes }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
const vector = (items: readonly (readonly number[])[]) => [...unsigned(items.length), ...items.flat()];
const nameBytes = (text: string) => {
  const bytes = [...new TextEncoder().encode(text)];
  return [...unsigned(bytes.length), ...bytes];
};
const typeByte = (type: Type) => TYPE_BYTES[type];
const size = ({ min, max }: Size) =>
  max === undefined ? [0, ...unsigned(min)] : [1, ...unsigned(min), ...unsigned(max)];

/** Bits of a float, as the assembler takes them. */
export function f32Bits(value: number): number {
  return new Uint32Array(new Float32Array([value]).buffer)[0]!;
}
export function f64Bits(value: number): bigint {
  return new BigUint64Array(new Float64Array([value]).buffer)[0]!;
}

function blockType(type: Immediate | undefined): number[] {
  if (type === undefined) return [0x40];
  if (typeof type === "string") return [typeByte(type)];
  return signed((type as { type: number }).type);
}

function encodeImmediates(name: string, kind: Immediates, given: readonly Immediate[], bytes: number): number[] {
  const index = (at: number) => unsigned((given[at] ?? 0) as number);
  switch (kind) {
    case "none":
      return [];
    case "block":
      return blockType(given[0]);
    case "index":
      return index(0);
    case "index index":
    case "call_indirect":
      return [...index(0), ...index(1)];
    case "labels": {
      const labels = given[0] as readonly number[];
      return [...vector(labels.slice(0, -1).map(unsigned)), ...unsigned(labels.at(-1)!)];
    }
    case "types":
      return vector((given[0] as readonly Type[]).map((type) => [typeByte(type)]));
    case "memarg": {
      const { offset = 0, align = Math.log2(bytes) } = (given[0] ?? {}) as MemoryArgument;
      return [...unsigned(align), ...unsigned(offset)];
    }
    case "i32":
      return signed(Number(given[0]) | 0);
    case "i64":
      return signed(BigInt.asIntN(64, BigInt(given[0] as bigint)));
    case "f32":
      return little(BigInt(given[0] as number), 4);
    case "f64":
      return little(given[0] as bigint, 8);
    case "reftype":
      return [typeByte(given[0] as Type)];
    case "zero":
      return [0];
    case "zero zero":
      return [0, 0];
    case "index zero":
      return [...index(0), 0];
    default:
      throw new Error(`assemble ${name}: no immediates like ${kind satisfies never}`);
  }
}

/** The bytes of one instruction. */
export function encodeInstruction([name, ...given]: Instruction): number[] {
  const { code, immediates, bytes = 1 } = operation(name);
  const opcode = code.length === 1 ? code : [code[0]!, ...unsigned(code[1]!)];
  return [...opcode, ...encodeImmediates(name, immediates, given, bytes)];
}

const isType = (token: string | undefined): token is Type => token !== undefined && token in TYPE_BYTES;
const isNumber = (token: string | undefined): token is string =>
  token !== undefined && /^-?(0x)?[0-9a-f]+$/i.test(token);
const integer = (token: string) => token.startsWith("-") ? -BigInt(token.slice(1)) : BigInt(token);

function floatBits(token: string, wide: boolean): number | bigint {
  if (token.startsWith("0x")) return wide ? BigInt(token) : Number(token);
  const value = token === "nan" ? NaN : token === "inf" ? Infinity : token === "-inf" ? -Infinity : Number(token);
  return wide ? f64Bits(value) : f32Bits(value);
}

/** The instructions of a text. */
export function instructions(text: string): Instruction[] {
  const tokens = text.replace(/;[^\n]*/g, " ").split(/\s+/).filter((token) => token !== "");
  let at = 0;
  const numbers = () => {
    const out: number[] = [];
    while (isNumber(tokens[at])) out.push(Number(tokens[at++]));
    return out;
  };
  const take = (name: string, kind: Immediates): Immediate[] => {
    switch (kind) {
      case "none":
      case "zero":
      case "zero zero":
        return [];
      case "block":
        if (isType(tokens[at])) return [tokens[at++] as Type];
        return tokens[at]?.startsWith("type=") ? [{ type: Number(tokens[at++]!.slice(5)) }] : [undefined];
      case "labels":
        return [numbers()];
      case "types":
        return [[tokens[at++] as Type]];
      case "reftype":
        return [tokens[at++] as Type];
      case "memarg": {
        const argument: { offset?: number; align?: number } = {};
        while (/^(offset|align)=/.test(tokens[at] ?? "")) {
          const [key, value] = tokens[at++]!.split("=") as ["offset" | "align", string];
          argument[key] = Number(value);
        }
        return [argument];
      }
      case "f32":
      case "f64":
        return [floatBits(tokens[at++]!, kind === "f64")];
      case "i32":
      case "i64":
        return [integer(tokens[at++]!)];
      case "index":
      case "index index":
      case "index zero":
      case "call_indirect":
        return numbers();
      default:
        throw new Error(`assemble ${name}: no immediates like ${kind satisfies never}`);
    }
  };
  const out: Instruction[] = [];
  while (at < tokens.length) {
    const name = tokens[at++]!;
    out.push([name, ...take(name, operation(name).immediates)]);
  }
  return out;
}

/** A body or an expression, its last `end` included. */
export function encodeBody(body: Body): number[] {
  const list = typeof body === "string" ? instructions(body) : body;
  const out: number[] = [];
  for (const instruction of list) out.push(...encodeInstruction(instruction));
  out.push(0x0b);
  return out;
}

function encodeElement(element: ElementText): number[] {
  const { offset, table = 0, declarative, expressions, functions = [], type = "funcref" } = element;
  const bits = (offset === undefined ? (declarative ? 3 : 1) : table === 0 && type === "funcref" ? 0 : 2) |
    (expressions === undefined ? 0 : 4);
  const where = offset === undefined ? [] : [...(bits & 2 ? unsigned(table) : []), ...encodeBody(offset)];
  const kind = (bits & 3) === 0 ? [] : expressions === undefined ? [0] : [typeByte(type)];
  const items = expressions === undefined ? functions.map(unsigned) : expressions.map(encodeBody);
  return [bits, ...where, ...kind, ...vector(items)];
}

function encodeData({ offset, bytes }: DataText): number[] {
  const content = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
  const head = offset === undefined ? [1] : [0, ...encodeBody(offset)];
  return [...head, ...unsigned(content.length), ...content];
}

function encodeImport(text: ImportText, typeIndex: (signature: Signature) => number): number[] {
  const head = [...nameBytes(text.module), ...nameBytes(text.name)];
  if ("memory" in text) return [...head, 2, ...size(text.memory)];
  if ("table" in text) return [...head, 1, typeByte(text.table.type), ...size(text.table)];
  if ("global" in text) return [...head, 3, typeByte(text.global.type), text.global.mutable ? 1 : 0];
  return [...head, 0, ...unsigned(typeIndex(text as Signature))];
}

function encodeFunction({ locals = [], body }: FunctionText): number[] {
  const runs: [number, Type][] = [];
  for (const type of locals) {
    const last = runs.at(-1);
    if (last?.[1] === type) last[0]++;
    else runs.push([1, type]);
  }
  const bytes = [...vector(runs.map(([count, type]) => [...unsigned(count), typeByte(type)])), ...encodeBody(body)];
  return [...unsigned(bytes.length), ...bytes];
}

/** The exports named at the things themselves, behind those of the list. */
function allExports(text: ModuleText): number[][] {
  const imported = (kind: "memory" | "table" | "global" | "function") =>
    (text.imports ?? []).filter((entry) =>
      kind === "function" ? !("memory" in entry || "table" in entry || "global" in entry) : kind in entry
    ).length;
  const out = (text.exports ?? []).map(({ name, kind, index }) => [
    ...nameBytes(name),
    KINDS[kind],
    ...unsigned(index),
  ]);
  const named = (kind: keyof typeof KINDS, things: readonly { readonly export?: string }[]) =>
    things.forEach((thing, i) => {
      if (thing.export === undefined) return;
      out.push([...nameBytes(thing.export), KINDS[kind], ...unsigned(imported(kind) + i)]);
    });
  named("function", text.functions ?? []);
  named("table", text.tables ?? []);
  named("memory", text.memory === undefined ? [] : [text.memory]);
  named("global", text.globals ?? []);
  return out;
}

/** The module in the binary format. */
export function assemble(text: ModuleText): Uint8Array<ArrayBuffer> {
  const types: number[][] = [];
  const encodeType = ({ params = [], results = [] }: Signature) => [
    0x60,
    ...vector(params.map((type) => [typeByte(type)])),
    ...vector(results.map((type) => [typeByte(type)])),
  ];
  const typeIndex = (signature: Signature) => {
    const bytes = encodeType(signature);
    const found = types.findIndex((type) => type.join() === bytes.join());
    return found === -1 ? types.push(bytes) - 1 : found;
  };
  types.push(...(text.types ?? []).map(encodeType));
  const imports = (text.imports ?? []).map((entry) => encodeImport(entry, typeIndex));
  const functions = (text.functions ?? []).map((entry) => unsigned(typeIndex(entry)));
  const data = text.data ?? [];
  const out: number[] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const section = (id: number, bytes: readonly number[], present: boolean) => {
    if (!present) return;
    out.push(id, ...unsigned(bytes.length));
    for (const byte of bytes) out.push(byte);
  };
  const list = (id: number, items: readonly (readonly number[])[]) => section(id, vector(items), items.length > 0);
  list(1, types);
  list(2, imports);
  list(3, functions);
  list(4, (text.tables ?? []).map((table) => [typeByte(table.type ?? "funcref"), ...size(table)]));
  list(5, text.memory === undefined ? [] : [size(text.memory)]);
  list(
    6,
    (text.globals ?? []).map(({ type, mutable, init }) => [
      typeByte(type),
      mutable ? 1 : 0,
      ...encodeBody(init),
    ]),
  );
  list(7, allExports(text));
  section(8, unsigned(text.start ?? 0), text.start !== undefined);
  list(9, (text.elements ?? []).map(encodeElement));
  const passive = data.some(({ offset }) => offset === undefined);
  section(12, unsigned(data.length), text.dataCount ?? passive);
  list(10, (text.functions ?? []).map(encodeFunction));
  list(11, data.map(encodeData));
  for (const { name, bytes } of text.customs ?? []) section(0, [...nameBytes(name), ...bytes], true);
  return new Uint8Array(out);
}
