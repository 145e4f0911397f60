import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { sha256 } from "../../node/core/crypto/mod.ts";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import type { TxVerdict } from "./endpoint.ts";
import { FakeChain, type Script, unreachable } from "./fake_chain_test.ts";
import { FakeClock, settled } from "./fake_clock_test.ts";
import { parseGasPrice } from "./gas_price.ts";
import type { Submission } from "./ports.ts";
import { SUBMIT_CODE, type SubmitPolicy } from "./submit_policy.ts";
import { ChainSubmitter } from "./submitter.ts";
import { type Wallet, walletOfKey } from "./wallet.ts";

const wallets = ["one", "two"].map((name) => walletOfKey(sha256(utf8ToBytes(name)), "cat"));
const [first] = wallets as [Wallet, Wallet];

interface World {
  readonly chain: FakeChain;
  readonly clock: FakeClock;
  readonly submitter: ChainSubmitter;
  submit(...texts: string[]): Promise<Submission>;
}

async function withWorld(
  options: { script?: Script; policy?: Partial<SubmitPolicy>; wallets?: readonly Wallet[]; price?: string },
  use: (world: World) => Promise<void>,
): Promise<void> {
  const own = options.wallets ?? [first];
  const chain = new FakeChain(...own.map(({ address }) => address));
  chain.script = options.script ?? {};
  const clock = new FakeClock();
  const submitter = new ChainSubmitter({
    endpoint: chain,
    wallets: own,
    gasPrice: parseGasPrice(options.price ?? "0.025ucat")!,
    memo: "relayed",
    clock,
    policy: { inFlightMax: 4, ...options.policy },
  });
  const submit = (...texts: string[]) =>
    submitter.submit(() => texts.map((text) => ({ typeUrl: "/test.Msg", value: utf8ToBytes(text) })));
  await use({ chain, clock, submitter, submit });
  submitter.close();
  assertEquals(chain.watchers, 0, "nobody listens any more");
}

const tagsOf = (all: readonly Submission[]) => all.map(({ tag }) => tag);
const sequencesOf = (chain: FakeChain) => chain.included.map(({ sequence }) => Number(sequence));
const refusal = (code: number, log: string, codespace = "sdk"): TxVerdict => ({ code, codespace, log });

/** Answers of a script, one for each call, then none. */
function once<T>(...answers: readonly T[]): () => T | undefined {
  const left = [...answers];
  return () => left.shift();
}

Deno.test("a batch is simulated, signed with a fee for the adjusted gas, and answered once it is in a block", async () => {
  await withWorld({}, async ({ chain, submit }) => {
    const submission = submit("a", "b");
    await settled();
    const [tx] = chain.mempool;
    // 100 000 gas times 1.3 at 0.025.
    assertEquals([tx!.gasLimit, tx!.fee, tx!.memo, tx!.messages], [130_000n, "3250ucat", "relayed", ["a", "b"]]);
    chain.block();
    const result = await submission;
    assert(result.tag === "included");
    assertEquals([result.hash, result.height], [tx!.hash, 2n]);
  });
});

Deno.test("batches of one wallet go in order and do not wait for each other's block, up to the limit in flight", async () => {
  await withWorld({ policy: { inFlightMax: 3 } }, async ({ chain, submit }) => {
    const all = ["a", "b", "c", "d"].map((text) => submit(text));
    await settled();
    assertEquals(chain.mempool.map(({ messages }) => messages[0]), ["a", "b", "c"]);
    chain.block();
    await settled();
    assertEquals(chain.mempool.map(({ messages, sequence }) => [messages[0], sequence]), [["d", 3n]]);
    chain.block();
    assertEquals(tagsOf(await Promise.all(all)), ["included", "included", "included", "included"]);
  });
});

Deno.test("batches are spread over wallets", async () => {
  await withWorld({ wallets, policy: { inFlightMax: 1 } }, async ({ chain, submit, submitter }) => {
    assertEquals(submitter.addresses, wallets.map(({ address }) => address));
    const all = ["a", "b"].map((text) => submit(text));
    await settled();
    assertEquals(new Set(chain.mempool.map(({ signer }) => signer)).size, 2);
    chain.block();
    await Promise.all(all);
  });
});

