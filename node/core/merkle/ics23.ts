/**
 * ICS-23 verification: does a `CommitmentProof` show a key with a value, or its absence, under a root? Takes single,
 * batch and compressed proofs; of a batch only the entry about the key is looked at, so the work is bounded by one proof.
 * @module
 */
import type {
  CommitmentProof,
  CompressedExistenceProof,
  ExistenceProof,
  InnerOp,
  NonExistenceProof,
} from "cosmjs-types/cosmos/ics23/v1/proofs";
import { compareBytes, equalBytes } from "../bytes.ts";
import { verifyAbsence } from "./ics23_absence.ts";
import { verifyExistence } from "./ics23_existence.ts";
import type { Ics23Spec } from "./ics23_specs.ts";
import { applyHash } from "./ics23_ops.ts";

/** Undefined when a step names no entry of the table. */
function decompress(proof: CompressedExistenceProof, table: readonly InnerOp[]): ExistenceProof | undefined {
  const path: InnerOp[] = [];
  for (const index of proof.path) {
    const op = table[index];
    if (op === undefined) return undefined;
    path.push(op);
  }
  return { key: proof.key, value: proof.value, path, ...(proof.leaf === undefined ? {} : { leaf: proof.leaf }) };
}

function findExistence(proof: CommitmentProof, key: Uint8Array): ExistenceProof | undefined {
  if (proof.exist !== undefined) return proof.exist;
  if (proof.batch !== undefined) {
    return proof.batch.entries.find(({ exist }) => exist !== undefined && equalBytes(exist.key, key))?.exist;
  }
  const compressed = proof.compressed;
  const entry = compressed?.entries.find(({ exist }) => exist !== undefined && equalBytes(exist.key, key))?.exist;
  return entry && decompress(entry, compressed!.lookupInners);
}

interface Neighbours {
  readonly left?: { readonly key: Uint8Array } | undefined;
  readonly right?: { readonly key: Uint8Array } | undefined;
}

/** The entry is about a gap in which `key` lies. */
function surrounds(spec: Ics23Spec, key: Uint8Array): (entry: Neighbours | undefined) => boolean {
  const prehash = spec.prehashKeyBeforeComparison === true ? spec.leafSpec?.prehashKey : undefined;
  const compared = (bytes: Uint8Array) => prehash === undefined ? bytes : applyHash(prehash, bytes) ?? bytes;
  const wanted = compared(key);
  return (entry) =>
    entry !== undefined &&
    (entry.left === undefined || compareBytes(compared(entry.left.key), wanted) < 0) &&
    (entry.right === undefined || compareBytes(compared(entry.right.key), wanted) > 0);
}

function findAbsence(spec: Ics23Spec, proof: CommitmentProof, key: Uint8Array): NonExistenceProof | undefined {
  if (proof.nonexist !== undefined) return proof.nonexist;
  const isAbout = surrounds(spec, key);
  if (proof.batch !== undefined) return proof.batch.entries.find(({ nonexist }) => isAbout(nonexist))?.nonexist;
  const compressed = proof.compressed;
  const entry = compressed?.entries.find(({ nonexist }) => isAbout(nonexist))?.nonexist;
  if (entry === undefined) return undefined;
  const left = entry.left && decompress(entry.left, compressed!.lookupInners);
  const right = entry.right && decompress(entry.right, compressed!.lookupInners);
  // A side that names a step outside the table must not become a missing side, which would prove something else.
  if ((entry.left !== undefined && left === undefined) || (entry.right !== undefined && right === undefined)) {
    return undefined;
  }
  return { key: entry.key, ...(left === undefined ? {} : { left }), ...(right === undefined ? {} : { right }) };
}

/** What is so malformed that the rules do not even apply to it (fields missing, other types) proves nothing. */
function holds(judge: () => boolean): boolean {
  try {
    return judge();
  } catch {
    return false;
  }
}

/**
 * True when `proof` shows `key` with `value` under `root` in a tree of `spec`. False for everything else, also for what is
 * no proof at all; never throws. Empty keys and values have no proof in ICS-23.
 */
export function verifyMembership(
  spec: Ics23Spec,
  root: Uint8Array,
  proof: CommitmentProof,
  key: Uint8Array,
  value: Uint8Array,
): boolean {
  return holds(() => {
    const exist = findExistence(proof, key);
    return exist !== undefined && verifyExistence(spec, root, exist, key, value) === undefined;
  });
}

/** True when `proof` shows that `key` is not under `root` in a tree of `spec`. False for everything else; never throws. */
export function verifyNonMembership(
  spec: Ics23Spec,
  root: Uint8Array,
  proof: CommitmentProof,
  key: Uint8Array,
): boolean {
  return holds(() => {
    const nonexist = findAbsence(spec, proof, key);
    return nonexist !== undefined && verifyAbsence(spec, root, nonexist, key) === undefined;
  });
}

/** {@linkcode verifyMembership} of several entries by one proof. */
export function verifyMembershipBatch(
  spec: Ics23Spec,
  root: Uint8Array,
  proof: CommitmentProof,
  entries: readonly (readonly [key: Uint8Array, value: Uint8Array])[],
): boolean {
  return entries.every(([key, value]) => verifyMembership(spec, root, proof, key, value));
}

/** {@linkcode verifyNonMembership} of several keys by one proof. */
export function verifyNonMembershipBatch(
  spec: Ics23Spec,
  root: Uint8Array,
  proof: CommitmentProof,
  keys: readonly Uint8Array[],
): boolean {
  return keys.every((key) => verifyNonMembership(spec, root, proof, key));
}
