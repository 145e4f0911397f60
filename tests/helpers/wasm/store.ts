/**
 * What runs: instances and what they are made of, core specification 4.2; linking and instantiation, 4.5.
 * @module
 */
import { type Bounds, type Code, decode, type FunctionCode, type FuncType, type Module } from "./decode.ts";
import type { Machine } from "./machine.ts";
import type { Type } from "./opcodes.ts";
import { type Reference, Trap, type Value, zeroOf } from "./values.ts";

export const PAGE_BYTES = 65_536;

export interface WasmFunction {
  readonly kind: "wasm";
  readonly type: FuncType;
  readonly instance: Instance;
  readonly code: FunctionCode;
}
export interface HostFunction {
  readonly kind: "host";
  readonly type: FuncType;
  readonly run: (args: readonly Value[]) => readonly Value[];
}
export type FunctionInstance = WasmFunction | HostFunction;

export class TableInstance {
  constructor(readonly element: Type, readonly bounds: Bounds, public items: (Reference | null)[]) {}

  /** The old size, or -1 and nothing changed. */
  grow(by: number, value: Reference | null, sizeMax: number): number {
    const old = this.items.length;
    if (old + by > Math.min(this.bounds.max ?? sizeMax, sizeMax)) return -1;
    for (let i = 0; i < by; i++) this.items.push(value);
    return old;
  }
}

export class MemoryInstance {
  bytes: Uint8Array;
  constructor(readonly bounds: Bounds) {
    this.bytes = new Uint8Array(bounds.min * PAGE_BYTES);
  }
  get pages(): number {
    return this.bytes.length / PAGE_BYTES;
  }
  /** The old size in pages, or -1 and nothing changed. */
  grow(by: number, pagesMax: number): number {
    const old = this.pages;
    if (old + by > Math.min(this.bounds.max ?? pagesMax, pagesMax)) return -1;
    const bytes = new Uint8Array((old + by) * PAGE_BYTES);
    bytes.set(this.bytes);
    this.bytes = bytes;
    return old;
  }
}

export interface GlobalInstance {
  readonly type: Type;
  readonly mutable: boolean;
  value: Value;
}

export type External =
  | { readonly kind: "function"; readonly function: FunctionInstance }
  | { readonly kind: "table"; readonly table: TableInstance }
  | { readonly kind: "memory"; readonly memory: MemoryInstance }
  | { readonly kind: "global"; readonly global: GlobalInstance };

/** Fuel, in units of 2^`shift`. */
export class Purse {
  /** What there would be if the code had cost nothing, and what it has cost. */
  base = 0n;
  code = 0n;
  shift = 0;

  get left(): bigint {
    return this.base - this.code;
  }
  /** Begins again, with so many units. */
  fill(units: bigint): void {
    this.base = units;
    this.code = 0n;
  }
  /** Spends fuel that counts the same whatever the unit: part of one counts as one. */
  spend(fuel: bigint): void {
    const unit = 1n << BigInt(this.shift);
    this.base -= fuel / unit + (fuel % unit === 0n ? 0n : 1n);
  }
  /** Units become larger. What the code has cost keeps its number. */
  coarsen(shift: number): void {
    this.base /= 1n << BigInt(shift - this.shift);
    this.shift = shift;
  }
}

export interface Instance {
  readonly module: Module;
  readonly functions: FunctionInstance[];
  readonly tables: TableInstance[];
  readonly memories: MemoryInstance[];
  readonly globals: GlobalInstance[];
  readonly exports: Map<string, External>;
  /** Undefined when dropped. */
  readonly elements: (readonly (Reference | null)[] | undefined)[];
  readonly data: (Uint8Array | undefined)[];
  /** What is left of the two budgets; only a metered instance spends them. */
  readonly purse: Purse;
  stack: number;
  /**
   * Sum of the costs of the instructions that ran and of the charges by size, counted one by one; without those for pages where
   * large memories count more, for these do not.
   */
  counted: bigint;
}

export type Linker = (module: string, name: string) => External | undefined;

export class LinkError extends Error {}

/** The value of a constant expression. */
function constant(instance: Instance, codes: readonly Code[]): Value {
  const code = codes[0]!;
  switch (code.name) {
    case "i32.const":
    case "i64.const":
    case "f32.const":
    case "f64.const":
      return code.value;
    case "global.get":
      return instance.globals[code.indices[0]!]!.value;
    case "ref.null":
      return null;
    case "ref.func":
      return instance.functions[code.indices[0]!]!;
    default:
      throw new Error(`instantiate: ${code.name} is not constant`);
  }
}

const sameType = (a: FuncType, b: FuncType) =>
  a.params.join() === b.params.join() && a.results.join() === b.results.join();
export { sameType };

