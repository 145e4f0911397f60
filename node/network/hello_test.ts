import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ed25519Address, ed25519KeyFromSeed } from "../core/crypto/mod.ts";
import { NETWORK_CODE } from "./errors.ts";
import { decodeHello, encodeHello, encodeValidatorProof, makeValidatorProof, verifyValidatorProof } from "./hello.ts";
import { nodeKeyOf, peerIdOf, peerIdOfSeed } from "./peer_id.ts";

const key = ed25519KeyFromSeed(new Uint8Array(32).fill(7));
const PEER = peerIdOfSeed(new Uint8Array(32).fill(1));
const OTHER_PEER = peerIdOfSeed(new Uint8Array(32).fill(2));
const hello = { chainId: "test-1", moniker: "a\u0007\u202eb", software: "0.1.0", validatorProof: new Uint8Array() };
const codeOf = (result: { ok: boolean; error?: { code: number } }) => result.ok ? 0 : result.error!.code;

Deno.test("decodeHello() reads what encodeHello() wrote, without control characters", () => {
  const read = decodeHello(encodeHello(hello), "test-1");
  assert(read.ok);
  assertEquals(read.value, { ...hello, version: 1, moniker: "ab" });
});

Deno.test("decodeHello() tells another chain, another version and nonsense apart", () => {
  assertEquals(codeOf(decodeHello(encodeHello(hello), "test-2")), NETWORK_CODE.otherChain);
  // A newer version with a field that this one does not know.
  assertEquals(codeOf(decodeHello(Uint8Array.of(8, 2, 0x32, 1, 1), "test-1")), NETWORK_CODE.otherVersion);
  assertEquals(codeOf(decodeHello(Uint8Array.of(8, 1, 0x32, 1, 1), "test-1")), NETWORK_CODE.badHello);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => !decodeHello(bytes, "test-1").ok));
});

Deno.test("a validator proof names the validator, and only for its chain and node", () => {
  const proof = makeValidatorProof(key, "test-1", PEER);
  const verified = verifyValidatorProof(proof, "test-1", PEER);
  assert(verified.ok);
  assertEquals(verified.value, ed25519Address(key.publicKey));
  assertEquals(codeOf(verifyValidatorProof(proof, "test-2", PEER)), NETWORK_CODE.badProof);
  assertEquals(codeOf(verifyValidatorProof(proof, "test-1", OTHER_PEER)), NETWORK_CODE.badProof);
  const short = encodeValidatorProof(key.publicKey, new Uint8Array(63));
  assertEquals(codeOf(verifyValidatorProof(short, "test-1", PEER)), NETWORK_CODE.badProof);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => !verifyValidatorProof(bytes, "test-1", PEER).ok));
});

Deno.test("peerIdOf() gives the id that libp2p gives, and nodeKeyOf() the key back", async () => {
  const { privateKeyFromRaw } = await import("@libp2p/crypto/keys");
  const { peerIdFromPrivateKey } = await import("@libp2p/peer-id");
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (seed) => {
      const { publicKey } = ed25519KeyFromSeed(seed);
      const id = peerIdOf(publicKey);
      const raw = new Uint8Array([...seed, ...publicKey]);
      assertEquals(id, peerIdFromPrivateKey(privateKeyFromRaw(raw)).toString());
      const back = nodeKeyOf(id);
      assert(back.ok);
      assertEquals(back.value, publicKey);
    }),
    { numRuns: 20 },
  );
  for (const bad of ["", "12D3KooW", PEER.slice(1), PEER + "1", PEER.replace(/.$/, "0"), "Q".repeat(52)]) {
    assertEquals(codeOf(nodeKeyOf(bad)), NETWORK_CODE.badPeerId, bad);
  }
});
