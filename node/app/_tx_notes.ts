/** What modules remember while one transaction runs. */
import type { TxNotes } from "./module.ts";

export class Notes implements TxNotes {
  readonly #names: string[] = [];
  readonly #known = new Set<string>();

  has(name: string): boolean {
    return this.#known.has(name);
  }

  add(name: string): void {
    if (this.#known.has(name)) return;
    this.#known.add(name);
    this.#names.push(name);
  }

  get size(): number {
    return this.#names.length;
  }

  /** Forgets all but the first `size` names. */
  rewind(size: number): void {
    while (this.#names.length > size) this.#known.delete(this.#names.pop()!);
  }
}
