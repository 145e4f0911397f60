/**
 * Snapshots: one version of the whole state, cut into chunks. Every node cuts the same version into the same chunks, so
 * that they can be had from several peers at once.
 *
 * Format 1. The stores in the order of their names; the entries of a store in the order of the SHA-256 of their keys. A
 * chunk belongs to one store and takes entries as long as they fit {@linkcode CHUNK_BYTES}, one at least:
 *
 *     u8 1 (the format); u32 number of entries
 *     each entry: u16 length of the key, key, u32 length of the value, value
 *     u16 number of inner nodes above the last entry; u16 number of siblings, and those (32 bytes each)
 *
 * The siblings are the hashes to the right of the way from the last entry to the root, from the leaf up (`jmt` crate:
 * `SparseMerkleRangeProof`). With them the root of the store follows from the entries so far: a chunk that lies is known by
 * itself and those before it. After the last entry of a store both numbers are 0.
 *
 * The metadata name each store with its root and its number of chunks, and the SHA-256 of every chunk. The roots give the
 * app hash, which the light client knows; the hashes tell which of two chunks for the same place is the one meant. The
 * snapshot's hash is the SHA-256 of the metadata.
 * @module
 */
import { equalBytes, utf8ToBytes } from "../core/bytes.ts";
import { decodeStrict, fields, messageCodec } from "../core/codec/mod.ts";
import { sha256 } from "../core/crypto/mod.ts";
import { tendermintMapRoot } from "../core/merkle/mod.ts";
import { ok, type Result } from "../core/result.ts";
import { HASH_BYTES, PLACEHOLDER } from "./_hash.ts";
import { STATE_KEY_BYTES_MAX, STORE_NAME_BYTES_MAX } from "./keys.ts";
import type { RightEdge } from "./proof.ts";

/** The format described above. Peers offer others as they like; they are passed over. */
export const SNAPSHOT_FORMAT = 1;
/** What the entries of a chunk take, in bytes: a few dozen chunks for 10^5 accounts, a fraction of a second each to make. */
export const CHUNK_BYTES = 1024 * 1024;
/** The longest chunk: a single entry, which with room for its proof fits a frame of the network (24 MiB). */
export const CHUNK_BYTES_MAX = 20 * 1024 * 1024;
/** The most chunks of a snapshot: 16 GiB, and metadata of half a megabyte. */
export const CHUNKS_MAX = 16_384;
const STORES_MAX = 256;
/** The longest metadata: a hash for each chunk, a name and a root for each store, and what frames them. */
export const METADATA_BYTES_MAX = CHUNKS_MAX * 34 + STORES_MAX * (STORE_NAME_BYTES_MAX + 48);
/** Inner nodes above a leaf: a bit of its key hash each. */
const EDGE_DEPTH_MAX = 256;
const HEADER_BYTES = 5;
export const ENTRY_HEADER_BYTES = 6;

const summaryCodec = messageCodec("/catenary.state.v1.SnapshotStore", {
  name: fields.string(1),
  root: fields.bytes(2),
  chunks: fields.uint32(3),
});
const metadataCodec = messageCodec("/catenary.state.v1.SnapshotMetadata", {
  stores: fields.messages(1, summaryCodec, STORES_MAX),
  chunkHashes: fields.bytesList(2, CHUNKS_MAX),
});

/** A store in a snapshot; an empty one has no chunks. */
export interface SnapshotStore {
  readonly name: string;
  readonly root: Uint8Array;
  readonly chunks: number;
}

export interface SnapshotMetadata {
  /** By name. */
  readonly stores: readonly SnapshotStore[];
  readonly chunkHashes: readonly Uint8Array[];
}

/** Codes of the codespace `snapshot`. Append-only. */
export const SNAPSHOT_CODE = { metadata: 1, chunk: 2, proof: 3, tooLarge: 4 } as const;

/** A refusal in the codespace `snapshot`. */
export const refuse = (code: keyof typeof SNAPSHOT_CODE, message: string): Result<never> => ({
  ok: false,
  error: { codespace: "snapshot", code: SNAPSHOT_CODE[code], message },
});

export const encodeMetadata = (metadata: SnapshotMetadata): Uint8Array => metadataCodec.encode(metadata).finish();

/** What a snapshot is known by. */
export const snapshotHash = (metadata: Uint8Array): Uint8Array => sha256(metadata);

