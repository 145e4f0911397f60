import { assert, assertEquals, assertRejects } from "@std/assert";
import type { LightBlock } from "cosmjs-types/tendermint/types/types";
import { CounterApp, counterTx } from "../../tests/helpers/counter_app.ts";
import { type Death, dying, Killed } from "../../tests/helpers/dying_store.ts";
import { genesisOf, seal, valueOf } from "../../tests/helpers/mini_chain.ts";
import { encodeChainState, type ProvenHeader, type ProvenHeaders } from "../chain/mod.ts";
import { equalBytes, utf8ToBytes } from "../core/bytes.ts";
import { IoError } from "../core/errors.ts";
import { MemoryStore, type Store, type Write } from "../storage/mod.ts";
import { clearPart, SortedRuns } from "./_sorted_runs.ts";
import { type Chain, ChainRestore, createBlockSource, createRpcBackend, openChain, Snapshots } from "./mod.ts";

const GENESIS = genesisOf([10n, 5n]);

const fail = (error: unknown) => {
  throw error;
};

function open(store: Store): Promise<Chain> {
  return openChain({
    store,
    genesis: GENESIS,
    createApplication: (head) => new CounterApp(head),
    proposerAddress: GENESIS.validators[0]!.address,
    onFailure: fail,
  });
}

async function grow(chain: Chain, txs: readonly Uint8Array[] = []): Promise<void> {
  for (const result of await Promise.all(txs.map((tx) => chain.mempool.admit(tx)))) assert(result.admitted);
  const { executor } = chain;
  const { height, lastCommit, validators } = executor.context();
  const block = await executor.build({ height, round: 0, lastCommit });
  const commit = seal(chain.genesis.chainId, validators, height, block.blockId, block.time);
  await executor.commit({ height, round: 0, block, commit });
}

const txsAt = (height: number, count = 30) =>
  Array.from(
    { length: count },
    (_, i) =>
      counterTx(
        `sender ${height} ${i}`,
        0,
        i,
        height === 3 && i === 0 ? "power:2:7" : height === 5 && i === 1 ? "power:1:0" : "add",
      ),
  );

const proven = ({ signedHeader, validatorSet }: LightBlock): ProvenHeader => ({
  header: signedHeader!.header!,
  commit: signedHeader!.commit!,
  validators: validatorSet!,
});

interface Original {
  readonly store: MemoryStore;
  readonly chain: Chain;
  readonly snapshots: Snapshots;
}

/** A chain whose validators change at heights 5 and 7, with a snapshot of height 4. */
async function original(): Promise<Original> {
  const store = new MemoryStore();
  const chain = await open(store);
  let made = () => {};
  const isMade = new Promise<void>((resolve) => made = resolve);
  const snapshots = await Snapshots.open({
    store,
    source: chain.store,
    interval: 4,
    kept: 2,
    latest: () => chain.executor.state.lastHeight,
    onMade: () => made(),
    onFailure: fail,
  });
  for (let height = 1; height <= 6; height++) {
    await grow(chain, txsAt(height));
    snapshots.committed(BigInt(height));
  }
  await isMade;
  return { store, chain, snapshots };
}

async function headersOf({ chain }: Original, height: bigint): Promise<ProvenHeaders> {
  const source = createBlockSource(chain);
  const at = async (h: bigint) => proven((await source.loadLightBlock(h))!);
  return { last: await at(height), current: await at(height + 1n), next: await at(height + 2n) };
}

async function restore(from: Original, store: Store): Promise<void> {
  const offer = from.snapshots.offers()[0]!;
  const headers = await headersOf(from, offer.height);
  const source = createBlockSource(from.chain);
  const restoring = new ChainRestore({ store, genesis: GENESIS });
  await restoring.begin(offer.height, offer.metadata);
  for (let i = 0; i < offer.chunks; i++) {
    valueOf(await restoring.apply((await from.snapshots.chunk(offer.height, offer.format, i))!));
  }
  valueOf(await restoring.complete(headers));
  const below = [3n, 2n, 1n].map(async (height) => proven((await source.loadLightBlock(height))!));
  await restoring.saveHeaders(await Promise.all(below));
  valueOf(await restoring.finish(headers, (await from.chain.store.blocks.loadBlockBytes(offer.height))!));
}

const contentsOf = async (store: Store) => {
  const found: [string, string][] = [];
  for await (const [key, value] of store.iterate({})) found.push([key.toHex(), value.toHex()]);
  return found;
};

