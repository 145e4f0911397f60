/** How client types whose proofs are Merkle proofs under a known root judge them. @module */
import type { MerkleProof } from "cosmjs-types/ibc/core/commitment/v1/commitment";
import type { Context, CounterpartyProof } from "../../../app/ports.ts";
import {
  compareHeights,
  decodeMerkleProof,
  formatHeight,
  type IbcHeight,
  refuse,
  verifyMerkleMembership,
  verifyMerkleNonMembership,
} from "../../../core/ibc/mod.ts";
import { ok, type Result } from "../../../core/result.ts";
import { checkDelay } from "./consensus_index.ts";
import { chargeProof } from "./gas.ts";
import type { LightClient, ProofBasis } from "./light_client.ts";

/** The two verifications of a client type that knows its latest height and what proofs at a height are judged by. */
export function merkleClaims(
  type: {
    latestHeight(context: Context, clientId: string): IbcHeight;
    proofBasis(context: Context, clientId: string, height: IbcHeight): Result<ProofBasis>;
  },
): Pick<LightClient, "verifyMembership" | "verifyNonMembership"> {
  /** Charges for the proof before it is read. */
  const read = (
    context: Context,
    clientId: string,
    claim: CounterpartyProof,
  ): Result<{ readonly basis: ProofBasis; readonly proof: MerkleProof }> => {
    const latest = type.latestHeight(context, clientId);
    if (compareHeights(latest, claim.height) < 0) {
      const detail = `client state height < proof height (${formatHeight(latest)} < ${formatHeight(claim.height)})`;
      return refuse("invalidHeight", `${detail}, please ensure the client has been updated`);
    }
    const delay = checkDelay(context, clientId, claim);
    if (!delay.ok) return delay;
    chargeProof(context, claim.proof);
    const proof = decodeMerkleProof(claim.proof);
    if (!proof.ok) return proof;
    const basis = type.proofBasis(context, clientId, claim.height);
    return basis.ok ? ok({ basis: basis.value, proof: proof.value }) : basis;
  };
  return {
    verifyMembership(context, clientId, claim, path, value) {
      const known = read(context, clientId, claim);
      if (!known.ok) return known;
      const { basis: { specs, root }, proof } = known.value;
      return verifyMerkleMembership(specs, root, proof, path, value);
    },
    verifyNonMembership(context, clientId, claim, path) {
      const known = read(context, clientId, claim);
      if (!known.ok) return known;
      const { basis: { specs, root }, proof } = known.value;
      return verifyMerkleNonMembership(specs, root, proof, path);
    },
  };
}
