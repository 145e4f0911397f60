import { assertEquals, assertThrows } from "@std/assert";
import { assemble, type ModuleText } from "../../tests/helpers/wasm/assemble.ts";
import { instrument, InstrumentError } from "./instrument.ts";

const NAN_32 = 0x7fc0_0000, NAN_64 = 0x7ff8_0000_0000_0000n;
/** Other NaNs: negative, quiet with a payload, signalling. */
const STRANGE_32 = [0xffc0_0000, 0x7fc0_1234, 0xffff_ffff, 0x7f80_0001, 0xff80_4321];
const STRANGE_64 = [0xfff8_0000_0000_0000n, 0x7ff8_0000_dead_beefn, 0x7ff0_0000_0000_0001n, 0xfff0_1111_2222_3333n];

const LOADS = { 32: "i32.const 0 f32.load i32.const 8 f32.load", 64: "i32.const 0 f64.load i32.const 8 f64.load" };

/** A function `f` that leaves bits; operands are at 0 and 8 in memory. */
function bitsOf(body: string, wide: boolean, more: Partial<ModuleText> = {}): (a: bigint, b: bigint) => bigint {
  const { wasm } = instrument(assemble({
    memory: { min: 1, export: "memory" },
    functions: [{ results: [wide ? "i64" : "i32"], locals: ["f32", "f64"], body, export: "f" }],
    ...more,
  }));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm), {});
  const view = new DataView((exports["memory"] as WebAssembly.Memory).buffer);
  return (a, b) => {
    view.setBigUint64(0, a, true);
    view.setBigUint64(8, b, true);
    const bits = BigInt((exports["f"] as () => number | bigint)());
    return BigInt.asUintN(wide ? 64 : 32, bits);
  };
}

const BINARY = ["add", "sub", "mul", "div", "min", "max"], UNARY = ["sqrt", "ceil", "floor", "trunc", "nearest"];

Deno.test("instrument() makes every NaN of open payload the canonical one", () => {
  for (const name of BINARY) {
    const narrow = bitsOf(`${LOADS[32]} f32.${name} i32.reinterpret_f32`, false);
    const wide = bitsOf(`${LOADS[64]} f64.${name} i64.reinterpret_f64`, true);
    for (const bits of STRANGE_32.map(BigInt)) {
      assertEquals([narrow(bits, 0n), narrow(0x3f80_0000n, bits)], [BigInt(NAN_32), BigInt(NAN_32)], name);
    }
    for (const bits of STRANGE_64) assertEquals([wide(bits, 0n), wide(1n, bits)], [NAN_64, NAN_64], name);
  }
  for (const name of UNARY) {
    const narrow = bitsOf(`i32.const 0 f32.load f32.${name} i32.reinterpret_f32`, false);
    const wide = bitsOf(`i32.const 0 f64.load f64.${name} i64.reinterpret_f64`, true);
    for (const bits of STRANGE_32) assertEquals(narrow(BigInt(bits), 0n), BigInt(NAN_32), name);
    for (const bits of STRANGE_64) assertEquals(wide(bits, 0n), NAN_64, name);
  }
  const promote = bitsOf("i32.const 0 f32.load f64.promote_f32 i64.reinterpret_f64", true);
  const demote = bitsOf("i32.const 0 f64.load f32.demote_f64 i32.reinterpret_f32", false);
  for (const bits of STRANGE_32) assertEquals(promote(BigInt(bits), 0n), NAN_64);
  for (const bits of STRANGE_64) assertEquals(demote(bits, 0n), BigInt(NAN_32));
});

Deno.test("instrument() makes new NaNs canonical too: V8's own are negative here", () => {
  const zeros = bitsOf("i32.const 0 f64.load i32.const 8 f64.load f64.div i64.reinterpret_f64", true);
  assertEquals(zeros(0n, 0n), NAN_64);
  const root = bitsOf("i32.const 0 f64.load f64.sqrt i64.reinterpret_f64", true);
  assertEquals(root(0xbff0_0000_0000_0000n, 0n), NAN_64);
});

Deno.test("instrument() leaves the bits of NaNs that the specification fixes", () => {
  const exact: readonly [string, (bits: bigint) => bigint][] = [
    ["", (bits) => bits],
    ["f64.abs", (bits) => bits & ~(1n << 63n)],
    ["f64.neg", (bits) => bits ^ 1n << 63n],
    ["i32.const 8 f64.load f64.copysign", (bits) => bits & ~(1n << 63n)],
    ["local.set 1 local.get 1", (bits) => bits],
    ["i32.const 8 f64.load i32.const 1 select", (bits) => bits],
  ];
  for (const [body, expected] of exact) {
    const f = bitsOf(`i32.const 0 f64.load ${body} i64.reinterpret_f64`, true);
    for (const bits of STRANGE_64) assertEquals(f(bits, 0n), expected(bits), body);
  }
});

