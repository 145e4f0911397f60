/**
 * Whole numbers for amounts: {@link Uint128} and {@link Uint64}, in JSON as text, because JavaScript's numbers cannot hold
 * them. They never wrap around: an operation whose result does not fit refuses the call.
 */
import { refuse } from "./failure";
import { Json, Kind } from "./json";
import { JsonWriter } from "./writer";

const LOW: u64 = 0xffff_ffff;

/** The upper half of the 128 bits of a product. */
function multiplyHigh(a: u64, b: u64): u64 {
  const a0 = a & LOW, a1 = a >> 32, b0 = b & LOW, b1 = b >> 32;
  const low = a0 * b0;
  const middle = a1 * b0 + (low >> 32);
  const other = a0 * b1 + (middle & LOW);
  return a1 * b1 + (middle >> 32) + (other >> 32);
}

function overflow(operation: string, a: string, b: string): void {
  refuse("Overflow: Cannot " + operation + " with " + a + " and " + b);
}

/** A whole number from 0 to 2^128 - 1. */
export class Uint128 {
  constructor(public low: u64 = 0, public high: u64 = 0) {}

  /** `Uint128.from(5)` */
  static from(value: u64): Uint128 {
    return new Uint128(value, 0);
  }

  static get zero(): Uint128 {
    return new Uint128(0, 0);
  }

  static get max(): Uint128 {
    return new Uint128(u64.MAX_VALUE, u64.MAX_VALUE);
  }

  /** Reads decimal digits; null when it is no such number. */
  static parse(text: string): Uint128 | null {
    const length = text.length;
    if (length == 0) return null;
    let low: u64 = 0;
    let high: u64 = 0;
    for (let i = 0; i < length; i++) {
      const digit = <u64>(text.charCodeAt(i) - 48);
      if (digit > 9) return null;
      if (multiplyHigh(high, 10) != 0) return null;
      const carry = multiplyHigh(low, 10);
      const up = high * 10;
      const down = low * 10;
      const sum = down + digit;
      const more = carry + (sum < down ? 1 : 0);
      if (up + more < up) return null;
      high = up + more;
      low = sum;
    }
    return new Uint128(low, high);
  }

  get isZero(): bool {
    return (this.low | this.high) == 0;
  }

  // @ts-ignore: decorator
  @operator("==")
  static equal(a: Uint128 | null, b: Uint128 | null): bool {
    if (changetype<usize>(a) == changetype<usize>(b)) return true;
    return a && b ? a.low == b.low && a.high == b.high : false;
  }

  // @ts-ignore: decorator
  @operator("!=")
  static unequal(a: Uint128 | null, b: Uint128 | null): bool {
    return !Uint128.equal(a, b);
  }

  // @ts-ignore: decorator
  @operator("<")
  less(other: Uint128): bool {
    return this.high < other.high || (this.high == other.high && this.low < other.low);
  }

  // @ts-ignore: decorator
  @operator(">")
  more(other: Uint128): bool {
    return other.less(this);
  }

  // @ts-ignore: decorator
  @operator("<=")
  atMost(other: Uint128): bool {
    return !other.less(this);
  }

  // @ts-ignore: decorator
  @operator(">=")
  atLeast(other: Uint128): bool {
    return !this.less(other);
  }

  // @ts-ignore: decorator
  @operator("+")
  plus(other: Uint128): Uint128 {
    const low = this.low + other.low;
    const carry: u64 = low < this.low ? 1 : 0;
    const high = this.high + other.high;
    const sum = high + carry;
    if (high < this.high || sum < high) {
      overflow("Add", this.toString(), other.toString());
      return new Uint128();
    }
    return new Uint128(low, sum);
  }

  // @ts-ignore: decorator
  @operator("-")
  minus(other: Uint128): Uint128 {
    if (this.less(other)) {
      overflow("Sub", this.toString(), other.toString());
      return new Uint128();
    }
    const borrow: u64 = this.low < other.low ? 1 : 0;
    return new Uint128(this.low - other.low, this.high - other.high - borrow);
  }

  // @ts-ignore: decorator
  @operator("*")
  times(other: Uint128): Uint128 {
    const cross1 = this.high * other.low;
    const cross2 = this.low * other.high;
    const carry = multiplyHigh(this.low, other.low);
    const sum = cross1 + cross2;
    const high = sum + carry;
    const lost = (this.high != 0 && other.high != 0) || multiplyHigh(this.high, other.low) != 0 ||
      multiplyHigh(this.low, other.high) != 0 || sum < cross1 || high < sum;
    if (lost) {
      overflow("Mul", this.toString(), other.toString());
      return new Uint128();
    }
    return new Uint128(this.low * other.low, high);
  }

  // @ts-ignore: decorator
  @operator("/")
  over(other: Uint128): Uint128 {
    return divide(0, 0, this.high, this.low, other);
  }

  // @ts-ignore: decorator
  @operator("%")
  modulo(other: Uint128): Uint128 {
    return this.minus(this.over(other).times(other));
  }

