/**
 * Values as the reference interpreter keeps them: integers signed, floats as their bits, so that no JavaScript engine can
 * touch a NaN.
 * @module
 */
import type { Type } from "./opcodes.ts";

/** i32: a signed number. i64: a signed bigint. f32: bits, below 2^32. f64: bits, below 2^64. References: an object or null. */
export type Value = number | bigint | Reference | null;
/** A function instance, or something of the host's. */
export type Reference = object;

/** Why a module stopped. The first ones are the specification test suite's sentences; the last two are ours. */
export type TrapKind =
  | "unreachable"
  | "integer divide by zero"
  | "integer overflow"
  | "invalid conversion to integer"
  | "out of bounds memory access"
  | "out of bounds table access"
  | "undefined element"
  | "uninitialized element"
  | "indirect call type mismatch"
  | "out of fuel"
  | "call stack exhausted";

export class Trap extends Error {
  constructor(readonly kind: TrapKind) {
    super(kind);
  }
}

export const zeroOf = (type: Type): Value =>
  type === "i32" || type === "f32" ? 0 : type === "i64" || type === "f64" ? 0n : null;

const view = new DataView(new ArrayBuffer(8));

export function f32FromBits(bits: number): number {
  view.setUint32(0, bits);
  return view.getFloat32(0);
}
export function f64FromBits(bits: bigint): number {
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
}

/** The one quiet NaN that arithmetic gives here: sign clear, payload only its highest bit. */
export const F32_NAN = 0x7fc00000;
export const F64_NAN = 0x7ff8000000000000n;

export function bitsOfF32(value: number): number {
  if (Number.isNaN(value)) return F32_NAN;
  view.setFloat32(0, value);
  return view.getUint32(0);
}
export function bitsOfF64(value: number): bigint {
  if (Number.isNaN(value)) return F64_NAN;
  view.setFloat64(0, value);
  return view.getBigUint64(0);
}

export const isNaN32 = (bits: number) => (bits & 0x7fffffff) >>> 0 > 0x7f800000;
export const isNaN64 = (bits: bigint) => (bits & 0x7fffffffffffffffn) > 0x7ff0000000000000n;

/** What WebAssembly's JavaScript interface makes of a value; payloads of NaNs are lost. References: the caller's business. */
export function toJs(type: Type, value: Value): unknown {
  return type === "f32" ? f32FromBits(value as number) : type === "f64" ? f64FromBits(value as bigint) : value;
}

/** The way back. */
export function fromJs(type: Type, value: unknown): Value {
  switch (type) {
    case "i32":
      return Number(value) | 0;
    case "i64":
      return BigInt.asIntN(64, BigInt(value as bigint));
    case "f32":
      return bitsOfF32(Number(value));
    case "f64":
      return bitsOfF64(Number(value));
    default:
      return value as Reference | null;
  }
}
