/**
 * What snapshots cost: made in the background from a store on disk while blocks of random updates go on, made again chunk by
 * chunk for a peer, and restored into another store; with the longest time that the event loop was held up.
 * Options: --accounts 100000 --updates 500 --blocks 20 --quiet (no blocks while it is made)
 * @module
 */
import process from "node:process";
import { u64ToBytes } from "../../node/core/bytes.ts";
import { Prng } from "../../node/core/prng.ts";
import { sha256 } from "../../node/core/crypto/mod.ts";
import { breathe, ChainRestore, ChainStore, Snapshots, WorkRunner } from "../../node/runtime/mod.ts";
import { MultiStore, type StateChange } from "../../node/state/mod.ts";
import { openStore, type Store } from "../../node/storage/mod.ts";
import { genesisOf } from "../helpers/mini_chain.ts";

const option = (name: string, otherwise: number) => {
  const at = Deno.args.indexOf(name);
  return at < 0 ? otherwise : Number(Deno.args[at + 1]);
};
const ACCOUNTS = option("--accounts", 100_000);
const UPDATES = option("--updates", 500);
const BLOCKS = option("--blocks", 20);

/** Processor seconds of this process since the last call, all threads: what counts on a machine that is shared. */
let cpuBefore = process.cpuUsage();
function cpu(): string {
  const { user, system } = process.cpuUsage(cpuBefore);
  cpuBefore = process.cpuUsage();
  return `${((user + system) / 1e6).toFixed(2)} s of processor`;
}

/** How long the event loop was held up, in milliseconds. */
class Stalls {
  #gaps: number[] = [];
  #running = true;

  constructor() {
    let last = performance.now();
    const turn = () => {
      const now = performance.now();
      this.#gaps.push(now - last);
      last = now;
      if (this.#running) setTimeout(turn, 0);
    };
    setTimeout(turn, 0);
  }

  take(): string {
    const gaps = this.#gaps.sort((a, b) => a - b);
    this.#gaps = [];
    const at = (part: number) => (gaps[Math.floor(gaps.length * part)] ?? 0).toFixed(1);
    return `${cpu()}; event loop held up: p99 ${at(0.99)} ms, longest ${(gaps.at(-1) ?? 0).toFixed(1)} ms`;
  }

  stop(): void {
    this.#running = false;
  }
}

function changeOf(store: "auth" | "bank", account: number, value: number): StateChange {
  const address = sha256(u64ToBytes(BigInt(account))).subarray(0, 20);
  const key = new Uint8Array([
    store === "auth" ? 1 : 2,
    20,
    ...address,
    ...(store === "auth" ? [] : [0x75, 0x63, 0x61, 0x74]),
  ]);
  const length = store === "auth" ? 110 : 13;
  return { store, key, value: new TextEncoder().encode(String(1_000_000_000_000 + value).padEnd(length)) };
}

async function commit(store: Store, state: MultiStore, changes: StateChange[]): Promise<void> {
  const runner = new WorkRunner(new ChainStore(store));
  const version = state.version + 1n;
  const staged = await runner.run(state.stage(version, changes), version === 0n ? undefined : state.version);
  const nodes = store.sub("t/");
  await nodes.bulk([...staged.nodes, ...staged.stale]);
  await store.versioned.stage(version, staged.flat);
  await store.versioned.publish(version, staged.meta);
  state.adopt(staged);
}

const folder = await Deno.makeTempDir();
const stalls = new Stalls();
try {
  const store = await openStore({ path: `${folder}/a` });
  const state = new MultiStore({ stores: ["auth", "bank", "empty"], cacheBytesMax: 256 * 1024 * 1024 });
  const genesis: StateChange[] = [];
  for (let i = 0; i < ACCOUNTS; i++) genesis.push(changeOf("auth", i, i), changeOf("bank", i, i));
  await commit(store, state, genesis);
  const random = new Prng(1);
  const block = () => {
    const accounts = new Set(Array.from({ length: UPDATES }, () => random.below(ACCOUNTS)));
    return commit(
      store,
      state,
      [...accounts].flatMap((i) => [changeOf("auth", i, random.u32()), changeOf("bank", i, random.u32())]),
    );
  };
  for (let i = 0; i < BLOCKS; i++) await block();
  stalls.take();

  const blockMs = async (count: () => boolean) => {
    const times: number[] = [];
    while (count()) {
      const from = performance.now();
      await block();
      times.push(performance.now() - from);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    times.sort((a, b) => a - b);
    return `${times.length} blocks of ${UPDATES} updates, median ${times[times.length >> 1]?.toFixed(1)} ms`;
  };
  let left = BLOCKS;
  console.log(`before: ${await blockMs(() => left-- > 0)}; ${stalls.take()}`);
  let made = 0;
  const height = state.version;
  const snapshots = await Snapshots.open({
    store,
    source: new ChainStore(store),
    interval: Number(height),
    kept: 1,
    latest: () => height + 2n,
    onMade: (_, ms) => made = ms,
    onFailure: (error) => {
      throw error;
    },
  });
  snapshots.committed(height);
  if (Deno.args.includes("--quiet")) { while (made === 0) await new Promise((resolve) => setTimeout(resolve, 20)); }
  console.log(`while a snapshot is made: ${await blockMs(() => made === 0)}; ${stalls.take()}`);
  const offer = snapshots.offers()[0]!;
  console.log(
    `snapshot of ${ACCOUNTS} accounts: ${offer.chunks} chunks, metadata ${offer.metadata.length} bytes, made in ${
      Math.round(made)
    } ms`,
  );

  let from = performance.now();
  const chunks: Uint8Array[] = [];
  for (let i = 0; i < offer.chunks; i++) chunks.push((await snapshots.chunk(offer.height, offer.format, i))!);
  let seconds = (performance.now() - from) / 1000;
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const rate = () => `${(bytes / 2 ** 20 / seconds).toFixed(1)} MiB/s`;
  console.log(`served: ${(bytes / 2 ** 20).toFixed(1)} MiB in ${seconds.toFixed(1)} s, ${rate()}; ${stalls.take()}`);

  const copy = await openStore({ path: `${folder}/b` });
  const restore = new ChainRestore({ store: copy, genesis: genesisOf([1n]) });
  from = performance.now();
  await restore.begin(offer.height, offer.metadata);
  for (const chunk of chunks) {
    const applied = await restore.apply(chunk);
    if (!applied.ok) throw new Error(applied.error.message);
    await breathe();
  }
  seconds = (performance.now() - from) / 1000;
  console.log(`checked and stored: ${seconds.toFixed(1)} s, ${rate()}; ${stalls.take()}`);
  from = performance.now();
  await restore.placeValues();
  const sorted = (performance.now() - from) / 1000;
  console.log(`values sorted and staged: ${sorted.toFixed(1)} s; ${stalls.take()}`);
  from = performance.now();
  await copy.versioned.publish(offer.height, new Uint8Array());
  console.log(`published: ${((performance.now() - from) / 1000).toFixed(1)} s; ${stalls.take()}`);
  await snapshots.stop();
  await store.close();
  await copy.close();
} finally {
  stalls.stop();
  await Deno.remove(folder, { recursive: true });
}