Deno.test("a batch goes to the wallet that is asked for", async () => {
  await withWorld({ wallets }, async ({ chain, submitter }) => {
    const build = (signer: string) => [{ typeUrl: "/test.Msg", value: utf8ToBytes(signer) }];
    const all = [0, 1, 1, 1].map((index) => submitter.submit(build, { from: wallets[index]!.address }));
    await settled();
    assertEquals(chain.mempool.map(({ signer }) => signer).sort(), [0, 1, 1, 1].map((i) => wallets[i]!.address).sort());
    chain.block();
    await Promise.all(all);
    await assertRejects(() => submitter.submit(build, { from: "cat1stranger" }), Error, "no such wallet");
  });
});

Deno.test("a chain that cannot simulate gets the limit that is said, or nothing", async () => {
  const simulate = () => refusal(6, "unknown query path: unknown request");
  await withWorld({ script: { simulate }, policy: { gasDefault: 777n } }, async ({ chain, submit }) => {
    const submission = submit("a");
    await settled();
    assertEquals(chain.mempool[0]!.gasLimit, 777n);
    chain.block();
    await submission;
  });
  await withWorld({ script: { simulate } }, async ({ submit }) => {
    const result = await submit("a");
    assertEquals(result.tag === "refused" && result.stage, "simulate");
  });
});

Deno.test("a sequence that somebody else used is taken from the chain's words", async () => {
  await withWorld({ script: { simulate: () => ({ gasUsed: 1n }) } }, async ({ chain, clock, submit }) => {
    const before = submit("a");
    await settled();
    chain.block();
    await before;
    for (let i = 0; i < 3; i++) chain.foreign(first.address);
    const after = submit("b");
    await clock.advance(1_000);
    chain.block();
    assertEquals((await after).tag, "included");
    assertEquals(sequencesOf(chain), [0, 4]);
  });
});

Deno.test("a mismatch without a number asks the chain for the account again", async () => {
  const broadcast = once<TxVerdict>(refusal(4, "signature verification failed; please verify account number (9)"));
  await withWorld({ script: { broadcast } }, async ({ chain, clock, submit }) => {
    const all = [submit("a"), submit("b")];
    await clock.advance(100);
    chain.block();
    assertEquals(tagsOf(await Promise.all(all)), ["included", "included"]);
  });
});

Deno.test("what the mempool dropped is offered again with the same bytes, and what came after follows", async () => {
  await withWorld({ policy: { offerAgainMs: 5_000, lookMs: 1_000 } }, async ({ chain, clock, submit }) => {
    const all = ["a", "b", "c"].map((text) => submit(text));
    await settled();
    chain.mempool = [];
    await clock.advance(6_000);
    chain.block();
    assertEquals(tagsOf(await Promise.all(all)), ["included", "included", "included"]);
    assertEquals(sequencesOf(chain), [0, 1, 2]);
    assertEquals(new Set(chain.offered.map(({ hash }) => hash)).size, 3, "nothing was signed twice");
  });
});

Deno.test("after a gap in the middle new batches take the free sequence, and the ones behind are lost, not sent twice", async () => {
  await withWorld({ script: { simulate: () => ({ gasUsed: 1n }) } }, async ({ chain, clock, submit }) => {
    const [a, b] = ["a", "b"].map((text) => submit(text));
    await settled();
    // The node drops the first; the second cannot go without it.
    chain.mempool = [];
    const c = submit("c");
    await clock.advance(1_000);
    assertEquals(chain.mempool.map(({ messages, sequence }) => [messages[0], sequence]), [["c", 0n]]);
    chain.block();
    assertEquals((await c).tag, "included");
    await clock.advance(10_000);
    chain.block();
    await clock.advance(10_000);
    assertEquals(tagsOf(await Promise.all([a!, b!])), ["lost", "included"]);
    assertEquals(chain.included.map(({ messages }) => messages[0]), ["c", "b"]);
  });
});

Deno.test("a batch whose sequence another transaction took is given up before its time is over", async () => {
  await withWorld({ policy: { inclusionTimeoutMs: 1e9 } }, async ({ chain, clock, submit }) => {
    const lost = submit("a");
    await settled();
    chain.mempool = [];
    chain.foreign(first.address);
    await clock.advance(20_000);
    assertEquals((await lost).tag, "lost");
  });
});

