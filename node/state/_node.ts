/**
 * The storage unit of the tree: sixteen slots. A slot is empty, a bucket of up to four leaves, or a child node. A subtree
 * with up to four leaves is always a bucket in its parent: most leaves then need no node of their own, a node stays near
 * 1 KB (SQLite's inline limit), and the shape depends on the keys alone, not on history.
 *
 * Bytes: u8 format, sixteen nibbles of slot kinds (0 empty, 1..4 leaves, 15 child), then the slots in order: a child is
 * its version (u64) and hash (32), a leaf u16 length of the key, key, SHA-256 of the value. Hashes of keys are not stored:
 * they follow from the keys, which absence proofs need.
 */
import { invariant } from "../core/invariant.ts";
import { HASH_BYTES, innerHashAt, innerHashView, leafHashView, PLACEHOLDER, sha256Into } from "./_hash.ts";

export const SLOTS = 16;
/** Leaves of a subtree that stays inside its parent. */
export const BUCKET_LEAVES_MAX = 4;
/** Slot kind of a child node. */
export const CHILD = 15;
const FORMAT = 1;
const HEADER_BYTES = 9;
const CHILD_BYTES = 8 + HASH_BYTES;

export interface Leaf {
  readonly key: Uint8Array;
  readonly keyHash: Uint8Array;
  readonly valueHash: Uint8Array;
}

/** A child as its parent knows it. */
export interface ChildRef {
  /** u64, the version that wrote it. */
  readonly version: Uint8Array;
  readonly hash: Uint8Array;
}

/**
 * A node in memory: its bytes, and the 31 hashes of the binary tree it stands for (position 1 is the node, 16 + s is
 * slot s), so that a change costs one hash per binary level. Immutable once built.
 */
export interface TreeNode {
  readonly bytes: Uint8Array;
  readonly hashes: Uint8Array;
}

/** Where the slots of a node are. */
export interface Layout {
  readonly kinds: Uint8Array;
  /** Offset of each slot; the seventeenth is the end. Sixteen bits hold 64 leaves with the longest keys. */
  readonly offsets: Uint16Array;
}

/** Bytes a node occupies in a cache, objects included. */
export const nodeCost = (node: TreeNode): number => node.bytes.length + node.hashes.length + 400;

export function layoutOf(bytes: Uint8Array): Layout {
  invariant(bytes[0] === FORMAT, `read a tree node: format ${bytes[0]}`);
  const kinds = new Uint8Array(SLOTS);
  const offsets = new Uint16Array(SLOTS + 1);
  let at = HEADER_BYTES;
  for (let slot = 0; slot < SLOTS; slot++) {
    offsets[slot] = at;
    const kind = (bytes[1 + (slot >> 1)]! >> ((slot & 1) === 0 ? 4 : 0)) & 15;
    kinds[slot] = kind;
    if (kind === CHILD) at += CHILD_BYTES;
    else for (let i = 0; i < kind; i++) at += 2 + (bytes[at]! << 8 | bytes[at + 1]!) + HASH_BYTES;
  }
  offsets[SLOTS] = at;
  invariant(at === bytes.length, `read a tree node: ${bytes.length} bytes where its slots end at ${at}`);
  return { kinds, offsets };
}

/** The child in `slot`, which must be one; views into the node. */
export function childAt(bytes: Uint8Array, layout: Layout, slot: number): ChildRef {
  const at = layout.offsets[slot]!;
  return { version: bytes.subarray(at, at + 8), hash: bytes.subarray(at + 8, at + CHILD_BYTES) };
}

