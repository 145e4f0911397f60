/** Contracts of the SDK hear and do on its mock chains what they hear and do on chains, over real channels. @module */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { MockChain, MockChannel, type MockInstance, tokensOf } from "../../contracts/sdk/mod.ts";
import { DENOM } from "../bad_input/harness.ts";
import { buildContract } from "../helpers/built_contract.ts";
import {
  chanCloseConfirm,
  type End,
  execute,
  makeContract,
  modulesWithContracts,
  pair,
  type Path,
  relayAll,
  SECOND,
  smart,
  storeCode,
} from "../helpers/ibc/mod.ts";

const wasm = await buildContract(new URL("../../contracts/sdk/assembly/testing/ibc_probe.ts", import.meta.url));
/** Channel states of ibc-go. */
const [OPEN, CLOSED] = [3, 4];
/** Of every wait. */
const BLOCKS = 10;
const SECONDS = 200n;

type SideName = "a" | "b";

/** Two chains with a probe each, a channel of tokens, and one between the probes. */
interface World {
  /** As the chain of that side calls the channel of the probes. */
  channel(side: SideName): string;
  tokens(side: SideName): string;
  probe(side: SideName): string;
  execute(side: SideName, message: unknown, coins?: [amount: number, denom: string]): void;
  log(side: SideName): string[];
  height(side: SideName): bigint;
  balance(side: SideName, denom: string): bigint;
  relay(): void;
  /** Ten blocks, and 200 seconds more. */
  wait(): void;
}

interface Opening {
  readonly version: string;
  readonly ordered: boolean;
}

function mocked({ version, ordered }: Opening): World {
  const [a, b] = [new MockChain({ chainId: "mock-a-1" }), new MockChain({ chainId: "mock-b-1" })];
  const chains = { a, b };
  const make = (chain: MockChain): MockInstance => {
    chain.account("alice", { denom: DENOM, amount: "1000000" });
    return chain.instantiate(chain.account("alice"), chain.store(wasm), {});
  };
  const probes = { a: make(a), b: make(b) };
  const tokens = MockChannel.open(tokensOf(a), tokensOf(b), { version: "ics20-1" });
  const channel = MockChannel.open(probes.a, probes.b, { version, ordered });
  const end = (of: MockChannel, side: SideName) => of.ends[side === "a" ? 0 : 1].channelId;
  return {
    channel: (side) => end(channel, side),
    tokens: (side) => end(tokens, side),
    probe: (side) => probes[side].address,
    execute(side, message, coins) {
      const funds = coins === undefined ? [] : [{ denom: coins[1], amount: `${coins[0]}` }];
      probes[side].execute(chains[side].account("alice"), message, ...funds);
    },
    log: (side) => probes[side].query<string[]>({ log: {} }),
    height: (side) => chains[side].height,
    balance: (side, denom) => chains[side].balance(probes[side].address, denom),
    relay() {
      channel.relay();
      tokens.relay();
    },
    wait: () => [a, b].forEach((chain) => chain.advance({ blocks: BigInt(BLOCKS), seconds: SECONDS })),
  };
}

function real({ version, ordered }: Opening): World {
  const { a, b, clock, path } = pair({ chain: { modules: modulesWithContracts, validators: [10n] } });
  const chains = { a, b };
  const probes = { a: makeContract(a, storeCode(a, wasm), {}), b: makeContract(b, storeCode(b, wasm), {}) };
  const channel = path.another({ ordered, version });
  for (const side of ["a", "b"] as const) channel[side].portId = `wasm.${probes[side]}`;
  channel.openChannel();
  return {
    channel: (side) => channel[side].channelId,
    tokens: (side) => path[side].channelId,
    probe: (side) => probes[side],
    execute: (side, message, coins) =>
      void execute(chains[side], probes[side], message, coins && { coins: coins.join("") }),
    log: (side) => smart(chains[side], probes[side], { log: {} }),
    height: (side) => chains[side].height,
    balance: (side, denom) => chains[side].balance(probes[side], denom),
    relay() {
      relayAll(channel, path);
      closeOther(channel);
    },
    wait() {
      clock.advance(SECONDS * SECOND);
      for (let block = 0; block < BLOCKS; block++) [a, b].forEach((chain) => chain.nextBlock());
    },
  };
}

function closeOther({ ends }: Path): void {
  const state = (end: End) => end.channel().state;
  const open = ends.find((end) => state(end) === OPEN && state(end.other) === CLOSED);
  if (open === undefined) return;
  open.updateClient();
  open.do(chanCloseConfirm(open));
}

/** Without what differs between any two chains: addresses, numbers of channels, times and heights. */
const plain = (line: string): string =>
  line.replaceAll(/cat1[a-z0-9]+/g, "cat1").replaceAll(/(channel|connection)-\d+/g, "$1").replaceAll(
    /"timestamp":"\d+"/g,
    '"timestamp":""',
  ).replaceAll(/"height":\d+/g, '"height":0').replaceAll(/ibc\/[0-9A-F]{64}/g, "ibc/");

