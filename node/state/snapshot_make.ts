/** Cuts a version of the state into chunks: all of them once, to know where they begin; then any of them when asked. @module */
import { equalBytes } from "../core/bytes.ts";
import { fields, messageCodec } from "../core/codec/mod.ts";
import { sha256 } from "../core/crypto/mod.ts";
import { IoError } from "../core/errors.ts";
import { invariant } from "../core/invariant.ts";
import { ok, type Result } from "../core/result.ts";
import type { Values, Work } from "../core/work.ts";
import type { Leaf } from "./_node.ts";
import { LeafWalk } from "./_walk.ts";
import { type CommitInfo, decodeCommitInfo } from "./commit_info.ts";
import { commitInfoKey, flatKey } from "./keys.ts";
import { NodeCache } from "./node_cache.ts";
import { rightEdge } from "./proof.ts";
import {
  CHUNK_BYTES,
  CHUNK_BYTES_MAX,
  CHUNKS_MAX,
  decodeMetadata,
  encodeChunk,
  encodeMetadata,
  ENTRY_HEADER_BYTES,
  refuse,
  snapshotHash,
  type SnapshotStore,
  writeEntry,
} from "./snapshot.ts";
import type { TreeRoot } from "./tree.ts";

/** Values read in one request. */
const VALUES_PER_REQUEST = 256;
/** Entries between two pauses: about half a millisecond. */
const ENTRIES_PER_PAUSE = 64;

/** Where a chunk is: its store, and the key hash (32 bytes) of the entry before it; none before the first of a store. */
export interface ChunkPlace {
  readonly store: string;
  readonly after: Uint8Array;
}

/** A snapshot that was made: how it is offered, and how its chunks are found again. */
export interface MadeSnapshot {
  readonly height: bigint;
  readonly hash: Uint8Array;
  readonly metadata: Uint8Array;
  readonly places: readonly ChunkPlace[];
}

interface Cut {
  readonly bytes: Uint8Array;
  /** The key hash of its last entry; undefined: it is the last of its store. */
  readonly next: Uint8Array | undefined;
}

/** What a version of the state consists of. Throws an IoError when the version is not there. */
function* infoAt(version: bigint): Work<CommitInfo> {
  const [bytes] = (yield { type: "load_nodes", keys: [commitInfoKey(version)] }) as Values;
  if (bytes === undefined) throw new IoError("version_missing", `read the state: there is no version ${version}`);
  return decodeCommitInfo(bytes);
}

/**
 * Makes a snapshot chunk by chunk: `next` until it says that there are no more, then `finish`. Its work is to be run bound to
 * the version. Keeps no chunk.
 */
export class SnapshotMaker {
  readonly #version: bigint;
  readonly #places: ChunkPlace[] = [];
  readonly #hashes: Uint8Array[] = [];
  readonly #done: SnapshotStore[] = [];
  #stores: (readonly [name: string, root: TreeRoot])[] | undefined;
  #cutter: Cutter | undefined;
  #chunks = 0;

  constructor(version: bigint) {
    this.#version = version;
  }

