/** `cosmos.ics23.v1.ProofSpec` in the JSON of genesis files. @module */
import { HashOp, LengthOp } from "cosmjs-types/cosmos/ics23/v1/proofs";
import { z } from "zod";
import type { Ics23Spec } from "../../../core/merkle/mod.ts";
import { bytes, list, named } from "../genesis_json.ts";

const int32 = z.int().min(-0x8000_0000).max(0x7fff_ffff);

/** The names of an enumeration, which its object also holds the other way round. */
const namesOf = <T extends number>(values: object): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(values).filter(([name, value]) => typeof value === "number" && !/^\d/.test(name)));

/** By name, or as a number: a client may have what no name is known of, and its state is exported like any other. */
const operation = <T extends number>(values: object) =>
  z.union([named<T>(namesOf(values)), int32.transform((n) => n as T)]);
const hashOp = operation<HashOp>(HashOp);
const lengthOp = operation<LengthOp>(LengthOp);
const hashName = (hash: HashOp) => HashOp[hash] ?? hash;

const leafSpec = z.strictObject({
  hash: hashOp,
  prehash_key: hashOp,
  prehash_value: hashOp,
  length: lengthOp,
  prefix: bytes,
}).transform((json) => ({
  hash: json.hash,
  prehashKey: json.prehash_key,
  prehashValue: json.prehash_value,
  length: json.length,
  prefix: json.prefix,
}));

const innerSpec = z.strictObject({
  child_order: list(int32),
  child_size: int32,
  min_prefix_length: int32,
  max_prefix_length: int32,
  empty_child: bytes.nullable().transform((value) => value ?? new Uint8Array()),
  hash: hashOp,
}).transform((json) => ({
  childOrder: json.child_order,
  childSize: json.child_size,
  minPrefixLength: json.min_prefix_length,
  maxPrefixLength: json.max_prefix_length,
  emptyChild: json.empty_child,
  hash: json.hash,
}));

/** Reads what {@linkcode proofSpecToJson} writes. */
export const proofSpecSchema = z.strictObject({
  leaf_spec: leafSpec.nullable(),
  inner_spec: innerSpec.nullable(),
  max_depth: int32,
  min_depth: int32,
  // Not in the files of older chains.
  prehash_key_before_comparison: z.boolean().default(false),
}).transform((json): Ics23Spec => ({
  ...(json.leaf_spec === null ? {} : { leafSpec: json.leaf_spec }),
  ...(json.inner_spec === null ? {} : { innerSpec: json.inner_spec }),
  maxDepth: json.max_depth,
  minDepth: json.min_depth,
  ...(json.prehash_key_before_comparison ? { prehashKeyBeforeComparison: true } : {}),
}));

export const proofSpecToJson = (spec: Ics23Spec): unknown => ({
  leaf_spec: spec.leafSpec === undefined ? null : {
    hash: hashName(spec.leafSpec.hash),
    prehash_key: hashName(spec.leafSpec.prehashKey),
    prehash_value: hashName(spec.leafSpec.prehashValue),
    length: LengthOp[spec.leafSpec.length] ?? spec.leafSpec.length,
    prefix: spec.leafSpec.prefix.toBase64(),
  },
  inner_spec: spec.innerSpec === undefined ? null : {
    child_order: spec.innerSpec.childOrder,
    child_size: spec.innerSpec.childSize,
    min_prefix_length: spec.innerSpec.minPrefixLength,
    max_prefix_length: spec.innerSpec.maxPrefixLength,
    empty_child: spec.innerSpec.emptyChild.length === 0 ? null : spec.innerSpec.emptyChild.toBase64(),
    hash: hashName(spec.innerSpec.hash),
  },
  max_depth: spec.maxDepth,
  min_depth: spec.minDepth,
  prehash_key_before_comparison: spec.prehashKeyBeforeComparison === true,
});
