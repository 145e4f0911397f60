import type { KeyObject } from "node:crypto";
import { bytesToHex } from "../bytes.ts";

/** Keys kept per curve: a few megabytes. More active signers than this only cost an import each (8 µs, 35 µs). */
const KEYS_MAX = 8_192;

/**
 * Imported native keys by their bytes, least recently used out first. A pure memo: what it holds changes the time a
 * verification takes, never its answer. Keys the native side refuses are not kept, so garbage cannot push out real keys.
 */
export class KeyCache {
  readonly #keys = new Map<string, KeyObject>();
  readonly #import: (publicKey: Uint8Array) => KeyObject;

  constructor(importKey: (publicKey: Uint8Array) => KeyObject) {
    this.#import = importKey;
  }

  /** The key object; undefined when the native side does not take these bytes. */
  get(publicKey: Uint8Array): KeyObject | undefined {
    const name = bytesToHex(publicKey);
    let key = this.#keys.get(name);
    if (key !== undefined) {
      this.#keys.delete(name);
    } else {
      try {
        key = this.#import(publicKey);
      } catch {
        return undefined;
      }
      if (this.#keys.size >= KEYS_MAX) this.#keys.delete(this.#keys.keys().next().value!);
    }
    this.#keys.set(name, key);
    return key;
  }
}
