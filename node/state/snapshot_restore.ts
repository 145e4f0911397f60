/** Makes a state out of the chunks of a snapshot, each checked before anything of it is used. @module */
import { equalBytes } from "../core/bytes.ts";
import { invariant } from "../core/invariant.ts";
import { ok, type Result } from "../core/result.ts";
import type { Work } from "../core/work.ts";
import { sha256View } from "./_hash.ts";
import type { Leaf } from "./_node.ts";
import { RangeRoot } from "./_range_root.ts";
import { TreeBuilder } from "./_tree_builder.ts";
import type { StateWrite } from "./commit.ts";
import { encodeCommitInfo } from "./commit_info.ts";
import { commitInfoKey, flatKey } from "./keys.ts";
import { ChunkReader, refuse, type SnapshotMetadata } from "./snapshot.ts";
import type { ChunkPlace } from "./snapshot_make.ts";
import { EMPTY_TREE, type TreeRoot } from "./tree.ts";

/** Entries between two pauses: about half a millisecond. */
const ENTRIES_PER_PAUSE = 64;

/** What a chunk adds to storage. */
export interface RestoredChunk {
  /** Values under their flat keys, in the order of the chunk. */
  readonly flat: StateWrite[];
  /** Packs of tree nodes, which nothing points to yet. */
  readonly nodes: StateWrite[];
}

/** What makes the restored version real. */
export interface RestoredState {
  /** To be published with the head. */
  readonly meta: Uint8Array;
  /** The commit info of the version: to be written with the head, not before. */
  readonly info: StateWrite;
  /** Where the chunks begin, for who wants to serve them on. */
  readonly places: readonly ChunkPlace[];
}

/**
 * Takes the chunks of a snapshot in order. The roots in the metadata must have been checked against the app hash, the chunks
 * against their hashes; a chunk that is refused here then says that the whole snapshot is a lie, and the restorer is of no
 * more use.
 */
export class SnapshotRestorer {
  readonly #version: bigint;
  readonly #metadata: SnapshotMetadata;
  readonly #roots = new Map<string, TreeRoot>();
  readonly #places: ChunkPlace[] = [];
  #next = 0;
  #store = 0;
  /** Chunks of the present store that were taken. */
  #taken = 0;
  #range = new RangeRoot();
  #builder: TreeBuilder | undefined;

  constructor(version: bigint, metadata: SnapshotMetadata) {
    this.#version = version;
    this.#metadata = metadata;
    this.#passEmpty();
  }

  /** The next chunk that is wanted; as many as there are: all were taken. */
  get next(): number {
    return this.#next;
  }

  #passEmpty(): void {
    const { stores } = this.#metadata;
    while (stores[this.#store]?.chunks === 0) this.#roots.set(stores[this.#store++]!.name, EMPTY_TREE);
  }

  /** Takes the chunk {@linkcode SnapshotRestorer.next}. */
  *apply(chunk: Uint8Array): Work<Result<RestoredChunk>> {
    const store = this.#metadata.stores[this.#store];
    invariant(store !== undefined, `restore chunk ${this.#next}: all were restored`);
    const opened = ChunkReader.open(chunk);
    if (!opened.ok) return opened;
    const reader = opened.value;
    const after = this.#range.last ?? new Uint8Array();
    const flat: StateWrite[] = [];
    const leaves: Leaf[] = [];
    for (;;) {
      const entry = reader.next();
      if (!entry.ok) return entry;
      if (entry.value === undefined) break;
      const { key, value } = entry.value;
      const keyHash = sha256View(key).slice();
      const valueHash = sha256View(value).slice();
      if (!this.#range.add(keyHash, valueHash)) return refuse("proof", "check a chunk: its entries are not in order");
      flat.push([flatKey(store.name, key), value]);
      leaves.push({ key, keyHash, valueHash });
      if (leaves.length % ENTRIES_PER_PAUSE === 0) yield { type: "pause" };
    }
    const edge = reader.edge();
    if (!edge.ok) return edge;
    const isLast = this.#taken + 1 === store.chunks;
    if (isLast && edge.value.depth > 0) return refuse("proof", `check a chunk: more of ${store.name} is to follow`);
    const root = isLast ? this.#range.whole() : this.#range.withEdge(edge.value);
    if (root === undefined || !equalBytes(root, store.root)) {
      return refuse("proof", `check a chunk: it is not what ${store.name} has there`);
    }
    const nodes = yield* this.#build(store.name, leaves);
    this.#places.push({ store: store.name, after });
    this.#next++;
    this.#taken++;
    if (isLast) { for (const write of this.#close(store.name)) nodes.push(write); }
    return ok({ flat, nodes });
  }

  *#build(store: string, leaves: readonly Leaf[]): Work<StateWrite[]> {
    this.#builder ??= new TreeBuilder(store, this.#version);
    for (const [i, leaf] of leaves.entries()) {
      this.#builder.add(leaf);
      if (i % ENTRIES_PER_PAUSE === 0) yield { type: "pause" };
    }
    return this.#builder.take();
  }

  #close(store: string): StateWrite[] {
    const { root, nodes } = this.#builder!.finish();
    invariant(
      equalBytes(root.hash, this.#range.whole()),
      `restore ${store}: the tree has another root than its leaves`,
    );
    this.#roots.set(store, root);
    this.#store++;
    this.#taken = 0;
    this.#range = new RangeRoot();
    this.#builder = undefined;
    this.#passEmpty();
    return nodes;
  }

  /** After the last chunk. */
  finish(): RestoredState {
    invariant(this.#next === this.#metadata.chunkHashes.length, "finish a restored state: chunks are missing");
    const meta = encodeCommitInfo({ version: this.#version, roots: this.#roots });
    return { meta, info: [commitInfoKey(this.#version), meta], places: this.#places };
  }
}
