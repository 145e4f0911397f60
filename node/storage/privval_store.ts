import { crc32 } from "./_crc32.ts";
import { IoError } from "../core/errors.ts";
import { utf8ToBytes } from "../core/bytes.ts";
import type { StorePart } from "./store.ts";

const KEY = utf8ToBytes("privval/last");

/**
 * What a validator key signed last, for the double-sign guard: opaque bytes behind a checksum. `save` resolves when they
 * are durable; until then no signature may leave.
 */
export class PrivvalStore {
  readonly #store: StorePart;

  constructor(store: StorePart) {
    this.#store = store;
  }

  /** What was saved last. Throws an IoError `privval_damaged` on damage: then nobody may sign. */
  async load(): Promise<Uint8Array | undefined> {
    const saved = await this.#store.get(KEY);
    if (!saved) return undefined;
    const bytes = saved.subarray(4);
    if (saved.length < 4 || new DataView(saved.buffer, saved.byteOffset).getUint32(0) !== crc32(bytes)) {
      throw new IoError("privval_damaged", "load what was signed last: its checksum is wrong");
    }
    return bytes;
  }

  async save(bytes: Uint8Array): Promise<void> {
    const saved = new Uint8Array(bytes.length + 4);
    new DataView(saved.buffer).setUint32(0, crc32(bytes));
    saved.set(bytes, 4);
    await this.#store.batch([[KEY, saved]]);
  }
}
