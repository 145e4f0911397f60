import type { ContractStorage, StorageEntry } from "../host.ts";
import { backendFault } from "./_faults.ts";

/** Iterators of one call; as in wasmvm. They may be left open: they end with the call. */
export const ITERATORS_MAX = 32_768;

/** Bytes of bounds that the iterators of one call keep. Ours: without it the number above would be worth gigabytes. */
export const ITERATOR_BYTES_MAX = 16 * 1024 * 1024;

interface Iterator {
  start: Uint8Array | undefined;
  end: Uint8Array | undefined;
  readonly reverse: boolean;
  done: boolean;
}

const ZERO = new Uint8Array(1);

/** The smallest key behind `key`. */
export function keyAfter(key: Uint8Array): Uint8Array {
  const after = new Uint8Array(key.length + ZERO.length);
  after.set(key);
  return after;
}

/** The iterators of one call over the contract's storage, by the numbers that the contract knows them by. */
export class Iterators {
  readonly #open: Iterator[] = [];
  #bytes = 0;

  /** A new one over `start <= key < end`; its number. */
  open(start: Uint8Array | undefined, end: Uint8Array | undefined, reverse: boolean): number {
    this.#bytes += (start?.length ?? 0) + (end?.length ?? 0);
    if (this.#open.length >= ITERATORS_MAX || this.#bytes > ITERATOR_BYTES_MAX) {
      throw backendFault(`User error during call into backend: reached iterator limit (${ITERATORS_MAX})`);
    }
    this.#open.push({ start, end, reverse, done: false });
    return this.#open.length - 1;
  }

  /** The next entry of the iterator with that number. What was written meanwhile is seen. */
  next(id: number, storage: ContractStorage): StorageEntry | undefined {
    const iterator = this.#open[id];
    if (iterator === undefined) throw backendFault(`Iterator with ID ${id} does not exist`);
    if (iterator.done) return undefined;
    const entry = storage.first(iterator.start, iterator.end, iterator.reverse);
    if (entry === undefined) {
      iterator.done = true;
      iterator.start = iterator.end = undefined;
    } else if (iterator.reverse) iterator.end = entry[0];
    else iterator.start = keyAfter(entry[0]);
    return entry;
  }
}
