/** Bytes of stored results: numbers, and texts of which each is written once. Internal to the runtime; see `_results.ts`. */
import { IoError } from "../core/errors.ts";

/** Longer texts hardly repeat, and a block has fewer short ones that do. */
const REMEMBERED_CHARS_MAX = 96;
const REMEMBERED_MAX = 65_536;
const NEW = 0;
const NEW_REMEMBERED = 1;
const FIRST_REMEMBERED = 2;

const START_BYTES = 16_384;
const VARINT_BYTES_MAX = 10;
const SMALL = 0x8000_0000n;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class ResultsWriter {
  #bytes = new Uint8Array(START_BYTES);
  #at = 0;
  readonly #texts = new Map<string, number>();
  readonly #data = new Map<string, number>();

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#at++] = value;
  }

  /** A whole number in [0, 2^32). */
  number(value: number): void {
    this.#room(VARINT_BYTES_MAX);
    let rest = value;
    for (; rest >= 0x80; rest >>>= 7) this.#bytes[this.#at++] = (rest & 0x7f) | 0x80;
    this.#bytes[this.#at++] = rest;
  }

  /** The low 64 bits of a whole number. */
  bits64(value: bigint): void {
    if (value >= 0n && value < SMALL) return this.number(Number(value));
    this.#room(VARINT_BYTES_MAX);
    let rest = BigInt.asUintN(64, value);
    for (; rest >= 0x80n; rest >>= 7n) this.#bytes[this.#at++] = Number(rest & 0x7fn) | 0x80;
    this.#bytes[this.#at++] = Number(rest);
  }

  bytes(value: Uint8Array): void {
    this.number(value.length);
    this.#room(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  text(text: string): void {
    if (!this.#repeats(this.#texts, text)) this.bytes(encoder.encode(text));
  }

  data(data: Uint8Array): void {
    if (data.length > REMEMBERED_CHARS_MAX) {
      this.number(NEW);
      this.bytes(data);
    } else if (!this.#repeats(this.#data, data.toHex())) this.bytes(data);
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#at);
  }

  /** Writes the place of a text that is remembered; otherwise how the text that follows is to be taken. */
  #repeats(remembered: Map<string, number>, text: string): boolean {
    const place = remembered.get(text);
    if (place !== undefined) {
      this.number(place);
      return true;
    }
    const remember = text.length <= REMEMBERED_CHARS_MAX && remembered.size < REMEMBERED_MAX;
    if (remember) remembered.set(text, FIRST_REMEMBERED + remembered.size);
    this.number(remember ? NEW_REMEMBERED : NEW);
    return false;
  }

  #room(length: number): void {
    if (this.#at + length <= this.#bytes.length) return;
    const grown = new Uint8Array(2 * this.#bytes.length + length);
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

/** Reads what {@linkcode ResultsWriter} wrote. */
export class ResultsReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  readonly #texts: string[] = [];
  readonly #data: Uint8Array[] = [];

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  damaged(found: string): never {
    throw new IoError("chain_damaged", `read the results of a block: ${found}`);
  }

  byte(): number {
    return this.#bytes[this.#at++] ?? this.damaged("they end early");
  }

  number(): number {
    let value = 0;
    for (let scale = 1;; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      if (scale > 0xffff_ffff) this.damaged("a number is too long");
    }
  }

  int64(): bigint {
    let value = 0n;
    for (let shift = 0n;; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
      if (shift > 63n) this.damaged("a number is too long");
    }
  }

  /** A view. */
  bytes(): Uint8Array {
    const length = this.number();
    if (length > this.#bytes.length - this.#at) this.damaged("they end early");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  text(): string {
    return this.#remembered(this.#texts, () => this.#utf8());
  }

  data(): Uint8Array {
    return this.#remembered(this.#data, () => this.bytes().slice());
  }

  end(): void {
    if (this.#at !== this.#bytes.length) this.damaged("bytes are left over");
  }

  #utf8(): string {
    const bytes = this.bytes();
    try {
      return decoder.decode(bytes);
    } catch {
      return this.damaged("a text is not UTF-8");
    }
  }

  #remembered<T>(known: T[], read: () => T): T {
    const kind = this.number();
    if (kind >= FIRST_REMEMBERED) return known[kind - FIRST_REMEMBERED] ?? this.damaged(`there is no text ${kind}`);
    const value = read();
    if (kind === NEW_REMEMBERED) known.push(value);
    return value;
  }
}
