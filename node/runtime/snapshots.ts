/**
 * Snapshots that this node offers to others: made in the background every so many blocks, the newest ones kept. What is kept is
 * where the chunks begin and their hashes; a chunk is made again when somebody asks for it (decision 0006).
 * @module
 */
import { LRUCache } from "lru-cache";
import { bytesToU64, concatBytes, equalBytes, u64ToBytes, utf8ToBytes } from "../core/bytes.ts";
import { sha256 } from "../core/crypto/mod.ts";
import { IoError } from "../core/errors.ts";
import type { Reply, Work } from "../core/work.ts";
import {
  decodeMadeSnapshot,
  decodeMetadata,
  encodeMadeSnapshot,
  type MadeSnapshot,
  makeChunk,
  SNAPSHOT_FORMAT,
  SnapshotMaker,
} from "../state/mod.ts";
import type { Store, StorePart, Write } from "../storage/mod.ts";
import { WorkRunner, type WorkSource } from "./work_runner.ts";

const SNAPSHOTS = "snapshots/";
/** How long making a snapshot or a chunk runs before others get a turn. */
const SLICE_MS = 2;
/** After each chunk it rests so many times as long as it computed, for blocks to go first. Waiting for the disk is rest as well. */
const REST_FACTOR = 4;
/** Chunks that are kept when they were made, in bytes: those who join at the same time ask for the same. */
const CACHE_BYTES_MAX = 32 * 1024 * 1024;
/**
 * A snapshot that is not offered any more is served on for so long, and again after each question for it: who has just heard
 * of it needs time to get it, and on a fast chain the next one comes every few seconds. Past versions are there anyway.
 */
const GRACE_MS = 60_000;
/** Of such snapshots, their metadata and places, in bytes; the oldest go first. */
const RETIRED_BYTES_MAX = 32 * 1024 * 1024;
/** Packs of tree nodes that are remembered, in bytes. */
const PACKS_BYTES_MAX = 8 * 1024 * 1024;
/** Blocks after a snapshot without which nobody can use it: the headers of both are needed to prove it. */
const PROVEN_AFTER = 2n;

/** A snapshot as it is offered. */
export interface OfferedSnapshot {
  readonly height: bigint;
  readonly format: number;
  readonly chunks: number;
  readonly hash: Uint8Array;
  readonly metadata: Uint8Array;
}

export interface SnapshotsOptions {
  readonly store: Store;
  /** Where the state is read, at past versions. */
  readonly source: WorkSource;
  /** Blocks between snapshots; 0: none are made. */
  readonly interval: number;
  /** How many are kept, one at least. */
  readonly kept: number;
  /** The last committed height. */
  readonly latest: () => bigint;
  readonly onMade?: ((snapshot: OfferedSnapshot, ms: number) => void) | undefined;
  /** The state does not fit the format: no snapshots of it. */
  readonly onRefused?: ((height: bigint, reason: string) => void) | undefined;
  /** Told of failures nobody waits for. */
  readonly onFailure: (error: unknown) => void;
}

const heightKey = (height: bigint) => u64ToBytes(height);

/** What to write in the whole store for a snapshot that was made. */
export const snapshotWrite = (made: Pick<MadeSnapshot, "height" | "metadata" | "places">): Write => [
  concatBytes(utf8ToBytes(SNAPSHOTS), heightKey(made.height)),
  encodeMadeSnapshot(made),
];

