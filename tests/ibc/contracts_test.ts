/** Unmodified CosmWasm contracts on channels between two chains: accounts over there, and callbacks of token transfers. @module */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { DENOM } from "../bad_input/harness.ts";
import {
  acknowledge,
  assertRefused,
  chanCloseConfirm,
  chanOpenInit,
  type Delivered,
  encodeTyped,
  escrowOf,
  eventsOf,
  eventValue,
  execute,
  makeContract,
  type Message,
  modulesWithContracts,
  type Pair,
  pair,
  type Path,
  portOfContract,
  recvPacket,
  relayAll,
  SECOND,
  sentPackets,
  smart,
  storeCode,
  supply,
  type TestChain,
  transfer,
  tryExecute,
  voucher,
} from "../helpers/ibc/mod.ts";

const two = (): Pair => pair({ chain: { modules: modulesWithContracts, validators: [10n] } });
const addressOf = (chain: TestChain, index: number): string => chain.accounts[index]!.address.text;

interface Reflecting extends Pair {
  /** Between the contracts. */
  readonly accounts: Path;
  readonly sends: string;
  readonly reflects: string;
}

/** A contract on `a` that gets an account on `b`, where another contract does what it says. */
function reflecting(): Reflecting {
  const world = two();
  const { a, b, path } = world;
  const sends = makeContract(a, storeCode(a, "ibc_reflect_send"), {});
  const reflectCode = Number(storeCode(b, "reflect_1.0"));
  const reflects = makeContract(b, storeCode(b, "ibc_reflect"), { reflect_code_id: reflectCode });
  const accounts = path.another({ ordered: true, version: "ibc-reflect-v1" });
  accounts.a.portId = portOfContract(a, sends);
  accounts.b.portId = portOfContract(b, reflects);
  return { ...world, accounts, sends, reflects };
}

Deno.test("ibc_reflect: an account on another chain is opened, paid, asked and used by contracts", () => {
  const { a, b, path, accounts, sends } = reflecting();
  accounts.openChannel();
  relayAll(accounts);
  const channel_id = accounts.a.channelId;
  const there = () => smart(a, sends, { account: { channel_id } });
  const { remote_addr: remote } = there();
  // The contract sends tokens over the channel of tokens (`IbcMsg::Transfer`).
  const funds = { reflect_channel_id: channel_id, transfer_channel_id: path.a.channelId };
  execute(a, sends, { send_funds: funds }, { coins: `50${DENOM}` });
  relayAll(accounts, path);
  const denom = voucher(DENOM, path.a);
  assertEquals([b.balance(remote, denom), a.balance(escrowOf(path.a))], [50n, 50n]);
  execute(a, sends, { check_remote_balance: { channel_id } });
  relayAll(accounts);
  assertEquals(there().remote_balance, [{ denom, amount: "50" }]);
  const bob = addressOf(b, 2);
  const pay = (amount: string) => {
    const msgs = [{ bank: { send: { to_address: bob, amount: [{ denom, amount }] } } }];
    execute(a, sends, { send_msgs: { channel_id, msgs } });
    relayAll(accounts);
  };
  pay("20");
  // More than there is: the contract over there answers with a refusal, and the ordered channel goes on.
  pay("31");
  pay("30");
  assertEquals([b.balance(remote, denom), b.balance(bob, denom)], [0n, 50n]);
  assertEquals(accounts.a.channel().state, 3);
});

Deno.test("ibc_reflect: no channel that is not ordered, no other version, and a closed one is forgotten", () => {
  const { a, b, accounts, sends } = reflecting();
  const open = (): Delivered => accounts.a.try(chanOpenInit(accounts.a));
  accounts.a.ordered = false;
  assertStringIncludes(open().log, "Only supports ordered channels: execute wasm contract failed");
  accounts.a.ordered = true;
  accounts.a.version = "ibc-reflect-v2";
  assertRefused(a, ["wasm", 5], open);
  accounts.a.version = "ibc-reflect-v1";
  accounts.openChannel();
  const packet = sentPackets(a.history.at(-1)!)[0]!;
  a.clock.advance(7200n * SECOND);
  b.nextBlock();
  accounts.a.timeout(packet);
  assertEquals(accounts.a.channel().state, 4);
  accounts.b.updateClient();
  accounts.b.do(chanCloseConfirm(accounts.b));
  assertEquals(accounts.b.channel().state, 4);
  const query = { account: { channel_id: accounts.a.channelId } };
  assertEquals(smart(a, sends, query).remote_addr, null);
});

