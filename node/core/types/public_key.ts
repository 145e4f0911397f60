/**
 * Consensus keys as `tendermint.crypto.PublicKey`: ed25519, or secp256k1 as CometBFT also has it.
 * @module
 */
import type { PublicKey } from "cosmjs-types/tendermint/crypto/keys";
import {
  ED25519_PUBLIC_KEY_BYTES,
  ed25519Address,
  SECP256K1_PUBLIC_KEY_BYTES,
  secp256k1Address,
  verifyEd25519,
  verifySecp256k1,
} from "../crypto/mod.ts";

/** True when exactly one kind of key is there, with its right length. */
export function isConsensusKey(key: PublicKey): boolean {
  if (key.ed25519 !== undefined) {
    return key.secp256k1 === undefined && key.ed25519.length === ED25519_PUBLIC_KEY_BYTES;
  }
  return key.secp256k1?.length === SECP256K1_PUBLIC_KEY_BYTES;
}

/** The key's bytes; undefined when there are none. */
export function consensusKeyBytes(key: PublicKey): Uint8Array | undefined {
  return key.ed25519 ?? key.secp256k1;
}

/** The validator address (20 bytes) of a key; undefined when it is not one. */
export function consensusKeyAddress(key: PublicKey): Uint8Array | undefined {
  if (!isConsensusKey(key)) return undefined;
  return key.ed25519 !== undefined ? ed25519Address(key.ed25519) : secp256k1Address(key.secp256k1!);
}

/** True when `signature` is the key's over `message`; never throws. */
export function verifyConsensusSignature(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  if (key.ed25519 !== undefined) return verifyEd25519(key.ed25519, message, signature);
  return key.secp256k1 !== undefined && verifySecp256k1(key.secp256k1, message, signature);
}
