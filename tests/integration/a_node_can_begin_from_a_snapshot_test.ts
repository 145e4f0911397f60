/** The state of a chain with the standard modules and 4 000 accounts, from a running node into the data folder of a new one. */
import { assert, assertEquals } from "@std/assert";
import { CONSENSUS_PARAMS_AT } from "../../node/app/mod.ts";
import { type Home, parseNodeConfig } from "../../node/config/mod.ts";
import { type GenesisDoc, parseGenesis } from "../../node/chain/mod.ts";
import { equalBytes, u64ToBytes } from "../../node/core/bytes.ts";
import { AddressCodec } from "../../node/core/address.ts";
import { ed25519Address, sha256 } from "../../node/core/crypto/mod.ts";
import { BECH32_PREFIX, developmentGenesis } from "../../node/development.ts";
import { createMemoryHub } from "../../node/network/mod.ts";
import { openParts, type Parts } from "../../node/parts.ts";
import { ChainRestore, createBlockSource, Snapshots } from "../../node/runtime/mod.ts";
import { MemoryStore, openStore, type Store } from "../../node/storage/mod.ts";
import { BlockServer, SnapshotServer, StateSyncService } from "../../node/sync/mod.ts";
import { makeAccount, signTransfer } from "../helpers/accounts.ts";
import { GENESIS_TIME, keyOf, seal, valueOf } from "../helpers/mini_chain.ts";
import { joinHub, TurningClock } from "../helpers/synced_chains.ts";

const ACCOUNTS = 4_000;
const SENDERS = 20;
const SNAPSHOT_HEIGHT = 4n;

const key = keyOf(0);
const validator = { seed: new Uint8Array(32), publicKey: key.publicKey, address: ed25519Address(key.publicKey) };
const senders = Array.from({ length: SENDERS }, (_, i) => makeAccount("ed25519", i));

function genesisJson(): Record<string, unknown> {
  const codec = new AddressCodec(BECH32_PREFIX);
  const others = Array.from(
    { length: ACCOUNTS - SENDERS },
    (_, i) => codec.of(sha256(u64ToBytes(BigInt(i))).subarray(0, 20)).text,
  );
  return developmentGenesis({
    chainId: "mini-1",
    genesisTimeNanos: GENESIS_TIME,
    validator,
    extraAccounts: [...senders.map(({ address }) => address), ...others].map((address) => ({
      address,
      amount: 10n ** 9n,
    })),
  });
}

const GENESIS = genesisJson();
const DOC: GenesisDoc = valueOf(parseGenesis(GENESIS));

const open = (store: Store): Promise<Parts> => {
  const config = parseNodeConfig({});
  assert(config.ok);
  return openParts({ store, config: config.value as Home["config"], genesis: GENESIS, validatorKey: validator });
};

/** The block of the next height, with a transfer of each sender. */
async function grow({ chain }: Parts, round: number): Promise<void> {
  for (const [i, sender] of senders.entries()) {
    const admitted = await chain.mempool.admit(signTransfer(sender, {
      chainId: "mini-1",
      accountNumber: BigInt(10 + i),
      sequence: BigInt(round),
      to: senders[(i + 1) % SENDERS]!.address,
      amount: `${i + 1}`,
    }));
    assert(admitted.admitted, JSON.stringify(admitted.check?.log));
  }
  const { height, lastCommit, validators } = chain.executor.context();
  const block = await chain.executor.build({ height, round: 0, lastCommit });
  const commit = seal("mini-1", validators, height, block.blockId, block.time);
  await chain.executor.commit({ height, round: 0, block, commit });
}

async function follow(from: Parts, to: Parts): Promise<void> {
  const { blocks } = from.chain.store;
  while (to.chain.executor.state.lastHeight < from.chain.executor.state.lastHeight) {
    const height = to.chain.executor.state.lastHeight + 1n;
    const [loaded, bytes, commit] = await Promise.all([
      blocks.loadBlock(height),
      blocks.loadBlockBytes(height),
      blocks.loadSeenCommit(height),
    ]);
    await to.chain.executor.commitSealed({ ...loaded!, bytes: bytes!, commit: commit! });
  }
}

