import { assert, assertEquals } from "@std/assert";
import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import { connect, FakeIbcChain } from "../../../tests/helpers/fake_ibc_chain.ts";
import type { ModuleGenesisContext, Reading } from "../../app/ports.ts";
import { utf8ToBytes } from "../../core/bytes.ts";
import {
  decodePacketData,
  denomHash,
  encodeAcknowledgement,
  escrowAddress,
  failure,
  forwardAddress,
  transferSuccess,
  ZERO_HEIGHT,
} from "../../core/ibc/mod.ts";
import { inFlightKey, STORE } from "./keys.ts";
import { packetForwardModule } from "./module.ts";

const DENOM = "uatom";
const SUCCESS = encodeAcknowledgement(transferSuccess());

/** a - b - c, with tokens of each with alice of that chain. */
function threeChains() {
  const [a, b, c] = ["a", "b", "c"].map((name) => new FakeIbcChain(name, "cat")) as [
    FakeIbcChain,
    FakeIbcChain,
    FakeIbcChain,
  ];
  const [ab, ba] = connect(a, b);
  const [bc, cb] = connect(b, c);
  for (const chain of [a, b, c]) chain.fund(chain.account("alice"), DENOM, 100n);
  return { a, b, c, ab, ba, bc, cb };
}

function send(
  from: FakeIbcChain,
  sourceChannel: string,
  denom: string,
  amount: bigint,
  memo: string,
  receiver = "pfm",
) {
  const sender = from.account("alice");
  const sent = from.transfers.send(from.context, {
    sourceChannel,
    coin: { denom, amount },
    sender,
    receiver,
    timeoutHeight: { revisionNumber: 1n, revisionHeight: 50n },
    timeoutTimestamp: 7n,
    memo,
  });
  assert(sent.ok, !sent.ok ? sent.error.message : "");
  return from.channels.sent(from.view).find(({ sequence }) => sequence === sent.value)!;
}

const memoTo = (receiver: string, channel: string, more: object = {}) =>
  JSON.stringify({ forward: { receiver, port: "transfer", channel, ...more } });
const dataOf = (packet: Packet) => {
  const data = decodePacketData(packet.data);
  assert(data.ok);
  return data.value;
};
const onlySent = (chain: FakeIbcChain) => {
  const sent = chain.channels.sent(chain.view);
  assertEquals(sent.length, 1);
  return sent[0]!;
};
const escrowOf = (chain: FakeIbcChain, channel: string) => chain.codec.of(escrowAddress("transfer", channel));
const ackOf = (chain: FakeIbcChain, packet: Packet) => chain.channels.acknowledgement(chain.view, packet);
const inFlightCount = ({ view }: FakeIbcChain) => view.page(STORE, { start: Uint8Array.of(1), limit: 10 }).length;

Deno.test("a forwarded transfer reaches the receiver and is acknowledged along the way back", () => {
  const { a, b, c, ab, ba, bc, cb } = threeChains();
  const bob = c.account("bob");
  const first = send(a, ab, DENOM, 10n, memoTo(bob.text, bc, { timeout: "30s", retries: 2 }));
  assertEquals(b.receive(first), "done");
  assertEquals(ackOf(b, first), undefined, "not yet");
  const second = onlySent(b);
  const holder = b.codec.of(forwardAddress(ba, a.account("alice").text));
  assertEquals(dataOf(second), {
    denom: `transfer/${ba}/${DENOM}`,
    amount: 10n,
    sender: holder.text,
    receiver: bob.text,
    memo: "",
  });
  assertEquals(second.timeoutHeight, ZERO_HEIGHT);
  assertEquals(second.timeoutTimestamp, b.context.block.time + 30_000_000_000n);
  assertEquals(b.forwards.inFlight(b.view, second), {
    originalSenderAddress: a.account("alice").text,
    refundChannelId: ba,
    refundPortId: "transfer",
    packetSrcChannelId: ab,
    packetSrcPortId: "transfer",
    packetTimeoutTimestamp: 7n,
    packetTimeoutHeight: "1-50",
    packetData: first.data,
    refundSequence: 1n,
    retriesRemaining: 2,
    timeout: 30_000_000_000n,
  });
  c.receive(second);
  assertEquals(c.balance(bob, denomHash(`transfer/${cb}/transfer/${ba}/${DENOM}`)), 10n);
  assertEquals(b.acknowledge(second, ackOf(c, second)!), "done");
  assertEquals(ackOf(b, first), SUCCESS);
  assertEquals(inFlightCount(b), 0);
  assertEquals(a.acknowledge(first, ackOf(b, first)!), "done");
  assertEquals(b.balance(escrowOf(b, bc), denomHash(`transfer/${ba}/${DENOM}`)), 10n);
});

