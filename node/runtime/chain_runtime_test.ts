import { assert, assertEquals, assertRejects } from "@std/assert";
import { ResponseFinalizeBlock } from "cosmjs-types/tendermint/abci/types";
import type { Commit } from "cosmjs-types/tendermint/types/types";
import { CounterApp, counterTx } from "../../tests/helpers/counter_app.ts";
import { type Death, dying, Killed } from "../../tests/helpers/dying_store.ts";
import { genesisOf, seal, valueOf } from "../../tests/helpers/mini_chain.ts";
import { parseQuery } from "../core/event_query/mod.ts";
import { IoError } from "../core/errors.ts";
import { InvariantError } from "../core/invariant.ts";
import type { Decision } from "../consensus/mod.ts";
import type { GenesisDoc } from "../chain/mod.ts";
import type { CommittedBlock } from "../rpc/ports.ts";
import { MemoryStore, type Store } from "../storage/mod.ts";
import { encodeResults } from "./_results.ts";
import { breathe, type Chain, createRpcBackend, openChain } from "./mod.ts";

const GENESIS = genesisOf([10n]);

function open(store: Store, genesis: GenesisDoc = GENESIS): Promise<Chain> {
  return openChain({
    store,
    genesis,
    createApplication: (head) => new CounterApp(head),
    proposerAddress: genesis.validators[0]!.address,
    onFailure: (error) => {
      throw error;
    },
  });
}

/** Builds, judges and seals the next block: what consensus does. */
async function decide(chain: Chain): Promise<Decision> {
  const { executor } = chain;
  const { height, lastCommit, validators } = executor.context();
  const block = await executor.build({ height, round: 0, lastCommit });
  const judged = await executor.validate({ height, round: 0, blockId: block.blockId, bytes: block.bytes });
  assert(judged.valid);
  const commit = seal(chain.genesis.chainId, validators, height, block.blockId, block.time);
  return { height, round: 0, block, commit };
}

async function grow(chain: Chain, txs: readonly Uint8Array[] = []): Promise<Decision> {
  for (const result of await Promise.all(txs.map((tx) => chain.mempool.admit(tx)))) assert(result.admitted);
  const decision = await decide(chain);
  await chain.executor.commit(decision);
  return decision;
}

const txsAt = (height: number) => [
  counterTx("alice", height - 1, 5),
  counterTx("bob", 2 * height - 2, 9),
  counterTx("bob", 2 * height - 1, 1, height === 2 ? "power:1:7" : height === 4 ? "power:1:0" : "fail"),
];

Deno.test("blocks are built from the mempool, executed and found again", async () => {
  const chain = await open(new MemoryStore());
  for (let height = 1; height <= 4; height++) await grow(chain, txsAt(height));
  assertEquals(chain.executor.state.lastHeight, 4n);
  const stored = await chain.store.blocks.loadBlock(3n);
  assertEquals(stored?.block.data.txs.map((tx) => new TextDecoder().decode(tx)), [
    "bob/4/9/add",
    "alice/2/5/add",
    "bob/5/1/fail",
  ]);
});

Deno.test("validator updates are in force two heights later and are found by height", async () => {
  const chain = await open(new MemoryStore());
  await grow(chain, [counterTx("a", 0, 0, "power:1:30")]);
  const sizes = async () =>
    await Promise.all([1n, 2n, 3n, 4n].map(async (h) => (await chain.store.loadValidators(h))?.validators.length));
  assertEquals(await sizes(), [1, 1, 2, undefined]);
  await grow(chain);
  await grow(chain);
  const expected = chain.executor.state.validators;
  const loaded = (await chain.store.loadValidators(4n))!;
  const priorities = (set: typeof loaded) => set.validators.map((v) => [v.votingPower, v.proposerPriority]);
  assertEquals(priorities(loaded), priorities(expected));
  assertEquals(loaded.proposer?.address, expected.proposer?.address);
});

Deno.test("validate() refuses other bytes, other heights and what the application refuses", async () => {
  const chain = await open(new MemoryStore());
  const other = await open(new MemoryStore());
  const { height, block } = await decide(chain);
  const judge = async (request: Partial<Parameters<typeof chain.executor.validate>[0]>) =>
    (await other.executor.validate({ height, round: 0, blockId: block.blockId, bytes: block.bytes, ...request })).valid;
  assertEquals(await judge({}), true);
  assertEquals(await judge({ height: 2n }), false);
  assertEquals(await judge({ bytes: block.bytes.subarray(1) }), false);
  assertEquals(await judge({ bytes: new Uint8Array([...block.bytes, 0]) }), false, "also when the id is known");
  assertEquals(await judge({ bytes: new Uint8Array() }), false);
  const strange = await open(new MemoryStore());
  // Past checkTx: as a proposer that does not keep to the rules.
  Object.assign(strange.mempool, { reap: () => [new Uint8Array([1, 2])] });
  const { blockId, bytes } = await strange.executor.build({ height: 1n, round: 0, lastCommit: undefined });
  assertEquals(await judge({ blockId, bytes }), false);
});

