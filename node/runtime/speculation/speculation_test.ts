import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type SpeculatedTx, SpeculationReader } from "../../app/mod.ts";
import { SpeculationWriter } from "../../app/speculation_writer.ts";
import type { Reply } from "../../core/work.ts";
import { FollowingState } from "../../state/mod.ts";
import {
  ALONE_MS_MIN,
  BLOCKS_PER_TRIAL,
  Choice,
  COLD_BLOCKS,
  SAVING_MIN,
  TRANSACTION_MS_MIN,
  TRANSACTIONS_MIN,
  TRIAL_BLOCKS,
  type Way,
} from "./choice.ts";
import {
  type FromWorker,
  SpeculationPool,
  type SpeculationPoolOptions,
  speculationThread,
  type ToWorker,
} from "./mod.ts";
import { packTxs, packWrites, unpackTxs, unpackWrites } from "./packed.ts";
import { Share, sharesOf } from "./shares.ts";

const tx = (index: number, sender: number): SpeculatedTx => ({
  index,
  bytes: Uint8Array.of(index),
  sender,
  verified: undefined,
});

Deno.test("sharesOf() gives each transaction to one, a sender's all to the same one, in order of who comes first", () => {
  fc.assert(fc.property(
    fc.array(fc.nat(5), { maxLength: 30 }),
    fc.integer({ min: 1, max: 5 }),
    (senders, count) => {
      const shares = sharesOf(senders.map((sender, i) => tx(i, sender)), count);
      assertEquals(shares.length, count);
      assertEquals(shares.flat().map(({ index }) => index).sort((a, b) => a - b), senders.map((_, i) => i));
      const owner = new Map<number, number>();
      for (const [who, share] of shares.entries()) {
        assertEquals(share.map(({ index }) => index), share.map(({ index }) => index).sort((a, b) => a - b));
        for (const { sender } of share) assertEquals(owner.get(sender) ?? who, who), owner.set(sender, who);
      }
      const byFirst = [...new Set(senders)].map((sender) => owner.get(sender)!);
      assertEquals(byFirst, byFirst.toSorted((a, b) => a - b), "who comes first is in the first share");
    },
  ));
});

Deno.test("sharesOf() makes shares of about the same length", () => {
  const each = Array.from({ length: 100 }, (_, i) => tx(i, i % 50));
  assertEquals(sharesOf(each, 2).map(({ length }) => length), [50, 50]);
  assertEquals(sharesOf(each, 3).map(({ length }) => length), [34, 32, 34]);
});

/** Runs blocks of 100 transactions as `choice` says, at these milliseconds; how many went together. */
function play(choice: Choice, blocks: number, ms: Record<Way, number>): number {
  let together = 0;
  for (let i = 0; i < blocks; i++) {
    const way = choice.choose(100);
    if (way === "together") together++;
    choice.note(way, 100, ms[way]);
  }
  return together;
}

/** What alone costs is known, and the first trial begins with the next block. */
function triedNext(): Choice {
  const choice = new Choice(1);
  choice.note("alone", 100, 100);
  assertEquals(play(choice, BLOCKS_PER_TRIAL - 1, { alone: 100, together: 1 }), 0);
  return choice;
}

Deno.test("Choice leaves short blocks alone, and tries threads when it knows what alone costs", () => {
  const choice = new Choice(1);
  assertEquals(choice.choose(1000), "alone", "nothing is known");
  choice.note("alone", TRANSACTIONS_MIN - 1, 1000);
  assertEquals(choice.cost.alone, undefined, "a short block says little");
  const tried = triedNext();
  assertEquals(tried.choose(TRANSACTIONS_MIN - 1), "alone");
  assertEquals(tried.choose(ALONE_MS_MIN - 1), "alone");
  assertEquals([tried.choose(100), tried.needsThreads], ["together", true]);
});

Deno.test("Choice goes together as long as that is cheaper, and tries alone at times", () => {
  const choice = triedNext();
  assertEquals(play(choice, TRIAL_BLOCKS, { alone: 100, together: 60 }), TRIAL_BLOCKS);
  assertEquals([choice.cheaper, choice.needsThreads], ["together", true]);
  const together = play(choice, 500, { alone: 100, together: 60 });
  assert(together > 400 && together < 480, `${together} of 500`);
  play(choice, 100, { alone: 100, together: 200 });
  assertEquals([choice.cheaper, choice.needsThreads], ["alone", false]);
});

