import { assertEquals } from "@std/assert";
import { sha256 as reference } from "@noble/hashes/sha2.js";
import { concatBytes } from "../bytes.ts";
import { ed25519Address, secp256k1Address, sha256, sha256Pair } from "./mod.ts";

Deno.test("sha256() equals the reference at every length up to 700 and beyond", () => {
  const data = new Uint8Array(70_000).map((_, i) => (i * 31) >> 3);
  for (const length of [...Array(700).keys(), 4_096, 65_535, 65_536, 70_000]) {
    const part = data.subarray(1, 1 + length);
    assertEquals(sha256(part), reference(part), `length ${length}`);
  }
});

Deno.test("sha256() and sha256Pair() own the memory they return", () => {
  for (const length of [1, 64, 192, 193, 1_000]) assertEquals(sha256(new Uint8Array(length)).buffer.byteLength, 32);
  const half = new Uint8Array(32).fill(7);
  assertEquals(sha256Pair(half, half), reference(concatBytes(half, half)));
  assertEquals(sha256Pair(half, half).buffer.byteLength, 32);
});

Deno.test("addresses are those of the published vectors", () => {
  const value = Uint8Array.fromBase64("MKM3hOeT5qM4nn/as4vUZ9pZen7lWFQwIAC5rj9IyzQ=");
  assertEquals(ed25519Address(value).toHex().toUpperCase(), "F917F10C9AF2B6FCC28005D59F0D54A7E4E7A8E1");
  const account = Uint8Array.fromBase64("A08EGB7ro1ORuFhjOnZcSgwYlpe0DSFjVNUIkNNQxwKQ");
  // cosmos1pkptre7fdkl6gfrzlesjjvhxhlc3r4gmmk8rs6
  assertEquals(secp256k1Address(account).toHex(), "0d82b1e7c96dbfa42462fe612932e6bff111d51b");
});