Deno.test("commit() halts on a decided block that is invalid", async () => {
  const chain = await open(new MemoryStore());
  const decision = await decide(chain);
  const block = { ...decision.block, bytes: decision.block.bytes.slice(1) };
  await assertRejects(() => chain.executor.commit({ ...decision, block }), InvariantError);
  await assertRejects(() => chain.executor.commit({ ...decision, height: 2n }), InvariantError);
});

Deno.test("committed blocks are told in order, and a listener that throws harms nobody", async () => {
  const failures: unknown[] = [];
  const chain = await openChain({
    store: new MemoryStore(),
    genesis: GENESIS,
    createApplication: (head) => new CounterApp(head),
    proposerAddress: GENESIS.validators[0]!.address,
    onFailure: (error) => failures.push(error),
  });
  const told: CommittedBlock[] = [];
  chain.bus.subscribe(() => {
    throw new Error("broken");
  });
  const end = chain.bus.subscribe((committed) => told.push(committed));
  await grow(chain, [counterTx("a", 0)]);
  await grow(chain);
  await chain.bus.settled();
  assertEquals(told.map(({ height, txHashes }) => [height, txHashes.length]), [[1n, 1], [2n, 0]]);
  assertEquals(failures.length, 2);
  end();
  await grow(chain);
  await chain.bus.settled();
  assertEquals(told.length, 2);
});

Deno.test("openChain() refuses another genesis and a damaged store", async () => {
  const store = new MemoryStore();
  await grow(await open(store));
  for (const more of [{ chainId: "mini-2" }, { appState: { x: 1 } }]) {
    const error = await assertRejects(() => open(store, genesisOf([10n], more)), IoError);
    assertEquals(error.code, "genesis_mismatch");
  }
  const chain = await open(store);
  const { block, commit } = await decide(chain);
  await chain.store.blocks.saveBlock({
    height: 2n,
    blockId: block.blockId,
    blockBytes: block.bytes,
    seenCommit: commit,
  });
  const other = ResponseFinalizeBlock.fromPartial({ appHash: Uint8Array.of(7) }); // than it will have
  await chain.store.blocks.saveBlockResults(2n, await encodeResults(other));
  const error = await assertRejects(() => open(store), IoError);
  assertEquals(error.code, "app_hash_mismatch");
});

Deno.test("the RPC backend answers from what is published", async () => {
  const chain = await open(new MemoryStore());
  const backend = createRpcBackend(chain, {
    moniker: "m",
    nodeId: "n",
    listenAddress: "",
    rpcAddress: () => "tcp://127.0.0.1:1",
    validatorPubKey: GENESIS.validators[0]!.publicKey,
    catchingUp: () => false,
    consensusState: () => ({ height: 1n, round: 0, step: "propose" }),
    genesis: { chain_id: "mini-1" },
  });
  assertEquals([backend.status().ready, backend.status().latestHeight], [false, 0n]);
  const sent = await backend.broadcastTx(counterTx("alice", 0));
  assert(sent.admitted);
  assertEquals(backend.unconfirmed(10).count, 1);
  await grow(chain);
  const decision = await grow(chain, [counterTx("bob", 0)]);
  // A block that is stored but not published is nobody's business.
  const { block, commit } = await decide(chain);
  await chain.store.blocks.saveBlock({
    height: 3n,
    blockId: block.blockId,
    blockBytes: block.bytes,
    seenCommit: commit,
  });
  const { ready, latestHeight, validatorPower } = backend.status();
  assertEquals([ready, latestHeight, validatorPower], [true, 2n, 10n]);
  assertEquals((await backend.loadBlock(2n))?.blockId, decision.block.blockId);
  assertEquals(await backend.loadBlock(3n), undefined);
  assertEquals(await backend.loadBlockByHash(block.blockId.hash), undefined);
  assertEquals((await backend.loadCommit(1n))?.canonical, true);
  assertEquals((await backend.loadCommit(2n))?.canonical, false);
  assertEquals(await backend.loadCommit(3n), undefined);
  assertEquals((await backend.findTx(sent.hash))?.height, 1n);
  assertEquals((await backend.loadBlockResults(1n))?.txResults[0]?.code, 0);
  assertEquals((await backend.loadValidators(3n))?.validators.length, 1);
  assertEquals(await backend.loadValidators(4n), undefined);
  assertEquals((await backend.loadConsensusParams(2n))?.block?.maxGas, -1n);
  const query = valueOf(parseQuery("count.sender='bob'"));
  assertEquals((await backend.searchTxs(query, 1, 10, false)).items.map(({ height }) => height), [2n]);
  assertEquals((await backend.searchBlocks(valueOf(parseQuery("block.txs='1'")), 1, 10, true)).items, [2n, 1n]);
  const read = (height: bigint) =>
    backend.query({ path: "", data: new TextEncoder().encode("alice"), height, prove: false });
  assertEquals((await read(0n)).value, new Uint8Array([0, 0, 0, 0, 0, 0, 0, 1]));
  assertEquals((await read(1n)).value, new Uint8Array([0, 0, 0, 0, 0, 0, 0, 1]));
  assertEquals(Math.abs(Number(backend.now() / 1_000_000n) - Date.now()) < 60_000, true);
});

