/** Decoding what is stored, once. @module */
import type { MessageCodec } from "../../core/codec/mod.ts";

/**
 * Stored messages as last decoded, by name: a block reads the same few hundreds of times, and the state hands out the same
 * bytes while nobody writes them. Results are shared: nobody changes them.
 */
export class Decoded<T> {
  readonly #known = new Map<string, { readonly bytes: Uint8Array; readonly value: T }>();

  constructor(
    readonly codec: MessageCodec<T>,
    /** How many are remembered; then the table starts over. */
    readonly countMax: number,
  ) {}

  /** What `bytes`, our own encoding, stand for. */
  of(name: string, bytes: Uint8Array): T {
    const known = this.#known.get(name);
    if (known?.bytes === bytes) return known.value;
    if (known === undefined && this.#known.size >= this.countMax) this.#known.clear();
    const value = this.codec.decode(bytes);
    this.#known.set(name, { bytes, value });
    return value;
  }
}