/** Metadata of a peer: in canonical form, stores in order, as many chunks as hashes. Says nothing about the roots. */
export function decodeMetadata(bytes: Uint8Array): Result<SnapshotMetadata> {
  const decoded = decodeStrict(metadataCodec, bytes, "snapshot metadata", METADATA_BYTES_MAX);
  if (!decoded.ok) return decoded;
  const { stores, chunkHashes } = decoded.value;
  const bad = (state: string) => refuse("metadata", `read snapshot metadata: ${state}`);
  if (stores.length > STORES_MAX || chunkHashes.length > CHUNKS_MAX) return bad("too many stores or chunks");
  let chunks = 0;
  for (const [i, { name, root, chunks: own }] of stores.entries()) {
    const length = utf8ToBytes(name).length;
    if (length === 0 || length > STORE_NAME_BYTES_MAX) return bad(`a store's name has ${length} bytes`);
    if (i > 0 && stores[i - 1]!.name >= name) return bad("the stores are not in order");
    if (root.length !== HASH_BYTES) return bad(`the root of ${name} has ${root.length} bytes`);
    if (equalBytes(root, PLACEHOLDER) !== (own === 0)) return bad(`${name} has ${own} chunks`);
    chunks += own;
  }
  if (chunks !== chunkHashes.length) return bad(`${chunkHashes.length} hashes for ${chunks} chunks`);
  if (chunkHashes.some((hash) => hash.length !== HASH_BYTES)) return bad("a hash of a chunk has not 32 bytes");
  return ok(decoded.value);
}

/** The app hash of a state with these stores. */
export const appHashOfSnapshot = ({ stores }: SnapshotMetadata): Uint8Array =>
  tendermintMapRoot(stores.map(({ name, root }) => [utf8ToBytes(name), root]));

/** An entry of a store, and where it is in the tree. */
export interface SnapshotEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** The bytes of a chunk: `entries` is what {@linkcode writeEntry} wrote of `count` of them. */
export function encodeChunk(count: number, entries: Uint8Array, edge: RightEdge): Uint8Array {
  const { depth, siblings } = edge;
  const chunk = new Uint8Array(HEADER_BYTES + entries.length + 4 + siblings.length * HASH_BYTES);
  const view = new DataView(chunk.buffer);
  chunk[0] = SNAPSHOT_FORMAT;
  view.setUint32(1, count);
  chunk.set(entries, HEADER_BYTES);
  let at = HEADER_BYTES + entries.length;
  view.setUint16(at, depth);
  view.setUint16(at + 2, siblings.length);
  at += 4;
  for (const sibling of siblings) {
    chunk.set(sibling, at);
    at += HASH_BYTES;
  }
  return chunk;
}

/** Writes an entry to `out` from `at` on; returns where it ends. */
export function writeEntry({ key, value }: SnapshotEntry, out: Uint8Array, at: number): number {
  const view = new DataView(out.buffer, out.byteOffset);
  view.setUint16(at, key.length);
  out.set(key, at + 2);
  view.setUint32(at + 2 + key.length, value.length);
  out.set(value, at + ENTRY_HEADER_BYTES + key.length);
  return at + ENTRY_HEADER_BYTES + key.length + value.length;
}

/** Reads a chunk of a peer entry by entry; whatever the bytes are, it neither throws nor copies. */
export class ChunkReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #left: number;
  #at = HEADER_BYTES;

  private constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#left = this.#view.getUint32(1);
  }

  static open(bytes: Uint8Array): Result<ChunkReader> {
    if (bytes.length > CHUNK_BYTES_MAX + HEADER_BYTES + 4 + EDGE_DEPTH_MAX * HASH_BYTES) return bad("it is too long");
    if (bytes.length < HEADER_BYTES) return bad("it ends early");
    if (bytes[0] !== SNAPSHOT_FORMAT) return bad(`its format is ${bytes[0]}`);
    const reader = new ChunkReader(bytes);
    return reader.#left === 0 ? bad("it has no entries") : ok(reader);
  }

  /** The next entry, views of the chunk; undefined after the last one. */
  next(): Result<SnapshotEntry | undefined> {
    if (this.#left === 0) return ok(undefined);
    this.#left--;
    const bytes = this.#bytes;
    if (this.#at + 2 > bytes.length) return bad("it ends early");
    const keyAt = this.#at + 2;
    const keyEnd = keyAt + this.#view.getUint16(this.#at);
    if (keyEnd === keyAt || keyEnd - keyAt > STATE_KEY_BYTES_MAX) return bad(`a key has ${keyEnd - keyAt} bytes`);
    if (keyEnd + 4 > bytes.length) return bad("it ends early");
    const end = keyEnd + 4 + this.#view.getUint32(keyEnd);
    if (end > bytes.length) return bad("it ends early");
    this.#at = end;
    return ok({ key: bytes.subarray(keyAt, keyEnd), value: bytes.subarray(keyEnd + 4, end) });
  }

  /** What follows the last entry. */
  edge(): Result<RightEdge> {
    if (this.#left !== 0 || this.#at + 4 > this.#bytes.length) return bad("it ends early");
    const depth = this.#view.getUint16(this.#at);
    const count = this.#view.getUint16(this.#at + 2);
    let at = this.#at + 4;
    if (depth > EDGE_DEPTH_MAX || count > depth) return bad(`${count} siblings at depth ${depth}`);
    if (at + count * HASH_BYTES !== this.#bytes.length) return bad("it does not end with its proof");
    const siblings: Uint8Array[] = [];
    for (let i = 0; i < count; i++, at += HASH_BYTES) siblings.push(this.#bytes.subarray(at, at + HASH_BYTES));
    return ok({ depth, siblings });
  }
}

const bad = (state: string) => refuse("chunk", `read a chunk: ${state}`);