const logs = (world: World): Record<SideName, string[]> => ({
  a: world.log("a").map(plain),
  b: world.log("b").map(plain),
});

/** Runs a story in both worlds, which must end alike, and gives the end. */
function alike<T>(opening: Opening, story: (world: World) => T): T {
  const [here, there] = [story(mocked(opening)), story(real(opening))];
  assertEquals(here, there);
  return here;
}

Deno.test("packets of all fates are told alike", () => {
  const { a, b } = alike({ version: "probe-1", ordered: false }, (world) => {
    const channel = world.channel("a");
    for (const answer of ["hello", "refusal", "raw", "unpaid", "later"]) {
      world.execute("a", { send: { channel, answer } });
      world.relay();
    }
    world.execute("b", { answer_later: { channel: world.channel("b"), sequence: 5, answer: '{"result":"bGF0ZXI="}' } });
    world.relay();
    world.execute("b", { send: { channel: world.channel("b"), answer: "back" } });
    world.relay();
    world.execute("a", { send: { channel, answer: "x", seconds: 50 } });
    world.execute("b", { send: { channel: world.channel("b"), answer: "y", height: Number(world.height("a")) + 5 } });
    world.wait();
    world.relay();
    world.execute("a", { close_channel: { channel } });
    world.relay();
    return logs(world);
  });
  const sent = (line: string) => line.startsWith("sent ");
  assertEquals([a.filter(sent).length, b.filter(sent)], [6, ["sent 1", "sent 2"]]);
  assertEquals(a.filter((line) => !sent(line)).map((line) => line.split(" {")[0]), [
    "open",
    "connect",
    "acknowledged result hello",
    'acknowledged error I refuse <that> & "this"',
    "acknowledged result ",
    "acknowledged error ABCI error: sdk/5: error handling packet: see events for details",
    "acknowledged result later",
    "receive",
    "timeout",
    "close_init",
  ]);
  const known = [
    "open",
    "connect",
    "receive",
    "receive",
    "receive",
    "acknowledged result back",
    "timeout",
    "close_confirm",
  ];
  assertEquals(b.filter((line) => !sent(line)).map((line) => line.split(" {")[0]), known);
});

Deno.test("a late packet closes an ordered channel at both ends, alike", () => {
  const { a, b } = alike({ version: "probe-1", ordered: true }, (world) => {
    world.execute("a", { send: { channel: world.channel("a"), answer: "x", seconds: 50 } });
    world.wait();
    world.relay();
    return logs(world);
  });
  assertStringIncludes(a[0]!, "ORDER_ORDERED");
  assertEquals([a.length - 1, a.at(-1)!.split(" ")[0], b.at(-1)!.split(" ")[0]], [3, "timeout", "close_confirm"]);
});

Deno.test("a channel of another version is refused alike", () => {
  for (const world of [mocked, real]) {
    assertThrows(() => world({ version: "probe-2", ordered: false }), Error, "The version must be `probe-1`");
  }
});

Deno.test("tokens go, come home, come back, and are told alike", () => {
  const { log, here, there } = alike({ version: "probe-1", ordered: false }, (world) => {
    const send = (side: SideName, amount: number, denom: string, more: object = {}) => {
      const to = world.probe(side === "a" ? "b" : "a");
      const coin = { denom, amount: `${amount}` };
      world.execute(side, { transfer: { channel: world.tokens(side), coin, to, destination: to, ...more } });
    };
    world.execute("a", { send: { channel: world.channel("a"), answer: "hello" } }, [40, DENOM]);
    world.relay();
    send("a", 5, DENOM);
    send("a", 13, DENOM);
    send("a", 7, DENOM, { to: "nobody" });
    world.relay();
    send("a", 8, DENOM, { seconds: 50 });
    world.wait();
    world.relay();
    const denom = /ibc\/[0-9A-F]{64}/.exec(world.log("b").at(-1)!)![0];
    send("b", 2, denom);
    send("b", 1, denom, { to: "nobody" });
    world.relay();
    return { log: logs(world), here: world.balance("a", DENOM), there: world.balance("b", denom) };
  });
  assertEquals([here, there], [37n, 3n]);
  const failed = "error ABCI code: 5: error handling packet: see events for details";
  const [sent, refused] = ["source result \u0001", `source ${failed}`];
  assertEquals(log.a.slice(4), [
    `${sent} 1`,
    `${refused} 2`,
    `${refused} 3`,
    "source late 4",
    "destination cat1 cat1 2ucat",
  ]);
  assertEquals(log.b.slice(3), ["destination cat1 cat1 5ibc/", `${sent} 1`, `${refused} 2`]);
});

Deno.test("a contract that panics at a packet fails who brings it, not the packet", () => {
  for (const make of [mocked, real]) {
    const world = make({ version: "probe-1", ordered: false });
    world.execute("a", { send: { channel: world.channel("a"), answer: "panic" } });
    assertThrows(() => world.relay(), Error, "panic");
    assertEquals([world.log("a").length, world.log("b").length], [3, 2]);
  }
});
