/**
 * Which nodes of the resident trees stay, bounded in bytes. Generations: what is used belongs to the present one; when that
 * is half of the bound, everything older goes and a new one begins. Least recently used at the price of a comparison.
 */
import type { TreeNode } from "./_node.ts";

export class Residency {
  #generation = 1;
  #youngBytes = 0;

  constructor(readonly bytesMax: number) {}

  /** A node is used. */
  touch(node: TreeNode): void {
    if (node.generation === this.#generation) return;
    node.generation = this.#generation;
    this.#youngBytes += node.cost;
  }

  /** Lets go of what the bound has no room for, below the roots. Nobody may be holding nodes. Whether even the roots may stay. */
  trim(roots: readonly TreeNode[]): boolean {
    if (this.#youngBytes <= this.bytesMax / 2) return true;
    let kept = 0;
    for (const root of roots) kept += keep(root, this.#generation);
    this.#generation++;
    this.#youngBytes = 0;
    return kept <= this.bytesMax;
  }
}

/** Drops the children that were not used in `generation`; the bytes of what stays. A used node's parent is used. */
function keep(node: TreeNode, generation: number): number {
  let bytes = node.cost;
  const { children } = node;
  if (children === undefined) return bytes;
  for (let slot = 0; slot < children.length; slot++) {
    const child = children[slot];
    if (child === undefined) continue;
    if (child.generation !== generation) children[slot] = undefined;
    else bytes += keep(child, generation);
  }
  return bytes;
}
