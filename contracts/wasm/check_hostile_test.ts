/** Modules made to cost time or memory: each gets its verdict, or is harmless to V8. */
import { assert, assertEquals } from "@std/assert";
import {
  body,
  type Bytes,
  join,
  leb,
  name,
  oneFunction,
  repeat,
  section,
  vector,
  wasm,
} from "../../tests/helpers/wasm_bytes.ts";
import { checkContract, loadModule } from "./check.ts";
import { ENGINE_LIMITS } from "./limits.ts";
import { Op } from "./opcodes.ts";

const MANY = 1_000_000;
const U32_MAX = 2 ** 32 - 1;
const I32 = 0x7f, EMPTY = 0x40;

const verdict = (bytes: Uint8Array): string => {
  const result = loadModule(bytes);
  return result.ok ? "accepted" : `${result.error[0]!.kind} ${result.error[0]!.code}`;
};

/** Accepted by us, and then V8 compiles and runs the function. */
function harmless(bytes: Uint8Array<ArrayBuffer>): void {
  assertEquals(verdict(bytes), "accepted");
  const { f } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
  (f as (value: number) => void)(0);
}

Deno.test("counts and sizes that the bytes can not hold are refused before anything is allocated", () => {
  for (const id of [1, 2, 3, 4, 5, 6, 7, 9, 10, 11]) {
    assertEquals(verdict(wasm(section(id, leb(U32_MAX)))), "malformed unexpected_end", `section ${id}`);
  }
  assertEquals(verdict(wasm([1], leb(U32_MAX))), "malformed unexpected_end");
  assertEquals(verdict(wasm(section(1, vector([0x60, ...leb(U32_MAX)])))), "malformed unexpected_end");
  assertEquals(verdict(wasm(section(0, leb(U32_MAX)))), "malformed unexpected_end");
  assertEquals(verdict(oneFunction([Op.i32Const, 0, Op.brTable, ...leb(U32_MAX)])), "malformed unexpected_end");
  assertEquals(verdict(oneFunction([Op.selectTyped, ...leb(U32_MAX)])), "malformed unexpected_end");
  assertEquals(verdict(wasm(section(11, vector([1, ...leb(U32_MAX)])))), "malformed unexpected_end");
});

Deno.test("more of anything than this engine takes is refused", () => {
  const many = (id: number, count: number, item: Bytes) => verdict(wasm(section(id, leb(count), repeat(item, count))));
  const { types, functions, imports, exports, globals, tables, elementSegments, dataSegments } = ENGINE_LIMITS;
  assertEquals(many(1, types + 1, [0x60, 0, 0]), "limit types");
  assertEquals(many(2, imports + 1, [0, 0, 0, 0]), "limit imports");
  assertEquals(many(3, functions + 1, [0]), "limit functions");
  assertEquals(many(4, tables + 1, [0x70, 0, 0]), "limit tables");
  assertEquals(many(6, globals + 1, [I32, 0, 0x41, 0, 0x0b]), "limit globals");
  assertEquals(many(7, exports + 1, [0, 0, 0]), "limit exports");
  assertEquals(many(9, elementSegments + 1, [1, 0, 0]), "limit element_segments");
  assertEquals(many(11, dataSegments + 1, [1, 0]), "limit data_segments");
  assertEquals(verdict(wasm(section(4, vector([0x70, 0, ...leb(U32_MAX)])))), "limit table_entries");
  assertEquals(verdict(wasm(repeat(section(0, name("")), MANY))), "limit custom_sections");
  assertEquals(verdict(wasm(section(0, name("x".repeat(100_001))))), "limit name_bytes");
  assertEquals(verdict(new Uint8Array(ENGINE_LIMITS.bytes + 1)), "limit bytes");
});

Deno.test("a million nested blocks are a verdict, and so they are where a constant is expected", () => {
  const nest = (count: number) => join(repeat([Op.block, EMPTY], count), repeat([Op.end], count));
  const nested = nest(MANY);
  assertEquals(verdict(oneFunction(nested)), "limit body_bytes");
  assertEquals(verdict(oneFunction(nest(300_000))), "limit open_slots");
  harmless(oneFunction(nest(200_000)));
  assertEquals(verdict(wasm(section(6, vector(join([I32, 0], nested, [Op.end]))))), "invalid constant_expression");
  assertEquals(
    verdict(wasm(section(6, vector(join([I32, 0], repeat([Op.i32Const, 0], MANY), [Op.end]))))),
    "invalid type_mismatch",
  );
  assertEquals(verdict(oneFunction(repeat([Op.block, EMPTY], 200_000))), "malformed unexpected_end");
});

