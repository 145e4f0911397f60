import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { AddressCodec } from "./address.ts";

const codec = new AddressCodec("cat");

Deno.test("an address comes back from its text, and the codec owns the bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 255 }), (bytes) => {
      const address = new AddressCodec("cat").of(bytes);
      assertEquals(new AddressCodec("cat").parse(address.text)!.bytes, Uint8Array.from(bytes));
      const kept = address.bytes.slice();
      bytes.fill(0);
      assertEquals(address.bytes, kept);
    }),
  );
});

Deno.test("other prefixes, bad checksums, empty and long texts are no addresses", () => {
  const { text } = codec.of(new Uint8Array(20));
  const last = text.at(-1) === "q" ? "p" : "q";
  for (
    const bad of ["", "cat", "cat1", text.slice(0, -1) + last, text + " ", "x".repeat(10_000), text.replace("c", "C")]
  ) {
    assertEquals(codec.parse(bad), undefined, bad.slice(0, 60));
  }
  assertEquals(codec.parse(new AddressCodec("cosmos").of(new Uint8Array(20)).text), undefined);
});