Deno.test("contracts ask for ports and open channels", () => {
  const { a, accounts, sends } = reflecting();
  const reflect = makeContract(a, storeCode(a, "reflect_1.0"), {});
  const ask = (ibc: unknown) => JSON.parse(atob(smart(a, reflect, { chain: { request: { ibc } } }).data ?? "bnVsbA=="));
  const port_id = portOfContract(a, sends);
  assertEquals(ask({ port_id: {} }), { port_id: "" });
  assertEquals(ask({ list_channels: { port_id } }), { channels: [] });
  accounts.openChannel();
  const channel = {
    endpoint: { port_id, channel_id: accounts.a.channelId },
    counterparty_endpoint: { port_id: accounts.b.portId, channel_id: accounts.b.channelId },
    order: "ORDER_ORDERED",
    version: "ibc-reflect-v1",
    connection_id: accounts.a.connectionId,
  };
  assertEquals(ask({ list_channels: { port_id } }), { channels: [channel] });
  assertEquals(ask({ channel: { port_id, channel_id: accounts.a.channelId } }), { channel });
  assertEquals(ask({ channel: { channel_id: accounts.a.channelId } }), {});
});

interface Heard {
  readonly ibc_ack_callbacks: { acknowledgement: { data: string }; original_packet: { sequence: number } }[];
  readonly ibc_timeout_callbacks: unknown[];
  readonly ibc_destination_callbacks: {
    ack: { data: string };
    transfer: { receiver: string; sender: string; funds: unknown };
  }[];
}
const heard = (chain: TestChain, contract: string): Heard => smart(chain, contract, { callback_stats: {} });
const counts = ({ ibc_ack_callbacks, ibc_timeout_callbacks, ibc_destination_callbacks }: Heard): number[] => [
  ibc_ack_callbacks.length,
  ibc_timeout_callbacks.length,
  ibc_destination_callbacks.length,
];

/** A contract on each chain that sends tokens, and remembers what it is told of them. */
function calling() {
  const world = two();
  const [here, there] = [world.a, world.b].map((chain) => makeContract(chain, storeCode(chain, "ibc_callbacks"), {}));
  return { ...world, here: here!, there: there! };
}

Deno.test("ibc_callbacks: both contracts hear of a transfer that arrived, its sender of one that did not", () => {
  const { a, b, clock, path, here, there } = calling();
  const send = (timeout_seconds: number) =>
    execute(a, here, { transfer: { to_address: there, channel_id: path.a.channelId, timeout_seconds } }, {
      coins: `1${DENOM}`,
    });
  assertEquals(eventValue(send(100), "ibc_src_callback", "callback_type"), "send_packet");
  relayAll(path);
  assertEquals([counts(heard(a, here)), counts(heard(b, there))], [[1, 0, 0], [0, 0, 1]]);
  assertEquals(atob(heard(a, here).ibc_ack_callbacks[0]!.acknowledgement.data), '{"result":"AQ=="}');
  const [arrived] = heard(b, there).ibc_destination_callbacks;
  const funds = [{ denom: voucher(DENOM, path.a), amount: "1" }];
  assertEquals([atob(arrived!.ack.data), arrived!.transfer], [
    '{"result":"AQ=="}',
    { funds, receiver: there, sender: here },
  ]);
  send(1);
  clock.advance(10n * SECOND);
  b.nextBlock();
  relayAll(path);
  assertEquals([counts(heard(a, here)), counts(heard(b, there))], [[1, 1, 0], [0, 0, 1]]);
  assertEquals([a.balance(here), a.balance(escrowOf(path.a))], [1n, 1n]);
});

Deno.test("a destination hears under which name a token came home", () => {
  const { a, b, path, here } = calling();
  const [alice, bob] = [addressOf(a, 1), addressOf(b, 1)];
  a.deliverOk([encodeTyped(transfer(path.a, alice, bob, 9n))], { signer: 1 });
  relayAll(path);
  const memo = JSON.stringify({ dest_callback: { address: here } });
  b.deliverOk([encodeTyped(transfer(path.b, bob, here, 9n, { denom: voucher(DENOM, path.a), memo }))], { signer: 1 });
  relayAll(path);
  const [arrived] = heard(a, here).ibc_destination_callbacks;
  assertEquals(arrived!.transfer, { funds: [{ denom: DENOM, amount: "9" }], receiver: here, sender: bob });
});

