/**
 * The log: what each version changed, in key order, packed into pieces. It is the one write that a block waits for, it
 * only ever appends, and it keeps every value a key ever had.
 *
 * A piece: entries of u16 length of the key, key, u8 kind, u16 length of the payload, payload (the value, or a pointer to
 * its chunks as text). Its key ends with its first key, so that one look-up finds the piece of a key.
 * @module
 */
import type { ChunkSpace, PlannedChunks } from "./_chunks.ts";
import { commitUnits, singly } from "./_commits.ts";
import {
  afterKey,
  decodePointer,
  encodePointer,
  garbageKey,
  logBounds,
  logKey,
  type Pointer,
  spaceBounds,
  storeDamaged,
} from "./_kv_layout.ts";
import type { KvKey, KvPort, Mutation } from "./_kv_port.ts";
import { keyToString } from "./_sorted_map.ts";
import { bytesToU64, compareBytes, utf8ToBytes } from "../core/bytes.ts";
import type { Write } from "./store.ts";

/** What a key was set to: bytes, a pointer to them, or (undefined) nothing. */
export type Stored = Uint8Array | Pointer | undefined;
/** A change: the key as text (see keyToString). */
export type LogEntry = readonly [key: string, value: Stored];

const KIND = { inline: 0, deleted: 1, pointer: 2 } as const;
const ENTRY_HEADER_BYTES = 5;
/** Small enough that reading one old value is cheap, large enough that a block is a few dozen mutations. */
const PIECE_BYTES = 16 * 1024;
/** Large values in one piece: the marks of their chunks go in the piece's commit. */
const PIECE_POINTERS_MAX = 100;

export class VersionLog {
  readonly #port: KvPort;
  readonly #chunks: ChunkSpace;
  readonly #pieceBytes: number;
  readonly #inlineBytesMax: number;

  constructor(port: KvPort, chunks: ChunkSpace) {
    this.#port = port;
    this.#chunks = chunks;
    this.#pieceBytes = Math.min(PIECE_BYTES, port.limits.valueBytesMax);
    // Half a value's limit is left for the key.
    this.#inlineBytesMax = (port.limits.valueBytesMax >> 1) - ENTRY_HEADER_BYTES;
  }

