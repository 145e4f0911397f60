/**
 * Modules whose calls go deep: the stack's counter has to stop each of them before V8's own stack ends, whatever compiled it.
 * All export `run`, which never returns by itself, and `warm`, which comes back soon (to be called until V8 compiles it better).
 * @module
 */
import { assemble, type FunctionText, type ModuleText } from "./assemble.ts";
import type { Type } from "./opcodes.ts";

export interface Deep {
  readonly name: string;
  readonly wasm: Uint8Array<ArrayBuffer>;
  /** The module has an import `env.again`, which calls `from` again with its argument. */
  readonly reenters: boolean;
  /** It has a memory and stores in it; contracts then note where. */
  readonly writes: boolean;
}

const repeat = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

/** `run` and `warm` around the first function, of type [i32] → [i32], which recurs until its argument is 0. */
function deep(name: string, functions: readonly FunctionText[], rest: Partial<ModuleText> = {}): Deep {
  const reenters = rest.imports !== undefined;
  const first = reenters ? 1 : 0;
  const wasm = assemble({
    ...rest,
    functions: [
      ...functions,
      { export: "run", results: ["i32"], body: `i32.const -1 call ${first}` },
      { export: "warm", results: ["i32"], body: `i32.const 3 call ${first}` },
      { export: "from", params: ["i32"], results: ["i32"], body: `local.get 0 call ${first}` },
    ],
  });
  return { name, wasm, reenters, writes: rest.memory !== undefined };
}

/** [i32] → [i32]: nothing at 0; else `body` with the argument, one less, as its input on the stack. */
const recursive = (body: string, locals: readonly Type[] = []): FunctionText => ({
  params: ["i32"],
  results: ["i32"],
  locals,
  body: `local.get 0 i32.eqz if i32.const 0 return end local.get 0 i32.const 1 i32.sub ${body}`,
});

/** Locals that are all different, and all alive over a call. */
function manyLocals(count: number, type: Type): FunctionText {
  const fill = repeat(count, (i) => `local.get 0 ${cast(type)} ${type}.const ${i + 3} ${type}.mul local.set ${i + 1}`);
  const use = repeat(count, (i) => `local.get ${i + 1} ${type}.add`);
  return recursive(
    `${fill.join(" ")} call 0 ${cast(type)} ${use.join(" ")} ${back(type)}`,
    repeat(count, () => type),
  );
}
const cast = (type: Type) => type === "i64" ? "i64.extend_i32_s" : type === "f64" ? "f64.convert_i32_s" : "";
const back = (type: Type) => type === "i64" ? "i32.wrap_i64" : type === "f64" ? "i32.trunc_sat_f64_s" : "";

/** Operands that are all different, on the stack over a call. */
function manyOperands(count: number): FunctionText {
  const push = repeat(count, (i) => `local.get 0 i32.const ${i + 3} i32.mul`);
  return recursive(`${push.join(" ")} local.get 0 i32.const 1 i32.sub call 0 ${"i32.add ".repeat(count)} i32.add`);
}

function manyParameters(count: number, type: Type): FunctionText[] {
  const pass = repeat(count, (i) => `local.get ${i + 1} local.get ${count - i} ${type}.add`);
  const first: FunctionText = {
    params: ["i32"],
    results: ["i32"],
    body: `local.get 0 ${repeat(count, (i) => `${type}.const ${i}`).join(" ")} call 1`,
  };
  const second: FunctionText = {
    params: ["i32", ...repeat(count, () => type)],
    results: ["i32"],
    body: `local.get 0 i32.eqz if i32.const 0 return end local.get 0 i32.const 1 i32.sub ${pass.join(" ")} call 1
      i32.const 1 i32.add`,
  };
  return [first, second];
}

