/**
 * The unit of the tree: sixteen slots. A slot is empty, a bucket of up to four leaves, or a child node. A subtree with up
 * to four leaves is always a bucket in its parent: most leaves then need no node of their own, and the shape depends on
 * the keys alone, not on history.
 *
 * Bytes: u8 format, sixteen nibbles of slot kinds (0 empty, 1..4 leaves, 15 child), then the slots in order: a child is
 * its locator (8 bytes) and hash (32), a leaf u16 length of the key, key, SHA-256 of the value. Hashes of keys are not
 * stored: they follow from the keys, which absence proofs need.
 */
import { invariant } from "../core/invariant.ts";
import { HASH_BYTES, innerHashAt, innerHashView, leafHashView, PLACEHOLDER, sha256View } from "./_hash.ts";
import { LOCATOR_BYTES } from "./keys.ts";

export const SLOTS = 16;
/** Leaves of a subtree that stays inside its parent. */
export const BUCKET_LEAVES_MAX = 4;
/** Slot kind of a child node. */
export const CHILD = 15;
/** The format byte of a whole node. */
export const FORMAT_WHOLE = 1;
export const HEADER_BYTES = 9;
const CHILD_BYTES = LOCATOR_BYTES + HASH_BYTES;
/** Bytes of the 31 hashes of a node, counted from position 0. */
export const HASHES_BYTES = 2 * SLOTS * HASH_BYTES;

export interface Leaf {
  readonly key: Uint8Array;
  readonly keyHash: Uint8Array;
  readonly valueHash: Uint8Array;
}

/** A child as its parent knows it. */
export interface ChildRef {
  /** Where its record is. */
  readonly locator: Uint8Array;
  readonly hash: Uint8Array;
}

/** Where a node is stored: whole, or as what changed since a whole record. */
export interface StoredAt {
  readonly locator: Uint8Array;
  /** The whole record; the same as `locator` when the node is stored whole. */
  readonly base: Uint8Array;
  /** The slots that changed since the whole record, a bit each. */
  readonly mask: number;
}

/**
 * A node in memory: its bytes, and the 31 hashes of the binary tree it stands for (position 1 is the node, 16 + s is
 * slot s), so that a change costs one hash per binary level. The resident tree changes its nodes in place.
 */
export class TreeNode {
  /** Children that are resident, by slot. */
  children: (TreeNode | undefined)[] | undefined;
  /** When it was last used, see Residency. */
  generation = 0;

  constructor(
    public bytes: Uint8Array,
    public layout: Layout,
    readonly hashes: Uint8Array,
    public stored: StoredAt,
  ) {}

  /** What it occupies in memory, objects included, in bytes. */
  get cost(): number {
    return this.bytes.length + this.hashes.length + 800;
  }
}

/** Where the slots of a node are. */
export interface Layout {
  readonly kinds: Uint8Array;
  /** Offset of each slot; the seventeenth is the end. Sixteen bits hold 64 leaves with the longest keys. */
  readonly offsets: Uint16Array;
}

export function layoutOf(bytes: Uint8Array): Layout {
  invariant(bytes[0] === FORMAT_WHOLE, `read a tree node: format ${bytes[0]}`);
  const kinds = new Uint8Array(SLOTS);
  const offsets = new Uint16Array(SLOTS + 1);
  let at = HEADER_BYTES;
  for (let slot = 0; slot < SLOTS; slot++) {
    offsets[slot] = at;
    const kind = (bytes[1 + (slot >> 1)]! >> ((slot & 1) === 0 ? 4 : 0)) & 15;
    kinds[slot] = kind;
    at = slotEnd(bytes, at, kind);
  }
  offsets[SLOTS] = at;
  invariant(at === bytes.length, `read a tree node: ${bytes.length} bytes where its slots end at ${at}`);
  return { kinds, offsets };
}

/** Where the slot that begins at `at` ends. */
export function slotEnd(bytes: Uint8Array, at: number, kind: number): number {
  if (kind === CHILD) return at + CHILD_BYTES;
  for (let i = 0; i < kind; i++) at += 2 + (bytes[at]! << 8 | bytes[at + 1]!) + HASH_BYTES;
  return at;
}

/** The child in `slot`, which must be one; views into the node. */
export function childAt(bytes: Uint8Array, layout: Layout, slot: number): ChildRef {
  const at = layout.offsets[slot]!;
  const hashAt = at + LOCATOR_BYTES;
  return { locator: bytes.subarray(at, hashAt), hash: bytes.subarray(hashAt, at + CHILD_BYTES) };
}