/** Has block after block of `chain` committed by `copy`. */
async function follow(chain: Chain, copy: Chain): Promise<void> {
  while (copy.executor.state.lastHeight < chain.executor.state.lastHeight) {
    const height = copy.executor.state.lastHeight + 1n;
    const [loaded, bytes, commit] = await Promise.all([
      chain.store.blocks.loadBlock(height),
      chain.store.blocks.loadBlockBytes(height),
      chain.store.blocks.loadSeenCommit(height),
    ]);
    await copy.executor.commitSealed({ ...loaded!, bytes: bytes!, commit: commit! });
  }
}

Deno.test("a store restored from a snapshot opens as if the chain had always been there, and goes on with it", async () => {
  const from = await original();
  const store = new MemoryStore();
  await restore(from, store);
  const copy = await open(store);
  const at = copy.executor.state;
  assertEquals([at.lastHeight, copy.replayed, copy.firstHeight], [4n, 0, 4n]);
  await follow(from.chain, copy);
  for (let height = 7; height <= 9; height++) await grow(from.chain, txsAt(height));
  await follow(from.chain, copy);
  const [a, b] = [from.chain.executor.state, copy.executor.state];
  assertEquals(b.appHash, a.appHash);
  assertEquals(encodeChainState(b), encodeChainState({ ...a, lastHeightConsensusParamsChanged: 5n }));
  for (const height of [4n, 5n, 6n, 7n, 10n, 11n]) {
    assertEquals(
      await copy.store.loadValidators(height),
      await from.chain.store.loadValidators(height),
      `at ${height}`,
    );
  }
  // After a restart as well.
  const again = await open(store);
  assertEquals(encodeChainState(again.executor.state), encodeChainState(b));
  assertEquals(again.firstHeight, 4n);
  await from.snapshots.stop();
});

Deno.test("the restored node serves what it has, and offers the snapshot on", async () => {
  const from = await original();
  const store = new MemoryStore();
  await restore(from, store);
  const copy = await open(store);
  await follow(from.chain, copy);
  const facts = {
    moniker: "m",
    nodeId: "",
    listenAddress: "",
    rpcAddress: () => "",
    validatorPubKey: undefined,
    catchingUp: () => false,
    consensusState: () => ({ height: 1n, round: 0, step: "" }),
    genesis: {},
  };
  const backend = createRpcBackend(copy, facts as unknown as Parameters<typeof createRpcBackend>[1]);
  assertEquals([backend.status().earliestHeight, backend.status().latestHeight], [4n, 6n]);
  assertEquals((await backend.loadBlock(4n))?.block.header.height, 4n);
  assertEquals(await backend.loadBlock(3n), undefined);
  assertEquals(await backend.loadBlockResults(4n), undefined);
  assert(await backend.loadCommit(4n) !== undefined);
  assertEquals(await createBlockSource(copy).heights(), { base: 4n, last: 6n });
  // Evidence of earlier heights can be judged.
  const then = (await copy.store.loadEvidenceHeights([2n]))(2n);
  const expected = (await from.chain.store.loadEvidenceHeights([2n]))(2n);
  assertEquals([then?.time, then?.header, then?.commit], [expected?.time, expected?.header, expected?.commit]);
  assertEquals(
    then?.validators.validators.map((v) => v.votingPower),
    expected?.validators.validators.map((v) => v.votingPower),
  );
  const snapshots = await Snapshots.open({
    store,
    source: copy.store,
    interval: 4,
    kept: 2,
    latest: () => copy.executor.state.lastHeight,
    onFailure: fail,
  });
  assertEquals(snapshots.offers(), from.snapshots.offers());
  const { height, format, chunks } = snapshots.offers()[0]!;
  for (let i = 0; i < chunks; i++) {
    const [a, b] = await Promise.all([snapshots.chunk(height, format, i), from.snapshots.chunk(height, format, i)]);
    assert(equalBytes(a!, b!));
  }
  assertEquals(await snapshots.chunk(height, format, chunks), undefined);
  assertEquals(await snapshots.chunk(height, format + 1, 0), undefined);
  assertEquals(await snapshots.chunk(height + 1n, format, 0), undefined);
  await Promise.all([snapshots.stop(), from.snapshots.stop()]);
});

