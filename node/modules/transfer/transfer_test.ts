import { assert, assertEquals } from "@std/assert";
import { Order, Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import { connect, FakeIbcChain } from "../../../tests/helpers/fake_ibc_chain.ts";
import { utf8ToBytes } from "../../core/bytes.ts";
import {
  decodePacketData,
  denomHash,
  encodeAcknowledgement,
  encodePacketData,
  escrowAddress,
  failure,
  type TokenPacketData,
  transferSuccess,
  ZERO_HEIGHT,
} from "../../core/ibc/mod.ts";
import type { Result } from "../../core/result.ts";
import { transferApplication } from "./mod.ts";
import { DENOM_PATH_CHARS_MAX } from "./params.ts";

const DENOM = "ucat";

function twoChains() {
  const a = new FakeIbcChain("a");
  const b = new FakeIbcChain("b");
  b.nextChannel(); // So that the two ends have different names.
  const [atA, atB] = connect(a, b);
  a.fund(a.account("alice"), DENOM, 100n);
  return { a, b, atA, atB };
}

function send(chain: FakeIbcChain, sourceChannel: string, amount: bigint, options: Record<string, unknown> = {}) {
  return chain.transfers.send(chain.context, {
    sourceChannel,
    coin: { denom: DENOM, amount },
    sender: chain.account("alice"),
    receiver: "bob",
    timeoutHeight: ZERO_HEIGHT,
    timeoutTimestamp: 5n,
    memo: "",
    ...options,
  });
}

const codeOf = (result: Result<unknown>) => result.ok ? "ok" : `${result.error.codespace}/${result.error.code}`;
const lastSent = (chain: FakeIbcChain) => chain.channels.sent(chain.view).at(-1)!;
const escrowOf = (chain: FakeIbcChain, channelId: string) => chain.codec.of(escrowAddress("transfer", channelId));

/** Events since the last call, without those of the bank. */
function events(chain: FakeIbcChain) {
  const bank = ["coin_spent", "coin_received", "transfer", "coinbase", "burn"];
  return chain.context.events.splice(0)
    .filter(({ type, attributes }) => !bank.includes(type) && attributes[0]!.key !== "sender" || type !== "message")
    .filter(({ type }) => !bank.includes(type))
    .map(({ type, attributes }) => [type, ...attributes.map(({ key, value }) => `${key}=${value}`)]);
}

const SUCCESS = new TextDecoder().decode(encodeAcknowledgement(transferSuccess()));

/** Tokens of `chain` come home; answers the acknowledgement. */
function bring(chain: FakeIbcChain, from: string, to: string, amount: bigint, sequence: bigint, who = "bob"): string {
  const data = { denom: `transfer/${from}/${DENOM}`, amount, receiver: chain.account(who).text };
  const packet = arriving(from, to, data, sequence);
  chain.receive(packet);
  return new TextDecoder().decode(chain.channels.acknowledgement(chain.view, packet));
}

/** A packet that arrives at `chain`, whoever sent it. */
function arriving(atA: string, atB: string, data: Partial<TokenPacketData> | Uint8Array, sequence = 1n): Packet {
  const whole = { denom: DENOM, amount: 7n, sender: "somebody", receiver: "bob", memo: "", ...data };
  return Packet.fromPartial({
    sequence,
    sourcePort: "transfer",
    sourceChannel: atA,
    destinationPort: "transfer",
    destinationChannel: atB,
    data: data instanceof Uint8Array ? data : encodePacketData(whole),
    timeoutTimestamp: 5n,
  });
}

Deno.test("tokens leave into escrow, arrive as vouchers, go back burned and are released at home", () => {
  const { a, b, atA, atB } = twoChains();
  const [alice, bob] = [a.account("alice"), b.account("bob")];
  assertEquals(send(a, atA, 60n, { receiver: bob.text, memo: "hi" }), { ok: true, value: 1n });
  const packet = lastSent(a);
  assertEquals(
    new TextDecoder().decode(packet.data),
    `{"denom":"ucat","amount":"60","sender":"${alice.text}","receiver":"${bob.text}","memo":"hi"}`,
  );
  assertEquals([a.balance(alice, DENOM), a.balance(escrowOf(a, atA), DENOM)], [40n, 60n]);
  assertEquals(a.transfers.totalEscrow(a.view, DENOM), 60n);
  const facts = [`sender=${alice.text}`, `receiver=${bob.text}`, "denom=ucat", "amount=60", "memo=hi"];
  assertEquals(events(a), [["ibc_transfer", ...facts], ["message", "module=transfer"]]);

  assertEquals(b.receive(packet), "done");
  const voucher = denomHash(`transfer/${atB}/ucat`);
  assertEquals([b.balance(bob, voucher), b.bank.supply(b.view, voucher)], [60n, 60n]);
  const trace = `[{"port_id":"transfer","channel_id":"${atB}"}]`;
  assertEquals(events(b), [
    ["denomination", `denom_hash=${voucher.slice(4)}`, `denom={"base":"ucat","trace":${trace}}`],
    ["fungible_token_packet", ...facts, "success=true"],
    ["message", "module=transfer"],
  ]);
  assertEquals(b.bank.metadata(b.view, voucher), {
    description: `IBC token from transfer/${atB}/ucat`,
    denomUnits: [{ denom: "ucat", exponent: 0, aliases: [] }],
    base: voucher,
    display: `transfer/${atB}/ucat`,
    name: `transfer/${atB}/ucat IBC token`,
    symbol: "UCAT",
    uri: "",
    uriHash: "",
  });

  assertEquals(a.acknowledge(packet, b.channels.acknowledgement(b.view, packet)!), "done");
  assertEquals(events(a), [
    ["fungible_token_packet", ...facts, 'acknowledgement=result:"\\001" '],
    ["message", "module=transfer"],
    ["fungible_token_packet", "success=\u0001"],
  ]);
  assertEquals(a.balance(escrowOf(a, atA), DENOM), 60n, "a success moves nothing");

  const back = { sender: bob, receiver: alice.text, coin: { denom: voucher, amount: 25n } };
  assertEquals(codeOf(send(b, atB, 0n, back)), "ok");
  assertEquals(b.bank.supply(b.view, voucher), 35n);
  assertEquals(b.transfers.totalEscrow(b.view, voucher), 0n, "what is burned is not in escrow");
  assertEquals(a.receive(lastSent(b)), "done");
  assertEquals([a.balance(alice, DENOM), a.transfers.totalEscrow(a.view, DENOM)], [65n, 35n]);
});

Deno.test("a refused or timed out packet gives everything back: out of escrow at home, newly minted elsewhere", () => {
  const { a, b, atA, atB } = twoChains();
  const alice = a.account("alice");
  const bob = b.account("bob");
  send(a, atA, 60n);
  const refusal = encodeAcknowledgement(failure(5));
  events(a);
  assertEquals(a.acknowledge(lastSent(a), refusal), "done");
  assertEquals([a.balance(alice, DENOM), a.transfers.totalEscrow(a.view, DENOM)], [100n, 0n]);
  const facts = [`sender=${alice.text}`, "receiver=bob", "denom=ucat", "amount=60", "memo="];
  const text = "ABCI code: 5: error handling packet: see events for details";
  assertEquals(events(a), [
    ["fungible_token_packet", ...facts, `acknowledgement=error:"${text}" `],
    ["message", "module=transfer"],
    ["fungible_token_packet", `error=${text}`],
  ]);
  send(a, atA, 60n, { receiver: bob.text });
  b.receive(lastSent(a));
  const voucher = denomHash(`transfer/${atB}/ucat`);
  send(b, atB, 0n, { sender: bob, coin: { denom: voucher, amount: 60n }, memo: "<m>" });
  assertEquals(b.bank.supply(b.view, voucher), 0n);
  events(b);
  assertEquals(b.timeout(lastSent(b)), "done");
  assertEquals([b.balance(bob, voucher), b.bank.supply(b.view, voucher)], [60n, 60n]);
  const token = `{"denom":{"base":"ucat","trace":[{"port_id":"transfer","channel_id":"${atB}"}]},"amount":"60"}`;
  assertEquals(events(b), [
    ["timeout", `receiver=${bob.text}`, `refund_tokens=${token}`, "memo=<m>"],
    ["message", "module=transfer"],
  ]);
});

Deno.test("the refund of a token at home names no hops in its event", () => {
  const { a, atA } = twoChains();
  send(a, atA, 60n);
  events(a);
  a.timeout(lastSent(a));
  assertEquals(events(a)[0]![2], 'refund_tokens={"denom":{"base":"ucat","trace":null},"amount":"60"}');
});

Deno.test("sending is refused with a code of its own for each reason, and takes nothing", () => {
  const { a, atA } = twoChains();
  const before = a.balance(a.account("alice"), DENOM);
  const treasury = a.auth.moduleAddress("treasury");
  a.fund(treasury, DENOM, 5n);
  a.fund(a.account("alice"), "transfer/channel-0/fake", 5n);
  a.fund(a.account("alice"), "ucold", 5n);
  a.bank.setSendEnabled(a.view, "ucold", false);
  const cases: [options: Record<string, unknown>, code: string][] = [
    [{ coin: { denom: DENOM, amount: 101n } }, "sdk/5"],
    [{ sourceChannel: "channel-9" }, "channel/3"],
    [{ sender: treasury }, "ibc/2"],
    [{ receiver: " " }, "ibc/5"],
    [{ memo: "m".repeat(32_769) }, "transfer/11"],
    [{ coin: { denom: `ibc/${"A".repeat(64)}`, amount: 1n } }, "transfer/6"],
    [{ coin: { denom: "ibc/7", amount: 1n } }, "transfer/3"],
    [{ coin: { denom: "transfer/channel-0/fake", amount: 1n } }, "transfer/3"],
    [{ coin: { denom: "ucold", amount: 1n } }, "transfer/7"],
  ];
  for (const [options, code] of cases) {
    const { result } = a.context.attempt(() => send(a, atA, 1n, options));
    assertEquals(codeOf(result), code, JSON.stringify(Object.keys(options)));
  }
  a.transfers.setParams(a.view, { sendEnabled: false, receiveEnabled: true });
  assertEquals(codeOf(send(a, atA, 1n)), "transfer/7");
  assertEquals(a.balance(a.account("alice"), DENOM), before);
  assertEquals(a.channels.sent(a.view), []);
});

Deno.test("a packet that cannot be received is acknowledged with its code, and changes nothing", () => {
  const { a, b, atA, atB } = twoChains();
  const bob = b.account("bob").text;
  const treasury = b.auth.moduleAddress("treasury").text;
  const longDenom = "x".repeat(DENOM_PATH_CHARS_MAX);
  const cases: [data: Partial<TokenPacketData> | Uint8Array, code: number][] = [
    [utf8ToBytes("nonsense"), 12],
    [{ receiver: "bob" }, 5],
    [{ receiver: a.account("alice").text }, 5],
    [{ receiver: treasury }, 2],
    [{ receiver: bob, denom: longDenom }, 3],
    [{ receiver: bob, denom: `transfer/${atA}/ucat` }, 5], // Comes home, but nothing is in escrow.
    [{ receiver: bob, denom: `transfer/${atA}/${"x".repeat(2_000)}` }, 3], // No name of the bank.
    [{ receiver: bob, denom: `transfer/${atA}/\u{1f600}` }, 3],
    [{ receiver: bob, denom: "a/channel-1" }, 3], // Under our hop its path reads as two hops: it could never leave.
  ];
  const before = b.context.journal.changes().length;
  for (const [i, [data, code]] of cases.entries()) {
    const packet = arriving(atA, atB, data, BigInt(i + 1));
    assertEquals(b.receive(packet), "done");
    const text = new TextDecoder().decode(b.channels.acknowledgement(b.view, packet));
    assertEquals(text, new TextDecoder().decode(encodeAcknowledgement(failure(code))), JSON.stringify(data));
  }
  b.transfers.setParams(b.view, { sendEnabled: true, receiveEnabled: false });
  const packet = arriving(atA, atB, { receiver: bob }, 99n);
  b.receive(packet);
  assertEquals(b.channels.acknowledgement(b.view, packet), encodeAcknowledgement(failure(8)));
  const books = 2 * (cases.length + 1);
  assertEquals(b.context.journal.changes().filter(({ value }) => value !== undefined).length, before + books);
});

Deno.test("the event of a refused packet says why", () => {
  const { b, atA, atB } = twoChains();
  const app = transferApplication(b.transfers);
  assertEquals(
    app.onRecvPacket(b.context, "ics20-1", arriving(atA, atB, utf8ToBytes("{}")), b.relayer),
    failure(5),
  );
  const [event] = events(b);
  assertEquals(event!.slice(0, 7), [
    "fungible_token_packet",
    "sender=",
    "receiver=",
    "denom=",
    "amount=",
    "memo=",
    "success=false",
  ]);
  assert(event![7]!.startsWith("error="));
});

Deno.test("another chain cannot take more out of escrow than is there", () => {
  const { a, atA, atB } = twoChains();
  const [other] = connect(a, new FakeIbcChain("c"));
  send(a, atA, 10n);
  send(a, other, 10n);
  assert(bring(a, atB, atA, 11n, 1n).includes("ABCI code: 5"));
  assertEquals(a.balance(a.account("bob"), DENOM), 0n);
  assertEquals(bring(a, atB, atA, 10n, 2n), SUCCESS);
  assertEquals([a.balance(a.account("bob"), DENOM), a.transfers.totalEscrow(a.view, DENOM)], [10n, 10n]);
});

Deno.test("who gives coins to an escrow account and has them taken out again locks in nobody else's", () => {
  const { a, atA, atB } = twoChains();
  const [mine, theirs] = connect(a, new FakeIbcChain("mallory"));
  send(a, atA, 60n);
  // The count of what is in escrow is one for all channels, and a gift is not in it.
  for (let sequence = 1n; sequence <= 9n; sequence++) {
    a.bank.send(a.context, a.account("alice"), escrowOf(a, mine), [{ denom: DENOM, amount: 10n }]);
    assertEquals(bring(a, theirs, mine, 10n, sequence, "alice"), SUCCESS);
  }
  assertEquals(bring(a, atB, atA, 60n, 1n), SUCCESS);
  assertEquals([a.balance(a.account("alice"), DENOM), a.balance(a.account("bob"), DENOM)], [40n, 60n]);
});

Deno.test("a supply beyond 2^256 is refused, not counted", () => {
  const { b, atA, atB } = twoChains();
  const bob = b.account("bob").text;
  const most = (1n << 256n) - 1n;
  b.receive(arriving(atA, atB, { receiver: bob, amount: most }, 1n));
  const second = arriving(atA, atB, { receiver: bob, amount: 1n }, 2n);
  assertEquals(b.receive(second), "done");
  assertEquals(b.channels.acknowledgement(b.view, second), encodeAcknowledgement(failure(10)));
  assertEquals(b.bank.supply(b.view, denomHash(`transfer/${atB}/ucat`)), most);
});

Deno.test("what cannot be read settles nothing: acknowledgements, data, versions", () => {
  const { a, b, atA } = twoChains();
  send(a, atA, 10n);
  const packet = lastSent(a);
  const app = transferApplication(a.transfers);
  const ack = (bytes: Uint8Array, version = "ics20-1") =>
    codeOf(app.onAcknowledgementPacket(a.context, version, packet, bytes, a.relayer));
  assertEquals(ack(utf8ToBytes("{}")), "ibc/4");
  assertEquals(ack(utf8ToBytes('{"result": "AQ=="}')), "ibc/4");
  assertEquals(ack(encodeAcknowledgement(transferSuccess()), "ics20-2"), "transfer/4");
  assertEquals(codeOf(app.onTimeoutPacket(a.context, "ics20-2", packet, a.relayer)), "transfer/4");
  const broken = { ...packet, data: utf8ToBytes("[]") };
  assertEquals(codeOf(app.onTimeoutPacket(a.context, "ics20-1", broken, a.relayer)), "ibc/12");
  assertEquals(app.onRecvPacket(b.context, "ics20-2", packet, b.relayer), failure(4));
  const foreign = { ...packet, data: encodePacketData({ ...dataOf(packet), sender: "osmo1foreign" }) };
  assertEquals(codeOf(app.onTimeoutPacket(a.context, "ics20-1", foreign, a.relayer)), "ibc/5");
  const blocked = {
    ...packet,
    data: encodePacketData({ ...dataOf(packet), sender: a.auth.moduleAddress("treasury").text }),
  };
  assertEquals(codeOf(app.onTimeoutPacket(a.context, "ics20-1", blocked, a.relayer)), "ibc/2");
});

function dataOf(packet: Packet): TokenPacketData {
  const data = decodePacketData(packet.data);
  assert(data.ok);
  return data.value;
}

Deno.test("a channel is unordered, on the port transfer, below 2^32 and speaks ics20-1; nobody closes it", () => {
  const { a } = twoChains();
  const app = transferApplication(a.transfers);
  const opening = {
    portId: "transfer",
    channelId: "channel-0",
    order: Order.ORDER_UNORDERED,
    connectionHops: ["connection-0"],
    counterparty: { portId: "transfer", channelId: "" },
  };
  assertEquals(app.onChanOpenInit(a.context, opening, ""), { ok: true, value: "ics20-1" });
  assertEquals(app.onChanOpenInit(a.context, opening, "ics20-1"), { ok: true, value: "ics20-1" });
  assertEquals(codeOf(app.onChanOpenInit(a.context, opening, "ics20-2")), "transfer/4");
  assertEquals(app.onChanOpenTry(a.context, opening, "ics20-2"), { ok: true, value: "ics20-1" });
  const wrong: [change: Partial<typeof opening>, code: string][] = [
    [{ order: Order.ORDER_ORDERED }, "channel/6"],
    [{ portId: "calls" }, "port/4"],
    [{ channelId: "channel-4294967296" }, "transfer/9"],
    [{ channelId: "mychannel" }, "channel/18"],
  ];
  for (const [change, code] of wrong) {
    assertEquals(codeOf(app.onChanOpenInit(a.context, { ...opening, ...change }, "")), code);
    assertEquals(codeOf(app.onChanOpenTry(a.context, { ...opening, ...change }, "ics20-1")), code);
  }
  const end = { portId: "transfer", channelId: "channel-0" };
  assertEquals(codeOf(app.onChanOpenAck(a.context, end, "channel-1", "ics20-1")), "ok");
  assertEquals(codeOf(app.onChanOpenAck(a.context, end, "channel-1", "")), "transfer/4");
  assertEquals(codeOf(app.onChanOpenConfirm(a.context, end)), "ok");
  assertEquals(codeOf(app.onChanCloseInit(a.context, end)), "ibc/8");
  assertEquals(codeOf(app.onChanCloseConfirm(a.context, end)), "ok");
});

Deno.test("the store has the layout of ibc-go", () => {
  const { a, b, atA, atB } = twoChains();
  send(a, atA, 60n, { receiver: b.account("bob").text });
  b.receive(lastSent(a));
  const entries = (chain: FakeIbcChain) =>
    chain.context.journal.changes().filter(({ store }) => store === "transfer")
      .map(({ key, value }) => [key.toHex(), value!.toHex()]);
  const text = (value: string) => utf8ToBytes(value).toHex();
  assertEquals(entries(a), [
    ["01", text("transfer")],
    [text("params"), "08011001"],
    [text("totalEscrowForDenom/ucat"), "0a02" + text("60")],
  ]);
  const hash = denomHash(`transfer/${atB}/ucat`).slice(4).toLowerCase();
  const hop = "0a08" + text("transfer") + "1209" + text(atB);
  assertEquals(entries(b)[1], ["03" + hash, "0a04" + text("ucat") + "1a15" + hop]);
});