const fits = (size: number, have: Bounds, want: Bounds) =>
  size >= want.min && (want.max === undefined || (have.max !== undefined && have.max <= want.max));

function link(instance: Instance, linker: Linker): void {
  for (const entry of instance.module.imports) {
    const found = linker(entry.module, entry.name);
    const where = `${entry.module}.${entry.name}`;
    if (found === undefined) throw new LinkError(`link ${where}: unknown import`);
    const wrong = new LinkError(`link ${where}: incompatible import type`);
    if (found.kind !== entry.kind) throw wrong;
    if (found.kind === "function") {
      if (!sameType(found.function.type, entry.type!)) throw wrong;
      instance.functions.push(found.function);
    } else if (found.kind === "table") {
      const { table } = found;
      if (table.element !== entry.element || !fits(table.items.length, table.bounds, entry.bounds!)) throw wrong;
      instance.tables.push(table);
    } else if (found.kind === "memory") {
      if (!fits(found.memory.pages, found.memory.bounds, entry.bounds!)) throw wrong;
      instance.memories.push(found.memory);
    } else {
      const { type, mutable } = found.global;
      if (type !== entry.global!.type || mutable !== entry.global!.mutable) throw wrong;
      instance.globals.push(found.global);
    }
  }
}

function external(instance: Instance, kind: External["kind"], index: number): External {
  switch (kind) {
    case "function":
      return { kind, function: instance.functions[index]! };
    case "table":
      return { kind, table: instance.tables[index]! };
    case "memory":
      return { kind, memory: instance.memories[index]! };
    case "global":
      return { kind, global: instance.globals[index]! };
  }
}

/** 4.5.4, from step 12 on: active segments in order, each whole or not at all, then the start function. */
function fill(instance: Instance, machine: Machine): void {
  instance.module.elements.forEach((segment, i) => {
    if (segment.mode === "active") {
      const at = (constant(instance, segment.offset) as number) >>> 0;
      const items = instance.elements[i]!;
      const table = instance.tables[segment.table]!;
      if (at + items.length > table.items.length) throw new Trap("out of bounds table access");
      items.forEach((item, j) => table.items[at + j] = item);
    }
    if (segment.mode !== "passive") instance.elements[i] = undefined;
  });
  instance.module.data.forEach((segment, i) => {
    if (segment.mode !== "active") return;
    const at = (constant(instance, segment.offset) as number) >>> 0;
    const { bytes } = instance.memories[0]!;
    if (at + segment.bytes.length > bytes.length) throw new Trap("out of bounds memory access");
    bytes.set(segment.bytes, at);
    instance.data[i] = undefined;
  });
  const { start } = instance.module;
  if (start !== undefined) machine.invoke(instance.functions[start]!, []);
}

/** What {@linkcode instantiate} wants to know. */
export interface InstanceOptions {
  readonly fuel?: bigint;
  readonly stack?: number;
}

/** An instance of a valid module, before its segments are copied and its start function runs: see {@linkcode fill}. */
export function instantiate(
  wasm: Uint8Array | Module,
  linker: Linker,
  machine: Machine,
  { fuel = (1n << 63n) - 1n, stack = 2 ** 31 - 1 }: InstanceOptions = {},
  seen: (instance: Instance) => void = () => {},
): Instance {
  const module = wasm instanceof Uint8Array ? decode(wasm) : wasm;
  const instance: Instance = {
    module,
    functions: [],
    tables: [],
    memories: [],
    globals: [],
    exports: new Map(),
    elements: [],
    data: [],
    purse: new Purse(),
    stack,
    counted: 0n,
  };
  const [own = module.imports.find(({ kind }) => kind === "memory")?.bounds] = module.memories;
  instance.purse.coarsen(machine.memoryShift(own?.min ?? 0));
  instance.purse.fill(fuel / (1n << BigInt(instance.purse.shift)));
  link(instance, linker);
  for (const code of module.bodies) instance.functions.push({ kind: "wasm", type: code.type, instance, code });
  for (const { type, mutable, init } of module.globals) {
    instance.globals.push({ type, mutable, value: init.length === 0 ? zeroOf(type) : constant(instance, init) });
  }
  for (const { element, bounds } of module.tables) {
    instance.tables.push(new TableInstance(element, bounds, Array(bounds.min).fill(null)));
  }
  for (const bounds of module.memories) instance.memories.push(new MemoryInstance(bounds));
  for (const { name, kind, index } of module.exports) instance.exports.set(name, external(instance, kind, index));
  for (const { items } of module.elements) {
    instance.elements.push(items.map((item) => constant(instance, item) as Reference | null));
  }
  for (const { bytes } of module.data) instance.data.push(bytes);
  seen(instance);
  fill(instance, machine);
  return instance;
}
