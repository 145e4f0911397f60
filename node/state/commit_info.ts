/**
 * What a version of the whole state is: the root of every store. Its hash, the app hash, is cosmos-sdk's multistore root:
 * the simple Merkle map of store name → SHA-256(root hash).
 * @module
 */
import { bytesToU64, concatBytes, u64ToBytes, utf8ToBytes } from "../core/bytes.ts";
import { invariant } from "../core/invariant.ts";
import { type MapEntry, tendermintMapRoot } from "../core/merkle/mod.ts";
import { EMPTY_TREE, type TreeRoot } from "./tree.ts";

const FORMAT = 1;

export interface CommitInfo {
  readonly version: bigint;
  readonly roots: ReadonlyMap<string, TreeRoot>;
}

/** The entries of the multistore map. */
export function commitEntries(info: CommitInfo): MapEntry[] {
  return [...info.roots].map(([name, root]) => [utf8ToBytes(name), root.hash]);
}

/** The app hash after this version. */
export function appHashOf(info: CommitInfo): Uint8Array {
  return tendermintMapRoot(commitEntries(info));
}

/** u8 format, u64 version, then for each store by name: u8 length, name, u8 1 and u64 version of the root and its hash, or u8 0. */
export function encodeCommitInfo(info: CommitInfo): Uint8Array {
  const parts = [Uint8Array.of(FORMAT), u64ToBytes(info.version)];
  for (const [name, root] of [...info.roots].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const bytes = utf8ToBytes(name);
    parts.push(Uint8Array.of(bytes.length), bytes);
    if (root.version === undefined) parts.push(Uint8Array.of(0));
    else parts.push(Uint8Array.of(1), u64ToBytes(root.version), root.hash);
  }
  return concatBytes(...parts);
}

/** The inverse, of our own bytes: anything else is a broken store. */
export function decodeCommitInfo(bytes: Uint8Array): CommitInfo {
  invariant(bytes[0] === FORMAT && bytes.length >= 9, `read a commit info: format ${bytes[0]}, ${bytes.length} bytes`);
  const roots = new Map<string, TreeRoot>();
  let at = 9;
  while (at < bytes.length) {
    const nameEnd = at + 1 + bytes[at]!;
    const name = new TextDecoder().decode(bytes.subarray(at + 1, nameEnd));
    const full = bytes[nameEnd] === 1;
    at = nameEnd + (full ? 41 : 1);
    invariant(at <= bytes.length, "read a commit info: it ends inside a store");
    const root = { version: 0n, hash: bytes.slice(nameEnd + 9, nameEnd + 41) };
    roots.set(name, full ? { ...root, version: bytesToU64(bytes, nameEnd + 1) } : EMPTY_TREE);
  }
  return { version: bytesToU64(bytes, 1), roots };
}