  /** `this * numerator / denominator`, rounded down, exact in between. */
  multiplyRatio(numerator: Uint128, denominator: Uint128): Uint128 {
    const a = this, b = numerator;
    // Four 64-bit words of the product, lowest first.
    const w0 = a.low * b.low;
    let w1 = multiplyHigh(a.low, b.low);
    let w2 = multiplyHigh(a.low, b.high);
    let w3 = multiplyHigh(a.high, b.high);
    const p = a.low * b.high, q = a.high * b.low, r = a.high * b.high, s = multiplyHigh(a.high, b.low);
    w1 += p;
    let carry: u64 = w1 < p ? 1 : 0;
    w1 += q;
    carry += w1 < q ? 1 : 0;
    w2 += carry;
    carry = w2 < carry ? 1 : 0;
    w2 += s;
    carry += w2 < s ? 1 : 0;
    w2 += r;
    carry += w2 < r ? 1 : 0;
    w3 += carry;
    return divide(w3, w2, w1, w0, denominator);
  }

  toString(): string {
    if (this.high == 0) return this.low.toString();
    // Nineteen digits at a time.
    const chunk = Uint128.from(10_000_000_000_000_000_000);
    const upper = this.over(chunk);
    const lower = this.minus(upper.times(chunk)).low.toString();
    return upper.toString() + "0".repeat(19 - lower.length) + lower;
  }

  decodeJson(json: Json): void {
    if (json.isAbsent) return;
    const value = json.kind == Kind.TEXT ? Uint128.parse(json.text()) : null;
    if (!value) return json.mismatch("Uint128: digits in quotes");
    this.low = value.low;
    this.high = value.high;
  }

  encodeJson(writer: JsonWriter): void {
    writer.raw(this.high == 0 ? "\"" + this.low.toString() + "\"" : "\"" + this.toString() + "\"");
  }
}

/** Four words, highest first, divided bit by bit; refuses the call for a zero divisor and a quotient over 128 bits. */
function divide(w3: u64, w2: u64, w1: u64, w0: u64, divisor: Uint128): Uint128 {
  if (divisor.isZero) {
    refuse("Divide by zero");
    return new Uint128();
  }
  if ((w3 | w2 | w1 | divisor.high) == 0) return new Uint128(w0 / divisor.low);
  let low: u64 = 0, high: u64 = 0;
  let quotientLow: u64 = 0, quotientHigh: u64 = 0;
  let lost = false;
  for (let word = 3; word >= 0; word--) {
    const bits = word == 3 ? w3 : word == 2 ? w2 : word == 1 ? w1 : w0;
    if (bits == 0 && (low | high | quotientLow | quotientHigh) == 0) continue;
    for (let bit: u64 = 64; bit-- > 0;) {
      const out = high >> 63;
      high = (high << 1) | (low >> 63);
      low = (low << 1) | ((bits >> bit) & 1);
      if (quotientHigh >> 63) lost = true;
      quotientHigh = (quotientHigh << 1) | (quotientLow >> 63);
      quotientLow <<= 1;
      if (out || high > divisor.high || (high == divisor.high && low >= divisor.low)) {
        const borrow: u64 = low < divisor.low ? 1 : 0;
        low -= divisor.low;
        high = high - divisor.high - borrow;
        quotientLow |= 1;
      }
    }
  }
  if (lost) {
    refuse("Overflow: Cannot Mul and divide: the result has more than 128 bits");
    return new Uint128();
  }
  return new Uint128(quotientLow, quotientHigh);
}

/** A whole number from 0 to 2^64 - 1 that is text in JSON; a plain `u64` is a number there. */
export class Uint64 {
  constructor(public value: u64 = 0) {}

  // @ts-ignore: decorator
  @operator("+")
  plus(other: Uint64): Uint64 {
    const sum = this.value + other.value;
    if (sum < this.value) overflow("Add", this.toString(), other.toString());
    return new Uint64(sum);
  }

  // @ts-ignore: decorator
  @operator("-")
  minus(other: Uint64): Uint64 {
    if (this.value < other.value) overflow("Sub", this.toString(), other.toString());
    return new Uint64(this.value - other.value);
  }

  // @ts-ignore: decorator
  @operator("*")
  times(other: Uint64): Uint64 {
    if (multiplyHigh(this.value, other.value) != 0) overflow("Mul", this.toString(), other.toString());
    return new Uint64(this.value * other.value);
  }

  // @ts-ignore: decorator
  @operator("==")
  static equal(a: Uint64 | null, b: Uint64 | null): bool {
    if (changetype<usize>(a) == changetype<usize>(b)) return true;
    return a && b ? a.value == b.value : false;
  }

  // @ts-ignore: decorator
  @operator("!=")
  static unequal(a: Uint64 | null, b: Uint64 | null): bool {
    return !Uint64.equal(a, b);
  }

  // @ts-ignore: decorator
  @operator("<")
  less(other: Uint64): bool {
    return this.value < other.value;
  }

  toString(): string {
    return this.value.toString();
  }

  decodeJson(json: Json): void {
    if (json.isAbsent) return;
    const value = json.kind == Kind.TEXT ? Uint128.parse(json.text()) : null;
    if (!value || value.high != 0) return json.mismatch("Uint64: digits in quotes");
    this.value = value.low;
  }

  encodeJson(writer: JsonWriter): void {
    writer.raw("\"" + this.value.toString() + "\"");
  }
}
