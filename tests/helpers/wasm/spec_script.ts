/**
 * Runs a script of the WebAssembly specification's test suite (as `wast2json` compiles it) on an {@linkcode Engine}. Modules
 * that must be refused are other tests' business.
 * @module
 */
import { type Engine, isRunning, type Outcome, type Running, type Thing } from "./engine.ts";
import { isCanonicalNaN, isNaNBits } from "./numeric.ts";
import type { Type } from "./opcodes.ts";
import { classOf, type TrapClass } from "./engine.ts";
import type { TrapKind, Value } from "./values.ts";

export interface SpecValue {
  readonly type: Type;
  /** Decimal bits, `nan:canonical`, `nan:arithmetic`, `null`, the number of an external reference, or absent: any. */
  readonly value?: string;
}
export interface SpecAction {
  readonly type: "invoke" | "get";
  readonly module?: string;
  readonly field: string;
  readonly args?: readonly SpecValue[];
}
export interface SpecCommand {
  readonly type: string;
  readonly line: number;
  readonly filename?: string;
  readonly name?: string;
  readonly as?: string;
  readonly action?: SpecAction;
  readonly expected?: readonly SpecValue[];
  readonly text?: string;
}

/** What became of a script. */
export interface SpecReport {
  /** Assertions that held. */
  passed: number;
  readonly failed: string[];
  /** Modules the engine refuses to run, by its reason; what depends on them is skipped. */
  readonly refused: string[];
}

const TEXTS: readonly TrapKind[] = [
  "unreachable",
  "integer divide by zero",
  "integer overflow",
  "invalid conversion to integer",
  "out of bounds memory access",
  "out of bounds table access",
  "undefined element",
  "uninitialized element",
  "indirect call type mismatch",
  "call stack exhausted",
];

function classOfText(text: string): TrapClass {
  if (text.startsWith("uninitialized")) return "callee";
  if (text === "undefined") return "table";
  if (text === "indirect call") return "callee";
  const kind = TEXTS.find((entry) => text.startsWith(entry));
  if (kind === undefined) throw new Error(`spec suite: no trap like "${text}"`);
  return classOf(kind);
}

const references = new Map<string, object>();
function reference(number: string): object {
  let found = references.get(number);
  if (found === undefined) references.set(number, found = { extern: number });
  return found;
}

function valueOf({ type, value }: SpecValue): Value {
  switch (type) {
    case "i32":
      return Number(BigInt.asIntN(32, BigInt(value!)));
    case "i64":
      return BigInt.asIntN(64, BigInt(value!));
    case "f32":
      return Number(value);
    case "f64":
      return BigInt(value!);
    default:
      return value === "null" ? null : reference(value!);
  }
}

function holds(expected: SpecValue, got: Value | undefined): boolean {
  const { type, value } = expected;
  if (got === undefined) return false;
  if (value === undefined) return got !== null;
  if (value === "nan:canonical") {
    return isCanonicalNaN(type === "f32" ? ((got as number) & 0x7fffffff) : (got as bigint) & ~(1n << 63n));
  }
  if (value === "nan:arithmetic") {
    const quiet = type === "f32" ? ((got as number) & 0x400000) !== 0 : ((got as bigint) & (1n << 51n)) !== 0n;
    return isNaNBits(got) && quiet;
  }
  return got === valueOf(expected);
}

/** The module `spectest` that scripts import from. */
function spectest(engine: Engine): Map<string, Thing> {
  const silent = (...params: Type[]) => engine.hostFunction({ params, results: [] }, () => []);
  return new Map<string, Thing>([
    ["print", silent()],
    ["print_i32", silent("i32")],
    ["print_i64", silent("i64")],
    ["print_f32", silent("f32")],
    ["print_f64", silent("f64")],
    ["print_i32_f32", silent("i32", "f32")],
    ["print_f64_f64", silent("f64", "f64")],
    ["global_i32", engine.hostGlobal("i32", false, 666)],
    ["global_i64", engine.hostGlobal("i64", false, 666n)],
    ["global_f32", engine.hostGlobal("f32", false, 0x4426a666)],
    ["global_f64", engine.hostGlobal("f64", false, 0x4084d4cccccccccdn)],
    ["table", engine.hostTable("funcref", { min: 10, max: 20 })],
    ["memory", engine.hostMemory({ min: 1, max: 2 })],
  ]);
}

