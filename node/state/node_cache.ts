/** A cache of tree nodes of any version, bounded in bytes. Records are immutable, so it never holds anything wrong. @module */
import type { TreeNode } from "./_node.ts";

/**
 * Two generations: what is used lives in the young one; when that is half of the bound, it becomes the old one and the
 * old one goes. Least recently used at the price of a map lookup.
 */
export class NodeCache {
  #young = new Map<string, TreeNode>();
  #old = new Map<string, TreeNode>();
  #youngBytes = 0;
  readonly #halfBytes: number;

  constructor(bytesMax: number) {
    this.#halfBytes = bytesMax / 2;
  }

  get(key: string): TreeNode | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: string, node: TreeNode): void {
    this.#young.set(key, node);
    this.#youngBytes += node.cost + 2 * key.length;
    if (this.#youngBytes <= this.#halfBytes) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngBytes = 0;
  }
}
