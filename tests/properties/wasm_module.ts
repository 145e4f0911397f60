/** Random modules: everything around the bodies. */
import type {
  DataText,
  ElementText,
  FunctionText,
  GlobalText,
  ImportText,
  ModuleText,
  Signature,
  TableText,
} from "../helpers/wasm/assemble.ts";
import type { Type } from "../helpers/wasm/opcodes.ts";
import { BodyMaker, type Surroundings } from "./wasm_body.ts";
import { Choices } from "./wasm_choices.ts";
import { constant, type FloatMode, NUMERIC_TYPES, operationsFor } from "./wasm_values.ts";

/** Functions a run of a bounded module may enter. */
export const CALLS_MAX = 25;

export interface ModuleOptions {
  readonly floats: FloatMode;
  readonly bounded: boolean;
  /** Memories may be large, and the rule of large memories holds. */
  readonly large?: boolean;
}

/** A module and what is to be known of it to run it. */
export interface Generated {
  readonly text: ModuleText;
  readonly hosts: readonly Required<Signature>[];
  /** Indices of exported functions, under the names `x0` …. */
  readonly exported: readonly number[];
  /** Functions that can be called from outside, under the names `f0`, `f1` …. */
  readonly entries: readonly (Required<Signature> & { readonly name: string })[];
  /** Exported as `g0` …. */
  readonly globals: readonly { readonly type: Type; readonly mutable: boolean }[];
  /** Exported as `t0` …. */
  readonly tables: readonly TableText[];
  readonly memory: boolean;
  readonly options: ModuleOptions;
}

const isReference = (type: Type) => type === "funcref" || type === "externref";

/** Pages of memories that growing may make large, or that are large. */
const LARGE_MINIMA = [1, 20, 22, 24, 25, 30, 32, 33, 60, 64, 250];

class ModuleMaker {
  readonly types: Signature[] = [];
  constructor(readonly choices: Choices, readonly options: ModuleOptions) {}

  typeIndex = ({ params = [], results = [] }: Signature): number => {
    const found = this.types.findIndex((type) =>
      type.params!.join() === params.join() && type.results!.join() === results.join()
    );
    return found === -1 ? this.types.push({ params, results }) - 1 : found;
  };

  signature(references: boolean): Required<Signature> {
    const { choices } = this;
    const one = (): Type =>
      references && choices.chance(16) ? "funcref" : choices.pick(NUMERIC_TYPES[this.options.floats]);
    return { params: choices.list(0, 3, one), results: choices.list(0, 2, one) };
  }

  globals(): GlobalText[] {
    const { choices, options } = this;
    const types = [...NUMERIC_TYPES[options.floats], "funcref" as const];
    const list = choices.list(0, 4, (i) => {
      const type = choices.pick(types);
      return { type, mutable: choices.chance(200), init: [constant(choices, type)], export: `g${i}` };
    });
    const calls = { type: "i32" as const, mutable: true, init: `i32.const ${CALLS_MAX}` };
    return [...(options.bounded ? [calls] : []), ...list].map((each, i) => ({ ...each, export: `g${i}` }));
  }

  elements(
    visible: readonly number[],
    exported: readonly number[],
    tables: readonly TableText[],
    slots: readonly number[],
  ): ElementText[] {
    const { choices } = this;
    const some = () => exported.length === 0 ? [] : choices.list(0, 4, () => choices.pick(exported));
    const table = tables.findIndex(({ type }) => type !== "externref");
    const list = choices.list(0, 3, (): ElementText => {
      const kind = choices.below(3);
      if (kind === 0 || table === -1) return { functions: some() };
      if (kind === 1) return { expressions: some().map((index) => `ref.func ${index}`) };
      return { functions: some(), table, offset: `i32.const ${choices.pick([0, 0, 1, 2, 5])}` };
    });
    if (slots.length > 0) list.unshift({ functions: slots, table, offset: "i32.const 0" });
    const [even, odd] = [0, 1].map((rest) => visible.filter((i) => i % 2 === rest));
    const expressions = odd!.map((index) => `ref.func ${index}`);
    return [...list, { declarative: true, functions: even! }, { declarative: true, expressions }];
  }

