/**
 * Decisions read from bytes: what fast-check shrinks is a list of bytes, and a byte of zero, or none, is always the simplest
 * choice.
 * @module
 */
import fc from "fast-check";

export class Choices {
  #at = 0;
  constructor(readonly bytes: Uint8Array) {}

  get exhausted(): boolean {
    return this.#at >= this.bytes.length;
  }
  byte(): number {
    return this.bytes[this.#at++] ?? 0;
  }
  /** From 0 to `count - 1`, at most 65 535. */
  below(count: number): number {
    return count <= 1 ? 0 : count <= 256 ? this.byte() % count : (this.byte() * 256 + this.byte()) % count;
  }
  /** True `of` times in 256; false when there are no bytes left. */
  chance(of: number): boolean {
    return this.byte() > 255 - of;
  }
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
  /** By weight; the first one when there are no bytes left. */
  weighted<T>(items: readonly (readonly [weight: number, item: T])[]): T {
    let at = this.below(items.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, item] of items) {
      if (at < weight) return item;
      at -= weight;
    }
    return items[0]![1];
  }
  list<T>(min: number, max: number, make: (index: number) => T): T[] {
    return Array.from({ length: min + this.below(max - min + 1) }, (_, i) => make(i));
  }
}

/** Bytes enough for a module of some size. */
export const choices = (bytesMax = 1_500): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: 0, maxLength: bytesMax, size: "max" });
