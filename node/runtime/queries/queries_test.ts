import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { QueryElsewhere, QueryInput, QueryOutput, QueryTask } from "../../app/ports.ts";
import type { Reply } from "../../core/work.ts";
import type { FollowingState } from "../../state/mod.ts";
import { type FromQueryThread, QueryPool, type QueryPoolOptions, queryThread, type ToQueryThread } from "./mod.ts";
import { QUERIES_WAITING_MAX, SHARE_FOR_SURE, WAITING_MS_MAX } from "./pool.ts";
import { RECENT_BYTES_MAX, RecentChanges } from "./recent.ts";

const TIMEOUT_MS = 8_000;
const SHARE_MS = TIMEOUT_MS * SHARE_FOR_SURE;

/** A clock that goes when it is told to. */
class Clock {
  #now = 0;
  #timers: { readonly at: number; readonly run: () => void }[] = [];

  now = () => this.#now;
  after = (ms: number, run: () => void) => {
    const timer = { at: this.#now + ms, run };
    this.#timers.push(timer);
    return () => void (this.#timers = this.#timers.filter((one) => one !== timer));
  };
  go(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((one) => one !== next);
      this.#now = next.at;
      next.run();
    }
    this.#now = end;
  }
  get waiting(): number {
    return this.#timers.length;
  }
}

/** A thread that does what the test says. */
interface Puppet {
  readonly told: (ToQueryThread | { readonly type: "loaded" })[];
  readonly say: (message: FromQueryThread) => void;
  readonly fail: (error: unknown) => void;
  ended: boolean;
}

/** An answer that cannot be given. */
const TOO_MUCH: Reply = [];

const query = (path: string): QueryInput => ({ path, data: new Uint8Array(), height: 0n, prove: false });
const output = (log: string): QueryOutput => ({
  code: 0,
  codespace: "",
  log,
  key: new Uint8Array(),
  value: new Uint8Array(),
  height: 5n,
  proofOps: undefined,
});
const answered = (log: string): FromQueryThread => ({ type: "answered", output: output(log) });

function poolOf(options: Partial<QueryPoolOptions> = {}) {
  const clock = new Clock();
  const puppets: Puppet[] = [];
  const at = { version: 5n };
  const pool = new QueryPool({
    threads: 2,
    timeoutMs: TIMEOUT_MS,
    setup: {},
    clock,
    elsewhere: (query): QueryElsewhere => ({
      task: { query, block: { chainId: "test-1", height: at.version + 1n, time: 0n }, stores: [] },
      version: at.version,
      bound: at.version,
      answer: () => {
        throw new Error("answer: `load` does it here");
      },
    }),
    load: () => Promise.resolve([]),
    start: (say, fail) => {
      const puppet: Puppet = { told: [], say, fail, ended: false };
      puppets.push(puppet);
      return {
        post: (message) => puppet.told.push(structuredClone(message)),
        answer: (reply) => {
          if (reply === TOO_MUCH) throw new RangeError("no memory for this");
          puppet.told.push({ type: "loaded" });
        },
        end: () => void (puppet.ended = true),
      };
    },
    ...options,
  });
  const asks = (puppet: Puppet) => puppet.told.flatMap((one) => one.type === "ask" ? [one.task.query.path] : []);
  return { pool, clock, puppets, at, asks };
}

Deno.test("threads are started when they are needed and take what waits in order; none is left when the pool stops", async () => {
  const { pool, clock, puppets, asks } = poolOf();
  assertEquals(puppets.length, 0);
  const asked = ["a", "b", "c", "d"].map((path) => pool.ask(query(path)));
  assertEquals([puppets.length, pool.figures.running, pool.figures.waiting], [2, 2, 2]);
  for (const { say } of puppets) say({ type: "ready" });
  puppets[1]!.say(answered("b"));
  puppets[1]!.say(answered("c"));
  assertEquals(puppets.map(asks), [["a"], ["b", "c", "d"]]);
  puppets[0]!.say(answered("a"));
  puppets[1]!.say(answered("d"));
  assertEquals((await Promise.all(asked)).map(({ log }) => log), ["a", "b", "c", "d"]);
  assertEquals(pool.figures.ended.answered, 4);
  const last = pool.ask(query("e"));
  pool.stop();
  assertEquals([(await last).code, (await pool.ask(query("f"))).code], [4, 4]);
  assertEquals([puppets.map(({ ended }) => ended), clock.waiting], [[true, true], 0]);
});

Deno.test("a query that takes too long ends with its thread and a coded answer, and the next begins another one", async () => {
  const { pool, clock, puppets, asks } = poolOf({ threads: 1 });
  const bomb = pool.ask(query("bomb"));
  clock.go(SHARE_MS); // Its time begins when the thread is there.
  puppets[0]!.say({ type: "ready" });
  clock.go(TIMEOUT_MS - 1);
  assertEquals(puppets[0]!.ended, false);
  clock.go(1);
  const { codespace, code, log } = await bomb;
  assertEquals([codespace, code, puppets[0]!.ended], ["sdk", 11, true]);
  assertMatch(log, /did not end within 8000 ms, which is the limit of this node and not of the chain: out of gas$/);
  const next = pool.ask(query("next"));
  puppets[0]!.say(answered("too late"));
  assertEquals(asks(puppets[1]!), ["next"]);
  puppets[1]!.say({ type: "ready" });
  puppets[1]!.say(answered("next"));
  assertEquals((await next).log, "next");
  assertEquals(pool.figures.ended, { answered: 1, late: 1, busy: 0, failed: 0 });
  pool.stop();
});

Deno.test("while others wait a query has its share for sure and no more", async () => {
  const { pool, clock, puppets } = poolOf({ threads: 1 });
  const bombs = [pool.ask(query("bomb 1"))];
  puppets[0]!.say({ type: "ready" });
  clock.go(SHARE_MS + 1);
  bombs.push(pool.ask(query("bomb 2"))); // The first has had its share.
  assertEquals([puppets[0]!.ended, (await bombs[0]!).code], [true, 11]);
  puppets[1]!.say({ type: "ready" });
  clock.go(SHARE_MS - 1);
  const honest = pool.ask(query("honest"));
  assertEquals(puppets[1]!.ended, false);
  clock.go(1);
  assertEquals([puppets[1]!.ended, (await bombs[1]!).code], [true, 11]);
  puppets[2]!.say({ type: "ready" });
  puppets[2]!.say(answered("honest"));
  assertEquals((await honest).log, "honest");
  pool.stop();
});

Deno.test("queries that find no thread, or no place to wait, are told so", async () => {
  const { pool, clock, puppets } = poolOf({ threads: 1 });
  const bomb = pool.ask(query("bomb"));
  const waiting = Array.from({ length: QUERIES_WAITING_MAX }, (_, i) => pool.ask(query(`${i}`)));
  const refused = await pool.ask(query("one more"));
  assertEquals([refused.codespace, refused.code], ["runtime", 4]);
  assertMatch(refused.log, /64 others wait; try again later$/);
  clock.go(WAITING_MS_MAX);
  for (const { code, log } of await Promise.all(waiting)) {
    assertEquals(code, 4);
    assertMatch(log, /no thread was free for 2000 ms/);
  }
  assertEquals([pool.figures.waiting, pool.figures.ended.busy], [0, QUERIES_WAITING_MAX + 1]);
  puppets[0]!.say({ type: "ready" });
  puppets[0]!.say(answered("bomb"));
  assertEquals((await bomb).log, "bomb");
  pool.stop();
});

Deno.test("a thread or a store that fails takes one query with it", async () => {
  let broken = true;
  const { pool, puppets, asks } = poolOf({
    threads: 1,
    load: () => broken ? Promise.reject(new Error("the disk is gone")) : Promise.resolve([]),
  });
  const [first, second, third] = ["a", "b", "c"].map((path) => pool.ask(query(path)));
  puppets[0]!.fail(new Error("out of memory"));
  await assertRejects(() => first!, Error, "out of memory");
  puppets[1]!.say({ type: "ready" });
  puppets[1]!.say({ type: "load", request: { type: "load_keys", keys: [] } });
  await assertRejects(() => second!, Error, "the disk is gone");
  broken = false;
  const large = poolOf({ load: () => Promise.resolve(TOO_MUCH) });
  const fourth = large.pool.ask(query("d"));
  large.puppets[0]!.say({ type: "load", request: { type: "load_keys", keys: [] } });
  await assertRejects(() => fourth, RangeError, "no memory");
  puppets[2]!.say({ type: "ready" });
  puppets[2]!.say({ type: "load", request: { type: "load_keys", keys: [] } });
  await Promise.resolve();
  assertEquals([asks(puppets[2]!), puppets[2]!.told.at(-1)!.type], [["c"], "loaded"]);
  puppets[2]!.say(answered("c"));
  assertEquals((await third!).log, "c");
  assertEquals(pool.figures.ended, { answered: 1, late: 0, busy: 0, failed: 2 });
  pool.stop();
});

Deno.test("what comes from the store for a query that has ended goes nowhere, whether it is a value or a failure", async () => {
  const loads: PromiseWithResolvers<Reply>[] = [];
  const { pool, clock, puppets, asks } = poolOf({
    threads: 1,
    load: () => {
      const load = Promise.withResolvers<Reply>();
      loads.push(load);
      return load.promise;
    },
  });
  const load: FromQueryThread = { type: "load", request: { type: "load_keys", keys: [] } };
  for (const settle of ["resolve", "reject"] as const) {
    const late = pool.ask(query("late"));
    const thread = puppets.at(-1)!;
    thread.say({ type: "ready" });
    thread.say(load);
    clock.go(TIMEOUT_MS);
    assertEquals([(await late).code, thread.ended], [11, true]);
    const next = pool.ask(query("next"));
    const other = puppets.at(-1)!;
    other.say({ type: "ready" });
    if (settle === "resolve") loads.at(-1)!.resolve([new Uint8Array([1])]);
    else loads.at(-1)!.reject(new Error("the disk is gone"));
    await new Promise<void>((done) => queueMicrotask(done));
    // What an ended thread had on its way is nobody's answer either.
    thread.say(answered("late"));
    thread.say(load);
    assertEquals([thread.told.at(-1)!.type, other.told.at(-1)!.type, asks(other)], ["ask", "ask", ["next"]]);
    other.say(answered("next"));
    assertEquals((await next).log, "next");
    // So that the next one is late in a thread of its own.
    other.fail(new Error("enough"));
  }
  assertEquals(pool.figures.ended, { answered: 2, late: 2, busy: 0, failed: 0 });
  assertEquals(loads.length, 2);
  pool.stop();
});

Deno.test("a thread is told of commits when it is asked next, and begins anew when it missed too much", async () => {
  const { pool, puppets, at } = poolOf({ threads: 1 });
  const ask = async () => {
    const asked = pool.ask(query("q"));
    const { told, say } = puppets[0]!;
    const news = told.splice(0).map((message) =>
      "version" in message ? `${message.type} ${message.version}` : message.type
    );
    say({ type: "ready" });
    say(answered("q"));
    await asked;
    return news;
  };
  const commit = (bytes: number) => {
    at.version++;
    pool.follow({ version: at.version, flat: [[new Uint8Array(bytes), undefined]] });
  };
  assertEquals(await ask(), ["set_up 5", "ask"]);
  commit(1), commit(1);
  assertEquals(puppets[0]!.told, []);
  assertEquals(await ask(), ["follow 6", "follow 7", "ask"]);
  assertEquals(await ask(), ["ask"]);
  commit(1), commit(RECENT_BYTES_MAX);
  assertEquals(await ask(), ["reset 9", "ask"]);
  commit(1);
  assertEquals(await ask(), ["follow 10", "ask"]);
  pool.stop();
});

Deno.test("RecentChanges gives what leads to a version, and no further", () => {
  const recent = new RecentChanges();
  for (const version of [3n, 4n, 5n]) recent.add({ version, flat: [] });
  assertEquals(recent.between(3n, 5n)?.map(({ version }) => version), [4n, 5n]);
  assertEquals(recent.between(3n, 4n)?.map(({ version }) => version), [4n]);
  assertEquals(recent.between(5n, 5n), []);
  assertEquals([recent.between(1n, 5n), recent.between(4n, 6n)], [undefined, undefined]);
});

Deno.test("a query that is interrupted begins anew with twice as much, until it is answered or nobody waits", () => {
  const output = { key: new Uint8Array(), value: Uint8Array.of(7) } as unknown as QueryOutput;
  const interruption = new Error("used up");
  const world = (needed: bigint, waitsFor: number) => {
    const allowed: bigint[] = [];
    const said: FromQueryThread[] = [];
    const take = queryThread(
      () => ({
        state: {} as FollowingState,
        query: function* () {
          yield { type: "pause" };
          if (allowed.at(-1)! < needed) throw interruption;
          return output;
        },
        allow: (fuel) => allowed.push(fuel),
        isInterruption: (thrown) => thrown === interruption,
      }),
      (message) => said.push(message),
      () => [],
      { firstFuel: 10n, hasEnded: () => allowed.length >= waitsFor },
    );
    take({ type: "set_up", setup: {}, version: 1n });
    take({ type: "ask", task: {} as QueryTask });
    return { allowed, said: said.map(({ type }) => type) };
  };
  assertEquals(world(1n, 9), { allowed: [10n], said: ["ready", "answered"] });
  assertEquals(world(50n, 9), { allowed: [10n, 20n, 40n, 80n], said: ["ready", "answered"] });
  assertEquals(world(50n, 2), { allowed: [10n, 20n], said: ["ready"] });
});
