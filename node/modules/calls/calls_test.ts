import { assert, assertEquals } from "@std/assert";
import { MsgSend } from "cosmjs-types/cosmos/bank/v1beta1/tx";
import { QueryBalanceRequest, QueryBalanceResponse } from "cosmjs-types/cosmos/bank/v1beta1/query";
import { Order, type Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import { CallsChain } from "../../../tests/helpers/calls_chain.ts";
import { connect } from "../../../tests/helpers/fake_ibc_chain.ts";
import { RunContext } from "../../app/_run_context.ts";
import { LimitedGasMeter, OutOfGas } from "../../app/gas.ts";
import { utf8ToBytes } from "../../core/bytes.ts";
import { encode } from "../../core/codec/mod.ts";
import { encodeAcknowledgement, failure } from "../../core/ibc/mod.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { acknowledgementOf, outcomeOf } from "./acknowledgement.ts";
import { callerAddress, callsApplication, type CallTarget } from "./mod.ts";
import { PAYLOAD_BYTES_MAX, RESULT_BYTES_MAX } from "./params.ts";
import {
  CALL_STATUS,
  CallPacketDataCodec,
  MsgCallCodec,
  QueryCallCodec,
  QueryCallerAddressRequestCodec,
  QueryCallerAddressResponseCodec,
  QueryCallRequestCodec,
  QueryCallResponseCodec,
  QueryCallsRequestCodec,
  QueryCallsResponseCodec,
  QueryParamsResponseCodec,
} from "./types.ts";

const codeOf = (result: Result<unknown>) => result.ok ? "ok" : `${result.error.codespace}/${result.error.code}`;
const STORE = "scratch";

/** Targets that do one thing each. */
const TARGETS: Readonly<Record<string, CallTarget>> = {
  echo: { execute: (_context, _caller, payload) => ok(payload) },
  who: { execute: (_context, caller) => ok(caller.bytes) },
  burn: {
    execute(context, _caller, payload) {
      context.view.set(STORE, Uint8Array.of(1), payload);
      context.gas.consume(payload[0]! * 1000, "burning");
      return ok(payload);
    },
  },
  fail: {
    execute(context) {
      context.view.set(STORE, Uint8Array.of(2), Uint8Array.of(2));
      return err({ codespace: "wasm", code: 5, message: "a text that may differ" });
    },
  },
  long: { execute: (_context, _caller, [length]) => ok(new Uint8Array(RESULT_BYTES_MAX + length!)) },
};

function twoChains() {
  const a = new CallsChain("a", TARGETS);
  const b = new CallsChain("b", TARGETS);
  b.nextChannel();
  const [atA, atB] = connect(a, b, { port: "calls", version: "calls-1" });
  return { a, b, atA, atB, alice: a.account("alice") };
}

/** Brings a call over and its answer back. */
function complete(a: CallsChain, b: CallsChain, packet: Packet) {
  assertEquals(b.receive(packet), "done");
  const acknowledgement = b.channels.acknowledgement(b.view, packet)!;
  a.context.events.length = 0;
  assertEquals(a.acknowledge(packet, acknowledgement), "done");
  const call = a.calls.call(a.view, packet.sourceChannel, packet.sequence)!;
  return { call, outcome: outcomeOf(acknowledgement), events: attributesOf(a, "call_result") };
}

const attributesOf = (chain: CallsChain, type: string) =>
  chain.context.events.filter((event) => event.type === type)
    .map(({ attributes }) => Object.fromEntries(attributes.map(({ key, value }) => [key, value])));

Deno.test("a call runs as the caller's own account over there, and the result comes back, stored and told", () => {
  const { a, b, atA, atB, alice } = twoChains();
  const account = b.codec.of(callerAddress(atB, alice.text));
  assertEquals(account.bytes.length, 32);
  b.fund(account, "ucat", 50n);
  const to = b.account("bob");
  const payload = encode(MsgSend, {
    fromAddress: account.text,
    toAddress: to.text,
    amount: [{ denom: "ucat", amount: "20" }],
  });
  const packet = a.send(alice, atA, { target: "bank.send", payload });
  assertEquals(a.calls.call(a.view, atA, 1n)!.status, CALL_STATUS.pending);
  const { call, outcome, events } = complete(a, b, packet);
  assertEquals([b.balance(account, "ucat"), b.balance(to, "ucat")], [30n, 20n]);
  assert(outcome.success && outcome.gasUsed > 0n);
  assertEquals([call.status, call.result, call.gasUsed], [CALL_STATUS.succeeded, new Uint8Array(), outcome.gasUsed]);
  assertEquals(events, [{ channel: atA, sequence: "1", caller: alice.text, success: "true", result: "" }]);
  const executed = attributesOf(b, "call_executed");
  assertEquals(executed, [{
    channel: atB,
    sequence: "1",
    caller: account.text,
    sender: alice.text,
    target: "bank.send",
    success: "true",
    gas_used: outcome.gasUsed.toString(),
  }]);
});

Deno.test("nobody spends from another account than their own: not by sender, not by channel", () => {
  const { a, b, atA, atB, alice } = twoChains();
  const [secondA, secondB] = connect(a, b, { port: "calls", version: "calls-1" });
  const victim = b.codec.of(callerAddress(atB, alice.text));
  b.fund(victim, "ucat", 50n);
  const payload = encode(MsgSend, {
    fromAddress: victim.text,
    toAddress: b.account("thief").text,
    amount: [{ denom: "ucat", amount: "20" }],
  });
  for (const [sender, channel] of [[a.account("thief"), atA], [alice, secondA]] as const) {
    const { call } = complete(a, b, a.send(sender, channel, { target: "bank.send", payload }));
    assertEquals([call.status, call.codespace, call.code], [CALL_STATUS.failed, "calls", 4]);
  }
  assertEquals(b.balance(victim, "ucat"), 50n);
  const accounts = [[atB, alice.text], [secondB, alice.text], [atB, "x"], [`${atB}/x`, ""]] as const;
  assertEquals(new Set(accounts.map(([channel, sender]) => callerAddress(channel, sender).toHex())).size, 4);
});

Deno.test("the derivation of accounts is the documented one", () => {
  assertEquals(
    callerAddress("channel-7", "cat1qqqq").toHex(),
    // sha256(sha256("catenary.calls.v1") ‖ "calls/channel-7/cat1qqqq")
    "a9d6c1bf1218df45090b16fb942fef86c6cd8c4d9fb245b92b2acbdb45c9a691",
  );
});

Deno.test("a query that is allowed is answered with the state of the other chain, another one is refused", () => {
  const { a, b, atA, alice } = twoChains();
  const bob = b.account("bob");
  b.fund(bob, "ucat", 7n);
  const request = encode(QueryBalanceRequest, { address: bob.text, denom: "ucat" });
  const ask = (path: string) =>
    complete(a, b, a.send(alice, atA, { payload: encode(QueryCallCodec, { path, request }) })).call;
  const allowed = ask("/cosmos.bank.v1beta1.Query/Balance");
  assertEquals(QueryBalanceResponse.decode(allowed.result).balance, { denom: "ucat", amount: "7" });
  const refused = ask("/cosmos.bank.v1beta1.Query/TotalSupply");
  assertEquals([refused.status, refused.codespace, refused.code], [CALL_STATUS.failed, "calls", 10]);
  const broken = complete(a, b, a.send(alice, atA, { payload: Uint8Array.of(9) })).call;
  assertEquals([broken.codespace, broken.status], ["codec", CALL_STATUS.failed]);
});

Deno.test("a failure comes back as codespace and code, without its text, and leaves nothing there", () => {
  const { a, b, atA, atB, alice } = twoChains();
  const packet = a.send(alice, atA, { target: "fail" });
  const { call, events } = complete(a, b, packet);
  assertEquals([call.status, call.codespace, call.code, call.gasUsed], [CALL_STATUS.failed, "wasm", 5, 0n]);
  assertEquals(events, [
    { channel: atA, sequence: "1", caller: alice.text, success: "false", codespace: "wasm", code: "5" },
  ]);
  assertEquals(b.view.get(STORE, Uint8Array.of(2)), undefined);
  assertEquals(
    new TextDecoder().decode(b.channels.acknowledgement(b.view, packet)),
    '{"error":"ABCI error: wasm/5: error handling packet: see events for details"}',
  );
  const application = callsApplication(b.calls);
  application.onRecvPacket(b.context, "calls-1", { ...packet, destinationChannel: atB }, b.relayer);
  assertEquals(attributesOf(b, "call_executed").at(-1)!.error, "a text that may differ");
  const unknown = complete(a, b, a.send(alice, atA, { target: "nothing.there" })).call;
  assertEquals([unknown.codespace, unknown.code], ["calls", 3]);
});

Deno.test("gas is bounded by the caller and by the chain; passing the bound fails the call and takes it back", () => {
  const { a, b, atA, alice } = twoChains();
  b.calls.setParams(b.view, { ...b.calls.params(b.view), gasMax: 50_000n });
  const burn = (thousands: number, gasLimit: bigint) =>
    complete(a, b, a.send(alice, atA, { target: "burn", payload: Uint8Array.of(thousands), gasLimit })).call;
  const within = burn(20, 30_000n);
  assertEquals([within.status, within.gasUsed], [CALL_STATUS.succeeded, 22_060n]);
  for (const [thousands, gasLimit] of [[30, 30_000n], [60, 1_000_000n]] as const) {
    const { status, codespace, code } = burn(thousands, gasLimit);
    assertEquals([status, codespace, code], [CALL_STATUS.failed, "sdk", 11], `${thousands} of ${gasLimit}`);
  }
  assertEquals(b.view.get(STORE, Uint8Array.of(1)), Uint8Array.of(20));
});

Deno.test("a relayer who brings too little gas fails the message, not the call", () => {
  const { a, b, atA, alice } = twoChains();
  const packet = a.send(alice, atA, { target: "burn", payload: Uint8Array.of(90), gasLimit: 100_000n });
  const { journal, block } = b.context;
  const poor = new RunContext(journal, new LimitedGasMeter(60_000n), block);
  const thrown = assertThrown(() => callsApplication(b.calls).onRecvPacket(poor, "calls-1", packet, b.relayer));
  assert(thrown instanceof OutOfGas && thrown.meter === poor.gas);
  assertEquals(b.view.get(STORE, Uint8Array.of(1)), undefined);
  assertEquals(complete(a, b, packet).call.status, CALL_STATUS.succeeded);
});

function assertThrown(run: () => unknown): unknown {
  try {
    run();
  } catch (thrown) {
    return thrown;
  }
  throw new Error("nothing was thrown");
}

Deno.test("results have a limit", () => {
  const { a, b, atA, alice } = twoChains();
  const long = (more: number) =>
    complete(a, b, a.send(alice, atA, { target: "long", payload: Uint8Array.of(more) })).call;
  assertEquals([long(0).status, long(0).result.length], [CALL_STATUS.succeeded, RESULT_BYTES_MAX]);
  assertEquals([long(1).codespace, long(1).code], ["calls", 5]);
});

Deno.test("a timeout is a result too", () => {
  const { a, atA, alice } = twoChains();
  const packet = a.send(alice, atA, { target: "echo" });
  assertEquals(a.timeout(packet), "done");
  const call = a.calls.call(a.view, atA, 1n)!;
  assertEquals([call.status, call.codespace, call.code], [CALL_STATUS.timedOut, "calls", 8]);
  assertEquals(attributesOf(a, "call_result"), [
    { channel: atA, sequence: "1", caller: alice.text, success: "false", codespace: "calls", code: "8" },
  ]);
});

Deno.test("whatever the other chain writes, a call is settled", () => {
  const texts: [acknowledgement: string, codespace: string, code: number][] = [
    ["", "calls", 9],
    ["nonsense", "calls", 9],
    ['{"result":"AQ=="}', "calls", 9],
    ['{"error":"for reasons"}', "calls", 9],
    ['{"error":"ABCI error: a b/1: x"}', "calls", 9],
    [new TextDecoder().decode(encodeAcknowledgement(failure(7))), "", 7],
    ['{"error":"ABCI error: other-chain.v1/999999999: whatever it says"}', "other-chain.v1", 999_999_999],
    [
      new TextDecoder().decode(
        encodeAcknowledgement(
          acknowledgementOf({ success: true, result: new Uint8Array(RESULT_BYTES_MAX + 1), gasUsed: 1n }),
        ),
      ),
      "calls",
      5,
    ],
  ];
  for (const [text, codespace, code] of texts) {
    const { a, atA, alice } = twoChains();
    assertEquals(a.acknowledge(a.send(alice, atA, { target: "echo" }), utf8ToBytes(text)), "done");
    const call = a.calls.call(a.view, atA, 1n)!;
    assertEquals([call.status, call.codespace, call.code], [CALL_STATUS.failed, codespace, code], text.slice(0, 80));
  }
});

Deno.test("packets that no honest chain sends are refused with a code and derive nobody's account", () => {
  const { b, atA, atB } = twoChains();
  const good = { sender: "somebody", target: "echo", payload: Uint8Array.of(1), gasLimit: 1_000n };
  const application = callsApplication(b.calls);
  const receive = (data: Uint8Array, version = "calls-1") => {
    const packet = {
      sequence: 1n,
      sourcePort: "calls",
      sourceChannel: atA,
      destinationPort: "calls",
      destinationChannel: atB,
      data,
      timeoutHeight: { revisionNumber: 0n, revisionHeight: 0n },
      timeoutTimestamp: 1n,
    };
    const acknowledgement = application.onRecvPacket(b.context, version, packet, b.relayer)!;
    assert(!("abort" in acknowledgement));
    const outcome = outcomeOf(encodeAcknowledgement(acknowledgement));
    return outcome.success ? "ok" : `${outcome.codespace}/${outcome.code}`;
  };
  const encoded = (change: Partial<typeof good>) => encode(CallPacketDataCodec, { ...good, ...change });
  assertEquals(receive(encoded({})), "ok");
  assertEquals(receive(encoded({}), "calls-2"), "calls/7");
  for (
    const data of [
      new Uint8Array(),
      utf8ToBytes("{}"),
      Uint8Array.of(...encoded({}), 0x28, 1),
      encoded({ sender: "" }),
      encoded({ sender: "\u00e9".repeat(129) }),
      encoded({ gasLimit: 0n }),
      encoded({ payload: new Uint8Array(PAYLOAD_BYTES_MAX + 1) }),
      new Uint8Array(PAYLOAD_BYTES_MAX + 10_000),
    ]
  ) assertEquals(receive(data), "calls/6");
  assertEquals(receive(encoded({ target: "__proto__" })), "calls/3");
  assertEquals(receive(encoded({ target: "constructor" })), "calls/3");
  assertEquals(attributesOf(b, "call_executed").filter(({ success }) => success === "true").length, 1);
});

Deno.test("a channel has calls at both ends, any order and one version; nobody closes it", () => {
  const { a } = twoChains();
  const application = callsApplication(a.calls);
  const opening = {
    portId: "calls",
    channelId: "channel-0",
    order: Order.ORDER_ORDERED as Order,
    connectionHops: ["connection-0"],
    counterparty: { portId: "calls", channelId: "" },
  };
  for (const order of [Order.ORDER_ORDERED, Order.ORDER_UNORDERED]) {
    assertEquals(application.onChanOpenInit(a.context, { ...opening, order }, ""), { ok: true, value: "calls-1" });
    assertEquals(application.onChanOpenTry(a.context, { ...opening, order }, "calls-1"), {
      ok: true,
      value: "calls-1",
    });
  }
  const wrong: [change: Partial<typeof opening>, version: string, code: string][] = [
    [{ portId: "transfer" }, "calls-1", "calls/18"],
    [{ counterparty: { portId: "wasm.abc", channelId: "" } }, "calls-1", "calls/18"],
    [{ order: Order.ORDER_NONE_UNSPECIFIED }, "calls-1", "calls/19"],
    [{}, "ics20-1", "calls/7"],
  ];
  for (const [change, version, code] of wrong) {
    assertEquals(codeOf(application.onChanOpenInit(a.context, { ...opening, ...change }, version)), code);
    assertEquals(codeOf(application.onChanOpenTry(a.context, { ...opening, ...change }, version)), code);
  }
  const end = { portId: "calls", channelId: "channel-0" };
  assertEquals(codeOf(application.onChanOpenAck(a.context, end, "channel-1", "calls-1")), "ok");
  assertEquals(codeOf(application.onChanOpenAck(a.context, end, "channel-1", "")), "calls/7");
  assertEquals(codeOf(application.onChanOpenConfirm(a.context, end)), "ok");
  assertEquals(codeOf(application.onChanCloseInit(a.context, end)), "calls/17");
  assertEquals(codeOf(application.onChanCloseConfirm(a.context, end)), "ok");
});

Deno.test("a message is refused for each wrong field, and sends nothing", () => {
  const { a, atA, alice } = twoChains();
  const good = {
    sender: alice.text,
    sourceChannel: atA,
    target: "echo",
    payload: Uint8Array.of(1),
    gasLimit: 1_000n,
    timeoutHeight: undefined,
    timeoutTimestamp: 5n,
  };
  const deliver = (change: Partial<typeof good>) =>
    codeOf(a.deliver(MsgCallCodec.typeUrl, encode(MsgCallCodec, { ...good, ...change })));
  const cases: [change: Partial<typeof good>, code: string][] = [
    [{ sender: "b1other" }, "sdk/7"],
    [{ sourceChannel: "x" }, "host/2"],
    [{ sourceChannel: "channel-99" }, "books/1"],
    [{ target: "" }, "calls/2"],
    [{ target: "Echo" }, "calls/2"],
    [{ target: "e".repeat(65) }, "calls/2"],
    [{ payload: new Uint8Array(PAYLOAD_BYTES_MAX + 1) }, "calls/2"],
    [{ gasLimit: 0n }, "calls/2"],
    [{ gasLimit: 1n << 53n }, "calls/2"],
  ];
  for (const [change, code] of cases) assertEquals(deliver(change), code, JSON.stringify(Object.keys(change)));
  assertEquals(a.channels.sent(a.view), []);
  assertEquals(deliver({}), "ok");
});

Deno.test("calls are found by channel and sequence, by caller, by channel and all; unknown ones are not", () => {
  const { a, b, atA, alice } = twoChains();
  const [second] = connect(a, b, { port: "calls", version: "calls-1" });
  const bob = a.account("bob");
  for (const [sender, channel] of [[alice, atA], [bob, atA], [alice, second]] as const) a.send(sender, channel, {});
  const list = (caller: string, channelId: string) => {
    const answer = a.ask("Calls", encode(QueryCallsRequestCodec, { caller, channelId, pagination: undefined }));
    assert(answer.ok);
    return QueryCallsResponseCodec.decode(answer.value).calls.map((call) => `${call.channelId}/${call.sequence}`);
  };
  assertEquals(list("", ""), [`${atA}/1`, `${atA}/2`, `${second}/1`]);
  assertEquals(list("", atA), [`${atA}/1`, `${atA}/2`]);
  assertEquals(list(alice.text, ""), [`${atA}/1`, `${second}/1`]);
  assertEquals(list(alice.text, second), [`${second}/1`]);
  assertEquals(list(a.account("nobody").text, ""), []);
  const one = a.ask("Call", encode(QueryCallRequestCodec, { channelId: atA, sequence: 2n }));
  assert(one.ok);
  assertEquals(QueryCallResponseCodec.decode(one.value).call!.caller, bob.text);
  assertEquals(codeOf(a.ask("Call", encode(QueryCallRequestCodec, { channelId: atA, sequence: 3n }))), "sdk/22");
  const wrong = encode(QueryCallsRequestCodec, { caller: "x", channelId: "", pagination: undefined });
  assertEquals(codeOf(a.ask("Calls", wrong)), "sdk/18");
  const params = a.ask("Params", new Uint8Array());
  assertEquals(params.ok && QueryParamsResponseCodec.decode(params.value).params, a.calls.params(a.view));
});

Deno.test("the account of a sender on the other chain can be asked for", () => {
  const { b, atB } = twoChains();
  const ask = (channelId: string, sender: string) =>
    b.ask("CallerAddress", encode(QueryCallerAddressRequestCodec, { channelId, sender }));
  const answer = ask(atB, "a1sender");
  assert(answer.ok);
  const { address } = QueryCallerAddressResponseCodec.decode(answer.value);
  assertEquals(b.codec.parse(address)!.bytes, callerAddress(atB, "a1sender"));
  assertEquals(codeOf(ask("!", "a1sender")), "sdk/18");
  assertEquals(codeOf(ask(atB, "")), "sdk/18");
});

Deno.test("old results are forgotten when new ones come, never more than two at a time, and pending calls stay", () => {
  const { a, b, atA, alice } = twoChains();
  a.calls.setParams(a.view, { ...a.calls.params(a.view), resultPeriod: 10n });
  const waiting = a.send(alice, atA, { target: "echo" });
  for (let i = 0; i < 5; i++) complete(a, b, a.send(alice, atA, { target: "echo" }));
  const sequences = () => {
    const answer = a.ask(
      "Calls",
      encode(QueryCallsRequestCodec, { caller: alice.text, channelId: "", pagination: undefined }),
    );
    assert(answer.ok);
    return QueryCallsResponseCodec.decode(answer.value).calls.map(({ sequence }) => Number(sequence));
  };
  a.pass(9n);
  complete(a, b, a.send(alice, atA, { target: "echo" }));
  assertEquals(sequences(), [1, 2, 3, 4, 5, 6, 7], "nine nanoseconds are not ten");
  a.pass(1n);
  complete(a, b, a.send(alice, atA, { target: "echo" }));
  assertEquals(sequences(), [1, 4, 5, 6, 7, 8]);
  complete(a, b, waiting);
  assertEquals(sequences(), [1, 6, 7, 8]);
  complete(a, b, a.send(alice, atA, { target: "echo" }));
  assertEquals(sequences(), [1, 7, 8, 9]);
});

Deno.test("an answer for a call that is not waiting is refused", () => {
  const { a, atA, alice } = twoChains();
  const packet = a.send(alice, atA, { target: "echo" });
  a.timeout(packet);
  const application = callsApplication(a.calls);
  const again = application.onTimeoutPacket(a.context, "calls-1", packet, a.relayer);
  assertEquals(codeOf(again), "calls/11");
  const other = application.onTimeoutPacket(a.context, "calls-1", { ...packet, sequence: 9n }, a.relayer);
  assertEquals(codeOf(other), "calls/11");
});
