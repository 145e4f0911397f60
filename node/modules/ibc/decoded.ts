/** Decoding what is stored, once. @module */
import type { MessageCodec } from "../../core/codec/mod.ts";

/**
 * Stored messages as decoded: a block reads the same few hundreds of times, and the state hands out the same bytes while
 * nobody writes them. Results are shared: nobody changes them.
 */
export class Decoded<T extends object> {
  readonly #known = new WeakMap<Uint8Array, T>();

  constructor(readonly codec: MessageCodec<T>) {}

  /** What `bytes`, our own encoding, stand for. */
  of(bytes: Uint8Array): T {
    let value = this.#known.get(bytes);
    if (value === undefined) this.#known.set(bytes, value = this.codec.decode(bytes));
    return value;
  }
}