Deno.test("what comes next travels in the memo, whether it was written as an object or as text", () => {
  for (const asText of [false, true]) {
    const { a, b, ab, bc } = threeChains();
    const after = memoTo("last", "channel-7", { retries: 1 });
    const next = asText ? after : JSON.parse(after);
    b.receive(send(a, ab, DENOM, 10n, memoTo("middle", bc, { next })));
    assertEquals(
      dataOf(onlySent(b)).memo,
      '{"forward":{"channel":"channel-7","port":"transfer","receiver":"last","retries":1}}',
    );
  }
});

Deno.test("what comes next may be a contract to call or carry callbacks, and reaches the next chain as it was written", () => {
  const wasm = '{"wasm":{"contract":"osmo1c","msg":{"swap":{"until":1716000000000000001}}}}';
  const callback =
    '{"forward":{"receiver":"last","port":"transfer","channel":"channel-7"},"dest_callback":{"address":"osmo1c"}}';
  for (const next of [wasm, callback]) {
    const { a, b, ab, bc } = threeChains();
    const memo = memoTo("middle", bc, { next: null, retries: null }).replace('"next":null', () => `"next":${next}`);
    b.receive(send(a, ab, DENOM, 10n, memo.replace(/\}$/, ',"wasm":{"contract":"cat1x"}}')));
    assertEquals(dataOf(onlySent(b)).memo, next);
  }
});

Deno.test("a memo that does not ask for it is left alone, one that asks wrongly refuses the packet", () => {
  const { a, b, ab, ba, bc } = threeChains();
  const bob = b.account("bob");
  const voucher = denomHash(`transfer/${ba}/${DENOM}`);
  const plain = send(a, ab, DENOM, 10n, '{"note":"forward"}', bob.text);
  b.receive(plain);
  assertEquals([b.balance(bob, voucher), ackOf(b, plain)], [10n, SUCCESS]);
  const refusals: [memo: string, code: number][] = [
    [memoTo("", bc), 2],
    [memoTo("x", "!"), 2],
    ['{"forward":{"receiver":"x"}}', 2],
    [memoTo("x", bc, { next: "nonsense" }), 2],
    [memoTo("x", "channel-99"), 3],
    [JSON.stringify({ forward: { receiver: "x", port: "other", channel: bc } }), 3],
  ];
  for (const [memo, code] of refusals) {
    const packet = send(a, ab, DENOM, 1n, memo, bob.text);
    assertEquals(b.receive(packet), "done");
    assertEquals(ackOf(b, packet), encodeAcknowledgement(failure(code)), memo);
  }
  assertEquals([b.bank.supply(b.view, voucher), b.channels.sent(b.view).length, inFlightCount(b)], [10n, 0, 0]);
});

Deno.test("a packet that the application refuses is refused with its code, and not forwarded", () => {
  const { a, b, ab, bc } = threeChains();
  b.transfers.setParams(b.view, { sendEnabled: true, receiveEnabled: false });
  const packet = send(a, ab, DENOM, 10n, memoTo("x", bc));
  b.receive(packet);
  assertEquals(ackOf(b, packet), encodeAcknowledgement(failure(8)));
  assertEquals(b.channels.sent(b.view), []);
});

Deno.test("a failed forward of a voucher burns it out of escrow, and the sender is refunded", () => {
  const { a, b, c, ab, ba, bc } = threeChains();
  const first = send(a, ab, DENOM, 10n, memoTo("nobody", bc));
  b.receive(first);
  const second = onlySent(b);
  c.receive(second);
  const voucher = denomHash(`transfer/${ba}/${DENOM}`);
  assertEquals(b.transfers.totalEscrow(b.view, voucher), 10n);
  b.acknowledge(second, ackOf(c, second)!);
  assertEquals(ackOf(b, first), ackOf(c, second), "the refusal is passed on as it is");
  assertEquals([b.bank.supply(b.view, voucher), b.transfers.totalEscrow(b.view, voucher)], [0n, 0n]);
  a.acknowledge(first, ackOf(b, first)!);
  assertEquals([a.balance(a.account("alice"), DENOM), a.transfers.totalEscrow(a.view, DENOM)], [100n, 0n]);
});

