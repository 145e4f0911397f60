/** One version's changes to a tree: what is written, and what the resident nodes become when it is adopted. */
import { invariant } from "../core/invariant.ts";
import type { Work } from "../core/work.ts";
import { HASH_BYTES, PLACEHOLDER } from "./_hash.ts";
import {
  BUCKET_LEAVES_MAX,
  CHILD,
  type ChildRef,
  FORMAT_WHOLE,
  HASHES_BYTES,
  HEADER_BYTES,
  isChild,
  kindOf,
  type Layout,
  layoutOf,
  type Leaf,
  leavesAt,
  rehash,
  sizeOf,
  type SlotChange,
  SLOTS,
  type StoredAt,
  subtreeHash,
  TreeNode,
  writeKinds,
  writeSlot,
} from "./_node.ts";
import { PackWriter, type Placed } from "./_pack.ts";
import { applyInPlace, differenceSize, writeDifference } from "./_record.ts";
import type { Residency } from "./_residency.ts";
import { mergeLeaves, nibbleOf, runEnd, type SortedChanges } from "./_sorted_changes.ts";
import { RECORD_ID_BYTES_MAX, writeRecordId } from "./keys.ts";

/** Hashes between two pauses: about two milliseconds. */
const PAUSE_HASHES = 2_000;
/** A node has at most 64 leaves with the longest keys. */
const NODE_BYTES_MAX = 64 * 1024;
const STALE_SLAB_BYTES = 16 * 1024;

/** A node that this version built or, when it may not stay resident, only wrote. */
interface Built extends ChildRef {
  readonly node: TreeNode | undefined;
}

const isBuilt = (change: SlotChange): change is Built => change !== undefined && "node" in change;

/** What an old node becomes. */
interface Replacement {
  readonly node: TreeNode;
  readonly stored: StoredAt;
  readonly placed: Placed;
  /** The record's length; 0 when the bytes are in `reshaped`. */
  readonly length: number;
  readonly whole: boolean;
  /** The new hashes: a bit for each position, and where they begin in the log of hashes. */
  readonly positions: number;
  readonly hashesAt: number;
  /** New bytes, layout and children when the slots are not where they were. */
  readonly reshaped: { readonly bytes: Uint8Array; readonly layout: Layout; readonly slots: SlotChange[] } | undefined;
}

export class Updater {
  readonly packs: PackWriter;
  readonly stale: Uint8Array[] = [];
  readonly #replaced: Replacement[] = [];
  /** Nodes as they become, one at a time. */
  readonly #bytes = new Uint8Array(NODE_BYTES_MAX);
  readonly #hashes = new Uint8Array(HASHES_BYTES);
  #hashLog = new Uint8Array(64 * 1024);
  #hashLogAt = 0;
  #staleIds = new Uint8Array(STALE_SLAB_BYTES);
  #staleIdsAt = 0;
  #work = 0;
  #builtBytes = 0;

  constructor(store: string, version: bigint, readonly changes: SortedChanges, readonly residency: Residency) {
    this.packs = new PackWriter(store, version);
  }

  /** Applies the changes [from, to) to an old node, whose touched children are resident. */
  *update(old: TreeNode, depth: number, from: number, to: number): Work<SlotChange> {
    const slots: SlotChange[] = new Array(SLOTS);
    let dirty = 0;
    for (let at = from; at < to;) {
      const slot = nibbleOf(this.changes, at, depth);
      const end = runEnd(this.changes, at, to, depth, slot);
      const child = old.layout.kinds[slot] === CHILD ? old.children?.[slot] : undefined;
      invariant(child !== undefined || old.layout.kinds[slot] !== CHILD, "update a tree: a node is not resident");
      slots[slot] = child !== undefined
        ? yield* this.update(child, depth + 1, at, end)
        : yield* this.#fill(leavesAt(old.bytes, old.layout, slot), depth + 1, at, end);
      if (slots[slot] !== undefined) dirty |= 1 << slot;
      at = end;
    }
    if (dirty === 0) return undefined;
    const keyHash = this.#hashOfChange(from);
    const few = fewLeaves(old, slots);
    if (few !== undefined && (depth > 0 || few.length === 0)) {
      this.#drop(old.stored, true, depth, keyHash);
      return few;
    }
    const ref = this.#replace(old, slots, dirty, depth, keyHash);
    if (this.#work >= PAUSE_HASHES) {
      this.#work = 0;
      yield { type: "pause" };
    }
    return ref;
  }

