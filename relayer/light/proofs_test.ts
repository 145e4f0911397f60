import { assert, assertEquals } from "@std/assert";
import { CommitmentProof } from "cosmjs-types/cosmos/ics23/v1/proofs";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { encodeMerkleProof } from "../../node/core/ibc/mod.ts";
import { ICS23_SPECS, tendermintMapProof, tendermintMapRoot } from "../../node/core/merkle/mod.ts";
import { TestChain } from "../../tests/helpers/ibc/mod.ts";
import { type Claim, proofSpecsOf, verifyClaim } from "./proofs.ts";

const IAVL = new URL("../../tests/vectors/ics23/iavl/", import.meta.url);

/** A published proof of an IAVL tree as a store `ibc` of a chain. */
function iavlClaim(name: string): { readonly appHash: Uint8Array; readonly claim: Claim } {
  const { key, value, root, proof } = JSON.parse(Deno.readTextFileSync(new URL(name, IAVL)));
  const stores = [
    [utf8ToBytes("bank"), Uint8Array.of(1)],
    [utf8ToBytes("ibc"), Uint8Array.fromHex(root)],
  ] as const;
  const proofs = [CommitmentProof.decode(Uint8Array.fromHex(proof)), tendermintMapProof(stores, utf8ToBytes("ibc"))];
  const claim = {
    store: "ibc",
    key: Uint8Array.fromHex(key),
    value: value === "" ? undefined : Uint8Array.fromHex(value),
    proof: encodeMerkleProof(proofs),
  };
  return { appHash: tendermintMapRoot(stores), claim };
}

const IAVL_PROOFS = ["exist_left.json", "exist_middle.json", "nonexist_middle.json", "nonexist_right.json"];

Deno.test("the trees of a chain are known by any of its proofs: IAVL of the cosmos-sdk", () => {
  for (const name of IAVL_PROOFS) {
    const { appHash, claim } = iavlClaim(name);
    assertEquals(proofSpecsOf(appHash, claim), { ok: true, value: [ICS23_SPECS.iavl, ICS23_SPECS.tendermint] }, name);
  }
});

Deno.test("the trees of a chain are known by any of its proofs: those of our own", () => {
  const chain = new TestChain();
  chain.nextBlock();
  const height = chain.height - 1n;
  const { appHash } = chain.blocks.light(chain.height).signedHeader.header;
  for (const [store, key] of [["bank", utf8ToBytes("nothing")], ["validators", utf8ToBytes("x")]] as const) {
    const { value, proof } = chain.prove(store, key, height);
    const specs = proofSpecsOf(appHash, { store, key, value, proof });
    assertEquals(specs, { ok: true, value: [ICS23_SPECS.jmt, ICS23_SPECS.tendermint] });
  }
});

Deno.test("a claim holds only as it was proven", () => {
  for (const name of IAVL_PROOFS) {
    const { appHash, claim } = iavlClaim(name);
    const specs = [ICS23_SPECS.iavl, ICS23_SPECS.tendermint];
    assert(verifyClaim(appHash, specs, claim).ok, name);
    const other: [string, Partial<Claim>][] = [
      ["store", { store: "bank" }],
      ["key", { key: Uint8Array.of(1, 2, 3) }],
      ["value", { value: claim.value === undefined ? Uint8Array.of(1) : Uint8Array.of(...claim.value, 1) }],
      ["presence", { value: claim.value === undefined ? Uint8Array.of(1) : undefined }],
      ["proof", { proof: claim.proof.slice(0, -1) }],
      ["no proof", { proof: new Uint8Array() }],
    ];
    for (const [what, change] of other) {
      assert(!verifyClaim(appHash, specs, { ...claim, ...change }).ok, `${name}: another ${what}`);
      assert(!proofSpecsOf(appHash, { ...claim, ...change }).ok);
    }
    assert(!verifyClaim(appHash.toReversed(), specs, claim).ok);
    assert(!verifyClaim(appHash, [ICS23_SPECS.jmt, ICS23_SPECS.tendermint], claim).ok);
  }
});
