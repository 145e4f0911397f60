/**
 * What a block of random updates costs the state as the number of accounts grows: computing the new trees, loading nodes,
 * writing through the real store. The store moves what recent blocks changed into its records many blocks at a time: medians
 * show a block without that, means one with its share when `--blocks` is large enough (10^6 accounts: some 500).
 * Options: --sizes 10000,100000 --updates 1000 --blocks 100 --reopened 30 --cache-mb 512 --memory
 * @module
 */
import { u64ToBytes } from "../../node/core/bytes.ts";
import { Prng } from "../../node/core/prng.ts";
import type { Reply, Work } from "../../node/core/work.ts";
import { MultiStore, type StagedCommit, type StateChange } from "../../node/state/mod.ts";
import { openStore, type Store } from "../../node/storage/mod.ts";
import { sha256 } from "../../node/core/crypto/mod.ts";

interface Options {
  readonly sizes: readonly number[];
  readonly updates: number;
  readonly blocks: number;
  /** Blocks after opening again. */
  readonly reopened: number;
  readonly cacheBytesMax: number;
  readonly memory: boolean;
}

/** Milliseconds of one block. */
interface Cost {
  compute: number;
  load: number;
  write: number;
  packs: number;
}

function optionsOf(args: readonly string[]): Options {
  const value = (name: string, otherwise: string) => {
    const at = args.indexOf(name);
    return at < 0 ? otherwise : args[at + 1] ?? otherwise;
  };
  return {
    sizes: value("--sizes", "10000,100000,1000000").split(",").map(Number),
    updates: Number(value("--updates", "1000")),
    blocks: Number(value("--blocks", "100")),
    reopened: Number(value("--reopened", "30")),
    cacheBytesMax: Number(value("--cache-mb", "512")) * 1024 * 1024,
    memory: args.includes("--memory"),
  };
}

/** The shape of a bank balance: a prefix, an address of 20 bytes, a denom. */
function balanceKey(account: number): Uint8Array {
  const key = new Uint8Array(26);
  key.set([2, 20]);
  key.set(sha256(u64ToBytes(BigInt(account))).subarray(0, 20), 2);
  key.set([0x75, 0x63, 0x61, 0x74], 22);
  return key;
}

const amount = (value: number) => new TextEncoder().encode(String(1_000_000_000_000 + value));

/** Runs work against the store; `loadMs` counts the time spent waiting for it. */
async function run<T>(work: Work<T>, store: Store, version: bigint, cost: Cost): Promise<T> {
  let reply: Reply = undefined;
  for (;;) {
    const step = work.next(reply);
    if (step.done) return step.value;
    const from = performance.now();
    const request = step.value;
    if (request.type === "load_nodes") reply = await store.getMany(request.keys);
    else if (request.type === "load_keys") reply = await store.versioned.snapshot(version).getMany(request.keys);
    else reply = undefined;
    cost.load += performance.now() - from;
  }
}

async function write(store: Store, staged: StagedCommit): Promise<void> {
  await store.bulk([...staged.nodes, ...staged.stale]);
  await store.versioned.stage(staged.version, staged.flat);
  await store.versioned.publish(staged.version, staged.meta);
}

async function commit(store: Store, state: MultiStore, changes: readonly StateChange[]): Promise<Cost> {
  const cost: Cost = { compute: 0, load: 0, write: 0, packs: 0 };
  const begun = performance.now();
  const staged = await run(state.stage(state.version + 1n, changes), store, state.version, cost);
  const computed = performance.now();
  await write(store, staged);
  cost.write = performance.now() - computed;
  const written = performance.now();
  state.adopt(staged);
  cost.compute = computed - begun - cost.load + performance.now() - written;
  cost.packs = staged.nodes.length;
  return cost;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
const rounded = (value: number) => Math.round(value * 100) / 100;

function summary(costs: readonly Cost[]) {
  const of = (pick: (cost: Cost) => number) => rounded(median(costs.map(pick)));
  return {
    computeMs: of((cost) => cost.compute),
    loadMs: of((cost) => cost.load),
    writeMs: of((cost) => cost.write),
    totalMs: of((cost) => cost.compute + cost.load + cost.write),
    meanMs: rounded(mean(costs.map((cost) => cost.compute + cost.load + cost.write))),
    packs: of((cost) => cost.packs),
  };
}

async function measure(size: number, options: Options, path: string | undefined) {
  const store = await openStore({ path });
  const stores = ["bank"];
  let state = new MultiStore({ stores, cacheBytesMax: options.cacheBytesMax });
  const random = new Prng(size);
  const genesisFrom = performance.now();
  const genesis = Array.from({ length: size }, (_, i) => ({ store: "bank", key: balanceKey(i), value: amount(i) }));
  await commit(store, state, genesis);
  genesis.length = 0;
  const genesisSeconds = (performance.now() - genesisFrom) / 1_000;
  console.error(`  ${size} accounts in ${genesisSeconds.toFixed(1)} s`);
  const block = (): StateChange[] => {
    const accounts = new Set<number>();
    while (accounts.size < Math.min(options.updates, size)) accounts.add(random.below(size));
    return [...accounts].map((i) => ({ store: "bank", key: balanceKey(i), value: amount(random.below(1_000_000)) }));
  };
  const blocks = async (count: number) => {
    const costs: Cost[] = [];
    for (let i = 0; i < count; i++) costs.push(await commit(store, state, block()));
    return summary(costs.slice(Math.floor(costs.length / 5)));
  };
  const warm = await blocks(options.blocks);
  const head = await store.versioned.head();
  state = new MultiStore({ stores, cacheBytesMax: options.cacheBytesMax });
  state.open(head);
  const cold = await blocks(options.reopened);
  const rssMb = Math.round(Deno.memoryUsage().rss / 1024 / 1024);
  await store.close();
  return { accounts: size, genesisSeconds: rounded(genesisSeconds), warm, afterReopen: cold, rssMb };
}

/** Prints nothing but progress; the figures are per block of `--updates` changes, medians but for `meanMs`. */
export async function benchState(args: string[]): Promise<unknown> {
  const options = optionsOf(args);
  // The first size would pay for the compiler otherwise.
  await measure(2_000, { ...options, blocks: 60, reopened: 1 }, undefined);
  const sizes: Awaited<ReturnType<typeof measure>>[] = [];
  for (const size of options.sizes) {
    const path = options.memory ? undefined : await Deno.makeTempDir({ prefix: "catenary-bench-state-" });
    try {
      sizes.push(await measure(size, options, path));
    } finally {
      if (path !== undefined) await Deno.remove(path, { recursive: true });
    }
  }
  const ratio = (pick: (size: (typeof sizes)[number]) => number) => rounded(pick(sizes.at(-1)!) / pick(sizes[0]!));
  return {
    bench: "state",
    store: options.memory ? "memory" : "deno-kv",
    updates: options.updates,
    sizes,
    ratios: {
      compute: ratio((size) => size.warm.computeMs),
      write: ratio((size) => size.warm.writeMs),
      total: ratio((size) => size.warm.totalMs),
      mean: ratio((size) => size.warm.meanMs),
      afterReopen: ratio((size) => size.afterReopen.totalMs),
    },
  };
}
