/**
 * A probe for each class of instructions: a piece of code that is little else, in the text of `tests/helpers/wasm`. Locals: 0
 * the counter of the loop, 1 and 2 `i32`, 3 and 4 `i64`, 5 `f64`, 6 `f32`. Chains on purpose: the next piece needs the result of this one, so that
 * nothing runs beside it.
 * @module
 */
import type { CostClass } from "../../contracts/wasm/costs.ts";
import type { ModuleText } from "../helpers/wasm/assemble.ts";

export interface Probe {
  readonly name: string;
  /** The class it is about, and how many instructions (or bytes, pages, entries) of it a piece has. */
  readonly of: CostClass;
  readonly count: number;
  readonly body: string;
  /** Pieces in a loop's body. */
  readonly copies?: number;
  /** Iterations of the loop. */
  readonly times: number;
  /** Before the loop, once. */
  readonly before?: string;
  readonly module?: Partial<ModuleText>;
}

const INDIRECT: Partial<ModuleText> = {
  tables: [{ min: 64 }],
  elements: [{ offset: "i32.const 0", functions: Array.from({ length: 64 }, (_, i) => 1 + i % 8) }],
};

/** Functions 1 to 8, which differ. */
const OTHERS: ModuleText["functions"] = Array.from({ length: 8 }, (_, i) => ({
  params: ["i32"],
  results: ["i32"],
  body: `local.get 0 i32.const ${i * 77 + 5} i32.rotl i32.const ${i + 1} i32.xor`,
}));

/** The next pseudo-random number, in local 1. */
const RANDOM = "local.get 1 i32.const 1664525 i32.mul i32.const 1013904223 i32.add local.set 1";

const LINE_BYTES = 64;

/** Writes into each line of the memory the address of another, so that they make one circle through all of them, in no order. */
const chainThrough = (lines: number) =>
  `i32.const ${lines} local.set 1 loop local.get 1 i32.const 1 i32.sub local.tee 1 i32.const ${LINE_BYTES} i32.mul ` +
  `local.get 1 i32.const 7153 i32.mul i32.const 7919 i32.add i32.const ${lines} i32.rem_u i32.const ${LINE_BYTES} i32.mul ` +
  "i32.store local.get 1 br_if 0 end";

const labels = (count: number) => Array.from({ length: count }, (_, i) => i).join(" ");

/** A `br_table` over `count` cases, a different one each time. */
const switchOver = (count: number) =>
  `${RANDOM} ${"block ".repeat(count)} local.get 1 i32.const 26 i32.shr_u br_table ${labels(count)} ` +
  Array.from({ length: count }, (_, i) => `end local.get 1 i32.const ${i * 3 + 1} i32.xor local.set 1 `).join("");

