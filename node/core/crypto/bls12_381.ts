/**
 * BLS12-381 for contracts: sums of points, a product of pairings, hashing to the curve (RFC 9380, suites `…_SSWU_RO_` with
 * SHA-256). Points are compressed as Zcash does it; one that is not on the curve or not in the subgroup is no point. noble
 * is the law and there is nothing faster here, hence the prices in contracts/wasm/gas.ts.
 * @module
 */
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { hashToG1AnyTag, hashToG2AnyTag } from "./_hash_to_curve.ts";

export const BLS_G1_BYTES = 48;
export const BLS_G2_BYTES = 96;

const { G1, G2, fields } = bls12_381;

type PointG1 = InstanceType<typeof G1.Point>;
type PointG2 = InstanceType<typeof G2.Point>;

/** First byte of the identity, compressed; zeros follow. The library refuses to read and to write it. */
const IDENTITY = 0xc0;

const isIdentity = (bytes: Uint8Array) => bytes[0] === IDENTITY && bytes.subarray(1).every((byte) => byte === 0);

/** The point of these 48 bytes; undefined when there is none. The identity is a point. */
function decodeG1(bytes: Uint8Array): PointG1 | undefined {
  // The library also takes 96 bytes without the flag of compression, hence the length.
  if (bytes.length !== BLS_G1_BYTES) return undefined;
  if (isIdentity(bytes)) return G1.Point.ZERO;
  try {
    return G1.Point.fromBytes(bytes);
  } catch {
    return undefined;
  }
}

function decodeG2(bytes: Uint8Array): PointG2 | undefined {
  if (bytes.length !== BLS_G2_BYTES) return undefined;
  if (isIdentity(bytes)) return G2.Point.ZERO;
  try {
    return G2.Point.fromBytes(bytes);
  } catch {
    return undefined;
  }
}

/** A point, compressed. */
function encode(point: PointG1 | PointG2, length: number): Uint8Array {
  if (!point.is0()) return point.toBytes(true);
  const bytes = new Uint8Array(length);
  bytes[0] = IDENTITY;
  return bytes;
}

/** The sum of points of G1, 48 bytes each, `points` a whole number of them. Undefined when one is no point. */
export function blsAggregateG1(points: Uint8Array): Uint8Array | undefined {
  let sum = G1.Point.ZERO;
  for (let at = 0; at < points.length; at += BLS_G1_BYTES) {
    const point = decodeG1(points.subarray(at, at + BLS_G1_BYTES));
    if (point === undefined) return undefined;
    sum = sum.add(point);
  }
  return encode(sum, BLS_G1_BYTES);
}

/** The sum of points of G2, 96 bytes each. As {@linkcode blsAggregateG1}. */
export function blsAggregateG2(points: Uint8Array): Uint8Array | undefined {
  let sum = G2.Point.ZERO;
  for (let at = 0; at < points.length; at += BLS_G2_BYTES) {
    const point = decodeG2(points.subarray(at, at + BLS_G2_BYTES));
    if (point === undefined) return undefined;
    sum = sum.add(point);
  }
  return encode(sum, BLS_G2_BYTES);
}

/**
 * Whether e(p₁, q₁) · … · e(pₙ, qₙ) = e(r, s). `ps` and `qs` hold n points of G1 and of G2, `r` and `s` one each. Undefined
 * when something is no point.
 */
export function blsPairingEquality(
  ps: Uint8Array,
  qs: Uint8Array,
  r: Uint8Array,
  s: Uint8Array,
): boolean | undefined {
  const pairs: { g1: PointG1; g2: PointG2 }[] = [];
  for (let i = 0; i * BLS_G1_BYTES < ps.length; i++) {
    const g1 = decodeG1(ps.subarray(i * BLS_G1_BYTES, (i + 1) * BLS_G1_BYTES));
    const g2 = decodeG2(qs.subarray(i * BLS_G2_BYTES, (i + 1) * BLS_G2_BYTES));
    if (g1 === undefined || g2 === undefined) return undefined;
    pairs.push({ g1, g2 });
  }
  const g1 = decodeG1(r);
  const g2 = decodeG2(s);
  if (g1 === undefined || g2 === undefined) return undefined;
  pairs.push({ g1: g1.negate(), g2 });
  // A pairing with the identity is one; the library refuses to compute it.
  const proper = pairs.filter((pair) => !pair.g1.is0() && !pair.g2.is0());
  if (proper.length === 0) return true;
  const { Fp12 } = fields;
  return Fp12.eql(bls12_381.pairingBatch(proper), Fp12.ONE);
}

/** The point of G1 (48 bytes) for a message under a domain separation tag. */
export function blsHashToG1(message: Uint8Array, dst: Uint8Array): Uint8Array {
  return dst.length > 0 ? G1.hashToCurve(message, { DST: dst }).toBytes(true) : hashToG1AnyTag(message, dst);
}

/** The point of G2 (96 bytes). As {@linkcode blsHashToG1}. */
export function blsHashToG2(message: Uint8Array, dst: Uint8Array): Uint8Array {
  return dst.length > 0 ? G2.hashToCurve(message, { DST: dst }).toBytes(true) : hashToG2AnyTag(message, dst);
}
