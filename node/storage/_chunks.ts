import { commitUnits, fitsOneCommit, singly } from "./_commits.ts";
import { chunkKey, garbageKey, idOfKey, type Pointer, RECORD_HEADER_BYTES, spaceBounds } from "./_kv_layout.ts";
import type { KvPort, Mutation } from "./_kv_port.ts";

/** Keys listed at a time while sweeping. */
const SWEEP_PAGE = 500;
const NOTHING = new Uint8Array();

/** A large value that got chunks: what to write before its pointer, what with it. */
export interface PlannedChunks {
  readonly pointer: Pointer;
  readonly chunks: readonly Mutation[];
  /** Marks the chunks as garbage until the commit that writes the pointer deletes the mark. */
  readonly mark: Mutation;
  readonly unmark: Mutation;
  /** Whether chunks and pointer may share a commit (then no mark is needed). */
  readonly small: boolean;
}

/**
 * The pieces of large values. Each value has a fresh id, so a pointer is either whole or absent. Chunks that a crash
 * left without a pointer, and chunks of replaced values, are named in the garbage space and swept: at once, or by the
 * next open.
 */
export class ChunkSpace {
  readonly #port: KvPort;
  #nextId = 1;

  constructor(port: KvPort) {
    this.#port = port;
  }

  /** The longest value that is stored as it is. */
  get inlineBytesMax(): number {
    return this.#port.limits.valueBytesMax - RECORD_HEADER_BYTES;
  }

  /** Sweeps what a crash left, and finds the first free id. */
  async open(): Promise<void> {
    const [start, end] = spaceBounds("garbage");
    for (;;) {
      const marks = await this.#port.list(start, end, { limit: SWEEP_PAGE });
      if (marks.length === 0) break;
      await this.sweep(marks.map(([key]) => idOfKey(key)));
    }
    const [first, last] = spaceBounds("chunk");
    const [newest] = await this.#port.list(first, last, { limit: 1, reverse: true });
    if (newest) this.#nextId = idOfKey(newest[0]) + 1;
  }

  /** Cuts `value` into pieces under a fresh id. Writes nothing. */
  plan(value: Uint8Array): PlannedChunks {
    const pointer = { id: this.#nextId++, length: value.length };
    const size = this.#port.limits.valueBytesMax;
    const chunks: Mutation[] = [];
    for (let at = 0, index = 0; at < value.length; at += size, index++) {
      chunks.push([chunkKey(pointer.id, index), value.subarray(at, at + size)]);
    }
    const { mutationsMax, commitBytesMax } = this.#port.limits;
    return {
      pointer,
      chunks,
      mark: [garbageKey(pointer.id), NOTHING],
      unmark: [garbageKey(pointer.id), undefined],
      small: chunks.length * 2 <= mutationsMax && value.length * 2 <= commitBytesMax &&
        fitsOneCommit(chunks, this.#port.limits),
    };
  }

  /** Deletes the pieces of `pointer`: small enough to join the commit that replaces the pointer. */
  deletes(pointer: Pointer): Mutation[] {
    return this.#indexes(pointer).map((index): Mutation => [chunkKey(pointer.id, index), undefined]);
  }

  /** The value, or undefined when a piece is missing: then the pointer was replaced meanwhile. */
  async read(pointer: Pointer): Promise<Uint8Array | undefined> {
    const pieces = await this.#port.getMany(this.#indexes(pointer).map((index) => chunkKey(pointer.id, index)));
    const value = new Uint8Array(pointer.length);
    let at = 0;
    for (const piece of pieces) {
      if (!(piece instanceof Uint8Array) || at + piece.length > value.length) return undefined;
      value.set(piece, at);
      at += piece.length;
    }
    return at === value.length ? value : undefined;
  }

  /** Deletes all pieces of `ids`, then their marks. */
  async sweep(ids: readonly number[]): Promise<void> {
    for (const id of ids) {
      for (;;) {
        const options = { limit: SWEEP_PAGE };
        const pieces = await this.#port.list([chunkKey(id, 0)[0]], [chunkKey(id + 1, 0)[0]], options);
        if (pieces.length === 0) break;
        await commitUnits(this.#port, singly(pieces.map(([key]): Mutation => [key, undefined])));
      }
    }
    await commitUnits(this.#port, singly(ids.map((id): Mutation => [garbageKey(id), undefined])));
  }

  #indexes(pointer: Pointer): number[] {
    const count = Math.ceil(pointer.length / this.#port.limits.valueBytesMax);
    return Array.from({ length: count }, (_, index) => index);
  }
}
