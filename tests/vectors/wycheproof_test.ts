import { assert, assertEquals } from "@std/assert";
import { x25519 } from "@noble/curves/ed25519.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { createDecipheriv } from "node:crypto";
import { hexToBytes } from "../../node/core/bytes.ts";
import { verifyEd25519, verifySecp256k1 } from "../../node/core/crypto/mod.ts";

interface Group {
  readonly publicKey: { pk: string; uncompressed: string };
  readonly tagSize: number;
  readonly tests: readonly (Record<string, string> & { tcId: number; result: string; size: number })[];
}

function load(name: string, count: number) {
  const groups: Group[] =
    JSON.parse(Deno.readTextFileSync(new URL(`wycheproof/${name}.json`, import.meta.url))).testGroups;
  const cases = groups.flatMap((group) => group.tests.map((test) => ({ group, test })));
  assertEquals(cases.length, count, "the whole file is run");
  return cases;
}

Deno.test("verifyEd25519() agrees with all 151 Wycheproof cases under ZIP-215", () => {
  for (const { group, test } of load("ed25519_test", 151)) {
    const args = [hexToBytes(group.publicKey.pk), hexToBytes(test.msg!), hexToBytes(test.sig!)] as const;
    // 151 is invalid by RFC 8032 and valid by ZIP-215 (see the folder's README).
    const expected = test.result === "valid" || test.tcId === 151;
    assertEquals(verifyEd25519(...args), expected, `tcId ${test.tcId}: ${test.comment}`);
  }
});

const compressed = (key: string) => secp256k1.Point.fromHex(key).toBytes(true);

Deno.test("verifySecp256k1() agrees with all 252 Wycheproof P1363 cases, low S only", () => {
  let accepted = 0;
  for (const { group, test } of load("ecdsa_secp256k1_sha256_p1363_test", 252)) {
    const signature = hexToBytes(test.sig!);
    const high = signature.length === 64 && BigInt("0x" + test.sig!.slice(64)) > secp256k1.Point.Fn.ORDER / 2n;
    const got = verifySecp256k1(compressed(group.publicKey.uncompressed), hexToBytes(test.msg!), signature);
    assertEquals(got, test.result === "valid" && !high, `tcId ${test.tcId}: ${test.comment}`);
    if (got) accepted++;
  }
  assert(accepted > 80, `${accepted} accepted`);
});

Deno.test("verifySecp256k1() agrees with all 463 Wycheproof Bitcoin cases", () => {
  let accepted = 0;
  for (const { group, test } of load("ecdsa_secp256k1_sha256_bitcoin_test", 463)) {
    let signature: Uint8Array;
    try {
      // These signatures are DER; ours are r and s: what strict DER refuses has no 64-byte form.
      signature = secp256k1.Signature.fromBytes(hexToBytes(test.sig!), "der").toBytes("compact");
    } catch {
      assertEquals(test.result, "invalid", `tcId ${test.tcId}: ${test.comment}`);
      continue;
    }
    const got = verifySecp256k1(compressed(group.publicKey.uncompressed), hexToBytes(test.msg!), signature);
    assertEquals(got, test.result === "valid", `tcId ${test.tcId}: ${test.comment}`);
    if (got) accepted++;
  }
  assert(accepted > 80, `${accepted} accepted`);
});

Deno.test("the libraries we rest on agree with Wycheproof's hmac, hkdf, x25519 and chacha20-poly1305", () => {
  for (const { group, test } of load("hmac_sha256_test", 174)) {
    const tag = hmac(sha256, hexToBytes(test.key!), hexToBytes(test.msg!)).slice(0, group.tagSize / 8);
    assertEquals(tag.toHex() === test.tag, test.result === "valid", `hmac ${test.tcId}`);
  }
  for (const { test } of load("hkdf_sha256_test", 86)) {
    const derive = () => hkdf(sha256, hexToBytes(test.ikm!), hexToBytes(test.salt!), hexToBytes(test.info!), test.size);
    let got: string | undefined;
    try {
      got = derive().toHex();
    } catch {
      got = undefined;
    }
    assertEquals(got === test.okm, test.result === "valid", `hkdf ${test.tcId}`);
  }
  for (const { test } of load("x25519_test", 518)) {
    let got = "0".repeat(64);
    try {
      got = x25519.getSharedSecret(hexToBytes(test.private!), hexToBytes(test.public!)).toHex();
    } catch {
      // An all-zero secret is refused.
    }
    assertEquals(got, test.shared, `x25519 ${test.tcId}`);
  }
});

Deno.test("the native chacha20-poly1305 agrees with Wycheproof", () => {
  for (const { test } of load("chacha20_poly1305_test", 325)) {
    let got: string | undefined;
    try {
      const decipher = createDecipheriv("chacha20-poly1305", hexToBytes(test.key!), hexToBytes(test.iv!), {
        authTagLength: 16,
      });
      decipher.setAAD(hexToBytes(test.aad!), { plaintextLength: test.ct!.length / 2 });
      decipher.setAuthTag(hexToBytes(test.tag!));
      got = decipher.update(hexToBytes(test.ct!)).toString("hex") + decipher.final("hex");
    } catch {
      got = undefined;
    }
    assertEquals(got, test.result === "valid" ? test.msg : undefined, `tcId ${test.tcId}: ${test.comment}`);
  }
});
