import { assert, assertEquals } from "@std/assert";
import { counterTx } from "../../tests/helpers/counter_app.ts";
import { genesisOf } from "../../tests/helpers/mini_chain.ts";
import {
  decide,
  grow,
  joinHub,
  openTestChain,
  serveAt,
  TurningClock,
  type Twist,
} from "../../tests/helpers/synced_chains.ts";
import { IoError } from "../core/errors.ts";
import { createMemoryHub } from "../network/mod.ts";
import type { CommittedBlock } from "../rpc/ports.ts";
import { type Chain, createSyncTarget } from "../runtime/mod.ts";
import { BlockSyncService, decodeBlockFrame, encodeBlockFrame, SyncConductor, type SyncReport } from "./mod.ts";
import type { SyncQuestion, SyncTarget } from "./ports.ts";
import { Commit } from "cosmjs-types/tendermint/types/types";

const GENESIS = genesisOf([10n, 20n, 30n, 15n]);
const HEIGHTS = 40;

const txsAt = (height: number) => [
  counterTx("alice", height - 1, 5),
  counterTx("bob", height - 1, 9, height === 7 ? "power:5:7" : height === 21 ? "power:5:0" : "fail"),
];

async function longChain(heights = HEIGHTS): Promise<Chain> {
  const chain = await openTestChain(GENESIS);
  for (let height = 1; height <= heights; height++) await grow(chain, txsAt(height));
  return chain;
}

/** A node without blocks among peers that serve `chain`, the n-th by the n-th twist. */
async function setup(chain: Chain, twists: readonly (Twist | undefined)[], wrap = (target: SyncTarget) => target) {
  const hub = createMemoryHub({});
  const clock = new TurningClock();
  const servers: Awaited<ReturnType<typeof serveAt>>[] = [];
  for (const [i, twist] of twists.entries()) servers.push(await serveAt(hub, i, chain, clock, twist));
  const synced = await openTestChain(GENESIS);
  const network = await joinHub(hub, 99);
  const reports: [peer: string, code: string][] = [];
  const reasons: string[] = [];
  const halts: unknown[] = [];
  const questions: SyncQuestion[] = [];
  const service = new BlockSyncService({
    network: {
      request: network.request.bind(network),
      report: (peer, code) => reports.push([peer, code]),
    },
    clock,
    target: wrap(createSyncTarget(synced)),
    waitsForPeers: true,
    observer: { progress: () => {}, answered: (question) => questions.push(question) },
    onCaughtUp: (reason) => reasons.push(reason),
    onLeftBehind: () => {},
    onHalt: (error) => halts.push(error),
  });
  const tell = () => {
    const next = chain.executor.state.lastHeight + 1n;
    for (const { network: peer } of servers) service.peerStatus(peer.self, 1n, next);
  };
  const stop = async () => {
    await service.stop();
    for (const each of [network, ...servers.map((server) => server.network)]) await each.stop();
    for (const each of [chain, synced]) await each.stop();
  };
  return { clock, servers, synced, service, reports, reasons, halts, questions, tell, stop };
}

Deno.test("a node that joins has the chain, the state and the events of those that were there", async () => {
  const chain = await longChain();
  const world = await setup(chain, [undefined, undefined]);
  const { synced, service, clock, reasons } = world;
  const told: CommittedBlock[] = [];
  synced.bus.subscribe((committed) => told.push(committed));
  service.start();
  world.tell();
  await clock.until(() => reasons.length > 0, "the hand-over");
  assertEquals(synced.executor.state, chain.executor.state);
  assertEquals([world.reports, world.halts], [[], []]);
  await synced.bus.settled();
  assertEquals(told.map(({ height }) => height), Array.from({ length: HEIGHTS }, (_, i) => BigInt(i + 1)));
  for (const { height, blockId, results, txHashes } of told) {
    const { blocks, index } = chain.store;
    assertEquals(blockId, (await blocks.loadBlock(height))!.blockId);
    assertEquals(results.appHash.length, 32);
    assertEquals(await synced.store.blocks.loadBlockResults(height), await blocks.loadBlockResults(height));
    for (const hash of txHashes) assertEquals(await synced.store.index.findTx(hash), await index.findTx(hash));
    assertEquals(await synced.store.loadValidators(height), await chain.store.loadValidators(height));
  }
  // It can go on as a proposer, and serve what it has got.
  await grow(synced, txsAt(HEIGHTS + 1));
  assert(world.questions.every(({ failure }) => failure === undefined || failure === "called off"));
  await world.stop();
});

/** What liars make of a frame. */
const LIES: Readonly<Record<string, [code: string, twist: Twist]>> = {
  "sends garbage": ["sync_malformed", () => Uint8Array.of(8, 1, 1, 2, 3)],
  "sends blocks of other heights": ["sync_wrong_height", skipFirst()],
  "changes a signature": [
    "sync_bad_block",
    twistCommit((commit) => {
      const [first, ...rest] = commit.signatures;
      return { ...commit, signatures: [{ ...first!, signature: new Uint8Array(64) }, ...rest] };
    }),
  ],
  "changes the round": ["sync_bad_block", twistCommit((commit) => ({ ...commit, round: commit.round + 1 }))],
  "leaves signatures out": [
    "sync_bad_block",
    twistCommit((commit) => ({ ...commit, signatures: commit.signatures.slice(1) })),
  ],
  "changes the block": [
    "sync_bad_block",
    (frame) => {
      const changed = frame.slice();
      changed[40]! ^= 1;
      return changed;
    },
  ],
  "has nothing": ["sync_no_block", () => undefined],
};

