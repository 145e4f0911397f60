/**
 * CometBFT's simple Merkle tree: leaves and inner nodes hashed as in RFC 6962 (prefixes 0 and 1), split at the largest
 * power of two below the number of leaves.
 * @module
 */
import type { Proof } from "cosmjs-types/tendermint/crypto/proof";
import { equalBytes } from "../bytes.ts";
import { sha256, sha256Transient } from "../crypto/mod.ts";
import type { Work } from "../work.ts";

/** The root of no leaves: SHA-256 of nothing. Copy before changing. */
export const EMPTY_ROOT: Uint8Array = sha256(new Uint8Array());

/** Longest path taken from a peer (CometBFT `MaxAunts`). */
const AUNTS_MAX = 100;

/** 0x01 ‖ left ‖ right of the inner node being hashed. Reused: hashing reads it before anything else can run. */
const inner = new Uint8Array(65);
inner[0] = 1;

function innerTransient(left: Uint8Array, right: Uint8Array): Uint8Array {
  inner.set(left, 1);
  inner.set(right, 33);
  return sha256Transient(inner);
}

/** 0x00 ‖ leaf, for leaves that are hashes themselves. Reused as `inner` is. */
const hashLeaf = new Uint8Array(33);

function leafBytes(leaf: Uint8Array): Uint8Array {
  if (leaf.length === 32) {
    hashLeaf.set(leaf, 1);
    return hashLeaf;
  }
  const bytes = new Uint8Array(1 + leaf.length);
  bytes.set(leaf, 1);
  return bytes;
}

/** RFC 6962 §2.1: SHA-256(0x00 ‖ leaf). */
export function leafHash(leaf: Uint8Array): Uint8Array {
  return sha256(leafBytes(leaf));
}

/** RFC 6962 §2.1: SHA-256(0x01 ‖ left ‖ right), of two hashes of 32 bytes. */
export function innerHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return innerTransient(left, right).slice();
}

/** The largest power of two below `count`, which is at least 2. Not with bit operations: `count` may pass 2^32. */
function splitPoint(count: number): number {
  let split = 1;
  while (split * 2 < count) split *= 2;
  return split;
}

function rootOfHashes(hashes: readonly Uint8Array[], from: number, to: number): Uint8Array {
  if (to - from === 1) return hashes[from]!;
  const middle = from + splitPoint(to - from);
  return innerTransient(rootOfHashes(hashes, from, middle), rootOfHashes(hashes, middle, to));
}

/** The root (32 bytes) of `leaves` in their order. */
export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return EMPTY_ROOT.slice();
  return rootOfHashes(leaves.map((leaf) => sha256Transient(leafBytes(leaf))), 0, leaves.length).slice();
}

/** Hashes between two pauses: about half a millisecond. */
const PAUSE_HASHES = 500;
const PAUSE = { type: "pause" } as const;

/**
 * As {@linkcode merkleRoot}, of leaves made one by one, with pauses. Level by level: to pair neighbours and carry an odd
 * last one up gives the same tree as splitting at powers of two.
 */
export function* merkleRootWork<T>(
  items: readonly T[],
  leafOf: (item: T) => Uint8Array,
  pauseHashes: number = PAUSE_HASHES,
): Work<Uint8Array> {
  if (items.length === 0) return EMPTY_ROOT.slice();
  let hashed = 0;
  const due = () => ++hashed % pauseHashes === 0;
  let level: Uint8Array[] = [];
  for (const item of items) {
    level.push(sha256Transient(leafBytes(leafOf(item))));
    if (due()) yield PAUSE;
  }
  while (level.length > 1) {
    const above: Uint8Array[] = [];
    for (let i = 0; i + 1 < level.length; i += 2) {
      above.push(innerTransient(level[i]!, level[i + 1]!));
      if (due()) yield PAUSE;
    }
    if (level.length % 2 === 1) above.push(level[level.length - 1]!);
    level = above;
  }
  return level[0]!.slice();
}

/** The root and the proof of every leaf, each node hashed once. */
export function merkleProofs(leaves: readonly Uint8Array[]): { root: Uint8Array; proofs: Proof[] } {
  const total = BigInt(leaves.length);
  const proofs = leaves.map((leaf, i): Proof => ({ total, index: BigInt(i), leafHash: leafHash(leaf), aunts: [] }));
  const walk = (from: number, to: number): Uint8Array => {
    if (to - from === 1) return proofs[from]!.leafHash;
    const middle = from + splitPoint(to - from);
    const left = walk(from, middle);
    const right = walk(middle, to);
    for (let i = from; i < to; i++) proofs[i]!.aunts.push(i < middle ? right : left);
    return innerHash(left, right);
  };
  return { root: leaves.length === 0 ? EMPTY_ROOT.slice() : walk(0, leaves.length), proofs };
}

/**
 * The proof that `leaves[index]` is under the root, as `tendermint.crypto.Proof`: aunts from the leaf's sibling up.
 * Throws RangeError when there is no such leaf.
 */
export function merkleProof(leaves: readonly Uint8Array[], index: number): Proof {
  const proof = Number.isInteger(index) && index >= 0 ? merkleProofs(leaves).proofs[index] : undefined;
  if (proof === undefined) throw new RangeError(`prove a leaf: index ${index} of ${leaves.length}`);
  return proof;
}

/** True when `proof` shows `leaf` at its index under `root`. Takes anything from a peer; never throws. */
export function verifyMerkleProof(root: Uint8Array, proof: Proof, leaf: Uint8Array): boolean {
  const { total, index, aunts } = proof;
  if (index < 0n || index >= total || total > BigInt(Number.MAX_SAFE_INTEGER) || aunts.length > AUNTS_MAX) return false;
  const hash = leafHash(leaf);
  if (!equalBytes(hash, proof.leafHash)) return false;
  const computed = rootFromAunts(Number(index), Number(total), hash, aunts);
  return computed !== undefined && equalBytes(computed, root);
}

/** For each step from leaf `index` of `total` up to the root: is the node so far the left child? */
export function pathSides(index: number, total: number): boolean[] {
  const sides: boolean[] = [];
  let at = index;
  let count = total;
  while (count > 1) {
    const split = splitPoint(count);
    const isLeft = at < split;
    sides.push(isLeft);
    if (!isLeft) at -= split;
    count = isLeft ? split : count - split;
  }
  return sides.reverse();
}

function rootFromAunts(
  index: number,
  total: number,
  hash: Uint8Array,
  aunts: readonly Uint8Array[],
): Uint8Array | undefined {
  const sides = pathSides(index, total);
  if (sides.length !== aunts.length) return undefined;
  let current = hash;
  for (let i = 0; i < aunts.length; i++) {
    const aunt = aunts[i]!;
    if (aunt.length !== 32) return undefined;
    current = sides[i] ? innerHash(current, aunt) : innerHash(aunt, current);
  }
  return current;
}
