import { hash160, sha256 } from "./hash.ts";

/** Length of every account and validator address made from a key. */
export const ADDRESS_BYTES = 20;

/** Address of an ed25519 key: the first 20 bytes of its SHA-256 (CometBFT spec, core data structures, "Address"). */
export function ed25519Address(publicKey: Uint8Array): Uint8Array {
  return sha256(publicKey).slice(0, ADDRESS_BYTES);
}

/** Address of a compressed secp256k1 key: RIPEMD-160 of its SHA-256 (cosmos-sdk ADR-028, "Legacy Public Key Addresses"). */
export function secp256k1Address(publicKey: Uint8Array): Uint8Array {
  return hash160(publicKey);
}
