/**
 * The root of a tree whose leaves come from left to right, known at any moment from what has come and what is said to lie
 * to the right. A root that is right proves that nothing was left out so far: it fixes every hash on the way to the last
 * leaf, and those to its left are computed here from the leaves that came.
 */
import { compareBytes } from "../core/bytes.ts";
import { innerHashView, leafHashView, PLACEHOLDER } from "./_hash.ts";
import type { RightEdge } from "./proof.ts";

const HASH_BITS = 256;

export class RangeRoot {
  /** Hashes of whole subtrees to the left of the way to the last leaf: of the zero side at each bit where that way is one. */
  readonly #left: (Uint8Array | undefined)[] = new Array(HASH_BITS);
  #last: { readonly keyHash: Uint8Array; readonly hash: Uint8Array } | undefined;
  /** Bits that the last leaf shares with the one before it; -1: there is none. */
  #shared = -1;

  /** The key hash of the last leaf. */
  get last(): Uint8Array | undefined {
    return this.#last?.keyHash;
  }

  /** Takes the next leaf; false when it does not come after the last one. Keeps `keyHash`. */
  add(keyHash: Uint8Array, valueHash: Uint8Array): boolean {
    if (this.#last !== undefined) {
      if (compareBytes(this.#last.keyHash, keyHash) >= 0) return false;
      const shared = sharedBits(this.#last.keyHash, keyHash);
      const whole = this.#fold(shared + 1, Math.max(this.#shared, shared) + 1, () => PLACEHOLDER);
      for (let bit = shared + 1; bit <= this.#shared; bit++) this.#left[bit] = undefined;
      this.#left[shared] = whole;
      this.#shared = shared;
    }
    this.#last = { keyHash, hash: leafHashView(keyHash, valueHash).slice() };
    return true;
  }

  /** The root when no leaf is missing; there was one at least. */
  whole(): Uint8Array {
    return this.#fold(0, this.#shared + 1, () => PLACEHOLDER);
  }

  /** The root with `edge` to the right of the last leaf; undefined when there cannot be such an edge. */
  withEdge({ depth, siblings }: RightEdge): Uint8Array | undefined {
    if (this.#last === undefined || depth <= this.#shared || depth > HASH_BITS) return undefined;
    let next = 0;
    const root = this.#fold(0, depth, () => siblings[next++] ?? PLACEHOLDER);
    return next === siblings.length ? root : undefined;
  }

  /** The hash at `toBit` bits from the root on the way to the last leaf, which is alone from `fromBit` bits on. */
  #fold(toBit: number, fromBit: number, right: () => Uint8Array): Uint8Array {
    let { hash } = this.#last!;
    const { keyHash } = this.#last!;
    for (let bit = fromBit - 1; bit >= toBit; bit--) {
      hash = bitAt(keyHash, bit) === 1
        ? innerHashView(this.#left[bit] ?? PLACEHOLDER, hash).slice()
        : innerHashView(hash, right()).slice();
    }
    return hash;
  }
}

const bitAt = (hash: Uint8Array, bit: number) => (hash[bit >> 3]! >> (7 - (bit & 7))) & 1;

function sharedBits(a: Uint8Array, b: Uint8Array): number {
  let at = 0;
  while (a[at] === b[at]) at++;
  return 8 * at + Math.clz32(a[at]! ^ b[at]!) - 24;
}
