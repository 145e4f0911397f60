import { assertEquals } from "@std/assert";
import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "../bytes.ts";
import { recoverEcdsa, verifyEcdsa } from "./ecdsa.ts";
import { sha256 } from "./hash.ts";

const hash = sha256(utf8ToBytes("sample"));

// RFC 6979, appendix A.2.5: P-256, SHA-256, message "sample".
const RFC_KEY = hexToBytes(
  "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
);
const RFC_SIGNATURE = hexToBytes(
  "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
);

Deno.test("verifyEcdsa() takes RFC 6979's signature on P-256, under both forms of the key, and not its neighbours", () => {
  const compressed = p256.Point.fromBytes(RFC_KEY).toBytes(true);
  for (const key of [RFC_KEY, compressed]) {
    assertEquals(verifyEcdsa("secp256r1", hash, RFC_SIGNATURE, key), true);
    for (let at = 0; at < 64; at += 7) {
      const other = RFC_SIGNATURE.slice();
      other[at]! ^= 1;
      assertEquals(verifyEcdsa("secp256r1", hash, other, key), false, `byte ${at}`);
    }
  }
  assertEquals(verifyEcdsa("secp256r1", sha256(hash), RFC_SIGNATURE, RFC_KEY), false);
});

Deno.test("verifyEcdsa() takes what OpenSSL's side signs, on both curves, high S and low", () => {
  for (const [curve, crv, library] of [["secp256k1", "secp256k1", secp256k1], ["secp256r1", "P-256", p256]] as const) {
    const secret = sha256(utf8ToBytes(curve));
    const key = library.getPublicKey(secret, false);
    const part = (start: number) =>
      btoa(String.fromCharCode(...key.subarray(start, start + 32))).replaceAll("+", "-").replaceAll("/", "_")
        .replaceAll("=", "");
    const d = btoa(String.fromCharCode(...secret)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    const jwk = { kty: "EC", crv, x: part(1), y: part(33), d };
    const privateKey = createPrivateKey({ key: jwk, format: "jwk" });
    createPublicKey({ key: jwk, format: "jwk" });
    for (let i = 0; i < 8; i++) {
      const message = utf8ToBytes(`message ${i}`);
      const signature = new Uint8Array(sign("sha256", message, { key: privateKey, dsaEncoding: "ieee-p1363" }));
      const order = library.Point.Fn.ORDER;
      const s = order - BigInt("0x" + bytesToHex(signature.subarray(32)));
      const other = concatBytes(signature.subarray(0, 32), hexToBytes(s.toString(16).padStart(64, "0")));
      assertEquals(verifyEcdsa(curve, sha256(message), signature, key), true);
      assertEquals(verifyEcdsa(curve, sha256(message), other, key), true);
      const recovered = [0, 1].map((bit) => recoverEcdsa(curve, sha256(message), signature, bit)).filter((one) =>
        one !== undefined
      );
      assertEquals(recovered.filter((one) => bytesToHex(one) === bytesToHex(key)).length, 1);
    }
  }
});

Deno.test("verifyEcdsa() and recoverEcdsa() say undefined to what is no signature or key, and never throw", () => {
  const secret = sha256(utf8ToBytes("key"));
  const key = secp256k1.getPublicKey(secret);
  const signature = secp256k1.sign(hash, secret, { prehash: false });
  const zero = new Uint8Array(32);
  const order = hexToBytes(secp256k1.Point.Fn.ORDER.toString(16));
  for (
    const bad of [
      concatBytes(zero, zero),
      concatBytes(signature.subarray(0, 32), zero),
      concatBytes(order, order),
      zero,
    ]
  ) {
    assertEquals(verifyEcdsa("secp256k1", hash, bad, key), undefined);
    assertEquals(recoverEcdsa("secp256k1", hash, bad, 0), undefined);
  }
  for (
    const bad of [
      zero,
      new Uint8Array(33),
      new Uint8Array(65),
      key.subarray(1),
      concatBytes(Uint8Array.of(4), zero, zero),
    ]
  ) {
    assertEquals(verifyEcdsa("secp256k1", hash, signature, bad), undefined);
  }
  assertEquals(recoverEcdsa("secp256k1", hash, signature, 2), undefined, "no x above the order is so small");
  assertEquals(recoverEcdsa("secp256k1", hash, signature, 4), undefined);
  assertEquals(verifyEcdsa("secp256k1", zero.subarray(1), signature, key), undefined);
});
