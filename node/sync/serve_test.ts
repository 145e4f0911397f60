import { assert, assertEquals, assertRejects } from "@std/assert";
import { counterTx } from "../../tests/helpers/counter_app.ts";
import { genesisOf } from "../../tests/helpers/mini_chain.ts";
import { decide, grow, openTestChain, TurningClock } from "../../tests/helpers/synced_chains.ts";
import { IoError } from "../core/errors.ts";
import { equalBytes } from "../core/bytes.ts";
import { readLightBlock } from "../core/light/mod.ts";
import { hashHeader } from "../core/types/mod.ts";
import { hashValidatorSet, verifyCommit } from "../core/validators/mod.ts";
import { createBlockSource } from "../runtime/mod.ts";
import type { BlockSource } from "./ports.ts";
import {
  BlockServer,
  decodeBlockFrame,
  decodeLightBlock,
  encodeBlocksQuestion,
  encodeLightBlockQuestion,
} from "./mod.ts";

const MIB = 1024 * 1024;

function serverOf(source: BlockSource, clock = new TurningClock()) {
  const reports: string[] = [];
  const server = new BlockServer({ source, clock, report: (peer, code) => reports.push(`${peer} ${code}`) });
  return { server, reports, clock };
}

async function collect(frames: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const frame of frames) all.push(frame);
  return all;
}

const heightsOf = (frames: readonly Uint8Array[]) =>
  frames.map((frame) => {
    const decoded = decodeBlockFrame(frame, 32 * MIB);
    assert(decoded.ok && decoded.value !== undefined);
    return decoded.value.height;
  });

/** A source of blocks that are all alike and `bytes` long; counts what is loaded. */
function sourceOf(last: bigint, bytes: number, base = 1n) {
  const loaded: bigint[] = [];
  const block = new Uint8Array(bytes).fill(1);
  const commitOf = (height: bigint) => Uint8Array.of(8, Number(height), 26, 2, 18, 0);
  const source: BlockSource = {
    heights: () => Promise.resolve({ base, last }),
    loadSealed: (height) => {
      loaded.push(height);
      return Promise.resolve(height >= base && height <= last ? { block, commit: commitOf(height) } : undefined);
    },
    loadLightBlock: () => Promise.resolve(undefined),
  };
  return { source, loaded };
}

Deno.test("blocks are given as asked, and nothing outside of what is here", async () => {
  const { server } = serverOf(sourceOf(20n, 100, 5n).source);
  const ask = async (from: bigint, count: number) =>
    heightsOf(await collect(server.answer("blocks", "p", encodeBlocksQuestion({ from, count })))).map(Number);
  assertEquals(await ask(7n, 3), [7, 8, 9]);
  assertEquals(await ask(19n, 9), [19, 20]);
  for (const from of [0n, 4n, 21n, (1n << 64n) - 1n]) assertEquals(await ask(from, 2), []);
  assertEquals(await ask(7n, 0), []);
});

Deno.test("an answer is bounded in blocks and in bytes", async () => {
  const ask = async (bytes: number) => {
    const { source } = sourceOf(120n, bytes);
    const { server } = serverOf(source);
    return (await collect(server.answer("blocks", "p", encodeBlocksQuestion({ from: 1n, count: 0xffff_ffff })))).length;
  };
  assertEquals(await ask(100), 64);
  assertEquals(await ask(3 * MIB), 3);
  assertEquals(await ask(20 * MIB), 1, "at least one");
});

Deno.test("a frame is loaded when the one before was taken", async () => {
  const { source, loaded } = sourceOf(50n, 100);
  const { server } = serverOf(source);
  const frames = server.answer("blocks", "p", encodeBlocksQuestion({ from: 1n, count: 50 }));
  await frames.next();
  await frames.next();
  assertEquals(loaded, [1n, 2n]);
  await frames.return(undefined);
  assertEquals(loaded, [1n, 2n]);
});

