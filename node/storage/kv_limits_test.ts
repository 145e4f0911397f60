import { assertEquals } from "@std/assert";
import { DenoKvStore } from "./kv.ts";
import type { Write } from "./store.ts";

/** Keys of all lengths with zero bytes, and values of all sizes, in amounts around a commit's limits. */
function writes(count: number, keyBytes: number, valueBytes: number): Write[] {
  return Array.from({ length: count }, (_, i) => {
    const key = new Uint8Array(keyBytes).fill(i % 3 === 0 ? 0 : 7);
    new DataView(key.buffer).setUint32(0, i);
    return [key, new Uint8Array(valueBytes).fill(i)];
  });
}

for (
  const [count, keyBytes, valueBytes] of [[1000, 40, 740], [1000, 70, 680], [3000, 20, 800], [500, 300, 1100], [
    90,
    880,
    9000,
  ]] as const
) {
  Deno.test(`Deno KV takes what the store packs: ${count} writes of ${keyBytes} + ${valueBytes} bytes`, async () => {
    const store = await DenoKvStore.open(":memory:");
    try {
      const all = writes(count, keyBytes, valueBytes);
      await store.batch(all);
      await store.bulk(all);
      await store.versioned.stage(1n, all);
      await store.versioned.publish(1n, new Uint8Array(1), all.slice(0, 50));
      assertEquals(await store.get(all.at(-1)![0]), all.at(-1)![1]);
    } finally {
      await store.close();
    }
  });
}
