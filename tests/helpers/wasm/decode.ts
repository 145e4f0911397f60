/**
 * The binary format, core specification chapter 5, read into plain data: every section, and bodies into instructions with
 * their block structure resolved. For valid modules only (the validator under test has its own judges); a wrong byte throws.
 * @module
 */
import { type Immediates, type Operation, operationOf, type Type, typeOf } from "./opcodes.ts";

export interface FuncType {
  readonly params: readonly Type[];
  readonly results: readonly Type[];
}
export interface Bounds {
  readonly min: number;
  readonly max: number | undefined;
}
/** One instruction. Fields that its operation does not have are as below. */
export interface Code {
  readonly name: string;
  readonly operation: Operation;
  /** Offset of its opcode in the module. */
  readonly at: number;
  readonly indices: readonly number[];
  /** Of constants. */
  readonly value: number | bigint;
  /** Of loads and stores. */
  readonly offset: bigint;
  readonly refType: Type | undefined;
  /** Of block, loop, if. */
  readonly block: FuncType | undefined;
  /** Of block, loop, if and else: index of the matching `end`. */
  end: number;
  /** Of if: index of its `else`, or -1. */
  otherwise: number;
}
export interface FunctionCode {
  readonly type: FuncType;
  readonly locals: readonly Type[];
  readonly code: readonly Code[];
  /** Bytes of the instructions, the last `end` included. */
  readonly bytes: number;
}
export interface ImportEntry {
  readonly module: string;
  readonly name: string;
  readonly kind: "function" | "table" | "memory" | "global";
  readonly type?: FuncType;
  readonly element?: Type;
  readonly bounds?: Bounds;
  readonly global?: { readonly type: Type; readonly mutable: boolean };
}
export interface SegmentMode {
  readonly mode: "active" | "passive" | "declarative";
  readonly table: number;
  readonly offset: readonly Code[];
}
export interface Module {
  types: FuncType[];
  imports: ImportEntry[];
  functions: number[];
  tables: { element: Type; bounds: Bounds }[];
  memories: Bounds[];
  globals: { type: Type; mutable: boolean; init: readonly Code[] }[];
  exports: { name: string; kind: ImportEntry["kind"]; index: number }[];
  start: number | undefined;
  elements: (SegmentMode & { readonly items: readonly (readonly Code[])[] })[];
  data: (SegmentMode & { readonly bytes: Uint8Array })[];
  bodies: FunctionCode[];
  customs: string[];
}

const KINDS = ["function", "table", "memory", "global"] as const;

class Reader {
  constructor(readonly bytes: Uint8Array, public at: number, readonly end: number) {}

  byte(): number {
    if (this.at >= this.end) throw new Error("decode: unexpected end");
    return this.bytes[this.at++]!;
  }
  u32(): number {
    let value = 0n;
    for (let shift = 0n;; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(value);
    }
  }
  signed(): bigint {
    let value = 0n;
    for (let shift = 0n;; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(Number(shift) + 7, value);
    }
  }
  take(count: number): Uint8Array {
    if (this.at + count > this.end) throw new Error("decode: unexpected end");
    return this.bytes.subarray(this.at, this.at += count);
  }
  name(): string {
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(this.take(this.u32()));
  }
  list<T>(read: () => T): T[] {
    return Array.from({ length: this.u32() }, read);
  }
  type(): Type {
    return typeOf(this.byte());
  }
  bounds(): Bounds {
    const bounded = this.byte() === 1;
    return { min: this.u32(), max: bounded ? this.u32() : undefined };
  }
  funcType(): FuncType {
    if (this.byte() !== 0x60) throw new Error("decode: no function type");
    return { params: this.list(() => this.type()), results: this.list(() => this.type()) };
  }
  little(bytes: number): bigint {
    return this.take(bytes).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  }
}

function blockType(reader: Reader, types: readonly FuncType[]): FuncType {
  const code = reader.signed();
  if (code >= 0n) return types[Number(code)]!;
  return { params: [], results: code === -64n ? [] : [typeOf(Number(code & 0x7fn))] };
}

type Found = Partial<Pick<Code, "indices" | "value" | "offset" | "refType" | "block">>;

function immediates(reader: Reader, kind: Immediates, types: readonly FuncType[]): Found {
  switch (kind) {
    case "none":
      return {};
    case "block":
      return { block: blockType(reader, types) };
    case "index":
    case "zero":
      return { indices: [reader.u32()] };
    case "index index":
    case "call_indirect":
    case "zero zero":
    case "index zero":
      return { indices: [reader.u32(), reader.u32()] };
    case "labels":
      return { indices: [...reader.list(() => reader.u32()), reader.u32()] };
    case "types":
      reader.list(() => reader.type());
      return {};
    case "memarg":
      reader.u32();
      return { offset: BigInt(reader.u32()) };
    case "i32":
      return { value: Number(reader.signed()) };
    case "i64":
      return { value: reader.signed() };
    case "f32":
      return { value: Number(reader.little(4)) };
    case "f64":
      return { value: reader.little(8) };
    case "reftype":
      return { refType: reader.type() };
    default:
      throw new Error(`decode: no immediates like ${kind satisfies never}`);
  }
}