Deno.test("a question that means nothing is reported, one of another version is not", async () => {
  const { server, reports } = serverOf(sourceOf(5n, 10).source);
  for (const protocol of ["blocks", "light_blocks"] as const) {
    assertEquals(await collect(server.answer(protocol, "new", Uint8Array.of(8, 2, 99))), []);
    assertEquals(reports, []);
    assertEquals(await collect(server.answer(protocol, "bad", Uint8Array.of(1, 2))), []);
    assertEquals(reports.splice(0), ["bad sync_bad_question"]);
  }
});

Deno.test("who asks too much at once is cut off, and who does not read makes room for others", async () => {
  const { server, clock } = serverOf(sourceOf(50n, 100).source);
  const question = encodeBlocksQuestion({ from: 1n, count: 50 });
  const begin = async (peer: string) => {
    const frames = server.answer("blocks", peer, question);
    await frames.next();
    return frames;
  };
  const slow: AsyncGenerator<Uint8Array>[] = [];
  for (let i = 0; i < 6; i++) slow.push(await begin("greedy"));
  const refused = await assertRejects(() => begin("greedy"), IoError);
  assertEquals(refused.code, "sync_busy");
  for (let i = 0; i < 26; i++) slow.push(await begin(`p${i}`));
  await assertRejects(() => begin("late"), IoError);
  clock.advance(5000);
  const late = await begin("late");
  assertEquals((await late.next()).done, false);
  // Its place was taken.
  await assertRejects(() => slow[0]!.next(), IoError);
  for (const frames of [...slow, late]) await frames.return(undefined);
  for (let i = 0; i < 6; i++) await (await begin("greedy")).return(undefined);
});

Deno.test("only what is published is served, also while the next block is on its way", async () => {
  const chain = await openTestChain(genesisOf([3n, 4n, 5n]));
  const source = createBlockSource(chain);
  const { server } = serverOf(source);
  const ask = async () =>
    heightsOf(await collect(server.answer("blocks", "p", encodeBlocksQuestion({ from: 1n, count: 9 }))));
  assertEquals([await source.heights(), await ask()], [undefined, []]);
  await grow(chain, [counterTx("a", 0)]);
  const { height, block, commit: seenCommit } = await decide(chain);
  await chain.store.blocks.saveBlock({ height, blockId: block.blockId, blockBytes: block.bytes, seenCommit });
  assertEquals([await source.heights(), await ask()], [{ base: 1n, last: 1n }, [1n]]);
  assertEquals(await source.loadLightBlock(2n), undefined);
  await chain.executor.commit({ height, round: 0, block, commit: seenCommit });
  assertEquals(await ask(), [1n, 2n]);
  await chain.stop();
});

Deno.test("light blocks are whole: header, commit and the validators that the header names", async () => {
  const chain = await openTestChain(genesisOf([3n, 4n, 5n]));
  await grow(chain, [counterTx("a", 0, 0, "power:7:9")]);
  for (let i = 0; i < 4; i++) await grow(chain);
  const { server } = serverOf(createBlockSource(chain));
  const ask = async (height: bigint) => {
    const [frame] = await collect(server.answer("light_blocks", "p", encodeLightBlockQuestion(height)));
    if (frame === undefined) return undefined;
    const decoded = decodeLightBlock(frame);
    assert(decoded.ok);
    return decoded.value;
  };
  assertEquals(await ask(6n), undefined);
  assertEquals((await ask(0n))?.signedHeader?.header?.height, 5n, "the latest");
  for (let height = 1n; height <= 5n; height++) {
    const light = (await ask(height))!;
    const { header, commit } = light.signedHeader!;
    assertEquals(header!.height, height);
    assert(equalBytes(hashValidatorSet(light.validatorSet!), header!.validatorsHash));
    assert(equalBytes(commit!.blockId.hash, hashHeader(header!)));
    const chainId = chain.genesis.chainId;
    assert(verifyCommit(chainId, light.validatorSet!, commit!.blockId, height, commit!).ok);
    const read = readLightBlock(light);
    assert(read.ok);
    if (height < 5n) assertEquals(commit, await chain.store.blocks.loadCommit(height));
  }
  await chain.stop();
});
