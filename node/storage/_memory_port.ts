/** An engine in memory for the tests of the durable store, with limits of the test's choice and crashes. @module */
import { invariant } from "../core/invariant.ts";
import { keyCost, type KvEntry, type KvKey, type KvLimits, type KvPort, type KvValue, valueCost } from "./_kv_port.ts";
import { keyToString, SortedMap } from "./_sorted_map.ts";

/** Limits so small that chunks, journals and many commits are the rule. */
export const TINY_LIMITS: KvLimits = {
  mutationsMax: 8,
  commitBytesMax: 900,
  commitKeyBytesMax: 700,
  valueBytesMax: 64,
};

/** What survives a crash: give it to the next {@linkcode memoryPort}. */
export type Disk = SortedMap<{ readonly key: KvKey; readonly value: KvValue }>;

export const newDisk = (): Disk => new SortedMap();

/** Thrown by an engine that has crashed. */
export class Crash extends Error {}

/** An engine over `disk` that enforces `limits` and crashes before its commit number `crashAt` (from 0). */
export function memoryPort(disk: Disk, limits: KvLimits, crashAt = Infinity): KvPort & { readonly commits: number } {
  let commits = 0;
  const alive = () => {
    if (commits > crashAt) throw new Crash(`crashed at commit ${crashAt}`);
  };
  return {
    limits,
    get commits() {
      return commits;
    },
    async getMany(keys) {
      alive();
      await Promise.resolve();
      return keys.map((key) => disk.get(name(key))?.value);
    },
    async list(start, end, { reverse = false, limit }) {
      alive();
      await Promise.resolve();
      return disk.keys(name(start), name(end), reverse, limit).map((key): KvEntry => {
        const entry = disk.get(key)!;
        return [entry.key, entry.value];
      });
    },
    async commit(mutations) {
      if (commits++ >= crashAt) throw new Crash(`crashed at commit ${crashAt}`);
      await Promise.resolve();
      let bytes = 0;
      let keyBytes = 0;
      for (const [key, value] of mutations) {
        invariant(valueCost(value) <= limits.valueBytesMax + 16, `a value of ${value?.length} bytes`);
        keyBytes += keyCost(key);
        bytes += keyCost(key) + valueCost(value);
      }
      invariant(mutations.length <= limits.mutationsMax, `${mutations.length} mutations`);
      invariant(bytes <= limits.commitBytesMax && keyBytes <= limits.commitKeyBytesMax, `${bytes} bytes`);
      for (const [key, value] of mutations) {
        if (value === undefined) disk.delete(name(key));
        else disk.set(name(key), { key, value: typeof value === "string" ? value : value.slice() });
      }
    },
    close() {},
  };
}

/** A key as text in the engine's order: each part ends in 00 00, a zero byte inside is 00 01. */
function name(key: KvKey): string {
  return key.map((part) => keyToString(part).replaceAll("\0", "\0\x01") + "\0\0").join("");
}

/** How many entries stand in the space with the first byte `space`. */
export function entriesInSpace(disk: Disk, space: number): number {
  const [start, end] = [Uint8Array.of(space), Uint8Array.of(space + 1)].map(keyToString);
  return disk.keys(start, end, false, Infinity).length;
}
