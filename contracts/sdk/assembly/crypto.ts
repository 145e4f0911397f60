/** Signatures, checked by the chain, and SHA-256, computed here because the chain has none for contracts. */
import { bytesRegion, regionBytes } from "./bytes";
import { ed25519Verify, secp256k1RecoverPubkey, secp256k1Verify } from "./imports";

/** Whether `signature` (64 bytes) over `message` is by the holder of `publicKey` (32 bytes). */
export function verifyEd25519(message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): bool {
  if (signature.length != 64 || publicKey.length != 32) return false;
  return ed25519Verify(bytesRegion(message), bytesRegion(signature), bytesRegion(publicKey)) == 0;
}

/** Whether `signature` (64 bytes, r and s) over `hash` (32 bytes) is by the holder of `publicKey` (33 or 65 bytes). */
export function verifySecp256k1(hash: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): bool {
  if (hash.length != 32 || signature.length != 64 || (publicKey.length != 33 && publicKey.length != 65)) return false;
  return secp256k1Verify(bytesRegion(hash), bytesRegion(signature), bytesRegion(publicKey)) == 0;
}

/** The public key (65 bytes) that made a signature; null when there is none. `recovery`: 0 or 1. */
export function recoverSecp256k1(hash: Uint8Array, signature: Uint8Array, recovery: u32): Uint8Array | null {
  const result = secp256k1RecoverPubkey(bytesRegion(hash), bytesRegion(signature), recovery);
  return result >> 32 == 0 ? regionBytes(<usize>result) : null;
}

const ROUND: StaticArray<u32> = [
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

/** FIPS 180-4. */
export function sha256(data: Uint8Array): Uint8Array {
  const length = data.length;
  const blocks = (length + 9 + 63) / 64;
  const padded = new Uint8Array(blocks * 64);
  memory.copy(padded.dataStart, data.dataStart, length);
  padded[length] = 0x80;
  store<u64>(padded.dataStart + padded.length - 8, bswap<u64>(<u64>length << 3));
  const state: StaticArray<u32> = [
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
  ];
  const w = new StaticArray<u32>(64);
  for (let block = 0; block < blocks; block++) compress(padded.dataStart + block * 64, state, w);
  const hash = new Uint8Array(32);
  for (let i = 0; i < 8; i++) store<u32>(hash.dataStart + 4 * i, bswap<u32>(state[i]));
  return hash;
}

function compress(at: usize, state: StaticArray<u32>, w: StaticArray<u32>): void {
  for (let i = 0; i < 16; i++) w[i] = bswap<u32>(load<u32>(at + 4 * i));
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15], y = w[i - 2];
    w[i] = w[i - 16] + (rotr(x, 7) ^ rotr(x, 18) ^ (x >> 3)) + w[i - 7] + (rotr(y, 17) ^ rotr(y, 19) ^ (y >> 10));
  }
  let a = state[0], b = state[1], c = state[2], d = state[3];
  let e = state[4], f = state[5], g = state[6], h = state[7];
  for (let i = 0; i < 64; i++) {
    const t1 = h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + ((e & f) ^ (~e & g)) + ROUND[i] + w[i];
    const t2 = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d;
  state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}
