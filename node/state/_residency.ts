/**
 * Which nodes of the resident trees stay, bounded in bytes. Generations: what is used belongs to the present one, which
 * ends when it has half of the bound. When all generations together exceed the bound, the older ones go. Least recently
 * used at the price of a comparison, and nothing goes while everything fits.
 */
import type { TreeNode } from "./_node.ts";

export class Residency {
  #generation = 1;
  #youngBytes = 0;
  #bytes = 0;

  constructor(readonly bytesMax: number) {}

  /** A node is used. */
  touch(node: TreeNode): void {
    if (node.generation === this.#generation) return;
    if (node.generation === 0) this.#bytes += node.cost;
    node.generation = this.#generation;
    this.#youngBytes += node.cost;
  }

  /** Lets go of what the bound has no room for, below the roots. Nobody may be holding nodes. Whether even the roots may stay. */
  trim(roots: readonly TreeNode[]): boolean {
    if (this.#bytes > this.bytesMax) {
      // A young generation is too little to live on.
      const oldest = this.#youngBytes < this.bytesMax / 4 ? this.#generation - 1 : this.#generation;
      this.#bytes = roots.reduce((sum, root) => sum + keep(root, oldest), 0);
    }
    if (this.#youngBytes > this.bytesMax / 2) {
      this.#generation++;
      this.#youngBytes = 0;
    }
    return this.#bytes <= this.bytesMax;
  }

  /** All nodes are let go of. */
  clear(): void {
    this.#bytes = 0;
    this.#youngBytes = 0;
  }
}

/** Drops the children that were last used before `oldest`; the bytes of what stays. A used node's parent is used. */
function keep(node: TreeNode, oldest: number): number {
  let bytes = node.cost;
  const { children } = node;
  if (children === undefined) return bytes;
  for (let slot = 0; slot < children.length; slot++) {
    const child = children[slot];
    if (child === undefined) continue;
    if (child.generation < oldest) children[slot] = undefined;
    else bytes += keep(child, oldest);
  }
  return bytes;
}
