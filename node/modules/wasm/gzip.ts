/**
 * Uncompressing code (RFC 1951, RFC 1952), bounded and the same everywhere: what a native library makes of odd archives is
 * its own affair, and this is a part of consensus.
 * @module
 */
import { err, ok, type Result } from "../../core/result.ts";

/** The archive is not what it has to be; thrown and caught in here. */
class Broken {
  constructor(readonly message: string) {}
}

const HEADER_BYTES = 10;
const TRAILER_BYTES = 8;
const FLAG = { headerChecksum: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 } as const;

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8;

/** The first member of an archive, at most `bytesMax` bytes; what follows it is not looked at. The error is a sentence. */
export function uncompress(archive: Uint8Array, bytesMax: number): Result<Uint8Array, string> {
  if (archive.length > bytesMax) return err(tooLong(bytesMax));
  try {
    const start = skipHeader(archive);
    const { bytes, end } = inflate(archive, start, bytesMax);
    if (end + TRAILER_BYTES > archive.length) throw new Broken("unexpected EOF");
    const view = new DataView(archive.buffer, archive.byteOffset + end, TRAILER_BYTES);
    if (view.getUint32(0, true) !== crc32(bytes) || view.getUint32(4, true) !== bytes.length) {
      throw new Broken("gzip: invalid checksum");
    }
    return ok(bytes);
  } catch (thrown) {
    if (!(thrown instanceof Broken)) throw thrown;
    return err(thrown.message);
  }
}

const tooLong = (bytesMax: number) => `max ${bytesMax} bytes: exceeds limit`;

