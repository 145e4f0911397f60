/**
 * What the numeric instructions compute, core specification 4.3. Integers in bigint arithmetic, floats in the host's doubles
 * (for f32 a double rounded once more is the right result: 53 bits are more than twice 24 and two).
 * @module
 */
import {
  bitsOfF32,
  bitsOfF64,
  F32_NAN,
  f32FromBits,
  F64_NAN,
  f64FromBits,
  isNaN32,
  isNaN64,
  Trap,
  type Value,
} from "./values.ts";

export type Numeric = (...operands: never[]) => Value;

/** Integer operators of one width, from bigints in two's complement to such. */
function integers(bits: number): Record<string, (a: bigint, b: bigint) => bigint | boolean> {
  const width = BigInt(bits);
  const u = (x: bigint) => BigInt.asUintN(bits, x);
  const digits = (x: bigint) => u(x).toString(2).padStart(bits, "0");
  const divisible = (b: bigint) => {
    if (b === 0n) throw new Trap("integer divide by zero");
  };
  return {
    clz: (a) => BigInt(u(a) === 0n ? bits : digits(a).indexOf("1")),
    ctz: (a) => BigInt(u(a) === 0n ? bits : bits - 1 - digits(a).lastIndexOf("1")),
    popcnt: (a) => BigInt(digits(a).replaceAll("0", "").length),
    eqz: (a) => a === 0n,
    add: (a, b) => a + b,
    sub: (a, b) => a - b,
    mul: (a, b) => a * b,
    div_s: (a, b) => {
      divisible(b);
      if (a / b === 1n << (width - 1n)) throw new Trap("integer overflow");
      return a / b;
    },
    div_u: (a, b) => (divisible(b), u(a) / u(b)),
    rem_s: (a, b) => (divisible(b), a % b),
    rem_u: (a, b) => (divisible(b), u(a) % u(b)),
    and: (a, b) => a & b,
    or: (a, b) => a | b,
    xor: (a, b) => a ^ b,
    shl: (a, b) => a << (u(b) % width),
    shr_s: (a, b) => a >> (u(b) % width),
    shr_u: (a, b) => u(a) >> (u(b) % width),
    rotl: (a, b) => (u(a) << (u(b) % width)) | (u(a) >> (width - u(b) % width)),
    rotr: (a, b) => (u(a) >> (u(b) % width)) | (u(a) << (width - u(b) % width)),
    eq: (a, b) => a === b,
    ne: (a, b) => a !== b,
    lt_s: (a, b) => a < b,
    lt_u: (a, b) => u(a) < u(b),
    gt_s: (a, b) => a > b,
    gt_u: (a, b) => u(a) > u(b),
    le_s: (a, b) => a <= b,
    le_u: (a, b) => u(a) <= u(b),
    ge_s: (a, b) => a >= b,
    ge_u: (a, b) => u(a) >= u(b),
    extend8_s: (a) => BigInt.asIntN(8, a),
    extend16_s: (a) => BigInt.asIntN(16, a),
    extend32_s: (a) => BigInt.asIntN(32, a),
  };
}

/** Ties to even; a negative that becomes zero stays negative. */
function nearest(x: number): number {
  if (!Number.isFinite(x) || Math.abs(x) >= 2 ** 52) return x;
  const low = Math.floor(x);
  const rest = x - low;
  const rounded = rest > 0.5 || (rest === 0.5 && low % 2 !== 0) ? low + 1 : low;
  return rounded === 0 && (x < 0 || Object.is(x, -0)) ? -0 : rounded;
}

/** Operators on doubles; NaN results are made the canonical one by the caller. */
const FLOATS: Record<string, (a: number, b: number) => number | boolean> = {
  ceil: Math.ceil,
  floor: Math.floor,
  trunc: Math.trunc,
  nearest,
  sqrt: Math.sqrt,
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  min: Math.min,
  max: Math.max,
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt: (a, b) => a < b,
  gt: (a, b) => a > b,
  le: (a, b) => a <= b,
  ge: (a, b) => a >= b,
};

/** 4.3.2 trunc_u and trunc_s; `saturate`: 4.3.2 trunc_sat. */
function truncate(x: number, bits: number, isSigned: boolean, saturate: boolean): bigint {
  const low = isSigned ? -(1n << BigInt(bits - 1)) : 0n;
  const high = isSigned ? (1n << BigInt(bits - 1)) - 1n : (1n << BigInt(bits)) - 1n;
  if (Number.isNaN(x)) {
    if (saturate) return 0n;
    throw new Trap("invalid conversion to integer");
  }
  if (!Number.isFinite(x)) {
    if (saturate) return x < 0 ? low : high;
    throw new Trap("integer overflow");
  }
  const whole = BigInt(Math.trunc(x));
  if (whole >= low && whole <= high) return whole;
  if (saturate) return whole < low ? low : high;
  throw new Trap("integer overflow");
}

/** The nearest f32 of an integer, ties to even, rounded once (through a double it would be twice). */
function f32OfInteger(value: bigint): number {
  const positive = value < 0n ? -value : value;
  const extra = BigInt(Math.max(0, positive.toString(2).length - 24));
  const kept = positive >> extra;
  const rest = positive - (kept << extra);
  const half = extra === 0n ? 0n : 1n << (extra - 1n);
  const up = extra > 0n && (rest > half || (rest === half && (kept & 1n) === 1n));
  const rounded = Number((up ? kept + 1n : kept) << extra);
  return value < 0n ? -rounded : rounded;
}

