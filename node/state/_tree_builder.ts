/** A tree out of leaves that come in the order of their key hashes, in memory that does not grow with their number. */
import { invariant } from "../core/invariant.ts";
import { HASH_BYTES } from "./_hash.ts";
import {
  BUCKET_LEAVES_MAX,
  FORMAT_WHOLE,
  hashesOf,
  HEADER_BYTES,
  isChild,
  kindOf,
  layoutOf,
  type Leaf,
  sizeOf,
  type SlotChange,
  SLOTS,
  writeKinds,
  writeSlot,
} from "./_node.ts";
import { PackWriter } from "./_pack.ts";
import { nibbleAt, sharesNibbles } from "./_walk.ts";
import type { StateWrite } from "./commit.ts";
import { EMPTY_TREE, type TreeRoot } from "./tree.ts";

/** A node that can still get leaves. */
type Open = SlotChange[];

/** Writes the nodes as {@linkcode Tree.update} would, had it been given all leaves at once. */
export class TreeBuilder {
  readonly #packs: PackWriter;
  readonly #version: bigint;
  /** The nodes above the last leaf, root first. */
  readonly #open: Open[] = [[]];
  #last: Uint8Array | undefined;

  constructor(store: string, version: bigint) {
    this.#packs = new PackWriter(store, version);
    this.#version = version;
  }

  /** Takes a leaf, whose key hash is greater than all before. Keeps its bytes. */
  add(leaf: Leaf): void {
    while (this.#open.length > 1 && !sharesNibbles(this.#last!, leaf.keyHash, this.#open.length - 1)) this.#close();
    this.#last = leaf.keyHash;
    this.#put(leaf);
  }

  /** Into the deepest open node, or into new ones below it where a bucket overflows. */
  #put(leaf: Leaf): void {
    const depth = this.#open.length - 1;
    const node = this.#open[depth]!;
    const slot = nibbleAt(leaf.keyHash, depth);
    const bucket = node[slot];
    if (bucket === undefined) {
      node[slot] = [leaf];
      return;
    }
    invariant(!isChild(bucket), "build a tree: a leaf is out of order");
    if (bucket.length < BUCKET_LEAVES_MAX) {
      (bucket as Leaf[]).push(leaf);
      return;
    }
    node[slot] = undefined;
    this.#open.push([]);
    for (const moved of bucket) this.#put(moved);
    this.#put(leaf);
  }

  /** The deepest open node is whole: it is written, and its parent knows it. */
  #close(): void {
    const slots = this.#open.pop()!;
    const depth = this.#open.length;
    const bytes = composed(slots);
    const keyHash = this.#last!;
    const write = (out: Uint8Array, at: number) => out.set(bytes, at);
    const { locator } = this.#packs.add(depth, keyHash, bytes.length, write);
    this.#open[depth - 1]![nibbleAt(keyHash, depth - 1)] = { locator, hash: hashOf(bytes, depth) };
  }

  /** What can be written already. */
  take(): StateWrite[] {
    return this.#packs.take();
  }

  /** All leaves were given. */
  finish(): { readonly root: TreeRoot; readonly nodes: StateWrite[] } {
    if (this.#last === undefined) return { root: EMPTY_TREE, nodes: [] };
    while (this.#open.length > 1) this.#close();
    const bytes = composed(this.#open[0]!);
    this.#packs.addRoot(bytes.length, (out, at) => out.set(bytes, at));
    return { root: { version: this.#version, hash: hashOf(bytes, 0) }, nodes: this.#packs.finish() };
  }
}

const hashOf = (bytes: Uint8Array, depth: number) =>
  hashesOf(bytes, layoutOf(bytes), depth).slice(HASH_BYTES, 2 * HASH_BYTES);

function composed(slots: readonly SlotChange[]): Uint8Array {
  const kinds = new Uint8Array(SLOTS);
  let size = HEADER_BYTES;
  for (let slot = 0; slot < SLOTS; slot++) {
    const content = slots[slot];
    if (content === undefined) continue;
    kinds[slot] = kindOf(content);
    size += sizeOf(content);
  }
  const bytes = new Uint8Array(size);
  bytes[0] = FORMAT_WHOLE;
  writeKinds(kinds, bytes, 1);
  let at = HEADER_BYTES;
  for (let slot = 0; slot < SLOTS; slot++) {
    const content = slots[slot];
    if (content !== undefined) at = writeSlot(content, bytes, at);
  }
  return bytes;
}
