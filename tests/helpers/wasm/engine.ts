/**
 * One way to run a module, for the interpreter and for V8: values are the interpreter's on both sides, bit for bit, so that
 * two runs can be compared.
 * @module
 */
import type { Bounds, FuncType } from "./decode.ts";
import type { Type } from "./opcodes.ts";
import type { Reference, TrapKind, Value } from "./values.ts";

/** What V8 tells apart of traps. */
export type TrapClass = "unreachable" | "zero" | "number" | "memory" | "table" | "callee" | "fuel" | "stack";

const CLASSES: Readonly<Record<TrapKind, TrapClass>> = {
  "unreachable": "unreachable",
  "integer divide by zero": "zero",
  "integer overflow": "number",
  "invalid conversion to integer": "number",
  "out of bounds memory access": "memory",
  "out of bounds table access": "table",
  "undefined element": "table",
  "uninitialized element": "callee",
  "indirect call type mismatch": "callee",
  "out of fuel": "fuel",
  "call stack exhausted": "stack",
};
export const classOf = (kind: TrapKind): TrapClass => CLASSES[kind];

/** How a call ended. */
export type Outcome =
  | { readonly results: readonly Value[] }
  | { readonly trap: TrapClass }
  /** Thrown by a host function, or what linking refuses: nothing of WebAssembly's own. */
  | { readonly thrown: unknown };

/** A thing that can be imported; engines make them and take them back. */
export type Thing = object;

/** What is left of an instance's budgets; may be set. */
export interface Budgets {
  /** In units of 2^`shift`, where that counts; setting it sets `base` too. */
  fuel: bigint;
  readonly base?: bigint | undefined;
  readonly shift?: bigint | undefined;
  stack: number;
  /** Where it is known: the sum of what each instruction costs that ran, and of what is charged by size. */
  readonly counted?: bigint;
}

/** A running module. */
export interface Running {
  /** Undefined when nothing counts. */
  readonly budgets: Budgets | undefined;
  invoke(name: string, args: readonly Value[]): Outcome;
  /** The value of an exported global. */
  global(name: string): Value;
  setGlobal(name: string, value: Value): void;
  /** What an exported table holds. */
  table(name: string): readonly (Reference | null)[];
  /** An exported function as references to it look. */
  exported(name: string): Reference;
  /** What is exported under a name, for another module to import. */
  thing(name: string): Thing | undefined;
  /** Bytes of an exported memory. */
  memory(name: string): Uint8Array;
}

export interface Engine {
  readonly name: string;
  /** Why there is none, when there is none. */
  instantiate(wasm: Uint8Array, imports: (module: string, name: string) => Thing | undefined): Running | Outcome;
  hostFunction(type: FuncType, run: (args: readonly Value[]) => readonly Value[]): Thing;
  hostGlobal(type: Type, mutable: boolean, value: Value): Thing;
  hostMemory(bounds: Bounds): Thing;
  hostTable(type: Type, bounds: Bounds): Thing;
}

export const isRunning = (made: Running | Outcome): made is Running => "invoke" in made;
