/**
 * ECDSA over secp256k1 as Cosmos uses it: SHA-256 of the message, 64 bytes r‖s, low S only, compressed public keys.
 * @module
 */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { base64urlnopad } from "@scure/base";
import { createPublicKey, verify } from "node:crypto";
import { hexToBytes, isBytes } from "../bytes.ts";
import { KeyCache } from "./_key_cache.ts";

export const SECP256K1_PUBLIC_KEY_BYTES = 33;
export const SECP256K1_SIGNATURE_BYTES = 64;

/** Half of the group order: the greatest S that is accepted (BIP-62, rule 5; cosmos-sdk refuses the other half). */
const S_MAX = hexToBytes("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");

/** Decompressing costs a square root (30 µs), hence the cache. */
const keys = new KeyCache((publicKey) => {
  const point = secp256k1.Point.fromBytes(publicKey).toBytes(false);
  const x = base64urlnopad.encode(point.subarray(1, 33));
  const y = base64urlnopad.encode(point.subarray(33));
  return createPublicKey({ key: { kty: "EC", crv: "secp256k1", x, y }, format: "jwk" });
});

function isLowS(signature: Uint8Array): boolean {
  for (let i = 0; i < 32; i++) {
    const byte = signature[32 + i]!;
    const limit = S_MAX[i]!;
    if (byte !== limit) return byte < limit;
  }
  return true;
}

function verifyNative(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const key = keys.get(publicKey);
  if (key === undefined) return false;
  try {
    return verify("sha256", message, { key, dsaEncoding: "ieee-p1363" }, signature);
  } catch {
    return false;
  }
}

/**
 * True when `signature` (r‖s, 64 bytes, low S) is `publicKey`'s (33 bytes, compressed) over SHA-256 of `message`. False for
 * everything else, also for wrong lengths; never throws.
 */
export function verifySecp256k1(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (!isBytes(publicKey, SECP256K1_PUBLIC_KEY_BYTES) || !isBytes(signature, SECP256K1_SIGNATURE_BYTES)) return false;
  if (!isLowS(signature)) return false;
  if (verifyNative(publicKey, message, signature)) return true;
  try {
    return secp256k1.verify(signature, message, publicKey, { prehash: true, lowS: true });
  } catch {
    return false;
  }
}

/** The compressed public key (33 bytes) of a private key (32 bytes). Throws when it is not a private key. */
export function secp256k1PublicKey(privateKey: Uint8Array): Uint8Array {
  return secp256k1.getPublicKey(privateKey, true);
}

/** The signature (r‖s, 64 bytes, low S, nonce of RFC 6979) over SHA-256 of `message`; deterministic. */
export function signSecp256k1(privateKey: Uint8Array, message: Uint8Array): Uint8Array {
  return secp256k1.sign(message, privateKey, { prehash: true, lowS: true });
}
