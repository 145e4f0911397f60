/**
 * V8 as an {@linkcode Engine}. Floats pass JavaScript as their bits: functions that take or give them are called through,
 * and offered through, a small module that reinterprets.
 * @module
 */
import { assemble, type Instruction } from "./assemble.ts";
import { type Bounds, decode, type FuncType, type Module } from "./decode.ts";
import type { Budgets, Engine, Outcome, Running, Thing, TrapClass } from "./engine.ts";
import type { Type } from "./opcodes.ts";
import { fromJs, type Reference, toJs, type Value } from "./values.ts";

type Callable = (...args: unknown[]) => unknown;

const MESSAGES: readonly (readonly [RegExp, TrapClass])[] = [
  [/^unreachable/, "unreachable"],
  [/(divide|remainder) by zero/, "zero"],
  [/unrepresentable/, "number"],
  [/memory access out of bounds|data segment .*out of bounds/, "memory"],
  [/table (index|access|element)?.*out of bounds|element segment .*out of bounds/, "table"],
  [/null function|signature mismatch/, "callee"],
];

const isFloat = (type: Type) => type === "f32" || type === "f64";
const INTEGER: Partial<Record<Type, Type>> = { f32: "i32", f64: "i64" };
const integerOf = (type: Type) => INTEGER[type] ?? type;
const integers = ({ params, results }: FuncType): FuncType => ({
  params: params.map(integerOf),
  results: results.map(integerOf),
});
export const hasFloats = ({ params, results }: FuncType) => [...params, ...results].some(isFloat);

/** A module with one function of type `outside` that calls one of type `inside`, reinterpreting what differs. */
function adapter(outside: FuncType, inside: FuncType): WebAssembly.Module {
  const cast = (from: Type, to: Type): Instruction[] => from === to ? [] : [[`${to}.reinterpret_${from}`]];
  const body: Instruction[] = [];
  outside.params.forEach((type, i) => body.push(["local.get", i], ...cast(type, inside.params[i]!)));
  body.push(["call", 0]);
  // Results leave the stack from the top: through locals, so that each can be cast.
  const base = outside.params.length;
  inside.results.forEach((_, i) => body.push(["local.set", base + inside.results.length - 1 - i]));
  inside.results.forEach((type, i) => body.push(["local.get", base + i], ...cast(type, outside.results[i]!)));
  return new WebAssembly.Module(assemble({
    imports: [{ module: "m", name: "f", ...inside }],
    functions: [{ export: "f", ...outside, locals: inside.results, body }],
  }));
}

const adapters = new Map<string, WebAssembly.Module>();

function adapt(f: Callable, outside: FuncType, inside: FuncType): Callable {
  const key = JSON.stringify([outside, inside]);
  let module = adapters.get(key);
  if (module === undefined) adapters.set(key, module = adapter(outside, inside));
  return new WebAssembly.Instance(module, { m: { f } }).exports.f as Callable;
}

const readers = new Map<string, WebAssembly.Module>();

/** Reads the bits of a global with a float in it. */
function reader(g: WebAssembly.Global, type: Type, mutable: boolean): Callable {
  const key = `${type} ${mutable}`;
  let module = readers.get(key);
  if (module === undefined) {
    module = new WebAssembly.Module(assemble({
      imports: [{ module: "m", name: "g", global: { type, mutable } }],
      functions: [{
        export: "f",
        results: [integerOf(type)],
        body: `global.get 0 ${integerOf(type)}.reinterpret_${type}`,
      }],
    }));
    readers.set(key, module);
  }
  return new WebAssembly.Instance(module, { m: { g } }).exports.f as Callable;
}

/** Values of integer types as the interpreter has them, given the types they really are: no bits are lost. */
const fromBits = (type: Type, value: unknown): Value =>
  type === "f32" ? (value as number) >>> 0 : type === "f64" ? BigInt.asUintN(64, value as bigint) : fromJs(type, value);
const toBits = (type: Type, value: Value): unknown =>
  type === "f32" ? (value as number) | 0 : type === "f64" ? BigInt.asIntN(64, value as bigint) : toJs(type, value);

function resultsOf(type: FuncType, given: unknown): Value[] {
  const list = type.results.length === 0 ? [] : type.results.length === 1 ? [given] : given as unknown[];
  return type.results.map((result, i) => fromBits(result, list[i]));
}

/** Budgets of an instrumented instance, and how to read an end by them. */
export interface Budget {
  readonly fuel: WebAssembly.Global;
  readonly stack: WebAssembly.Global;
  /** Where units of fuel grow with the memory. */
  readonly base: WebAssembly.Global | undefined;
  readonly shift: WebAssembly.Global | undefined;
}

export class V8Run implements Running {
  readonly #callable = new Map<string, Callable>();
  readonly #readers = new Map<string, Callable>();
  readonly budgets: Budgets | undefined;
  constructor(
    readonly exports: WebAssembly.Exports,
    readonly module: Module,
    readonly budget: Budget | undefined,
  ) {
    this.budgets = budget && {
      get fuel(): bigint {
        return budget.fuel.value;
      },
      set fuel(value: bigint) {
        budget.fuel.value = value;
        if (budget.base !== undefined) budget.base.value = value;
      },
      get stack(): number {
        return budget.stack.value;
      },
      set stack(value: number) {
        budget.stack.value = value;
      },
      get base(): bigint | undefined {
        return budget.base?.value;
      },
      get shift(): bigint | undefined {
        return budget.shift?.value;
      },
    };
  }