Deno.test("Choice tries threads that lose more and more seldom, and does not count their first blocks", () => {
  const choice = triedNext();
  choice.choose(100);
  for (let i = 0; i < COLD_BLOCKS; i++) choice.note("together", 100, 5000);
  assertEquals(choice.cost.together, undefined);
  assertEquals(play(choice, TRIAL_BLOCKS, { alone: 100, together: 150 }), TRIAL_BLOCKS - COLD_BLOCKS);
  assertEquals(choice.needsThreads, false);
  const early = play(choice, 400, { alone: 100, together: 150 });
  const late = play(choice, 4000, { alone: 100, together: 150 });
  assertEquals([early, late], [2 * TRIAL_BLOCKS, TRIAL_BLOCKS]);
});

Deno.test("Choice tries no thread for short transactions, and more threads for shorter ones", () => {
  const triesAt = (threads: number, cost: number) => {
    const choice = new Choice(threads);
    for (let i = 0; i < 10 * BLOCKS_PER_TRIAL; i++) {
      if (choice.choose(1000) === "together") return true;
      choice.note("alone", 1000, 1000 * cost);
    }
    return false;
  };
  assertEquals([1, 2, 3].map((threads) => triesAt(threads, TRANSACTION_MS_MIN * 0.99)), [false, true, true]);
  assertEquals([1, 2, 3].map((threads) => triesAt(threads, TRANSACTION_MS_MIN * 0.34)), [false, false, true]);
  assertEquals(triesAt(1, TRANSACTION_MS_MIN), true);
});

Deno.test("Choice does not take threads that save hardly anything", () => {
  for (const [saved, way] of [[SAVING_MIN * 0.9, "alone"], [SAVING_MIN * 1.1, "together"]] as const) {
    const choice = triedNext();
    play(choice, TRIAL_BLOCKS, { alone: 100, together: 100 * (1 - saved) });
    assertEquals(choice.cheaper, way);
  }
});

Deno.test("Choice does not believe threads whose work is in vain, and gives them up at once", () => {
  const choice = triedNext();
  for (let i = 0; i < TRIAL_BLOCKS; i++) {
    assertEquals(choice.choose(100), "together");
    choice.noteHeld(10, 90);
    choice.note("together", 100, 50);
  }
  assertEquals(choice.cheaper, "alone");
  const winning = triedNext();
  play(winning, TRIAL_BLOCKS, { alone: 100, together: 60 });
  assertEquals(winning.choose(100), "together");
  winning.noteHeld(10, 90);
  assertEquals(winning.choose(100), "alone");
});

/** A pool over threads that only note what they are told. */
function poolOf(options: Partial<SpeculationPoolOptions> = {}) {
  const told: ToWorker[][] = [];
  const say: ((message: FromWorker) => void)[] = [];
  const fail: ((error: unknown) => void)[] = [];
  const failures: unknown[] = [];
  const pool = new SpeculationPool({
    threads: 2,
    when: "always",
    logBytes: 1 << 12,
    readLog: (log) => new SpeculationReader(log),
    setup: {},
    answer: () => Promise.resolve([]),
    onFailure: (error) => failures.push(error),
    start: (onMessage, onFailure) => {
      const messages: ToWorker[] = [];
      told.push(messages);
      say.push(onMessage);
      fail.push(onFailure);
      return { post: (message) => messages.push(message), end: () => {} };
    },
    ...options,
  });
  return { pool, told, say, fail, failures };
}

const block = { chainId: "test-1", height: 5n, time: 0n };
const txs = [tx(0, 0), tx(1, 1), tx(2, 0)];

Deno.test("a pool runs blocks alone until its threads are ready", () => {
  const { pool, say } = poolOf();
  assertEquals(pool.begin(block, txs), undefined);
  for (const ready of say) ready({ type: "ready" });
  assert(pool.begin(block, txs) !== undefined);
});

const OUTCOME = {
  error: undefined,
  data: new Uint8Array(),
  gasWanted: 0n,
  gasUsed: 0n,
  gasComputed: 0n,
  events: [],
  fee: [],
};

/** The log that a thread was given. */
function logOf(messages: readonly ToWorker[]): SharedArrayBuffer {
  const [first] = messages;
  assert(first?.type === "set_up");
  return first.log;
}