/** The leaves in `slot` in order of their key hashes; views into the node, and hashes not to be kept for long. */
export function leavesAt(bytes: Uint8Array, layout: Layout, slot: number): Leaf[] {
  const leaves: Leaf[] = [];
  let at = layout.offsets[slot]!;
  for (let i = layout.kinds[slot]!; i > 0; i--) {
    const end = at + 2 + (bytes[at]! << 8 | bytes[at + 1]!);
    const key = bytes.subarray(at + 2, end);
    leaves.push({ key, keyHash: sha256View(key), valueHash: bytes.subarray(end, end + HASH_BYTES) });
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

/** The dirty slots and all positions above them, a bit each (16 + s for slot s). */
export function positionsAbove(dirtySlots: number): number {
  let dirty = dirtySlots << SLOTS;
  for (let at = SLOTS - 1; at > 0; at--) if (((dirty >>> 2 * at) & 3) !== 0) dirty |= 1 << at;
  return dirty;
}

/**
 * Recomputes the inner positions above the dirty slots. An empty subtree is the placeholder, one with a single leaf is
 * that leaf (jmt src/node_type.rs `merkle_hash`).
 */
export function rehash(hashes: Uint8Array, kinds: Uint8Array, dirtySlots: number): void {
  const counts = countsOf(kinds);
  const dirty = positionsAbove(dirtySlots);
  for (let at = SLOTS - 1; at > 0; at--) {
    const left = 2 * at;
    const right = left + 1;
    if ((dirty >>> at & 1) === 0) continue;
    if (counts[left] === 0 && counts[right]! < 2) copyHash(hashes, at, right);
    else if (counts[right] === 0 && counts[left]! < 2) copyHash(hashes, at, left);
    else innerHashAt(hashes, at, left);
  }
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

/** The hashes of a node at `depth`, computed anew. */
export function hashesOf(bytes: Uint8Array, layout: Layout, depth: number): Uint8Array {
  const hashes = new Uint8Array(HASHES_BYTES);
  for (let slot = 0; slot < SLOTS; slot++) {
    const kind = layout.kinds[slot]!;
    let hash = PLACEHOLDER;
    if (kind === CHILD) hash = childAt(bytes, layout, slot).hash;
    else if (kind > 0) hash = subtreeHash(leavesAt(bytes, layout, slot), 0, kind, 4 * (depth + 1));
    hashes.set(hash, (SLOTS + slot) * HASH_BYTES);
  }
  rehash(hashes, layout.kinds, 0xffff);
  return hashes;
}

/** What becomes of a slot: undefined leaves it as it is; an empty list empties it. */
export type SlotChange = readonly Leaf[] | ChildRef | undefined;

/** Whether a slot change is a child. */
export const isChild = (change: readonly Leaf[] | ChildRef): change is ChildRef => "locator" in change;

/** The kind of a changed slot, and the bytes it takes. */
export const kindOf = (change: readonly Leaf[] | ChildRef): number => isChild(change) ? CHILD : change.length;

export function sizeOf(change: readonly Leaf[] | ChildRef): number {
  if (isChild(change)) return CHILD_BYTES;
  let size = 0;
  for (const leaf of change) size += 2 + leaf.key.length + HASH_BYTES;
  return size;
}

/** Writes a slot to `out` from `at` on; returns where it ends. */
export function writeSlot(change: readonly Leaf[] | ChildRef, out: Uint8Array, at: number): number {
  if (isChild(change)) {
    out.set(change.locator, at);
    out.set(change.hash, at + LOCATOR_BYTES);
    return at + CHILD_BYTES;
  }
  for (const leaf of change) {
    const { length } = leaf.key;
    out[at] = length >> 8;
    out[at + 1] = length & 0xff;
    out.set(leaf.key, at + 2);
    out.set(leaf.valueHash, at + 2 + length);
    at += 2 + length + HASH_BYTES;
  }
  return at;
}

/** Writes the kinds of sixteen slots from `at` on, a nibble each. */
export function writeKinds(kinds: Uint8Array, out: Uint8Array, at: number): void {
  for (let slot = 0; slot < SLOTS; slot += 2) out[at + (slot >> 1)] = kinds[slot]! << 4 | kinds[slot + 1]!;
}
