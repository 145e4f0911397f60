import { assert, assertEquals } from "@std/assert";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { concatBytes, utf8ToBytes } from "../bytes.ts";
import { secp256k1PublicKey, signSecp256k1, verifySecp256k1 } from "./mod.ts";

const PRIVATE = new Uint8Array(32).fill(5);
const PUBLIC = secp256k1PublicKey(PRIVATE);
const MESSAGE = utf8ToBytes("message");
const ORDER = secp256k1.Point.Fn.ORDER;

const withS = (signature: Uint8Array, s: bigint) =>
  concatBytes(signature.slice(0, 32), Uint8Array.fromHex(s.toString(16).padStart(64, "0")));

Deno.test("verifySecp256k1() accepts what signSecp256k1() signs, and only for that message and key", () => {
  const signature = signSecp256k1(PRIVATE, MESSAGE);
  assertEquals(signature.length, 64);
  assert(verifySecp256k1(PUBLIC, MESSAGE, signature));
  assert(!verifySecp256k1(PUBLIC, utf8ToBytes("massage"), signature));
  assert(!verifySecp256k1(secp256k1PublicKey(new Uint8Array(32).fill(6)), MESSAGE, signature));
});

Deno.test("verifySecp256k1() refuses the high-S twin of a good signature", () => {
  const signature = signSecp256k1(PRIVATE, MESSAGE);
  const s = BigInt("0x" + signature.slice(32).toHex());
  assert(!verifySecp256k1(PUBLIC, MESSAGE, withS(signature, ORDER - s)));
  assert(!verifySecp256k1(PUBLIC, MESSAGE, withS(signature, s + ORDER > 1n << 256n ? 0n : s + ORDER)));
  assert(!verifySecp256k1(PUBLIC, MESSAGE, withS(signature, 0n)));
});

Deno.test("verifySecp256k1() answers false to uncompressed, hybrid and wrong-length keys and signatures", () => {
  const signature = signSecp256k1(PRIVATE, MESSAGE);
  const uncompressed = secp256k1.Point.fromBytes(PUBLIC).toBytes(false);
  assert(!verifySecp256k1(uncompressed, MESSAGE, signature));
  for (const first of [0, 1, 4, 5, 6, 7]) {
    assert(!verifySecp256k1(concatBytes(Uint8Array.of(first), PUBLIC.slice(1)), MESSAGE, signature));
  }
  for (const length of [0, 32, 34]) assert(!verifySecp256k1(new Uint8Array(length), MESSAGE, signature));
  for (const length of [0, 63, 65, 72]) assert(!verifySecp256k1(PUBLIC, MESSAGE, new Uint8Array(length)));
});
