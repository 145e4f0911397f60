/** What resident nodes were before an update that may not be adopted. One log for a tree: its buffer serves every update. */
import { HASH_BYTES } from "./_hash.ts";
import { type Layout, SLOTS, type StoredAt, type TreeNode } from "./_node.ts";

/** A node as it was. */
interface Undo {
  readonly node: TreeNode;
  readonly stored: StoredAt;
  /** The changed slots, a bit each; 0 when `shape` has all of them. */
  readonly slots: number;
  /** The changed hashes, a bit for each position. */
  readonly positions: number;
  /** Where the contents of the slots begin in the log, the hashes behind them. */
  readonly at: number;
  readonly shape: Pick<TreeNode, "bytes" | "layout" | "children"> | undefined;
}

export class UndoLog {
  readonly #entries: Undo[] = [];
  #bytes = new Uint8Array(64 * 1024);
  #at = 0;

  /** Before some slots and hashes of a node change where they are. */
  save(node: TreeNode, slots: number, positions: number): void {
    this.#entries.push({ node, stored: node.stored, slots, positions, at: this.#at, shape: undefined });
    const { offsets } = node.layout;
    for (let slot = 0; slot < SLOTS; slot++) {
      if ((slots >> slot & 1) === 1) this.#put(node.bytes, offsets[slot]!, offsets[slot + 1]!);
    }
    this.#putHashes(node.hashes, positions);
  }

  /** Before a node gets other bytes, another layout, other children, and some new hashes. */
  saveShape(node: TreeNode, positions: number): void {
    const { bytes, layout, children } = node;
    const shape = { bytes, layout, children: children?.slice() };
    this.#entries.push({ node, stored: node.stored, slots: 0, positions, at: this.#at, shape });
    this.#putHashes(node.hashes, positions);
  }

  #putHashes(hashes: Uint8Array, positions: number): void {
    for (let at = 1; at < 2 * SLOTS; at++) {
      if ((positions >>> at & 1) === 1) this.#put(hashes, at * HASH_BYTES, (at + 1) * HASH_BYTES);
    }
  }

  #put(from: Uint8Array, start: number, end: number): void {
    const needed = this.#at + end - start;
    if (needed > this.#bytes.length) {
      const longer = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
      longer.set(this.#bytes);
      this.#bytes = longer;
    }
    this.#bytes.set(from.subarray(start, end), this.#at);
    this.#at = needed;
  }

  /** The changes hold. */
  clear(): void {
    this.#entries.length = 0;
    this.#at = 0;
  }

  /** Makes every node what it was. */
  revert(): void {
    for (const { node, stored, slots, positions, at, shape } of this.#entries.reverse()) {
      node.stored = stored;
      if (shape !== undefined) Object.assign(node, shape);
      let from = restoreSlots(node, slots, this.#bytes, at);
      for (let position = 1; position < 2 * SLOTS; position++) {
        if ((positions >>> position & 1) === 0) continue;
        node.hashes.set(this.#bytes.subarray(from, from + HASH_BYTES), position * HASH_BYTES);
        from += HASH_BYTES;
      }
    }
    this.clear();
  }
}

function restoreSlots(node: TreeNode, slots: number, bytes: Uint8Array, from: number): number {
  const { offsets }: Layout = node.layout;
  for (let slot = 0; slot < SLOTS; slot++) {
    if ((slots >> slot & 1) === 0) continue;
    const length = offsets[slot + 1]! - offsets[slot]!;
    node.bytes.set(bytes.subarray(from, from + length), offsets[slot]!);
    from += length;
  }
  return from;
}
