import { equalBytes } from "../bytes.ts";
import type { Ics23Spec } from "../merkle/mod.ts";
import type { Result } from "../result.ts";
import { decodeMerkleProof, verifyMerkleMembership, verifyMerkleNonMembership } from "./merkle_proof.ts";
import { refuse } from "./refusals.ts";

/** Judges proofs that lead to one root. `path`: store prefix, then key. `proof`: an encoded `MerkleProof`. */
export interface RootJudge {
  verifyMembership(proof: Uint8Array, path: readonly Uint8Array[], value: Uint8Array): Result<undefined>;
  verifyNonMembership(proof: Uint8Array, path: readonly Uint8Array[]): Result<undefined>;
}

/** The judge of a root that is known, of trees of these specifications, from the lowest up. */
export function rootJudge(specs: readonly Ics23Spec[], root: Uint8Array): RootJudge {
  return {
    verifyMembership(bytes, path, value) {
      const proof = decodeMerkleProof(bytes);
      return proof.ok ? verifyMerkleMembership(specs, root, proof.value, path, value) : proof;
    },
    verifyNonMembership(bytes, path) {
      const proof = decodeMerkleProof(bytes);
      if (!proof.ok) return proof;
      const about = proof.value.proofs[0]?.nonexist?.key;
      // ICS-23 gives this field no meaning; here no byte of a proof may be another.
      if (about !== undefined && !equalBytes(about, path.at(-1)!)) {
        return refuse("invalidProof", "verify absence: the proof names another key");
      }
      return verifyMerkleNonMembership(specs, root, proof.value, path);
    },
  };
}
