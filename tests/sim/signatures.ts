/**
 * Keys of simulated validators. The fast scheme is a keyed hash that anyone could forge: nobody in the simulation tries,
 * save with random bytes, and it makes a run some ten times quicker. `--real-signatures` uses ed25519.
 * @module
 */
import type { Prng } from "../../node/core/prng.ts";
import { ed25519Address, ed25519KeyFromSeed, signEd25519, verifyEd25519 } from "../../node/core/crypto/mod.ts";
import { equalBytes } from "../../node/core/bytes.ts";

export interface SimKey {
  readonly publicKey: Uint8Array;
  readonly address: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

export interface SignatureScheme {
  makeKey(prng: Prng): SimKey;
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

export function randomBytes(prng: Prng, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => prng.below(256));
}

export const REAL_SIGNATURES: SignatureScheme = {
  makeKey(prng) {
    const key = ed25519KeyFromSeed(randomBytes(prng, 32));
    return {
      publicKey: key.publicKey,
      address: ed25519Address(key.publicKey),
      sign: (message) => signEd25519(key, message),
    };
  },
  verify: verifyEd25519,
};

export const FAST_SIGNATURES: SignatureScheme = {
  makeKey(prng) {
    const publicKey = randomBytes(prng, 32);
    return { publicKey, address: ed25519Address(publicKey), sign: (message) => keyedHash(publicKey, message) };
  },
  verify: (publicKey, message, signature) => equalBytes(keyedHash(publicKey, message), signature),
};

function keyedHash(key: Uint8Array, message: Uint8Array): Uint8Array {
  let a = 0x811c9dc5;
  let b = 0xc2b2ae35;
  for (const part of [key, message]) {
    for (let i = 0; i < part.length; i++) {
      a = Math.imul(a ^ part[i]!, 0x01000193);
      b = Math.imul((b ^ part[i]!) + i, 0x9e3779b1) ^ (b >>> 15);
    }
  }
  const out = new Uint8Array(64);
  const view = new DataView(out.buffer);
  for (let i = 0; i < 16; i++) {
    a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) + i;
    view.setUint32(i * 4, (a ^ b) >>> 0);
  }
  return out;
}
