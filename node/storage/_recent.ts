/** What the latest versions changed, in memory: the log holds it durably, the flat records do not have it yet. @module */
import { keyToString, SortedMap, stringToKey } from "./_sorted_map.ts";
import type { LogEntry, Stored } from "./_version_log.ts";
import type { Pointer } from "./_kv_layout.ts";

/** Bytes a key costs in memory beyond itself and its value, and each of its versions. */
const KEY_OVERHEAD_BYTES = 180;
const VERSION_BYTES = 16;

/**
 * A key's recent changes: ascending versions (one alone stands for itself), and the value since the last of them, bytes as
 * text: there are hundreds of thousands, and a small array takes five times a string. Older values are in the log.
 */
interface Recent {
  versions: bigint | bigint[];
  value: string | Pointer | undefined;
}

/** A key's change that a reader sees: its version and, when that is the key's last, its value. */
export interface RecentChange {
  readonly version: bigint;
  readonly last: boolean;
  readonly value: Stored;
}

/** The changes of consecutive versions by key, in order. */
export class RecentChanges {
  readonly #keys = new SortedMap<Recent>();
  #bytes = 0;

  /** What this occupies, about. */
  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#keys.size;
  }

  /** Takes the changes of a version, later than all taken before. */
  add(version: bigint, entries: readonly LogEntry[]): void {
    for (const [text, stored] of entries) {
      const value = stored instanceof Uint8Array ? keyToString(stored) : stored;
      const known = this.#keys.get(text);
      if (known === undefined) {
        this.#keys.set(text, { versions: version, value });
        this.#bytes += text.length + KEY_OVERHEAD_BYTES + textBytes(value);
      } else {
        if (typeof known.versions === "bigint") known.versions = [known.versions, version];
        else known.versions.push(version);
        this.#bytes += VERSION_BYTES + textBytes(value) - textBytes(known.value);
        known.value = value;
      }
    }
  }

  /** All recent versions that changed a key, which must be one of ours, and the last value. */
  get(text: string): { readonly versions: readonly bigint[]; readonly value: Stored } {
    const { versions, value } = this.#keys.get(text)!;
    return { versions: typeof versions === "bigint" ? [versions] : versions, value: storedOf(value) };
  }

  /** The last change of a key up to `version`. */
  at(text: string, version: bigint): RecentChange | undefined {
    const known = this.#keys.get(text);
    if (known === undefined) return undefined;
    const { versions, value } = known;
    if (typeof versions === "bigint") {
      return versions > version ? undefined : { version: versions, last: true, value: storedOf(value) };
    }
    let i = versions.length - 1;
    while (i >= 0 && versions[i]! > version) i--;
    if (i < 0) return undefined;
    const last = i === versions.length - 1;
    return { version: versions[i]!, last, value: last ? storedOf(value) : undefined };
  }

  /** Up to `limit` keys in [start, end), ascending, or descending from the end; an absent bound is open. */
  keys(start: string | undefined, end: string | undefined, reverse: boolean, limit: number): string[] {
    return this.#keys.keys(start, end, reverse, limit);
  }
}

const textBytes = (value: Recent["value"]): number => typeof value === "string" ? value.length : 0;

const storedOf = (value: Recent["value"]): Stored => typeof value === "string" ? stringToKey(value) : value;