const show = (values: readonly unknown[]) =>
  values.map((value) => typeof value === "bigint" ? `${value}n` : String(value)).join(" ");
const showOutcome = (outcome: Outcome) =>
  "results" in outcome
    ? show(outcome.results)
    : "trap" in outcome
    ? `trap ${outcome.trap}`
    : `thrown ${outcome.thrown}`;

export interface SpecOptions {
  readonly load: (filename: string) => Uint8Array;
  /** Before each call, to give instances their budgets back. */
  readonly before?: (running: Running) => void;
  readonly after?: (running: Running, action: SpecAction) => void;
}

export class SpecScript {
  readonly report: SpecReport = { passed: 0, failed: [], refused: [] };
  readonly #named = new Map<string, Running>();
  readonly #registered = new Map<string, Running>();
  readonly #spectest: Map<string, Thing>;
  #latest: Running | undefined;

  constructor(readonly engine: Engine, readonly options: SpecOptions) {
    this.#spectest = spectest(engine);
  }

  #imports = (module: string, name: string): Thing | undefined =>
    module === "spectest" ? this.#spectest.get(name) : this.#registered.get(module)?.thing(name);

  #instantiate(filename: string): Running | Outcome {
    const wasm = this.options.load(filename);
    try {
      return this.engine.instantiate(wasm, this.#imports);
    } catch (error) {
      this.report.refused.push(`${filename}: ${(error as Error).message}`);
      return { thrown: error };
    }
  }

  #act(action: SpecAction): Outcome | undefined {
    const { type, module, field, args = [] } = action;
    const running = module === undefined ? this.#latest : this.#named.get(module);
    if (running === undefined) return undefined;
    if (type === "get") return { results: [running.global(field)] };
    this.options.before?.(running);
    const outcome = running.invoke(field, args.map(valueOf));
    this.options.after?.(running, action);
    return outcome;
  }

  #check(line: number, holds: boolean, what: string): void {
    if (holds) this.report.passed++;
    else this.report.failed.push(`line ${line}: ${what}`);
  }

  #assertOutcome({ line, type, action, expected = [], text = "" }: SpecCommand): void {
    const outcome = this.#act(action!);
    if (outcome === undefined) return;
    const want = type === "assert_return" || type === "action"
      ? show(expected.map(({ value }) => value))
      : type === "assert_exhaustion"
      ? "trap stack"
      : `trap ${classOfText(text)}`;
    const right = type === "action"
      ? "results" in outcome
      : type === "assert_return"
      ? "results" in outcome && outcome.results.length === expected.length &&
        expected.every((value, i) => holds(value, outcome.results[i]))
      : "trap" in outcome && `trap ${outcome.trap}` === want;
    const call = `${action!.field}(${(action!.args ?? []).map(({ value }) => value)})`;
    this.#check(line, right, `${type} ${call}: wanted ${want}, got ${showOutcome(outcome)}`);
  }

  /** One command, as it comes. */
  run(command: SpecCommand): void {
    const { type, line, filename, name } = command;
    switch (type) {
      case "module": {
        const made = this.#instantiate(filename!);
        this.#latest = isRunning(made) ? made : undefined;
        if (isRunning(made) && name !== undefined) this.#named.set(name, made);
        const refused = this.report.refused.at(-1)?.startsWith(`${filename}:`);
        if (!refused) this.#check(line, isRunning(made), `module ${filename}: ${isRunning(made) || showOutcome(made)}`);
        return;
      }
      case "register": {
        const running = name === undefined ? this.#latest : this.#named.get(name);
        if (running !== undefined) this.#registered.set(command.as!, running);
        return;
      }
      case "action":
      case "assert_return":
      case "assert_trap":
      case "assert_exhaustion":
        return this.#assertOutcome(command);
      case "assert_uninstantiable":
      case "assert_unlinkable": {
        // What 1.0 refused to link, a segment that does not fit, traps since bulk memory: both are a refusal.
        const made = this.#instantiate(filename!);
        this.#check(line, !isRunning(made), `${type} ${filename}: it runs`);
        return;
      }
    }
  }
}
