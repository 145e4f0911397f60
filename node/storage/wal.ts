import { bytesToU64, concatBytes, prefixEnd, u64ToBytes } from "../core/bytes.ts";
import { IoError } from "../core/errors.ts";
import { invariant } from "../core/invariant.ts";
import type { WalPort } from "../consensus/ports.ts";
import { crc32 } from "./_crc32.ts";
import { heightKey, prefix } from "./_heights.ts";
import type { Entry, StorePart, Write } from "./store.ts";

const PREFIX = prefix("wal/");
/** Length and checksum, four bytes each, before a record. */
const FRAME_BYTES = 8;
/** The length of the entry, before its first record. */
const TOTAL_BYTES = 4;
/** Longest record: above the largest block with its frame of consensus data. */
const RECORD_BYTES_MAX = 160 * 1024 * 1024;
/** Entries deleted in one go. */
const TRUNCATE_ENTRIES = 1000;

/** One record with its place. */
export interface WalRecord {
  readonly height: bigint;
  /** The number of the append, from 0 at each height. */
  readonly sequence: bigint;
  /** The number of the record within its append. */
  readonly index: number;
  readonly bytes: Uint8Array;
}

/**
 * The consensus write-ahead log over a store: one entry for each append, under `wal/`, height and number. Every record
 * is framed with its length and checksum, so that a record which reached the disk in part is known, whatever the engine
 * below promises.
 */
export class StoreWal implements WalPort {
  readonly #store: StorePart;
  #tail: { readonly height: bigint; nextSequence: bigint; repair: Write | undefined } | undefined;

  constructor(store: StorePart) {
    this.#store = store;
  }

