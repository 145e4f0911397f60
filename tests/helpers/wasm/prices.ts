/**
 * Which price of the published cost table an instruction has, written down once more by its name: classes in the wording of
 * `contracts/wasm/README.md`.
 * @module
 */
import type { CostTable } from "../../../contracts/wasm/costs.ts";
import type { Prices } from "./meter.ts";

const FREE = /^(unreachable|nop|block|loop|else|end)$/;
const CLASSES: readonly (readonly [RegExp, keyof CostTable])[] = [
  [/^i(32|64)\.(mul|clz|ctz|popcnt)$/, "multiply"],
  [/^i(32|64)\.(div|rem)_[su]$/, "divide"],
  [/^global\.(get|set)$/, "global"],
  [/^[if](32|64)\.load/, "load"],
  [/^[if](32|64)\.store/, "store"],
  [/^(br|br_if|if|return)$/, "branch"],
  [/^br_table$/, "branchTable"],
  [/^call$/, "call"],
  [/^call_indirect$/, "callIndirect"],
  [/^f(32|64)\.(div|sqrt)$/, "floatDivide"],
  [/^f(32|64)\.(min|max|ceil|floor|trunc|nearest)$/, "floatRound"],
  [/^f(32|64)\.(add|sub|mul|abs|neg|copysign|eq|ne|lt|gt|le|ge)$/, "float"],
  [/^f(32|64)\.(convert_i|demote_f|promote_f)|^i(32|64)\.trunc_/, "convert"],
  [/^(table\.(get|set|size)|ref\.func)$/, "table"],
  [/^memory\.fill$/, "memoryFill"],
  [/^(memory|table)\.(fill|copy|init)$|^(data|elem)\.drop$/, "bulk"],
  [/^memory\.grow$/, "memoryGrow"],
  [/^table\.grow$/, "tableGrow"],
];

/** The class of an instruction by its name; undefined: it costs nothing. */
export function costClass(name: string): keyof CostTable | undefined {
  if (FREE.test(name)) return undefined;
  return CLASSES.find(([pattern]) => pattern.test(name))?.[1] ?? "simple";
}

/** The numbers of the rules of stack. */
export type FramePrices = Pick<
  Prices,
  "frameBytes" | "freeBytesMax" | "inlinedBodyBytesMax" | "inliningFactor" | "inliningBytesMax"
>;

export function pricesOf(costs: CostTable, frames: FramePrices): Prices {
  const known = new Map<string, bigint>();
  const instruction = (name: string): bigint => {
    let cost = known.get(name);
    if (cost === undefined) {
      const price = costClass(name);
      known.set(name, cost = price === undefined ? 0n : BigInt(costs[price]));
    }
    return cost;
  };
  return {
    instruction,
    local: BigInt(costs.local),
    memoryByte: BigInt(costs.memoryByte),
    memoryPage: BigInt(costs.memoryPage),
    tableElement: BigInt(costs.tableElement),
    ...frames,
  };
}
