import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { CommitmentProof, type ExistenceProof, type InnerOp } from "cosmjs-types/cosmos/ics23/v1/proofs";
import { compareBytes, concatBytes, utf8ToBytes } from "../bytes.ts";
import { sha256 } from "../crypto/mod.ts";
import { ICS23_SPECS, verifyMembership, verifyNonMembership } from "./mod.ts";

// A sparse Merkle tree as plain as can be, hashed as the jmt crate hashes: the proofs it makes are judged here.

const spec = ICS23_SPECS.jmt;
const EMPTY = spec.innerSpec!.emptyChild;
const INNER = utf8ToBytes("JMT::IntrnalNode");

interface Leaf {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly path: Uint8Array;
}

const bit = (path: Uint8Array, depth: number) => (path[depth >> 3]! >> (7 - (depth & 7))) & 1;
const leavesOf = (entries: readonly (readonly [Uint8Array, Uint8Array])[]): Leaf[] =>
  entries.map(([key, value]) => ({ key, value, path: sha256(key) })).sort((a, b) => compareBytes(a.path, b.path));

function split(leaves: readonly Leaf[], depth: number): [Leaf[], Leaf[]] {
  return [leaves.filter(({ path }) => bit(path, depth) === 0), leaves.filter(({ path }) => bit(path, depth) === 1)];
}

function rootOf(leaves: readonly Leaf[], depth = 0): Uint8Array {
  const [only, other] = leaves;
  if (only === undefined) return EMPTY;
  if (other === undefined) return sha256(concatBytes(utf8ToBytes("JMT::LeafNode"), only.path, sha256(only.value)));
  const [left, right] = split(leaves, depth);
  return sha256(concatBytes(INNER, rootOf(left, depth + 1), rootOf(right, depth + 1)));
}

function prove(leaves: readonly Leaf[], leaf: Leaf, depth = 0): InnerOp[] {
  if (leaves.length === 1) return [];
  const [left, right] = split(leaves, depth);
  const hash = spec.innerSpec!.hash;
  const none = new Uint8Array();
  return bit(leaf.path, depth) === 0
    ? [...prove(left, leaf, depth + 1), { hash, prefix: INNER, suffix: rootOf(right, depth + 1) }]
    : [...prove(right, leaf, depth + 1), { hash, prefix: concatBytes(INNER, rootOf(left, depth + 1)), suffix: none }];
}

const existence = (leaves: readonly Leaf[], leaf: Leaf): ExistenceProof => ({
  key: leaf.key,
  value: leaf.value,
  leaf: spec.leafSpec!,
  path: prove(leaves, leaf),
});

function absence(leaves: readonly Leaf[], key: Uint8Array): CommitmentProof {
  const path = sha256(key);
  const left = leaves.findLast((leaf) => compareBytes(leaf.path, path) < 0);
  const right = leaves.find((leaf) => compareBytes(leaf.path, path) > 0);
  const proof = {
    nonexist: {
      key,
      ...(left && { left: existence(leaves, left) }),
      ...(right && { right: existence(leaves, right) }),
    },
  };
  return CommitmentProof.decode(CommitmentProof.encode(proof).finish());
}

const bytes = fc.uint8Array({ minLength: 1, maxLength: 3 });
const keysAndStranger = fc.tuple(
  fc.uniqueArray(bytes, { minLength: 1, maxLength: 20, selector: (key) => key.toHex() }),
  bytes,
);

Deno.test("jmt: what is in a sparse tree is proven present, what is not is proven absent, and never both", () => {
  fc.assert(
    fc.property(keysAndStranger, ([keys, stranger]) => {
      const leaves = leavesOf(keys.map((key) => [key, concatBytes(key, key)]));
      const root = rootOf(leaves);
      for (const leaf of leaves) {
        const exist = existence(leaves, leaf);
        assert(verifyMembership(spec, root, { exist }, leaf.key, leaf.value));
        assert(!verifyMembership(spec, root, { exist }, leaf.key, leaf.key));
        // A tree without the leaf proves its absence, but not under this root.
        const others = leaves.filter((other) => other !== leaf);
        if (others.length === 0) continue;
        assert(verifyNonMembership(spec, rootOf(others), absence(others, leaf.key), leaf.key));
        assert(!verifyNonMembership(spec, root, absence(others, leaf.key), leaf.key));
        assert(
          !verifyNonMembership(spec, root, absence(leaves, leaf.key), leaf.key),
          "the neighbours of a present key",
        );
      }
      const isIn = keys.some((key) => key.toHex() === stranger.toHex());
      assertEquals(verifyNonMembership(spec, root, absence(leaves, stranger), stranger), !isIn);
    }),
    { numRuns: 60 },
  );
});

Deno.test("jmt: leaves that are no neighbours prove nothing about what lies between them", () => {
  const leaves = leavesOf(Array.from({ length: 24 }, (_, i) => [Uint8Array.of(i + 1), Uint8Array.of(1)]));
  const root = rootOf(leaves);
  for (let i = 0; i + 2 < leaves.length; i++) {
    const key = leaves[i + 1]!.key;
    const [left, right] = [existence(leaves, leaves[i]!), existence(leaves, leaves[i + 2]!)];
    assert(!verifyNonMembership(spec, root, { nonexist: { key, left, right } }, key));
    assert(!verifyNonMembership(spec, root, { nonexist: { key, left } }, key));
    assert(!verifyNonMembership(spec, root, { nonexist: { key, right } }, key));
  }
});
