/**
 * Programs by the checksum of their code: bounded in bytes, the least used out first, pinned ones apart. All of one engine, so
 * cost table and float rules are the same for all in it.
 * @module
 */
import { LRUCache } from "lru-cache";
import { bytesToHex } from "../../node/core/bytes.ts";
import type { Program } from "./program.ts";

export interface CacheStatistics {
  readonly hits: number;
  readonly misses: number;
  /** Programs that made room for others. */
  readonly evictions: number;
  readonly programs: number;
  /** About, pinned ones included. */
  readonly bytes: number;
  readonly pinned: number;
  readonly pinnedBytes: number;
}

export class ProgramCache {
  readonly #recent: LRUCache<string, Program>;
  readonly #pinned = new Map<string, Program>();
  readonly #onDrop: (program: Program) => void;
  #hits = 0;
  #misses = 0;
  #evictions = 0;
  #pinnedBytes = 0;

  /** `onDrop` hears of every program that is no longer kept. */
  constructor(bytesMax: number, onDrop: (program: Program) => void) {
    this.#onDrop = onDrop;
    this.#recent = new LRUCache<string, Program>({
      maxSize: bytesMax,
      sizeCalculation: (program) => program.bytes,
      dispose: (program, checksum, reason) => {
        if (reason === "evict") this.#evictions++;
        if (this.#pinned.get(checksum) !== program) onDrop(program);
      },
    });
  }

  get statistics(): CacheStatistics {
    return {
      hits: this.#hits,
      misses: this.#misses,
      evictions: this.#evictions,
      programs: this.#recent.size + this.#pinned.size,
      bytes: this.#recent.calculatedSize + this.#pinnedBytes,
      pinned: this.#pinned.size,
      pinnedBytes: this.#pinnedBytes,
    };
  }

  /** The program of a code; `build` makes it when it is not here. */
  get(checksum: Uint8Array, build: () => Program): Program {
    const key = bytesToHex(checksum);
    const known = this.#pinned.get(key) ?? this.#recent.get(key);
    if (known !== undefined) {
      this.#hits++;
      return known;
    }
    this.#misses++;
    const program = build();
    this.#recent.set(key, program);
    return program;
  }

  /** Keeps a program that was just made. */
  put(program: Program): void {
    const key = bytesToHex(program.report.checksum);
    if (!this.#pinned.has(key) && !this.#recent.has(key)) this.#recent.set(key, program);
  }

  pin(checksum: Uint8Array, build: () => Program): void {
    const key = bytesToHex(checksum);
    if (this.#pinned.has(key)) return;
    const program = this.#recent.get(key) ?? build();
    this.#pinned.set(key, program);
    this.#pinnedBytes += program.bytes;
    this.#recent.delete(key);
  }

  unpin(checksum: Uint8Array): void {
    const key = bytesToHex(checksum);
    const program = this.#pinned.get(key);
    if (program === undefined) return;
    this.#pinned.delete(key);
    this.#pinnedBytes -= program.bytes;
    this.#recent.set(key, program);
    if (!this.#recent.has(key)) this.#onDrop(program);
  }
}
