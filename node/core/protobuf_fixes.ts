/**
 * Repairs two faults of the writer of `cosmjs-types` 0.11.0, for everybody who encodes in this process, and shortens the
 * ways of its reader that every transaction takes. Imported for its effect, by the codec and by `bytes.ts`.
 *
 * - `int64` and `uint64` write garbage for numbers in [2^31, 2^32): the low word is taken as signed. Powers, gas, sequences
 *   and, from 2038 on, seconds fall into that range, and hashes and signatures are made over what is written.
 * - `finish()` takes every result below 4 KiB from a fresh slab of 8 KiB, because its pool is made anew for each call: a
 *   short message costs 15 µs, and a kept value of 40 bytes keeps the whole slab.
 * @module
 */
import { BinaryReader, BinaryWriter } from "cosmjs-types/binary";
import { int64Length, writeVarint64 } from "cosmjs-types/varint";

interface Pushing {
  _push(write: typeof writeVarint64, length: number, value: { lo: number; hi: number }): BinaryWriter;
}

const UINT32_LIMIT = 1n << 32n;

/** Writes the low 64 bits of `value` in two's complement, as protobuf does for both kinds of integers. */
function writeInt64(this: BinaryWriter, value: string | number | bigint): BinaryWriter {
  const bits = BigInt.asUintN(64, BigInt(value));
  if (bits < UINT32_LIMIT) return this.uint32(Number(bits));
  const words = { lo: Number(BigInt.asUintN(32, bits)), hi: Number(bits >> 32n) };
  return (this as unknown as Pushing)._push(writeVarint64, int64Length(words.lo, words.hi), words);
}

// Each writer copies `int64` to its own `uint64` when it is made.
BinaryWriter.prototype.int64 = writeInt64;
BinaryWriter.alloc = (size: number) => new Uint8Array(size);

const { uint32: readUint32, uint64: readUint64, int64: readInt64, string: readString } = BinaryReader.prototype;

// Nearly all numbers are below 128 and stand in one byte, which is there: past the end it is undefined.
BinaryReader.prototype.uint32 = function (this: BinaryReader): number {
  const byte = this.buf[this.pos];
  if (byte === undefined || byte >= 0x80) return readUint32.call(this);
  this.pos++;
  return byte;
};
const shortened = (read: () => bigint) =>
  function (this: BinaryReader): bigint {
    const byte = this.buf[this.pos];
    if (byte === undefined || byte >= 0x80) return read.call(this);
    this.pos++;
    return BigInt(byte);
  };
BinaryReader.prototype.uint64 = shortened(readUint64);
BinaryReader.prototype.int64 = shortened(readInt64);

/** Longer texts are rare, and the number of arguments of a call is limited. */
const ASCII_BYTES_MAX = 256;

BinaryReader.prototype.string = function (this: BinaryReader): string {
  const start = this.pos;
  const length = this.uint32();
  const { buf, pos } = this;
  const end = pos + length;
  let ascii = length <= ASCII_BYTES_MAX && end <= buf.length;
  for (let i = pos; ascii && i < end; i++) ascii = buf[i]! < 0x80;
  if (!ascii) {
    this.pos = start;
    return readString.call(this);
  }
  this.pos = end;
  return String.fromCharCode.apply(null, buf.subarray(pos, end) as unknown as number[]);
};
