/**
 * How the state is keyed in storage. Flat values are versioned keys; nodes, commit infos and the stale index are plain
 * keys, told apart by their first byte and ordered by version, so that a block appends and never scatters.
 * @module
 */
import { concatBytes, prefixEnd, u64ToBytes, utf8ToBytes } from "../core/bytes.ts";
import { invariant } from "../core/invariant.ts";
import type { PageRequest } from "./view.ts";

/** Longest name of a store, in bytes. */
export const STORE_NAME_BYTES_MAX = 64;
/** Longest key inside a store, in bytes: with name and length byte it fits the store contract's 900. */
export const STATE_KEY_BYTES_MAX = 768;

const NODE_TAG = 0x6e; // n
const STALE_TAG = 0x73; // s
const COMMIT_TAG = 0x63; // c

const prefixes = new Map<string, Uint8Array>();

/** What every flat key of a store begins with: u8 length, then the name. */
export function storePrefix(store: string): Uint8Array {
  let prefix = prefixes.get(store);
  if (prefix === undefined) {
    const name = utf8ToBytes(store);
    invariant(name.length > 0 && name.length <= STORE_NAME_BYTES_MAX, `name a store: ${name.length} bytes`);
    prefix = concatBytes(Uint8Array.of(name.length), name);
    prefixes.set(store, prefix);
  }
  return prefix;
}

/** The versioned storage key of a value: u8 length of the name, name, key. */
export function flatKey(store: string, key: Uint8Array): Uint8Array {
  const prefix = storePrefix(store);
  const flat = new Uint8Array(prefix.length + key.length);
  flat.set(prefix);
  flat.set(key, prefix.length);
  return flat;
}

/** The bounds of a page in flat keys: an open end is the end of the store. */
export function flatRange(store: string, page: PageRequest): { readonly start: Uint8Array; readonly end: Uint8Array } {
  const end = page.end === undefined ? prefixEnd(storePrefix(store)) : flatKey(store, page.end);
  invariant(end !== undefined, "bound a store: its prefix has no end");
  return { start: flatKey(store, page.start ?? new Uint8Array()), end };
}

/**
 * Bytes as hexadecimal text: a cheap map key, whose `<` is the order of the bytes. Measured: made and looked up in 90 ns,
 * against 230 ns for a string of code units 0..255.
 */
export function textOf(bytes: Uint8Array): string {
  return bytes.toHex();
}

/**
 * The storage key of a tree node: tag, version (8 bytes, as they stand in the parent), store, depth and the first
 * `depth` nibbles of `keyHash`.
 */
export function nodeKey(store: string, version: Uint8Array, depth: number, keyHash: Uint8Array): Uint8Array {
  const prefix = storePrefix(store);
  const half = depth >> 1;
  const odd = depth & 1;
  const key = new Uint8Array(9 + prefix.length + 1 + half + odd);
  key[0] = NODE_TAG;
  key.set(version, 1);
  key.set(prefix, 9);
  let at = 9 + prefix.length;
  key[at++] = depth;
  for (let i = 0; i < half; i++) key[at++] = keyHash[i]!;
  if (odd === 1) key[at] = keyHash[half]! & 0xf0;
  return key;
}

/** The storage key of a version's commit info. */
export function commitInfoKey(version: bigint): Uint8Array {
  return concatBytes(Uint8Array.of(COMMIT_TAG), u64ToBytes(version));
}

/** The storage key of one part of the stale index: nodes that `version` replaced, no longer part of it. */
export function staleKey(version: bigint, part: number): Uint8Array {
  return concatBytes(Uint8Array.of(STALE_TAG), u64ToBytes(version), Uint8Array.of(part >> 8, part & 0xff));
}
