import { assert, assertEquals, assertRejects } from "@std/assert";
import type { BlockID, Commit } from "cosmjs-types/tendermint/types/types";
import { IoError } from "../core/errors.ts";
import { invariant, InvariantError } from "../core/invariant.ts";
import { err, ok } from "../core/result.ts";
import { ConsensusDriver, type DriverHooks } from "./driver.ts";
import type { Decision, Effect } from "./effect.ts";
import type { Engine } from "./engine.ts";
import type { HeightContext, Input, ProposedBlock, Signable, Timer } from "./input.ts";
import type { BlockPort, ClockPort, SignerPort, TransportPort, WalPort } from "./ports.ts";

type In = Input<string, string>;
type Out = Effect<string, string>;

const TIMER: Timer = { kind: "propose", height: 1n, round: 0 };
const BLOCK = { blockId: {} as BlockID, bytes: new Uint8Array([1]), time: 7n } satisfies ProposedBlock;
const SIGNABLE = { type: "vote", vote: { height: 1n } } as unknown as Signable;
const DECISION: Decision = { height: 1n, round: 0, block: BLOCK, commit: {} as Commit };

const heightContext = (height: bigint) => ({ height }) as HeightContext;
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (value: Uint8Array) => new TextDecoder().decode(value);

/** An engine that is its script: what each input of a type brings about. */
function scripted(script: (input: In) => readonly Out[]): Engine<number, string, string> {
  const decode = (value: Uint8Array) =>
    text(value).startsWith("bad") ? err({ codespace: "toy", code: 1, message: "decode: bad" }) : ok(text(value));
  return {
    name: "toy",
    codec: {
      encodeMessage: bytes,
      decodeMessage: decode,
      encodeRecord: bytes,
      decodeRecord: decode,
      facts: () => ({ height: 1n, round: 0, kind: "toy", author: undefined, blockId: undefined, spread: "relay" }),
      blockOf: () => undefined,
      withBlock: (message) => message,
    },
    judge: (_context, state, message) => (message === `state ${state}` ? "accept" : "ignore"),
    initial: () => 0,
    step: (_context, state, input) => ({ state: state + 1, effects: script(input) }),
    position: (state) => ({ height: 1n, round: 0, step: state < 2 ? "a" : "b" }),
  };
}

/** Ports that write down what happens; answers come when the test says so. */
class World {
  readonly log: string[] = [];
  readonly timers: (() => void)[] = [];
  waits: { name: string; release: () => void; fail: (error: unknown) => void }[] = [];
  stored: Uint8Array[] = [];
  halted: unknown[] = [];

  wait<T>(name: string, value: T): Promise<T> {
    this.log.push(name);
    return new Promise((resolve, fail) => this.waits.push({ name, release: () => resolve(value), fail }));
  }
  async release(name: string): Promise<void> {
    const index = this.waits.findIndex((wait) => wait.name === name);
    assert(index >= 0, `${name} is not waiting; waiting: ${this.waits.map((wait) => wait.name)}`);
    this.waits.splice(index, 1)[0]!.release();
    await settle();
  }

  readonly clock: ClockPort = {
    nowNanos: () => 0n,
    schedule: (ms, callback) => {
      this.log.push(`schedule ${ms}`);
      this.timers.push(callback);
      return () => this.log.push("unschedule");
    },
  };
  readonly wal: WalPort = {
    append: (height, records) => this.wait(`append ${height} ${records.map(text)}`, undefined),
    load: () => Promise.resolve(this.stored),
    truncate: (height) => Promise.resolve(void this.log.push(`truncate ${height}`)),
  };
  readonly signer: SignerPort = { sign: (_chain, message) => this.wait("sign", { ok: true as const, message }) };
  readonly transport: TransportPort = {
    broadcast: (message) => this.log.push(`broadcast ${text(message)}`),
    send: (to, message) => this.log.push(`send ${to} ${text(message)}`),
    report: (peer, code) => this.log.push(`report ${peer} ${code}`),
  };
  readonly blocks: BlockPort = {
    build: () => this.wait("build", BLOCK),
    validate: () => this.wait("validate", { valid: true as const, time: 7n }),
    commit: () => this.wait("commit", heightContext(2n)),
    addEvidence: () => this.log.push("evidence"),
  };

  driver(
    script: (input: In) => readonly Out[],
    hooks: Partial<DriverHooks<string, string>> = {},
    extra: { signer?: undefined; inboxLimits?: { messagesPerPeerMax: number } } = {},
  ) {
    return new ConsensusDriver<number, string, string>({
      engine: scripted((input) => {
        this.log.push(input.type === "message_received" ? `got ${input.from} ${input.message}` : input.type);
        return script(input);
      }),
      chainId: "test",
      self: undefined,
      config: {
        propose: { baseMs: 1, deltaMs: 1 },
        prevote: { baseMs: 1, deltaMs: 1 },
        precommit: { baseMs: 1, deltaMs: 1 },
        commitMs: 0,
        createEmptyBlocks: true,
      },
      verify: () => true,
      ports: {
        clock: this.clock,
        wal: this.wal,
        signer: "signer" in extra ? undefined : this.signer,
        transport: this.transport,
        blocks: this.blocks,
      },
      hooks: { onHalt: (error) => this.halted.push(error), ...hooks },
      ...(extra.inboxLimits === undefined ? {} : { inboxLimits: extra.inboxLimits }),
    });
  }
}

