/** Keys per block before it is split: insertion moves at most this many pointers. */
const BLOCK_KEYS_MAX = 512;

/** Bytes as a string of code units 0–255: equal and ordered exactly as the bytes are, and usable as a Map key. */
export function keyToString(key: Uint8Array): string {
  return String.fromCharCode.apply(null, key as unknown as number[]);
}

/** The inverse of {@linkcode keyToString}. */
export function stringToKey(text: string): Uint8Array {
  const key = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) key[i] = text.charCodeAt(i);
  return key;
}

/** A map ordered by its string keys, as blocks of sorted keys beside a hash map. */
export class SortedMap<V> {
  readonly #values = new Map<string, V>();
  readonly #blocks: string[][] = [];

  get size(): number {
    return this.#values.size;
  }

  get(key: string): V | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: V): void {
    if (!this.#values.has(key)) this.#insert(key);
    this.#values.set(key, value);
  }

  delete(key: string): void {
    if (!this.#values.delete(key)) return;
    const at = this.#blockOf(key);
    const block = this.#blocks[at]!;
    block.splice(lowerBound(block, key), 1);
    if (block.length === 0) this.#blocks.splice(at, 1);
  }

  /** Up to `limit` keys in [start, end), ascending, or descending from the end; an absent bound is open. */
  keys(start: string | undefined, end: string | undefined, reverse: boolean, limit: number): string[] {
    return reverse ? this.#descending(start, end, limit) : this.#ascending(start, end, limit);
  }

  #ascending(start: string | undefined, end: string | undefined, limit: number): string[] {
    const out: string[] = [];
    let at = start === undefined ? 0 : this.#blockOf(start);
    let i = start === undefined || at >= this.#blocks.length ? 0 : lowerBound(this.#blocks[at]!, start);
    for (; at < this.#blocks.length; at++, i = 0) {
      const block = this.#blocks[at]!;
      for (; i < block.length; i++) {
        const key = block[i]!;
        if (out.length >= limit || (end !== undefined && key >= end)) return out;
        out.push(key);
      }
    }
    return out;
  }

  #descending(start: string | undefined, end: string | undefined, limit: number): string[] {
    const out: string[] = [];
    const last = this.#blocks.length - 1;
    let at = end === undefined ? last : Math.min(this.#blockOf(end), last);
    if (at < 0) return out;
    let i = (end === undefined ? this.#blocks[at]!.length : lowerBound(this.#blocks[at]!, end)) - 1;
    for (;;) {
      const block = this.#blocks[at]!;
      for (; i >= 0; i--) {
        const key = block[i]!;
        if (out.length >= limit || (start !== undefined && key < start)) return out;
        out.push(key);
      }
      if (--at < 0) return out;
      i = this.#blocks[at]!.length - 1;
    }
  }

  /** The first block whose last key is not below `key`; the number of blocks when there is none. */
  #blockOf(key: string): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const block = this.#blocks[middle]!;
      if (block[block.length - 1]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insert(key: string): void {
    if (this.#blocks.length === 0) {
      this.#blocks.push([key]);
      return;
    }
    const at = Math.min(this.#blockOf(key), this.#blocks.length - 1);
    const block = this.#blocks[at]!;
    block.splice(lowerBound(block, key), 0, key);
    if (block.length > BLOCK_KEYS_MAX) this.#blocks.splice(at + 1, 0, block.splice(block.length >>> 1));
  }
}

/** The index of the first key of a sorted block that is not below `key`. */
function lowerBound(block: readonly string[], key: string): number {
  let low = 0;
  let high = block.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (block[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
