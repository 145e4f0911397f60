import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { ed25519KeyFromSeed, signEd25519, verifyEd25519 } from "../core/crypto/mod.ts";
import { rememberingVerify } from "./_verified.ts";

const key = ed25519KeyFromSeed(new Uint8Array(32).fill(7));
const message = Uint8Array.of(1, 2, 3);
const signature = signEd25519(key, message);

Deno.test("a good signature is verified once, a bad one each time", () => {
  let calls = 0;
  const verify = rememberingVerify((...args) => {
    calls++;
    return verifyEd25519(...args);
  });
  for (let i = 0; i < 3; i++) assert(verify(key.publicKey, message, signature));
  assertEquals(calls, 1);
  for (let i = 0; i < 3; i++) assert(!verify(key.publicKey, Uint8Array.of(1, 2, 4), signature));
  assertEquals(calls, 4);
});

Deno.test("the answer is that of verify, whatever was asked before", () => {
  const verify = rememberingVerify(verifyEd25519, 2);
  const other = ed25519KeyFromSeed(new Uint8Array(32).fill(8));
  const longer = new Uint8Array(65);
  longer.set(signature);
  const bytes = [
    message,
    Uint8Array.of(9),
    signEd25519(key, Uint8Array.of(9)),
    signature,
    signEd25519(other, message),
    longer,
  ];
  const keys = [key.publicKey, other.publicKey, new Uint8Array()];
  const question = fc.tuple(fc.constantFrom(...keys), fc.constantFrom(...bytes), fc.constantFrom(...bytes));
  fc.assert(fc.property(fc.array(question, { maxLength: 30 }), (questions) => {
    for (const [k, m, s] of questions) assertEquals(verify(k, m, s), verifyEd25519(k, m, s));
  }));
});

Deno.test("what is remembered is a copy", () => {
  const verify = rememberingVerify(verifyEd25519);
  const buffer = message.slice();
  assert(verify(key.publicKey, buffer, signature));
  buffer[0] = 9;
  assert(!verify(key.publicKey, buffer, signature));
  assert(verify(key.publicKey, message, signature));
});
