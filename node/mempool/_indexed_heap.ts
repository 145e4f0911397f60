/** A binary heap that knows where each item is, so that any item can be moved or removed in O(log n). */
export class IndexedHeap<T> {
  readonly #items: T[] = [];
  readonly #at = new Map<T, number>();
  readonly #before: (a: T, b: T) => boolean;

  /** `before(a, b)`: a comes out earlier than b; a strict order. */
  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
  }

  /** The item at heap position `index` (0 is the first out; the children of i are 2i+1 and 2i+2). */
  at(index: number): T | undefined {
    return this.#items[index];
  }

  /** Adds `item`, or puts it in order again after its rank changed. */
  place(item: T): void {
    let index = this.#at.get(item);
    if (index === undefined) {
      index = this.#items.length;
      this.#items.push(item);
      this.#at.set(item, index);
    }
    this.#down(this.#up(index));
  }

  remove(item: T): void {
    const index = this.#at.get(item);
    if (index === undefined) return;
    this.#at.delete(item);
    const last = this.#items.pop()!;
    if (index === this.#items.length) return;
    this.#set(index, last);
    this.#down(this.#up(index));
  }

  clear(): void {
    this.#items.length = 0;
    this.#at.clear();
  }

  #set(index: number, item: T): void {
    this.#items[index] = item;
    this.#at.set(item, index);
  }

  #up(start: number): number {
    const item = this.#items[start]!;
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = this.#items[parent]!;
      if (!this.#before(item, above)) break;
      this.#set(index, above);
      index = parent;
    }
    if (index !== start) this.#set(index, item);
    return index;
  }

  #down(start: number): void {
    const item = this.#items[start]!;
    const size = this.#items.length;
    let index = start;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#before(this.#items[child + 1]!, this.#items[child]!)) child++;
      const below = this.#items[child]!;
      if (!this.#before(below, item)) break;
      this.#set(index, below);
      index = child;
    }
    if (index !== start) this.#set(index, item);
  }
}
