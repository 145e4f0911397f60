import { checkMeta, checkNextVersion, checkOrder, checkReadable, checkWrites, storeClosed } from "./_checks.ts";
import type { ChunkSpace } from "./_chunks.ts";
import { Flusher } from "./_flusher.ts";
import { lastChange } from "./_history.ts";
import { decodeRecord, flatKey, metaKey, storeDamaged } from "./_kv_layout.ts";
import type { Mutation } from "./_kv_port.ts";
import { mergedPages } from "./_merged_pages.ts";
import type { PlainParts, PlainSpace } from "./_plain_kv.ts";
import { keyToString, stringToKey } from "./_sorted_map.ts";
import { isPointer, type LogEntry, type Stored, VersionLog } from "./_version_log.ts";
import type { WriteQueue } from "./_write_queue.ts";
import { bytesToU64, concatBytes, u64ToBytes } from "../core/bytes.ts";
import { invariant } from "../core/invariant.ts";
import type { Entry, IterateOptions, KeyRange, StoreReader, VersionedStore, Write } from "./store.ts";

const HEAD = metaKey("head");
const BASE = metaKey("base");
/** History look-ups in flight. */
const LOOKUPS_IN_FLIGHT = 32;
/** A version with more changes is read back from the log when it is published, rather than kept in memory. */
const KEPT_CHANGES_MAX = 20_000;
/** How much of such a version is in memory at a time: its keys come in order, so more would gain nothing. */
const REPLAYED_BYTES_MAX = 4 * 1024 * 1024;

/** A version that is staged and not published. */
interface Staged {
  readonly version: bigint;
  /** Unless they are too many to keep. */
  readonly changes: LogEntry[] | undefined;
  readonly lastKey: Uint8Array | undefined;
}

/** What is known about a key at a version without a look-up into the past; "past": that is needed. */
type Found = { readonly value: Stored } | { readonly past: bigint | undefined };

/**
 * Versioned keys over the engine, as a log-structured store. A block waits for one write only: its changes, packed, at the
 * end of the log (`_version_log.ts`). Published changes are kept in memory as well, and moved into the flat records (`key` →
 * version and value, one read) and the history (`key` → versions that changed it) when they have become many
 * (`_flusher.ts`). Unpublished changes are nowhere but in the log, so taking them back is deleting them there.
 *
 * A reader at a version looks into memory, then at the flat record. When that is newer than he may see, the history tells
 * the version he needs, and the log has the value. The changes of the first version, usually a large genesis, have no
 * history entries: a key whose history knows nothing early enough is looked up in the log of that version.
 *
 * (Rejected: flat records and a history entry with each block. Every key then costs two random pages of the engine's
 * table and two of its index; at 10^6 accounts that was 80 ms for 1 000 keys where the log takes 2.)
 */
export class VersionedKv implements VersionedStore {
  readonly #parts: PlainParts;
  readonly #plain: PlainSpace;
  readonly #queue: WriteQueue;
  readonly #log: VersionLog;
  readonly #recent: Flusher;
  readonly #keptChangesMax: number;
  #head: { readonly version: bigint; readonly meta: Uint8Array } | undefined;
  #staged: Staged | undefined;

  constructor(parts: PlainParts, plain: PlainSpace, queue: WriteQueue, recentBytesMax: number) {
    this.#parts = parts;
    this.#plain = plain;
    this.#queue = queue;
    this.#log = new VersionLog(parts.port, parts.chunks);
    this.#recent = new Flusher(parts.port, recentBytesMax);
    this.#keptChangesMax = Math.min(KEPT_CHANGES_MAX, recentBytesMax >> 9);
  }

