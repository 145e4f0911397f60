/** Tree nodes out of storage. */
import { bytesToHex } from "../core/bytes.ts";
import { invariant } from "../core/invariant.ts";
import type { Values, Work } from "../core/work.ts";
import { CHILD, childAt, hashesOf, layoutOf, SLOTS, TreeNode } from "./_node.ts";
import { findRecord } from "./_pack.ts";
import { baseOf, isDifference, patched, storedAs } from "./_record.ts";
import type { Residency } from "./_residency.ts";
import { nibbleOf, runEnd, type SortedChanges } from "./_sorted_changes.ts";
import { packKey, textOf } from "./keys.ts";

/** A node wanted: its record, and any hash of a key below it. */
export interface Wanted {
  readonly locator: Uint8Array;
  readonly depth: number;
  readonly keyHash: Uint8Array;
}

/** The records of `wanted` in order, in one request. One that is nowhere is a broken store. */
function* loadRecords(store: string, wanted: readonly Wanted[]): Work<Uint8Array[]> {
  const keys: Uint8Array[] = [];
  const indexes = new Map<string, number>();
  const packOf = wanted.map(({ locator }) => {
    const text = textOf(locator);
    let index = indexes.get(text);
    if (index === undefined) {
      index = keys.length;
      indexes.set(text, index);
      keys.push(packKey(store, locator));
    }
    return index;
  });
  const packs = (yield { type: "load_nodes", keys }) as Values;
  return wanted.map(({ locator, depth, keyHash }, i) => {
    const pack = packs[packOf[i]!];
    const record = pack && findRecord(pack, depth, keyHash);
    invariant(record !== undefined, `load a tree node of ${store}: none at ${bytesToHex(locator)}, depth ${depth}`);
    return record;
  });
}

/** Nodes in order: one request, and one more for those stored as differences. */
export function* loadNodes(store: string, wanted: readonly Wanted[]): Work<TreeNode[]> {
  const records = yield* loadRecords(store, wanted);
  const differing = wanted.flatMap((_, i) => isDifference(records[i]!) ? [i] : []);
  const wholes = differing.length === 0
    ? []
    : yield* loadRecords(store, differing.map((i) => ({ ...wanted[i]!, locator: baseOf(records[i]!) })));
  const bytes: (Uint8Array | undefined)[] = records.map((record) => isDifference(record) ? undefined : record.slice());
  differing.forEach((i, j) => bytes[i] = patched(wholes[j]!, records[i]!));
  const nodes: TreeNode[] = [];
  for (const [i, { locator, depth }] of wanted.entries()) {
    const layout = layoutOf(bytes[i]!);
    nodes.push(
      new TreeNode(bytes[i]!, layout, hashesOf(bytes[i]!, layout, depth), storedAs(records[i]!, locator.slice())),
    );
    if (i % 64 === 63) yield { type: "pause" };
  }
  return nodes;
}

interface Touched {
  readonly node: TreeNode;
  readonly from: number;
  readonly to: number;
}

interface Missing extends Wanted {
  readonly parent: TreeNode;
  readonly slot: number;
  readonly from: number;
  readonly to: number;
}

/** Makes resident every node below `top` that the changes reach, level by level: one request for a level, or two. */
export function* loadTouched(store: string, top: TreeNode, changes: SortedChanges, residency: Residency): Work<void> {
  residency.touch(top);
  let level: Touched[] = [{ node: top, from: 0, to: changes.count }];
  for (let depth = 0; level.length > 0; depth++) {
    const below: Touched[] = [];
    const missing: Missing[] = [];
    for (const touched of level) descend(touched, depth, changes, below, missing);
    if (missing.length > 0) {
      const nodes = yield* loadNodes(store, missing);
      missing.forEach(({ parent, slot, from, to }, i) => {
        parent.children ??= new Array(SLOTS);
        parent.children[slot] = nodes[i]!;
        below.push({ node: nodes[i]!, from, to });
      });
    }
    for (const { node } of below) residency.touch(node);
    level = below;
  }
}

/** Sorts the children that changes reach into those that are there and those that are missing. */
function descend(at: Touched, depth: number, changes: SortedChanges, below: Touched[], missing: Missing[]): void {
  const { node } = at;
  for (let from = at.from; from < at.to;) {
    const slot = nibbleOf(changes, from, depth);
    const to = runEnd(changes, from, at.to, depth, slot);
    if (node.layout.kinds[slot] === CHILD) {
      const child = node.children?.[slot];
      if (child !== undefined) below.push({ node: child, from, to });
      else {
        const { locator } = childAt(node.bytes, node.layout, slot);
        const keyHash = changes.keyHashes.subarray(from * 32, from * 32 + 32);
        missing.push({ locator, depth: depth + 1, keyHash, parent: node, slot, from, to });
      }
    }
    from = to;
  }
}
