/** Hashes that were seen lately: pending, refused for good, or committed. Bounded; the longest unseen goes first. */
export class SeenCache {
  readonly #keys = new Set<string>();
  readonly #countMax: number;

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  get size(): number {
    return this.#keys.size;
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  /** Remembers `key` as the newest; false when it was there already. */
  add(key: string): boolean {
    const fresh = !this.#keys.delete(key);
    this.#keys.add(key);
    if (this.#keys.size > this.#countMax) {
      for (const oldest of this.#keys) {
        this.#keys.delete(oldest);
        break;
      }
    }
    return fresh;
  }

  /** Forgets `key`, so that the same transaction may be submitted again. */
  remove(key: string): void {
    this.#keys.delete(key);
  }

  clear(): void {
    this.#keys.clear();
  }
}
