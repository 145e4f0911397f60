import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { SpeculatedTx } from "../../app/ports.ts";
import {
  ALONE_MS_MIN,
  BLOCKS_PER_TRIAL,
  Choice,
  COLD_BLOCKS,
  TRANSACTIONS_MIN,
  TRIAL_BLOCKS,
  type Way,
} from "./choice.ts";
import { type FromWorker, SpeculationPool, type SpeculationPoolOptions, type ToWorker } from "./mod.ts";
import { packSpeculations, unpackSpeculation } from "./packed.ts";
import { sharesOf } from "./shares.ts";

const tx = (index: number, sender: string): SpeculatedTx => ({
  index,
  bytes: Uint8Array.of(index),
  sender,
  verified: undefined,
});

Deno.test("sharesOf() gives each transaction to one, a sender's all to the same one, in order", () => {
  fc.assert(fc.property(
    fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 30 }),
    fc.integer({ min: 1, max: 5 }),
    (senders, count) => {
      const shares = sharesOf(senders.map((sender, i) => tx(i, sender)), count);
      assertEquals(shares.length, count);
      assertEquals(shares.flat().map(({ index }) => index).sort((a, b) => a - b), senders.map((_, i) => i));
      const owner = new Map<string, number>();
      for (const [who, share] of shares.entries()) {
        assertEquals(share.map(({ index }) => index), share.map(({ index }) => index).sort((a, b) => a - b));
        for (const { sender } of share) assertEquals(owner.get(sender) ?? who, who), owner.set(sender, who);
      }
    },
  ));
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
  const choice = new Choice();
  choice.note("alone", 100, 100);
  assertEquals(play(choice, BLOCKS_PER_TRIAL - 1, { alone: 100, together: 1 }), 0);
  return choice;
}

Deno.test("Choice leaves short blocks alone, and tries threads when it knows what alone costs", () => {
  const choice = new Choice();
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
  assert(early >= 4 * TRIAL_BLOCKS && late <= 5 * TRIAL_BLOCKS, `${early} of 400, then ${late} of 4000`);
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
    ownShare: false,
    when: "always",
    setup: {},
    answer: () => Promise.resolve([]),
    onFailure: (error) => failures.push(error),
    start: (onMessage, onFailure) => {
      const messages: ToWorker[] = [];
      told.push(messages);
      say.push(onMessage);
      fail.push(onFailure);
      return { post: (message) => messages.push(structuredClone(message)), end: () => {} };
    },
    ...options,
  });
  return { pool, told, say, fail, failures };
}

const block = { chainId: "test-1", height: 5n, time: 0n };
const txs = [tx(0, "a"), tx(1, "b"), tx(2, "a")];

Deno.test("a pool runs blocks alone until its threads are ready", () => {
  const { pool, say } = poolOf();
  assertEquals(pool.begin(block, txs), undefined);
  for (const ready of say) ready({ type: "ready" });
  assertEquals(pool.begin(block, txs)?.own, []);
});

Deno.test("a thread that fails leaves its transactions to their turn, and the others go on", async () => {
  const { pool, say, fail, failures } = poolOf();
  pool.begin(block, txs);
  for (const ready of say) ready({ type: "ready" });
  const run = pool.begin(block, txs)!;
  fail[0]!(new Error("it died"));
  const outcome = {
    error: undefined,
    data: new Uint8Array(),
    gasWanted: 0n,
    gasUsed: 0n,
    gasComputed: 0n,
    events: [],
    fee: [],
  };
  say[1]!({
    type: "ran",
    run: 2,
    made: packSpeculations([{ index: 1, outcome, reads: { keys: [], pages: [] }, changes: [] }]),
  });
  await run.done;
  assertEquals([0, 1, 2].map((index) => run.result(index) !== undefined), [false, true, false]);
  assertEquals(failures.length, 1);
  assertEquals(pool.figures.threads, 1);
});

