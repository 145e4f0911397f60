/** One version's changes to a tree: what is written, and what the resident nodes become. */
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
  positionsAbove,
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
import { differenceSize, writeDifference } from "./_record.ts";
import type { Residency } from "./_residency.ts";
import { mergeLeaves, nibbleOf, runEnd, type SortedChanges } from "./_sorted_changes.ts";
import type { UndoLog } from "./_undo.ts";
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

export class Updater {
  readonly packs: PackWriter;
  readonly stale: Uint8Array[] = [];
  /** A node or a slot as it becomes. */
  readonly #bytes = new Uint8Array(NODE_BYTES_MAX);
  #staleIds = new Uint8Array(STALE_SLAB_BYTES);
  #staleIdsAt = 0;
  #work = 0;
  #builtBytes = 0;

  constructor(
    store: string,
    version: bigint,
    readonly changes: SortedChanges,
    readonly residency: Residency,
    readonly undo: UndoLog,
  ) {
    this.packs = new PackWriter(store, version);
  }

  /** Applies the changes [from, to) to a node, whose touched children are resident, in place. */
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

  /** Changes a node in place, and writes it. */
  #replace(node: TreeNode, slots: SlotChange[], dirty: number, depth: number, keyHash: Uint8Array): ChildRef {
    const positions = positionsAbove(dirty);
    if (keepsLayout(node, slots)) {
      this.undo.save(node, dirty, positions);
      // Before the bytes change: leaves that stay are views of them.
      this.#hashSlots(slots, node.layout, node.hashes, dirty, depth);
      this.#patch(node, slots);
    } else {
      this.undo.saveShape(node, positions);
      this.#reshape(node, slots);
      this.#hashSlots(slots, node.layout, node.hashes, dirty, depth);
    }
    const { layout, stored } = node;
    const mask = stored.mask | dirty;
    const length = depth === 0 ? 0 : differenceSize(layout, mask);
    const whole = length === 0;
    const { locator } = whole
      ? this.#placeWhole(node.bytes, depth, keyHash)
      : this.packs.add(depth, keyHash, length, (out, at) => {
        writeDifference(node.bytes, layout, stored.base, mask, out, at);
      });
    this.#drop(stored, whole, depth, keyHash);
    node.stored = whole ? { locator, base: locator, mask: 0 } : { locator, base: stored.base, mask };
    return { locator, hash: node.hashes.subarray(HASH_BYTES, 2 * HASH_BYTES) };
  }

  /** New contents of slots, where the old ones were. */
  #patch(node: TreeNode, slots: readonly SlotChange[]): void {
    for (let slot = 0; slot < SLOTS; slot++) {
      const change = slots[slot];
      if (change === undefined) continue;
      // Not directly: leaves that stay are views of what would be overwritten.
      const end = writeSlot(change, this.#bytes, 0);
      node.bytes.set(this.#bytes.subarray(0, end), node.layout.offsets[slot]!);
    }
  }

  #reshape(node: TreeNode, slots: readonly SlotChange[]): void {
    node.layout = this.#compose(node, slots);
    node.bytes = this.#bytes.slice(0, node.layout.offsets[SLOTS]);
    for (let slot = 0; slot < SLOTS; slot++) {
      const change = slots[slot];
      if (isBuilt(change)) {
        node.children ??= new Array(SLOTS);
        node.children[slot] = change.node;
      } else if (change !== undefined && !isChild(change) && node.children !== undefined) {
        node.children[slot] = undefined;
      }
    }
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
    const bytes = this.#bytes.slice(0, layout.offsets[SLOTS]);
    const hashes = new Uint8Array(HASHES_BYTES);
    this.#hashSlots(slots, layout, hashes, 0xffff, depth);
    const { locator } = this.#placeWhole(bytes, depth, keyHash);
    const hash = hashes.subarray(HASH_BYTES, 2 * HASH_BYTES);
    if (this.#builtBytes > this.residency.bytesMax) return { locator, hash, node: undefined };
    const node = new TreeNode(bytes, layout, hashes, { locator, base: locator, mask: 0 });
    this.#builtBytes += node.cost;
    this.residency.touch(node);
    if (slots.some(isBuilt)) node.children = slots.map((slot) => isBuilt(slot) ? slot.node : undefined);
    return { locator, hash, node };
  }

  #placeWhole(bytes: Uint8Array, depth: number, keyHash: Uint8Array): Placed {
    const write = (out: Uint8Array, at: number) => out.set(bytes, at);
    return depth === 0 ? this.packs.addRoot(bytes.length, write) : this.packs.add(depth, keyHash, bytes.length, write);
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

  /** Hashes the dirty slots and what is above them. */
  #hashSlots(slots: readonly SlotChange[], layout: Layout, hashes: Uint8Array, dirty: number, depth: number): void {
    for (let slot = 0; slot < SLOTS; slot++) {
      if ((dirty >> slot & 1) === 0) continue;
      const change = slots[slot];
      let hash = PLACEHOLDER;
      if (change !== undefined && isChild(change)) hash = change.hash;
      else if (change !== undefined && change.length > 0) {
        hash = subtreeHash(change, 0, change.length, 4 * (depth + 1));
        this.#work += 2 * change.length;
      }
      hashes.set(hash, (SLOTS + slot) * HASH_BYTES);
      this.#work += 3;
    }
    rehash(hashes, layout.kinds, dirty);
  }

  #hashOfChange(index: number): Uint8Array {
    return this.changes.keyHashes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
  }
}

/** Whether every changed slot keeps its kind and size. */
function keepsLayout(node: TreeNode, slots: readonly SlotChange[]): boolean {
  const { kinds, offsets } = node.layout;
  for (let slot = 0; slot < SLOTS; slot++) {
    const change = slots[slot];
    if (change === undefined) continue;
    if (kindOf(change) !== kinds[slot] || sizeOf(change) !== offsets[slot + 1]! - offsets[slot]!) return false;
  }
  return true;
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
