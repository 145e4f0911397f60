/**
 * A versioned Jellyfish Merkle tree: sixteen-way nodes that hash as the binary sparse Merkle tree of the `jmt` crate, so
 * that its published ICS-23 specification verifies our proofs. Nodes are immutable and keyed by (version, store, path);
 * an update writes the nodes on the changed paths and says which ones they replace.
 * @module
 */
import { bytesToHex, u64ToBytes } from "../core/bytes.ts";
import { invariant } from "../core/invariant.ts";
import type { Values, Work } from "../core/work.ts";
import { PLACEHOLDER } from "./_hash.ts";
import {
  BUCKET_LEAVES_MAX,
  CHILD,
  childAt,
  isChild,
  type Layout,
  layoutOf,
  type Leaf,
  leavesAt,
  nodeFromBytes,
  rebuildNode,
  type SlotChange,
  SLOTS,
  type TreeNode,
} from "./_node.ts";
import { mergeLeaves, nibbleOf, runEnd, sortChanges, type SortedChanges, type TreeChange } from "./_sorted_changes.ts";
import type { StateWrite } from "./commit.ts";
import { nodeKey, textOf } from "./keys.ts";
import type { NodeCache } from "./node_cache.ts";

export type { TreeChange };

/** Hashes between two pauses: about two milliseconds. */
const PAUSE_HASHES = 2_000;

/** Where a version of a tree begins. `version` is undefined in an empty tree, whose hash is the placeholder. */
export interface TreeRoot {
  /** The version that wrote the root node. */
  readonly version: bigint | undefined;
  readonly hash: Uint8Array;
}

export const EMPTY_TREE: TreeRoot = { version: undefined, hash: PLACEHOLDER };

export interface TreeUpdate {
  readonly root: TreeRoot;
  /** New nodes, to be written before anything points to them. */
  readonly nodes: readonly StateWrite[];
  /** The same nodes as the cache takes them. */
  readonly fresh: readonly (readonly [key: string, node: TreeNode])[];
  /** Keys of the nodes that this version no longer reaches. */
  readonly stale: readonly Uint8Array[];
}

/** A node of the old tree that changes reach, with those of its children that changes reach. */
interface Touched {
  readonly key: Uint8Array;
  readonly node: TreeNode;
  readonly layout: Layout;
  readonly children: (Touched | undefined)[];
}

/** A node key wanted, and what to do with the node. */
interface Wanted {
  readonly key: Uint8Array;
  readonly depth: number;
  readonly from: number;
  readonly to: number;
  readonly attach: (touched: Touched) => void;
}

const hashOfChange = (changes: SortedChanges, index: number) => changes.keyHashes.subarray(index * 32, index * 32 + 32);

/** Loads every old node that the changes reach, level by level: one request for a level, none when all are cached. */
function* loadTouched(
  store: string,
  root: TreeRoot,
  changes: SortedChanges,
  cache: NodeCache,
): Work<Touched | undefined> {
  let top: Touched | undefined;
  if (root.version === undefined) return top;
  let level: Wanted[] = [{
    key: nodeKey(store, u64ToBytes(root.version), 0, PLACEHOLDER),
    depth: 0,
    from: 0,
    to: changes.count,
    attach: (touched) => (top = touched),
  }];
  while (level.length > 0) {
    const nodes = yield* loadNodes(level, cache);
    const below: Wanted[] = [];
    level.forEach((wanted, i) => {
      const node = nodes[i]!;
      const touched = { key: wanted.key, node, layout: layoutOf(node.bytes), children: new Array(SLOTS) };
      wanted.attach(touched);
      want(store, touched, wanted, changes, below);
    });
    level = below;
  }
  return top;
}

