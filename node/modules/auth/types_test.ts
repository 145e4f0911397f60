import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Any } from "cosmjs-types/google/protobuf/any";
import { AddressCodec } from "../../core/address.ts";
import type { Account } from "../../app/ports.ts";
import { decodeStoredAccount, encodeAccount, encodeStoredAccount, moduleAddress } from "./types.ts";

const codec = new AddressCodec("cat");
const u64 = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  fc.constantFrom(0n, 1n, 127n, 128n, (1n << 31n) - 1n, 1n << 31n, 1n << 32n),
);
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const pubKey = fc.option(
  fc.oneof(
    bytes(33).map((key) => ({ type: "secp256k1" as const, key })),
    bytes(32).map((key) => ({ type: "ed25519" as const, key })),
  ),
  { nil: undefined },
);
const account = fc.record({
  address: fc.uint8Array({ minLength: 1, maxLength: 255 }).map((raw) => codec.of(raw)),
  pubKey,
  accountNumber: u64,
  sequence: u64,
  module: fc.constantFrom(undefined, undefined, { name: "mint", permissions: ["minter"] }),
}, { noNullPrototype: true });

Deno.test("the writer of plain accounts gives the bytes of the generated codec, and reading gives the account back", () => {
  fc.assert(
    fc.property(account, (value: Account) => {
      const written = encodeStoredAccount(value);
      assertEquals(written, Any.encode(encodeAccount(value)).finish());
      assertEquals(decodeStoredAccount(written, codec), value);
    }),
    { numRuns: 300 },
  );
});

Deno.test("module accounts have the addresses that every Cosmos chain gives them", () => {
  const cosmos = new AddressCodec("cosmos");
  assertEquals(cosmos.of(moduleAddress("fee_collector")).text, "cosmos17xpfvakm2amg962yls6f84z3kell8c5lserqta");
  assertEquals(cosmos.of(moduleAddress("mint")).text, "cosmos1m3h30wlvsf8llruxtpukdvsy0km2kum8g38c8q");
});