  /** Makes one chunk; false when there is none left. Refused when the state does not fit the format. */
  *next(): Work<Result<boolean>> {
    this.#stores ??= [...(yield* infoAt(this.#version)).roots].sort(([a], [b]) => (a < b ? -1 : 1));
    for (;;) {
      const store = this.#stores[this.#done.length];
      if (store === undefined) return ok(false);
      const [name, { version, hash }] = store;
      if (version !== undefined) {
        this.#cutter ??= new Cutter(name, { version, hash });
        const cut = yield* this.#cutter.cut();
        if (!cut.ok) return cut;
        if (this.#hashes.length === CHUNKS_MAX) return refuse("tooLarge", `make a snapshot: over ${CHUNKS_MAX} chunks`);
        this.#places.push({ store: name, after: this.#cutter.before });
        this.#hashes.push(sha256(cut.value.bytes));
        this.#chunks++;
        if (cut.value.next !== undefined) return ok(true);
      }
      this.#done.push({ name, root: hash, chunks: this.#chunks });
      this.#cutter = undefined;
      this.#chunks = 0;
      if (version !== undefined) return ok(true);
    }
  }

  finish(): MadeSnapshot {
    invariant(this.#done.length === this.#stores?.length, "finish a snapshot: chunks are missing");
    const metadata = encodeMetadata({ stores: this.#done, chunkHashes: this.#hashes });
    return { height: this.#version, hash: snapshotHash(metadata), metadata, places: this.#places };
  }
}

/** Makes one chunk again. Bound to the version, and to be compared with its hash. */
export function* makeChunk(version: bigint, { store, after }: ChunkPlace): Work<Result<Uint8Array>> {
  const root = (yield* infoAt(version)).roots.get(store);
  if (root?.version === undefined) {
    throw new IoError("version_missing", `make a chunk: version ${version} has no ${store}`);
  }
  const cut = yield* new Cutter(store, root, after).cut();
  return cut.ok ? ok(cut.value.bytes) : cut;
}

/** The chunks of one store, one after the other. */
class Cutter {
  /** The key hash before the chunk that was cut last. */
  before: Uint8Array;
  readonly #store: string;
  readonly #root: TreeRoot;
  readonly #walk: LeafWalk;
  readonly #cache = new NodeCache(0);
  /** Leaves that are read, with their values, and not in a chunk yet. */
  #ahead: (readonly [leaf: Leaf, value: Uint8Array])[] = [];
  #ended = false;
  #last: Uint8Array;

  constructor(store: string, root: TreeRoot, after: Uint8Array = new Uint8Array()) {
    invariant(root.version !== undefined, `cut ${store} into chunks: it is empty`);
    this.#store = store;
    this.#root = root;
    this.#walk = new LeafWalk(store, root.version, after.length === 0 ? undefined : after);
    this.before = this.#last = after;
  }

  *cut(): Work<Result<Cut>> {
    const taken: (readonly [Leaf, Uint8Array])[] = [];
    let bytes = 0;
    for (;;) {
      if (this.#ahead.length === 0) yield* this.#read();
      const next = this.#ahead[0];
      if (next === undefined) break;
      const size = ENTRY_HEADER_BYTES + next[0].key.length + next[1].length;
      if (size > CHUNK_BYTES_MAX) {
        return refuse("tooLarge", `make a snapshot: an entry of ${this.#store} has ${size} bytes`);
      }
      if (bytes > 0 && bytes + size > CHUNK_BYTES) break;
      taken.push(next);
      bytes += size;
      this.#ahead.shift();
    }
    invariant(taken.length > 0, `cut ${this.#store} into chunks: nothing is left`);
    const entries = new Uint8Array(bytes);
    let at = 0;
    for (const [i, [leaf, value]] of taken.entries()) {
      at = writeEntry({ key: leaf.key, value }, entries, at);
      if (i % (16 * ENTRIES_PER_PAUSE) === 0) yield { type: "pause" };
    }
    this.before = this.#last;
    this.#last = taken.at(-1)![0].keyHash;
    const more = this.#ahead.length > 0;
    const source = { store: this.#store, root: this.#root, cache: this.#cache };
    const edge = more ? yield* rightEdge(source, this.#last) : { depth: 0, siblings: [] };
    return ok({ bytes: encodeChunk(taken.length, entries, edge), next: more ? this.#last : undefined });
  }

  /** Reads the next leaves with their values. */
  *#read(): Work<void> {
    const leaves: Leaf[] = [];
    while (!this.#ended && leaves.length < VALUES_PER_REQUEST) {
      const bucket = yield* this.#walk.next();
      if (bucket === undefined) this.#ended = true;
      else for (const leaf of bucket) leaves.push(leaf);
    }
    if (leaves.length === 0) return;
    const keys = leaves.map(({ key }) => flatKey(this.#store, key));
    const values = (yield { type: "load_keys", keys }) as Values;
    for (const [i, leaf] of leaves.entries()) {
      const value = values[i];
      invariant(
        value !== undefined && equalBytes(sha256(value), leaf.valueHash),
        `make a snapshot of ${this.#store}: a flat value is not the one of the tree`,
      );
      this.#ahead.push([leaf, value]);
      if (i % ENTRIES_PER_PAUSE === ENTRIES_PER_PAUSE - 1) yield { type: "pause" };
    }
  }
}

const recordCodec = messageCodec("/catenary.state.v1.SnapshotRecord", {
  metadata: fields.bytes(1),
  /** The key hashes before the chunks. */
  after: fields.bytesList(2),
});

/** A made snapshot as it is stored. */
export const encodeMadeSnapshot = ({ metadata, places }: Pick<MadeSnapshot, "metadata" | "places">): Uint8Array =>
  recordCodec.encode({ metadata, after: places.map(({ after }) => after) }).finish();

/** The inverse, of our own bytes: anything else is a broken store. */
export function decodeMadeSnapshot(height: bigint, bytes: Uint8Array): MadeSnapshot {
  const { metadata, after } = recordCodec.decode(bytes);
  const read = decodeMetadata(metadata);
  invariant(read.ok && read.value.chunkHashes.length === after.length, `read the snapshot of ${height}: it is damaged`);
  const stores = read.value.stores.flatMap(({ name, chunks }) => new Array<string>(chunks).fill(name));
  const places = after.map((each, i): ChunkPlace => ({ store: stores[i]!, after: each }));
  return { height, hash: snapshotHash(metadata), metadata, places };
}