/** The leaves in `slot` in order of their key hashes; views into the node. */
export function leavesAt(bytes: Uint8Array, layout: Layout, slot: number): Leaf[] {
  const leaves: Leaf[] = [];
  let at = layout.offsets[slot]!;
  for (let i = layout.kinds[slot]!; i > 0; i--) {
    const end = at + 2 + (bytes[at]! << 8 | bytes[at + 1]!);
    const key = bytes.subarray(at + 2, end);
    const keyHash = new Uint8Array(HASH_BYTES);
    sha256Into(key, keyHash, 0);
    leaves.push({ key, keyHash, valueHash: bytes.subarray(end, end + HASH_BYTES) });
    at = end + HASH_BYTES;
  }
  return leaves;
}

/** Leaves under each position, counted up to two: that is what decides whether a subtree collapses into its leaf. */
export function countsOf(kinds: Uint8Array): Uint8Array {
  const counts = new Uint8Array(2 * SLOTS);
  for (let slot = 0; slot < SLOTS; slot++) counts[SLOTS + slot] = kinds[slot]! < 2 ? kinds[slot]! : 2;
  for (let at = SLOTS - 1; at > 0; at--) {
    const sum = counts[2 * at]! + counts[2 * at + 1]!;
    counts[at] = sum < 2 ? sum : 2;
  }
  return counts;
}

/**
 * Recomputes the inner positions above the dirty ones (a bit per position, 16 + s for slot s). An empty subtree is the
 * placeholder, one with a single leaf is that leaf (jmt src/node_type.rs `merkle_hash`). Returns the hashes computed.
 */
function rehash(hashes: Uint8Array, kinds: Uint8Array, dirtySlots: number): number {
  const counts = countsOf(kinds);
  let dirty = dirtySlots << SLOTS;
  let work = 0;
  for (let at = SLOTS - 1; at > 0; at--) {
    const left = 2 * at;
    const right = left + 1;
    if (((dirty >>> left) & 3) === 0) continue;
    dirty |= 1 << at;
    if (counts[left] === 0 && counts[right]! < 2) copyHash(hashes, at, right);
    else if (counts[right] === 0 && counts[left]! < 2) copyHash(hashes, at, left);
    else {
      innerHashAt(hashes, at, left, right);
      work++;
    }
  }
  return work;
}

function copyHash(hashes: Uint8Array, to: number, from: number): void {
  hashes.copyWithin(to * HASH_BYTES, from * HASH_BYTES, (from + 1) * HASH_BYTES);
}

const bit = (hash: Uint8Array, at: number) => (hash[at >> 3]! >> (7 - (at & 7))) & 1;

/** The first index in [from, to) of sorted leaves whose hash has bit `at` set. */
export function splitAt(leaves: readonly Leaf[], from: number, to: number, at: number): number {
  let middle = from;
  while (middle < to && bit(leaves[middle]!.keyHash, at) === 0) middle++;
  return middle;
}

/** The hash of the subtree of these sorted leaves, whose hashes agree in their first `depthBits` bits. */
export function subtreeHash(leaves: readonly Leaf[], from: number, to: number, depthBits: number): Uint8Array {
  if (from === to) return PLACEHOLDER;
  if (to - from === 1) return leafHashView(leaves[from]!.keyHash, leaves[from]!.valueHash);
  const middle = splitAt(leaves, from, to, depthBits);
  const left = subtreeHash(leaves, from, middle, depthBits + 1);
  return innerHashView(left, subtreeHash(leaves, middle, to, depthBits + 1));
}

/** A node from storage, its hashes computed anew. */
export function nodeFromBytes(bytes: Uint8Array, depth: number): TreeNode {
  const layout = layoutOf(bytes);
  const hashes = new Uint8Array(2 * SLOTS * HASH_BYTES);
  for (let slot = 0; slot < SLOTS; slot++) {
    const kind = layout.kinds[slot]!;
    let hash = PLACEHOLDER;
    if (kind === CHILD) hash = childAt(bytes, layout, slot).hash;
    else if (kind > 0) hash = subtreeHash(leavesAt(bytes, layout, slot), 0, kind, 4 * (depth + 1));
    hashes.set(hash, (SLOTS + slot) * HASH_BYTES);
  }
  rehash(hashes, layout.kinds, 0xffff);
  return { bytes, hashes };
}