Deno.test("dying at any write of a restore leaves a home that can begin again, from a snapshot or from genesis", async () => {
  const from = await original();
  const whole = new MemoryStore();
  await restore(from, whole);
  const expected = await contentsOf(whole);
  const genesis = new MemoryStore();
  await open(genesis);
  const begun = await contentsOf(genesis);
  for (const death of ["before", "half", "after"] satisfies Death[]) {
    let deaths = 0;
    for (let writes = 0;; writes++) {
      const disk = new MemoryStore();
      const died = await restore(from, dying(disk, writes, death)).then(() => false, (error) => {
        assert(error instanceof Killed, error);
        return true;
      });
      if (!died) break;
      deaths++;
      if (await disk.versioned.head() !== undefined) {
        // Only the very last write makes it real.
        assertEquals(await contentsOf(disk), expected);
        continue;
      }
      const other = new MemoryStore();
      for (const [key, value] of await contentsOf(disk)) {
        await other.batch([[Uint8Array.fromHex(key), Uint8Array.fromHex(value)]]);
      }
      await restore(from, disk);
      assertEquals(await contentsOf(disk), expected);
      assertEquals((await open(disk)).executor.state.lastHeight, 4n);
      await open(other);
      assertEquals(await contentsOf(other), begun);
    }
    assert(deaths >= 8, `${deaths} deaths`);
  }
  await from.snapshots.stop();
});

Deno.test("a home that holds a chain is not begun from a snapshot", async () => {
  const store = new MemoryStore();
  await open(store);
  const restoring = new ChainRestore({ store, genesis: GENESIS });
  const error = await assertRejects(() => restoring.begin(4n, new Uint8Array()), IoError);
  assertEquals(error.code, "home_not_empty");
});

Deno.test("headers that the state does not fit are refused before anything counts", async () => {
  const from = await original();
  const offer = from.snapshots.offers()[0]!;
  const headers = await headersOf(from, offer.height);
  const wrong: ProvenHeaders[] = [
    {
      ...headers,
      current: { ...headers.current, header: { ...headers.current.header, consensusHash: new Uint8Array(32) } },
    },
    { ...headers, next: headers.last },
  ];
  for (const each of wrong) {
    const store = new MemoryStore();
    const restoring = new ChainRestore({ store, genesis: GENESIS });
    await restoring.begin(offer.height, offer.metadata);
    for (let i = 0; i < offer.chunks; i++) {
      valueOf(await restoring.apply((await from.snapshots.chunk(offer.height, offer.format, i))!));
    }
    assertEquals((await restoring.complete(each)).ok, false);
    assertEquals(await store.versioned.head(), undefined);
  }
  await from.snapshots.stop();
});

Deno.test("snapshots: the newest are kept, a height that comes while one is made is made after it", async () => {
  const store = new MemoryStore();
  const chain = await open(store);
  const made: bigint[] = [];
  let latest = 0n;
  const options = { store, source: chain.store, interval: 1, kept: 2, latest: () => latest, onFailure: fail };
  let wanted = () => {};
  const snapshots = await Snapshots.open({
    ...options,
    onMade: ({ height }) => {
      made.push(height);
      if (height === 6n) wanted();
    },
  });
  const done = new Promise<void>((resolve) => wanted = resolve);
  for (let height = 1; height <= 6; height++) {
    await grow(chain, txsAt(height));
    snapshots.committed(BigInt(height));
  }
  await done;
  assertEquals(made.at(-1), 6n);
  assertEquals(snapshots.offers(), [], "nobody could prove it yet");
  latest = 100n;
  assertEquals(snapshots.offers().map(({ height }) => height), made.slice(-2).reverse());
  // Who has heard of an older one gets it all the same.
  const gone = made.at(-3);
  if (gone !== undefined) assert(await snapshots.chunk(gone, 1, 0) !== undefined);
  await snapshots.stop();
  const again = await Snapshots.open({ ...options, kept: 1 });
  assertEquals(again.offers().map(({ height }) => height), [6n]);
  await again.stop();
});

Deno.test("sorted runs give back all that was added, in order, and leave nothing", async () => {
  const store = new MemoryStore();
  const runs = new SortedRuns(store.sub("r/"));
  const writes = Array.from({ length: 6_000 }, (_, i): Write => [
    utf8ToBytes(`${(i * 7919) % 6_000}`.padStart(5, "0")),
    new Uint8Array(i % 1_000 === 0 ? 70_000 : i % 40).fill(i),
  ]);
  for (let i = 0; i < 6_000; i += 900) await runs.add(writes.slice(i, i + 900));
  await runs.add([]);
  const read: Write[] = [];
  for await (const batch of runs.merged()) for (const [key, value] of batch) read.push([key.slice(), value!.slice()]);
  const sorted = writes.toSorted(([a], [b]) => new TextDecoder().decode(a) < new TextDecoder().decode(b) ? -1 : 1);
  assertEquals(read.length, 6_000);
  assert(read.every(([key, value], i) => equalBytes(key, sorted[i]![0]) && equalBytes(value!, sorted[i]![1]!)));
  await runs.clear();
  assertEquals(await contentsOf(store), []);
  await runs.add(writes.slice(0, 10));
  await clearPart(store.sub("r/"));
  assertEquals(await contentsOf(store), []);
});