  /** Appends what `version` changes: unique keys in order. `taken` sees each change as it is stored. */
  append(version: bigint, writes: Iterable<Write>, taken: (key: Uint8Array, value: Stored) => void): Promise<void> {
    return commitUnits(this.#port, this.#units(version, writes, taken));
  }

  *#units(
    version: bigint,
    writes: Iterable<Write>,
    taken: (key: Uint8Array, value: Stored) => void,
  ): Generator<readonly Mutation[]> {
    let entries: (readonly [Uint8Array, Stored])[] = [];
    let bytes = 0;
    let planned: PlannedChunks[] = [];
    for (const [key, value] of writes) {
      const large = value !== undefined && value.length > this.#inlineBytesMax;
      const plan = large ? this.#chunks.plan(value) : undefined;
      const stored: Stored = plan?.pointer ?? value;
      const size = ENTRY_HEADER_BYTES + key.length + payloadBytes(stored);
      if (entries.length > 0 && (bytes + size > this.#pieceBytes || planned.length >= PIECE_POINTERS_MAX)) {
        yield [piece(version, entries, bytes), ...planned.map(({ unmark }) => unmark)];
        [entries, bytes, planned] = [[], 0, []];
      }
      if (plan !== undefined) {
        planned.push(plan);
        yield* singly([plan.mark, ...plan.chunks]);
      }
      entries.push([key, stored]);
      bytes += size;
      taken(key, stored);
    }
    if (entries.length > 0) yield [piece(version, entries, bytes), ...planned.map(({ unmark }) => unmark)];
  }

  /** The first version after `after` that the log knows. */
  async next(after: bigint | undefined): Promise<bigint | undefined> {
    const [start, end] = spaceBounds("log");
    const from: KvKey = after === undefined ? start : logBounds(after)[1];
    const [found] = await this.#port.list(from, end, { limit: 1 });
    return found && bytesToU64(found[0][0], 1);
  }

  /** The pieces of a version in order, one at a time. */
  async *pieces(version: bigint): AsyncGenerator<{ readonly key: KvKey; readonly entries: LogEntry[] }> {
    let [start, end] = logBounds(version);
    for (;;) {
      const [found] = await this.#port.list(start, end, { limit: 1 });
      if (found === undefined) return;
      yield { key: found[0], entries: decodePiece(found[1]) };
      start = afterKey(found[0]);
    }
  }

  /** What `version` set `key` to; "absent" when it did not change it. */
  async read(version: bigint, key: Uint8Array): Promise<Stored | "absent"> {
    const [start] = logBounds(version);
    const [found] = await this.#port.list(start, afterKey(logKey(version, key)), { limit: 1, reverse: true });
    return found === undefined ? "absent" : findInPiece(found[1], key);
  }

  /** Removes an unpublished version with the chunks that only it points to. */
  async remove(version: bigint): Promise<void> {
    for await (const { key, entries } of this.pieces(version)) {
      const ids = entries.flatMap(([, value]) => isPointer(value) ? [value.id] : []);
      // Marked first: a crash finds the chunks again, by the piece or by the marks.
      await commitUnits(this.#port, singly(ids.map((id): Mutation => [garbageKey(id), new Uint8Array()])));
      await commitUnits(this.#port, [[[key, undefined]]]);
      await this.#chunks.sweep(ids);
    }
  }
}

export const isPointer = (value: Stored): value is Pointer => value !== undefined && !(value instanceof Uint8Array);

function payloadBytes(value: Stored): number {
  if (value === undefined) return 0;
  return isPointer(value) ? encodePointer(value).length : value.length;
}

/** The mutation that writes `entries`, which take `size` bytes. */
function piece(version: bigint, entries: readonly (readonly [Uint8Array, Stored])[], size: number): Mutation {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const [key, value] of entries) {
    const payload = isPointer(value) ? utf8ToBytes(encodePointer(value)) : value;
    bytes[at] = key.length >> 8;
    bytes[at + 1] = key.length & 0xff;
    bytes.set(key, at + 2);
    at += 2 + key.length;
    bytes[at] = value === undefined ? KIND.deleted : isPointer(value) ? KIND.pointer : KIND.inline;
    const length = payload?.length ?? 0;
    bytes[at + 1] = length >> 8;
    bytes[at + 2] = length & 0xff;
    if (payload !== undefined) bytes.set(payload, at + 3);
    at += 3 + length;
  }
  return [logKey(version, entries[0]![0]), bytes];
}

/** Calls with each key and where its kind stands, until `visit` returns true. */
function scan(bytes: Uint8Array, visit: (key: Uint8Array, at: number) => boolean): void {
  for (let at = 0; at < bytes.length;) {
    const keyEnd = at + 2 + (bytes[at]! << 8 | bytes[at + 1]!);
    const end = keyEnd + 3 + (bytes[keyEnd + 1]! << 8 | bytes[keyEnd + 2]!);
    if (!(end <= bytes.length)) throw storeDamaged("a piece of the log ends inside an entry");
    if (visit(bytes.subarray(at + 2, keyEnd), keyEnd)) return;
    at = end;
  }
}

function storedAt(bytes: Uint8Array, at: number): Stored {
  const payload = bytes.subarray(at + 3, at + 3 + (bytes[at + 1]! << 8 | bytes[at + 2]!));
  if (bytes[at] === KIND.deleted) return undefined;
  return bytes[at] === KIND.pointer ? decodePointer(new TextDecoder().decode(payload)) : payload.slice();
}

function checkPiece(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw storeDamaged("a piece of the log is malformed");
  return value;
}

function decodePiece(value: unknown): LogEntry[] {
  const bytes = checkPiece(value);
  const entries: LogEntry[] = [];
  scan(bytes, (key, at) => {
    entries.push([keyToString(key), storedAt(bytes, at)]);
    return false;
  });
  return entries;
}

function findInPiece(value: unknown, wanted: Uint8Array): Stored | "absent" {
  const bytes = checkPiece(value);
  let found: Stored | "absent" = "absent";
  scan(bytes, (key, at) => {
    const order = compareBytes(key, wanted);
    if (order === 0) found = storedAt(bytes, at);
    return order >= 0;
  });
  return found;
}