Deno.test("executing and committing a block leaves the event loop free", async () => {
  const chain = await openChain({
    store: new MemoryStore(),
    genesis: GENESIS,
    createApplication: (head) => new CounterApp(head),
    proposerAddress: GENESIS.validators[0]!.address,
    sliceMs: 0,
    onFailure: (error) => {
      throw error;
    },
  });
  await Promise.all(Array.from({ length: 200 }, (_, i) => chain.mempool.admit(counterTx(`s${i}`, 0))));
  const decision = await decide(chain);
  let turns = 0;
  let ended = false;
  const counting = (async () => {
    while (!ended) {
      await breathe();
      turns++;
    }
  })();
  await chain.executor.commit(decision);
  ended = true;
  await counting;
  assert(turns >= 200, `${turns} turns for 200 transactions`);
});

Deno.test("transactions come in while a block is written, and are still there after it", async () => {
  const inner = new MemoryStore();
  const { promise: written, resolve: write } = Promise.withResolvers<void>();
  const slow: Store = {
    ...dying(inner, Infinity, "before"),
    versioned: {
      head: () => inner.versioned.head(),
      snapshot: (version) => inner.versioned.snapshot(version),
      extend: (version, writes) => inner.versioned.extend(version, writes),
      publish: (version, meta, alongside) => inner.versioned.publish(version, meta, alongside),
      stage: async (version, writes) => {
        if (version > 0n) await written;
        await inner.versioned.stage(version, writes);
      },
    },
  };
  const chain = await open(slow);
  await chain.mempool.admit(counterTx("a", 0));
  const committing = decide(chain).then((decision) => chain.executor.commit(decision));
  while (chain.mempool.unconfirmed(1).txs.length === 0) await breathe();
  for (let i = 0; i < 50; i++) await breathe();
  const during = await chain.mempool.admit(counterTx("b", 0));
  assert(during.admitted, "the disk is still busy");
  assertEquals(chain.executor.state.lastHeight, 0n);
  write();
  await committing;
  const { block } = await grow(chain, [counterTx("b", 1)]);
  assertEquals(chain.mempool.count, 0);
  assertEquals(chain.executor.state.lastBlockId, block.blockId);
});

const HEIGHTS = 5;

/** The chain as it grows when nobody dies: decisions, and the app hash after each height. */
async function reference() {
  const chain = await open(new MemoryStore());
  const decisions: Decision[] = [];
  const appHashes = [chain.executor.state.appHash];
  const commits: (Commit | undefined)[] = [undefined];
  for (let height = 1; height <= HEIGHTS; height++) {
    const decision = await grow(chain, txsAt(height));
    decisions.push(decision);
    appHashes.push(chain.executor.state.appHash);
    commits.push(decision.commit);
  }
  return { chain, decisions, appHashes, commits };
}

/** Commits all decisions on a store that dies; reopens on what is left of it until all are committed. */
async function surviveDeath(writes: number, death: Death, ref: Awaited<ReturnType<typeof reference>>) {
  const disk = new MemoryStore();
  let died = false;
  let chain: Chain | undefined;
  for (const store of [dying(disk, writes, death), disk]) {
    try {
      chain = await open(store);
      const { height, lastCommit } = chain.executor.context();
      assertEquals(chain.executor.state.appHash, ref.appHashes[Number(height) - 1], `writes ${writes} ${death}`);
      assertEquals(lastCommit, ref.commits[Number(height) - 1]);
      for (const decision of ref.decisions.slice(Number(height) - 1)) await chain.executor.commit(decision);
      break;
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      died = true;
    }
  }
  return { chain: chain!, died };
}

Deno.test("dying at any write, in any way, leaves a chain that goes on to the same end", async () => {
  const ref = await reference();
  const end = ref.chain.executor.state;
  let deaths = 0;
  for (const death of ["before", "half", "after"] as const) {
    for (let writes = 0;; writes++) {
      const { chain, died } = await surviveDeath(writes, death, ref);
      assertEquals(chain.executor.state.appHash, end.appHash);
      assertEquals(chain.executor.state.lastBlockId, end.lastBlockId);
      assertEquals(chain.executor.state.lastResultsHash, end.lastResultsHash);
      if (!died) break;
      deaths++;
      for (let height = 1n; height <= BigInt(HEIGHTS); height++) {
        const { store } = ref.chain;
        assertEquals(await chain.store.blocks.loadBlockResults(height), await store.blocks.loadBlockResults(height));
        assertEquals(await chain.store.loadValidators(height), await store.loadValidators(height));
        for (const tx of (await store.blocks.loadBlock(height))!.block.data.txs) {
          const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", tx.slice()));
          assertEquals(await chain.store.index.findTx(hash), await store.index.findTx(hash));
        }
      }
    }
  }
  assert(deaths >= 3 * (3 + 4 * HEIGHTS), `${deaths} deaths`);
});