function twistCommit(change: (commit: Commit) => Commit): Twist {
  return (frame) => {
    const decoded = decodeBlockFrame(frame, 1 << 20);
    if (!decoded.ok || decoded.value === undefined) throw new Error("a frame of ours");
    return encodeBlockFrame(decoded.value.bytes, Commit.encode(change(decoded.value.commit)).finish());
  };
}

for (const [what, [code, lie]] of Object.entries(LIES)) {
  Deno.test(`a peer that ${what} is named, and the others give the chain`, async () => {
    const chain = await longChain(20);
    const world = await setup(chain, [lie, undefined]);
    world.service.start();
    world.tell();
    await world.clock.until(() => world.reasons.length > 0, "the hand-over");
    assertEquals(world.synced.executor.state, chain.executor.state);
    assertEquals(
      new Set(world.reports.map(([peer, said]) => `${peer} ${said}`)),
      new Set([`${world.servers[0]!.network.self} ${code}`]),
    );
    await world.stop();
  });
}

/** Sends each frame in the place of the one before. */
function skipFirst(): Twist {
  let next: Uint8Array | undefined;
  return (frame) => {
    const late = next ?? frame;
    next = frame;
    return late;
  };
}

Deno.test("a block that 2/3 signed and that is invalid here halts the node, and nobody is blamed", async () => {
  const chain = await longChain(3);
  // Of a program with another rule: the next header's app hash differs.
  Object.assign(chain.executor.state.appHash, { 0: chain.executor.state.appHash[0]! ^ 1 });
  await grow(chain);
  const world = await setup(chain, [undefined]);
  world.service.start();
  world.tell();
  await world.clock.until(() => world.halts.length > 0, "the halt");
  const [halt] = world.halts;
  assert(halt instanceof IoError && halt.code === "block_incompatible", String(halt));
  assertEquals([world.synced.executor.state.lastHeight, world.reports, world.reasons], [3n, [], []]);
  await world.stop();
});

Deno.test("the next block is proven while one is applied", async () => {
  const chain = await longChain(30);
  const begun = new Set<bigint>();
  let early = 0;
  const world = await setup(chain, [undefined], (target) => ({
    get nextHeight() {
      return target.nextHeight;
    },
    prove: (block) => {
      begun.add(block.height);
      return target.prove(block);
    },
    apply: async (block) => {
      await target.apply(block);
      if (begun.has(block.height + 1n)) early++;
    },
  }));
  world.service.start();
  world.tell();
  await world.clock.until(() => world.reasons.length > 0, "the hand-over");
  assert(early > 20, `${early} of 30`);
  await world.stop();
});

Deno.test("a conductor syncs, hands over, takes the chain back and hands over again", async () => {
  const chain = await longChain(10);
  const hub = createMemoryHub({});
  const clock = new TurningClock();
  const server = await serveAt(hub, 0, chain, clock);
  const synced = await openTestChain(GENESIS);
  const network = await joinHub(hub, 99);
  const log: string[] = [];
  const reports: SyncReport[] = [];
  const conductor = new SyncConductor({
    network,
    clock,
    target: createSyncTarget(synced),
    waitsForPeers: true,
    consensus: {
      start: () => Promise.resolve(void log.push(`start at ${synced.executor.version + 1n}`)),
      stop: () => Promise.resolve(void log.push(`stop at ${synced.executor.version + 1n}`)),
    },
    observer: { progress: () => {}, answered: () => {}, switched: (to) => log.push(to) },
    onReport: (report) => reports.push(report),
    onHalt: (error) => {
      throw error;
    },
  });
  const tell = () => conductor.peerStatus(server.network.self, 1n, chain.executor.version + 1n);
  conductor.start();
  assert(conductor.catchingUp);
  tell();
  await clock.until(() => !conductor.catchingUp, "the first hand-over");
  assertEquals(log, ["start at 11", "consensus"]);
  // Consensus decides two blocks itself.
  for (let i = 0; i < 2; i++) {
    const decision = await decide(chain);
    for (const each of [chain, synced]) await each.executor.commit(decision);
    conductor.heightCommitted(decision.height);
    tell();
  }
  await clock.until(() => conductor.progress.next === 13n, "what consensus decided");
  for (let i = 0; i < 5; i++) await grow(chain);
  tell();
  await clock.until(() => conductor.catchingUp, "consensus to be found left behind");
  await clock.until(() => !conductor.catchingUp, "the second hand-over");
  assertEquals(log.slice(2), ["stop at 13", "sync", "start at 18", "consensus"]);
  assertEquals(synced.executor.state, chain.executor.state);
  await conductor.stop();
  assertEquals(log.at(-1), "stop at 18");
  for (const each of [network, server.network]) await each.stop();
  for (const each of [chain, synced]) await each.stop();
});