function manyResults(count: number): FunctionText[] {
  const results = repeat(count, (): Type => "i64");
  return [
    { params: ["i32"], results: ["i32"], body: `local.get 0 call 1 ${"i64.add ".repeat(count - 1)} i32.wrap_i64` },
    {
      params: ["i32"],
      results,
      body: `local.get 0 i32.eqz if ${repeat(count, (i) => `i64.const ${i}`).join(" ")} return end
        local.get 0 i32.const 1 i32.sub call 1 i64.const 1 i64.add`,
    },
  ];
}

/** Small, but calls others with much in them before it recurs: what is inlined makes a frame large. */
function manyInside(callees: number, values: number): FunctionText[] {
  const inner = repeat(callees, (n): FunctionText => ({
    params: ["i32"],
    results: ["i32"],
    locals: repeat(values, () => "i64"),
    body: [
      ...repeat(values, (i) => `local.get 0 i64.extend_i32_s i64.const ${i + n + 3} i64.mul local.set ${i + 1}`),
      "i64.const 0",
      ...repeat(values, (i) => `local.get ${i + 1} i64.add local.get ${values - i} i64.xor`),
      ...repeat(values, (i) => `local.get ${i + 1} i64.mul`),
      "i32.wrap_i64",
    ].join(" "),
  }));
  const calls = repeat(callees, (n) => `local.get 0 call ${n + 1} i32.xor`);
  return [recursive(`local.set 1 local.get 1 ${calls.join(" ")} drop local.get 1 call 0`, ["i32"]), ...inner];
}

/** Code that fuel makes five times as long, into which V8 then puts functions that it would not put into the short one. */
function longUnderFuel(branches: number, callees: number, values: number): Deep {
  const combine = "i64.rotl ".repeat(values - 1);
  const inner = repeat(callees, (n): FunctionText => ({
    params: ["i32"],
    results: ["i32"],
    body: `${repeat(values, (i) => `global.get ${i}`).join(" ")} ${
      n + 1 < callees ? `local.get 0 call ${n + 2} i64.extend_i32_s i64.add` : ""
    } ${combine} i32.wrap_i64`,
  }));
  const outer = recursive(
    `block ${"local.get 1 br_if 0 ".repeat(branches)} end call 0 call 1`,
    ["i32"],
  );
  return deep(`${branches} branches, and ${callees} callees with ${values} values`, [outer, ...inner], {
    globals: repeat(values, (i) => ({ type: "i64", mutable: true, init: `i64.const ${i}` })),
  });
}

/** Loops whose bodies call on: nested blocks keep operands below. */
function throughLoops(): FunctionText {
  return recursive(
    `
    local.set 1
    i32.const 11 i32.const 12 i32.const 13
    block i32
      i32.const 21
      loop i32
        i32.const 31 local.get 1 call 0 i32.add
        local.get 1 i32.const 1 i32.sub local.tee 1 i32.const 0 i32.gt_s br_if 0
      end
      i32.add
    end
    i32.add i32.add i32.add`,
    ["i32"],
  );
}

const chain = (length: number): FunctionText[] =>
  repeat(length, (i) => recursive(`call ${(i + 1) % length} i32.const ${i} i32.add`));

const mutual: Partial<ModuleText> = {
  types: [{ params: ["i32"], results: ["i32"] }],
  tables: [{ min: 3 }],
  elements: [{ offset: "i32.const 0", functions: [0, 1, 2] }],
};
const indirect = (index: number): FunctionText =>
  recursive(`local.get 0 i32.const 3 i32.rem_u i32.const ${index} i32.add i32.const 3 i32.rem_u call_indirect 0`);

const memory: Partial<ModuleText> = { memory: { min: 1, export: "memory" } };
const aPointer: Partial<ModuleText> = {
  ...memory,
  globals: [{ type: "i32", mutable: true, init: "i32.const 65536" }],
};
/** Addresses of no local: what notes them needs a place of its own for each. */
const store = (address: string) => `${address} i32.const 0xff8 i32.and local.get 0 i32.store`;

