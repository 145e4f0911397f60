/** Chains that are begun anew under their old id, in simulated time: noticed, and nothing is done with them. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { IoError } from "../../node/core/errors.ts";
import {
  asEndpoint,
  encodeTyped,
  SECOND,
  TestChain,
  TestClock,
  three,
  transfer,
  voucher,
} from "../../tests/helpers/ibc/mod.ts";
import { DENOM } from "../../tests/bad_input/harness.ts";
import { RelayWorld } from "../../tests/helpers/relay/world.ts";
import type { Endpoint } from "../chain/mod.ts";
import { queryClientStatus } from "./clients.ts";
import { PathBook } from "./paths.ts";
import { WorkerState } from "./state.ts";

/** Three chains in a row, of which another one can be put in the place of the last. */
class Stage {
  readonly chains = three();
  readonly world: RelayWorld;
  /** The one that stands in the place of c. */
  shown: Endpoint;
  readonly old: Endpoint;
  readonly told: (string | undefined)[] = [];
  #stopAnew = () => {};
  #stopWorker = () => Promise.resolve();

  constructor(intercept: (method: keyof Endpoint, ...given: readonly unknown[]) => void = () => {}) {
    const { c, ab, bc } = this.chains;
    this.shown = this.old = asEndpoint(c, { intercept });
    const place = new Proxy({} as Endpoint, { get: (_, name) => Reflect.get(this.shown, name) });
    this.world = new RelayWorld([ab, bc], {
      policy: { misbehaviourCheckMs: 5_000, clientCheckMs: 5_000 },
      wrap: (name, endpoint) => name === "c" ? place : endpoint,
    });
    this.world.hooks.chainReached = (chain, fault) => chain === "c" && this.told.push(fault);
  }

  start(): void {
    this.#stopWorker = this.world.loop(this.world.worker());
  }

  /** A chain of the same id that begins now, with a block a second. */
  beginAnew(): TestChain {
    const clock = new TestClock(this.chains.clock.now + 3_600n * SECOND);
    const anew = new TestChain({ chainId: this.chains.c.chainId, clock });
    this.shown = asEndpoint(anew);
    this.#stopAnew = this.world.clock.every(1000, () => anew.nextBlock());
    return anew;
  }

  async path(id: string) {
    const book = new PathBook(this.world.store);
    await book.refresh();
    return book.get(id)!;
  }

  async mark(): Promise<string | undefined> {
    return (await WorkerState.load(this.world.store, 10)).marks.get("chain:c");
  }

  sendToB(amount: bigint): void {
    const { a, b, ab } = this.chains;
    const message = transfer(ab.a, a.accounts[1]!.address.text, b.accounts[1]!.address.text, amount);
    a.mempool.push(a.sign([encodeTyped(message)], { signer: 1 }));
  }

  sendToC(amount: bigint): void {
    const { b, c, bc } = this.chains;
    const message = transfer(bc.a, b.accounts[2]!.address.text, c.accounts[2]!.address.text, amount);
    b.mempool.push(b.sign([encodeTyped(message)], { signer: 2 }));
  }

  get atB(): bigint {
    return this.chains.b.balance(1, voucher(DENOM, this.chains.ab.a));
  }

  get atC(): bigint {
    return this.chains.c.balance(2, voucher(DENOM, this.chains.bc.a));
  }

  async restart(): Promise<void> {
    await this.#stopWorker();
    this.start();
  }

  async end(): Promise<void> {
    await this.#stopWorker();
    this.#stopAnew();
    await this.world.stop();
  }
}

async function onStage(stage: Stage, use: (stage: Stage) => Promise<void>): Promise<void> {
  await stage.world.open();
  stage.world.makeBlocks();
  stage.start();
  try {
    await stage.world.clock.advance(4_000);
    await use(stage);
  } finally {
    await stage.end();
  }
}

const WORDS =
  /^chain c is another chain than before: block \d+ was [0-9A-F]{16}…, is now [0-9A-F]{16}…; start the relayer with another store/;

