import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Refused } from "./_refused.ts";
import { InstructionReader } from "./instructions.ts";
import { BLOCK_EMPTY, Op, OPCODES } from "./opcodes.ts";
import { ByteReader } from "./parse_bytes.ts";

/** LEB128 of a number in as many bytes as are asked for, at least; the textbook's way. */
function encode(value: bigint, signed: boolean, least: number): number[] {
  const bytes: number[] = [];
  for (;;) {
    const byte = Number(value & 0x7fn);
    value >>= 7n;
    const done = signed ? value === ((byte & 0x40) !== 0 ? -1n : 0n) : value === 0n;
    if (done && bytes.length + 1 >= least) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}

const reading = (bytes: readonly number[]) => new ByteReader(Uint8Array.from([...bytes, 0xaa]));
const code = (...bytes: readonly number[]) => new InstructionReader(Uint8Array.from(bytes)).seek(0, bytes.length);

Deno.test("integers are read as they were written, in every length that is allowed", () => {
  fc.assert(fc.property(fc.bigInt(0n, 2n ** 32n - 1n), fc.nat(5), (value, least) => {
    const reader = reading(encode(value, false, least));
    assertEquals(reader.u32(), Number(value));
    assertEquals(reader.byte(), 0xaa);
  }));
  fc.assert(fc.property(fc.bigInt(-(2n ** 31n), 2n ** 31n - 1n), fc.nat(5), (value, least) => {
    const reader = reading(encode(value, true, least));
    assertEquals(reader.s32(), Number(value));
    assertEquals(reader.byte(), 0xaa);
  }));
  fc.assert(fc.property(fc.bigInt(-(2n ** 32n), 2n ** 32n - 1n), fc.nat(5), (value, least) => {
    const reader = reading(encode(value, true, least));
    assertEquals(reader.s33(), Number(value));
    assertEquals(reader.byte(), 0xaa);
  }));
  const small = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n);
  fc.assert(fc.property(fc.oneof(small, small.map((value) => value >> 40n)), fc.nat(10), (value, least) => {
    const reader = code(Op.i64Const, ...encode(value, true, least), Op.end);
    assertEquals(reader.next(), true);
    assertEquals(reader.i64(), value);
    assertEquals([reader.next(), reader.opcode, reader.next()], [true, Op.end, false]);
  }));
});

Deno.test("integers are refused when they are longer or larger than their width", () => {
  const read = { u32: (r: ByteReader) => r.u32(), s32: (r: ByteReader) => r.s32(), s33: (r: ByteReader) => r.s33() };
  const bounds = { u32: [0n, 2n ** 32n], s32: [-(2n ** 31n), 2n ** 31n], s33: [-(2n ** 32n), 2n ** 32n] } as const;
  for (const name of ["u32", "s32", "s33"] as const) {
    const [low, high] = bounds[name];
    const signed = name !== "u32";
    assertThrows(() => read[name](reading(encode(high, signed, 5))), Refused, "too large");
    if (signed) assertThrows(() => read[name](reading(encode(low - 1n, signed, 5))), Refused, "too large");
    assertThrows(() => read[name](reading(encode(1n, signed, 6))), Refused, "too long");
    assertThrows(() => read[name](new ByteReader(Uint8Array.of(0x80))), Refused, "unexpected end");
  }
  assertThrows(() => code(Op.i64Const, ...encode(2n ** 63n, true, 10)).next(), Refused, "too large");
  assertThrows(() => code(Op.i64Const, ...encode(1n, true, 11)).next(), Refused, "too long");
});