Deno.test("a node begins from the snapshot of another one, in a data folder, and goes on with the chain", async () => {
  const original = await open(new MemoryStore());
  const { chain } = original;
  const made = Promise.withResolvers<void>();
  const snapshots = await Snapshots.open({
    store: new MemoryStore(),
    source: chain.store,
    interval: Number(SNAPSHOT_HEIGHT),
    kept: 1,
    latest: () => chain.executor.state.lastHeight,
    onMade: () => made.resolve(),
    onFailure: (error) => made.reject(error),
  });
  for (let height = 1n; height <= SNAPSHOT_HEIGHT; height++) {
    await grow(original, Number(height) - 1);
    snapshots.committed(height);
  }
  // Blocks go on while it is made.
  for (let round = 4; round < 8; round++) await grow(original, round);
  await made.promise;
  assert(snapshots.offers()[0]!.chunks > 3);

  const hub = createMemoryHub({});
  const clock = new TurningClock();
  const report = () => {};
  const blocks = new BlockServer({ source: createBlockSource(chain), clock, report });
  const source = { offers: () => snapshots.offers(), chunk: snapshots.chunk.bind(snapshots) };
  const states = new SnapshotServer({ source, report });
  const server = await joinHub(hub, 0, {
    onRequest: (protocol, from, body) =>
      protocol === "blocks" || protocol === "light_blocks"
        ? blocks.answer(protocol, from, body)
        : states.answer(protocol, from, body),
  });
  const network = await joinHub(hub, 1);
  const folder = await Deno.makeTempDir();
  try {
    const store = await openStore({ path: folder });
    const trusted = (await chain.store.blocks.loadBlockMeta(1n))!.blockId.hash;
    const service = new StateSyncService({
      network,
      clock,
      restore: new ChainRestore({ store, genesis: DOC, paramsAt: CONSENSUS_PARAMS_AT }),
      chainId: "mini-1",
      initialHeight: 1n,
      trusted: { height: 1n, hash: trusted },
      trustLevel: { numerator: 1n, denominator: 3n },
      trustingPeriodMs: 100 * 365 * 24 * 3_600_000,
    });
    let settled = false;
    const outcome = service.run().finally(() => settled = true);
    await clock.until(() => settled, "the state", 2_000_000);
    assertEquals(await outcome, SNAPSHOT_HEIGHT);

    const joined = await open(store);
    assertEquals([joined.chain.executor.state.lastHeight, joined.chain.firstHeight], [
      SNAPSHOT_HEIGHT,
      SNAPSHOT_HEIGHT,
    ]);
    await follow(original, joined);
    for (let round = 8; round < 10; round++) await grow(original, round);
    await follow(original, joined);
    assertEquals(joined.chain.executor.state.appHash, chain.executor.state.appHash);
    assertEquals(joined.chain.executor.state.consensusParams, chain.executor.state.consensusParams);
    // What clients ask, and prove, is the same at each height that is there; below nothing is.
    for (const height of [4n, 6n, 10n]) {
      for (const prove of [false, true]) {
        const data = new Uint8Array([
          2,
          20,
          ...ed25519Address(senders[3]!.publicKey),
          ...new TextEncoder().encode("ucat"),
        ]);
        const ask = ({ chain: { app, runner } }: Parts) =>
          runner.run(app.query({ path: "/store/bank/key", data, height, prove }), height);
        const [a, b] = await Promise.all([ask(original), ask(joined)]);
        assertEquals(b, a);
        assert(a.value.length > 0 && a.code === 0, `code ${a.code} ${a.log}`);
      }
    }
    const below = await joined.chain.runner.run(
      joined.chain.app.query({ path: "/store/bank/key", data: new Uint8Array([1]), height: 3n, prove: false }),
      joined.chain.executor.version,
    );
    assert(below.code !== 0 && below.log.includes("3"), below.log);
    assertEquals(await joined.exportGenesis(), await original.exportGenesis());
    await joined.close();
    // Opened again, it is the same.
    const again = await open(await openStore({ path: folder }));
    assert(equalBytes(again.chain.executor.state.appHash, chain.executor.state.appHash));
    assertEquals(again.chain.firstHeight, SNAPSHOT_HEIGHT);
    await again.close();
  } finally {
    await network.stop();
    await server.stop();
    await snapshots.stop();
    await original.close();
    await Deno.remove(folder, { recursive: true });
  }
});
