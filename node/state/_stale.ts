/** The stale index: records that a block made superfluous, in a few values rather than thousands of keys. */
import { invariant } from "../core/invariant.ts";
import { storePrefix } from "./keys.ts";

/** A part stays below what every storage engine keeps in one piece. */
const PART_BYTES_MAX = 16 * 1024;

/** Record ids (see keys.ts) of one store, each with a u8 length before it, in parts that begin with the store. */
export function packStale(store: string, ids: readonly Uint8Array[]): Uint8Array[] {
  const parts: Uint8Array[] = [];
  const prefix = storePrefix(store);
  for (let from = 0; from < ids.length;) {
    let size = prefix.length;
    let to = from;
    while (to < ids.length && size + 1 + ids[to]!.length <= PART_BYTES_MAX) size += 1 + ids[to++]!.length;
    const part = new Uint8Array(size);
    part.set(prefix);
    let at = prefix.length;
    for (let i = from; i < to; i++) {
      part[at] = ids[i]!.length;
      part.set(ids[i]!, at + 1);
      at += 1 + ids[i]!.length;
    }
    parts.push(part);
    from = to;
  }
  return parts;
}

/** The inverse of one part, of our own bytes. */
export function unpackStale(part: Uint8Array): { readonly store: string; readonly ids: Uint8Array[] } {
  const start = 1 + part[0]!;
  const ids: Uint8Array[] = [];
  for (let at = start; at < part.length; at += 1 + part[at]!) {
    invariant(at + 1 + part[at]! <= part.length, "read the stale index: it ends inside an id");
    ids.push(part.slice(at + 1, at + 1 + part[at]!));
  }
  return { store: new TextDecoder().decode(part.subarray(1, start)), ids };
}
