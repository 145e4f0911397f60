/**
 * ICS-23 proofs out of a tree, under the specification of the `jmt` crate: SHA-256 of the key decides the place, absence
 * is shown by the neighbours in the order of key hashes.
 *
 * The specification allows paths of 64 inner nodes. Two keys whose hashes agree in more bits would have longer ones; who
 * searches for such a pair makes only his own two keys unprovable.
 * @module
 */
import {
  type CommitmentProof,
  type ExistenceProof,
  HashOp,
  type InnerOp,
  LengthOp,
} from "cosmjs-types/cosmos/ics23/v1/proofs";
import { compareBytes, concatBytes, equalBytes } from "../core/bytes.ts";
import { sha256 } from "../core/crypto/mod.ts";
import { invariant } from "../core/invariant.ts";
import type { Values, Work } from "../core/work.ts";
import { INNER_PREFIX, LEAF_PREFIX, PLACEHOLDER } from "./_hash.ts";
import {
  CHILD,
  childAt,
  countsOf,
  type Layout,
  type Leaf,
  leavesAt,
  SLOTS,
  splitAt,
  subtreeHash,
  type TreeNode,
} from "./_node.ts";
import { loadNodes } from "./_load.ts";
import { flatKey, RECORD_ID_BYTES_MAX, rootLocator, textOf, writeRecordId } from "./keys.ts";
import type { NodeCache } from "./node_cache.ts";
import type { TreeRoot } from "./tree.ts";
import { nibbleAt, withNibble } from "./_walk.ts";

/** A node on a path, and the slot the path goes through. */
interface Step {
  readonly node: TreeNode;
  readonly layout: Layout;
  readonly slot: number;
  /** The nibbles above, as the key hash of anything below. */
  readonly path: Uint8Array;
}

/** A leaf and the nodes above it, root first. */
interface Found {
  readonly steps: readonly Step[];
  readonly leaf: Leaf;
}

type Side = "left" | "right";

/** Where proofs come from: a version of a store. */
export interface ProofSource {
  readonly store: string;
  readonly root: TreeRoot;
  readonly cache: NodeCache;
}

/**
 * Proves that `key` has a value, or that it has none. Undefined for an empty tree, about which ICS-23 can say nothing. The
 * values are read by `load_keys`, so the work has to be bound to the version of the root. An empty value cannot be
 * verified by ICS-23, nor an absence beside it: provable stores hold no empty values.
 */
export function* proveKey(
  source: ProofSource,
  key: Uint8Array,
): Work<{ value?: Uint8Array; proof: CommitmentProof } | undefined> {
  if (source.root.version === undefined) return undefined;
  const keyHash = sha256(key);
  const steps = yield* descend(source, keyHash);
  const leaf = bottomLeaves(steps).find((candidate) => equalBytes(candidate.keyHash, keyHash));
  if (leaf !== undefined) {
    const exist = yield* existence(source, { steps, leaf });
    return { value: exist.value, proof: { exist } };
  }
  const left = yield* neighbour(source, steps, keyHash, "left");
  const right = yield* neighbour(source, steps, keyHash, "right");
  return {
    proof: {
      nonexist: {
        key,
        ...(left === undefined ? {} : { left: yield* existence(source, left) }),
        ...(right === undefined ? {} : { right: yield* existence(source, right) }),
      },
    },
  };
}

function* loadStep(
  { store, cache }: ProofSource,
  locator: Uint8Array,
  depth: number,
  path: Uint8Array,
): Work<Omit<Step, "slot">> {
  const id = new Uint8Array(RECORD_ID_BYTES_MAX);
  const name = `${store}/${textOf(id.subarray(0, writeRecordId(locator, depth, path, id, 0)))}`;
  let node = cache.get(name);
  if (node === undefined) {
    node = (yield* loadNodes(store, [{ locator, depth, keyHash: path }]))[0]!;
    cache.set(name, node);
  }
  return { node, layout: node.layout, path };
}

/** From the root towards `keyHash`, as deep as there are nodes. */
function* descend(source: ProofSource, keyHash: Uint8Array): Work<Step[]> {
  invariant(source.root.version !== undefined, "descend a tree: it is empty");
  const steps: Step[] = [];
  let locator: Uint8Array | undefined = rootLocator(source.root.version);
  while (locator !== undefined) {
    const depth = steps.length;
    const slot = nibbleAt(keyHash, depth);
    const { node, layout }: Omit<Step, "slot"> = yield* loadStep(source, locator, depth, keyHash);
    steps.push({ node, layout, slot, path: keyHash });
    locator = layout.kinds[slot] === CHILD ? childAt(node.bytes, layout, slot).locator : undefined;
  }
  return steps;
}

const leavesOf = (step: Step) => leavesAt(step.node.bytes, step.layout, step.slot);

const bottomLeaves = (steps: readonly Step[]) => leavesOf(steps.at(-1)!);

