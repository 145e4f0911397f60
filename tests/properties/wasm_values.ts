/** Constants worth trying, and operations by what they take. */
import { f32Bits, f64Bits, type Immediate, type Instruction } from "../helpers/wasm/assemble.ts";
import { type Operation, OPERATIONS, type Type } from "../helpers/wasm/opcodes.ts";
import type { Choices } from "./wasm_choices.ts";

const FLOATS = [0, 1, -0, -1, 0.5, 1.5, 2.5, -3.7, 1e10, -1e10, 2147483648, -2147483649, 9.3e18, 1e39, 1e300, 5e-324];
const I32S = [0, 1, 2, -1, 7, 31, 32, 255, 65535, 0x7fffffff, -0x80000000, 0x55555555, 12345];
const I64S = [0n, 1n, 2n, -1n, 63n, 64n, 0xffffffffn, 1n << 62n, -(1n << 63n), (1n << 63n) - 1n, 0x123456789abcdefn];
const F32S = [...FLOATS.map(f32Bits), 0x7fc00000, 0xffc00001, 0x7f800001, 0x7f800000, 0xff800000, 0x00000001];
const F64S = [
  ...FLOATS.map(f64Bits),
  0x7ff8000000000000n,
  0xfff8000000000001n,
  0x7ff0000000000001n,
  0x7ff0000000000000n,
];

/** A constant of a numeric type, as the assembler and the interpreter have it. */
export function constantValue(choices: Choices, type: Type): number | bigint {
  switch (type) {
    case "i32":
      return choices.chance(128) ? choices.byte() : choices.pick(I32S);
    case "i64":
      return choices.chance(128) ? BigInt(choices.byte()) : choices.pick(I64S);
    case "f32":
      return choices.pick(F32S);
    case "f64":
      return choices.pick(F64S);
    default:
      return 0;
  }
}

/** An instruction that pushes a constant. */
export function constant(choices: Choices, type: Type): Instruction {
  if (type === "funcref" || type === "externref") return ["ref.null", type];
  return [`${type}.const`, constantValue(choices, type) as Immediate];
}

/** Shows the bits of a NaN to who asks. */
const OBSERVES = /reinterpret|copysign|^f(32|64)\.store/;

export type FloatMode = "none" | "blind" | "all";

/** Numeric operations, loads and stores that a module may use. `blind`: none through which a NaN's bits could be seen. */
export function operationsFor(floats: FloatMode): readonly Operation[] {
  return OPERATIONS.filter(({ name, signature, immediates }) => {
    if (signature === undefined || !["none", "memarg"].includes(immediates)) return false;
    const types = [...signature.params, signature.result];
    if (floats === "none") return !types.some((type) => type === "f32" || type === "f64");
    return floats === "all" || !OBSERVES.test(name);
  });
}

export const NUMERIC_TYPES: Readonly<Record<FloatMode, readonly Type[]>> = {
  none: ["i32", "i64"],
  blind: ["i32", "i64", "f64", "f32"],
  all: ["i32", "f64", "f32", "i64", "f64", "f32"],
};