Deno.test("each kind of immediate is read into its fields", () => {
  const immediates = (...bytes: readonly number[]) => {
    const reader = code(...bytes);
    assertEquals(reader.next(), true);
    assertEquals(reader.position, bytes.length);
    return [reader.a, reader.b];
  };
  assertEquals(immediates(Op.block, 0x40)[0], BLOCK_EMPTY);
  assertEquals(immediates(Op.loop, 0x7f)[0]! & 0x7f, 0x7f);
  assertEquals(immediates(Op.if, 0x80, 0x01)[0], 128);
  assertEquals(immediates(Op.callIndirect, 3, 4), [3, 4]);
  assertEquals(immediates(0x28, 2, 0x80, 0x80, 0x80, 0x80, 0x08), [2, 2 ** 31]);
  assertEquals(immediates(Op.i32Const, 0x7f)[0], -1);
  assertEquals(immediates(Op.f32Const, 1, 0, 0, 0x80)[0], 0x8000_0001 | 0);
  assertEquals(immediates(Op.f64Const, 1, 0, 0, 0, 2, 0, 0, 0), [1, 2]);
  assertEquals(immediates(0xfc, 12, 5, 6), [5, 6]);
  assertEquals(immediates(Op.selectTyped, 1, 0x7e), [1, 0x7e]);
  const table = code(Op.brTable, 3, 9, 8, 7, 6);
  table.next();
  assertEquals([table.a, table.b, [...table.targets.subarray(0, 4)]], [3, 6, [9, 8, 7, 6]]);
});

Deno.test("a list of labels may be longer than what there was room for", () => {
  const count = 1000;
  const reader = code(Op.brTable, ...encode(BigInt(count), false, 1), ...new Array(count).fill(1), 2);
  reader.next();
  assertEquals([reader.a, reader.b, reader.targets[count - 1]], [count, 2, 1]);
});

Deno.test("no instruction is read past the end", () => {
  for (const opcode of OPCODES) {
    if (opcode === undefined) continue;
    const bytes = opcode.code >= 0x100 ? [0xfc, opcode.code - 0x100] : [opcode.code];
    // Long enough for all of them; behind the end stand bytes that would do.
    const whole = Uint8Array.from([...bytes, ...new Array(16).fill(0)]);
    const reader = new InstructionReader(whole).seek(0, whole.length);
    if (opcode.name === "ref.null") whole[1] = 0x70;
    if (opcode.immediate === 1) whole[1] = 0x40;
    assertEquals(reader.next(), true, opcode.name);
    const length = reader.position;
    for (let end = 1; end < length; end++) {
      assertThrows(() => new InstructionReader(whole).seek(0, end).next(), Refused, undefined, `${opcode.name} ${end}`);
    }
  }
});

Deno.test("bytes that mean nothing are malformed, those of proposals are called by name", () => {
  const verdict = (...bytes: readonly number[]) => {
    try {
      code(...bytes, 0, 0, 0, 0).next();
    } catch (error) {
      if (error instanceof Refused) return `${error.verdict.kind} ${error.verdict.code}`;
    }
    return undefined;
  };
  assertEquals(verdict(0xfd, 0x0c), "feature simd");
  assertEquals(verdict(0xfe, 0x00), "feature threads");
  assertEquals(verdict(0x06, 0x40), "feature exceptions");
  assertEquals(verdict(0x12, 0x00), "feature tail_calls");
  assertEquals(verdict(0x14, 0x00), "feature function_references");
  assertEquals(verdict(0xfb, 0x00), "feature gc");
  assertEquals(verdict(0xfc, 0x13), "feature wide_arithmetic");
  assertEquals(verdict(0x3f, 0x01), "feature multi_memory");
  assertEquals(verdict(0x28, 0x42, 0x01), "feature multi_memory");
  assertEquals(verdict(0x28, 0x02, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00), "feature memory64");
  assertEquals(verdict(0x02, 0x7b), "feature simd");
  assertEquals(verdict(0xd0, 0x6e), "feature gc");
  assertEquals(verdict(0xff), "malformed opcode");
  assertEquals(verdict(0xfc, 0x7f), "malformed opcode");
  assertEquals(verdict(0x28, 0x20, 0x00), "malformed alignment");
});