  /** The root of a tree that was empty. */
  *build(): Work<SlotChange> {
    const built = yield* this.#build([], 0, 0, this.changes.count);
    return built !== undefined && !isChild(built) && built.length === 0 ? undefined : built;
  }

  /** Applies the changes [from, to) to a subtree that had no node. */
  *#fill(leaves: readonly Leaf[], depth: number, from: number, to: number): Work<SlotChange> {
    if (leaves.length + to - from <= 2 * BUCKET_LEAVES_MAX) {
      const merged = mergeLeaves(leaves, this.changes, from, to);
      if (merged === leaves) return undefined;
      return merged.length <= BUCKET_LEAVES_MAX ? merged : yield* this.#build(merged, depth, to, to);
    }
    return yield* this.#build(leaves, depth, from, to);
  }

  /** A new node out of sorted leaves and changes. */
  *#build(leaves: readonly Leaf[], depth: number, from: number, to: number): Work<SlotChange> {
    const slots: SlotChange[] = new Array(SLOTS);
    let taken = 0;
    let at = from;
    for (let slot = 0; slot < SLOTS; slot++) {
      const first = taken;
      while (taken < leaves.length && nibble(leaves[taken]!.keyHash, depth) === slot) taken++;
      const own = leaves.slice(first, taken);
      const end = runEnd(this.changes, at, to, depth, slot);
      if (own.length > 0 || end > at) {
        const filled = own.length > BUCKET_LEAVES_MAX
          ? yield* this.#build(own, depth + 1, at, end)
          : yield* this.#fill(own, depth + 1, at, end);
        slots[slot] = filled ?? own;
      }
      at = end;
    }
    const few = fewLeaves(undefined, slots);
    if (few !== undefined && (depth > 0 || few.length === 0)) return few;
    const built = this.#new(slots, depth, leaves[0]?.keyHash ?? this.#hashOfChange(from));
    if (this.#work >= PAUSE_HASHES) {
      this.#work = 0;
      yield { type: "pause" };
    }
    return built;
  }

  /** Writes an old node as it becomes; the node itself stays as it is until {@linkcode Updater.adopt}. */
  #replace(old: TreeNode, slots: SlotChange[], dirty: number, depth: number, keyHash: Uint8Array): ChildRef {
    const same = this.#composeInPlace(old, slots);
    const layout = same ? old.layout : this.#compose(old, slots);
    this.#hashes.set(old.hashes);
    const positions = this.#hashSlots(slots, layout, dirty, depth);
    const mask = old.stored.mask | dirty;
    const length = depth === 0 ? 0 : differenceSize(layout, mask);
    const whole = length === 0;
    const placed = whole
      ? this.#placeWhole(layout, depth, keyHash)
      : this.packs.add(depth, keyHash, length, (out, at) => {
        writeDifference(this.#bytes, layout, old.stored.base, mask, out, at);
      });
    this.#drop(old.stored, whole, depth, keyHash);
    const { locator } = placed;
    const stored = whole ? { locator, base: locator, mask: 0 } : { locator, base: old.stored.base, mask };
    const hashesAt = this.#logHashes(positions);
    const reshaped = same ? undefined : { bytes: this.#bytes.slice(0, layout.offsets[SLOTS]), layout, slots };
    this.#replaced.push({ node: old, stored, placed, length, whole, positions, hashesAt, reshaped });
    // Position 1, the node's own hash, comes first.
    return { locator, hash: this.#hashLog.subarray(hashesAt, hashesAt + HASH_BYTES) };
  }

  /** The records of a node that has a new one; its whole record stays while the new one is a difference. */
  #drop(stored: StoredAt, whole: boolean, depth: number, keyHash: Uint8Array): void {
    if (stored.mask !== 0) this.#pushStale(stored.locator, depth, keyHash);
    if (whole) this.#pushStale(stored.base, depth, keyHash);
  }

  /** Ids are views of slabs: thousands of small arrays would cost more than the hashing. */
  #pushStale(locator: Uint8Array, depth: number, keyHash: Uint8Array): void {
    if (this.#staleIdsAt + RECORD_ID_BYTES_MAX > this.#staleIds.length) {
      this.#staleIds = new Uint8Array(STALE_SLAB_BYTES);
      this.#staleIdsAt = 0;
    }
    const end = writeRecordId(locator, depth, keyHash, this.#staleIds, this.#staleIdsAt);
    this.stale.push(this.#staleIds.subarray(this.#staleIdsAt, end));
    this.#staleIdsAt = end;
  }

  #new(slots: SlotChange[], depth: number, keyHash: Uint8Array): Built {
    const layout = this.#compose(undefined, slots);
    this.#hashSlots(slots, layout, 0xffff, depth);
    const { locator } = this.#placeWhole(layout, depth, keyHash);
    const hash = this.#hashes.slice(HASH_BYTES, 2 * HASH_BYTES);
    if (this.#builtBytes > this.residency.bytesMax) return { locator, hash, node: undefined };
    const bytes = this.#bytes.slice(0, layout.offsets[SLOTS]);
    const node = new TreeNode(bytes, layout, this.#hashes.slice(), { locator, base: locator, mask: 0 });
    this.#builtBytes += node.cost;
    if (slots.some(isBuilt)) node.children = slots.map((slot) => isBuilt(slot) ? slot.node : undefined);
    return { locator, hash, node };
  }

  #placeWhole(layout: Layout, depth: number, keyHash: Uint8Array): Placed {
    const size = layout.offsets[SLOTS]!;
    const write = (out: Uint8Array, at: number) => out.set(this.#bytes.subarray(0, size), at);
    return depth === 0 ? this.packs.addRoot(size, write) : this.packs.add(depth, keyHash, size, write);
  }

  /** The new bytes when every slot keeps its kind and size; else nothing to rely on. */
  #composeInPlace(old: TreeNode, slots: readonly SlotChange[]): boolean {
    const { kinds, offsets } = old.layout;
    for (let slot = 0; slot < SLOTS; slot++) {
      const change = slots[slot];
      if (change === undefined) continue;
      if (kindOf(change) !== kinds[slot] || sizeOf(change) !== offsets[slot + 1]! - offsets[slot]!) return false;
    }
    this.#bytes.set(old.bytes);
    for (let slot = 0; slot < SLOTS; slot++) {
      const change = slots[slot];
      if (change !== undefined) writeSlot(change, this.#bytes, offsets[slot]!);
    }
    return true;
  }

  /** The new bytes, and where their slots are. */
  #compose(old: TreeNode | undefined, slots: readonly SlotChange[]): Layout {
    const kinds = new Uint8Array(SLOTS);
    const bytes = this.#bytes;
    let at = HEADER_BYTES;
    for (let slot = 0; slot < SLOTS; slot++) {
      const change = slots[slot];
      if (change !== undefined) {
        kinds[slot] = kindOf(change);
        at = writeSlot(change, bytes, at);
      } else if (old !== undefined) {
        const { offsets } = old.layout;
        kinds[slot] = old.layout.kinds[slot]!;
        bytes.set(old.bytes.subarray(offsets[slot]!, offsets[slot + 1]!), at);
        at += offsets[slot + 1]! - offsets[slot]!;
      }
    }
    bytes[0] = FORMAT_WHOLE;
    writeKinds(kinds, bytes, 1);
    return layoutOf(bytes.subarray(0, at));
  }

  /** Hashes the dirty slots and what is above them; the positions that are new. */
  #hashSlots(slots: readonly SlotChange[], layout: Layout, dirty: number, depth: number): number {
    for (let slot = 0; slot < SLOTS; slot++) {
      if ((dirty >> slot & 1) === 0) continue;
      const change = slots[slot];
      let hash = PLACEHOLDER;
      if (change !== undefined && isChild(change)) hash = change.hash;
      else if (change !== undefined && change.length > 0) {
        hash = subtreeHash(change, 0, change.length, 4 * (depth + 1));
        this.#work += 2 * change.length;
      }
      this.#hashes.set(hash, (SLOTS + slot) * HASH_BYTES);
      this.#work += 3;
    }
    return rehash(this.#hashes, layout.kinds, dirty);
  }

  #logHashes(positions: number): number {
    const from = this.#hashLogAt;
    if (from + HASHES_BYTES > this.#hashLog.length) {
      const longer = new Uint8Array(2 * this.#hashLog.length);
      longer.set(this.#hashLog);
      this.#hashLog = longer;
    }
    for (let at = 1; at < 2 * SLOTS; at++) {
      if ((positions >>> at & 1) === 0) continue;
      this.#hashLog.set(this.#hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES), this.#hashLogAt);
      this.#hashLogAt += HASH_BYTES;
    }
    return from;
  }

  /** Makes the resident nodes those of this version. After `packs.finish()`, once. */
  adopt(): void {
    for (const replacement of this.#replaced) {
      const { node, placed, length, whole, reshaped } = replacement;
      node.stored = replacement.stored;
      if (reshaped !== undefined) reshape(node, reshaped, this.residency);
      else if (whole) {
        node.bytes.set(this.packs.packs[placed.pack]!.subarray(placed.at, placed.at + node.bytes.length));
      } else {
        applyInPlace(this.packs.packs[placed.pack]!.subarray(placed.at, placed.at + length), node.layout, node.bytes);
      }
      let from = replacement.hashesAt;
      for (let at = 1; at < 2 * SLOTS; at++) {
        if ((replacement.positions >>> at & 1) === 0) continue;
        node.hashes.set(this.#hashLog.subarray(from, from + HASH_BYTES), at * HASH_BYTES);
        from += HASH_BYTES;
      }
    }
  }

  #hashOfChange(index: number): Uint8Array {
    return this.changes.keyHashes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
  }
}

function reshape(node: TreeNode, to: Exclude<Replacement["reshaped"], undefined>, residency: Residency): void {
  node.bytes = to.bytes;
  node.layout = to.layout;
  to.slots.forEach((change, slot) => {
    if (isBuilt(change)) {
      node.children ??= new Array(SLOTS);
      node.children[slot] = change.node;
      if (change.node !== undefined) touchAll(change.node, residency);
    } else if (change !== undefined && !isChild(change) && node.children !== undefined) {
      node.children[slot] = undefined;
    }
  });
}

/** New nodes are in use. */
export function touchAll(node: TreeNode, residency: Residency): void {
  residency.touch(node);
  for (const child of node.children ?? []) if (child !== undefined) touchAll(child, residency);
}

const nibble = (hash: Uint8Array, depth: number) => (depth & 1) === 0 ? hash[depth >> 1]! >> 4 : hash[depth >> 1]! & 15;

/** All leaves of a node when a bucket can hold them; undefined when not. */
function fewLeaves(old: TreeNode | undefined, slots: readonly SlotChange[]): Leaf[] | undefined {
  let count = 0;
  for (let slot = 0; slot < SLOTS; slot++) {
    const change = slots[slot];
    const kind = change === undefined ? old?.layout.kinds[slot] ?? 0 : kindOf(change);
    count += kind === CHILD ? SLOTS : kind;
    if (count > BUCKET_LEAVES_MAX) return undefined;
  }
  const leaves: Leaf[] = [];
  for (let slot = 0; slot < SLOTS; slot++) {
    const change = slots[slot];
    if (change === undefined && old !== undefined) leaves.push(...leavesAt(old.bytes, old.layout, slot));
    else if (change !== undefined && !isChild(change)) leaves.push(...change);
  }
  return leaves;
}

/** The new root's node, if it is resident. */
export function rootNode(outcome: ChildRef, top: TreeNode | undefined): TreeNode | undefined {
  invariant(isChild(outcome), "update a tree: the root is not a node");
  return isBuilt(outcome) ? outcome.node : top;
}