const ops = new Map<string, Numeric>();

for (const [name, run] of Object.entries(integers(32))) {
  const finish = (x: bigint | boolean) => typeof x === "boolean" ? Number(x) : Number(BigInt.asIntN(32, x));
  ops.set(`i32.${name}`, (a: number, b: number) => finish(run(BigInt(a), BigInt(b ?? 0))));
}
for (const [name, run] of Object.entries(integers(64))) {
  const finish = (x: bigint | boolean) => typeof x === "boolean" ? Number(x) : BigInt.asIntN(64, x);
  ops.set(`i64.${name}`, (a: bigint, b: bigint) => finish(run(a, b ?? 0n)));
}
for (const [name, run] of Object.entries(FLOATS)) {
  ops.set(`f32.${name}`, (a: number, b: number) => {
    const out = run(f32FromBits(a), f32FromBits(b ?? 0));
    return typeof out === "boolean" ? Number(out) : bitsOfF32(out);
  });
  ops.set(`f64.${name}`, (a: bigint, b: bigint) => {
    const out = run(f64FromBits(a), f64FromBits(b ?? 0n));
    return typeof out === "boolean" ? Number(out) : bitsOfF64(out);
  });
}

// Operators on the sign alone: bits, not numbers; they keep a NaN's payload.
const SIGN32 = 0x80000000;
const SIGN64 = 1n << 63n;
ops.set("f32.abs", (a: number) => (a & ~SIGN32) >>> 0);
ops.set("f32.neg", (a: number) => (a ^ SIGN32) >>> 0);
ops.set("f32.copysign", (a: number, b: number) => ((a & ~SIGN32) | (b & SIGN32)) >>> 0);
ops.set("f64.abs", (a: bigint) => a & ~SIGN64);
ops.set("f64.neg", (a: bigint) => a ^ SIGN64);
ops.set("f64.copysign", (a: bigint, b: bigint) => (a & ~SIGN64) | (b & SIGN64));

ops.set("i32.wrap_i64", (a: bigint) => Number(BigInt.asIntN(32, a)));
ops.set("i64.extend_i32_s", (a: number) => BigInt(a));
ops.set("i64.extend_i32_u", (a: number) => BigInt(a >>> 0));
for (const saturate of [false, true]) {
  for (const isSigned of [false, true]) {
    const suffix = isSigned ? "s" : "u";
    const name = saturate ? "trunc_sat" : "trunc";
    const to32 = (x: number) => Number(BigInt.asIntN(32, truncate(x, 32, isSigned, saturate)));
    const to64 = (x: number) => BigInt.asIntN(64, truncate(x, 64, isSigned, saturate));
    ops.set(`i32.${name}_f32_${suffix}`, (a: number) => to32(f32FromBits(a)));
    ops.set(`i32.${name}_f64_${suffix}`, (a: bigint) => to32(f64FromBits(a)));
    ops.set(`i64.${name}_f32_${suffix}`, (a: number) => to64(f32FromBits(a)));
    ops.set(`i64.${name}_f64_${suffix}`, (a: bigint) => to64(f64FromBits(a)));
  }
}
ops.set("f32.convert_i32_s", (a: number) => bitsOfF32(f32OfInteger(BigInt(a))));
ops.set("f32.convert_i32_u", (a: number) => bitsOfF32(f32OfInteger(BigInt(a >>> 0))));
ops.set("f32.convert_i64_s", (a: bigint) => bitsOfF32(f32OfInteger(a)));
ops.set("f32.convert_i64_u", (a: bigint) => bitsOfF32(f32OfInteger(BigInt.asUintN(64, a))));
ops.set("f64.convert_i32_s", (a: number) => bitsOfF64(a));
ops.set("f64.convert_i32_u", (a: number) => bitsOfF64(a >>> 0));
ops.set("f64.convert_i64_s", (a: bigint) => bitsOfF64(Number(a)));
ops.set("f64.convert_i64_u", (a: bigint) => bitsOfF64(Number(BigInt.asUintN(64, a))));
ops.set("f32.demote_f64", (a: bigint) => bitsOfF32(f64FromBits(a)));
ops.set("f64.promote_f32", (a: number) => bitsOfF64(f32FromBits(a)));
ops.set("i32.reinterpret_f32", (a: number) => a | 0);
ops.set("i64.reinterpret_f64", (a: bigint) => BigInt.asIntN(64, a));
ops.set("f32.reinterpret_i32", (a: number) => a >>> 0);
ops.set("f64.reinterpret_i64", (a: bigint) => BigInt.asUintN(64, a));

/** What an operation computes from its operands; undefined for operations that are not numeric. */
export const NUMERIC: ReadonlyMap<string, Numeric> = ops;

const ARITHMETIC = /^f(32|64)\.(ceil|floor|trunc|nearest|sqrt|add|sub|mul|div|min|max|demote_f64|promote_f32)$/;

/** Operations whose NaNs the specification leaves open (4.3.3): what canonicalisation is for. */
export const isArithmetic = (name: string) => ARITHMETIC.test(name);

/** Whether a result of {@linkcode isArithmetic} is the NaN made canonical above. */
export const isCanonicalNaN = (value: Value) => value === F32_NAN || value === F64_NAN;

export const isNaNBits = (value: Value) =>
  typeof value === "number" ? isNaN32(value) : typeof value === "bigint" && isNaN64(value);