Deno.test("instrument() lets no NaN out by any way, though it does not look at those that nobody sees", () => {
  const sum = "i32.const 0 f64.load i32.const 8 f64.load f64.add";
  const ways = [
    `${sum} local.set 1 local.get 1 i64.reinterpret_f64`,
    `${sum} local.tee 1 drop local.get 1 i64.reinterpret_f64`,
    `${sum} f64.neg f64.neg i64.reinterpret_f64`,
    `${sum} f64.const 0 i32.const 1 select i64.reinterpret_f64`,
    `block f64 ${sum} br 0 end i64.reinterpret_f64`,
    `block f64 ${sum} i32.const 1 br_if 0 f64.const 1 f64.mul end i64.reinterpret_f64`,
    `block f64 ${sum} i32.const 0 br_if 0 i32.const 1 br_if 0 end i64.reinterpret_f64`,
    `i32.const 1 if f64 ${sum} else f64.const 0 end i64.reinterpret_f64`,
    `i32.const 0 if f64 f64.const 0 else ${sum} end i64.reinterpret_f64`,
    `block f64 ${sum} i32.const 0 br_table 0 0 end i64.reinterpret_f64`,
    `block f64 block f64 f64.const 0 i32.const 0 br_if 0 drop ${sum} br 1 end f64.const 1 f64.mul end i64.reinterpret_f64`,
    `i32.const 16 ${sum} f64.store i32.const 16 i64.load`,
    `${sum} call 1 i64.reinterpret_f64`,
    `${sum} type=0 i64.reinterpret_f64`.replace("type=0", "block type=0 f64.neg f64.neg end"),
    `${sum} loop type=0 end i64.reinterpret_f64`,
    `f64.const 1 ${sum} f64.copysign i64.reinterpret_f64 i64.const 0x7ff8000000000000 i64.or`,
  ];
  for (const way of ways) {
    const f = bitsOf(way, true, {
      types: [{ params: ["f64"], results: ["f64"] }],
      functions: [
        { results: ["i64"], locals: ["f32", "f64"], body: way, export: "f" },
        { params: ["f64"], results: ["f64"], body: "local.get 0" },
      ],
    });
    for (const bits of STRANGE_64) assertEquals(f(bits, 0n).toString(16), NAN_64.toString(16), way);
  }
});

Deno.test("instrument() writes nothing behind a float that only goes into arithmetic", () => {
  const chain = (body: string) =>
    instrument(assemble({ functions: [{ params: ["f64"], results: ["i32"], body }] })).wasm;
  const tail = (wasm: Uint8Array) => wasm.filter((byte, i) => byte === 0x44 && wasm[i + 8] === 0x7f).length;
  assertEquals(tail(chain("local.get 0 local.get 0 f64.mul local.get 0 f64.add local.get 0 f64.lt")), 0);
  assertEquals(tail(chain("local.get 0 local.get 0 f64.mul local.get 0 f64.add local.set 0 i32.const 0")), 1);
});

Deno.test("instrument() refuses floats when they are to be rejected, wherever they stand", () => {
  const refused: readonly ModuleText[] = [
    { functions: [{ body: "f32.const 0 drop" }] },
    { functions: [{ body: "i32.const 0 f64.convert_i32_s drop" }] },
    { functions: [{ locals: ["f64"], body: "" }] },
    { functions: [{ params: ["f32"], body: "" }] },
    { functions: [{ body: "unreachable unreachable f32.abs drop" }] },
    { functions: [{ body: "unreachable loop f64 unreachable end drop" }] },
    { functions: [{ body: "unreachable i32.const 0 select_t f32 drop" }] },
    { memory: { min: 1 }, functions: [{ body: "i32.const 0 f32.load drop" }] },
    { globals: [{ type: "f64", init: "f64.const 0" }] },
    { types: [{ results: ["f64"] }] },
    { imports: [{ module: "m", name: "g", global: { type: "f32" } }] },
  ];
  for (const text of refused) {
    const error = assertThrows(() => instrument(assemble(text), { floats: "reject" }), InstrumentError);
    assertEquals([error.code, error.verdicts[0]?.kind], ["floats", "feature"], JSON.stringify(text));
    instrument(assemble(text));
  }
  instrument(assemble({ functions: [{ params: ["i64"], results: ["i32"], body: "local.get 0 i32.wrap_i64" }] }), {
    floats: "reject",
  });
});