Deno.test("a thread that fails leaves its transactions to their turn, and the others go on", () => {
  const { pool, told, say, fail, failures } = poolOf();
  pool.begin(block, txs);
  for (const ready of say) ready({ type: "ready" });
  const run = pool.begin(block, [...txs, tx(3, 3), tx(4, 4), tx(5, 5)])!;
  const writers = told.map((messages) => new SpeculationWriter(logOf(messages)));
  const write = (writer: SpeculationWriter | undefined, index: number) =>
    writer!.write({ index, outcome: OUTCOME, reads: { keys: [], pages: [] }, changes: [] });
  write(writers[0], 3);
  fail[0]!(new Error("it died"));
  write(writers[1], 5);
  assertEquals([0, 1, 2, 3, 4, 5].map((index) => run.made(index) !== undefined), [
    ...[false, false, false],
    ...[true, false, true],
  ]);
  assertEquals([failures.length, pool.figures.threads], [1, 1]);
  run.settle({ held: 2, again: 1 });
  assertEquals([pool.figures.held, pool.figures.again], [2, 1]);
  assertEquals(told.map((messages) => messages.at(-1)!.type), ["run", "stop"]);
});

Deno.test("a thread that is still at a block is not asked for the next one, and hears of the commit", async () => {
  const { pool, told, say } = poolOf({ threads: 1 });
  pool.begin(block, txs);
  say[0]!({ type: "ready" });
  const run = pool.begin(block, txs)!;
  run.settle({ held: 0, again: 0 });
  assertEquals(new SpeculationWriter(logOf(told[0]!)).from, 0xffff_ffff);
  pool.follow({ version: 5n, flat: [] });
  assertEquals(pool.begin({ ...block, height: 6n }, txs), undefined);
  say[0]!({ type: "ran", run: 1 });
  await pool.idle();
  assert(pool.begin({ ...block, height: 6n }, txs) !== undefined);
  assertEquals(told[0]!.map(({ type }) => type), ["set_up", "run", "stop", "follow", "run"]);
});

Deno.test("what a thread asked for a block that is over is not answered", async () => {
  const answers: PromiseWithResolvers<Reply>[] = [];
  const { pool, told, say } = poolOf({
    threads: 1,
    answer: () => {
      answers.push(Promise.withResolvers());
      return answers.at(-1)!.promise;
    },
  });
  pool.begin(block, txs);
  say[0]!({ type: "ready" });
  const request = { type: "load_keys", keys: [Uint8Array.of(1)] } as const;
  for (const height of [5n, 6n, 7n]) {
    pool.begin({ ...block, height }, txs)!.settle({ held: 0, again: 0 });
    const run = Number(height) - 4;
    say[0]!({ type: "load", run, request });
    if (height < 7n) say[0]!({ type: "ran", run });
  }
  answers[0]!.reject(new Error("that version is gone"));
  answers[1]!.resolve([Uint8Array.of(1)]);
  answers[2]!.resolve([Uint8Array.of(2)]);
  await answers[2]!.promise;
  await Promise.resolve();
  assertEquals(told[0]!.at(-1), { type: "loaded", run: 3, reply: [Uint8Array.of(2)] });
  assertEquals(told[0]!.filter(({ type }) => type === "loaded").length, 1);
  assertEquals(pool.figures.threads, 1);
});

Deno.test("threads follow each commit; one that missed one forgets what it knew", () => {
  const { pool, told, say } = poolOf({ threads: 1 });
  pool.begin(block, txs);
  say[0]!({ type: "ready" });
  const big = new Uint8Array(1 << 20);
  pool.follow({ version: 5n, flat: [[big.subarray(0, 2), undefined]] });
  const followed = told[0]!.at(-1)!;
  assert(followed.type === "follow" && followed.version === 5n);
  assertEquals(unpackWrites(followed.changes), [[new Uint8Array(2), undefined]]);
  pool.begin({ ...block, height: 9n }, txs);
  assertEquals(told[0]!.slice(-2).map(({ type }) => type), ["reset", "run"]);
});

const bytes = fc.uint8Array({ maxLength: 9 });

Deno.test("transactions and commits arrive as they were, and values do not keep the message", () => {
  const sent: fc.Arbitrary<SpeculatedTx> = fc.record({
    index: fc.nat(),
    sender: fc.nat(),
    bytes,
    verified: fc.option(fc.array(fc.bigInt(0n, 2n ** 64n - 1n), { maxLength: 2 }), { nil: undefined }),
  }, { noNullPrototype: true });
  fc.assert(fc.property(fc.array(sent), (txs) => assertEquals(unpackTxs(packTxs(txs)), txs)));
  const write = fc.tuple(bytes, fc.option(bytes, { nil: undefined }));
  fc.assert(fc.property(fc.array(write), (writes) => {
    const got = unpackWrites(packWrites(writes));
    assertEquals(got, writes);
    for (const [key, value] of got) assert(value?.buffer !== key.buffer, "a value that keeps the message");
  }));
});

