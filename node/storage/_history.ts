/**
 * Which versions changed a key. An entry stands under the first version of a run and lists how far each next one is: one
 * entry for all changes of a key between two flushes. The values are in the log.
 * @module
 */
import { historyKey, storeDamaged } from "./_kv_layout.ts";
import type { KvLimits, KvPort, Mutation } from "./_kv_port.ts";

/** The most bytes a distance takes. */
const VARINT_BYTES_MAX = 9;
const RUN_VERSIONS_MAX = 2000;

/** Entries that list `versions`, ascending, of `key`. Writing a run again under other cuts leaves the same meaning. */
export function historyEntries(key: Uint8Array, versions: readonly bigint[], limits: KvLimits): Mutation[] {
  const runMax = Math.min(RUN_VERSIONS_MAX, 1 + Math.floor(limits.valueBytesMax / VARINT_BYTES_MAX));
  const entries: Mutation[] = [];
  for (let from = 0; from < versions.length; from += runMax) {
    const bytes: number[] = [];
    for (let i = from + 1; i < Math.min(versions.length, from + runMax); i++) {
      let distance = versions[i]! - versions[i - 1]!;
      for (; distance > 127n; distance >>= 7n) bytes.push(Number(distance & 127n) | 128);
      bytes.push(Number(distance));
    }
    entries.push([historyKey(key, versions[from]!), Uint8Array.from(bytes)]);
  }
  return entries;
}

/** The last version up to `version` that changed `key`, as far as history knows. */
export async function lastChange(port: KvPort, key: Uint8Array, version: bigint): Promise<bigint | undefined> {
  const options = { limit: 1, reverse: true };
  const [entry] = await port.list(historyKey(key, 0n), historyKey(key, version + 1n), options);
  if (entry === undefined) return undefined;
  const [[, first], run] = entry;
  if (first?.length !== 8 || !(run instanceof Uint8Array)) throw storeDamaged("a history entry is malformed");
  let last = new DataView(first.buffer, first.byteOffset).getBigUint64(0);
  let distance = 0n;
  let shift = 0n;
  for (const byte of run) {
    distance |= BigInt(byte & 127) << shift;
    shift += 7n;
    if (byte > 127) continue;
    if (last + distance > version) break;
    last += distance;
    [distance, shift] = [0n, 0n];
  }
  return last;
}
