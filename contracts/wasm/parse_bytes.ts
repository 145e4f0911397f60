/**
 * A cursor over untrusted bytes: LEB128 as strict as the specification has it (5.2.2: no more bytes than the width needs,
 * unused bits of the last one are the sign or zero), names that are UTF-8, and never a step past the end.
 * @module
 */
import { malformed } from "./_refused.ts";

/** Not the lenient one: a byte order mark is a character of the name, and bad UTF-8 throws. */
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads between `position` and `end`; every method throws `Refused` when the bytes do not allow it. */
export class ByteReader {
  readonly bytes: Uint8Array;
  position: number;
  end: number;

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  /** The next byte. */
  byte(): number {
    if (this.position >= this.end) this.ended();
    return this.bytes[this.position++]!;
  }

  /** An unsigned integer of 32 bits. */
  u32(): number {
    const first = this.position;
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    const last = this.byte();
    if (last > 0x0f) badInteger(last >= 0x80, first);
    return (value | last << 28) >>> 0;
  }

  /** A signed integer of 32 bits. */
  s32(): number {
    const first = this.position;
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value << (25 - shift) >> (25 - shift);
    }
    const last = this.byte();
    if (last >= 0x80 || (last & 0x78) !== 0 && (last & 0x78) !== 0x78) badInteger(last >= 0x80, first);
    return value | last << 28;
  }

  /** A signed integer of 33 bits: block types. */
  s33(): number {
    const first = this.position;
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value << (25 - shift) >> (25 - shift);
    }
    const last = this.byte();
    if (last >= 0x80 || (last & 0x70) !== 0 && (last & 0x70) !== 0x70) badInteger(last >= 0x80, first);
    const low = (value | last << 28) >>> 0;
    return (last & 0x10) !== 0 ? low - 2 ** 32 : low;
  }

  /** A name (5.2.4): its length in bytes, then UTF-8. */
  text(): string {
    const length = this.u32();
    const start = this.position;
    if (length > this.end - start) this.ended();
    this.position += length;
    try {
      return UTF8.decode(this.bytes.subarray(start, this.position));
    } catch {
      return malformed("utf8", "read name: bytes are not UTF-8", start);
    }
  }

  /** A count of things that take at least `bytesEach` bytes each: bounded by what is left, before anybody allocates. */
  count(what: string, bytesEach = 1): number {
    const start = this.position;
    const count = this.u32();
    if (count * bytesEach > this.end - this.position) {
      malformed("unexpected_end", `read ${what}: ${count} announced, ${this.end - this.position} bytes left`, start);
    }
    return count;
  }

  /** Nothing is left where more is needed. */
  protected ended(): never {
    return malformed("unexpected_end", "read module: unexpected end of section or function", this.end);
  }
}

function badInteger(tooLong: boolean, offset: number): never {
  return tooLong
    ? malformed("leb_too_long", "read integer: representation too long", offset)
    : malformed("leb_too_large", "read integer: value too large", offset);
}
