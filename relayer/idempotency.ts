/** Idempotency keys in the relayer's store, so that they hold over restarts and between relayers that share it. @module */
import { utf8ToBytes } from "../node/core/bytes.ts";
import { IoError } from "../node/core/errors.ts";
import type { IdempotencyStore, Remembered, Wire } from "./api/mod.ts";
import type { RelayerStore, StoreEntry, StoreKey } from "./store/mod.ts";

/** How long a key is remembered. */
export const IDEMPOTENCY_KEPT_MS = 7 * 24 * 3_600_000;
/** Old keys looked for whenever a new one comes. */
const PRUNED_MAX = 20;

const PREFIX: StoreKey = ["idempotency"];
/** By time, so that the oldest come first. */
const BY_TIME: StoreKey = ["idempotency_time"];
const keyOf = (key: string): StoreKey => [...PREFIX, key];

type Kept = Remembered & { readonly atMs: number };

const encode = (kept: Kept) => utf8ToBytes(JSON.stringify(kept));

function decode({ value }: StoreEntry): Kept {
  try {
    return JSON.parse(new TextDecoder().decode(value)) as Kept;
  } catch (cause) {
    throw new IoError("store_corrupt", "read an idempotency key of the relayer's store: it is not JSON", { cause });
  }
}

/** Keys in `store`; `nowMs` is milliseconds since the Unix epoch. */
export function storedIdempotency(store: RelayerStore, nowMs: () => number): IdempotencyStore {
  const prune = async (): Promise<void> => {
    const before = BigInt(nowMs() - IDEMPOTENCY_KEPT_MS);
    const old = (await store.list(BY_TIME, { limit: PRUNED_MAX })).filter(({ key }) => (key[1] as bigint) < before);
    if (old.length > 0) {
      await store.commit([], old.flatMap(({ key }) => [[key, undefined], [keyOf(String(key[2])), undefined]]));
    }
  };
  return {
    async load(key) {
      const entry = await store.get(keyOf(key));
      return entry && decode(entry);
    },
    async begin(key, fingerprint) {
      await prune();
      const atMs = nowMs();
      const begun = encode({ tag: "begun", fingerprint, atMs });
      const time: StoreKey = [...BY_TIME, BigInt(atMs), key];
      const version = await store.commit([[keyOf(key), undefined]], [[keyOf(key), begun], [time, new Uint8Array()]]);
      return version !== undefined;
    },
    async finish(key: string, fingerprint: string, answer: Wire) {
      const done = encode({ tag: "done", fingerprint, answer, atMs: nowMs() });
      // Only an unsigned transaction with a long memo is so long, and by that nothing was sent.
      const kept = done.length <= store.limits.valueBytesMax ? done : undefined;
      await store.commit([], [[keyOf(key), kept]]);
    },
    async forget(key) {
      await store.commit([], [[keyOf(key), undefined]]);
    },
  };
}