export const PROBES: readonly Probe[] = [
  {
    name: "add, xor, rotl",
    of: "simple",
    count: 12,
    body:
      "local.get 1 i32.const 99 i32.add local.set 1 local.get 1 i32.const 7 i32.rotl local.set 1 local.get 1 i32.const 12345 i32.xor local.set 1",
    times: 300_000,
  },
  {
    name: "i64 compare, select",
    of: "simple",
    count: 8,
    body: "local.get 3 i64.const 77 i64.add local.get 4 local.get 3 local.get 4 i64.lt_u select local.set 3",
    times: 300_000,
  },
  { name: "i32.mul", of: "multiply", count: 1, body: "local.get 1 local.get 1 i32.mul local.set 1", times: 300_000 },
  { name: "i64.mul", of: "multiply", count: 1, body: "local.get 3 local.get 3 i64.mul local.set 3", times: 300_000 },
  { name: "i64.popcnt", of: "multiply", count: 1, body: "local.get 3 i64.popcnt local.set 3", times: 300_000 },
  {
    name: "i32.div_u",
    of: "divide",
    count: 1,
    body: "i32.const -7 local.get 1 i32.const 1 i32.or i32.div_u local.set 1",
    times: 100_000,
  },
  {
    name: "i64.div_s",
    of: "divide",
    count: 1,
    body: "i64.const 0x7ffffffffffffff1 local.get 3 i64.const 1 i64.or i64.div_s local.set 3",
    times: 100_000,
  },
  {
    name: "i64.rem_u",
    of: "divide",
    count: 1,
    body: "i64.const -15 local.get 3 i64.const 3 i64.or i64.rem_u local.set 3",
    times: 100_000,
  },
  { name: "global", of: "global", count: 2, body: "global.get 0 i32.const 3 i32.add global.set 0", times: 200_000 },
  { name: "load, near", of: "load", count: 1, body: "local.get 1 i32.load local.set 1", times: 200_000 },
  ...[1, 1.5, 2, 4, 8, 16, 32].map((megabytes): Probe => ({
    name: `load, anywhere in ${megabytes} MiB`,
    of: "load",
    count: 8,
    body: `local.get 1 ${"i32.load ".repeat(8)}local.set 1`,
    times: 2_500,
    before: chainThrough(megabytes * 2 ** 20 / LINE_BYTES),
    module: { memory: { min: 16 * megabytes } },
  })),
  {
    name: "store, then load",
    of: "store",
    count: 1,
    body: "i32.const 64 local.get 1 i32.store i32.const 64 i32.load local.set 1",
    times: 200_000,
  },
  {
    name: "store",
    of: "store",
    count: 1,
    body: "local.get 1 local.get 1 i64.extend_i32_u i64.store offset=4096",
    times: 200_000,
  },
  {
    name: "store, far: 32 MiB",
    of: "store",
    count: 1,
    body: `${RANDOM} local.get 1 i32.const 7 i32.shr_u local.get 1 i32.store8`,
    times: 6_000,
    before: "i32.const 0 i32.const 0 i32.const 33554432 memory.fill",
    module: { memory: { min: 512 } },
  },
  {
    name: "if, foreseen",
    of: "branch",
    count: 1,
    body: "local.get 0 if local.get 1 i32.const 5 i32.xor local.set 1 end",
    times: 100_000,
  },
  {
    name: "if, not foreseen",
    of: "branch",
    count: 1,
    body:
      `${RANDOM} local.get 1 i32.const 0 i32.lt_s if local.get 1 i32.const 5 i32.mul i32.const 77 i32.rotl local.set 1 end`,
    times: 50_000,
  },
  {
    name: "br_if, foreseen",
    of: "branch",
    count: 1,
    body:
      "block local.get 1 i32.const 1 i32.or local.tee 1 i32.eqz br_if 0 local.get 1 i32.const 3 i32.add local.set 1 end",
    times: 100_000,
  },
  { name: "br_table of 64", of: "branchTable", count: 1, body: switchOver(64), copies: 1, times: 500_000 },
  {
    name: "recursion",
    of: "call",
    count: 1,
    body: "local.get 1 i32.const 100 i32.add call 1 local.set 1",
    copies: 1,
    times: 1,
    module: {
      functions: [{
        params: ["i32"],
        results: ["i32"],
        body: "local.get 0 if i32 local.get 0 i32.const 1 i32.sub call 1 i32.const 1 i32.add else i32.const 0 end",
      }],
    },
  },
  {
    name: "call_indirect, not foreseen",
    of: "callIndirect",
    count: 1,
    body: `${RANDOM} local.get 1 local.get 1 i32.const 26 i32.shr_u call_indirect 0 local.set 1`,
    times: 20_000,
    module: { ...INDIRECT, types: [{ params: ["i32"], results: ["i32"] }], functions: OTHERS },
  },
  { name: "f64.add", of: "float", count: 1, body: "local.get 5 f64.const 1.5 f64.add local.set 5", times: 100_000 },
  { name: "f32.mul", of: "float", count: 1, body: "local.get 6 f32.const 1.25 f32.mul local.set 6", times: 100_000 },
  {
    name: "f64.max",
    of: "floatRound",
    count: 1,
    body: "local.get 5 f64.const 1.5 f64.max local.set 5",
    times: 100_000,
  },
  { name: "f64.nearest", of: "floatRound", count: 1, body: "local.get 5 f64.nearest local.set 5", times: 100_000 },
  {
    name: "f64.div",
    of: "floatDivide",
    count: 1,
    body: "f64.const 1.7 local.get 5 f64.div local.set 5",
    times: 100_000,
  },
  { name: "f64.sqrt", of: "floatDivide", count: 1, body: "local.get 5 f64.sqrt local.set 5", times: 100_000 },
  {
    name: "to float and back",
    of: "convert",
    count: 2,
    body: "local.get 3 f64.convert_i64_u i64.trunc_f64_u local.set 3",
    before: "i64.const 12345 local.set 3",
    times: 50_000,
  },
  {
    name: "to float and back, saturating",
    of: "convert",
    count: 2,
    body: "local.get 3 f32.convert_i64_s i64.trunc_sat_f32_s local.set 3",
    times: 50_000,
  },
  {
    name: "table.get, table.set",
    of: "table",
    count: 2,
    body: "i32.const 1 i32.const 2 table.get 0 table.set 0",
    times: 20_000,
    module: { ...INDIRECT, functions: OTHERS },
  },
  {
    name: "ref.func",
    of: "table",
    count: 2,
    body: "i32.const 1 ref.func 1 table.set 0",
    times: 20_000,
    module: { ...INDIRECT, functions: OTHERS },
  },
  ...[0, 1, 100].map((size): Probe => ({
    name: `memory.fill of ${size} bytes`,
    of: "memoryFill",
    count: 1,
    body: "i32.const 1000 i32.const 0 i32.const 8 i32.load memory.fill",
    before: `i32.const 8 i32.const ${size} i32.store`,
    times: 5_000,
  })),
  {
    name: "memory.fill, untouched page",
    of: "memoryFill",
    count: 1,
    body: "i32.const 65536 i32.const 0 i32.const 8 i32.load memory.fill",
    times: 5_000,
  },
  ...[0, 1, 100].map((size): Probe => ({
    name: `memory.copy of ${size} bytes`,
    of: "bulk",
    count: 1,
    body: "i32.const 1000 i32.const 9 i32.const 8 i32.load memory.copy",
    before: `i32.const 8 i32.const ${size} i32.store`,
    times: 5_000,
  })),
  {
    name: "table.copy of nothing",
    of: "bulk",
    count: 1,
    body: "i32.const 0 i32.const 9 local.get 2 table.copy 0 0",
    times: 5_000,
    module: { ...INDIRECT, functions: OTHERS },
  },
  {
    name: "table.fill of nothing",
    of: "bulk",
    count: 1,
    body: "i32.const 0 ref.func 1 local.get 2 table.fill 0",
    times: 5_000,
    module: { ...INDIRECT, functions: OTHERS },
  },
  {
    name: "memory.fill, 16 KiB",
    of: "memoryByte",
    count: 16_384,
    body: "i32.const 0 i32.const 0 i32.const 16384 memory.fill",
    times: 300,
  },
  {
    name: "memory.copy, 16 MiB",
    of: "memoryByte",
    count: 16_777_216,
    body: "i32.const 0 i32.const 16777216 i32.const 16777216 memory.copy",
    copies: 1,
    times: 10,
    before: "i32.const 0 i32.const 0 i32.const 33554432 memory.fill",
    module: { memory: { min: 512 } },
  },
  {
    name: "memory.copy, odd places",
    of: "memoryByte",
    count: 200,
    body: "i32.const 4095 i32.const 13 i32.const 200 memory.copy",
    times: 5_000,
  },
  { name: "memory.grow by nothing", of: "memoryGrow", count: 1, body: "i32.const 0 memory.grow drop", times: 500 },
  {
    name: "memory.grow, all touched",
    of: "memoryPage",
    count: 1,
    body: "i32.const 1 memory.grow i32.const 16 i32.shl local.set 1 " +
      Array.from({ length: 16 }, (_, i) => `local.get 1 i32.const 1 i32.store offset=${i * 4096}`).join(" "),
    copies: 1,
    times: 500,
    module: { memory: { min: 1, max: 600 } },
  },
  {
    name: "table.grow by nothing",
    of: "tableGrow",
    count: 1,
    body: "ref.func 1 i32.const 0 table.grow 0 drop",
    times: 500,
    module: { ...INDIRECT, functions: OTHERS },
  },
  {
    name: "table.grow",
    of: "tableElement",
    count: 100,
    body: "ref.func 1 i32.const 100 table.grow 0 drop",
    copies: 1,
    times: 100,
    module: { ...INDIRECT, functions: OTHERS },
  },
  {
    name: "table.fill",
    of: "tableElement",
    count: 64,
    body: "i32.const 0 ref.func 1 i32.const 64 table.fill 0",
    times: 100,
    module: { ...INDIRECT, functions: OTHERS },
  },
  {
    name: "table.copy",
    of: "tableElement",
    count: 60,
    body: "i32.const 0 i32.const 2 i32.const 60 table.copy 0 0",
    times: 100,
    module: { ...INDIRECT, functions: OTHERS },
  },
  {
    name: "table.init",
    of: "tableElement",
    count: 64,
    body: "i32.const 0 i32.const 0 i32.const 64 table.init 1 0",
    times: 100,
    module: {
      tables: [{ min: 64 }],
      elements: [{ offset: "i32.const 0", functions: [1] }, {
        functions: Array.from({ length: 64 }, (_, i) => 1 + i % 8),
      }],
      functions: OTHERS,
    },
  },
  {
    name: "1 000 locals",
    of: "local",
    count: 1_000,
    body: "local.get 1 call 1 local.set 1",
    copies: 4,
    times: 2_000,
    module: {
      functions: [{
        params: ["i32"],
        results: ["i32"],
        locals: Array.from({ length: 1_000 }, () => "i64" as const),
        body: "local.get 0 if i32 local.get 0 i32.const 1 i32.sub call 1 else i32.const 0 end",
      }],
    },
  },
];