/** Lets every promise that can go on do so; nothing here waits for time. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

const on = (type: In["type"], effects: readonly Out[]) => (input: In) => input.type === type ? effects : [];

Deno.test("driver finishes each effect before the next begins: persist, then sign, then broadcast", async () => {
  const world = new World();
  const driver = world.driver(on("started", [
    { type: "persist", records: ["r1", "r2"] },
    { type: "sign", message: SIGNABLE },
    { type: "broadcast", message: "m" },
  ]));
  await driver.start(heightContext(1n));
  await settle();
  assertEquals(world.log, ["started", "append 1 r1,r2"]);
  await world.release("append 1 r1,r2");
  assertEquals(world.log.slice(2), ["sign"]);
  await world.release("sign");
  assertEquals(world.log.slice(3), ["broadcast m", "signed"]);
  await driver.stop();
});

Deno.test("driver handles one input at a time and answers before messages of peers", async () => {
  const world = new World();
  const driver = world.driver((input) =>
    input.type === "started"
      ? [{ type: "persist", records: ["r"] }, { type: "start_timer", timer: TIMER, durationMs: 5 }]
      : []
  );
  driver.receive("p", bytes("early"));
  await driver.start(heightContext(1n));
  await settle();
  driver.transactionsAvailable(1n);
  await world.release("append 1 r");
  assertEquals(world.log, ["started", "append 1 r", "schedule 5", "transactions_available", "got p early"]);
  await driver.stop();
});

Deno.test("driver goes on while a block is built or validated, and commits before it goes on", async () => {
  const world = new World();
  const driver = world.driver((input) => {
    if (input.type === "started") {
      return [
        { type: "build_block", height: 1n, round: 0, lastCommit: undefined },
        { type: "validate_block", height: 1n, round: 0, blockId: BLOCK.blockId, bytes: BLOCK.bytes },
      ];
    }
    if (input.type === "block_built") {
      return [{ type: "commit", decision: DECISION }, { type: "broadcast", message: "m" }];
    }
    return [];
  });
  await driver.start(heightContext(1n));
  driver.receive("p", bytes("x"));
  await settle();
  assertEquals(world.log, ["started", "build", "validate", "got p x"]);
  await world.release("build");
  driver.receive("p", bytes("y"));
  await settle();
  assertEquals(world.log.slice(4), ["block_built", "commit"]);
  await world.release("commit");
  assertEquals(world.log.slice(6), ["truncate 1", "broadcast m", "height_committed", "got p y"]);
  assertEquals(driver.height, 2n);
  await world.release("validate");
  assertEquals(world.log.at(-1), "block_validated");
  await driver.stop();
});

Deno.test("driver tells the engine of transactions for the next height once it is there", async () => {
  const world = new World();
  const driver = world.driver((input) => input.type === "started" ? [{ type: "commit", decision: DECISION }] : []);
  await driver.start(heightContext(1n));
  await settle();
  // The mempool is at the next height already, the engine is not.
  driver.transactionsAvailable(2n);
  await settle();
  assertEquals(world.log, ["started", "commit"]);
  await world.release("commit");
  assertEquals(world.log, ["started", "commit", "truncate 1", "height_committed", "transactions_available"]);
  await driver.stop();
});

Deno.test("driver replays the log of the height and refuses to start on a record it does not understand", async () => {
  const world = new World();
  world.stored = [bytes("one"), bytes("two")];
  let replay: readonly string[] = [];
  const driver = world.driver((input) => {
    if (input.type === "started") replay = input.replay;
    return [];
  });
  await driver.start(heightContext(3n));
  await settle();
  assertEquals(replay, ["one", "two"]);
  await driver.stop();

  world.stored = [bytes("one"), bytes("bad")];
  const other = world.driver(() => []);
  const error = await assertRejects(() => other.start(heightContext(3n)), IoError);
  assertEquals(error.code, "wal_undecodable");
  assertEquals(other.receive("p", bytes("x")), false);
});

Deno.test("driver halts and tells when the engine throws, a port fails, or a late answer fails", async () => {
  const throwing = new World();
  await throwing.driver(() => {
    invariant(false, "broken");
  }).start(heightContext(1n));
  await settle();
  assert(throwing.halted[0] instanceof InvariantError);

  for (
    const effect of [
      { type: "persist", records: ["r"] },
      { type: "build_block", height: 1n, round: 0, lastCommit: undefined },
    ] satisfies Out[]
  ) {
    const world = new World();
    const driver = world.driver(on("started", [effect]));
    await driver.start(heightContext(1n));
    await settle();
    world.waits[0]!.fail(new IoError("disk_full", "append: no space"));
    await settle();
    assertEquals(world.halted.map((error) => (error as IoError).code), ["disk_full"]);
    assertEquals(driver.receive("p", bytes("x")), false);
    await driver.stop();
    assertEquals(world.halted.length, 1);
  }
});

Deno.test("driver drops the rest of the effects when it is stopped between two of them", async () => {
  const world = new World();
  const driver = world.driver(
    on("started", [{ type: "broadcast", message: "a" }, { type: "broadcast", message: "b" }]),
    { onEffect: (effect) => void (effect.type === "broadcast" && effect.message === "b" && driver.stop()) },
  );
  await driver.start(heightContext(1n));
  await settle();
  assertEquals(world.log, ["started", "broadcast a"]);
  await driver.stop();
  await driver.stop();
});

Deno.test("driver stop waits for the effect in progress and nothing after it", async () => {
  const world = new World();
  const driver = world.driver(
    on("started", [{ type: "persist", records: ["r"] }, { type: "broadcast", message: "a" }]),
  );
  await driver.start(heightContext(1n));
  await settle();
  let stopped = false;
  const stop = driver.stop().then(() => stopped = true);
  await settle();
  assertEquals(stopped, false);
  await world.release("append 1 r");
  await stop;
  assertEquals(world.log, ["started", "append 1 r"]);
});

Deno.test("driver delivers a timer once, and not at all once it was cancelled or restarted", async () => {
  const world = new World();
  let next: readonly Out[] = [{ type: "start_timer", timer: TIMER, durationMs: 5 }];
  const driver = world.driver(() => {
    const now = next;
    next = [];
    return now;
  });
  await driver.start(heightContext(1n));
  await settle();
  next = [{ type: "start_timer", timer: TIMER, durationMs: 9 }];
  driver.transactionsAvailable(1n);
  await settle();
  world.timers[0]!();
  await settle();
  assertEquals(world.log.filter((line) => line === "timer_fired").length, 0);
  world.timers[1]!();
  world.timers[1]!();
  await settle();
  assertEquals(world.log.filter((line) => line === "timer_fired").length, 1);

  next = [{ type: "start_timer", timer: TIMER, durationMs: 1 }];
  driver.transactionsAvailable(1n);
  await settle();
  // The cancelling input is ahead of the firing in the queue: the firing is taken back.
  next = [{ type: "cancel_timer", timer: TIMER }];
  driver.transactionsAvailable(1n);
  world.timers[2]!();
  await settle();
  assertEquals(world.log.filter((line) => line === "timer_fired").length, 1);
  await driver.stop();
});

Deno.test("driver reports undecodable messages, takes turns between peers and drops what is over the limit", async () => {
  const world = new World();
  const driver = world.driver(() => [], {}, { inboxLimits: { messagesPerPeerMax: 3 } });
  for (const message of ["1", "bad", "2", "3"]) driver.receive("loud", bytes(message));
  driver.receive("calm", bytes("only"));
  await driver.start(heightContext(1n));
  await settle();
  assertEquals(world.log, ["started", "got loud 1", "got calm only", "report loud undecodable", "got loud 2"]);
  assertEquals(driver.stats, { inputs: 4, dropped: 1, undecodable: 1, commits: 0 });
  await driver.stop();
});

Deno.test("driver without a key refuses to sign", async () => {
  const world = new World();
  const driver = world.driver(on("started", [{ type: "sign", message: SIGNABLE }]), {}, { signer: undefined });
  await driver.start(heightContext(1n));
  await settle();
  assertEquals(world.log, ["started", "sign_refused"]);
  await driver.stop();
});

Deno.test("driver tells the engine's position when it changes", async () => {
  const world = new World();
  const seen: string[] = [];
  const driver = world.driver(() => [], { onStep: ({ step }) => seen.push(step) });
  await driver.start(heightContext(1n));
  for (let i = 0; i < 3; i++) driver.transactionsAvailable(1n);
  await settle();
  assertEquals(seen, ["a", "b"]);
  await driver.stop();
});

Deno.test("driver takes a message from within an input as the next one, not in the middle of it", async () => {
  const world = new World();
  let given = false;
  const driver: ConsensusDriver<number, string, string> = world.driver(
    (input) => input.type === "message_received" ? [{ type: "broadcast", message: `re ${input.message}` }] : [],
    {
      onInput: (input) => {
        if (input.type !== "message_received" || given) return;
        given = true;
        driver.receive("b", bytes("two"));
      },
    },
  );
  await driver.start(heightContext(1n));
  await settle();
  driver.receive("a", bytes("one"));
  await settle();
  assertEquals(world.log, ["started", "got a one", "broadcast re one", "got b two", "broadcast re two"]);
  await driver.stop();
});

Deno.test("judge() asks the engine's state while the driver runs, and ignores everything otherwise", async () => {
  const driver = new World().driver(() => []);
  assertEquals(driver.judge("state 0"), "ignore");
  await driver.start(heightContext(1n));
  await settle();
  assertEquals([driver.judge("state 1"), driver.judge("state 0")], ["accept", "ignore"]);
  await driver.stop();
  assertEquals(driver.judge("state 1"), "ignore");
});
