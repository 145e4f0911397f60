import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Block } from "cosmjs-types/tendermint/types/block";
import { BlockID, Commit } from "cosmjs-types/tendermint/types/types";
import { InvariantError } from "../core/invariant.ts";
import { BlockStore } from "./block_store.ts";
import { DenoKvStore } from "./kv.ts";
import { MemoryStore } from "./memory.ts";
import { PrivvalStore } from "./privval_store.ts";
import { IoError } from "../core/errors.ts";
import type { Store } from "./store.ts";

const hashOf = (height: bigint) => new Uint8Array(32).fill(Number(height));
const blockIdOf = (height: bigint) =>
  BlockID.fromPartial({ hash: hashOf(height), partSetHeader: { total: 1, hash: hashOf(height) } });
const commitOf = (height: bigint, round = 0) => Commit.fromPartial({ height, round, blockId: blockIdOf(height) });

/** A block to save; the tag makes two blocks of one height differ. */
function blockAt(height: bigint, txs: Uint8Array[] = [], round = 0) {
  const block = Block.fromPartial({
    header: { chainId: "test", height, proposerAddress: new Uint8Array(20) },
    data: { txs },
    lastCommit: height > 1n ? commitOf(height - 1n, round) : Commit.fromPartial({}),
  });
  const blockBytes = Block.encode(block).finish();
  return { height, blockId: blockIdOf(height), blockBytes, seenCommit: commitOf(height, 7), block };
}

async function withStores(body: (store: Store) => Promise<void>): Promise<void> {
  for (const store of [new MemoryStore(), await DenoKvStore.open(":memory:")]) {
    try {
      await body(store);
    } finally {
      await store.close();
    }
  }
}

Deno.test("a saved block is found by height and hash, with meta and both commits, from cache and from store", () =>
  withStores(async (store) => {
    const blocks = new BlockStore(store);
    assertEquals([await blocks.base(), await blocks.latest()], [undefined, undefined]);
    const large = [new Uint8Array(150_000).fill(1), new Uint8Array(3)];
    for (const [height, txs] of [[3n, large], [4n, []], [5n, [new Uint8Array(1)]]] as const) {
      await blocks.saveBlock(blockAt(height, [...txs]));
    }
    for (const reader of [blocks, new BlockStore(store)]) {
      assertEquals([await reader.base(), await reader.latest()], [3n, 5n]);
      const { block, blockBytes } = blockAt(3n, large);
      const loaded = (await reader.loadBlock(3n))!;
      assertEquals(Block.encode(loaded.block).finish(), blockBytes);
      assertEquals([loaded.size, loaded.blockId], [blockBytes.length, blockIdOf(3n)]);
      assertEquals(await reader.loadBlockBytes(3n), blockBytes);
      const meta = (await reader.loadBlockMeta(3n))!;
      assertEquals([meta.blockSize, meta.numTxs, meta.header.height], [
        BigInt(blockBytes.length),
        2n,
        block.header.height,
      ]);
      assertEquals((await reader.loadCommit(4n))?.round, 0);
      assertEquals((await reader.loadSeenCommit(4n))?.round, 7);
      assertEquals(await reader.loadCommit(5n), undefined);
      assertEquals(await reader.heightByHash(hashOf(4n)), 4n);
      for (const absent of [0n, 6n, -1n, 1n << 60n]) {
        assertEquals(await reader.loadBlock(absent), undefined);
        assertEquals(await reader.loadBlockMeta(absent), undefined);
      }
      assertEquals(await reader.heightByHash(new Uint8Array(31)), undefined);
    }
  }));

Deno.test("saving a height again, as replay after a crash does, replaces the block", () =>
  withStores(async (store) => {
    const blocks = new BlockStore(store);
    await blocks.saveBlock(blockAt(1n));
    await store.batch(blocks.blockWrites(blockAt(1n, [new Uint8Array(5)])));
    assertEquals((await blocks.loadBlock(1n))?.block.data.txs.length, 1);
    assertThrows(() => blocks.blockWrites({ ...blockAt(1n), height: 2n }), InvariantError);
  }));

Deno.test("validators and parameters are stored where they changed and at checkpoints, and found at every height", () =>
  withStores(async (store) => {
    const blocks = new BlockStore(store);
    const bytes = (height: bigint) => new Uint8Array(100).fill(Number(height % 256n));
    const changes = [1n, 4n, 998n];
    for (let height = 1n; height <= 1003n; height++) {
      const changedAt = changes.findLast((change) => change <= height)!;
      await store.batch([
        ...blocks.validatorsWrites(height, bytes(height), changedAt),
        ...blocks.consensusParamsWrites(height, bytes(changedAt), changedAt),
      ]);
    }
    for (
      const [height, stored] of [[1n, 1n], [3n, 1n], [4n, 4n], [997n, 4n], [999n, 998n], [1000n, 1000n], [1003n, 1000n]]
    ) {
      assertEquals(await blocks.loadValidators(height!), { storedHeight: stored!, bytes: bytes(stored!) });
    }
    assertEquals((await blocks.loadConsensusParams(1003n))?.bytes, bytes(998n));
    assertEquals(await blocks.loadValidators(1004n), undefined);
    assertEquals(await blocks.loadValidators(0n), undefined);
  }));

Deno.test("results and the chain's state come back as they went in", () =>
  withStores(async (store) => {
    const blocks = new BlockStore(store);
    assertEquals(await blocks.loadChainState(), undefined);
    await blocks.saveBlockResults(9n, new Uint8Array(70_000).fill(3));
    await blocks.saveChainState(new Uint8Array([1]));
    await blocks.saveChainState(new Uint8Array([2]));
    assertEquals((await blocks.loadBlockResults(9n))?.length, 70_000);
    assertEquals(await blocks.loadBlockResults(8n), undefined);
    assertEquals(await blocks.loadChainState(), new Uint8Array([2]));
  }));

Deno.test("what was signed last comes back, and damage to it is refused", () =>
  withStores(async (store) => {
    const privval = new PrivvalStore(store);
    assertEquals(await privval.load(), undefined);
    await privval.save(new Uint8Array([1, 2, 3]));
    await privval.save(new Uint8Array([4, 5]));
    assertEquals(await new PrivvalStore(store).load(), new Uint8Array([4, 5]));
    for await (const [key, value] of store.iterate({})) await store.batch([[key, value.with(5, 9)]]);
    assertEquals((await assertRejects(() => privval.load(), IoError)).code, "privval_damaged");
  }));
