import { IoError } from "../../node/core/errors.ts";
import { lockPathOf, withPresence } from "./_presence.ts";
import type { ListOptions, RelayerStore, StoreCheck, StoreEntry, StoreKey, StoreLimits, StoreWrite } from "./ports.ts";

/** Keys of one `getMany` call; a limit of Deno KV. */
const GET_MANY_KEYS = 10;
/** `getMany` calls in flight. */
const GETS_IN_FLIGHT = 8;
/** Entries of one batch of a listing; a limit of Deno KV. */
const LIST_BATCH_MAX = 1000;

/** Deno KV allows 1 000 mutations, 100 checks, 819 200 bytes in a commit and 65 536 in a value. */
export const KV_LIMITS: StoreLimits = {
  writesMax: 1000,
  checksMax: 100,
  commitBytesMax: 700_000,
  valueBytesMax: 64_000,
};

/** A store over Deno KV, in a file, in memory or remote (KV Connect). Queues are not used: a remote KV has none. */
export function denoKvStore(kv: Deno.Kv): RelayerStore {
  const entryOf = (entry: Deno.KvEntryMaybe<Uint8Array>): StoreEntry | undefined =>
    entry.versionstamp === null
      ? undefined
      : { key: entry.key as StoreKey, value: entry.value, version: entry.versionstamp };

  async function call<T>(what: string, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new IoError("store_failed", `${what} the relayer's store: ${reason}`, { cause });
    }
  }

  return {
    limits: KV_LIMITS,

    get: (key) => call("read", async () => entryOf(await kv.get<Uint8Array>(key))),

    getMany: (keys) =>
      call("read", async () => {
        const out = new Array<StoreEntry | undefined>(keys.length);
        let next = 0;
        const worker = async () => {
          while (next < keys.length) {
            const from = next;
            next += GET_MANY_KEYS;
            const entries = await kv.getMany<Uint8Array[]>(keys.slice(from, from + GET_MANY_KEYS));
            entries.forEach((entry, i) => out[from + i] = entryOf(entry));
          }
        };
        const workers = Math.min(GETS_IN_FLIGHT, Math.ceil(keys.length / GET_MANY_KEYS));
        await Promise.all(Array.from({ length: workers }, worker));
        return out;
      }),

    list: (prefix, { after, limit, reverse = false }: ListOptions) =>
      call("list", async () => {
        const selector = selectorOf(prefix, after, reverse);
        const out: StoreEntry[] = [];
        const batchSize = Math.min(limit + 1, LIST_BATCH_MAX);
        for await (const entry of kv.list<Uint8Array>(selector, { reverse, limit: limit + 1, batchSize })) {
          // A start is inclusive in Deno KV.
          if (after !== undefined && sameKey(entry.key as StoreKey, after)) continue;
          out.push({ key: entry.key as StoreKey, value: entry.value, version: entry.versionstamp });
        }
        return out.slice(0, limit);
      }),

    commit: (checks: readonly StoreCheck[], writes: readonly StoreWrite[]) =>
      call("write to", async () => {
        const operation = kv.atomic();
        for (const [key, version] of checks) operation.check({ key, versionstamp: version ?? null });
        for (const [key, value] of writes) {
          if (value === undefined) operation.delete(key);
          else operation.set(key, value);
        }
        const outcome = await operation.commit();
        return outcome.ok ? outcome.versionstamp : undefined;
      }),

    close: () => kv.close(),
  };
}

function selectorOf(prefix: StoreKey, after: StoreKey | undefined, reverse: boolean): Deno.KvListSelector {
  if (after === undefined) return { prefix };
  return reverse ? { prefix, end: after } : { prefix, start: after };
}

const sameKey = (a: StoreKey, b: StoreKey) => a.length === b.length && a.every((part, i) => part === b[i]);

/**
 * Opens the store at `path`: a file (its folder must exist; a lock is put beside it as `<path>.lock`), `:memory:`, or the URL of a KV Connect server, whose token is
 * in the environment (`DENO_KV_ACCESS_TOKEN`). Undefined: what the platform gives.
 */
export async function openStore(path: string | undefined): Promise<RelayerStore> {
  try {
    const store = denoKvStore(await (path === undefined ? Deno.openKv() : Deno.openKv(path)));
    const lockPath = lockPathOf(path);
    return lockPath === undefined ? store : await withPresence(store, lockPath);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new IoError("store_failed", `open the relayer's store at ${path ?? "the default place"}: ${reason}`, {
      cause,
    });
  }
}
