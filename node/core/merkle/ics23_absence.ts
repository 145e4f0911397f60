/**
 * Absence by neighbours: the leaves left and right of a key exist, and no leaf fits between them.
 * @module
 */
import type { InnerOp, InnerSpec, NonExistenceProof } from "cosmjs-types/cosmos/ics23/v1/proofs";
import { compareBytes, equalBytes } from "../bytes.ts";
import type { Refusal } from "./ics23_check.ts";
import { verifyExistence } from "./ics23_existence.ts";
import { applyHash } from "./ics23_ops.ts";
import type { Ics23Spec } from "./ics23_specs.ts";

/** Length ranges that a step has when its child is the `branch`-th. */
interface Padding {
  readonly prefixMin: number;
  readonly prefixMax: number;
  readonly suffix: number;
}

function paddingOf(spec: InnerSpec, branch: number): Padding | undefined {
  const position = spec.childOrder.indexOf(branch);
  if (position < 0) return undefined;
  const before = position * spec.childSize;
  return {
    prefixMin: before + spec.minPrefixLength,
    prefixMax: before + spec.maxPrefixLength,
    suffix: (spec.childOrder.length - 1 - position) * spec.childSize,
  };
}

const hasPadding = (op: InnerOp, padding: Padding | undefined) =>
  padding !== undefined && op.prefix.length >= padding.prefixMin && op.prefix.length <= padding.prefixMax &&
  op.suffix.length === padding.suffix;

/** Which child the step's child is; -1 when it fits nowhere. */
function branchOf(spec: InnerSpec, op: InnerOp): number {
  return spec.childOrder.findIndex((_, branch) => hasPadding(op, paddingOf(spec, branch)));
}

/** All `count` siblings at `from` in `bytes`, taken by child order starting at `firstBranch`, are the empty child. */
function siblingsAreEmpty(spec: InnerSpec, bytes: Uint8Array, from: number, count: number): boolean {
  if (spec.emptyChild.length !== spec.childSize) return false;
  for (let i = 0; i < count; i++) {
    const start = from + spec.childOrder.indexOf(i) * spec.childSize;
    if (!equalBytes(spec.emptyChild, bytes.subarray(start, start + spec.childSize))) return false;
  }
  return true;
}

/** Everything left of the step's child is empty (a sparse tree's placeholders), and there is something left of it. */
export function leftBranchesAreEmpty(spec: InnerSpec, op: InnerOp): boolean {
  const left = branchOf(spec, op);
  if (left <= 0) return false;
  const from = op.prefix.length - left * spec.childSize;
  return from >= 0 && siblingsAreEmpty(spec, op.prefix, from, left);
}

/** The mirror image of {@linkcode leftBranchesAreEmpty}. */
export function rightBranchesAreEmpty(spec: InnerSpec, op: InnerOp): boolean {
  const branch = branchOf(spec, op);
  if (branch < 0) return false;
  const right = spec.childOrder.length - 1 - branch;
  if (right === 0 || op.suffix.length !== right * spec.childSize) return false;
  return siblingsAreEmpty(spec, op.suffix, 0, right);
}

export function isLeftMost(spec: InnerSpec, path: readonly InnerOp[]): boolean {
  const padding = paddingOf(spec, 0);
  return padding !== undefined && path.every((op) => hasPadding(op, padding) || leftBranchesAreEmpty(spec, op));
}

export function isRightMost(spec: InnerSpec, path: readonly InnerOp[]): boolean {
  const padding = paddingOf(spec, spec.childOrder.length - 1);
  return padding !== undefined && path.every((op) => hasPadding(op, padding) || rightBranchesAreEmpty(spec, op));
}

/** The two paths part at adjacent children of one node; below, left keeps to the right edge and right to the left edge. */
export function isLeftNeighbor(spec: InnerSpec, left: readonly InnerOp[], right: readonly InnerOp[]): boolean {
  let l = left.length - 1;
  let r = right.length - 1;
  const same = (a: InnerOp, b: InnerOp) => equalBytes(a.prefix, b.prefix) && equalBytes(a.suffix, b.suffix);
  while (l >= 0 && r >= 0 && same(left[l]!, right[r]!)) {
    l--;
    r--;
  }
  if (l < 0 || r < 0) return false;
  const leftBranch = branchOf(spec, left[l]!);
  if (leftBranch < 0 || branchOf(spec, right[r]!) !== leftBranch + 1) return false;
  return isRightMost(spec, left.slice(0, l)) && isLeftMost(spec, right.slice(0, r));
}

function comparedKey(spec: Ics23Spec, key: Uint8Array): Uint8Array {
  if (spec.prehashKeyBeforeComparison !== true || spec.leafSpec === undefined) return key;
  return applyHash(spec.leafSpec.prehashKey, key) ?? key;
}

/** Undefined when `proof` shows that `key` is not under `root` in a tree of `spec`; else why not. */
export function verifyAbsence(spec: Ics23Spec, root: Uint8Array, proof: NonExistenceProof, key: Uint8Array): Refusal {
  const { left, right } = proof;
  const inner = spec.innerSpec;
  if (inner === undefined) return "specification is incomplete";
  for (const side of [left, right]) {
    const refusal = side && verifyExistence(spec, root, side, side.key, side.value);
    if (refusal !== undefined) return refusal;
  }
  const wanted = comparedKey(spec, key);
  if (right !== undefined && compareBytes(wanted, comparedKey(spec, right.key)) >= 0) return "key is not left of right";
  if (left !== undefined && compareBytes(wanted, comparedKey(spec, left.key)) <= 0) return "key is not right of left";
  if (left !== undefined && right !== undefined) {
    return isLeftNeighbor(inner, left.path, right.path) ? undefined : "left and right are not neighbours";
  }
  if (right !== undefined) return isLeftMost(inner, right.path) ? undefined : "right is not the left-most leaf";
  if (left !== undefined) return isRightMost(inner, left.path) ? undefined : "left is not the right-most leaf";
  return "both neighbours are missing";
}
