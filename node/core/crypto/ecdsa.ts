/**
 * ECDSA over a hash that was made elsewhere, on secp256k1 and secp256r1, as contracts ask for it: both halves of S are
 * taken, keys may be compressed or not. There is no native fast path: `node:crypto` only verifies what it hashes itself.
 * @module
 */
import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { isBytes } from "../bytes.ts";

export const ECDSA_HASH_BYTES = 32;
export const ECDSA_SIGNATURE_BYTES = 64;
export const ECDSA_COMPRESSED_KEY_BYTES = 33;
export const ECDSA_UNCOMPRESSED_KEY_BYTES = 65;

export type EcdsaCurve = "secp256k1" | "secp256r1";

const CURVES = { secp256k1, secp256r1: p256 } as const;

/** Whether these bytes look like a key of SEC 1, section 2.3.3: 33 bytes from 02 or 03, or 65 from 04. */
export function isEcdsaKeyShape(publicKey: Uint8Array): boolean {
  const first = publicKey[0];
  if (first === 2 || first === 3) return publicKey.length === ECDSA_COMPRESSED_KEY_BYTES;
  return first === 4 && publicKey.length === ECDSA_UNCOMPRESSED_KEY_BYTES;
}

/**
 * Whether `signature` (r‖s, 64 bytes) is `publicKey`'s over `hash` (32 bytes). Undefined when the signature's numbers are
 * not in 1..n-1, when the key is no point of the curve, and for wrong lengths; never throws.
 */
export function verifyEcdsa(
  curve: EcdsaCurve,
  hash: Uint8Array,
  signature: Uint8Array,
  publicKey: Uint8Array,
): boolean | undefined {
  if (!isBytes(hash, ECDSA_HASH_BYTES) || !isBytes(signature, ECDSA_SIGNATURE_BYTES)) return undefined;
  if (!(publicKey instanceof Uint8Array) || !isEcdsaKeyShape(publicKey)) return undefined;
  const library = CURVES[curve];
  try {
    if (library.verify(signature, hash, publicKey, { prehash: false, lowS: false })) return true;
    // The library says false to everything; these two throw for what is no signature and no key.
    library.Signature.fromBytes(signature, "compact");
    library.Point.fromBytes(publicKey);
    return false;
  } catch {
    return undefined;
  }
}

/**
 * The key (65 bytes, uncompressed) whose signature over `hash` this is. `recovery`: bit 0, R's y is odd; bit 1, R's x was
 * not below the order (SEC 1, section 4.1.6). Undefined when there is none; never throws.
 */
export function recoverEcdsa(
  curve: EcdsaCurve,
  hash: Uint8Array,
  signature: Uint8Array,
  recovery: number,
): Uint8Array | undefined {
  if (!isBytes(hash, ECDSA_HASH_BYTES) || !isBytes(signature, ECDSA_SIGNATURE_BYTES)) return undefined;
  try {
    const parsed = CURVES[curve].Signature.fromBytes(signature, "compact").addRecoveryBit(recovery);
    return parsed.recoverPublicKey(hash).toBytes(false);
  } catch {
    return undefined;
  }
}
