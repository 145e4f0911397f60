/**
 * Ed25519 by the rules of ZIP-215: point encodings need not be canonical, small-order points are points, the equation is
 * the cofactored one, and only S must be below the group order. All nodes must agree on every signature, so there is one
 * law (noble) and a fast path that can only agree with it.
 * @module
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { concatBytes, hexToBytes, isBytes } from "../bytes.ts";
import { KeyCache } from "./_key_cache.ts";

export const ED25519_PUBLIC_KEY_BYTES = 32;
export const ED25519_SEED_BYTES = 32;
export const ED25519_SIGNATURE_BYTES = 64;

/** DER headers of RFC 8410: SubjectPublicKeyInfo and PKCS #8 with a 32-byte key after them. */
const SPKI_HEADER = hexToBytes("302a300506032b6570032100");
const PKCS8_HEADER = hexToBytes("302e020100300506032b657004220420");

/** The group order L, little-endian, as in a signature's second half. */
const ORDER = hexToBytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");

const keys = new KeyCache((publicKey) =>
  createPublicKey({ key: concatBytes(SPKI_HEADER, publicKey) as never, format: "der", type: "spki" })
);

/** ZIP-215, rule 2: S < L. Checked here because native verifiers have differed on it. */
function isScalarReduced(signature: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    const byte = signature[32 + i]!;
    const limit = ORDER[i]!;
    if (byte !== limit) return byte < limit;
  }
  return false;
}

function verifyNative(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const key = keys.get(publicKey);
  if (key === undefined) return false;
  try {
    return verify(null, message, key, signature);
  } catch {
    return false;
  }
}

/**
 * True when `signature` (64 bytes) is `publicKey`'s (32 bytes) over `message` by ZIP-215. False for everything else, also
 * for wrong lengths; never throws.
 *
 * Why a native yes is a ZIP-215 yes: it means that the encoding of [S]B − [k]A, with k hashed over the bytes as given,
 * equals the bytes of R. So R is a canonical encoding, it decodes to that very point, and the equation without cofactor
 * implies the one with it. A native no proves nothing (it refuses encodings that ZIP-215 takes) and is asked again.
 */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (!isBytes(publicKey, ED25519_PUBLIC_KEY_BYTES) || !isBytes(signature, ED25519_SIGNATURE_BYTES)) return false;
  if (!isScalarReduced(signature)) return false;
  if (verifyNative(publicKey, message, signature)) return true;
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: true });
  } catch {
    return false;
  }
}

/**
 * Whether all of these signatures are valid, one by one. Under ZIP-215 this is what a randomised batch check answers (but for
 * 2^-128), so nothing here depends on chance. Lists of one length; a signature or key of a wrong length is not valid.
 */
export function verifyEd25519Batch(
  publicKeys: readonly Uint8Array[],
  messages: readonly Uint8Array[],
  signatures: readonly Uint8Array[],
): boolean {
  return signatures.every((signature, i) => verifyEd25519(publicKeys[i]!, messages[i]!, signature));
}

/**
 * Whether a public key is the one canonical encoding of a point of large order. ZIP-215 takes others too, and signatures of
 * a key of small order can be made by anybody: who counts keys as persons must refuse them.
 */
export function isProperEd25519Key(publicKey: Uint8Array): boolean {
  if (!isBytes(publicKey, ED25519_PUBLIC_KEY_BYTES)) return false;
  try {
    return !ed25519.Point.fromBytes(publicKey, false).isSmallOrder();
  } catch {
    return false;
  }
}

/** A signing key: the seed of RFC 8032 and the public key made from it. */
export interface Ed25519Key {
  readonly seed: Uint8Array;
  readonly publicKey: Uint8Array;
}

const nativeKeys = new WeakMap<Ed25519Key, KeyObject>();

/** Expands a seed of 32 bytes. Keep the result when signing often: with it signing is an order of magnitude faster. */
export function ed25519KeyFromSeed(seed: Uint8Array): Ed25519Key {
  const key: Ed25519Key = Object.freeze({ seed: seed.slice(), publicKey: ed25519.getPublicKey(seed) });
  const der = concatBytes(PKCS8_HEADER, key.seed);
  nativeKeys.set(key, createPrivateKey({ key: der as never, format: "der", type: "pkcs8" }));
  return key;
}

/** The signature (64 bytes) of RFC 8032 over `message`; deterministic. Throws when a seed is not 32 bytes. */
export function signEd25519(key: Ed25519Key | Uint8Array, message: Uint8Array): Uint8Array {
  if (key instanceof Uint8Array) return ed25519.sign(message, key);
  const native = nativeKeys.get(key);
  return native === undefined ? ed25519.sign(message, key.seed) : new Uint8Array(sign(null, message, native));
}