  #typeOf(name: string): FuncType {
    const { index } = this.module.exports.find((entry) => entry.name === name)!;
    const imported = this.module.imports.filter(({ kind }) => kind === "function");
    return imported[index]?.type ?? this.module.types[this.module.functions[index - imported.length]!]!;
  }

  invoke(name: string, args: readonly Value[]): Outcome {
    const type = this.#typeOf(name);
    let call = this.#callable.get(name);
    if (call === undefined) {
      call = this.exports[name] as Callable;
      if (hasFloats(type)) call = adapt(call, integers(type), type);
      this.#callable.set(name, call);
    }
    return outcomeOf(() => resultsOf(type, call(...args.map((arg, i) => toBits(type.params[i]!, arg)))), this.budget);
  }
  #globalType(name: string): { readonly type: Type; readonly mutable: boolean } {
    const { index } = this.module.exports.find((entry) => entry.name === name)!;
    const imported = this.module.imports.filter(({ kind }) => kind === "global");
    return imported[index]?.global ?? this.module.globals[index - imported.length]!;
  }
  global(name: string): Value {
    const { type, mutable } = this.#globalType(name);
    const global = this.exports[name] as WebAssembly.Global;
    if (!isFloat(type)) return fromJs(type, global.value);
    let read = this.#readers.get(name);
    if (read === undefined) this.#readers.set(name, read = reader(global, type, mutable));
    return fromBits(type, read());
  }
  setGlobal(name: string, value: Value): void {
    (this.exports[name] as WebAssembly.Global).value = toJs(this.#globalType(name).type, value);
  }
  table(name: string): readonly (Reference | null)[] {
    const table = this.exports[name] as WebAssembly.Table;
    return Array.from({ length: table.length }, (_, i) => table.get(i) as Reference | null);
  }
  exported(name: string): Reference {
    return this.exports[name] as Reference;
  }
  thing(name: string): Thing | undefined {
    return this.exports[name];
  }
  memory(name: string): Uint8Array {
    return new Uint8Array((this.exports[name] as WebAssembly.Memory).buffer);
  }
}

/** An end by its exception. With a budget: whose counter is below zero trapped by it, whatever V8 calls it. */
export function outcomeOf(run: () => readonly Value[], budget?: Budget): Outcome {
  try {
    return { results: run() };
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) return { thrown: error };
    if (budget !== undefined && budget.fuel.value < 0n) return { trap: "fuel" };
    if (budget !== undefined && budget.stack.value < 0) return { trap: "stack" };
    const found = MESSAGES.find(([pattern]) => pattern.test(error.message));
    return found === undefined ? { thrown: error } : { trap: found[1] };
  }
}

/** What instrumentation gives; `undefined` runs the module as it is. */
export interface Instrumented {
  readonly wasm: Uint8Array;
  readonly fuelGlobal: string;
  readonly stackGlobal: string;
  readonly baseGlobal?: string | undefined;
  readonly shiftGlobal?: string | undefined;
}

interface Compiled {
  readonly original: Module;
  readonly changed: Instrumented | undefined;
  readonly module: WebAssembly.Module;
}

export class V8Engine implements Engine {
  readonly #compiled = new WeakMap<Uint8Array, Compiled>();

  constructor(readonly name: string, readonly instrument?: (wasm: Uint8Array) => Instrumented) {}

  #compile(wasm: Uint8Array): Compiled {
    let compiled = this.#compiled.get(wasm);
    if (compiled === undefined) {
      const changed = this.instrument?.(wasm);
      const module = new WebAssembly.Module((changed?.wasm ?? wasm) as Uint8Array<ArrayBuffer>);
      this.#compiled.set(wasm, compiled = { original: decode(wasm), changed, module });
    }
    return compiled;
  }

  instantiate(
    wasm: Uint8Array,
    imports: (module: string, name: string) => Thing | undefined,
  ): V8Run | Outcome {
    const { original, changed, module } = this.#compile(wasm);
    const object: Record<string, Record<string, WebAssembly.ImportValue>> = {};
    for (const entry of original.imports) {
      (object[entry.module] ??= {})[entry.name] = imports(entry.module, entry.name) as WebAssembly.ImportValue;
    }
    let running: V8Run | undefined;
    const outcome = outcomeOf(() => {
      const { exports } = new WebAssembly.Instance(module, object);
      const budget = changed && {
        fuel: exports[changed.fuelGlobal] as WebAssembly.Global,
        stack: exports[changed.stackGlobal] as WebAssembly.Global,
        base: exports[changed.baseGlobal ?? ""] as WebAssembly.Global | undefined,
        shift: exports[changed.shiftGlobal ?? ""] as WebAssembly.Global | undefined,
      };
      running = new V8Run(exports, original, budget);
      return [];
    });
    return running ?? outcome;
  }
  hostFunction(type: FuncType, run: (args: readonly Value[]) => readonly Value[]): Thing {
    const f = (...args: unknown[]) => {
      const results = run(args.map((arg, i) => fromBits(type.params[i]!, arg)));
      const out = results.map((value, i) => toBits(type.results[i]!, value));
      return type.results.length < 2 ? out[0] : out;
    };
    return adapt(f, type, integers(type));
  }
  hostGlobal(type: Type, mutable: boolean, value: Value): Thing {
    return new WebAssembly.Global({ value: type as "i32", mutable }, toJs(type, value) as number);
  }
  hostMemory({ min, max }: Bounds): Thing {
    return new WebAssembly.Memory(max === undefined ? { initial: min } : { initial: min, maximum: max });
  }
  hostTable(type: Type, { min, max }: Bounds): Thing {
    const element = (type === "funcref" ? "anyfunc" : "externref") as "anyfunc";
    return new WebAssembly.Table(
      max === undefined ? { element, initial: min } : { element, initial: min, maximum: max },
    );
  }
}