Deno.test("threads follow each commit; one that missed one forgets what it knew", () => {
  const { pool, told, say } = poolOf({ threads: 1 });
  pool.begin(block, txs);
  say[0]!({ type: "ready" });
  const big = new Uint8Array(1 << 20);
  pool.follow({ version: 5n, flat: [[big.subarray(0, 2), undefined]] });
  assertEquals(told[0]!.at(-1), { type: "follow", version: 5n, changes: [[new Uint8Array(2), undefined]] });
  pool.begin({ ...block, height: 9n }, txs);
  assertEquals(told[0]!.slice(-2).map(({ type }) => type), ["reset", "run"]);
});

const bytes = fc.uint8Array({ maxLength: 9 });
const entry = fc.record({
  store: fc.constantFrom("bank", "auth", "wasm"),
  key: bytes,
  value: fc.option(bytes, { nil: undefined }),
});
const text = fc.string({ unit: "binary", maxLength: 5 });
const speculation = fc.record({
  index: fc.nat(),
  outcome: fc.record({
    error: fc.option(fc.record({ codespace: text, code: fc.nat(), message: text }), { nil: undefined }),
    data: bytes,
    gasWanted: fc.bigInt(0n, 2n ** 63n),
    gasUsed: fc.bigInt(0n, 2n ** 63n),
    gasComputed: fc.nat(),
    events: fc.array(
      fc.record({
        type: text,
        attributes: fc.array(fc.record({ key: text, value: text, index: fc.boolean() }), { maxLength: 3 }),
      }),
      { maxLength: 3 },
    ),
    fee: fc.array(fc.record({ denom: text, amount: fc.bigInt(0n, 2n ** 200n) }), { maxLength: 2 }),
  }),
  reads: fc.record({
    keys: fc.array(entry, { maxLength: 4 }),
    pages: fc.array(
      fc.record({
        store: text,
        page: fc.record({
          start: fc.option(bytes, { nil: undefined }),
          end: bytes,
          reverse: fc.boolean(),
          limit: fc.nat(),
        }),
        entries: fc.array(fc.tuple(bytes, bytes), { maxLength: 2 }),
      }),
      { maxLength: 1 },
    ),
  }),
  changes: fc.array(entry, { maxLength: 4 }),
});

Deno.test("what a thread has done arrives as it was, and what it writes has buffers of its own", () => {
  fc.assert(fc.property(fc.array(speculation, { maxLength: 4 }), (made) => {
    const packed = structuredClone(packSpeculations(made as never));
    const got = made.map((_, i) => unpackSpeculation(packed, i));
    assertEquals(got as unknown, structuredClone(made) as unknown);
    for (const { key, value } of got.flatMap(({ changes }) => changes)) {
      for (const one of [key, value ?? key]) assertEquals(one.buffer.byteLength, one.byteLength);
    }
  }));
});

Deno.test("threads that lost are ended, and started again for the next trial", () => {
  const { pool, told, say } = poolOf({ threads: 1, when: "measure" });
  const many = Array.from({ length: 100 }, (_, i) => tx(i, `${i}`));
  for (let i = 0; i < BLOCKS_PER_TRIAL; i++) {
    pool.note(100, 100);
    assertEquals(pool.begin(block, many), undefined, "nothing is known, or they are starting");
  }
  say[0]!({ type: "ready" });
  for (let i = 0; i < TRIAL_BLOCKS; i++) {
    assertEquals(pool.figures.threads, 1);
    pool.begin({ ...block, height: BigInt(5 + i) }, many);
    say[0]!({ type: "ran", run: i + 1, made: packSpeculations([]) });
    pool.note(100, 300);
  }
  assertEquals(pool.figures.threads, 0);
  pool.follow({ version: 20n, flat: [] });
  assertEquals(told[0]!.at(-1)!.type, "run");
  for (let i = 0; i < 4 * BLOCKS_PER_TRIAL && told.length === 1; i++) {
    pool.begin({ ...block, height: BigInt(30 + i) }, many);
    pool.note(100, 100);
  }
  assertEquals(told.length, 2);
});