Deno.test("locals are counted before there is room for them", () => {
  assertEquals(verdict(oneFunction([], [U32_MAX, I32])), "limit locals");
  assertEquals(verdict(oneFunction([], [U32_MAX, I32], [1, I32])), "malformed too_many_locals");
  assertEquals(verdict(oneFunction([], [ENGINE_LIMITS.locals, I32])), "limit locals"); // and a parameter
  harmless(oneFunction([], [ENGINE_LIMITS.locals - 1, I32]));
  const runs = join(leb(400_000), repeat([0, I32], 400_000), [Op.end]);
  const bytes = wasm(
    section(1, vector([0x60, 0, 0])),
    section(3, vector([0])),
    section(10, vector(join(leb(runs.length), runs))),
  );
  assertEquals(verdict(bytes), "accepted");
});

Deno.test("what V8's compilers copy at each block and branch is bounded", () => {
  const condition = [Op.localGet, 0];
  // A value more under each of them.
  const over = (count: number) =>
    join(repeat([Op.i32Const, 0, ...condition, Op.if, EMPTY], count), repeat([Op.end, Op.drop], count));
  assertEquals(verdict(oneFunction(over(3000))), "limit open_slots");
  harmless(oneFunction(over(1000)));
  const branches = join([Op.block, EMPTY], repeat([...condition, Op.brIf, 0], 50_000), [Op.end]);
  harmless(oneFunction(branches, [700, I32]));
  assertEquals(verdict(oneFunction(branches, [900, I32])), "limit merged_slots");
  const one = wasm(
    section(1, vector([0x60, 1, I32, 0])),
    section(3, vector(...new Array(11).fill([0]))),
    section(10, vector(...new Array(11).fill(body(branches, [750, I32])))),
  );
  assertEquals(verdict(one), "limit merged_slots");
});

Deno.test("a contract may cause far less of it than another module", () => {
  const branches = join([Op.block, EMPTY], repeat([Op.localGet, 0, Op.brIf, 0], 50_000), [Op.end]);
  const bytes = oneFunction(branches, [100, I32]);
  harmless(bytes);
  assert(checkContract(bytes).some(({ kind, code }) => kind === "limit" && code === "merged_slots"));
});

Deno.test("a function of a contract is short enough for what instrumentation makes of it", () => {
  const codes = (count: number) => checkContract(oneFunction(repeat([0x01], count))).map(({ code }) => code);
  assertEquals(codes(299_999).includes("body_bytes"), false);
  assertEquals(codes(300_000).includes("body_bytes"), true);
});

Deno.test("large tables of branches: by their number, and by the types of their labels", () => {
  const table = (count: number) => [Op.localGet, 0, Op.brTable, ...leb(count), ...new Array(count + 1).fill(0)];
  assertEquals(verdict(oneFunction(table(ENGINE_LIMITS.branchTable + 1))), "limit branch_table");
  harmless(oneFunction(repeat([Op.block, EMPTY, ...table(60_000), Op.end], 16)));
});

Deno.test("two bytes that compare hundreds of types are charged for them", () => {
  const wide = [0x60, ...leb(900), ...new Array(900).fill(I32), ...leb(900), ...new Array(900).fill(I32)];
  const code = join([Op.unreachable], repeat([Op.call, 1], 100_000), [Op.unreachable]);
  const bytes = wasm(
    section(1, vector([0x60, 0, 0], wide)),
    section(3, vector([0], [1])),
    section(10, vector(body(code), body([Op.unreachable]))),
  );
  assertEquals(verdict(bytes), "limit work");
  assertEquals(verdict(wasm(section(1, vector([0x60, ...leb(901), ...new Array(901).fill(I32), 0])))), "limit params");
});

Deno.test("the operand stack has an end", () => {
  const { operands } = ENGINE_LIMITS;
  const high = (count: number) => join(repeat([Op.i32Const, 0], count), repeat([Op.drop], count));
  assertEquals(verdict(oneFunction(high(operands + 1))), "limit operands");
  harmless(oneFunction(high(operands)));
});
