/**
 * Host functions on BLS12-381: `bls12_381_aggregate_g1 _g2 _pairing_equality _hash_to_g1 _g2`. They answer 0 (for a pairing also
 * 1: unequal), and above that why not.
 * @module
 */
import {
  BLS_G1_BYTES,
  BLS_G2_BYTES,
  blsAggregateG1,
  blsAggregateG2,
  blsHashToG1,
  blsHashToG2,
  blsPairingEquality,
} from "../../node/core/crypto/mod.ts";
import { CRYPTO_CODE } from "./_crypto_codes.ts";
import { HOST_COSTS, type LinearCost, linearCost } from "./gas.ts";
import type { ContractInstance } from "./instance.ts";

/** Bytes of a list of points (`BLS12_381_MAX_AGGREGATE_SIZE`). */
export const BLS_POINTS_BYTES_MAX = 2 * 1024 * 1024;
/** Bytes of a message that is hashed to the curve (`BLS12_381_MAX_MESSAGE_SIZE`). */
export const BLS_MESSAGE_BYTES_MAX = 5 * 1024 * 1024;
/** Bytes of a domain separation tag (`BLS12_381_MAX_DST_SIZE`). */
export const BLS_TAG_BYTES_MAX = 5 * 1024;

/** `HashFunction::Sha256`, the only one. */
const SHA256 = 0;

/** What differs between the groups. */
interface Group {
  readonly pointBytes: number;
  readonly aggregateCost: LinearCost;
  readonly hashCost: LinearCost;
  readonly aggregate: (points: Uint8Array) => Uint8Array | undefined;
  readonly hash: (message: Uint8Array, tag: Uint8Array) => Uint8Array;
}

export const G1: Group = {
  pointBytes: BLS_G1_BYTES,
  aggregateCost: HOST_COSTS.blsAggregateG1,
  hashCost: HOST_COSTS.blsHashToG1,
  aggregate: blsAggregateG1,
  hash: blsHashToG1,
};

export const G2: Group = {
  pointBytes: BLS_G2_BYTES,
  aggregateCost: HOST_COSTS.blsAggregateG2,
  hashCost: HOST_COSTS.blsHashToG2,
  aggregate: blsAggregateG2,
  hash: blsHashToG2,
};

/** `bls12_381_aggregate_g1(points, out)` and `_g2` */
export function blsAggregate(instance: ContractInstance, group: Group, pointsPointer: number, out: number): number {
  instance.charge(HOST_COSTS.call);
  const points = instance.readRegion(pointsPointer, BLS_POINTS_BYTES_MAX);
  instance.charge(linearCost(group.aggregateCost, Math.floor(points.length / group.pointBytes)));
  if (points.length === 0) return CRYPTO_CODE.aggregateEmpty;
  if (points.length % group.pointBytes !== 0) return CRYPTO_CODE.aggregateNotMultiple;
  const sum = group.aggregate(points);
  if (sum === undefined) return CRYPTO_CODE.point;
  instance.writeRegion(out, sum);
  return CRYPTO_CODE.valid;
}

/** `bls12_381_hash_to_g1(function, message, tag, out)` and `_g2` */
export function blsHash(
  instance: ContractInstance,
  group: Group,
  hashFunction: number,
  messagePointer: number,
  tagPointer: number,
  out: number,
): number {
  instance.charge(HOST_COSTS.call);
  const message = instance.readRegion(messagePointer, BLS_MESSAGE_BYTES_MAX);
  const tag = instance.readRegion(tagPointer, BLS_TAG_BYTES_MAX);
  instance.charge(linearCost(group.hashCost, message.length + tag.length));
  if (hashFunction !== SHA256) return CRYPTO_CODE.hashFunction;
  instance.writeRegion(out, group.hash(message, tag));
  return CRYPTO_CODE.valid;
}

/** `bls12_381_pairing_equality(ps, qs, r, s)`: e(p₁, q₁) · … = e(r, s) */
export function blsPairing(
  instance: ContractInstance,
  psPointer: number,
  qsPointer: number,
  rPointer: number,
  sPointer: number,
): number {
  instance.charge(HOST_COSTS.call);
  const ps = instance.readRegion(psPointer, BLS_POINTS_BYTES_MAX);
  const qs = instance.readRegion(qsPointer, BLS_POINTS_BYTES_MAX);
  const r = instance.readRegion(rPointer, BLS_G1_BYTES);
  const s = instance.readRegion(sPointer, BLS_G2_BYTES);
  const pairings = Math.floor(ps.length / BLS_G1_BYTES) + 1;
  instance.charge(linearCost(HOST_COSTS.blsPairing, pairings));
  if (ps.length % BLS_G1_BYTES !== 0) return CRYPTO_CODE.pairingNotG1;
  if (qs.length % BLS_G2_BYTES !== 0) return CRYPTO_CODE.pairingNotG2;
  if (ps.length / BLS_G1_BYTES !== qs.length / BLS_G2_BYTES) return CRYPTO_CODE.pairingUnequal;
  const equal = blsPairingEquality(ps, qs, r, s);
  if (equal === undefined) return CRYPTO_CODE.point;
  return equal ? CRYPTO_CODE.valid : CRYPTO_CODE.invalid;
}