/** What becomes of a slot: undefined leaves it as it is; an empty list empties it. */
export type SlotChange = readonly Leaf[] | ChildRef | undefined;

/** Whether a slot change is a child. */
export const isChild = (change: readonly Leaf[] | ChildRef): change is ChildRef => "version" in change;

/** `old` with some slots changed: the new node and the number of hashes it took. `depth` is the node's own. */
export function rebuildNode(
  old: TreeNode | undefined,
  oldLayout: Layout | undefined,
  changes: readonly SlotChange[],
  depth: number,
): { node: TreeNode; work: number } {
  const kinds = new Uint8Array(SLOTS);
  let size = HEADER_BYTES;
  for (let slot = 0; slot < SLOTS; slot++) {
    const change = changes[slot];
    if (change === undefined) {
      if (oldLayout === undefined) continue;
      kinds[slot] = oldLayout.kinds[slot]!;
      size += oldLayout.offsets[slot + 1]! - oldLayout.offsets[slot]!;
    } else if (isChild(change)) {
      kinds[slot] = CHILD;
      size += CHILD_BYTES;
    } else {
      kinds[slot] = change.length;
      for (const leaf of change) size += 2 + leaf.key.length + HASH_BYTES;
    }
  }
  const bytes = new Uint8Array(size);
  writeNode(bytes, kinds, old, oldLayout, changes);
  return hashNode(bytes, kinds, old, changes, depth);
}

function writeNode(
  bytes: Uint8Array,
  kinds: Uint8Array,
  old: TreeNode | undefined,
  oldLayout: Layout | undefined,
  changes: readonly SlotChange[],
): void {
  bytes[0] = FORMAT;
  let at = HEADER_BYTES;
  for (let slot = 0; slot < SLOTS; slot++) {
    bytes[1 + (slot >> 1)]! |= kinds[slot]! << ((slot & 1) === 0 ? 4 : 0);
    const change = changes[slot];
    if (change === undefined) {
      if (old === undefined || oldLayout === undefined) continue;
      bytes.set(old.bytes.subarray(oldLayout.offsets[slot]!, oldLayout.offsets[slot + 1]!), at);
      at += oldLayout.offsets[slot + 1]! - oldLayout.offsets[slot]!;
    } else if (isChild(change)) {
      bytes.set(change.version, at);
      bytes.set(change.hash, at + 8);
      at += CHILD_BYTES;
    } else {
      for (const leaf of change) {
        bytes[at] = leaf.key.length >> 8;
        bytes[at + 1] = leaf.key.length & 0xff;
        bytes.set(leaf.key, at + 2);
        bytes.set(leaf.valueHash, at + 2 + leaf.key.length);
        at += 2 + leaf.key.length + HASH_BYTES;
      }
    }
  }
}

function hashNode(
  bytes: Uint8Array,
  kinds: Uint8Array,
  old: TreeNode | undefined,
  changes: readonly SlotChange[],
  depth: number,
): { node: TreeNode; work: number } {
  const hashes = old === undefined ? new Uint8Array(2 * SLOTS * HASH_BYTES) : old.hashes.slice();
  let dirty = 0;
  let work = 0;
  for (let slot = 0; slot < SLOTS; slot++) {
    const change = changes[slot];
    if (change === undefined && old !== undefined) continue;
    dirty |= 1 << slot;
    let hash = PLACEHOLDER;
    if (change !== undefined && isChild(change)) hash = change.hash;
    else if (change !== undefined && change.length > 0) {
      hash = subtreeHash(change, 0, change.length, 4 * (depth + 1));
      work += 2 * change.length;
    }
    hashes.set(hash, (SLOTS + slot) * HASH_BYTES);
  }
  return { node: { bytes, hashes }, work: work + rehash(hashes, kinds, dirty) };
}