  data(memory: boolean): DataText[] {
    if (!memory) return [];
    const { choices } = this;
    return choices.list(0, 3, (): DataText => {
      const bytes = new Uint8Array(choices.list(0, 8, () => choices.byte()));
      return choices.chance(128) ? { bytes } : { bytes, offset: `i32.const ${choices.pick([0, 7, 100, 65_532])}` };
    });
  }

  make(): Generated {
    const { choices, options } = this;
    const hosts = choices.list(0, 3, () => this.signature(false));
    const own = choices.list(1, 7, () => this.signature(true));
    const functions = [...hosts, ...own];
    // Exported, or only referred to; the others can only be called by name: that is what costs and frames may move over.
    const seen = functions.map((_, i) => choices.chance(i > hosts.length ? 180 : 30) ? choices.pick([0, 0, 0, 1]) : 2);
    const visible = seen.flatMap((how, i) => how > 0 ? [i] : []);
    const exported = seen.flatMap((how, i) => how > 1 ? [i] : []);
    const memory = choices.chance(230);
    const min = choices.pick(options.large === true ? LARGE_MINIMA : [1, 1, 2, 0]);
    const tables = choices.list(0, 2, (i): TableText => {
      const type = choices.chance(40) ? "externref" : "funcref";
      return { type, min: choices.below(7), max: 7 + choices.below(4), export: `t${i}` };
    });
    const globals = this.globals();
    const callable = tables.find(({ type }) => type === "funcref");
    const slots = visible.slice(0, callable?.min ?? 0);
    const elements = this.elements(visible, exported, tables, slots);
    const data = this.data(memory);
    const around: Surroundings = {
      ...options,
      operations: operationsFor(options.floats),
      functions,
      visible,
      typeIndex: this.typeIndex,
      globals: globals.map(({ type, mutable = false }) => ({ type, mutable })),
      memory,
      tables: tables.map(({ type = "funcref" }) => type),
      slots,
      elements: elements.length,
      data: data.length,
      iterationsMax: 4,
    };
    const plain = own.map(({ params, results }, i) =>
      exported.includes(hosts.length + i) && ![...params, ...results].some(isReference)
    );
    const bodies = own.map((signature, i): FunctionText => {
      const locals = choices.list(
        0,
        4,
        () => choices.chance(16) ? "funcref" : choices.pick(NUMERIC_TYPES[options.floats]),
      );
      const maker = new BodyMaker(choices, around, signature, locals, choices.chance(50), 150);
      return { ...signature, ...maker.make(), ...(plain[i] ? { export: `f${i}` } : {}) };
    });
    const starts = functions.flatMap(({ params, results }, i) => params.length + results.length === 0 ? [i] : []);
    const start = starts.length > 0 && choices.chance(60) ? { start: choices.pick(starts) } : {};
    const text: ModuleText = {
      types: this.types,
      imports: hosts.map((host, i): ImportText => ({ module: "env", name: `h${i}`, ...host })),
      functions: bodies,
      tables,
      ...(memory
        ? { memory: { min, max: min + choices.below(options.large === true ? 40 : 3), export: "memory" } }
        : {}),
      globals,
      elements,
      data,
      dataCount: data.length > 0,
      ...start,
      // Under names, so that references to them can be told apart.
      exports: exported.map((index) => ({ name: `x${index}`, kind: "function", index })),
    };
    const entries = own.flatMap((signature, i) => plain[i] ? [{ ...signature, name: `f${i}` }] : []);
    return { text, hosts, exported, entries, globals: around.globals, tables, memory, options };
  }
}

/** The module that these bytes decide on: well typed always. */
export function generate(bytes: Uint8Array, options: ModuleOptions): Generated {
  return new ModuleMaker(new Choices(bytes), options).make();
}
