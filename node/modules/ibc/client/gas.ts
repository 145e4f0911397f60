/**
 * What judging other chains costs, beside the accesses of the store, which the view charges. ibc-go charges nothing, so
 * these numbers are ours: a block must not be stuffed with headers whose signatures take seconds.
 * @module
 */
import type { Context } from "../../../app/ports.ts";

/**
 * One signature that may have to be verified, charged before the first is. Natively it takes 25 µs; where the native
 * verifier says no and the law is asked, 330 µs (two flat reads of the store).
 */
export const GAS_PER_SIGNATURE = 2_000;
/** One validator of a set that is hashed, sorted and compared. */
export const GAS_PER_VALIDATOR = 200;
/** One byte of a Merkle proof, which is decoded and hashed: as a byte read from the store. */
export const GAS_PER_PROOF_BYTE = 3;

/** Charges for the proof of a membership or an absence. */
export function chargeProof({ gas }: Context, proof: Uint8Array): void {
  gas.consume(GAS_PER_PROOF_BYTE * proof.length, "IbcProof");
}

/** Charges for a client message. */
export function chargeMessage({ gas }: Context, signatures: number, validators: number): void {
  gas.consume(GAS_PER_SIGNATURE * signatures + GAS_PER_VALIDATOR * validators, "IbcClientMessage");
}
