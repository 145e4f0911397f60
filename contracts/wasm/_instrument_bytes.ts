/** A growing buffer that instrumentation writes a module into. @module */

export class ByteWriter {
  bytes: Uint8Array<ArrayBuffer>;
  length = 0;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Makes room for `count` bytes more; the methods below do not. */
  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const wide = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count));
    wide.set(this.bytes.subarray(0, this.length));
    this.bytes = wide;
  }

  /** The bytes from `start` to `end` of `source`. */
  copy(source: Uint8Array, start: number, end: number): void {
    const { bytes, length } = this;
    if (end - start > COPY_BY_BYTE_MAX) bytes.set(source.subarray(start, end), length);
    else for (let from = start, to = length; from < end; from++, to++) bytes[to] = source[from]!;
    this.length = length + end - start;
  }

  put(values: readonly number[]): void {
    for (let i = 0; i < values.length; i++) this.bytes[this.length++] = values[i]!;
  }

  byte(value: number): void {
    this.bytes[this.length++] = value;
  }

  /** Unsigned LEB128 of a whole number below 2^32. */
  u32(value: number): void {
    const { bytes } = this;
    let rest = value, at = this.length;
    while (rest >= 0x80) {
      bytes[at++] = rest & 0x7f | 0x80;
      rest >>>= 7;
    }
    bytes[at++] = rest;
    this.length = at;
  }

  /** Signed LEB128 of a whole number from 0 to 2^53. */
  s64(value: number): void {
    let rest = value;
    while (rest >= 0x40) {
      this.bytes[this.length++] = rest % 0x80 | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.bytes[this.length++] = rest;
  }

  /** Signed LEB128 of any integer of 64 bits. */
  s64Big(value: bigint): void {
    let rest = BigInt.asIntN(64, value);
    while (rest < -64n || rest >= 64n) {
      this.bytes[this.length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.bytes[this.length++] = Number(rest & 0x7fn);
  }

  /** Writes, in front of everything since `start`, how many bytes that is. There must be room for five more. */
  prefixLength(start: number): void {
    const count = this.length - start;
    let width = 1;
    for (let rest = count >>> 7; rest > 0; rest >>>= 7) width++;
    this.bytes.copyWithin(start + width, start, this.length);
    this.length = start;
    this.u32(count);
    this.length = start + width + count;
  }

  /** What has been written, as bytes of their own. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length);
  }
}

/** Measured: up to here a loop is faster than a view and `set`. */
const COPY_BY_BYTE_MAX = 48;
