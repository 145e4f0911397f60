/** The leaves of one version of a tree in the order of their key hashes. */
import { compareBytes } from "../core/bytes.ts";
import type { Work } from "../core/work.ts";
import { PLACEHOLDER } from "./_hash.ts";
import { loadNodes, type Wanted } from "./_load.ts";
import { CHILD, childAt, type Leaf, leavesAt, SLOTS, type TreeNode } from "./_node.ts";
import { rootLocator } from "./keys.ts";

/** A node on the way down, and the slot that is visited next. */
interface Open {
  readonly node: TreeNode;
  /** The nibbles above, as the key hash of anything below. */
  readonly path: Uint8Array;
  slot: number;
  /** Children that are loaded and not visited yet, by slot. */
  readonly children: (TreeNode | undefined)[];
}

/** Visits leaves from left to right; children of a node are loaded together. */
export class LeafWalk {
  readonly #store: string;
  readonly #root: bigint;
  readonly #stack: Open[] = [];
  readonly #after: Uint8Array | undefined;
  #begun = false;

  /** @param root the version that wrote the root. @param after the last key hash that is passed over. */
  constructor(store: string, root: bigint, after?: Uint8Array) {
    this.#store = store;
    this.#root = root;
    this.#after = after;
  }

  /** The leaves of the next bucket; undefined after the last one. Keys and value hashes are views of nodes. */
  *next(): Work<Leaf[] | undefined> {
    if (!this.#begun) yield* this.#begin();
    for (;;) {
      const open = this.#stack.at(-1);
      if (open === undefined) return undefined;
      if (open.slot === SLOTS) {
        this.#stack.pop();
        continue;
      }
      const slot = open.slot++;
      const kind = open.node.layout.kinds[slot]!;
      if (kind === CHILD) yield* this.#enter(open, slot);
      else if (kind > 0) {
        const leaves = this.#leavesOf(open, slot);
        if (leaves.length > 0) return leaves;
      }
    }
  }

  #leavesOf({ node }: Open, slot: number): Leaf[] {
    const leaves: Leaf[] = [];
    for (const leaf of leavesAt(node.bytes, node.layout, slot)) {
      if (this.#after !== undefined && compareBytes(leaf.keyHash, this.#after) <= 0) continue;
      leaves.push({ ...leaf, keyHash: leaf.keyHash.slice() });
    }
    return leaves;
  }

  *#begin(): Work<void> {
    this.#begun = true;
    const wanted = { locator: rootLocator(this.#root), depth: 0, keyHash: this.#after ?? PLACEHOLDER };
    const [node] = yield* loadNodes(this.#store, [wanted]);
    this.#push(node!, new Uint8Array(32));
  }

  /** Where `after` lies below a node, what is to the left of it is passed over without being loaded. */
  #push(node: TreeNode, path: Uint8Array): void {
    const depth = this.#stack.length;
    const after = this.#after;
    const isAbove = after !== undefined && sharesNibbles(path, after, depth);
    this.#stack.push({ node, path, slot: isAbove ? nibbleAt(after, depth) : 0, children: new Array(SLOTS) });
  }

  *#enter(open: Open, slot: number): Work<void> {
    const depth = this.#stack.length;
    if (open.children[slot] === undefined) {
      const slots: number[] = [];
      for (let at = slot; at < SLOTS; at++) if (open.node.layout.kinds[at] === CHILD) slots.push(at);
      const nodes = yield* loadNodes(this.#store, slots.map((at) => this.#wanted(open, at, depth)));
      slots.forEach((at, i) => open.children[at] = nodes[i]);
    }
    const child = open.children[slot]!;
    open.children[slot] = undefined;
    this.#push(child, withNibble(open.path, depth - 1, slot));
  }

  #wanted({ node, path }: Open, slot: number, depth: number): Wanted {
    const { locator } = childAt(node.bytes, node.layout, slot);
    return { locator, depth, keyHash: withNibble(path, depth - 1, slot) };
  }
}

/** The nibble of a hash that decides at `depth`. */
export const nibbleAt = (hash: Uint8Array, depth: number): number =>
  (hash[depth >> 1]! >> ((depth & 1) === 0 ? 4 : 0)) & 15;

/** `path` with another nibble at `depth`. */
export function withNibble(path: Uint8Array, depth: number, nibble: number): Uint8Array {
  const changed = path.slice();
  const byte = changed[depth >> 1]!;
  changed[depth >> 1] = (depth & 1) === 0 ? (nibble << 4) | (byte & 15) : (byte & 0xf0) | nibble;
  return changed;
}

/** Whether two hashes agree in their first `count` nibbles. */
export function sharesNibbles(a: Uint8Array, b: Uint8Array, count: number): boolean {
  for (let depth = 0; depth < count; depth++) if (nibbleAt(a, depth) !== nibbleAt(b, depth)) return false;
  return true;
}