Deno.test("a chain that is begun anew while we work: its paths fail and say why, the others go on", () =>
  onStage(new Stage(), async (stage) => {
    const { world, chains } = stage;
    assertMatch((await stage.mark())!, /"catenary-c-1","2"/);
    const anew = stage.beginAnew();
    await world.clock.advance(10_000);
    const path = await stage.path("b-c");
    assertEquals(path.state, "failed");
    assertMatch(path.fault!, WORDS);
    assertMatch(stage.told.at(-1)!, WORDS);

    stage.sendToB(5n);
    stage.sendToC(7n);
    await world.clock.advance(120_000);
    assertEquals([(await stage.path("a-b")).state, stage.atB], ["open", 5n]);
    // It was not asked to take anything, and its other history is no reason to freeze anybody.
    assert(anew.height > 100n);
    assertEquals([anew.delivered.size, anew.mempool.length, await world.pending()], [0, 0, 1]);
    const { b, bc } = chains;
    assertEquals(await queryClientStatus(asEndpoint(b), bc.a.clientId), "Active");
    // It was an address that led elsewhere: the old one is there again.
    stage.shown = stage.old;
    await world.clock.advance(40_000);
    assertEquals(stage.told.at(-1), undefined);
    assertEquals([(await stage.path("b-c")).state, (await stage.path("b-c")).fault], ["open", null]);
    assertEquals([stage.atC, await world.pending()], [7n, 0]);
  }));

Deno.test("a chain that was begun anew while nobody was there is noticed by the next relayer, and by each after it", () =>
  onStage(new Stage(), async (stage) => {
    const { world } = stage;
    const anew = stage.beginAnew();
    await stage.restart();
    await world.clock.advance(8_000);
    assertMatch((await stage.path("b-c")).fault!, WORDS);
    const book = new PathBook(world.store);
    const { bc } = stage.chains;
    await book.add(world.record(bc, { id: "again", state: "opening" }));
    await stage.restart();
    await world.clock.advance(20_000);
    for (const id of ["b-c", "again"]) assertMatch((await stage.path(id)).fault!, WORDS);
    assertEquals([anew.delivered.size, anew.mempool.length], [0, 0]);
    assertEquals((await stage.path("a-b")).state, "open");
  }));

Deno.test("nodes that lag, are silent or have pruned their blocks say nothing", () => {
  let mode: "fine" | "lag" | "silent" | "pruned" = "fine";
  let lag = 0n;
  const stage = new Stage((method) => {
    if (method !== "lightBlock" || mode === "fine") return;
    if (mode === "silent") throw new IoError("chain_unreachable", "no answer");
    if (mode === "pruned") throw new IoError("chain_pruned", "lowest height is 100");
  });
  return onStage(stage, async ({ world, old }) => {
    stage.shown = {
      ...old,
      latest: async () => {
        const head = await old.latest();
        return { ...head, height: head.height - lag };
      },
    };
    const early = await stage.mark();
    for (mode of ["lag", "silent", "pruned"] as const) {
      lag = mode === "lag" ? 30n : 0n;
      await stage.restart();
      await world.clock.advance(70_000);
      assertEquals([(await stage.path("b-c")).state, await stage.mark()], ["open", early], mode);
    }
    mode = "fine";
    lag = 0n;
    stage.sendToC(7n);
    await world.clock.advance(30_000);
    assertEquals(stage.atC, 7n);
  });
});

Deno.test("where early blocks are pruned the newest is remembered, and another one when that is pruned", () => {
  let lowest = 0n;
  const stage = new Stage((method, height) => {
    if (method === "lightBlock" && (height as bigint) < lowest) {
      throw new IoError("chain_pruned", `lowest height is ${lowest}`);
    }
  });
  const start = lowest = stage.chains.c.height;
  return onStage(stage, async ({ world, chains }) => {
    const heightIn = (mark: string | undefined) => BigInt(JSON.parse(mark!)[1]);
    const first = heightIn(await stage.mark());
    assert(first >= start && first <= chains.c.height);
    lowest = first + 1n;
    await world.clock.advance(65_000);
    const second = heightIn(await stage.mark());
    assert(second > first);
    const anew = stage.beginAnew();
    for (let i = 0n; i < second; i++) anew.nextBlock();
    await stage.restart();
    await world.clock.advance(10_000);
    assertMatch((await stage.path("b-c")).fault!, WORDS);
  });
});
