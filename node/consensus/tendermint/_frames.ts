/** Bytes of known layout: fixed-width big-endian numbers and chunks with a length before them. @module */
import type { CodedError } from "../../core/errors.ts";
import { err, ok, type Result } from "../../core/result.ts";

const CODESPACE = "tendermint";
/** The only code: what is wrong is in the message. */
const MALFORMED = 1;

export const malformed = (message: string): CodedError => ({ codespace: CODESPACE, code: MALFORMED, message });

/** Collects parts; the buffer is made once, at its full length. */
export class FrameWriter {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  bytes(part: Uint8Array): this {
    this.#parts.push(part);
    this.#length += part.length;
    return this;
  }

  u8(value: number): this {
    return this.bytes(Uint8Array.of(value));
  }

  /** A signed 32-bit number: rounds, where -1 is "none". */
  i32(value: number): this {
    const part = new Uint8Array(4);
    new DataView(part.buffer).setInt32(0, value);
    return this.bytes(part);
  }

  i64(value: bigint): this {
    const part = new Uint8Array(8);
    new DataView(part.buffer).setBigInt64(0, value);
    return this.bytes(part);
  }

  chunk(part: Uint8Array): this {
    return this.i32(part.length).bytes(part);
  }

  list<T>(items: readonly T[], encode: (item: T) => Uint8Array): this {
    this.i32(items.length);
    for (const item of items) this.chunk(encode(item));
    return this;
  }

  finish(): Uint8Array {
    const out = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }
}

/** Carries a refusal out of nested readers; never leaves {@linkcode readFrame}. */
class FrameError extends Error {
  readonly refusal: CodedError;
  constructor(refusal: CodedError) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/** Reads what {@linkcode FrameWriter} wrote. Nothing is allocated before its length is checked against what is left. */
export class FrameReader {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #what: string;
  #at = 0;

  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#what = what;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  refuse(reason: string): never {
    throw new FrameError(malformed(`decode ${this.#what}: ${reason}`));
  }

  #take(length: number): number {
    if (length < 0 || length > this.#bytes.length - this.#at) this.refuse("cut short");
    const at = this.#at;
    this.#at += length;
    return at;
  }

  u8(): number {
    return this.#bytes[this.#take(1)]!;
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4));
  }

  i64(): bigint {
    return this.#view.getBigInt64(this.#take(8));
  }

  /** All that is left, as a view. */
  rest(): Uint8Array {
    return this.#bytes.subarray(this.#take(this.#bytes.length - this.#at));
  }

  chunk(): Uint8Array {
    const length = this.i32();
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** A chunk decoded by something that answers with a result. */
  value<T>(decode: (bytes: Uint8Array) => Result<T, CodedError>, bytes = this.chunk()): T {
    const result = decode(bytes);
    if (!result.ok) throw new FrameError(result.error);
    return result.value;
  }

  list<T>(decode: (bytes: Uint8Array) => Result<T, CodedError>): T[] {
    const count = this.i32();
    if (count < 0) this.refuse(`${count} items`);
    const out: T[] = [];
    for (let i = 0; i < count; i++) out.push(this.value(decode));
    return out;
  }

  end(): void {
    if (this.#at !== this.#bytes.length) this.refuse("bytes left over");
  }
}

/** Runs a reader over all of `bytes`; whatever is wrong comes back as a refusal. */
export function readFrame<T>(bytes: Uint8Array, what: string, read: (reader: FrameReader) => T): Result<T, CodedError> {
  try {
    const reader = new FrameReader(bytes, what);
    const value = read(reader);
    reader.end();
    return ok(value);
  } catch (error) {
    if (error instanceof FrameError) return err(error.refusal);
    throw error;
  }
}
