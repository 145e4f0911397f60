/**
 * Sorts more writes than memory holds: what comes is written in sorted runs, and read back as one sequence. For values of a
 * restored state, which come in the order of hashes and are stored in the order of keys. Internal to the runtime.
 * @module
 */
import { compareBytes, u64ToBytes } from "../core/bytes.ts";
import { IoError } from "../core/errors.ts";
import type { StorePart, Write } from "../storage/mod.ts";
import { breathe, SLICE_MS } from "./breathe.ts";

/** What a piece of a run takes; each run has one in memory while all are merged. */
const PIECE_BYTES = 16 * 1024;
const HEADER_BYTES = 6;
/** Writes that are handed on at once, and what they take. */
const BATCH_WRITES = 2_000;
const BATCH_BYTES = 1024 * 1024;

interface Run {
  readonly id: number;
  readonly pieces: number;
}

/** Where the merge is in a run. */
interface Cursor {
  readonly run: Run;
  piece: number;
  bytes: Uint8Array;
  at: number;
  key: Uint8Array;
}

export class SortedRuns {
  readonly #store: StorePart;
  readonly #runs: Run[] = [];

  /** `store` is for this alone. */
  constructor(store: StorePart) {
    this.#store = store;
  }

  /** Deletes what was added. */
  async clear(): Promise<void> {
    for (const { id, pieces } of this.#runs.splice(0)) {
      await this.#store.bulk(Array.from({ length: pieces }, (_, piece): Write => [pieceKey(id, piece), undefined]));
    }
  }

  /** Adds writes of unique keys with values, in any order. */
  async add(writes: readonly Write[]): Promise<void> {
    const sorted = writes.toSorted(([a], [b]) => compareBytes(a, b));
    const id = this.#runs.length;
    const pieces: Write[] = [];
    for (let from = 0; from < sorted.length;) {
      let size = 0;
      let to = from;
      while (to < sorted.length && (to === from || size + sizeOf(sorted[to]!) <= PIECE_BYTES)) {
        size += sizeOf(sorted[to++]!);
      }
      pieces.push([pieceKey(id, pieces.length), packed(sorted.slice(from, to), size)]);
      from = to;
    }
    await this.#store.bulk(pieces);
    this.#runs.push({ id, pieces: pieces.length });
  }

  /** All that was added, in the order of keys, in batches. */
  async *merged(): AsyncGenerator<Write[]> {
    const heap = new Heap();
    for (const run of this.#runs) {
      const bytes = run.pieces > 0 ? await this.#piece(run, 0) : undefined;
      if (bytes !== undefined) heap.push({ run, piece: 0, bytes, at: 0, key: keyAt(bytes, 0) });
    }
    let batch: Write[] = [];
    let size = 0;
    let sliceEnd = performance.now() + SLICE_MS;
    for (let cursor = heap.least; cursor !== undefined; cursor = heap.least) {
      const [write, end] = entryAt(cursor.bytes, cursor.at);
      batch.push(write);
      size += end - cursor.at;
      if (await this.#advance(cursor, end)) heap.settle();
      else heap.pop();
      if (batch.length >= BATCH_WRITES || size >= BATCH_BYTES) {
        yield batch;
        [batch, size] = [[], 0];
      }
      if (performance.now() < sliceEnd) continue;
      await breathe();
      sliceEnd = performance.now() + SLICE_MS;
    }
    if (batch.length > 0) yield batch;
  }

  /** On to the next entry of a run; false: there is none. Waits only where a piece ends. */
  #advance(cursor: Cursor, end: number): boolean | Promise<boolean> {
    if (end < cursor.bytes.length) return moved(cursor, cursor.bytes, end);
    if (++cursor.piece === cursor.run.pieces) return false;
    return this.#piece(cursor.run, cursor.piece).then((bytes) => moved(cursor, bytes, 0));
  }

  async #piece({ id }: Run, index: number): Promise<Uint8Array> {
    const bytes = await this.#store.get(pieceKey(id, index));
    if (bytes === undefined) {
      throw new IoError("store_damaged", `read back sorted values: piece ${index} of ${id} is gone`);
    }
    return bytes;
  }
}

/** Deletes all keys of a part of a store, page by page. */
export async function clearPart(store: StorePart): Promise<void> {
  for (;;) {
    const deletes: Write[] = [];
    for await (const [key] of store.iterate({}, { limit: BATCH_WRITES })) deletes.push([key, undefined]);
    if (deletes.length === 0) return;
    await store.bulk(deletes);
  }
}

const pieceKey = (run: number, piece: number) => {
  const key = new Uint8Array(16);
  key.set(u64ToBytes(BigInt(run)));
  key.set(u64ToBytes(BigInt(piece)), 8);
  return key;
};

const sizeOf = ([key, value]: Write) => HEADER_BYTES + key.length + value!.length;

/** For each: u16 length of the key, key, u32 length of the value, value. */
function packed(writes: readonly Write[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [key, value] of writes) {
    view.setUint16(at, key.length);
    bytes.set(key, at + 2);
    view.setUint32(at + 2 + key.length, value!.length);
    bytes.set(value!, at + HEADER_BYTES + key.length);
    at += HEADER_BYTES + key.length + value!.length;
  }
  return bytes;
}

const keyAt = (bytes: Uint8Array, at: number) => bytes.subarray(at + 2, at + 2 + (bytes[at]! << 8 | bytes[at + 1]!));

function entryAt(bytes: Uint8Array, at: number): readonly [write: Write, end: number] {
  const key = keyAt(bytes, at);
  const valueAt = at + HEADER_BYTES + key.length;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(valueAt - 4);
  return [[key, bytes.subarray(valueAt, valueAt + length)], valueAt + length];
}

function moved(cursor: Cursor, bytes: Uint8Array, at: number): true {
  cursor.bytes = bytes;
  cursor.at = at;
  cursor.key = keyAt(bytes, at);
  return true;
}

/** The cursors, least key first: a binary heap. */
class Heap {
  readonly #items: Cursor[] = [];

  get least(): Cursor | undefined {
    return this.#items[0];
  }

  push(cursor: Cursor): void {
    const items = this.#items;
    let at = items.push(cursor) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (compareBytes(items[above]!.key, cursor.key) <= 0) break;
      items[at] = items[above]!;
      at = above;
    }
    items[at] = cursor;
  }

  /** The least one has another key now. */
  settle(): void {
    const items = this.#items;
    const cursor = items[0]!;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= items.length) break;
      if (below + 1 < items.length && compareBytes(items[below + 1]!.key, items[below]!.key) < 0) below++;
      if (compareBytes(items[below]!.key, cursor.key) >= 0) break;
      items[at] = items[below]!;
      at = below;
    }
    items[at] = cursor;
  }

  /** The least one is done with. */
  pop(): void {
    const last = this.#items.pop()!;
    if (this.#items.length === 0) return;
    this.#items[0] = last;
    this.settle();
  }
}
