/**
 * Which hash steps a tree allows (ICS-23 "Proof specifications"). Each check answers undefined, or the reason of refusal.
 * These rules keep a leaf from being read as an inner node and back, on which the soundness of every proof rests.
 * @module
 */
import { type ExistenceProof, HashOp, type InnerOp, type LeafOp } from "cosmjs-types/cosmos/ics23/v1/proofs";
import { equalBytes } from "../bytes.ts";
import { readZigzag } from "./_varint.ts";
import { ICS23_SPECS, type Ics23Spec } from "./ics23_specs.ts";

/** Undefined: allowed. */
export type Refusal = string | undefined;

/** Longest path where the specification sets no limit. */
const DEPTH_MAX_DEFAULT = 128;

const startsWith = (bytes: Uint8Array, prefix: Uint8Array) =>
  bytes.length >= prefix.length && equalBytes(bytes.subarray(0, prefix.length), prefix);

/** Equality as ics23 sees it, without prefixes: variants of a known tree get its extra checks too. */
function isLike(spec: Ics23Spec, known: Ics23Spec): boolean {
  const [a, b] = [spec.leafSpec, known.leafSpec!];
  const [c, d] = [spec.innerSpec, known.innerSpec!];
  if (a === undefined || c === undefined) return false;
  return a.hash === b.hash && a.prehashKey === b.prehashKey && a.prehashValue === b.prehashValue &&
    a.length === b.length && c.hash === d.hash && c.minPrefixLength === d.minPrefixLength &&
    c.maxPrefixLength === d.maxPrefixLength && c.childSize === d.childSize &&
    c.childOrder.length === d.childOrder.length;
}

/** An IAVL prefix is height, size and version as signed varints; in inner nodes length bytes (and a left child) follow. */
function checkIavlPrefix(op: { readonly prefix: Uint8Array; readonly hash: HashOp }, layer: number): Refusal {
  const height = readZigzag(op.prefix, 0);
  const size = height && readZigzag(op.prefix, height.end);
  const version = size && readZigzag(op.prefix, size.end);
  if (!height || !size || !version) return "IAVL prefix is cut short";
  if (height.value < 0n || height.value < BigInt(layer)) return "IAVL height is below the layer";
  if (size.value < 0n || version.value < 0n) return "IAVL size or version is negative";
  const rest = op.prefix.length - version.end;
  if (layer === 0) {
    return rest === 0 && height.value === 0n && size.value === 1n ? undefined : "IAVL leaf prefix is malformed";
  }
  // A left child: its length byte. A right child: length byte, the left hash, length byte.
  if (rest !== 1 && rest !== 34) return "IAVL inner prefix has the wrong length";
  return op.hash === HashOp.SHA256 ? undefined : "IAVL inner hash is not SHA-256";
}

/** Inner nodes of the simple Merkle tree start with 1, and a left child has nothing else before it. */
function checkTendermintPrefix(op: InnerOp): Refusal {
  if (op.prefix[0] !== 1) return "inner prefix does not start with 1";
  return op.suffix.length > 0 && op.prefix.length !== 1 ? "inner prefix of a left child is not 1 alone" : undefined;
}

/** The leaf operation is the specification's, and its prefix extends the specification's. */
export function checkLeaf(op: LeafOp, spec: Ics23Spec): Refusal {
  const leaf = spec.leafSpec;
  if (leaf === undefined) return "specification has no leaf";
  if (isLike(spec, ICS23_SPECS.iavl)) {
    const refusal = checkIavlPrefix(op, 0);
    if (refusal !== undefined) return refusal;
  }
  if (op.hash !== leaf.hash) return "leaf hash differs";
  if (op.prehashKey !== leaf.prehashKey) return "leaf key hash differs";
  if (op.prehashValue !== leaf.prehashValue) return "leaf value hash differs";
  if (op.length !== leaf.length) return "leaf length differs";
  return startsWith(op.prefix, leaf.prefix) ? undefined : "leaf prefix differs";
}

/** `layer` counts from 1 above the leaf. */
export function checkInner(op: InnerOp, spec: Ics23Spec, layer: number): Refusal {
  const { innerSpec: inner, leafSpec: leaf } = spec;
  if (inner === undefined || leaf === undefined) return "specification is incomplete";
  if (op.hash !== inner.hash) return "inner hash differs";
  if (isLike(spec, ICS23_SPECS.iavl)) {
    const refusal = checkIavlPrefix(op, layer);
    if (refusal !== undefined) return refusal;
  }
  if (isLike(spec, ICS23_SPECS.tendermint)) {
    const refusal = checkTendermintPrefix(op);
    if (refusal !== undefined) return refusal;
  }
  if (startsWith(op.prefix, leaf.prefix)) return "inner prefix starts with the leaf prefix";
  if (op.prefix.length < inner.minPrefixLength) return "inner prefix is too short";
  const leftBytesMax = (inner.childOrder.length - 1) * inner.childSize;
  if (op.prefix.length > inner.maxPrefixLength + leftBytesMax) return "inner prefix is too long";
  if (inner.childSize <= 0) return "specification has no child size";
  if (inner.maxPrefixLength >= inner.minPrefixLength + inner.childSize) return "specification's prefixes are ambiguous";
  return op.suffix.length % inner.childSize === 0 ? undefined : "inner suffix is malformed";
}

/** Every step of `proof` is one the tree allows, and the path is neither too short nor too long. */
export function checkExistence(proof: ExistenceProof, spec: Ics23Spec): Refusal {
  if (proof.leaf === undefined) return "existence proof has no leaf";
  const refusal = checkLeaf(proof.leaf, spec);
  if (refusal !== undefined) return refusal;
  if (proof.path.length < spec.minDepth) return "path is too short";
  if (proof.path.length > (spec.maxDepth > 0 ? spec.maxDepth : DEPTH_MAX_DEFAULT)) return "path is too long";
  for (let i = 0; i < proof.path.length; i++) {
    const innerRefusal = checkInner(proof.path[i]!, spec, i + 1);
    if (innerRefusal !== undefined) return innerRefusal;
  }
  return undefined;
}