/** Instructions up to the `end` that closes what began before `reader`, with blocks matched. */
function expression(reader: Reader, types: readonly FuncType[]): Code[] {
  const out: Code[] = [];
  const open: number[] = [];
  while (true) {
    const at = reader.at;
    const first = reader.byte();
    const operation = first === 0xfc ? operationOf(first, reader.u32()) : operationOf(first);
    const found = immediates(reader, operation.immediates, types);
    const pc = out.length;
    out.push({
      name: operation.name,
      operation,
      at,
      indices: [],
      value: 0,
      offset: 0n,
      refType: undefined,
      block: undefined,
      end: -1,
      otherwise: -1,
      ...found,
    });
    if (operation.immediates === "block") open.push(pc);
    if (operation.name === "else") out[open.at(-1)!]!.otherwise = pc;
    if (operation.name !== "end") continue;
    const start = open.pop();
    if (start === undefined) return out;
    out[start]!.end = pc;
    if (out[start]!.otherwise !== -1) out[out[start]!.otherwise]!.end = pc;
  }
}

function importEntry(reader: Reader, module: Module): ImportEntry {
  const head = { module: reader.name(), name: reader.name(), kind: KINDS[reader.byte()]! };
  switch (head.kind) {
    case "function":
      return { ...head, type: module.types[reader.u32()]! };
    case "table":
      return { ...head, element: reader.type(), bounds: reader.bounds() };
    case "memory":
      return { ...head, bounds: reader.bounds() };
    case "global":
      return { ...head, global: { type: reader.type(), mutable: reader.byte() === 1 } };
  }
}

/** 5.5.12: the eight forms of an element segment. */
function element(reader: Reader, types: readonly FuncType[]): Module["elements"][number] {
  const bits = reader.u32();
  const mode = (bits & 1) === 0 ? "active" : (bits & 2) === 0 ? "passive" : "declarative";
  const table = (bits & 3) === 2 ? reader.u32() : 0;
  const offset = mode === "active" ? expression(reader, types) : [];
  if ((bits & 3) !== 0) reader.byte(); // element kind or reference type
  const one = () => {
    if ((bits & 4) !== 0) return expression(reader, types);
    const operation = operationOf(0xd2);
    const base = { at: reader.at, value: 0, offset: 0n, refType: undefined, block: undefined, end: -1, otherwise: -1 };
    return [
      { ...base, name: operation.name, operation, indices: [reader.u32()] },
      { ...base, name: "end", operation: operationOf(0x0b), indices: [] },
    ];
  };
  return { mode, table, offset, items: reader.list(one) };
}

function dataSegment(reader: Reader, types: readonly FuncType[]): Module["data"][number] {
  const bits = reader.u32();
  if (bits === 2) reader.u32();
  const offset = bits === 1 ? [] : expression(reader, types);
  return { mode: bits === 1 ? "passive" : "active", table: 0, offset, bytes: reader.take(reader.u32()) };
}

function body(reader: Reader, module: Module, index: number): FunctionCode {
  const size = reader.u32();
  const inner = new Reader(reader.bytes, reader.at, reader.at + size);
  reader.at += size;
  const runs = inner.list(() => [inner.u32(), inner.type()] as const);
  const locals = runs.flatMap(([count, type]) => Array<Type>(count).fill(type));
  const bytes = inner.end - inner.at;
  return { type: module.types[module.functions[index]!]!, locals, code: expression(inner, module.types), bytes };
}

function section(id: number, reader: Reader, module: Module): void {
  const list = <T>(read: () => T) => reader.list(read);
  switch (id) {
    case 0:
      return void module.customs.push(reader.name());
    case 1:
      return void (module.types = list(() => reader.funcType()));
    case 2:
      return void (module.imports = list(() => importEntry(reader, module)));
    case 3:
      return void (module.functions = list(() => reader.u32()));
    case 4:
      return void (module.tables = list(() => ({ element: reader.type(), bounds: reader.bounds() })));
    case 5:
      return void (module.memories = list(() => reader.bounds()));
    case 6:
      return void (module.globals = list(() => ({
        type: reader.type(),
        mutable: reader.byte() === 1,
        init: expression(reader, module.types),
      })));
    case 7:
      return void (module.exports = list(() => ({
        name: reader.name(),
        kind: KINDS[reader.byte()]!,
        index: reader.u32(),
      })));
    case 8:
      return void (module.start = reader.u32());
    case 9:
      return void (module.elements = list(() => element(reader, module.types)));
    case 10: {
      let index = 0;
      return void (module.bodies = list(() => body(reader, module, index++)));
    }
    case 11:
      return void (module.data = list(() => dataSegment(reader, module.types)));
    case 12:
      return void reader.u32();
    default:
      throw new Error(`decode: no section ${id}`);
  }
}

/** Reads a valid module. */
export function decode(bytes: Uint8Array): Module {
  const module: Module = {
    types: [],
    imports: [],
    functions: [],
    tables: [],
    memories: [],
    globals: [],
    exports: [],
    start: undefined,
    elements: [],
    data: [],
    bodies: [],
    customs: [],
  };
  const reader = new Reader(bytes, 8, bytes.length);
  while (reader.at < reader.end) {
    const id = reader.byte();
    const size = reader.u32();
    section(id, new Reader(bytes, reader.at, reader.at + size), module);
    reader.at += size;
  }
  return module;
}
