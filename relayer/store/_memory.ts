import { invariant } from "../../node/core/invariant.ts";
import { KV_LIMITS } from "./_deno_kv.ts";
import type { ListOptions, RelayerStore, StoreEntry, StoreKey } from "./ports.ts";

/** The order of Deno KV for the parts we use: texts before numbers, each by value; a shorter key before longer ones. */
function compareParts(a: string | bigint, b: string | bigint): number {
  if (typeof a !== typeof b) return typeof a === "string" ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareKeys(a: StoreKey, b: StoreKey): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compareParts(a[i]!, b[i]!);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

const nameOf = (key: StoreKey) => JSON.stringify(key.map((part) => typeof part === "bigint" ? `n${part}` : `s${part}`));

/** A store in this process's memory, for tests and for relayers that may forget. Not measured: listings sort. */
export function memoryStore(): RelayerStore {
  const entries = new Map<string, StoreEntry>();
  let version = 0;

  return {
    limits: KV_LIMITS,
    get: (key) => Promise.resolve(entries.get(nameOf(key))),
    getMany: (keys) => Promise.resolve(keys.map((key) => entries.get(nameOf(key)))),

    list(prefix, { after, limit, reverse = false }: ListOptions) {
      const found = [...entries.values()].filter(({ key }) =>
        key.length > prefix.length && prefix.every((part, i) => part === key[i])
      );
      found.sort((a, b) => (reverse ? -1 : 1) * compareKeys(a.key, b.key));
      const rest = after === undefined
        ? found
        : found.filter(({ key }) => reverse ? compareKeys(key, after) < 0 : compareKeys(key, after) > 0);
      return Promise.resolve(rest.slice(0, limit));
    },

    commit(checks, writes) {
      invariant(writes.length <= KV_LIMITS.writesMax, `write to the store: ${writes.length} writes`);
      invariant(checks.length <= KV_LIMITS.checksMax, `write to the store: ${checks.length} checks`);
      for (const [key, expected] of checks) {
        if (entries.get(nameOf(key))?.version !== expected) return Promise.resolve(undefined);
      }
      version++;
      const name = version.toString(16).padStart(20, "0");
      for (const [key, value] of writes) {
        invariant((value?.length ?? 0) <= KV_LIMITS.valueBytesMax, `write to the store: a value of ${value?.length}`);
        if (value === undefined) entries.delete(nameOf(key));
        else entries.set(nameOf(key), { key, value: value.slice(), version: name });
      }
      return Promise.resolve(name);
    },

    close() {},
  };
}