/** Adds the children of a touched node that changes reach. */
function want(store: string, touched: Touched, at: Wanted, changes: SortedChanges, below: Wanted[]): void {
  for (let from = at.from; from < at.to;) {
    const slot = nibbleOf(changes, from, at.depth);
    const to = runEnd(changes, from, at.to, at.depth, slot);
    if (touched.layout.kinds[slot] === CHILD) {
      const version = childAt(touched.node.bytes, touched.layout, slot).version;
      below.push({
        key: nodeKey(store, version, at.depth + 1, hashOfChange(changes, from)),
        depth: at.depth + 1,
        from,
        to,
        attach: (child) => (touched.children[slot] = child),
      });
    }
    from = to;
  }
}

/** Nodes in the order of their keys, from the cache and else from storage. A node that is nowhere is a broken store. */
export function* loadNodes(
  wanted: readonly { readonly key: Uint8Array; readonly depth: number }[],
  cache: NodeCache,
): Work<TreeNode[]> {
  const nodes: TreeNode[] = new Array(wanted.length);
  const missing: number[] = [];
  const texts = wanted.map(({ key }) => textOf(key));
  wanted.forEach((_, i) => {
    const cached = cache.get(texts[i]!);
    if (cached === undefined) missing.push(i);
    else nodes[i] = cached;
  });
  if (missing.length === 0) return nodes;
  const values = (yield { type: "load_nodes", keys: missing.map((i) => wanted[i]!.key) }) as Values;
  for (let j = 0; j < missing.length; j++) {
    const i = missing[j]!;
    const bytes = values[j];
    invariant(bytes !== undefined, `load a tree node: none under ${bytesToHex(wanted[i]!.key)}`);
    nodes[i] = nodeFromBytes(bytes, wanted[i]!.depth);
    cache.set(texts[i]!, nodes[i]!);
    if (j % 64 === 63) yield { type: "pause" };
  }
  return nodes;
}

/** What a subtree became: as it was, leaves few enough for the parent's bucket, or a child node. */
type Outcome = SlotChange;

class Updater {
  readonly nodes: StateWrite[] = [];
  readonly fresh: [string, TreeNode][] = [];
  readonly stale: Uint8Array[] = [];
  #work = 0;
  readonly #version: Uint8Array;

  constructor(readonly store: string, version: bigint, readonly changes: SortedChanges) {
    this.#version = u64ToBytes(version);
  }

  /** Applies the changes [from, to) to an old node. */
  *update(old: Touched, depth: number, from: number, to: number): Work<Outcome> {
    const slots: Outcome[] = new Array(SLOTS);
    let changed = false;
    for (let at = from; at < to;) {
      const slot = nibbleOf(this.changes, at, depth);
      const end = runEnd(this.changes, at, to, depth, slot);
      const child = old.children[slot];
      slots[slot] = child !== undefined
        ? yield* this.update(child, depth + 1, at, end)
        : yield* this.fill(leavesAt(old.node.bytes, old.layout, slot), depth + 1, at, end);
      changed ||= slots[slot] !== undefined;
      at = end;
    }
    if (!changed) return undefined;
    this.stale.push(old.key);
    return yield* this.#finish(old, slots, depth, from);
  }

  /** Applies the changes [from, to) to a subtree that had no node. */
  *fill(leaves: readonly Leaf[], depth: number, from: number, to: number): Work<Outcome> {
    if (leaves.length + to - from <= 2 * BUCKET_LEAVES_MAX) {
      const merged = mergeLeaves(leaves, this.changes, from, to);
      if (merged === leaves) return undefined;
      return merged.length <= BUCKET_LEAVES_MAX ? merged : yield* this.#build(merged, depth, to, to);
    }
    return yield* this.#build(leaves, depth, from, to);
  }

  /** The root of a tree that was empty. */
  *build(count: number): Work<Outcome> {
    const built = yield* this.#build([], 0, 0, count);
    return built !== undefined && !isChild(built) && built.length === 0 ? undefined : built;
  }