Deno.test("a callback at the destination that fails gives the tokens back, whatever it fails of", () => {
  const { a, b, path, there } = calling();
  const alice = addressOf(a, 1);
  const before = a.balance(alice);
  const plain = makeContract(b, storeCode(b, "reflect_1.0"), {});
  const sendTo = (callback: unknown): Delivered => {
    const memo = JSON.stringify({ dest_callback: callback });
    a.deliverOk([encodeTyped(transfer(path.a, alice, there, 5n, { memo }))], { signer: 1 });
    relayAll(path);
    return b.history.findLast((tx) => eventsOf(tx, "recv_packet").length > 0)!;
  };
  const failures = [
    { address: there, gas_limit: "1000" },
    { address: plain },
    { address: addressOf(b, 3) },
    { address: "nobody" },
    { address: "" },
    { address: there, gas_limit: 1_000_000 },
    { address: there, gas_limit: "-1" },
    { address: there, calldata: "xyz" },
  ].map((callback) => {
    const ack = new TextDecoder().decode(path.b.acked(sendTo(callback))[0]!.ack);
    return /code: (\d+)/.exec(ack)?.[1];
  });
  assertEquals(failures, ["6", "5", "22", "1", "8", "8", "8", "8"]);
  assertEquals([a.balance(alice), supply(b, voucher(DENOM, path.a)), counts(heard(b, there))], [before, 0n, [0, 0, 0]]);
  // What is no object is no callback.
  sendTo(there);
  sendTo({ address: there, gas_limit: "99999999999", calldata: "00ff" });
  assertEquals([a.balance(alice), counts(heard(b, there))], [before - 10n, [0, 0, 1]]);
});

/** Relays a message again and again, with a little more gas each time, until it succeeds; how often it did not. */
function relaysPoorly(chain: TestChain, message: Message): number {
  const signer = chain.accounts.length - 1;
  let refused = 0;
  for (let gas = 80_000n;; gas += 5_000n) {
    const delivered = chain.deliver([message], { signer, gas });
    if (delivered.code === 0) return refused;
    assertEquals([delivered.codespace, delivered.code], ["sdk", 11]);
    refused++;
  }
}

Deno.test("a relayer that brings less gas than a callback may use cannot make it fail", () => {
  const { a, b, path, here, there } = calling();
  const msg = { transfer: { to_address: there, channel_id: path.a.channelId, timeout_seconds: 10_000 } };
  const [packet] = sentPackets(execute(a, here, msg, { coins: `1${DENOM}` }));
  path.b.updateClient();
  const receiving = relaysPoorly(b, encodeTyped(recvPacket(path.b, packet!)));
  assertEquals([receiving > 2, counts(heard(b, there))], [true, [0, 0, 1]]);
  const { ack } = path.b.acked(b.history.at(-1)!)[0]!;
  path.a.updateClient();
  const settling = relaysPoorly(a, encodeTyped(acknowledge(path.a, packet!, ack)));
  assertEquals([settling > 2, counts(heard(a, here))], [true, [1, 0, 0]]);
});

Deno.test("who is not the sender hears nothing of a packet, and says so when it is sent", () => {
  const { a, path, here } = calling();
  const alice = addressOf(a, 1);
  const send = (callback: unknown, from = alice) => () => {
    const memo = JSON.stringify({ src_callback: callback });
    return a.deliver([encodeTyped(transfer(path.a, from, "anybody", 5n, { memo }))], { signer: 1 });
  };
  assertRefused(a, ["wasm", 5], send({ address: here }));
  assertRefused(a, ["undefined", 1], send({ address: "nobody" }));
  assertRefused(a, ["ibccallbacks", 8], send({ address: 5 }));
  // Her own address may be named: there is nobody who would hear of it, which stops nothing.
  const before = a.balance(alice);
  const sent = send({ address: alice })();
  assertEquals([sent.code, a.balance(alice)], [0, before - 5n]);
  relayAll(path);
  const settled = a.history.findLast((tx) => eventsOf(tx, "acknowledge_packet").length > 0)!;
  assertEquals([settled.code, eventValue(settled, "ibc_src_callback", "callback_result")], [0, "failure"]);
  assertEquals(a.balance(alice), before);
  assertEquals(tryExecute(a, here, {}).code !== 0, true);
  assertThrows(() => smart(a, here, {}));
});
