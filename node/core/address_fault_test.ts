import { assertEquals } from "@std/assert";
import { bech32 } from "@scure/base";
import { AddressCodec } from "./address.ts";
import { addressFault } from "./address_fault.ts";

const codec = new AddressCodec("cat");
const good = codec.of(new Uint8Array(20)).text;

// The sentences were said by wasmd v0.61.6 (tests/vectors/wasmd), those of the last four rows by the source of btcutil v1.0.5.
const FAULTS: [text: string, sentence: string][] = [
  ["", "empty address string is not allowed"],
  [" \t", "empty address string is not allowed"],
  ["x", "decoding bech32 failed: invalid bech32 string length 1"],
  ["x".repeat(1024), "decoding bech32 failed: invalid bech32 string length 1024"],
  ["nonsense", "decoding bech32 failed: invalid separator index -1"],
  ["catvaloper1x", "decoding bech32 failed: invalid separator index 10"],
  ["cat1nothing", "decoding bech32 failed: invalid character not part of charset: 111"],
  [
    "cat17xpfvakm2amg962yls6f84z3kell8c5lwdfsu7",
    "decoding bech32 failed: invalid checksum (expected 0q0mkq got wdfsu7)",
  ],
  [good.replace("cat", "Cat"), "decoding bech32 failed: string not all lowercase or all uppercase"],
  ["cat1 xyzxyz", "decoding bech32 failed: invalid character in string: ' '"],
  ["cät1xyzxyz", "decoding bech32 failed: invalid character in string: 'Ã'"],
  [bech32.encode("dog", bech32.toWords(new Uint8Array(20))), "invalid Bech32 prefix; expected cat, got dog"],
  [bech32.encode("cat", [1]), "decoding bech32 failed: invalid incomplete group"],
  [bech32.encode("cat", [], false), "addresses cannot be empty: unknown address"],
  [
    bech32.encode("cat", bech32.toWords(new Uint8Array(256)), false),
    "address max length is 255, got 256: unknown address",
  ],
];

Deno.test("addressFault() says what cosmos-sdk says", () => {
  for (const [text, sentence] of FAULTS) {
    assertEquals(codec.parse(text), undefined, text);
    assertEquals(addressFault("cat", text), sentence);
  }
});
