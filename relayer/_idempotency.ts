/** Idempotency keys in the relayer's store, so that they hold over restarts and for all instances. @module */
import { utf8ToBytes } from "../node/core/bytes.ts";
import type { IdempotencyStore, Remembered } from "./api/mod.ts";
import type { RelayerStore, StoreKey } from "./store/mod.ts";
import { fromJson, listAll, toJson } from "./worker/mod.ts";
import { sha256 } from "../node/core/crypto/mod.ts";

/** How long a key is remembered, in milliseconds, and how often old ones are looked for. */
const KEPT_MS = 24 * 3_600_000;
const SWEEP_MS = 3_600_000;

const KEYS: StoreKey = ["idempotency"];

/** Keys come from clients: what is stored has one size. */
const keyOf = (key: string): StoreKey => [...KEYS, sha256(utf8ToBytes(key)).toHex()];

interface Stored {
  readonly atMs: number;
  readonly remembered: Remembered;
}

export function storedIdempotency(store: RelayerStore, nowMs: () => number): IdempotencyStore {
  let sweptMs = 0;
  const read = (value: Uint8Array) => fromJson("an idempotency key", value, (stored: Stored) => stored);
  const write = (remembered: Remembered) => toJson({ atMs: nowMs(), remembered });

  async function sweep(): Promise<void> {
    if (sweptMs + SWEEP_MS > nowMs()) return;
    sweptMs = nowMs();
    const old = (await listAll(store, KEYS)).filter(({ value }) => read(value).atMs + KEPT_MS < nowMs());
    for (const { key, version } of old) await store.commit([[key, version]], [[key, undefined]]);
  }

  return {
    async load(key) {
      const entry = await store.get(keyOf(key));
      return entry && read(entry.value).remembered;
    },
    async begin(key, fingerprint) {
      await sweep();
      const name = keyOf(key);
      return await store.commit([[name, undefined]], [[name, write({ tag: "begun", fingerprint })]]) !== undefined;
    },
    async finish(key, fingerprint, answer) {
      const bytes = write({ tag: "done", fingerprint, answer });
      // Too long to be remembered: it stays begun, and a second request learns that the first one was there.
      if (bytes.length <= store.limits.valueBytesMax) await store.commit([], [[keyOf(key), bytes]]);
    },
    async forget(key) {
      await store.commit([], [[keyOf(key), undefined]]);
    },
  };
}