export class Snapshots {
  readonly #options: SnapshotsOptions;
  readonly #store: StorePart;
  readonly #runner: WorkRunner;
  /** By height, ascending. */
  readonly #made: MadeSnapshot[] = [];
  /** Not offered any more, by height, in the order of their ends. */
  readonly #retired = new Map<bigint, { readonly made: MadeSnapshot; readonly until: number }>();
  readonly #chunks = new LRUCache<string, Uint8Array>({
    maxSize: CACHE_BYTES_MAX,
    sizeCalculation: (chunk) => chunk.length + 1,
  });
  readonly #making = new Map<string, Promise<Uint8Array>>();
  /** Chunks are made one after the other. */
  #lane: Promise<unknown> = Promise.resolve();
  /** The height to make a snapshot of next. */
  #due: bigint | undefined;
  #running: Promise<void> | undefined;
  #rest: { readonly timer: ReturnType<typeof setTimeout>; readonly end: () => void } | undefined;
  #isStopped = false;

  private constructor(options: SnapshotsOptions) {
    this.#options = options;
    this.#store = options.store.sub(SNAPSHOTS);
    this.#runner = new WorkRunner(
      { versioned: options.source.versioned, nodes: remembering(options.source.nodes) },
      SLICE_MS,
    );
  }

  /** With the snapshots that were kept when the process ended. */
  static async open(options: SnapshotsOptions): Promise<Snapshots> {
    const snapshots = new Snapshots(options);
    for await (const [key, value] of snapshots.#store.iterate({})) {
      snapshots.#made.push(decodeMadeSnapshot(bytesToU64(key), value));
    }
    await snapshots.#forgetOld();
    return snapshots;
  }

  /** A block was committed. When its height is one of those, a snapshot of it is made as soon as the one in work is done. */
  committed(height: bigint): void {
    const { interval, onFailure } = this.#options;
    if (interval <= 0 || height % BigInt(interval) !== 0n || this.#isStopped) return;
    this.#due = height;
    this.#running ??= this.#makeDue().catch((error) => {
      if (!this.#isStopped) onFailure(error);
    }).finally(() => this.#running = undefined);
  }

  /** What others can use now, the newest first. */
  offers(): OfferedSnapshot[] {
    const provable = this.#options.latest() - PROVEN_AFTER;
    return this.#made.filter(({ height }) => height <= provable).map(offerOf).reverse();
  }

  /**
   * A chunk of a snapshot that is offered; undefined: there is none. Throws an IoError: `snapshot_damaged` when the store does
   * not give what it gave when the snapshot was made.
   */
  async chunk(height: bigint, format: number, index: number): Promise<Uint8Array | undefined> {
    const made = this.#made.find((each) => each.height === height) ?? this.#retiredAt(height);
    if (made === undefined || format !== SNAPSHOT_FORMAT || index >= made.places.length) return undefined;
    const name = `${height}/${index}`;
    const cached = this.#chunks.get(name);
    if (cached !== undefined) return cached;
    let making = this.#making.get(name);
    if (making === undefined) {
      making = this.#lane.then(() => this.#makeChunk(made, index));
      this.#lane = making.catch(() => {});
      this.#making.set(name, making);
    }
    try {
      const chunk = await making;
      this.#chunks.set(name, chunk);
      return chunk;
    } finally {
      this.#making.delete(name);
    }
  }

  /** Ends what is in work; what is not whole is dropped. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#wake();
    await this.#running;
    await this.#lane;
  }

  async #makeChunk({ height, metadata, places }: MadeSnapshot, index: number): Promise<Uint8Array> {
    const chunk = await this.#runner.run(makeChunk(height, places[index]!), height);
    const read = decodeMetadata(metadata);
    if (chunk.ok && read.ok && equalBytes(sha256(chunk.value), read.value.chunkHashes[index]!)) return chunk.value;
    throw new IoError("snapshot_damaged", `make chunk ${index} of the snapshot of ${height}: it is another one now`);
  }

  async #makeDue(): Promise<void> {
    while (this.#due !== undefined && !this.#isStopped) {
      const height = this.#due;
      this.#due = undefined;
      await this.#make(height);
    }
  }

  async #make(height: bigint): Promise<void> {
    const { onMade, onRefused } = this.#options;
    const begun = performance.now();
    const maker = new SnapshotMaker(height);
    for (;;) {
      const spent = { ms: 0 };
      const more = await this.#runner.run(timed(maker.next(), spent), height);
      if (!more.ok) return onRefused?.(height, more.error.message);
      if (!more.value) break;
      await this.#pause(spent.ms * REST_FACTOR);
      if (this.#isStopped) return;
    }
    const made = maker.finish();
    await this.#store.batch([[heightKey(height), encodeMadeSnapshot(made)]]);
    this.#made.push(made);
    await this.#forgetOld();
    onMade?.(offerOf(made), performance.now() - begun);
  }

  async #forgetOld(): Promise<void> {
    const old = this.#made.splice(0, Math.max(0, this.#made.length - this.#options.kept));
    for (const made of old) this.#retire(made);
    if (old.length > 0) await this.#store.batch(old.map(({ height }): Write => [heightKey(height), undefined]));
  }

  /** A snapshot that is not offered any more and is asked for: it stays a while longer. */
  #retiredAt(height: bigint): MadeSnapshot | undefined {
    const retired = this.#retired.get(height);
    if (retired === undefined) return undefined;
    this.#retire(retired.made);
    return this.#retired.get(height)?.made;
  }

  #retire(made: MadeSnapshot): void {
    const now = performance.now();
    const known = this.#retired.get(made.height);
    this.#retired.delete(made.height);
    if (known === undefined || known.until > now) this.#retired.set(made.height, { made, until: now + GRACE_MS });
    let bytes = 0;
    for (const { made: each } of this.#retired.values()) bytes += weightOf(each);
    for (const [height, { made: each, until }] of this.#retired) {
      if (until > now && bytes <= RETIRED_BYTES_MAX) return;
      this.#retired.delete(height);
      bytes -= weightOf(each);
    }
  }

  #pause(ms: number): Promise<void> {
    if (this.#isStopped) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        this.#rest = undefined;
        resolve();
      };
      this.#rest = { timer: setTimeout(end, ms), end };
    });
  }

  #wake(): void {
    if (this.#rest === undefined) return;
    clearTimeout(this.#rest.timer);
    this.#rest.end();
  }
}

/** About what it occupies: metadata, and a place with its key hash for each chunk. */
const weightOf = ({ metadata, places }: MadeSnapshot) => metadata.length + 200 * places.length;

/** Packs of tree nodes that were read stay for a while: neighbours in a tree are neighbours in a pack. */
function remembering(nodes: WorkSource["nodes"]): WorkSource["nodes"] {
  const known = new LRUCache<string, Uint8Array>({
    maxSize: PACKS_BYTES_MAX,
    sizeCalculation: (pack) => pack.length + 100,
  });
  return {
    async getMany(keys) {
      const names = keys.map((key) => key.toHex());
      const found = names.map((name) => known.get(name));
      const missing = keys.filter((_, i) => found[i] === undefined);
      if (missing.length === 0) return found;
      const loaded = await nodes.getMany(missing);
      let next = 0;
      return found.map((pack, i) => {
        if (pack !== undefined) return pack;
        const value = loaded[next++];
        if (value !== undefined) known.set(names[i]!, value);
        return value;
      });
    },
  };
}

/** The same work; `spent` grows by the time it computes. */
function* timed<T>(work: Work<T>, spent: { ms: number }): Work<T> {
  let reply: Reply = undefined;
  for (;;) {
    const from = performance.now();
    const step = work.next(reply);
    spent.ms += performance.now() - from;
    if (step.done) return step.value;
    reply = yield step.value;
  }
}

const offerOf = ({ height, hash, metadata, places }: MadeSnapshot): OfferedSnapshot => ({
  height,
  format: SNAPSHOT_FORMAT,
  chunks: places.length,
  hash,
  metadata,
});
