import { assert, assertEquals } from "@std/assert";
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concatBytes, hexToBytes, utf8ToBytes } from "../bytes.ts";
import { ed25519KeyFromSeed, signEd25519, verifyEd25519 } from "./mod.ts";

const P = (1n << 255n) - 19n;
const L = (1n << 252n) + 27742317777372353535851937790883648493n;

function littleEndian(value: bigint, sign = 0): Uint8Array {
  const out = new Uint8Array(32);
  for (let i = 0; i < 32; i++) out[i] = Number((value >> BigInt(8 * i)) & 0xffn);
  out[31]! |= sign << 7;
  return out;
}

/** All 14 encodings of the eight small-order points that ZIP-215 accepts. */
function smallOrderEncodings(): Uint8Array[] {
  const order8 = ["26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"].map(hexToBytes)[0]!;
  const y = BigInt("0x" + order8.toReversed().toHex());
  const canonicalAndNot: [bigint, number][] = [
    [1n, 0],
    [1n, 1],
    [P + 1n, 0],
    [P + 1n, 1],
    [P - 1n, 0],
    [P - 1n, 1],
    [0n, 0],
    [0n, 1],
    [P, 0],
    [P, 1],
    [y, 0],
    [y, 1],
    [P - y, 0],
    [P - y, 1],
  ];
  return canonicalAndNot.map(([value, sign]) => littleEndian(value, sign));
}

Deno.test("verifyEd25519() accepts every pair of small-order encodings with S = 0, as ZIP-215 demands", () => {
  const message = utf8ToBytes("Zcash");
  for (const publicKey of smallOrderEncodings()) {
    for (const r of smallOrderEncodings()) {
      assert(
        verifyEd25519(publicKey, message, concatBytes(r, new Uint8Array(32))),
        `${publicKey.toHex()} ${r.toHex()}`,
      );
    }
  }
});

Deno.test("verifyEd25519() hashes R as it was sent, also when its encoding is not canonical", () => {
  const seed = new Uint8Array(32).fill(3);
  const { publicKey } = ed25519KeyFromSeed(seed);
  const { scalar } = ed25519.utils.getExtendedPublicKey(seed);
  const message = utf8ToBytes("message");
  const challenge = (r: Uint8Array) => {
    const hash = sha512(concatBytes(r, publicKey, message));
    return BigInt("0x" + hash.toReversed().toHex()) % L;
  };
  for (const r of smallOrderEncodings()) {
    const signature = concatBytes(r, littleEndian((challenge(r) * scalar) % L));
    assert(verifyEd25519(publicKey, message, signature), r.toHex());
    signature[40]! ^= 1;
    assert(!verifyEd25519(publicKey, message, signature), r.toHex());
  }
});

Deno.test("verifyEd25519() refuses S + L, which signs the same equation", () => {
  const key = ed25519KeyFromSeed(new Uint8Array(32).fill(9));
  const message = utf8ToBytes("message");
  const signature = signEd25519(key, message);
  assert(verifyEd25519(key.publicKey, message, signature));
  const s = BigInt("0x" + signature.slice(32).toReversed().toHex());
  assert(!verifyEd25519(key.publicKey, message, concatBytes(signature.slice(0, 32), littleEndian(s + L))));
  assert(!verifyEd25519(key.publicKey, message, concatBytes(signature.slice(0, 32), littleEndian(L))));
});

Deno.test("verifyEd25519() answers false to every wrong length", () => {
  const key = ed25519KeyFromSeed(new Uint8Array(32).fill(9));
  const message = new Uint8Array(10);
  const signature = signEd25519(key, message);
  for (const length of [0, 1, 31, 33, 64]) assert(!verifyEd25519(new Uint8Array(length), message, signature));
  for (const length of [0, 1, 32, 63, 65]) assert(!verifyEd25519(key.publicKey, message, new Uint8Array(length)));
});

Deno.test("signEd25519() gives the same bytes from the seed and from the key", () => {
  for (let i = 0; i < 20; i++) {
    const seed = new Uint8Array(32).fill(i);
    const message = new Uint8Array(i * 17).fill(i);
    assertEquals(signEd25519(ed25519KeyFromSeed(seed), message), signEd25519(seed, message));
  }
});