  /** Resolves when the records are durable, in one commit. Appends must be awaited one by one. */
  async append(height: bigint, records: readonly Uint8Array[]): Promise<void> {
    if (records.length === 0) return;
    if (this.#tail?.height !== height) this.#tail = await this.#findTail(height);
    const tail = this.#tail;
    const entry: Write = [entryKey(height, tail.nextSequence), encodeEntry(records)];
    // A torn last record would stand in the middle from now on: it goes in the same commit.
    await this.#store.batch(tail.repair ? [tail.repair, entry] : [entry]);
    tail.repair = undefined;
    tail.nextSequence++;
  }

  async load(height: bigint): Promise<Uint8Array[]> {
    const records: Uint8Array[] = [];
    for await (const record of this.dump(height)) records.push(record.bytes);
    return records;
  }

  async truncate(height: bigint): Promise<void> {
    if (this.#tail && this.#tail.height < height) this.#tail = undefined;
    for (;;) {
      const keys: Uint8Array[] = [];
      const range = { start: PREFIX, end: heightKey(PREFIX, height) };
      // From the end, so that a crash in between leaves no height without its beginning.
      const options = { reverse: true, limit: TRUNCATE_ENTRIES };
      for await (const [key] of this.#store.iterate(range, options)) keys.push(key);
      if (keys.length === 0) return;
      await this.#store.batch(keys.map((key): Write => [key, undefined]));
    }
  }

  /** The whole records, of one height or of all, in order; throws as {@linkcode load} does. */
  async *dump(height?: bigint): AsyncGenerator<WalRecord> {
    let previous: Entry | undefined;
    let expected = 0n;
    for await (const entry of this.#store.iterate(rangeOf(height))) {
      if (previous) yield* recordsOf(previous, expected++, isSameHeight(previous, entry));
      if (previous && !isSameHeight(previous, entry)) expected = 0n;
      previous = entry;
    }
    if (previous) yield* recordsOf(previous, expected, false);
  }

  async #findTail(height: bigint) {
    for await (const entry of this.#store.iterate(rangeOf(height), { reverse: true, limit: 1 })) {
      const { records, state, offset } = decodeEntry(entry[1]);
      const sequence = sequenceOf(entry);
      if (state === "damaged") throw damaged(height, sequence, offset, "the record is damaged and others follow");
      const repair: Write | undefined = state === "torn" ? [entry[0], encodeEntry(records)] : undefined;
      return { height, nextSequence: sequence + 1n, repair };
    }
    return { height, nextSequence: 0n, repair: undefined };
  }
}

const entryKey = (height: bigint, sequence: bigint) => concatBytes(heightKey(PREFIX, height), u64ToBytes(sequence));

function rangeOf(height: bigint | undefined) {
  const start = height === undefined ? PREFIX : heightKey(PREFIX, height);
  return { start, end: prefixEnd(start) };
}

const heightOf = ([key]: Entry) => bytesToU64(key, PREFIX.length);
const sequenceOf = ([key]: Entry) => bytesToU64(key, PREFIX.length + 8);
const isSameHeight = (a: Entry, b: Entry) => heightOf(a) === heightOf(b);

/** An entry: its length in all (4 bytes), then each record behind its length and checksum. */
function encodeEntry(records: readonly Uint8Array[]): Uint8Array {
  const size = records.reduce((sum, record) => sum + FRAME_BYTES + record.length, TOTAL_BYTES);
  const entry = new Uint8Array(size);
  const view = new DataView(entry.buffer);
  view.setUint32(0, size);
  let at = TOTAL_BYTES;
  for (const record of records) {
    invariant(record.length <= RECORD_BYTES_MAX, `append to the log: record of ${record.length} bytes`);
    view.setUint32(at, record.length);
    view.setUint32(at + 4, crc32(record));
    entry.set(record, at + FRAME_BYTES);
    at += FRAME_BYTES + record.length;
  }
  return entry;
}

interface DecodedEntry {
  /** The records up to the first that is not whole. */
  readonly records: Uint8Array[];
  readonly state: "whole" | "torn" | "damaged";
  /** Where the first record that is not whole begins. */
  readonly offset: number;
}

/**
 * An entry that is shorter than it says was torn; so was one whose last record has a wrong checksum (its sectors did not
 * all reach the disk). Anything else that is wrong is damage.
 */
function decodeEntry(bytes: Uint8Array): DecodedEntry {
  const records: Uint8Array[] = [];
  if (bytes.length < TOTAL_BYTES) return { records, state: "torn", offset: 0 };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const total = view.getUint32(0);
  let at = TOTAL_BYTES;
  while (at + FRAME_BYTES <= bytes.length) {
    const end = at + FRAME_BYTES + view.getUint32(at);
    if (end > bytes.length) break;
    const record = bytes.subarray(at + FRAME_BYTES, end);
    if (crc32(record) !== view.getUint32(at + 4)) {
      return { records, state: end === total || end === bytes.length ? "torn" : "damaged", offset: at };
    }
    records.push(record);
    at = end;
  }
  if (at === bytes.length && at === total) return { records, state: "whole", offset: at };
  return { records, state: bytes.length < total ? "torn" : "damaged", offset: at };
}

/** The records of one entry. Only the last entry of a height may be torn. */
function* recordsOf(entry: Entry, expected: bigint, hasNext: boolean): Generator<WalRecord> {
  const [height, sequence] = [heightOf(entry), sequenceOf(entry)];
  if (sequence !== expected) throw damaged(height, expected, 0, `the entry is missing, ${sequence} follows`);
  const { records, state, offset } = decodeEntry(entry[1]);
  for (const [index, bytes] of records.entries()) yield { height, sequence, index, bytes };
  if (state === "damaged") throw damaged(height, sequence, offset, "the record is damaged and others follow");
  if (state === "torn" && hasNext) throw damaged(height, sequence, offset, "the entry is torn and others follow");
}

const damaged = (height: bigint, sequence: bigint, offset: number, found: string) =>
  new IoError("wal_damaged", `read the log at height ${height}, entry ${sequence}, byte ${offset}: ${found}`);
