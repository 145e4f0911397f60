import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ContractError, MockChain, MockChannel, tokensOf } from "../../sdk/mod.ts";
// The SDK's buildContract, remembered from one run of the tests to the next.
import { buildContract } from "../../../tests/helpers/built_contract.ts";

const wasm = await buildContract(new URL(".", import.meta.url));
const tokenWasm = await buildContract(new URL("../token/", import.meta.url));

/** A token and its bridge on one chain, another chain that has neither, and a channel between the two. */
function start() {
  const [home, abroad] = [new MockChain({ chainId: "home-1" }), new MockChain({ chainId: "abroad-1", prefix: "osmo" })];
  const [alice, bob] = [home.account("alice"), abroad.account("bob")];
  const initial = [{ address: alice, amount: "1000" }];
  const setup = { name: "Example", symbol: "EXA", decimals: 0, initial_balances: initial };
  const token = home.instantiate(alice, home.store(tokenWasm), setup);
  const bridge = home.instantiate(alice, home.store(wasm), {});
  const channel = MockChannel.open(bridge, tokensOf(abroad));
  const { denom } = bridge.query<{ denom: string }>({ denom_there: { channel: channel.id, token: token.address } });
  const leave = (amount: number, receiver = bob) => {
    const msg = new TextEncoder().encode(JSON.stringify({ channel: channel.id, receiver }));
    return token.execute(alice, { send: { contract: bridge.address, amount: `${amount}`, msg } });
  };
  const comeHome = (amount: number, receiver = alice) =>
    abroad.transfer(bob, channel.ends[1].channelId, receiver, { denom, amount: `${amount}` });
  /** What alice, the bridge, and bob have. */
  const balances = () => {
    const of = (address: string) => Number(token.query<{ balance: string }>({ balance: { address } }).balance);
    return [of(alice), of(bridge.address), Number(abroad.balance(bob, denom))];
  };
  return { home, abroad, alice, bob, token, bridge, channel, denom, leave, comeHome, balances };
}

Deno.test("tokens go to another chain, are coins there, and come home", () => {
  const { bridge, channel, token, leave, comeHome, balances } = start();
  leave(300);
  assertEquals(balances(), [700, 300, 0]);
  channel.relay();
  assertEquals(balances(), [700, 300, 300]);
  const row = { channel: "channel-0", counterparty: "channel-0", connection: "connection-0" };
  const away = (amount: string) => ({ channels: [{ ...row, away: [{ token: token.address, amount }] }] });
  assertEquals(bridge.query({ channels: {} }), away("300"));
  comeHome(120);
  channel.relay();
  assertEquals(balances(), [820, 180, 180]);
  assertEquals(bridge.query({ channels: {} }), away("180"));
});

Deno.test("tokens that nobody receives are given back: refused there, or too late", () => {
  const { abroad, channel, leave, balances } = start();
  leave(300, "nobody");
  channel.relay();
  assertEquals(balances(), [1000, 0, 0]);
  leave(300);
  abroad.advance({ seconds: 3600n });
  channel.relay();
  assertEquals(balances(), [1000, 0, 0]);
});

Deno.test("coins that cannot come home stay where they are", () => {
  const { channel, leave, comeHome, balances } = start();
  leave(300);
  channel.relay();
  comeHome(100, "nobody");
  assertEquals(balances(), [700, 300, 200]);
  channel.relay();
  assertEquals(balances(), [700, 300, 300]);
});

const FORGED: [what: string, denom: (token: string) => string, amount: string, answer: string][] = [
  [
    "more than has left",
    (token) => `transfer/channel-0/cw20:${token}`,
    "301",
    "Only 300 of these tokens left over channel-0",
  ],
  ["another contract", () => "transfer/channel-0/cw20:other", "1", "Only 0 of these tokens left over channel-0"],
  ["nothing at all", () => "transfer/channel-0/cw20:other", "0", "No tokens came home"],
  ["its own coins", () => "euro", "1", "Only tokens that left by the bridge come home"],
];

for (const [what, denom, amount, answer] of FORGED) {
  Deno.test(`a chain that lies gets nothing: ${what}`, () => {
    const { abroad, alice, bob, channel, token, leave, balances } = start();
    leave(300);
    channel.relay();
    assertEquals(forge(channel, abroad, { denom: denom(token.address), amount, sender: bob, receiver: alice }), answer);
    assertEquals(balances(), [700, 300, 300]);
  });
}

/** Why a packet is refused that an honest chain would not send. */
function forge(channel: MockChannel, chain: MockChain, packet: unknown): string {
  const data = new TextEncoder().encode(JSON.stringify(packet));
  chain.ibc.send("transfer", channel.ends[1].channelId, data, { block: undefined, nanos: chain.nanos + 1n });
  const [{ acknowledgement } = {}] = channel.relay({ steps: 1 });
  return JSON.parse(new TextDecoder().decode(acknowledgement)).error;
}

Deno.test("what has left over one channel does not come home over another", () => {
  const { abroad, alice, bob, bridge, channel, token, leave } = start();
  leave(300);
  channel.relay();
  const second = MockChannel.open(bridge, tokensOf(abroad));
  const packet = { denom: `transfer/channel-1/cw20:${token.address}`, amount: "1", sender: bob, receiver: alice };
  assertEquals(forge(second, abroad, packet), "Only 0 of these tokens left over channel-1");
});

Deno.test("only channels of tokens are opened, and nobody closes one from here", () => {
  const { home, abroad, bridge, channel } = start();
  const open = (version: string, ordered: boolean) => MockChannel.open(bridge, tokensOf(abroad), { version, ordered });
  assertThrows(() => open("ics20-2", false), ContractError, "The version must be `ics20-1`, not `ics20-2`");
  assertThrows(() => open("ics20-1", true), ContractError, "Only unordered channels are supported");
  assertThrows(() => channel.close(home), ContractError, "stays open");
});

Deno.test("no tokens leave over a channel that is none", () => {
  const { token, bridge, alice, bob, balances } = start();
  const msg = new TextEncoder().encode(JSON.stringify({ channel: "channel-9", receiver: bob }));
  const send = { send: { contract: bridge.address, amount: "1", msg } };
  assertThrows(() => token.execute(alice, send), ContractError, "channel-9 is no open channel of the bridge");
  assertEquals(balances(), [1000, 0, 0]);
});

Deno.test("whatever is sent, the bridge keeps exactly what exists on the other chain", () => {
  const step = fc.record({
    leaves: fc.boolean(),
    amount: fc.integer({ min: 1, max: 400 }),
    lost: fc.boolean(),
    late: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const { home, abroad, channel, denom, leave, comeHome, balances } = start();
      for (const { leaves, amount, lost, late } of steps) {
        try {
          if (leaves) leave(amount, lost ? "nobody" : undefined);
          else comeHome(amount, lost ? "nobody" : undefined);
        } catch (error) {
          if (!(error instanceof ContractError)) throw error;
        }
        if (late) [home, abroad].forEach((chain) => chain.advance({ seconds: 4000n }));
        channel.relay();
        const [alice, kept, bob] = balances();
        assertEquals([alice! + kept!, kept, Number(abroad.state.supply(denom))], [1000, bob, kept]);
      }
    }),
    { numRuns: 20 },
  );
});
