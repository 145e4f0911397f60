import { checkMeta, checkNextVersion, checkReadable, storeClosed } from "./_checks.ts";
import type { ChunkSpace } from "./_chunks.ts";
import { decodeRecord, flatKey, historyKey, metaKey, storeDamaged, type VersionRecord } from "./_kv_layout.ts";
import { listPages, userKey } from "./_pages.ts";
import type { PlainParts, PlainSpace } from "./_plain_kv.ts";
import { Staging } from "./_staging.ts";
import type { WriteQueue } from "./_write_queue.ts";
import { bytesToU64, concatBytes, u64ToBytes } from "../core/bytes.ts";
import { invariant } from "../core/invariant.ts";
import type { Entry, IterateOptions, KeyRange, StoreReader, VersionedStore, Write } from "./store.ts";

const HEAD = metaKey("head");
/** History look-ups in flight. */
const LOOKUPS_IN_FLIGHT = 32;

/**
 * Versioned keys over the engine. Every value is written twice: flat (`key` → version and value, one read at the head)
 * and into the history (`key, version` → value). A flat record that is newer than the reader's version, staged ones
 * included, sends the reader to the history, where what he may see always still is; so staging needs no read of the old
 * value, and a crash in the middle of it hurts nobody. (Measured: writing sorted keys twice costs less than reading the
 * old value, which an undo history would need, and finding a key at an old version is one look-up, not a chain.)
 */
export class VersionedKv implements VersionedStore {
  readonly #parts: PlainParts;
  readonly #plain: PlainSpace;
  readonly #queue: WriteQueue;
  readonly #staging: Staging;
  #head: { readonly version: bigint; readonly meta: Uint8Array } | undefined;

  constructor(parts: PlainParts, plain: PlainSpace, queue: WriteQueue) {
    this.#parts = parts;
    this.#plain = plain;
    this.#queue = queue;
    this.#staging = new Staging(parts.port, parts.chunks);
  }

  /** Loads the head and takes back what was staged beyond it. */
  async open(): Promise<void> {
    const [saved] = await this.#parts.port.getMany([HEAD]);
    if (saved instanceof Uint8Array && saved.length >= 8) {
      this.#head = { version: bytesToU64(saved), meta: saved.subarray(8) };
    } else if (saved !== undefined) throw storeDamaged("the head is malformed");
    await this.#staging.open(this.#head?.version);
  }

  // deno-lint-ignore require-await
  async head(): Promise<{ readonly version: bigint; readonly meta: Uint8Array } | undefined> {
    if (this.#queue.closed) throw storeClosed();
    return this.#head && { version: this.#head.version, meta: this.#head.meta.slice() };
  }

  stage(version: bigint, writes: readonly Write[]): Promise<void> {
    return this.#queue.run(() => {
      checkNextVersion("stage", version, this.#head?.version);
      return this.#staging.stage(version, writes);
    });
  }

  publish(version: bigint, meta: Uint8Array, alongside: readonly Write[] = []): Promise<void> {
    return this.#queue.run(async () => {
      checkNextVersion("publish", version, this.#head?.version);
      checkMeta(meta);
      const { staged } = this.#staging;
      invariant(staged === undefined || staged === version, `publish version ${version}: version ${staged} is staged`);
      await this.#plain.writeAtomic(alongside, [[HEAD, concatBytes(u64ToBytes(version), meta)]]);
      this.#head = { version, meta: meta.slice() };
      this.#staging.published();
    });
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
    const flat = await this.#parts.port.getMany(keys.map(flatKey));
    return await this.#valuesAt(version, keys, flat);
  }

  async *#iterate(version: bigint, range: KeyRange, options: IterateOptions = {}): AsyncGenerator<Entry> {
    const { gate, port } = this.#parts;
    let left = options.limit ?? Infinity;
    for await (const page of listPages(port, gate, "flat", range, options.reverse ?? false, left)) {
      const keys = page.map(userKey);
      const flat = page.map(([, value]) => value);
      const values = await gate.read(() => this.#valuesAt(version, keys, flat));
      for (const [i, value] of values.entries()) {
        if (value === undefined) continue;
        yield [keys[i]!, value];
        if (--left <= 0) return;
      }
    }
  }

  /** Values at `version`, given the flat records of `keys`. */
  async #valuesAt(
    version: bigint,
    keys: readonly Uint8Array[],
    flat: readonly unknown[],
  ): Promise<(Uint8Array | undefined)[]> {
    const out = new Array<Uint8Array | undefined>(keys.length);
    const slow: (() => Promise<void>)[] = [];
    flat.forEach((stored, i) => {
      if (stored === undefined) return;
      const record = decodeRecord(stored);
      if (record.version > version) {
        slow.push(async () => {
          const older = await this.#historyAt(version, keys[i]!);
          out[i] = older && await valueOf(older, this.#parts.chunks);
        });
      } else if (record.value instanceof Uint8Array || record.value === undefined) out[i] = record.value;
      else slow.push(async () => void (out[i] = await valueOf(record, this.#parts.chunks)));
    });
    let next = 0;
    const worker = async () => {
      while (next < slow.length) await slow[next++]!();
    };
    await Promise.all(Array.from({ length: Math.min(LOOKUPS_IN_FLIGHT, slow.length) }, worker));
    return out;
  }

  async #historyAt(version: bigint, key: Uint8Array): Promise<VersionRecord | undefined> {
    const options = { limit: 1, reverse: true };
    const [entry] = await this.#parts.port.list(historyKey(key, 0n), historyKey(key, version + 1n), options);
    return entry && decodeRecord(entry[1]);
  }
}

async function valueOf(record: VersionRecord, chunks: ChunkSpace): Promise<Uint8Array | undefined> {
  if (record.value === undefined || record.value instanceof Uint8Array) return record.value;
  const value = await chunks.read(record.value);
  if (!value) throw storeDamaged(`pieces of the value ${record.value.id} are missing`);
  return value;
}