Deno.test("a failed forward of the middle chain's own token moves it from one escrow to the other", () => {
  const { a, b, c, ab, ba, bc } = threeChains();
  a.receive(send(b, ba, DENOM, 30n, "", a.account("alice").text));
  const sentHome = onlySent(b);
  b.acknowledge(sentHome, ackOf(a, sentHome)!);
  const first = send(a, ab, denomHash(`transfer/${ab}/${DENOM}`), 10n, memoTo("nobody", bc));
  b.receive(first);
  assertEquals([b.balance(escrowOf(b, ba), DENOM), b.balance(escrowOf(b, bc), DENOM)], [20n, 10n]);
  const second = onlySent(b);
  c.receive(second);
  b.acknowledge(second, ackOf(c, second)!);
  assertEquals([b.balance(escrowOf(b, ba), DENOM), b.balance(escrowOf(b, bc), DENOM)], [30n, 0n]);
  assertEquals(b.transfers.totalEscrow(b.view, DENOM), 30n);
  a.acknowledge(first, ackOf(b, first)!);
  assertEquals(a.balance(a.account("alice"), denomHash(`transfer/${ab}/${DENOM}`)), 30n);
});

Deno.test("a failed forward that burned a token of the last chain mints it into the escrow of the way back", () => {
  const { a, b, c, ab, ba, bc, cb } = threeChains();
  // c's token to a over b.
  const out = send(c, cb, DENOM, 30n, memoTo(a.account("alice").text, ba));
  b.receive(out);
  const onwards = onlySent(b);
  a.receive(onwards);
  b.acknowledge(onwards, ackOf(a, onwards)!);
  c.acknowledge(out, ackOf(b, out)!);
  const atB = denomHash(`transfer/${bc}/${DENOM}`);
  const atA = denomHash(`transfer/${ab}/transfer/${bc}/${DENOM}`);
  assertEquals([a.balance(a.account("alice"), atA), b.balance(escrowOf(b, ba), atB)], [30n, 30n]);
  // And back to c, where nobody takes it.
  const first = send(a, ab, atA, 10n, memoTo("nobody", bc));
  b.receive(first);
  assertEquals([b.bank.supply(b.view, atB), b.transfers.totalEscrow(b.view, atB)], [20n, 20n]);
  const second = onlySent(b);
  c.receive(second);
  b.acknowledge(second, ackOf(c, second)!);
  assertEquals([b.balance(escrowOf(b, ba), atB), b.transfers.totalEscrow(b.view, atB)], [30n, 30n]);
  a.acknowledge(first, ackOf(b, first)!);
  assertEquals(a.balance(a.account("alice"), atA), 30n);
});

Deno.test("a failed forward back over the same channel leaves no voucher behind", () => {
  const { a, b, ab, ba } = threeChains();
  const first = send(a, ab, DENOM, 10n, memoTo("nobody", ba));
  b.receive(first);
  const voucher = denomHash(`transfer/${ba}/${DENOM}`);
  assertEquals(b.bank.supply(b.view, voucher), 0n);
  const second = onlySent(b);
  a.receive(second);
  b.acknowledge(second, ackOf(a, second)!);
  assertEquals([b.bank.supply(b.view, voucher), b.transfers.totalEscrow(b.view, voucher)], [0n, 0n]);
  a.acknowledge(first, ackOf(b, first)!);
  assertEquals([a.balance(a.account("alice"), DENOM), a.transfers.totalEscrow(a.view, DENOM)], [100n, 0n]);
});

Deno.test("a timeout is tried again as often as asked, and refunded then", () => {
  const { a, b, ab, ba, bc } = threeChains();
  const first = send(a, ab, DENOM, 10n, memoTo("cat1x", bc, { retries: 2, timeout: 5 }));
  b.receive(first);
  const holder = b.codec.of(forwardAddress(ba, a.account("alice").text));
  const voucher = denomHash(`transfer/${ba}/${DENOM}`);
  for (const [sequence, left] of [[1n, 2], [2n, 1], [3n, 0]] as const) {
    const packet = onlySent(b);
    assertEquals([packet.sequence, b.forwards.inFlight(b.view, packet)!.retriesRemaining], [sequence, left]);
    assertEquals(dataOf(packet).sender, holder.text);
    assertEquals(ackOf(b, first), undefined);
    assertEquals(b.balance(holder, voucher), 0n);
    assertEquals(b.timeout(packet), "done");
  }
  assertEquals(ackOf(b, first), encodeAcknowledgement(failure(1)));
  assertEquals([b.channels.sent(b.view), inFlightCount(b), b.bank.supply(b.view, voucher)], [[], 0, 0n]);
  a.acknowledge(first, ackOf(b, first)!);
  assertEquals(a.balance(a.account("alice"), DENOM), 100n);
});

Deno.test("retries and timeout that a memo leaves open are the chain's parameters", () => {
  const { a, b, ab, bc } = threeChains();
  b.forwards.setParams(b.view, { defaultTimeout: 9n, defaultRetries: 3 });
  b.receive(send(a, ab, DENOM, 10n, memoTo("cat1x", bc)));
  const packet = onlySent(b);
  assertEquals(packet.timeoutTimestamp, b.context.block.time + 9n);
  assertEquals(b.forwards.inFlight(b.view, packet)!.retriesRemaining, 3);
});

