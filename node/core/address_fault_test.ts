import { assertEquals } from "@std/assert";
import { AddressCodec } from "./address.ts";
import { addressFault } from "./address_fault.ts";

const good = new AddressCodec("cat").of(new Uint8Array(20)).text;
const other = new AddressCodec("dog").of(new Uint8Array(20)).text;

Deno.test("addressFault() says what is wrong in the words that cosmos-sdk has", () => {
  const said: readonly (readonly [string, string])[] = [
    [" ", "empty address string is not allowed"],
    ["nobody", "decoding bech32 failed: invalid bech32 string length 6"],
    ["nonsense", "decoding bech32 failed: invalid separator index -1"],
    ["cat1nothing", "decoding bech32 failed: invalid character not part of charset: 111"],
    ["cat1 nothing", "decoding bech32 failed: invalid character in string: ' '"],
    [`C${good.slice(1)}`, "decoding bech32 failed: string not all lowercase or all uppercase"],
    [other, "invalid Bech32 prefix; expected cat, got dog"],
  ];
  for (const [text, sentence] of said) assertEquals(addressFault("cat", text), sentence);
  const last = good.at(-1) === "q" ? "p" : "q";
  const sentence = `decoding bech32 failed: invalid checksum (expected ${good.slice(-6)} got ${
    good.slice(-6, -1)
  }${last})`;
  assertEquals(addressFault("cat", `${good.slice(0, -1)}${last}`), sentence);
});
