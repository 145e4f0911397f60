/** The changes of one store in the order of the tree: by the SHA-256 of the key. */
import { compareBytes } from "../core/bytes.ts";
import { invariant } from "../core/invariant.ts";
import { HASH_BYTES, sha256Into } from "./_hash.ts";
import type { Leaf } from "./_node.ts";

/** A key with its new value; undefined deletes. */
export interface TreeChange {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

/** Flat arrays rather than objects: a genesis brings a million changes. */
export interface SortedChanges {
  readonly count: number;
  readonly keys: readonly Uint8Array[];
  /** `count` × 32 bytes. */
  readonly keyHashes: Uint8Array;
  /** `count` × 32 bytes; meaningless where `deleted`. */
  readonly valueHashes: Uint8Array;
  readonly deleted: Uint8Array;
}

/** Sorts and hashes. Two changes of one key are our own bug. */
export function sortChanges(changes: readonly TreeChange[]): SortedChanges {
  const count = changes.length;
  const hashes = new Uint8Array(count * HASH_BYTES);
  const heads = new Float64Array(count);
  const view = new DataView(hashes.buffer);
  for (let i = 0; i < count; i++) {
    sha256Into(changes[i]!.key, hashes, i * HASH_BYTES);
    // The first 48 bits are exact in a double and nearly always decide.
    heads[i] = view.getUint32(i * HASH_BYTES) * 0x10000 + view.getUint16(i * HASH_BYTES + 4);
  }
  const hashAt = (i: number) => hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES);
  const order = Uint32Array.from({ length: count }, (_, i) => i)
    .sort((a, b) => heads[a]! - heads[b]! || compareBytes(hashAt(a), hashAt(b)));
  const keys: Uint8Array[] = new Array(count);
  const keyHashes = new Uint8Array(count * HASH_BYTES);
  const valueHashes = new Uint8Array(count * HASH_BYTES);
  const deleted = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const from = order[i]!;
    invariant(
      i === 0 || compareBytes(hashAt(from), hashAt(order[i - 1]!)) !== 0,
      "sort the changes of a store: a key is there twice",
    );
    keys[i] = changes[from]!.key;
    keyHashes.set(hashAt(from), i * HASH_BYTES);
    const value = changes[from]!.value;
    if (value === undefined) deleted[i] = 1;
    else sha256Into(value, valueHashes, i * HASH_BYTES);
  }
  return { count, keys, keyHashes, valueHashes, deleted };
}

/** The nibble at `depth` of the change's key hash. */
export function nibbleOf(changes: SortedChanges, index: number, depth: number): number {
  const byte = changes.keyHashes[index * HASH_BYTES + (depth >> 1)]!;
  return (depth & 1) === 0 ? byte >> 4 : byte & 15;
}

/** The end of the run of changes in [from, to) whose nibble at `depth` is `slot`. */
export function runEnd(changes: SortedChanges, from: number, to: number, depth: number, slot: number): number {
  // Galloping, then bisecting: runs are long in a genesis and short in a block.
  let step = 1;
  let low = from;
  while (low + step <= to && nibbleOf(changes, low + step - 1, depth) === slot) {
    low += step;
    step *= 2;
  }
  let high = Math.min(to, low + step - 1);
  while (low < high) {
    const middle = (low + high) >> 1;
    if (nibbleOf(changes, middle, depth) === slot) low = middle + 1;
    else high = middle;
  }
  return low;
}

function leafOf(changes: SortedChanges, index: number): Leaf {
  const at = index * HASH_BYTES;
  return {
    key: changes.keys[index]!,
    keyHash: changes.keyHashes.subarray(at, at + HASH_BYTES),
    valueHash: changes.valueHashes.subarray(at, at + HASH_BYTES),
  };
}

/** Sorted leaves with the changes [from, to) applied, sorted; the same list when nothing changes. */
export function mergeLeaves(
  leaves: readonly Leaf[],
  changes: SortedChanges,
  from: number,
  to: number,
): readonly Leaf[] {
  const merged: Leaf[] = [];
  let changed = false;
  let at = 0;
  for (let i = from; i < to; i++) {
    const next = leafOf(changes, i);
    while (at < leaves.length && compareBytes(leaves[at]!.keyHash, next.keyHash) < 0) merged.push(leaves[at++]!);
    const same = at < leaves.length && compareBytes(leaves[at]!.keyHash, next.keyHash) === 0;
    if (changes.deleted[i] === 1) changed ||= same;
    else {
      merged.push(next);
      changed ||= !same || compareBytes(leaves[at]!.valueHash, next.valueHash) !== 0;
    }
    if (same) at++;
  }
  if (!changed) return leaves;
  while (at < leaves.length) merged.push(leaves[at++]!);
  return merged;
}