Deno.test("a try that cannot be sent is given up: the sender is refunded instead of waiting for ever", () => {
  const { a, b, ab, ba, bc } = threeChains();
  const first = send(a, ab, DENOM, 10n, memoTo("cat1x", bc, { retries: 200 }));
  b.receive(first);
  b.channels.close({ portId: "transfer", channelId: bc });
  assertEquals(b.timeout(onlySent(b)), "done");
  assertEquals(ackOf(b, first), encodeAcknowledgement(failure(3)));
  assertEquals([b.bank.supply(b.view, denomHash(`transfer/${ba}/${DENOM}`)), inFlightCount(b)], [0n, 0]);
  a.acknowledge(first, ackOf(b, first)!);
  assertEquals(a.balance(a.account("alice"), DENOM), 100n);
});

Deno.test("odd acknowledgements of the last chain: empty and long ones settle the packet, unreadable ones do not", () => {
  // As we write it the last one is six times as long, and too long.
  const long = `{"error":"${"<".repeat(200_000)}"}`;
  const odd = [['{"result":""}', SUCCESS], ['{"error":" "}', failure(1)], [long, failure(1)]] as const;
  for (const [bytes, expected] of odd) {
    const { a, b, ab, bc } = threeChains();
    const first = send(a, ab, DENOM, 10n, memoTo("cat1x", bc));
    b.receive(first);
    assertEquals(b.acknowledge(onlySent(b), utf8ToBytes(bytes)), "done");
    const written = ackOf(b, first)!;
    assert(written.length < 1_000, `${written.length} bytes`);
    assertEquals(written, expected instanceof Uint8Array ? expected : encodeAcknowledgement(expected));
  }
  const { a, b, ab, bc } = threeChains();
  b.receive(send(a, ab, DENOM, 10n, memoTo("cat1x", bc)));
  const refused = b.acknowledge(onlySent(b), utf8ToBytes("what?"));
  assert(typeof refused === "object" && refused.refused.includes("unknown request"));
  assertEquals([b.channels.sent(b.view).length, inFlightCount(b)], [1, 1]);
});

Deno.test("packets that are no forwards pass through", () => {
  const { a, b, ab } = threeChains();
  const packet = send(a, ab, DENOM, 10n, "", "nobody");
  b.receive(packet);
  assertEquals(ackOf(b, packet), encodeAcknowledgement(failure(5)));
  a.acknowledge(packet, ackOf(b, packet)!);
  const late = send(a, ab, DENOM, 10n, "", "nobody");
  a.timeout(late);
  assertEquals(a.balance(a.account("alice"), DENOM), 100n);
});

Deno.test("what genesis exports, it imports to the same state; a wrong one is refused", () => {
  const { a, b, ab, bc } = threeChains();
  b.receive(send(a, ab, DENOM, 10n, memoTo("cat1x", bc, { retries: 2 })));
  b.forwards.setParams(b.view, { defaultTimeout: 9n, defaultRetries: 3 });
  // deno-lint-ignore require-yield
  const read: Reading = function* (run) {
    return run(b.view);
  };
  const exported = packetForwardModule(b.forwards).exportGenesis(read).next(undefined);
  assert(exported.done === true);
  const json = JSON.parse(JSON.stringify(exported.value));
  assertEquals(Object.keys(json.in_flight_packets), [`${bc}/transfer/1`]);
  assertEquals(json.params, { default_timeout_ns: "9", default_retries: 3 });
  const load = (value: unknown) => {
    const chain = new FakeIbcChain("b", "cat");
    const context: ModuleGenesisContext = Object.assign(chain.context, { validators: [] });
    return { chain, result: packetForwardModule(chain.forwards).initGenesis(context, value) };
  };
  const { chain, result } = load(json);
  assert(result.ok);
  const key = inFlightKey(bc, "transfer", 1n);
  assertEquals(chain.view.get(STORE, key), b.view.get(STORE, key));
  assertEquals(chain.forwards.params(chain.view), { defaultTimeout: 9n, defaultRetries: 3 });
  const [packet] = Object.values(json.in_flight_packets) as [Record<string, unknown>];
  const wrong = [
    { params: { default_timeout_ns: "0", default_retries: 0 } },
    { params: { default_timeout_ns: "1", default_retries: 256 } },
    { in_flight_packets: { "nonsense": packet } },
    { in_flight_packets: { [`${bc}/transfer/1`]: { ...packet, retries_remaining: -1 } } },
    { in_flight_packets: { [`${bc}/transfer/1`]: { ...packet, packet_timeout_height: "x" } } },
    { surprise: 1 },
  ];
  for (const value of wrong) assertEquals(load(value).result.ok, false, JSON.stringify(value));
});
