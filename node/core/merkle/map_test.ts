import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { CommitmentProof } from "cosmjs-types/cosmos/ics23/v1/proofs";
import { utf8ToBytes } from "../bytes.ts";
import {
  ICS23_SPECS,
  type MapEntry,
  tendermintMapProof,
  tendermintMapRoot,
  verifyMembership,
  verifyNonMembership,
} from "./mod.ts";

const spec = ICS23_SPECS.tendermint;
const stores: MapEntry[] = ["auth", "bank", "ibc", "staking", "wasm"].map((name, i) => [
  utf8ToBytes(name),
  new Uint8Array(32).fill(i + 1),
]);

Deno.test("tendermintMapProof() proves every store and the absence of others, in any order of entries", () => {
  for (let count = 1; count <= stores.length; count++) {
    const entries = stores.slice(0, count).reverse();
    const root = tendermintMapRoot(entries);
    for (const [key, value] of entries) {
      const proof = tendermintMapProof(entries, key);
      const decoded = CommitmentProof.decode(CommitmentProof.encode(proof).finish());
      assert(verifyMembership(spec, root, decoded, key, value));
      assert(!verifyMembership(spec, root, decoded, key, new Uint8Array(32)));
      assert(!verifyNonMembership(spec, root, decoded, key));
    }
    for (const name of ["a", "azz", "b", "banka", "evm", "zzz"]) {
      const key = utf8ToBytes(name);
      const proof = CommitmentProof.decode(CommitmentProof.encode(tendermintMapProof(entries, key)).finish());
      assert(verifyNonMembership(spec, root, proof, key), `${name} of ${count}`);
      for (const [present] of entries) assert(!verifyNonMembership(spec, root, proof, present));
    }
  }
});

Deno.test("tendermintMapProof() says that an empty map has no proofs", () => {
  assertThrows(() => tendermintMapProof([], utf8ToBytes("a")), RangeError);
});

Deno.test("presence and absence exclude each other for random maps and keys", () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(
      fc.uniqueArray(bytes, { minLength: 1, maxLength: 24, selector: (b) => b.toHex() }),
      bytes,
      (keys, key) => {
        const entries = keys.map((k): MapEntry => [k, utf8ToBytes(`value ${k.toHex()}`)]);
        const root = tendermintMapRoot(entries);
        const proof = tendermintMapProof(entries, key);
        const value = entries.find(([k]) => k.toHex() === key.toHex())?.[1];
        assertEquals(verifyNonMembership(spec, root, proof, key), value === undefined);
        if (value !== undefined) assert(verifyMembership(spec, root, proof, key, value));
        // No proof about another gap or entry serves for this key.
        for (const [other] of entries) {
          const foreign = tendermintMapProof(entries, Uint8Array.of(...other, 0));
          if (value !== undefined) assert(!verifyNonMembership(spec, root, foreign, key));
        }
      },
    ),
    { numRuns: 60 },
  );
});