  /** Loads the head, takes back what was staged beyond it, and reads what is not in the records yet. */
  async open(): Promise<void> {
    const [head, base] = await this.#parts.port.getMany([HEAD, BASE]);
    if (head instanceof Uint8Array && head.length >= 8 && base instanceof Uint8Array && base.length === 8) {
      this.#head = { version: bytesToU64(head), meta: head.subarray(8) };
      this.#recent.base = bytesToU64(base);
    } else if (head !== undefined || base !== undefined) throw storeDamaged("the head is malformed");
    let version = await this.#recent.open();
    while ((version = await this.#log.next(version)) !== undefined) {
      if (this.#head === undefined || version > this.#head.version) await this.#log.remove(version);
      else await this.#replay(version, Infinity);
    }
  }

  // deno-lint-ignore require-await
  async head(): Promise<{ readonly version: bigint; readonly meta: Uint8Array } | undefined> {
    if (this.#queue.closed) throw storeClosed();
    return this.#head && { version: this.#head.version, meta: this.#head.meta.slice() };
  }

  stage(version: bigint, writes: readonly Write[]): Promise<void> {
    return this.#queue.run(async () => {
      checkNextVersion("stage", version, this.#head?.version);
      checkWrites(writes);
      if (this.#staged !== undefined) await this.#log.remove(this.#staged.version);
      const changes: LogEntry[] | undefined = writes.length <= this.#keptChangesMax ? [] : undefined;
      let lastKey: Uint8Array | undefined;
      this.#staged = { version, changes, lastKey };
      await this.#log.append(version, inOrder(writes), (key, value) => {
        lastKey = key;
        changes?.push([keyToString(key), isPointer(value) ? value : value?.slice()]);
      });
      this.#staged = { version, changes, lastKey: lastKey?.slice() };
    });
  }

  extend(version: bigint, writes: readonly Write[]): Promise<void> {
    return this.#queue.run(async () => {
      const staged = this.#staged;
      invariant(staged?.version === version, `extend version ${version}: version ${staged?.version} is staged`);
      checkWrites(writes);
      checkOrder(writes, staged.lastKey);
      // Published later, it is read back from the log.
      const lastKey = writes.at(-1)?.[0].slice() ?? staged.lastKey;
      this.#staged = { version, changes: undefined, lastKey };
      await this.#log.append(version, writes, () => {});
    });
  }

  publish(version: bigint, meta: Uint8Array, alongside: readonly Write[] = []): Promise<void> {
    return this.#queue.run(async () => {
      checkNextVersion("publish", version, this.#head?.version);
      checkMeta(meta);
      const staged = this.#staged;
      invariant(
        staged === undefined || staged.version === version,
        `publish version ${version}: version ${staged?.version} is staged`,
      );
      const moved: Mutation[] = [[HEAD, concatBytes(u64ToBytes(version), meta)]];
      if (this.#head === undefined) moved.push([BASE, u64ToBytes(version)]);
      await this.#plain.writeAtomic(alongside, moved);
      this.#recent.base ??= version;
      this.#staged = undefined;
      if (staged !== undefined && staged.changes === undefined) await this.#replay(version, REPLAYED_BYTES_MAX);
      else await this.#recent.add(version, staged?.changes ?? []);
      this.#recent.completed(version);
      // Readers of the new version may come only when its changes are where they look.
      this.#head = { version, meta: meta.slice() };
      if (this.#recent.isFull && !this.#recent.isMoving) {
        this.#recent.begin();
        this.#moveRecent();
      }
    });
  }

  /** Reads a published version from the log, moving changes into the records when they are full or above `bytesMax`. */
  async #replay(version: bigint, bytesMax: number): Promise<void> {
    for await (const { entries } of this.#log.pieces(version)) {
      await this.#recent.add(version, entries);
      if (!this.#recent.isFull && this.#recent.waitingBytes <= bytesMax) continue;
      while (await this.#recent.slice());
      this.#recent.begin();
      while (await this.#recent.slice());
    }
    this.#recent.completed(version);
  }

  /** Moves slice by slice, so that other writes get their turn. */
  async #moveRecent(): Promise<void> {
    try {
      while (await this.#queue.run(() => this.#recent.slice()));
    } catch {
      // The queue is closed (the next open reads the log), or failed and refuses every later write.
    }
  }

  snapshot(version: bigint): StoreReader {
    checkReadable(version, this.#head?.version);
    const getMany = (keys: readonly Uint8Array[]) => this.#parts.gate.read(() => this.#getMany(version, keys));
    return {
      get: async (key) => (await getMany([key]))[0],
      getMany,
      iterate: (range, options) => this.#iterate(version, range, options),
    };
  }

  async #getMany(version: bigint, keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    const found: (Found | undefined)[] = keys.map((key) => this.#recentAt(keyToString(key), version));
    const missing = keys.flatMap((_, i) => found[i] === undefined ? [i] : []);
    if (missing.length > 0) {
      const records = await this.#parts.port.getMany(missing.map((i) => flatKey(keys[i]!)));
      missing.forEach((i, j) => found[i] = recordAt(records[j], version));
    }
    return await this.#values(version, keys, found as Found[]);
  }

  /** What memory knows of a key at a version. To be asked before the flat record is read, which changes move to. */
  #recentAt(text: string, version: bigint): Found | undefined {
    const change = this.#recent.at(text, version);
    return change && (change.last ? { value: change.value } : { past: change.version });
  }

  async *#iterate(version: bigint, range: KeyRange, options: IterateOptions = {}): AsyncGenerator<Entry> {
    const { gate, port } = this.#parts;
    let left = options.limit ?? Infinity;
    const recent = (start: string | undefined, end: string | undefined, reverse: boolean, limit: number) =>
      this.#recent.keys(start, end, reverse, limit).map((text) => [text, this.#recentAt(text, version)] as const);
    for await (const page of mergedPages(port, gate, recent, range, options.reverse ?? false, left)) {
      const keys = page.map(([text]) => stringToKey(text));
      const found = page.map(([, known, record]) => known ?? recordAt(record, version));
      const values = await gate.read(() => this.#values(version, keys, found));
      for (const [i, value] of values.entries()) {
        if (value === undefined) continue;
        yield [keys[i]!, value];
        if (--left <= 0) return;
      }
    }
  }

  /** The values of `keys` at `version`, given what was found without a look-up. */
  async #values(
    version: bigint,
    keys: readonly Uint8Array[],
    found: readonly Found[],
  ): Promise<(Uint8Array | undefined)[]> {
    const out = new Array<Uint8Array | undefined>(keys.length);
    const slow: number[] = [];
    found.forEach((known, i) => {
      if ("past" in known || isPointer(known.value)) slow.push(i);
      else out[i] = known.value?.slice();
    });
    let next = 0;
    const worker = async () => {
      while (next < slow.length) {
        const i = slow[next++]!;
        const known = found[i]!;
        const stored = "past" in known ? await this.#past(version, keys[i]!, known.past) : known.value;
        out[i] = isPointer(stored) ? await largeValue(stored, this.#parts.chunks) : stored;
      }
    };
    await Promise.all(Array.from({ length: Math.min(LOOKUPS_IN_FLIGHT, slow.length) }, worker));
    return out;
  }

  /** A value out of the log: of the change `at`, or else of the last one that history knows up to `version`. */
  async #past(version: bigint, key: Uint8Array, at: bigint | undefined): Promise<Stored> {
    const { base } = this.#recent;
    const changed = at ?? await lastChange(this.#parts.port, key, version) ?? base;
    if (changed === undefined || changed > version) return undefined;
    const stored = await this.#log.read(changed, key);
    if (stored !== "absent") return stored;
    if (changed !== base) throw storeDamaged(`the log of version ${changed} lacks a key`);
    return undefined;
  }
}

/** Writes in the order of keys, the last one of each key. */
function* inOrder(writes: readonly Write[]): Generator<Write> {
  const texts = writes.map(([key]) => keyToString(key));
  const order = writes.map((_, i) => i).sort((a, b) => texts[a]! < texts[b]! ? -1 : texts[a]! > texts[b]! ? 1 : a - b);
  for (const [i, at] of order.entries()) {
    const after = order[i + 1];
    if (after === undefined || texts[after] !== texts[at]) yield writes[at]!;
  }
}

/** What a flat record says about a version. */
function recordAt(stored: unknown, version: bigint): Found {
  if (stored === undefined) return { value: undefined };
  const record = decodeRecord(stored);
  return record.version > version ? { past: undefined } : { value: record.value };
}

async function largeValue(pointer: Exclude<Stored, Uint8Array | undefined>, chunks: ChunkSpace): Promise<Uint8Array> {
  const value = await chunks.read(pointer);
  if (!value) throw storeDamaged(`pieces of the value ${pointer.id} are missing`);
  return value;
}
