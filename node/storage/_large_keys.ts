import { metaKey } from "./_kv_layout.ts";
import type { KvPort, Mutation } from "./_kv_port.ts";

const KEY = metaKey("large");
/** Beyond this many classes every key counts as one that may hold a large value. */
const CLASSES_MAX = 1024;

/**
 * Which keys may hold a large value now, by their first four bytes: a superset, kept in the store. Replacing a large
 * value must free its chunks, and so needs a read before the write; all other writes are spared it.
 */
export class LargeKeys {
  readonly #classes = new Set<number>();

  async open(port: KvPort): Promise<void> {
    const [saved] = await port.getMany([KEY]);
    if (!(saved instanceof Uint8Array)) return;
    const view = new DataView(saved.buffer, saved.byteOffset, saved.byteLength);
    for (let at = 0; at + 4 <= saved.length; at += 4) this.#classes.add(view.getUint32(at));
  }

  mayBeLarge(key: Uint8Array): boolean {
    if (this.#classes.size === 0) return false;
    return this.#classes.size > CLASSES_MAX || this.#classes.has(classOf(key));
  }

  /** What must be written in the commit that makes `key` hold a large value; nothing when its class is known. */
  add(key: Uint8Array): Mutation[] {
    if (this.mayBeLarge(key)) return [];
    this.#classes.add(classOf(key));
    const saved = new Uint8Array(this.#classes.size * 4);
    const view = new DataView(saved.buffer);
    let at = 0;
    for (const known of this.#classes) {
      view.setUint32(at, known);
      at += 4;
    }
    return [[KEY, saved]];
  }
}

const classOf = (key: Uint8Array): number =>
  ((key[0] ?? 0) << 24 | (key[1] ?? 0) << 16 | (key[2] ?? 0) << 8 | (key[3] ?? 0)) >>> 0;