function skipHeader(archive: Uint8Array): number {
  if (archive.length < HEADER_BYTES) throw new Broken("unexpected EOF");
  const flags = archive[3]!;
  if (!isGzip(archive) || (flags & FLAG.reserved) !== 0) throw new Broken("gzip: invalid header");
  let at = HEADER_BYTES;
  if ((flags & FLAG.extra) !== 0) at += 2 + (archive[at] ?? 0) + 256 * (archive[at + 1] ?? 0);
  for (const text of [FLAG.name, FLAG.comment]) {
    if ((flags & text) === 0) continue;
    const zero = archive.indexOf(0, at);
    if (zero < 0) throw new Broken("unexpected EOF");
    at = zero + 1;
  }
  if ((flags & FLAG.headerChecksum) !== 0) {
    const stated = (archive[at] ?? 0) + 256 * (archive[at + 1] ?? 0);
    if (at + 2 <= archive.length && (crc32(archive.subarray(0, at)) & 0xffff) !== stated) {
      throw new Broken("gzip: invalid header");
    }
    at += 2;
  }
  if (at > archive.length) throw new Broken("unexpected EOF");
  return at;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = CRC_TABLE[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** Bits of a byte string, lowest first (RFC 1951 3.1.1). */
class Bits {
  #held = 0;
  #count = 0;

  constructor(
    readonly bytes: Uint8Array,
    public at: number,
  ) {}

  take(count: number): number {
    while (this.#count < count) {
      if (this.at >= this.bytes.length) throw new Broken("unexpected EOF");
      this.#held |= this.bytes[this.at++]! << this.#count;
      this.#count += 8;
    }
    const value = this.#held & ((1 << count) - 1);
    this.#held >>>= count;
    this.#count -= count;
    return value;
  }

  /** Forgets the rest of the byte that was begun. */
  align(): void {
    this.#held = 0;
    this.#count = 0;
  }
}

/** Codes by length, as in Mark Adler's `puff`: how many there are of each length, and their symbols in order. */
interface Huffman {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

const CODE_BITS_MAX = 15;

/** Refused when codes are left over or run out; one code alone may leave some over (`allowOne`: RFC 1951 3.2.7). */
function huffman(lengths: readonly number[] | Uint8Array, allowOne: boolean): Huffman {
  const counts = new Uint16Array(CODE_BITS_MAX + 1);
  for (const length of lengths) counts[length]!++;
  let left = 1;
  for (let bits = 1; bits <= CODE_BITS_MAX; bits++) {
    left = 2 * left - counts[bits]!;
    if (left < 0) throw new Broken("flate: corrupt input");
  }
  const used = lengths.length - counts[0]!;
  if (left > 0 && !(allowOne && (used === 0 || (used === 1 && counts[1] === 1)))) {
    throw new Broken("flate: corrupt input");
  }
  const offsets = new Uint16Array(CODE_BITS_MAX + 1);
  for (let bits = 1; bits < CODE_BITS_MAX; bits++) offsets[bits + 1] = offsets[bits]! + counts[bits]!;
  const symbols = new Uint16Array(lengths.length);
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    if (lengths[symbol] !== 0) symbols[offsets[lengths[symbol]!]!++] = symbol;
  }
  counts[0] = 0;
  return { counts, symbols };
}

function symbolOf(bits: Bits, { counts, symbols }: Huffman): number {
  let code = 0;
  let first = 0;
  let index = 0;
  for (let length = 1; length <= CODE_BITS_MAX; length++) {
    code |= bits.take(1);
    const count = counts[length]!;
    if (code - count < first) return symbols[index + (code - first)]!;
    index += count;
    first = (first + count) << 1;
    code <<= 1;
  }
  throw new Broken("flate: corrupt input");
}

// RFC 1951 3.2.5, 3.2.6, 3.2.7.
const LENGTH_BASE = [
  3,
  4,
  5,
  6,
  7,
  8,
  9,
  10,
  11,
  13,
  15,
  17,
  19,
  23,
  27,
  31,
  35,
  43,
  51,
  59,
  67,
  83,
  99,
  115,
  131,
  163,
  195,
  227,
  258,
];
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [
  1,
  2,
  3,
  4,
  5,
  7,
  9,
  13,
  17,
  25,
  33,
  49,
  65,
  97,
  129,
  193,
  257,
  385,
  513,
  769,
  1025,
  1537,
  2049,
  3073,
  4097,
  6145,
  8193,
  12289,
  16385,
  24577,
];
const DISTANCE_EXTRA = [
  0,
  0,
  0,
  0,
  1,
  1,
  2,
  2,
  3,
  3,
  4,
  4,
  5,
  5,
  6,
  6,
  7,
  7,
  8,
  8,
  9,
  9,
  10,
  10,
  11,
  11,
  12,
  12,
  13,
  13,
];
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const END_OF_BLOCK = 256;
const FIXED_LITERALS = huffman(
  Array.from({ length: 288 }, (_, n) => n < 144 ? 8 : n < 256 ? 9 : n < 280 ? 7 : 8),
  false,
);
const FIXED_DISTANCES = huffman(Array.from({ length: 32 }, () => 5), false);

/** Bytes that were made so far, grown as they come. */
class Output {
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(65_536);
  length = 0;

  constructor(readonly bytesMax: number) {}

  /** Makes room for `count` more. */
  grow(count: number): void {
    const wanted = this.length + count;
    if (wanted > this.bytesMax) throw new Broken(tooLong(this.bytesMax));
    if (wanted <= this.bytes.length) return;
    const grown = new Uint8Array(Math.min(this.bytesMax, Math.max(wanted, 2 * this.bytes.length)));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }
}

function inflate(archive: Uint8Array, start: number, bytesMax: number): { bytes: Uint8Array; end: number } {
  const bits = new Bits(archive, start);
  const output = new Output(bytesMax);
  for (let last = 0; last === 0;) {
    last = bits.take(1);
    const type = bits.take(2);
    if (type === 0) copyStored(bits, output);
    else if (type === 1) expand(bits, output, FIXED_LITERALS, FIXED_DISTANCES);
    else if (type === 2) expand(bits, output, ...readCodes(bits));
    else throw new Broken("flate: corrupt input");
  }
  return { bytes: output.bytes.slice(0, output.length), end: bits.at };
}

function copyStored(bits: Bits, output: Output): void {
  bits.align();
  const { bytes, at } = bits;
  if (at + 4 > bytes.length) throw new Broken("unexpected EOF");
  const length = bytes[at]! | (bytes[at + 1]! << 8);
  if ((bytes[at + 2]! | (bytes[at + 3]! << 8)) !== (length ^ 0xffff)) throw new Broken("flate: corrupt input");
  if (at + 4 + length > bytes.length) throw new Broken("unexpected EOF");
  output.grow(length);
  output.bytes.set(bytes.subarray(at + 4, at + 4 + length), output.length);
  output.length += length;
  bits.at = at + 4 + length;
}

function readCodes(bits: Bits): [literals: Huffman, distances: Huffman] {
  const literals = bits.take(5) + 257;
  const distances = bits.take(5) + 1;
  const codes = bits.take(4) + 4;
  if (literals > 286 || distances > 30) throw new Broken("flate: corrupt input");
  const lengths = new Uint8Array(literals + distances);
  const codeLengths = new Uint8Array(19);
  for (let i = 0; i < codes; i++) codeLengths[CODE_LENGTH_ORDER[i]!] = bits.take(3);
  const lengthCode = huffman(codeLengths, false);
  for (let i = 0; i < lengths.length;) {
    const symbol = symbolOf(bits, lengthCode);
    if (symbol < 16) {
      lengths[i++] = symbol;
      continue;
    }
    if (symbol === 16 && i === 0) throw new Broken("flate: corrupt input");
    const value = symbol === 16 ? lengths[i - 1]! : 0;
    const times = symbol === 16 ? 3 + bits.take(2) : symbol === 17 ? 3 + bits.take(3) : 11 + bits.take(7);
    if (i + times > lengths.length) throw new Broken("flate: corrupt input");
    lengths.fill(value, i, i + times);
    i += times;
  }
  if (lengths[END_OF_BLOCK] === 0) throw new Broken("flate: corrupt input");
  return [huffman(lengths.subarray(0, literals), true), huffman(lengths.subarray(literals), true)];
}

function expand(bits: Bits, output: Output, literals: Huffman, distances: Huffman): void {
  for (;;) {
    const symbol = symbolOf(bits, literals);
    if (symbol === END_OF_BLOCK) return;
    if (symbol < END_OF_BLOCK) {
      output.grow(1);
      output.bytes[output.length++] = symbol;
      continue;
    }
    const code = symbol - END_OF_BLOCK - 1;
    if (code >= LENGTH_BASE.length) throw new Broken("flate: corrupt input");
    const length = LENGTH_BASE[code]! + bits.take(LENGTH_EXTRA[code]!);
    const far = symbolOf(bits, distances);
    if (far >= DISTANCE_BASE.length) throw new Broken("flate: corrupt input");
    const distance = DISTANCE_BASE[far]! + bits.take(DISTANCE_EXTRA[far]!);
    if (distance > output.length) throw new Broken("flate: corrupt input");
    output.grow(length);
    const { bytes } = output;
    let to = output.length;
    for (let from = to - distance; to < output.length + length; from++) bytes[to++] = bytes[from]!;
    output.length = to;
  }
}
