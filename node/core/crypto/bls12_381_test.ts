import { assertEquals } from "@std/assert";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { bytesToHex, concatBytes, utf8ToBytes } from "../bytes.ts";
import { hashToG1AnyTag, hashToG2AnyTag } from "./_hash_to_curve.ts";
import { blsAggregateG1, blsAggregateG2, blsHashToG1, blsHashToG2, blsPairingEquality } from "./bls12_381.ts";

const { G1, G2 } = bls12_381;
const multiple = (k: bigint) =>
  [G1.Point.BASE.multiply(k).toBytes(true), G2.Point.BASE.multiply(k).toBytes(true)] as const;
const identity = (length: number) => Uint8Array.from({ length }, (_, i) => i === 0 ? 0xc0 : 0);

Deno.test("blsHashToG1() and blsHashToG2() give the points of RFC 9380, appendix J.9.1 and J.10.1", () => {
  // x of P for the message "abc".
  const g1 = blsHashToG1(utf8ToBytes("abc"), utf8ToBytes("QUUX-V01-CS02-with-BLS12381G1_XMD:SHA-256_SSWU_RO_"));
  assertEquals(
    bytesToHex(g1).slice(2),
    "567bc5ef9c690c2ab2ecdf6a96ef1c139cc0b2f284dca0a9a7943388a49a3aee664ba5379a7655d3c68900be2f6903",
  );
  const g2 = blsHashToG2(utf8ToBytes("abc"), utf8ToBytes("QUUX-V01-CS02-with-BLS12381G2_XMD:SHA-256_SSWU_RO_"));
  assertEquals(
    bytesToHex(g2.subarray(48)),
    "02c2d18e033b960562aae3cab37a27ce00d80ccd5ba4b7fe0e7a210245129dbec7780ccc7954725f4168aff2787776e6",
  );
});

Deno.test("the hashing for empty tags is the library's for all others", () => {
  for (const tag of ["t", "a longer one", "x".repeat(255), "x".repeat(256), "x".repeat(1_000)].map(utf8ToBytes)) {
    const message = utf8ToBytes("message");
    assertEquals(hashToG1AnyTag(message, tag), blsHashToG1(message, tag));
    assertEquals(hashToG2AnyTag(message, tag), blsHashToG2(message, tag));
  }
});

Deno.test("sums are those of the scalars; the identity adds nothing and may come out", () => {
  const [two, five, seven] = [multiple(2n), multiple(5n), multiple(7n)];
  assertEquals(blsAggregateG1(concatBytes(two[0], five[0])), seven[0]);
  assertEquals(blsAggregateG2(concatBytes(two[1], identity(96), five[1])), seven[1]);
  const minus = G1.Point.BASE.multiply(2n).negate().toBytes(true);
  assertEquals(blsAggregateG1(concatBytes(two[0], minus)), identity(48));
});

Deno.test("pairings are bilinear, and one with the identity is one", () => {
  const [one, two, three, six] = [1n, 2n, 3n, 6n].map(multiple) as [
    ReturnType<typeof multiple>,
    ...ReturnType<typeof multiple>[],
  ];
  assertEquals(blsPairingEquality(two![0], three![1], six![0], one[1]), true);
  assertEquals(blsPairingEquality(two![0], three![1], one[0], one[1]), false);
  assertEquals(blsPairingEquality(new Uint8Array(), new Uint8Array(), identity(48), one[1]), true);
  assertEquals(blsPairingEquality(one[0], identity(96), one[0], one[1]), false);
});

Deno.test("what is not in the subgroup, not on the curve or not compressed is no point", () => {
  const outside = new Uint8Array(48);
  outside[0] = 0x80;
  outside[47] = 4;
  const [g1, g2] = multiple(9n);
  const bad = [
    outside,
    new Uint8Array(48),
    new Uint8Array(48).fill(0xff),
    g1.map((byte, i) => i === 0 ? byte & 0x7f : byte),
    g1.map((byte, i) => i === 47 ? byte ^ 1 : byte),
  ];
  for (const bytes of bad) {
    assertEquals(blsAggregateG1(concatBytes(g1, bytes)), undefined);
    assertEquals(blsPairingEquality(bytes, g2, g1, g2), undefined);
  }
  assertEquals(blsPairingEquality(g1, g2, g1.subarray(1), g2), undefined);
});
