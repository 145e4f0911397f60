/**
 * What a contract reads and the state does not have resident. A miss ends a run, which begins anew once the key is loaded: key by
 * key, that would take time by the square of their number, and a transaction can name thousands. So a run goes on as if there
 * were nothing under the key, to find out what else it lacks, and ends with one miss for all. Nothing of such a run counts.
 * @module
 */
import { Miss } from "../../state/view.ts";

/** Keys that are loaded at once. */
const KEYS_MAX = 4_096;

/** Of one call of one contract. */
export class Lacking {
  /** By their hexadecimal. */
  readonly #keys = new Map<string, Uint8Array>();

  /** What `read` answers; undefined for what is not resident, which costs `charge`. */
  get(read: () => Uint8Array | undefined, charge: () => void): Uint8Array | undefined {
    try {
      return read();
    } catch (thrown) {
      if (this.#keys.size >= KEYS_MAX || !this.#note(thrown)) throw thrown;
    }
    charge();
    return undefined;
  }

  /** Runs `call`. However it ends, it ends with a miss when something was lacking. */
  run<T>(call: () => T): T {
    let value: T;
    try {
      value = call();
    } catch (thrown) {
      if (this.#keys.size === 0) throw thrown;
      this.#note(thrown);
      throw this.#miss();
    }
    if (this.#keys.size > 0) throw this.#miss();
    return value;
  }

  #note(thrown: unknown): boolean {
    if (!(thrown instanceof Miss) || thrown.request.type !== "load_keys") return false;
    for (const key of thrown.request.keys) this.#keys.set(key.toHex(), key);
    return true;
  }

  #miss(): Miss {
    return new Miss({ type: "load_keys", keys: [...this.#keys.values()] });
  }
}