Deno.test("refusals say at which stage, with the chain's code and the message at fault", async (t) => {
  const log = "failed to execute message; message index: 1: packet was received: invalid";
  for (const stage of ["simulate", "check", "deliver"] as const) {
    await t.step(stage, async () => {
      const verdict = refusal(7, log, "channel");
      const script: Script = {
        ...(stage === "simulate" && { simulate: () => verdict }),
        ...(stage === "check" && { broadcast: () => verdict }),
        ...(stage === "deliver" && { deliver: () => verdict }),
      };
      await withWorld({ script }, async ({ chain, submit }) => {
        const submission = submit("a", "b");
        await settled();
        chain.block();
        const messageIndex = 1;
        assertEquals(await submission, { tag: "refused", stage, codespace: "channel", code: 7, log, messageIndex });
        chain.script = {};
        const next = submit("c");
        await settled();
        chain.block();
        assertEquals((await next).tag, "included", "the next one has the right sequence");
      });
    });
  }
});

Deno.test("limits are refusals of our own", async (t) => {
  const cases: [string, keyof typeof SUBMIT_CODE, Partial<SubmitPolicy>, string[]][] = [
    ["too many messages", "messages", { messagesMax: 2 }, ["a", "b", "c"]],
    ["too many bytes", "bytes", { bytesMax: 1_000 }, ["a".repeat(1_000)]],
    ["too many bytes when signed", "bytes", { bytesMax: 1_000 }, ["a".repeat(900)]],
    ["too much gas", "gas", { gasMax: 99_999n }, ["a"]],
    ["nothing at all", "empty", {}, []],
  ];
  for (const [name, code, policy, texts] of cases) {
    await t.step(name, async () => {
      await withWorld({ policy }, async ({ chain, submit }) => {
        const result = await submit(...texts);
        assert(result.tag === "refused");
        assertEquals([result.stage, result.codespace, result.code], ["limits", "submit", SUBMIT_CODE[code]]);
        assertEquals(chain.offered, []);
      });
    });
  }
  await t.step("the adjustment stops at the cap", async () => {
    await withWorld({ policy: { gasMax: 110_000n } }, async ({ chain, submit }) => {
      const submission = submit("a");
      await settled();
      assertEquals(chain.mempool[0]!.gasLimit, 110_000n);
      chain.block();
      await submission;
    });
  });
  await t.step("a wallet without an account", async () => {
    await withWorld({}, async ({ chain, submit }) => {
      chain.accounts.clear();
      const result = await submit("a");
      assertEquals(result.tag === "refused" && result.code, SUBMIT_CODE.account);
    });
  });
});

Deno.test("a batch that ran out of gas in a block comes again with more", async () => {
  const deliver = once(refusal(11, "out of gas"), refusal(11, "out of gas"));
  await withWorld({ script: { deliver }, price: "0ucat" }, async ({ chain, clock, submit }) => {
    const submission = submit("a");
    for (let i = 0; i < 3; i++) {
      await clock.advance(10);
      chain.block();
    }
    assertEquals((await submission).tag, "included");
    assertEquals(chain.included.map(({ gasLimit, fee }) => [gasLimit, fee]), [
      [130_000n, ""],
      [195_000n, ""],
      [292_500n, ""],
    ]);
  });
});

Deno.test("a full mempool is waited for, but not for ever", async () => {
  const full = refusal(20, "mempool is full");
  await withWorld({ script: { broadcast: once(full, full) } }, async ({ chain, clock, submit }) => {
    const submission = submit("a");
    await clock.advance(5_000);
    chain.block();
    assertEquals((await submission).tag, "included");
    chain.script = { broadcast: () => full };
    const given = submit("b");
    await clock.advance(60_000);
    const result = await given;
    assertEquals(result.tag === "refused" && [result.stage, result.code], ["check", 20]);
  });
});

Deno.test("an offer without an answer is looked for, offered again with the same bytes, and never signed anew", async (t) => {
  const lose = (isAdmitted: boolean, times: number): Script => ({
    broadcast: (_, admit) => {
      if (times-- <= 0) return undefined;
      if (isAdmitted) admit();
      throw unreachable();
    },
  });
  const cases: [string, Script, "included" | "lost"][] = [
    ["it was admitted all the same", lose(true, 1), "included"],
    ["it was not, and the next offer is", lose(false, 1), "included"],
    ["no offer gets through", lose(false, Infinity), "lost"],
  ];
  for (const [name, script, tag] of cases) {
    await t.step(name, async () => {
      await withWorld({ script, policy: { inclusionTimeoutMs: 20_000 } }, async ({ chain, clock, submit }) => {
        const submission = submit("a");
        for (let i = 0; i < 25; i++) {
          await clock.advance(1_000);
          chain.block();
        }
        assertEquals((await submission).tag, tag);
        assertEquals(new Set(chain.offered.map(({ hash }) => hash)).size, 1);
        assertEquals(chain.included.length, tag === "included" ? 1 : 0);
      });
    });
  }
});

