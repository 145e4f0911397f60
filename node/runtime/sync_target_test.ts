import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Commit } from "cosmjs-types/tendermint/types/types";
import { genesisOf, seal, type SealOptions } from "../../tests/helpers/mini_chain.ts";
import { counterTx } from "../../tests/helpers/counter_app.ts";
import { decide, grow, openTestChain } from "../../tests/helpers/synced_chains.ts";
import type { Decision } from "../consensus/mod.ts";
import { IoError } from "../core/errors.ts";
import { partSetHeader } from "../core/types/mod.ts";
import type { OfferedBlock } from "../sync/ports.ts";
import { breathe, createSyncTarget } from "./mod.ts";

const GENESIS = genesisOf([10n, 10n, 10n, 10n]);

const offer = ({ height, block, commit }: Decision): OfferedBlock => ({ height, bytes: block.bytes, commit });

async function setup() {
  const ahead = await openTestChain(GENESIS);
  const synced = await openTestChain(GENESIS);
  const target = createSyncTarget(synced);
  const next = async (txs: readonly Uint8Array[] = []) => {
    for (const tx of txs) await ahead.mempool.admit(tx);
    const decision = await decide(ahead);
    await ahead.executor.commit(decision);
    return decision;
  };
  const stop = () => Promise.all([ahead.stop(), synced.stop()]);
  return { ahead, synced, target, next, stop };
}

Deno.test("a block is proven by more than 2/3 of the validators of its height, and not by less", async () => {
  const { ahead, target, stop } = await setup();
  const { validators } = ahead.executor.context();
  const { height, block } = await decide(ahead);
  const proves = async (options: SealOptions, change: (commit: Commit) => Commit = (commit) => commit) => {
    const commit = change(seal(GENESIS.chainId, validators, height, block.blockId, block.time, options));
    return (await target.prove({ height, bytes: block.bytes, commit })).ok;
  };
  assertEquals(await proves({}), true);
  assertEquals(await proves({ absent: [2] }), true);
  assertEquals(await proves({ nil: [0], round: 5 }), true);
  assertEquals(await proves({ absent: [2, 3] }), false);
  assertEquals(await proves({ absent: [2], nil: [1] }), false);
  assertEquals(await proves({}, (commit) => ({ ...commit, height: 2n })), false);
  assertEquals(await proves({}, (commit) => ({ ...commit, round: 1 })), false);
  const hash = new Uint8Array(32);
  assertEquals(await proves({}, (commit) => ({ ...commit, blockId: { ...commit.blockId, hash } })), false);
  assertEquals(await proves({}, (commit) => ({ ...commit, signatures: commit.signatures.toReversed() })), false);
  assertEquals(await proves({}, (commit) => ({ ...commit, signatures: commit.signatures.slice(1) })), false);
  // One that is not needed and wrong: a canonical commit could not carry it.
  const wrong = (commit: Commit) => {
    const signature = new Uint8Array(64).fill(7);
    return { ...commit, signatures: commit.signatures.with(3, { ...commit.signatures[3]!, signature }) };
  };
  assertEquals(await proves({}, wrong), false);
  await stop();
});

Deno.test("other bytes than those signed are not decoded", async () => {
  const { ahead, target, stop } = await setup();
  const { height, block, commit } = await decide(ahead);
  for (const bytes of [new Uint8Array(), block.bytes.subarray(1), new Uint8Array(70_000)]) {
    assertEquals((await target.prove({ height, bytes, commit })).ok, false);
  }
  await stop();
});

Deno.test("the block after the next is proven by the validators it will have, and no other", async () => {
  const { target, next, stop } = await setup();
  const first = await next([counterTx("a", 0, 0, "power:5:90")]);
  const second = await next();
  const third = await next();
  const proves = async (decision: Decision) => (await target.prove(offer(decision))).ok;
  assertEquals(await Promise.all([first, second, third].map(proves)), [true, true, false]);
  const proof = await target.prove(offer(first));
  assert(proof.ok);
  await target.apply(proof.value);
  // The third one's validators, with the new one among them, are known from now on.
  assertEquals(target.nextHeight, 2n);
  assertEquals(await Promise.all([first, second, third].map(proves)), [false, true, true]);
  await stop();
});

Deno.test("what 2/3 signed and is no block, or breaks the rules, stops the node", async () => {
  const { ahead, synced, target, stop } = await setup();
  const { height, block } = await decide(ahead);
  const { validators } = ahead.executor.context();
  const bytes = Uint8Array.of(1, 2, 3);
  const blockId = { hash: block.blockId.hash, partSetHeader: partSetHeader(bytes) };
  const commit = seal(GENESIS.chainId, validators, height, blockId, block.time);
  const error = await assertRejects(() => target.prove({ height, bytes, commit }), IoError);
  assertEquals(error.code, "block_incompatible");
  await grow(ahead);
  Object.assign(synced.executor.state.appHash, { 0: synced.executor.state.appHash[0]! ^ 1 });
  const blocks = ahead.store.blocks;
  const sealed = (await blocks.loadSealedBytes(1n))!;
  const proof = await target.prove({ height, bytes: sealed.block, commit: (await blocks.loadSeenCommit(1n))! });
  assert(proof.ok);
  const refused = await assertRejects(() => target.apply(proof.value), IoError);
  assertEquals(refused.code, "block_incompatible");
  assertEquals(synced.executor.state.lastHeight, 0n);
  await stop();
});

Deno.test("proving a large block with many signatures leaves the event loop free", async () => {
  const genesis = genesisOf(Array.from({ length: 16 }, () => 1n));
  const [ahead, synced] = [await openTestChain(genesis), await openTestChain(genesis)];
  const { mempool, executor } = ahead;
  Object.assign(mempool, { reap: () => Array.from({ length: 40 }, (_, i) => counterTx("x".repeat(100_000), i)) });
  const decision = await decide(ahead);
  assert(decision.block.bytes.length > 4_000_000);
  let turns = 0;
  let ended = false;
  const counting = (async () => {
    while (!ended) {
      await breathe();
      turns++;
    }
  })();
  const proof = await createSyncTarget(synced).prove(offer(decision));
  ended = true;
  await counting;
  assert(proof.ok && turns >= 2, `${turns} turns`);
  assertEquals(executor.state.lastHeight, 0n);
  await Promise.all([ahead.stop(), synced.stop()]);
});
