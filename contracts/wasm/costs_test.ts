import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import {
  COST_CLASSES,
  COST_MAX,
  type CostClass,
  costsByOpcode,
  costTableHash,
  DEFAULT_COSTS,
  wrongCost,
} from "./costs.ts";
import { OP, OPCODES } from "./opcodes.ts";

const CLASSES = Object.keys(DEFAULT_COSTS) as CostClass[];
const BY_SIZE: readonly CostClass[] = ["local", "memoryByte", "memoryPage", "tableElement", "instance"];

Deno.test("every instruction has a cost but those that only mark places, and every class has instructions", () => {
  const free = OPCODES.flatMap((opcode) =>
    opcode !== undefined && COST_CLASSES[opcode.code] === undefined ? [opcode.name] : []
  );
  assertEquals(free.sort(), ["block", "else", "end", "loop", "nop", "unreachable"]);
  const used = new Set(COST_CLASSES);
  assertEquals(CLASSES.filter((name) => !used.has(name)).sort(), [...BY_SIZE].sort());
  assertEquals(costsByOpcode(DEFAULT_COSTS)[OP["i64.rem_s"]!], DEFAULT_COSTS.divide);
});

Deno.test("costTableHash() is another one for every cost that is another one", () => {
  const hash = costTableHash(DEFAULT_COSTS);
  assertMatch(hash, /^[0-9a-f]{64}$/);
  assertEquals(costTableHash({ ...DEFAULT_COSTS }), hash);
  for (const name of CLASSES) {
    assertNotEquals(costTableHash({ ...DEFAULT_COSTS, [name]: DEFAULT_COSTS[name] + 1 }), hash, name);
  }
});

Deno.test("wrongCost() finds costs that are no whole numbers in range, and free ways to go round", () => {
  assertEquals(wrongCost(DEFAULT_COSTS), undefined);
  for (const name of CLASSES) {
    for (const cost of [-1, 0.5, NaN, Infinity, COST_MAX + 1]) {
      assertEquals(wrongCost({ ...DEFAULT_COSTS, [name]: cost }), name);
    }
    const free = ["branch", "branchTable", "call", "callIndirect"].includes(name) ? name : undefined;
    assertEquals(wrongCost({ ...DEFAULT_COSTS, [name]: 0 }), free);
  }
});