Deno.test("whoever passes by a share takes over half of what is left of it, whole senders, until nothing is left", () => {
  const share = new Share([0, 1, 2, 3, 0, 1, 2, 3].map((sender, i) => tx(10 + i, sender)));
  assertEquals(share.passBy(10), 14);
  assertEquals([11, 12, 13, 14].map((index) => share.passBy(index)), [undefined, undefined, undefined, undefined]);
  const late = new Share(Array.from({ length: 100 }, (_, i) => tx(i, i)));
  const passed = Array.from({ length: 100 }, (_, i) => late.passBy(i)).filter((from) => from !== undefined);
  assertEquals(passed, [50, 75, 88, 94, 97, 99, Infinity]);
});

/** A thread over an application that asks for one key, then writes one record by what it got. */
function threadOf() {
  const said: FromWorker[] = [];
  const state = new FollowingState(4n, 1 << 20);
  const replies: Reply[] = [];
  const tell = speculationThread(() => ({
    state,
    *run(_, txs, log) {
      const writer = new SpeculationWriter(log);
      for (const { index } of txs) {
        replies.push(yield { type: "load_keys", keys: [Uint8Array.of(1)] });
        if (!writer.write({ index, outcome: OUTCOME, reads: { keys: [], pages: [] }, changes: [] })) return;
      }
    },
  }), (message) => said.push(message));
  const log = new SharedArrayBuffer(1 << 12);
  tell({ type: "set_up", setup: {}, version: 4n, log });
  return { tell, said, log, state, replies };
}

Deno.test("a thread gives up a run that nobody needs, follows the commit, and takes no answer to it for that to the next", () => {
  const { tell, said, log, state, replies } = threadOf();
  const begin = (run: number) => {
    const reader = new SpeculationReader(log);
    tell({ type: "run", run, block, txs: packTxs([tx(7, 0)]) });
    return reader;
  };
  const ends: (() => void)[] = [
    () => tell({ type: "stop", run: 1 }),
    () => tell({ type: "follow", version: 5n, changes: packWrites([[Uint8Array.of(1), undefined]]) }),
    () => tell({ type: "reset", version: 9n }),
  ];
  for (const [i, end] of ends.entries()) {
    begin(i + 1);
    assertEquals(said.at(-1)!.type, "load");
    end();
    assertEquals(said.at(-1), { type: "ran", run: i + 1, report: undefined });
  }
  assertEquals(state.version, 9n);
  const reader = begin(4);
  tell({ type: "stop", run: 3 });
  tell({ type: "loaded", run: 3, reply: [Uint8Array.of(3)] });
  assertEquals([said.at(-1)!.type, reader.has(7)], ["load", false]);
  tell({ type: "loaded", run: 4, reply: [Uint8Array.of(4)] });
  assertEquals([said.at(-1), reader.has(7)], [{ type: "ran", run: 4, report: undefined }, true]);
  assertEquals(replies, [[Uint8Array.of(4)]]);
});

Deno.test("threads that lost are ended, and started again for the next trial", () => {
  const { pool, told, say } = poolOf({ threads: 1, when: "measure" });
  const many = Array.from({ length: 100 }, (_, i) => tx(i, i));
  for (let i = 0; i < BLOCKS_PER_TRIAL; i++) {
    pool.note(100, 100);
    assertEquals(pool.begin(block, many), undefined, "nothing is known, or they are starting");
  }
  say[0]!({ type: "ready" });
  for (let i = 0; i < TRIAL_BLOCKS; i++) {
    assertEquals(pool.figures.threads, 1);
    pool.begin({ ...block, height: BigInt(5 + i) }, many)!.settle({ held: 9, again: 0 });
    say[0]!({ type: "ran", run: i + 1 });
    pool.note(100, 300);
  }
  assertEquals(pool.figures.threads, 0);
  pool.follow({ version: 20n, flat: [] });
  assertEquals(told[0]!.at(-1)!.type, "stop");
  for (let i = 0; i < 9 * BLOCKS_PER_TRIAL && told.length === 1; i++) {
    pool.begin({ ...block, height: BigInt(30 + i) }, many);
    pool.note(100, 100);
  }
  assertEquals(told.length, 2);
});
