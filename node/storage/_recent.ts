/** What the latest versions changed, in memory: the log holds it durably, the flat records do not have it yet. @module */
import { SortedMap } from "./_sorted_map.ts";
import type { LogEntry, Stored } from "./_version_log.ts";

/** Bytes a key costs in memory beyond itself and its value, and each of its versions. */
const KEY_OVERHEAD_BYTES = 250;
const VERSION_BYTES = 16;

/** A key's recent changes: ascending versions, and the value since the last of them. Older values are in the log. */
export interface Recent {
  readonly versions: bigint[];
  value: Stored;
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
    for (const [text, value] of entries) {
      const known = this.#keys.get(text);
      if (known === undefined) {
        this.#keys.set(text, { versions: [version], value });
        this.#bytes += text.length + KEY_OVERHEAD_BYTES + valueBytes(value);
      } else {
        known.versions.push(version);
        this.#bytes += VERSION_BYTES + valueBytes(value) - valueBytes(known.value);
        known.value = value;
      }
    }
  }

  get(text: string): Recent | undefined {
    return this.#keys.get(text);
  }

  /** The last change of a key up to `version`. */
  at(text: string, version: bigint): RecentChange | undefined {
    const known = this.#keys.get(text);
    if (known === undefined) return undefined;
    const { versions, value } = known;
    let i = versions.length - 1;
    while (i >= 0 && versions[i]! > version) i--;
    if (i < 0) return undefined;
    return { version: versions[i]!, last: i === versions.length - 1, value };
  }

  /** Up to `limit` keys in [start, end), ascending, or descending from the end; an absent bound is open. */
  keys(start: string | undefined, end: string | undefined, reverse: boolean, limit: number): string[] {
    return this.#keys.keys(start, end, reverse, limit);
  }
}

const valueBytes = (value: Stored): number => value instanceof Uint8Array ? value.length : 0;
