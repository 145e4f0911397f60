/** Proofs of a chain's state, judged as its clients will judge them. @module */
import type { CodedError } from "../../node/core/errors.ts";
import { decodeMerkleProof, verifyMerkleMembership, verifyMerkleNonMembership } from "../../node/core/ibc/mod.ts";
import { ICS23_SPECS, type Ics23Spec } from "../../node/core/merkle/mod.ts";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { err, type Result } from "../../node/core/result.ts";
import { LIGHT_RELAYER_CODE } from "./client.ts";

/** What a chain claims of one key of a store. */
export interface Claim {
  readonly store: string;
  readonly key: Uint8Array;
  /** Undefined: nothing is there. */
  readonly value: Uint8Array | undefined;
  /** An encoded `MerkleProof`. */
  readonly proof: Uint8Array;
}

/** Refused unless the claim holds under `appHash`, of the header after the state. `specs` from the lowest tree up. */
export function verifyClaim(appHash: Uint8Array, specs: readonly Ics23Spec[], claim: Claim): Result<undefined> {
  const { store, key, value } = claim;
  const proof = decodeMerkleProof(claim.proof);
  if (!proof.ok) return proof;
  const path = [utf8ToBytes(store), key];
  return value === undefined
    ? verifyMerkleNonMembership(specs, appHash, proof.value, path)
    : verifyMerkleMembership(specs, appHash, proof.value, path, value);
}

/** Trees that chains have under the Merkle tree of their stores. */
const STORE_TREES = [ICS23_SPECS.iavl, ICS23_SPECS.jmt, ICS23_SPECS.smt];

/**
 * The specifications by which the chain's claims hold, found with one of them; refused when none of the known does. Trees
 * tell their kind by what they hash, so two of them never fit the same proof.
 */
export function proofSpecsOf(appHash: Uint8Array, claim: Claim): Result<readonly Ics23Spec[], CodedError> {
  for (const tree of STORE_TREES) {
    const specs = [tree, ICS23_SPECS.tendermint];
    if (verifyClaim(appHash, specs, claim).ok) return { ok: true, value: specs };
  }
  const message = `find proof specifications: no known one fits the proof of a key of ${claim.store}`;
  return err({ codespace: "light_relayer", code: LIGHT_RELAYER_CODE.proof, message });
}
