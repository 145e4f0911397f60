/** The stale index: a block's replaced nodes in a few values rather than thousands of keys. */
import { invariant } from "../core/invariant.ts";

/** A part stays below what every storage engine keeps in one piece. */
const PART_BYTES_MAX = 48 * 1024;

/** Node keys, each with a u8 length before it, in parts. */
export function packStale(keys: readonly Uint8Array[]): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let from = 0; from < keys.length;) {
    let size = 0;
    let to = from;
    while (to < keys.length && size + 1 + keys[to]!.length <= PART_BYTES_MAX) size += 1 + keys[to++]!.length;
    const part = new Uint8Array(size);
    let at = 0;
    for (const key of keys.slice(from, to)) {
      part[at] = key.length;
      part.set(key, at + 1);
      at += 1 + key.length;
    }
    parts.push(part);
    from = to;
  }
  return parts;
}

/** The inverse of one part, of our own bytes. */
export function unpackStale(part: Uint8Array): Uint8Array[] {
  const keys: Uint8Array[] = [];
  for (let at = 0; at < part.length; at += 1 + part[at]!) {
    invariant(at + 1 + part[at]! <= part.length, "read the stale index: it ends inside a key");
    keys.push(part.slice(at + 1, at + 1 + part[at]!));
  }
  return keys;
}
