/**
 * Numbers and bytes in one buffer that two threads may share: 32-bit words, bytes rounded up to whole ones. Nothing is decoded
 * that is not asked for.
 * @module
 */
import { invariant } from "./invariant.ts";

const WORD = 4;
const TWO_32 = 2 ** 32;

const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder();

/** Words that bytes take: their number, and themselves. */
export const wordsOf = (bytes: Uint8Array): number => 1 + Math.ceil(bytes.length / WORD);

/** What `write` writes, which comes to so many words. */
export function inWords(words: number, write: (to: WordWriter) => void): ArrayBuffer {
  const buffer = new ArrayBuffer(words * WORD);
  const to = new WordWriter(buffer, 0);
  write(to);
  invariant(!to.full && to.at === words, `write ${words} words: it came to ${to.at}`);
  return buffer;
}

/** Appends. What does not fit is not written, and {@linkcode WordWriter.full} says so. */
export class WordWriter {
  readonly words: Uint32Array;
  readonly #bytes: Uint8Array;
  #full = false;

  constructor(buffer: ArrayBufferLike, public at: number) {
    this.words = new Uint32Array(buffer);
    this.#bytes = new Uint8Array(buffer);
  }

  get full(): boolean {
    return this.#full;
  }

  word(value: number): void {
    if (this.#has(1)) this.words[this.at++] = value;
  }

  /** A u64. */
  big(value: bigint): void {
    this.word(Number(value >> 32n));
    this.word(Number(value & 0xffff_ffffn));
  }

  /** Where they are now. */
  bytes(bytes: Uint8Array): number {
    const { at } = this;
    const words = wordsOf(bytes);
    if (!this.#has(words)) return at;
    this.words[at] = bytes.length;
    this.#bytes.set(bytes, (at + 1) * WORD);
    this.at += words;
    return at;
  }

  text(text: string): void {
    this.bytes(textEncoder.encode(text));
  }

  #has(words: number): boolean {
    if (this.at + words > this.words.length) this.#full = true;
    return !this.#full;
  }
}

/** A buffer of its own costs half a microsecond and 200 bytes: copies share one, unless they are longer than this, in bytes. */
const SHARED_COPY_BYTES_MAX = 256;
/** Of such a buffer, which lives as long as one of its copies. */
const SHARED_BYTES = 2048;

/** Reads what a {@linkcode WordWriter} wrote, from a place on. */
export class WordReader {
  readonly words: Uint32Array;
  readonly #bytes: Uint8Array;
  #shared = new Uint8Array(0);
  #sharedAt = 0;
  at = 0;

  constructor(buffer: ArrayBufferLike) {
    this.words = new Uint32Array(buffer);
    this.#bytes = new Uint8Array(buffer);
  }

  word(): number {
    const word = this.words[this.at++];
    // The message only when it is needed: this is called a hundred times for a transaction.
    if (word === undefined) invariant(false, `read word ${this.at} of ${this.words.length}`);
    return word;
  }

  big(): bigint {
    const [high, low] = [this.word(), this.word()];
    return high < 0x20_0000 ? BigInt(high * TWO_32 + low) : BigInt(high) << 32n | BigInt(low);
  }

  /** A copy. */
  bytes(): Uint8Array {
    return this.#copy(this.view());
  }

  /** As long as nobody writes there. */
  view(): Uint8Array {
    const start = (this.at + 1) * WORD;
    const bytes = this.#bytes.subarray(start, start + this.words[this.at]!);
    this.at += wordsOf(bytes);
    return bytes;
  }

  text(): string {
    return textDecoder.decode(this.view().slice());
  }

  /** A copy of the bytes at a place. */
  bytesAt(at: number): Uint8Array {
    const start = (at + 1) * WORD;
    return this.#copy(this.#bytes.subarray(start, start + this.words[at]!));
  }

  #copy(view: Uint8Array): Uint8Array {
    if (view.length > SHARED_COPY_BYTES_MAX) return view.slice();
    if (this.#sharedAt + view.length > this.#shared.length) {
      this.#shared = new Uint8Array(SHARED_BYTES);
      this.#sharedAt = 0;
    }
    const copy = this.#shared.subarray(this.#sharedAt, this.#sharedAt += view.length);
    copy.set(view);
    return copy;
  }

  /** Whether the bytes at a place are these. */
  isAt(at: number, bytes: Uint8Array): boolean {
    if (this.words[at] !== bytes.length) return false;
    const start = (at + 1) * WORD;
    for (let i = 0; i < bytes.length; i++) if (this.#bytes[start + i] !== bytes[i]) return false;
    return true;
  }
}
