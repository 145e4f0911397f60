import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { hexToBytes } from "../bytes.ts";
import { runResident } from "../work.ts";
import { merkleProof, merkleRoot, merkleRootWork, verifyMerkleProof } from "./mod.ts";

Deno.test("merkleRoot() gives CometBFT's roots", () => {
  const url = new URL("../../../tests/vectors/cometbft/merkle_root.json", import.meta.url);
  const cases: { name: string; leaves: string[]; root: string }[] = JSON.parse(Deno.readTextFileSync(url));
  assertEquals(cases.length, 6);
  for (const { name, leaves, root } of cases) assertEquals(merkleRoot(leaves.map(hexToBytes)).toHex(), root, name);
});

const leavesOf = (count: number) => Array.from({ length: count }, (_, i) => Uint8Array.of(i, i >> 8, 7));

Deno.test("verifyMerkleProof() accepts every leaf of every small tree, at its index only", () => {
  for (let count = 1; count <= 40; count++) {
    const leaves = leavesOf(count);
    const root = merkleRoot(leaves);
    for (let i = 0; i < count; i++) {
      const proof = merkleProof(leaves, i);
      assert(verifyMerkleProof(root, proof, leaves[i]!), `${i} of ${count}`);
      const other = (i + 1) % count;
      if (other === i) continue;
      assert(!verifyMerkleProof(root, proof, leaves[other]!), "another leaf");
      assert(!verifyMerkleProof(root, { ...proof, index: BigInt(other) }, leaves[i]!), "another index");
    }
  }
});

Deno.test("verifyMerkleProof() refuses changed, cut, lengthened and absurd proofs", () => {
  const leaves = leavesOf(11);
  const root = merkleRoot(leaves);
  const good = merkleProof(leaves, 6);
  const leaf = leaves[6]!;
  assert(verifyMerkleProof(root, good, leaf));
  const bad = [
    { ...good, total: 10n ** 30n },
    { ...good, total: -1n },
    { ...good, index: -1n },
    { ...good, index: 11n },
    { ...good, total: 1n, index: 0n },
    { ...good, aunts: good.aunts.slice(1) },
    { ...good, aunts: [...good.aunts, good.aunts[0]!] },
    { ...good, aunts: Array(101).fill(good.aunts[0]!) },
    { ...good, aunts: good.aunts.map((aunt) => aunt.slice(1)) },
    { ...good, leafHash: new Uint8Array(32) },
    { ...good, leafHash: new Uint8Array() },
    { total: 0n, index: 0n, leafHash: new Uint8Array(), aunts: [] },
  ];
  for (const proof of bad) assert(!verifyMerkleProof(root, proof, leaf));
});

Deno.test("merkleProof() refuses an index outside the leaves", () => {
  for (const index of [-1, 3, 0.5, NaN]) assertThrows(() => merkleProof(leavesOf(3), index), RangeError);
});

Deno.test("one flipped bit anywhere in a proof is noticed", () => {
  fc.assert(fc.property(
    fc.integer({ min: 2, max: 64 }),
    fc.nat(),
    fc.nat(),
    fc.nat({ max: 255 }),
    (count, pick, step, bit) => {
      const leaves = leavesOf(count);
      const index = pick % count;
      const proof = merkleProof(leaves, index);
      const aunts = proof.aunts.map((aunt) => aunt.slice());
      aunts[step % aunts.length]![bit >> 3]! ^= 1 << (bit & 7);
      assert(!verifyMerkleProof(merkleRoot(leaves), { ...proof, aunts }, leaves[index]!));
    },
  ));
});

Deno.test("merkleRootWork() gives the root of merkleRoot() for every number of leaves", () => {
  for (const length of [...Array(70).keys(), 127, 128, 129, 1_000, 1_025]) {
    const leaves = Array.from({ length }, (_, i) => new Uint8Array(i % 3 === 0 ? 32 : i % 50).fill(i));
    assertEquals(runResident(merkleRootWork(leaves, (leaf) => leaf)), merkleRoot(leaves), `${length} leaves`);
  }
});
