import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { BinaryReader, BinaryWriter } from "cosmjs-types/binary";
import { Timestamp } from "cosmjs-types/google/protobuf/timestamp";
import "./protobuf_fixes.ts";

/** Base-128 of the low 64 bits, straight from the protobuf specification. */
function varint(value: bigint): number[] {
  let rest = BigInt.asUintN(64, value);
  const bytes: number[] = [];
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}

const edges = [0n, 1n, 127n, 128n, 1n << 31n, (1n << 31n) - 1n, (1n << 32n) - 1n, 1n << 32n, (1n << 63n) - 1n];

Deno.test("64-bit integers are written as protobuf says, on both sides of 2^31 and 2^32 and below zero", () => {
  const number = fc.oneof(
    fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
    fc.constantFrom(...edges),
    fc.maxSafeNat().map(BigInt),
  );
  fc.assert(
    fc.property(number, (value) => {
      const bytes = new BinaryWriter().int64(value).finish();
      assertEquals([...bytes], varint(value));
      assertEquals(new BinaryReader(bytes).int64(), value);
      const unsigned = BigInt.asUintN(64, value);
      assertEquals(new BinaryReader(new BinaryWriter().uint64(unsigned).finish()).uint64(), unsigned);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("a time after January 2038 survives its encoding", () => {
  const timestamp = { seconds: 2_500_000_000n, nanos: 5 };
  assertEquals(Timestamp.decode(Timestamp.encode(timestamp).finish()), timestamp);
});

Deno.test("an encoded message keeps no more memory than it has bytes", () => {
  const bytes = new BinaryWriter().string("short").finish();
  assertEquals(bytes.buffer.byteLength, bytes.length);
});