/** Inner ones are put into the outer one by V8, with all their notes. */
function writersInside(callees: number, writes: number): FunctionText[] {
  const inner = repeat(callees, (n): FunctionText => ({
    params: ["i32"],
    results: ["i32"],
    body: `${repeat(writes, (i) => store(`local.get 0 i32.const ${i + n} i32.add`)).join(" ")} local.get 0`,
  }));
  const calls = repeat(callees, (n) => `local.get 0 call ${n + 1} drop`);
  return [recursive(`local.set 1 ${calls.join(" ")} local.get 1 call 0`, ["i32"]), ...inner];
}

function writesOverOperands(count: number): FunctionText {
  const push = repeat(
    count,
    (i) => `local.get 0 i32.const ${i + 3} i32.mul ${i % 8 === 0 ? store("local.get 0") : ""}`,
  );
  return recursive(
    `${push.join(" ")} ${store("local.get 0")} local.get 0 i32.const 1 i32.sub call 0 ${
      "i32.add ".repeat(count)
    } i32.add`,
  );
}

/** All of them. */
export const DEEP: readonly Deep[] = [
  deep("small frames", [recursive("call 0")]),
  deep("small frames that still add", [recursive("call 0 i32.const 1 i32.add")]),
  deep("a chain of 40 functions", chain(40)),
  deep("20 locals", [manyLocals(20, "i32")]),
  deep("200 locals, i64", [manyLocals(200, "i64")]),
  deep("200 locals, f64", [manyLocals(200, "f64")]),
  deep("3 000 locals", [manyLocals(3_000, "i64")]),
  deep("100 locals that nobody uses", [recursive("call 0 i32.const 1 i32.add", repeat(100, () => "i64"))]),
  deep("100 operands", [manyOperands(100)]),
  deep("900 operands", [manyOperands(900)]),
  deep("20 parameters, i64", manyParameters(20, "i64")),
  deep("20 parameters, f32", manyParameters(20, "f32")),
  deep("800 parameters", manyParameters(800, "i64")),
  deep("20 results", manyResults(20)),
  deep("900 results", manyResults(900)),
  deep("callees with much in them", manyInside(6, 30)),
  deep("one callee with very much in it", manyInside(1, 100)),
  deep("small callees", manyInside(12, 5)),
  longUnderFuel(12, 5, 100),
  longUnderFuel(20, 2, 125),
  deep("loops and blocks", [throughLoops()]),
  deep("mutual recursion through a table", [indirect(0), indirect(1), indirect(2)], mutual),
  deep("code without work", [recursive(`${"nop ".repeat(50)} call 0`)]),
  deep("small frames that write", [recursive(`${store("local.get 0")} call 0`)], memory),
  deep("small frames that write behind the call", [recursive(`call 0 ${store("local.get 0")}`)], memory),
  deep("small frames with a frame in memory", [
    recursive(`global.get 0 i32.const 48 i32.sub local.tee 1 global.set 0 ${store("local.get 1")} call 0`, ["i32"]),
  ], aPointer),
  deep("writes with 100 operands below", [writesOverOperands(100)], memory),
  deep("writes with 900 operands below", [writesOverOperands(900)], memory),
  deep("callees that write", writersInside(10, 4), memory),
  deep("callees that write much", writersInside(3, 25), memory),
  deep("code that writes much", [
    recursive(`${repeat(60, (i) => store(`local.get 0 i32.const ${i} i32.add`)).join(" ")} call 0`),
  ], memory),
  deep(
    "mutual recursion through a table, writing",
    [indirect(0), indirect(1), indirect(2)].map((f) => ({
      ...f,
      body: `${store("local.get 0")} ${f.body}`,
    })),
    { ...mutual, ...memory },
  ),
  deep("through an import that calls back in", [recursive("call 0 i32.const 1 i32.add")], {
    imports: [{ module: "env", name: "again", params: ["i32"], results: ["i32"] }],
  }),
];

/** Those that run as contracts too. */
export const WRITING: readonly Deep[] = DEEP.filter(({ writes }) => writes);
