/** A protobuf writer that writes nothing: it compares with bytes that are there. */
import { BinaryWriter } from "cosmjs-types/binary";
import { utf8Length, utf8Write } from "cosmjs-types/utf8";

const SMALL = 0x8000_0000n;

/**
 * Takes the calls of a generated `encode` in place of `BinaryWriter` and follows them through the bytes: equal at the end
 * when the message encodes to exactly these. Nothing is allocated for the usual kinds of fields; a transaction is read
 * strictly three times over, so this is on every transaction's way.
 */
export class ComparingWriter {
  readonly #bytes: Uint8Array;
  #at = 0;
  #differs = false;
  /** Where the messages that are open end. */
  readonly #ends: number[] = [];
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Whether everything that was written so far is everything that is there. */
  get isEqual(): boolean {
    return !this.#differs && this.#at === this.#bytes.length && this.#ends.length === 0;
  }

  uint32(value: number): this {
    let rest = value >>> 0;
    for (; rest >= 0x80; rest >>>= 7) this.#byte((rest & 0x7f) | 0x80);
    this.#byte(rest);
    return this;
  }

  int32(value: number): this {
    return value < 0 ? this.int64(BigInt(value)) : this.uint32(value);
  }

  int64(value: bigint): this {
    if (typeof value === "bigint" && value >= 0n && value < SMALL) return this.uint32(Number(value));
    return this.#same(BinaryWriter.create().int64(value).finish());
  }

  uint64(value: bigint): this {
    return this.int64(value);
  }

  bool(value: boolean): this {
    this.#byte(value ? 1 : 0);
    return this;
  }

  bytes(value: Uint8Array): this {
    return this.uint32(value.length).#same(value);
  }

  string(value: string): this {
    const length = utf8Length(value);
    if (length !== value.length) {
      const text = new Uint8Array(length);
      utf8Write(value, text, 0);
      return this.bytes(text);
    }
    this.uint32(length);
    for (let i = 0; i < length; i++) this.#byte(value.charCodeAt(i));
    return this;
  }

  // Kinds of numbers that hardly occur go through the real writer.
  sint32(value: number): this {
    return this.#same(BinaryWriter.create().sint32(value).finish());
  }
  sint64(value: bigint): this {
    return this.#same(BinaryWriter.create().sint64(value).finish());
  }
  fixed32(value: number): this {
    return this.#same(BinaryWriter.create().fixed32(value).finish());
  }
  sfixed32(value: number): this {
    return this.fixed32(value);
  }
  fixed64(value: bigint): this {
    return this.#same(BinaryWriter.create().fixed64(value).finish());
  }
  sfixed64(value: bigint): this {
    return this.fixed64(value);
  }

  tag(field: number, type: number): this {
    return this.uint32(((field << 3) | type) >>> 0);
  }

  /** A message inside begins: its length stands here, and {@linkcode ldelim} will see whether it was that long. */
  fork(): this {
    let length = 0;
    for (let scale = 1, byte = 0x80; byte >= 0x80; scale *= 128) {
      byte = this.#bytes[this.#at++] ?? 0;
      length += (byte & 0x7f) * scale;
      // Not the shortest form, or longer than any length.
      if ((byte === 0 && scale > 1) || scale > 0xffff_ffff) this.#differs = true;
      if (this.#differs) break;
    }
    this.#ends.push(this.#at + length);
    return this;
  }

  ldelim(): this {
    if (this.#ends.pop() !== this.#at) this.#differs = true;
    return this;
  }

  #byte(value: number): void {
    if (this.#bytes[this.#at++] !== value) this.#differs = true;
  }

  #same(value: Uint8Array): this {
    const bytes = this.#bytes;
    const at = this.#at;
    const { length } = value;
    let same = at + length <= bytes.length;
    // Without a call for each byte: parts of blocks are long.
    for (let i = 0; same && i < length; i++) same = bytes[at + i] === value[i];
    if (!same) this.#differs = true;
    this.#at = at + length;
    return this;
  }
}
