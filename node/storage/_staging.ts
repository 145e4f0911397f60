import { checkWrites } from "./_checks.ts";
import type { ChunkSpace } from "./_chunks.ts";
import { commitUnits, singly } from "./_commits.ts";
import {
  afterKey,
  decodeRecord,
  encodeRecord,
  flatKey,
  garbageKey,
  historyKey,
  inSpace,
  manifestKey,
  spaceBounds,
  storeDamaged,
} from "./_kv_layout.ts";
import type { KvEntry, KvKey, KvPort, Mutation } from "./_kv_port.ts";
import { bytesToU64, compareBytes, u64ToBytes } from "../core/bytes.ts";
import { keyToString } from "./_sorted_map.ts";
import type { Write } from "./store.ts";

/** Look-ups in flight while taking a version back. */
const LOOKUPS_IN_FLIGHT = 32;

/**
 * Writes the changes of one version, or takes them back. The manifest (the keys of the version) is durable before any
 * of its records, so taking back knows where to look; it stays after publication as the index `version → keys` that
 * pruning walks. A few writes for thousands of keys: that is its price.
 */
export class Staging {
  readonly #port: KvPort;
  readonly #chunks: ChunkSpace;
  /** The version that is staged and not published. */
  staged: bigint | undefined;

  constructor(port: KvPort, chunks: ChunkSpace) {
    this.#port = port;
    this.#chunks = chunks;
  }

  /** Takes back every version above `head`: a crash came before it was published. */
  async open(head: bigint | undefined): Promise<void> {
    const [, end] = spaceBounds("manifest");
    for (;;) {
      const [entry] = await this.#port.list(manifestKey(head === undefined ? 0n : head + 1n, 0), end, { limit: 1 });
      if (!entry) return;
      await this.#takeBack(bytesToU64(entry[0][0], 1));
    }
  }

  /** Stages `writes` as all that `version` changes, in place of anything staged before. */
  async stage(version: bigint, writes: readonly Write[]): Promise<void> {
    checkWrites(writes);
    if (this.staged !== undefined) await this.#takeBack(this.staged);
    const latest = [...new Map(writes.map((write) => [keyToString(write[0]), write])).values()];
    // In key order: neighbours share pages of the engine's tree (measured: 2.5 times the rate of random order).
    latest.sort(([a], [b]) => compareBytes(a, b));
    this.staged = version;
    await commitUnits(this.#port, this.#units(version, latest));
  }

  published(): void {
    this.staged = undefined;
  }

  *#units(version: bigint, writes: readonly Write[]): Generator<readonly Mutation[]> {
    yield* singly(manifest(version, writes.map(([key]) => key), this.#port.limits.valueBytesMax));
    const flat: Mutation[] = [];
    for (const [key, value] of writes) {
      if (value === undefined || value.length <= this.#chunks.inlineBytesMax) {
        const record = encodeRecord(version, value);
        flat.push([flatKey(key), record]);
        yield [[historyKey(key, version), record]];
        continue;
      }
      // The chunks belong to the history entry; the flat record only borrows them.
      const plan = this.#chunks.plan(value);
      const record = encodeRecord(version, plan.pointer);
      flat.push([flatKey(key), record]);
      if (plan.small) yield [...plan.chunks, [historyKey(key, version), record]];
      else {
        yield [plan.mark];
        yield* singly(plan.chunks);
        yield [[historyKey(key, version), record], plan.unmark];
      }
    }
    yield* singly(flat);
  }

  async #takeBack(version: bigint): Promise<void> {
    const garbage: number[] = [];
    const pieces: KvKey[] = [];
    let start = manifestKey(version, 0);
    const end: KvKey = [inSpace("manifest", u64ToBytes(version + 1n))];
    for (;;) {
      const [piece] = await this.#port.list(start, end, { limit: 1 });
      if (!piece) break;
      pieces.push(piece[0]);
      start = afterKey(piece[0]);
      const units = await this.#takeBackUnits(version, manifestKeys(piece), garbage);
      await commitUnits(this.#port, units);
    }
    await this.#chunks.sweep(garbage);
    // Only now: until here a crash must find the keys again.
    await commitUnits(this.#port, singly(pieces.map((key): Mutation => [key, undefined])));
    this.staged = undefined;
  }

  /** For each key: the flat record as it was before `version`, no history entry of `version`, its chunks as garbage. */
  async #takeBackUnits(version: bigint, keys: readonly Uint8Array[], garbage: number[]): Promise<Mutation[][]> {
    const units = new Array<Mutation[]>(keys.length);
    let next = 0;
    const worker = async () => {
      while (next < keys.length) {
        const i = next++;
        const key = keys[i]!;
        const options = { limit: 2, reverse: true };
        const found = await this.#port.list(historyKey(key, 0n), historyKey(key, version + 1n), options);
        const records = found.map(([, value]) => ({ value, record: decodeRecord(value) }));
        const before = records.find(({ record }) => record.version < version);
        const unit: Mutation[] = [[flatKey(key), before?.value], [historyKey(key, version), undefined]];
        const own = records.find(({ record }) => record.version === version)?.record.value;
        if (own !== undefined && !(own instanceof Uint8Array)) {
          unit.push([garbageKey(own.id), new Uint8Array()]);
          garbage.push(own.id);
        }
        units[i] = unit;
      }
    };
    await Promise.all(Array.from({ length: Math.min(LOOKUPS_IN_FLIGHT, keys.length) }, worker));
    return units;
  }
}

/** Keys, each with its length before it, in pieces of at most `pieceBytesMax`. */
function* manifest(version: bigint, keys: readonly Uint8Array[], pieceBytesMax: number): Generator<Mutation> {
  let index = 0;
  let from = 0;
  while (from < keys.length) {
    let size = 0;
    let to = from;
    while (to < keys.length && (to === from || size + 2 + keys[to]!.length <= pieceBytesMax)) {
      size += 2 + keys[to]!.length;
      to++;
    }
    const piece = new Uint8Array(size);
    const view = new DataView(piece.buffer);
    let at = 0;
    for (const key of keys.slice(from, to)) {
      view.setUint16(at, key.length);
      piece.set(key, at + 2);
      at += 2 + key.length;
    }
    yield [manifestKey(version, index++), piece];
    from = to;
  }
}

function manifestKeys([, piece]: KvEntry): Uint8Array[] {
  if (!(piece instanceof Uint8Array)) throw storeDamaged("a manifest is malformed");
  const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
  const keys: Uint8Array[] = [];
  for (let at = 0; at < piece.length;) {
    const length = view.getUint16(at);
    keys.push(piece.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return keys;
}
