import { assert, assertEquals, assertRejects } from "@std/assert";
import { counterTx } from "../../tests/helpers/counter_app.ts";
import { genesisOf } from "../../tests/helpers/mini_chain.ts";
import { grow, joinHub, openTestChain, TurningClock } from "../../tests/helpers/synced_chains.ts";
import { IoError } from "../core/errors.ts";
import { createMemoryHub, type MemoryHub } from "../network/mod.ts";
import type { PeerNetwork, Protocol } from "../network/ports.ts";
import { type Chain, ChainRestore, createBlockSource, Snapshots } from "../runtime/mod.ts";
import { MemoryStore, type Store } from "../storage/mod.ts";
import { BlockServer, SnapshotServer, StateSyncService, type StateSyncServiceOptions } from "./mod.ts";

const GENESIS = genesisOf([10n, 20n, 30n, 15n]);
const HEIGHT = 12;

const txsAt = (height: number) =>
  Array.from(
    { length: 40 },
    (_, i) =>
      counterTx(
        `user ${height % 3} ${i}`,
        Math.floor((height - 1) / 3),
        i,
        height === 3 && i === 0 ? "power:5:7" : "add",
      ),
  );

interface Original {
  readonly chain: Chain;
  readonly store: Store;
  readonly snapshots: Snapshots;
}

/** A chain with snapshots of heights 8 and 10. */
async function original(): Promise<Original> {
  const store = new MemoryStore();
  const chain = await openTestChain(GENESIS, store);
  const made = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const snapshots = await Snapshots.open({
    store,
    source: chain.store,
    interval: 2,
    kept: 2,
    latest: () => chain.executor.state.lastHeight,
    onMade: ({ height }) => height >= 8n && made[height === 8n ? 0 : 1]!.resolve(),
    onFailure: (error) => {
      throw error;
    },
  });
  for (let height = 1; height <= HEIGHT; height++) {
    await grow(chain, txsAt(height));
    if (height !== 8 && height !== 10) continue;
    snapshots.committed(BigInt(height));
    await made[height === 8 ? 0 : 1]!.promise;
  }
  return { chain, store, snapshots };
}

/** What becomes of a frame before it goes out: undefined ends the answer. */
type Twist = (protocol: Protocol, frame: Uint8Array) => Uint8Array | undefined;

async function serve(hub: MemoryHub, index: number, { chain, snapshots }: Original, clock: TurningClock, twist: Twist) {
  const report = () => {};
  const blocks = new BlockServer({ source: createBlockSource(chain), clock, report });
  const states = new SnapshotServer({
    source: { offers: () => snapshots.offers(), chunk: (...place) => snapshots.chunk(...place) },
    report,
  });
  return await joinHub(hub, index, {
    async *onRequest(protocol, from, body) {
      const frames = protocol === "blocks" || protocol === "light_blocks"
        ? blocks.answer(protocol, from, body)
        : states.answer(protocol, from, body);
      for await (const frame of frames) {
        const twisted = twist(protocol, frame);
        if (twisted === undefined) return;
        yield twisted;
      }
    },
  });
}

const honest: Twist = (_, frame) => frame;

/** An empty store among peers; the n-th serves by the n-th twist. */
async function setup(from: Original, twists: readonly Twist[], more: Partial<StateSyncServiceOptions> = {}) {
  const hub = createMemoryHub({});
  const clock = new TurningClock();
  const servers: PeerNetwork[] = [];
  for (const [i, twist] of twists.entries()) servers.push(await serve(hub, i, from, clock, twist));
  const store = new MemoryStore();
  const reports: [peer: string, code: string][] = [];
  const handlers: { joined?: (peer: string) => void; left?: (peer: string) => void } = {};
  const network = await joinHub(hub, 99, {
    onPeerJoined: ({ id }) => handlers.joined?.(id),
    onPeerLeft: (id) => handlers.left?.(id),
  });
  const trusted = (await from.chain.store.blocks.loadBlockMeta(2n))!;
  const stages = new Set<string>();
  const service = new StateSyncService({
    network: {
      get peers() {
        return network.peers;
      },
      request: network.request.bind(network),
      report: (peer, code) => reports.push([peer, code]),
    },
    clock,
    restore: new ChainRestore({ store, genesis: GENESIS }),
    chainId: GENESIS.chainId,
    initialHeight: 1n,
    trusted: { height: 2n, hash: trusted.blockId.hash },
    trustLevel: { numerator: 1n, denominator: 3n },
    // The test's chain is of 2024.
    trustingPeriodMs: 100 * 365 * 24 * 3_600_000,
    onProgress: ({ stage }) => stages.add(stage),
    ...more,
  });
  handlers.joined = (peer) => service.peerJoined(peer);
  handlers.left = (peer) => service.peerLeft(peer);
  const run = async () => {
    let settled = false;
    const outcome = service.run().finally(() => settled = true);
    outcome.catch(() => {});
    await clock.until(() => settled, "the state to be synced");
    return await outcome;
  };
  const stop = async () => {
    for (const each of [network, ...servers]) await each.stop();
    await from.snapshots.stop();
  };
  return { self: network.self, hub, clock, servers, store, service, reports, stages, run, stop };
}

