/** What the durable store costs on this machine. @module */
import { DenoKvStore, type Write } from "../../node/storage/mod.ts";
import { Prng } from "../../node/core/prng.ts";

const VALUE_BYTES = 100;
const KEY_BYTES = 40;

function randomWrites(prng: Prng, count: number): Write[] {
  return Array.from({ length: count }, (): Write => {
    const key = new Uint8Array(KEY_BYTES);
    const view = new DataView(key.buffer);
    for (let at = 0; at < KEY_BYTES; at += 4) view.setUint32(at, prng.u32());
    return [key, new Uint8Array(VALUE_BYTES).fill(prng.u32())];
  });
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

const perSecond = (count: number, ms: number) => Math.round(count / ms * 1000);
const round = (ms: number) => Math.round(ms * 100) / 100;
const middle = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

/** Versions of 5 000 writes over 20 000 keys, and reads at the head and below it. */
async function benchVersions(store: DenoKvStore, prng: Prng): Promise<Record<string, number>> {
  const state = randomWrites(prng, 20_000);
  await store.versioned.stage(1n, state);
  await store.versioned.publish(1n, new Uint8Array(32));
  const stageMs: number[] = [];
  const publishMs: number[] = [];
  for (let version = 2n; version <= 8n; version++) {
    const writes = prng.shuffle(state).slice(0, 5000);
    stageMs.push(await timed(() => store.versioned.stage(version, writes)));
    publishMs.push(await timed(() => store.versioned.publish(version, new Uint8Array(32))));
  }
  const keys = prng.shuffle(state.map(([key]) => key));
  const head = store.versioned.snapshot(8n);
  const getMs = await timed(() => head.getMany(keys));
  const pastMs = await timed(() => store.versioned.snapshot(4n).getMany(keys.slice(0, 5000)));
  const iterateMs = await timed(async () => {
    for await (const _ of head.iterate({}));
  });
  return {
    stage5000Ms: round(middle(stageMs)),
    publishMs: round(middle(publishMs)),
    headGetManyPerSecond: perSecond(keys.length, getMs),
    pastGetManyPerSecond: perSecond(5000, pastMs),
    headIteratePerSecond: perSecond(keys.length, iterateMs),
  };
}

/** Runs the benchmark on a temporary file and returns its figures. `args` are not used. */
export async function benchStorage(_args: string[]): Promise<unknown> {
  const dir = await Deno.makeTempDir({ prefix: "catenary-bench-" });
  const store = await DenoKvStore.open(`${dir}/bench.kv`);
  try {
    const prng = new Prng(1);
    const batches = Array.from({ length: 40 }, () => randomWrites(prng, 900));
    const batchMs = await timed(async () => {
      for (const batch of batches) await store.batch(batch);
    });
    const nodes = randomWrites(prng, 40_000).map(([key, value], i): Write => {
      new DataView(key.buffer).setUint32(0, i);
      return [key, value];
    });
    const bulkMs = await timed(() => store.bulk(nodes));
    const keys = prng.shuffle(batches.flat().map(([key]) => key));
    const getMs = await timed(() => store.getMany(keys));
    const singleMs = await timed(async () => {
      for (const [i, write] of nodes.slice(0, 1000).entries()) await store.batch([[write[0], Uint8Array.of(i & 255)]]);
    });
    const large = new Uint8Array(1024 * 1024).map((_, i) => i);
    const largeMs = await timed(async () => {
      for (let i = 0; i < 10; i++) await store.batch([[Uint8Array.of(9, i), large]]);
    });
    return {
      bench: "storage",
      batchMutationsPerSecond: perSecond(batches.length * 900, batchMs),
      bulkMutationsPerSecond: perSecond(nodes.length, bulkMs),
      singleBatchesPerSecond: perSecond(1000, singleMs),
      getManyPerSecond: perSecond(keys.length, getMs),
      writeMiBMs: round(largeMs / 10),
      ...await benchVersions(store, prng),
    };
  } finally {
    await store.close();
    await Deno.remove(dir, { recursive: true });
  }
}
