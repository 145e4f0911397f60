import { concatBytes, prefixEnd, utf8ToBytes } from "../core/bytes.ts";
import type { IterateOptions, KeyRange, Store, StorePart, Write } from "./store.ts";

/** The part of `store` under `prefix`; see the contract's `sub`. */
export function subStore(store: Omit<Store, "close" | "versioned" | "sub">, prefixText: string): StorePart {
  const prefix = utf8ToBytes(prefixText);
  const end = prefixEnd(prefix);
  const full = (key: Uint8Array) => concatBytes(prefix, key);
  const fullWrites = (writes: readonly Write[]) => writes.map(([key, value]): Write => [full(key), value]);
  return {
    get: (key) => store.get(full(key)),
    getMany: (keys) => store.getMany(keys.map(full)),
    async *iterate(range: KeyRange, options?: IterateOptions) {
      const inner = {
        start: range.start ? full(range.start) : prefix,
        end: range.end ? full(range.end) : end,
      };
      for await (const [key, value] of store.iterate(inner, options)) yield [key.subarray(prefix.length), value];
    },
    batch: (writes) => store.batch(fullWrites(writes)),
    bulk: (writes) => store.bulk(fullWrites(writes)),
  };
}