Deno.test("a node joins by a snapshot of its peers and follows the chain from there", async () => {
  const from = await original();
  const joining = await setup(from, [honest, honest, honest]);
  assertEquals(await joining.run(), 10n);
  const joined = await openTestChain(GENESIS, joining.store);
  assertEquals([joined.executor.state.lastHeight, joined.firstHeight], [10n, 10n]);
  for (let height = 11n; height <= 12n; height++) {
    const [loaded, sealed, commit] = await Promise.all([
      from.chain.store.blocks.loadBlock(height),
      from.chain.store.blocks.loadBlockBytes(height),
      from.chain.store.blocks.loadSeenCommit(height),
    ]);
    await joined.executor.commitSealed({ ...loaded!, bytes: sealed!, commit: commit! });
  }
  assertEquals(joined.executor.state.appHash, from.chain.executor.state.appHash);
  assertEquals([...joining.stages], ["snapshots", "headers", "chunks", "values", "evidence", "finishing", "ended"]);
  assertEquals(joining.reports, []);
  await joining.stop();
});

Deno.test("peers that send what no honest one sends are named, and the others give it", async () => {
  const from = await original();
  const flip: Twist = (protocol, frame) => {
    if (protocol !== "chunks") return frame;
    const twisted = frame.slice();
    twisted[twisted.length >> 1]! ^= 1;
    return twisted;
  };
  const garbage: Twist = (protocol, frame) => protocol === "light_blocks" ? frame.slice(1) : frame;
  const silent: Twist = (protocol, frame) => protocol === "light_blocks" ? undefined : frame;
  const joining = await setup(from, [flip, garbage, silent, honest, honest]);
  assertEquals(await joining.run(), 10n);
  const [flipper, scribbler] = joining.servers.map(({ self }) => self);
  const named = new Set(joining.reports.map(([peer]) => peer));
  assert([...named].every((peer) => peer === flipper || peer === scribbler), [...named].join());
  assert(named.has(scribbler!));
  assertEquals((await openTestChain(GENESIS, joining.store)).executor.state.lastHeight, 10n);
  await joining.stop();
});

Deno.test("peers may leave and come at any time", async () => {
  const from = await original();
  const joining = await setup(from, [honest, honest]);
  let settled = false;
  const outcome = joining.service.run().finally(() => settled = true);
  for (let round = 0; !settled; round++) {
    let turns = 0;
    await joining.clock.until(() => settled || ++turns > 30 + round, "a while");
    if (round % 2 === 0) joining.hub.disconnect(joining.servers[round % 4 === 0 ? 0 : 1]!.self, joining.self);
    else joining.hub.heal();
    assert(round < 2_000);
  }
  assertEquals(await outcome, 10n);
  await joining.stop();
});

Deno.test("a wrong trusted hash is refused with what to do, and the store stays empty", async () => {
  const from = await original();
  const joining = await setup(from, [honest, honest], { trusted: { height: 2n, hash: new Uint8Array(32) } });
  const error = await assertRejects(() => joining.run(), IoError);
  assertEquals(error.code, "state_sync_trust_mismatch");
  assert(error.message.includes("trust_hash"), error.message);
  assertEquals(await joining.store.versioned.head(), undefined);
  await joining.stop();
});

Deno.test("a run that is stopped ends, and another one can begin on the same store", async () => {
  const from = await original();
  // While the restore is under way.
  const joining = await setup(from, [honest], {
    onProgress: ({ stage }) => stage === "values" && joining.service.stop(),
  });
  const error = await assertRejects(() => joining.run(), IoError);
  assertEquals(error.code, "state_sync_stopped");
  assertEquals(await joining.store.versioned.head(), undefined);
  // As if nothing had been there.
  assertEquals((await openTestChain(GENESIS, joining.store)).executor.state.lastHeight, 0n);
  await joining.stop();
});