Deno.test("a chain that does not answer before anything was offered is asked again, and then it is thrown", async () => {
  let fail = 2;
  const script: Script = {
    simulate: () => {
      if (fail-- > 0) throw unreachable();
      return undefined;
    },
  };
  await withWorld({ script }, async ({ chain, clock, submit }) => {
    const submission = submit("a");
    await clock.advance(2_000);
    chain.block();
    assertEquals((await submission).tag, "included");
    fail = Infinity;
    const thrown = assertRejects(() => submit("b"), Error, "no answer");
    await clock.advance(60_000);
    await thrown;
    fail = 0;
    const next = submit("c");
    await settled();
    chain.block();
    assertEquals((await next).tag, "included");
  });
});

Deno.test("closing answers what still waits, and takes nothing more", async () => {
  await withWorld({}, async ({ submit, submitter, clock }) => {
    const waiting = submit("a");
    await settled();
    submitter.close();
    assertEquals((await waiting).tag, "lost");
    assertEquals(clock.timers, 0);
    await assertRejects(() => submit("b"), Error, "closed");
  });
});

type Happening = "block" | "drop" | "foreign" | "silent" | "refuse" | "fail" | "wait" | "submit";

/** Does one thing to the world; faults last until the next one. */
async function happen(what: Happening, { chain, clock, submit }: World, submissions: Promise<Submission>[]) {
  if (what === "block") chain.block();
  if (what === "drop") chain.mempool = [];
  if (what === "foreign") chain.foreign(wallets[submissions.length % 2]!.address);
  if (what === "wait") await clock.advance(3_000);
  if (what === "submit") {
    submissions.push(submit(`${submissions.length}`).catch(() => ({ tag: "lost", hash: "thrown" })));
  }
  if (what === "refuse") chain.script.simulate = once(refusal(5, "no"));
  if (what === "fail") chain.script.deliver = once(refusal(5, "no"));
  if (what === "silent") {
    let admitted = true;
    chain.script.broadcast = (_, admit) => {
      if (admitted) admit();
      if (!(admitted = !admitted)) throw unreachable();
      return undefined;
    };
  }
  await settled();
}

Deno.test("closing ends what waits for another try at once, and leaves no timer", async () => {
  const query = () => {
    throw unreachable();
  };
  await withWorld({ script: { query } }, async ({ submit, submitter, clock }) => {
    const failed = assertRejects(() => submit("a"), Error, "no answer");
    await settled();
    assertEquals(clock.timers, 1, "it waits to try again");
    submitter.close();
    await failed;
    assertEquals(clock.timers, 0);
  });
});

Deno.test("what is offered while somebody closes is lost, and is not waited for", async () => {
  await withWorld({}, async ({ chain, submit, submitter, clock }) => {
    chain.script.broadcast = () => void submitter.close();
    assertEquals((await submit("a")).tag, "lost");
    assertEquals([clock.timers, chain.watchers], [0, 0]);
  });
});

Deno.test("whatever happens, what is answered is what happened: included once, refused not at all, lost once at most", async () => {
  const happening = fc.constantFrom<Happening>(
    ...["block", "drop", "foreign", "silent", "refuse", "fail", "wait"] as const,
    ...["submit", "submit", "submit"] as const,
  );
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 30 }), async (happenings) => {
      await withWorld({ wallets, policy: { inFlightMax: 3, inclusionTimeoutMs: 30_000 } }, async (world) => {
        const submissions: Promise<Submission>[] = [];
        for (const what of happenings) await happen(what, world, submissions);
        world.chain.script = {};
        for (let i = 0; i < 40; i++) {
          await world.clock.advance(1_000);
          world.chain.block();
        }
        for (const [index, result] of (await Promise.all(submissions)).entries()) {
          const times = world.chain.included.filter((tx) => tx.code === 0 && tx.messages[0] === `${index}`).length;
          if (result.tag === "included") assertEquals(times, 1, `batch ${index}`);
          if (result.tag === "refused") assertEquals(times, 0, `batch ${index}`);
          if (result.tag === "lost") assert(times <= 1, `batch ${index} came ${times} times`);
        }
        const after = world.submit("after");
        await settled();
        await world.clock.advance(2_000);
        world.chain.block();
        await world.clock.advance(5_000);
        world.chain.block();
        assertEquals((await after).tag, "included", "and it goes on");
      });
    }),
    { numRuns: 25 },
  );
});
