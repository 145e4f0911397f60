import { assertEquals, assertNotEquals } from "@std/assert";
import { utf8ToBytes } from "../core/bytes.ts";
import { Transcript } from "./merlin.ts";

// Published with merlin and repeated by its ports, among them oasisprotocol/curve25519-voi (BSD-3-Clause).
Deno.test("a transcript gives merlin's challenge for a simple conversation", () => {
  const transcript = new Transcript("test protocol");
  transcript.append("some label", utf8ToBytes("some data"));
  assertEquals(
    transcript.challenge("challenge", 32).toHex(),
    "d5a21972d0d5fe320c0d263fac7fffb8145aa640af6e9bca177c03c7efcf0615",
  );
});

Deno.test("a transcript gives merlin's challenge for a long conversation that fills the state many times", () => {
  const transcript = new Transcript("test protocol");
  transcript.append("step1", utf8ToBytes("some data"));
  const big = new Uint8Array(1024).fill(99);
  let challenge: Uint8Array = new Uint8Array();
  for (let i = 0; i < 32; i++) {
    challenge = transcript.challenge("challenge", 32);
    transcript.append("bigdata", big);
    transcript.append("challengedata", challenge);
  }
  assertEquals(challenge.toHex(), "a8c933f54fae76e3f9bea93648c1308e7dfa2152dd51674ff3ca438351cf003c");
});

Deno.test("a transcript tells apart what is cut differently, and repeats nothing", () => {
  const of = (...messages: [string, string][]) => {
    const transcript = new Transcript("p");
    for (const [label, text] of messages) transcript.append(label, utf8ToBytes(text));
    return [transcript.challenge("c", 32).toHex(), transcript.challenge("c", 32).toHex()] as const;
  };
  const seen = [of(["a", "bc"]), of(["ab", "c"]), of(["a", "b"], ["", "c"]), of(["a", "b"], ["a", "c"])].flat();
  assertEquals(new Set(seen).size, seen.length);
  assertNotEquals(of(["a", "bc"])[0], of(["a", "bc"])[1]);
  assertEquals(of(["a", "bc"]), of(["a", "bc"]));
});
