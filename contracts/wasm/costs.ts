/**
 * What instructions cost, in fuel (CosmWasm gas: 1 000 000 to the microsecond). One number for each class of instructions;
 * the measurement behind each number is in the README of this folder, and `deno task bench contracts --costs` repeats it.
 * The table is part of consensus: another table is another chain.
 * @module
 */
import { sha256 } from "../../node/core/crypto/mod.ts";
import { bytesToHex } from "../../node/core/bytes.ts";
import { invariant } from "../../node/core/invariant.ts";
import { OP, OPCODE_COUNT, OPCODES } from "./opcodes.ts";

/** Fuel for each instruction of a class, and for each unit of what is charged by size. Whole numbers. */
export interface CostTable {
  /** Constants, locals, integer arithmetic without multiplication, comparisons, conversions between integers. */
  readonly simple: number;
  /** `mul` of integers, and counting of bits. */
  readonly multiply: number;
  /** `div` and `rem` of integers. */
  readonly divide: number;
  readonly global: number;
  readonly load: number;
  readonly store: number;
  /** `br`, `br_if`, `if`, `return`. */
  readonly branch: number;
  readonly branchTable: number;
  readonly call: number;
  readonly callIndirect: number;
  /** `add`, `sub`, `mul` of floats, their signs, comparisons. */
  readonly float: number;
  /** `min`, `max`, and rounding of floats. */
  readonly floatRound: number;
  /** `div` and `sqrt` of floats. */
  readonly floatDivide: number;
  /** Between floats and integers. */
  readonly convert: number;
  /** `table.get`, `table.set`, `table.size`, `ref.func`. */
  readonly table: number;
  /** Bulk operations on memories and tables, `data.drop`, `elem.drop`: before what they cost by size. */
  readonly bulk: number;
  /** The same of `memory.fill`, which is slow when it fills nothing in a page that nobody has touched. */
  readonly memoryFill: number;
  readonly memoryGrow: number;
  readonly tableGrow: number;
  /** For each local of a function that is not a parameter, when it is called. */
  readonly local: number;
  /** For each byte that `memory.fill`, `memory.copy` and `memory.init` write. */
  readonly memoryByte: number;
  /** For each page of 64 KiB that `memory.grow` adds, and that the memory starts with. */
  readonly memoryPage: number;
  /** For each entry that a table operation writes or adds. */
  readonly tableElement: number;
  /** For an instance. */
  readonly instance: number;
}

export type CostClass = keyof CostTable;

/** Measured on V8 15.0; see the README. */
export const DEFAULT_COSTS: CostTable = {
  simple: 100,
  multiply: 600,
  divide: 5_000,
  global: 300,
  load: 400,
  store: 400,
  branch: 600,
  branchTable: 3_000,
  call: 1_200,
  callIndirect: 8_000,
  float: 1_500,
  floatRound: 4_000,
  floatDivide: 8_000,
  convert: 3_000,
  table: 20_000,
  bulk: 10_000,
  memoryFill: 40_000,
  memoryGrow: 200_000,
  tableGrow: 50_000,
  local: 50,
  memoryByte: 150,
  memoryPage: 48_000_000,
  tableElement: 50_000,
  instance: 10_000_000,
};

/**
 * Greatest cost there may be: 2^32 of what is charged by size then stay below 2^62, so that the counter never wraps, and
 * costs of a whole function body stay exact in a number.
 */
export const COST_MAX = 2 ** 30;

const CLASSES: readonly CostClass[] = (Object.keys(DEFAULT_COSTS) as CostClass[]).sort();

const names = (text: string) => text.trim().split(/\s+/);
const both = (text: string) => names(text).flatMap((name) => [`i32.${name}`, `i64.${name}`]);
const bothFloats = (text: string) => names(text).flatMap((name) => [`f32.${name}`, `f64.${name}`]);

/** Names of the instructions of a class; all others are `simple`. */
const MEMBERS: Readonly<Partial<Record<CostClass, readonly string[]>>> = {
  multiply: both("mul clz ctz popcnt"),
  divide: both("div_s div_u rem_s rem_u"),
  global: ["global.get", "global.set"],
  load: OPCODES.flatMap((opcode) => opcode?.name.includes(".load") ? [opcode.name] : []),
  store: OPCODES.flatMap((opcode) => opcode?.name.includes(".store") ? [opcode.name] : []),
  branch: ["br", "br_if", "if", "return"],
  branchTable: ["br_table"],
  call: ["call"],
  callIndirect: ["call_indirect"],
  float: bothFloats("add sub mul abs neg copysign eq ne lt gt le ge"),
  floatRound: bothFloats("min max ceil floor trunc nearest"),
  floatDivide: bothFloats("div sqrt"),
  convert: OPCODES.flatMap((opcode) => /convert|trunc_|demote|promote/.test(opcode?.name ?? "") ? [opcode!.name] : []),
  table: ["table.get", "table.set", "table.size", "ref.func"],
  memoryFill: ["memory.fill"],
  bulk: names("memory.copy memory.init data.drop table.fill table.copy table.init elem.drop"),
  memoryGrow: ["memory.grow"],
  tableGrow: ["table.grow"],
};

/** Instructions that are no work by themselves. */
const FREE = names("unreachable nop block loop else end");

/** Class of each opcode; undefined for those that cost nothing. */
export const COST_CLASSES: readonly (CostClass | undefined)[] = classes();

function classes(): (CostClass | undefined)[] {
  const table: (CostClass | undefined)[] = OPCODES.map((opcode) => opcode === undefined ? undefined : "simple");
  for (const [name, members] of Object.entries(MEMBERS) as [CostClass, readonly string[]][]) {
    for (const member of members) {
      const code = OP[member];
      invariant(code !== undefined, `cost classes: no instruction ${member}`);
      table[code] = name;
    }
  }
  for (const name of FREE) table[OP[name]!] = undefined;
  return table;
}

/** Cost of each opcode, without what is charged by size. */
export function costsByOpcode(costs: CostTable): Int32Array {
  const out = new Int32Array(OPCODE_COUNT);
  COST_CLASSES.forEach((name, code) => {
    if (name !== undefined) out[code] = costs[name];
  });
  return out;
}

/** The first class whose cost is not a whole number from 0 to {@linkcode COST_MAX}; or that would make a loop free. */
export function wrongCost(costs: CostTable): CostClass | undefined {
  const mustCost: readonly CostClass[] = ["branch", "branchTable", "call", "callIndirect"];
  return CLASSES.find((name) => {
    const cost = costs[name];
    return !Number.isInteger(cost) || cost < (mustCost.includes(name) ? 1 : 0) || cost > COST_MAX;
  });
}

/** SHA-256 over the rules' version and the table, in hexadecimal: for the key of whatever is kept that was instrumented with it. */
export function costTableHash(costs: CostTable): string {
  const text = CLASSES.map((name) => `${name}=${costs[name]}\n`).join("");
  return bytesToHex(sha256(new TextEncoder().encode(`catenary fuel ${RULES_VERSION}\n${text}`)));
}

/** Rises whenever the rules of the README change what is charged for the same table. */
export const RULES_VERSION = 2;