  /** A new node out of sorted leaves and changes. */
  *#build(leaves: readonly Leaf[], depth: number, from: number, to: number): Work<Outcome> {
    const slots: Outcome[] = new Array(SLOTS);
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
          : yield* this.fill(own, depth + 1, at, end);
        slots[slot] = filled ?? own;
      }
      at = end;
    }
    const any = leaves[0]?.keyHash ?? hashOfChange(this.changes, from);
    return yield* this.#finish(undefined, slots, depth, from, any);
  }

  /** Writes the node, unless so few leaves are left that they belong into the parent. */
  *#finish(
    old: Touched | undefined,
    slots: readonly Outcome[],
    depth: number,
    from: number,
    keyHash: Uint8Array = hashOfChange(this.changes, from),
  ): Work<Outcome> {
    const few = fewLeaves(old, slots);
    if (few !== undefined && (depth > 0 || few.length === 0)) return few;
    const { node, work } = rebuildNode(old?.node, old?.layout, slots, depth);
    const key = nodeKey(this.store, this.#version, depth, keyHash);
    this.nodes.push([key, node.bytes]);
    this.fresh.push([textOf(key), node]);
    this.#work += work;
    if (this.#work >= PAUSE_HASHES) {
      this.#work = 0;
      yield { type: "pause" };
    }
    return { version: this.#version, hash: node.hashes.subarray(32, 64) };
  }
}

const nibble = (hash: Uint8Array, depth: number) => (depth & 1) === 0 ? hash[depth >> 1]! >> 4 : hash[depth >> 1]! & 15;

/** All leaves of a node when a bucket can hold them; undefined when not. */
function fewLeaves(old: Touched | undefined, slots: readonly Outcome[]): Leaf[] | undefined {
  let count = 0;
  for (let slot = 0; slot < SLOTS; slot++) {
    const change = slots[slot];
    const kind = old?.layout.kinds[slot] ?? 0;
    if (change === undefined) count += kind === CHILD ? SLOTS : kind;
    else count += isChild(change) ? SLOTS : change.length;
    if (count > BUCKET_LEAVES_MAX) return undefined;
  }
  const leaves: Leaf[] = [];
  for (let slot = 0; slot < SLOTS; slot++) {
    const change = slots[slot];
    if (change === undefined && old !== undefined) leaves.push(...leavesAt(old.node.bytes, old.layout, slot));
    else if (change !== undefined && !isChild(change)) leaves.push(...change);
  }
  return leaves;
}

/**
 * The tree of `store` at `root` with `changes` (unique keys, any order) as `version`. Deleting an absent key and setting
 * what is there change nothing. The cache is read, and filled with what was loaded, not with the new nodes.
 */
export function* updateTree(
  store: string,
  root: TreeRoot,
  changes: readonly TreeChange[],
  version: bigint,
  cache: NodeCache,
): Work<TreeUpdate> {
  const unchanged: TreeUpdate = { root, nodes: [], fresh: [], stale: [] };
  if (changes.length === 0) return unchanged;
  invariant(
    root.version === undefined || root.version < version,
    `update a tree: ${version} is not after ${root.version}`,
  );
  const sorted = sortChanges(changes);
  const top = yield* loadTouched(store, root, sorted, cache);
  const updater = new Updater(store, version, sorted);
  const outcome = yield* updateRoot(updater, top, sorted);
  if (outcome === undefined) return unchanged;
  const { nodes, fresh, stale } = updater;
  if (isChild(outcome)) return { root: { version, hash: outcome.hash.slice() }, nodes, fresh, stale };
  invariant(outcome.length === 0, "update a tree: leaves were left without a node");
  return { root: EMPTY_TREE, nodes, fresh, stale };
}

/** The root always has a node, however few its leaves, so that a version of a tree is one reference. */
function* updateRoot(updater: Updater, top: Touched | undefined, sorted: SortedChanges): Work<Outcome> {
  if (top !== undefined) return yield* updater.update(top, 0, 0, sorted.count);
  return yield* updater.build(sorted.count);
}
