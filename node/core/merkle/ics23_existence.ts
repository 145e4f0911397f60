import type { ExistenceProof } from "cosmjs-types/cosmos/ics23/v1/proofs";
import { equalBytes } from "../bytes.ts";
import { checkExistence, type Refusal } from "./ics23_check.ts";
import { applyInner, applyLeaf } from "./ics23_ops.ts";
import type { Ics23Spec } from "./ics23_specs.ts";

/**
 * The root that `proof` computes; undefined when it computes none. Says nothing about whether a tree allows these steps:
 * for chained proofs (ICS-23 `MerkleProof`) the root is the value of the next, which must be verified.
 */
export function existenceRoot(proof: ExistenceProof, spec?: Ics23Spec): Uint8Array | undefined {
  if (proof.leaf === undefined) return undefined;
  let current = applyLeaf(proof.leaf, proof.key, proof.value);
  const childSize = spec?.innerSpec?.childSize ?? 0;
  for (const step of proof.path) {
    if (current === undefined) return undefined;
    current = applyInner(step, current);
    if (current !== undefined && childSize >= 32 && current.length > childSize) return undefined;
  }
  return current;
}

/** Undefined when `proof` shows `key` with `value` under `root` in a tree of `spec`; else why not. */
export function verifyExistence(
  spec: Ics23Spec,
  root: Uint8Array,
  proof: ExistenceProof,
  key: Uint8Array,
  value: Uint8Array,
): Refusal {
  const refusal = checkExistence(proof, spec);
  if (refusal !== undefined) return refusal;
  if (!equalBytes(key, proof.key)) return "key differs";
  if (!equalBytes(value, proof.value)) return "value differs";
  const computed = existenceRoot(proof, spec);
  return computed !== undefined && equalBytes(computed, root) ? undefined : "root differs";
}
