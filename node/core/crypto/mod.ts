/**
 * Hashes, addresses and signatures of the chain: the only room that names `node:crypto`. What counts as a valid signature
 * is what noble says (decision D7); the native verifier may only say yes early.
 * @module
 */
export { hash160, ripemd160, sha256, sha256Pair, sha256Transient } from "./hash.ts";
export { ADDRESS_BYTES, ed25519Address, secp256k1Address } from "./address.ts";
export {
  ED25519_PUBLIC_KEY_BYTES,
  ED25519_SEED_BYTES,
  ED25519_SIGNATURE_BYTES,
  type Ed25519Key,
  ed25519KeyFromSeed,
  isProperEd25519Key,
  signEd25519,
  verifyEd25519,
  verifyEd25519Batch,
} from "./ed25519.ts";
export {
  SECP256K1_PUBLIC_KEY_BYTES,
  SECP256K1_SIGNATURE_BYTES,
  secp256k1PublicKey,
  signSecp256k1,
  verifySecp256k1,
} from "./secp256k1.ts";
export {
  ECDSA_COMPRESSED_KEY_BYTES,
  ECDSA_HASH_BYTES,
  ECDSA_SIGNATURE_BYTES,
  ECDSA_UNCOMPRESSED_KEY_BYTES,
  type EcdsaCurve,
  isEcdsaKeyShape,
  recoverEcdsa,
  verifyEcdsa,
} from "./ecdsa.ts";
export {
  BLS_G1_BYTES,
  BLS_G2_BYTES,
  blsAggregateG1,
  blsAggregateG2,
  blsHashToG1,
  blsHashToG2,
  blsPairingEquality,
} from "./bls12_381.ts";