/** The leaf next to an absent key hash on one side; undefined at the edge of the tree. */
function* neighbour(
  source: ProofSource,
  steps: readonly Step[],
  keyHash: Uint8Array,
  side: Side,
): Work<Found | undefined> {
  const isBefore = (leaf: Leaf) => compareBytes(leaf.keyHash, keyHash) < 0;
  const leaves = bottomLeaves(steps);
  const near = side === "left" ? leaves.filter(isBefore).at(-1) : leaves.find((leaf) => !isBefore(leaf));
  if (near !== undefined) return { steps, leaf: near };
  const towards = side === "left" ? -1 : 1;
  for (let depth = steps.length - 1; depth >= 0; depth--) {
    const step = steps[depth]!;
    for (let slot = step.slot + towards; slot >= 0 && slot < SLOTS; slot += towards) {
      if (step.layout.kinds[slot] === 0) continue;
      return yield* edgeLeaf(source, [...steps.slice(0, depth), { ...step, slot }], side);
    }
  }
  return undefined;
}

/** The leaf of the last step's slot that is nearest to what lies on the other side of it. */
function* edgeLeaf(source: ProofSource, above: readonly Step[], side: Side): Work<Found> {
  const steps = [...above];
  for (;;) {
    const last = steps.at(-1)!;
    const kind = last.layout.kinds[last.slot]!;
    if (kind !== CHILD) return { steps, leaf: bottomLeaves(steps).at(side === "left" ? -1 : 0)! };
    const depth = steps.length;
    const path = withNibble(last.path, depth - 1, last.slot);
    const { locator } = childAt(last.node.bytes, last.layout, last.slot);
    const { node, layout } = yield* loadStep(source, locator, depth, path);
    let slot = side === "left" ? SLOTS - 1 : 0;
    while (layout.kinds[slot] === 0) slot += side === "left" ? -1 : 1;
    steps.push({ node, layout, slot, path });
  }
}

/** The proof of a leaf with its value, which comes from the flat state. */
function* existence(source: ProofSource, found: Found): Work<ExistenceProof> {
  const { leaf } = found;
  const [value] = (yield { type: "load_keys", keys: [flatKey(source.store, leaf.key)] }) as Values;
  invariant(
    value !== undefined && equalBytes(sha256(value), leaf.valueHash),
    `prove a key of ${source.store}: the flat value is not the one of the tree, the work is bound to another version`,
  );
  return { key: leaf.key.slice(), value, leaf: LEAF_OP, path: pathOf(found) };
}

/** All inner nodes above a leaf, leaf first. */
function pathOf(found: Found): InnerOp[] {
  const path = bucketPath(found);
  for (const step of found.steps.toReversed()) path.push(...nodePath(step));
  return path;
}

/** What lies to the right of a leaf: how many inner nodes are above it, and the hashes beside it on the right. */
export interface RightEdge {
  readonly depth: number;
  /** From the leaf up. */
  readonly siblings: readonly Uint8Array[];
}

/** The right edge of the leaf with this key hash, which is there. */
export function* rightEdge(source: ProofSource, keyHash: Uint8Array): Work<RightEdge> {
  const steps = yield* descend(source, keyHash);
  const leaf = bottomLeaves(steps).find((candidate) => equalBytes(candidate.keyHash, keyHash));
  invariant(leaf !== undefined, "find the right edge of a leaf: it is not there");
  const path = pathOf({ steps, leaf });
  return { depth: path.length, siblings: path.flatMap(({ suffix }) => suffix.length > 0 ? [suffix] : []) };
}

const LEAF_OP = {
  hash: HashOp.SHA256,
  prehashKey: HashOp.SHA256,
  prehashValue: HashOp.SHA256,
  length: LengthOp.NO_PREFIX,
  prefix: LEAF_PREFIX,
};

function innerOp(sibling: Uint8Array, siblingSide: Side): InnerOp {
  return siblingSide === "left"
    ? { hash: HashOp.SHA256, prefix: concatBytes(INNER_PREFIX, sibling), suffix: new Uint8Array() }
    : { hash: HashOp.SHA256, prefix: INNER_PREFIX, suffix: sibling.slice() };
}

/** The inner nodes between a leaf and the slot its bucket is in, leaf first. */
function bucketPath({ leaf, steps }: Found): InnerOp[] {
  const leaves = bottomLeaves(steps);
  const path: InnerOp[] = [];
  let from = 0;
  let to = leaves.length;
  for (let bit = 4 * steps.length; to - from > 1; bit++) {
    const middle = splitAt(leaves, from, to, bit);
    const isLeft = middle > from && compareBytes(leaf.keyHash, leaves[middle - 1]!.keyHash) <= 0;
    const sibling = isLeft ? subtreeHash(leaves, middle, to, bit + 1) : subtreeHash(leaves, from, middle, bit + 1);
    path.push(innerOp(sibling, isLeft ? "right" : "left"));
    [from, to] = isLeft ? [from, middle] : [middle, to];
  }
  return path.reverse();
}

/** The inner nodes between a slot and its node, slot first. A position with a single leaf below is that leaf: no step. */
function nodePath({ node, layout, slot }: Step): InnerOp[] {
  const counts = countsOf(layout.kinds);
  const path: InnerOp[] = [];
  for (let at = SLOTS + slot; at > 1; at >>= 1) {
    if (counts[at >> 1]! < 2) continue;
    const sibling = counts[at ^ 1] === 0 ? PLACEHOLDER : node.hashes.subarray((at ^ 1) * 32, (at ^ 1) * 32 + 32);
    path.push(innerOp(sibling, (at & 1) === 0 ? "right" : "left"));
  }
  return path;
}
