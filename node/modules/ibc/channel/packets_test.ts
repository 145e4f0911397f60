import { assert, assertEquals } from "@std/assert";
import { Order, type Packet, State } from "cosmjs-types/ibc/core/channel/v1/channel";
import { MsgRecvPacket, MsgRecvPacketResponse, ResponseResultType } from "cosmjs-types/ibc/core/channel/v1/tx";
import {
  acknowledgementOf,
  codeOf,
  height,
  PORT,
  PROOF,
  SECOND,
  START,
  type TwinChain,
  Twins,
} from "../../../../tests/helpers/twin_chains.ts";
import { utf8ToBytes } from "../../../core/bytes.ts";
import { encodeAcknowledgement, packetCommitment } from "../../../core/ibc/mod.ts";
import type { Result } from "../../../core/result.ts";

const END = { portId: PORT, channelId: "channel-0" };
const LATER = { height: 1000n };
const { ORDER_ORDERED, ORDER_UNORDERED } = Order;

function opened(ordering: Order = ORDER_UNORDERED, delayPeriod = 0n): Twins {
  const twins = new Twins();
  twins.connect(delayPeriod);
  twins.open(ordering);
  return twins;
}

function resultOf(result: Result<Uint8Array>): string {
  if (!result.ok) return codeOf(result);
  return ResponseResultType[MsgRecvPacketResponse.decode(result.value).result]!.replace("RESPONSE_RESULT_TYPE_", "");
}

const entriesOf = ({ journal }: TwinChain) => journal.changes().map(({ key, value }) => [key, value]);
const tell = (events: readonly { type: string; attributes: readonly { key: string; value: string }[] }[]) =>
  events.map(({ type, attributes }) => [type, ...attributes.map(({ key, value }) => `${key}=${value}`)]);

const MODULE = ["message", "module=ibc_channel"];
const HEAD = [
  "packet_timeout_height=0-1000",
  "packet_timeout_timestamp=0",
  "packet_sequence=1",
  "packet_src_port=mock",
  "packet_src_channel=channel-0",
  "packet_dst_port=mock",
  "packet_dst_channel=channel-0",
];
const TAIL = [
  "packet_channel_ordering=ORDER_UNORDERED",
  "packet_connection=connection-0",
  "connection_id=connection-0",
];

Deno.test("a packet is sent, received and acknowledged, and each step tells what ibc-go tells, in its order", () => {
  const twins = opened();
  const { a, b } = twins;
  const context = a.context();
  const sent = a.keeper.sendPacket(context, {
    sourcePort: PORT,
    sourceChannel: "channel-0",
    timeoutHeight: height(1000n),
    timeoutTimestamp: 0n,
    data: utf8ToBytes("hi"),
  });
  assertEquals(sent, { ok: true, value: 1n });
  assertEquals(tell(context.events), [["send_packet", "packet_data_hex=6869", ...HEAD, ...TAIL], MODULE]);
  const packet: Packet = {
    sequence: 1n,
    sourcePort: PORT,
    sourceChannel: "channel-0",
    destinationPort: PORT,
    destinationChannel: "channel-0",
    data: utf8ToBytes("hi"),
    timeoutHeight: height(1000n),
    timeoutTimestamp: 0n,
  };
  const place = { ...END, sequence: 1n };
  assertEquals(a.keeper.channels.record(a.journal, "commitment", place), packetCommitment(packet));
  assertEquals(a.keeper.channels.counter(a.journal, "send", END), 2n);
  twins.blocks();

  const received = twins.receive(packet);
  assertEquals(resultOf(received.result), "SUCCESS");
  const acknowledgement = encodeAcknowledgement({ success: true, result: utf8ToBytes("hi") });
  assertEquals(tell(received.events), [
    ["recv_packet", "packet_data_hex=6869", ...HEAD, ...TAIL],
    MODULE,
    [
      "write_acknowledgement",
      "packet_data_hex=6869",
      ...HEAD,
      `packet_ack_hex=${acknowledgement.toHex()}`,
      ...TAIL,
    ],
    MODULE,
  ]);
  assertEquals(b.keeper.channels.record(b.journal, "receipt", place), Uint8Array.of(1));
  assertEquals(b.keeper.channels.counter(b.journal, "receive", END), 1n, "of no use without order");
  twins.blocks();

  const settled = twins.acknowledge(packet, acknowledgement);
  assertEquals(resultOf(settled.result), "SUCCESS");
  assertEquals(tell(settled.events), [["acknowledge_packet", ...HEAD, ...TAIL], MODULE]);
  assertEquals(a.keeper.channels.record(a.journal, "commitment", place), undefined);
  assertEquals(a.application.heard, [{ what: "acknowledged", sequence: 1n, acknowledgement }]);
  assertEquals(b.application.heard, [{ what: "received", sequence: 1n }]);
});

Deno.test("what was relayed before succeeds as no operation: nothing is written, told or emitted", () => {
  for (const ordering of [ORDER_UNORDERED, ORDER_ORDERED]) {
    const twins = opened(ordering);
    const packet = twins.a.send(END, "x", LATER);
    twins.blocks();
    const acknowledgement = acknowledgementOf(twins.receive(packet).events)!;
    const [received, heard] = [entriesOf(twins.b), twins.b.application.heard.length];
    for (let i = 0; i < 2; i++) {
      const again = twins.receive(packet);
      assertEquals([resultOf(again.result), again.events], ["NOOP", []]);
      twins.blocks();
    }
    assertEquals([entriesOf(twins.b), twins.b.application.heard.length], [received, heard]);
    assertEquals(resultOf(twins.acknowledge(packet, acknowledgement).result), "SUCCESS");
    const settled = entriesOf(twins.a);
    for (const relay of [() => twins.acknowledge(packet, acknowledgement), () => twins.acknowledge(packet, PROOF)]) {
      const again = relay();
      assertEquals([resultOf(again.result), again.events], ["NOOP", []]);
    }
    assertEquals(entriesOf(twins.a), settled);
    assertEquals(twins.a.application.heard.length, 1);
  }
});

Deno.test("a replayed packet still needs its proof", () => {
  const twins = opened();
  const packet = twins.a.send(END, "x", LATER);
  twins.blocks();
  twins.receive(packet);
  assertEquals(resultOf(twins.receive(packet, height(1n)).result), "client/30");
});

Deno.test("an unordered channel takes packets as they come, an ordered one only in their order", () => {
  const free = opened();
  const packets = ["1", "2", "3"].map((data) => free.a.send(END, data, LATER));
  free.blocks();
  for (const packet of packets.toReversed()) assertEquals(resultOf(free.receive(packet).result), "SUCCESS");
  const ordered = opened(ORDER_ORDERED);
  const [one, two] = ["1", "2"].map((data) => ordered.a.send(END, data, LATER));
  ordered.blocks();
  assertEquals(resultOf(ordered.receive(two!).result), "channel/21");
  const first = ordered.receive(one!);
  const second = ordered.receive(two!);
  assertEquals([resultOf(first.result), resultOf(second.result)], ["SUCCESS", "SUCCESS"]);
  assertEquals(ordered.b.keeper.channels.counter(ordered.b.journal, "receive", END), 3n);
  ordered.blocks();
  const [ackOne, ackTwo] = [first, second].map(({ events }) => acknowledgementOf(events)!);
  assertEquals(resultOf(ordered.acknowledge(two!, ackTwo!).result), "channel/21");
  assertEquals(resultOf(ordered.acknowledge(one!, ackOne!).result), "SUCCESS");
  assertEquals(resultOf(ordered.acknowledge(two!, ackTwo!).result), "SUCCESS");
});

Deno.test("RECV: what is refused, with its code", () => {
  const cases: [string, Partial<Packet>][] = [
    ["SUCCESS", {}],
    ["host/2", { sourcePort: "" }],
    ["host/2", { sourceChannel: "c" }],
    ["host/2", { destinationChannel: "channel 0" }],
    ["channel/13", { sequence: 0n }],
    ["channel/13", { timeoutHeight: height(0n) }],
    ["channel/13", { data: new Uint8Array() }],
    ["channel/13", { data: new Uint8Array(262_145) }],
    ["port/5", { destinationPort: "nobody" }],
    ["channel/3", { destinationChannel: "channel-1" }],
    ["channel/13", { sourcePort: "other" }],
    ["channel/13", { sourceChannel: "channel-1" }],
    ["channel/40", { timeoutHeight: height(3n) }],
    ["channel/40", { timeoutTimestamp: START }],
    // None of these is the packet that was sent.
    ["client/30", { sequence: 2n }],
    ["client/30", { data: utf8ToBytes("y") }],
    ["client/30", { timeoutHeight: height(1001n) }],
    ["client/30", { timeoutTimestamp: START + 1_000_000n * SECOND }],
  ];
  for (const [code, change] of cases) {
    const twins = opened();
    const packet = twins.a.send(END, "x", LATER);
    twins.blocks();
    assertEquals(resultOf(twins.receive({ ...packet, ...change }).result), code, JSON.stringify(Object.keys(change)));
  }
  const twins = opened();
  const packet = twins.a.send(END, "x", LATER);
  twins.blocks();
  const message = { packet, proofHeight: twins.proof(twins.a) };
  const run = (proofCommitment: Uint8Array) =>
    resultOf(twins.b.run(MsgRecvPacket, { ...message, proofCommitment }).result);
  assertEquals([run(new Uint8Array()), run(Uint8Array.of(1))], ["commitment/2", "client/30"]);
});

Deno.test("a packet is received until just before its timeout, by height and by time", () => {
  for (const offset of [0n, 1n]) {
    const byHeight = opened();
    const { b } = byHeight;
    // The block after the one in which it is sent.
    const packet = byHeight.a.send(END, "x", { height: b.height + 1n + offset });
    byHeight.blocks();
    assertEquals(resultOf(byHeight.receive(packet).result), offset === 0n ? "channel/40" : "SUCCESS");
    const byTime = opened();
    const late = byTime.a.send(END, "x", { time: byTime.b.time + 5n * SECOND + offset });
    byTime.blocks();
    assertEquals(resultOf(byTime.receive(late).result), offset === 0n ? "channel/40" : "SUCCESS");
  }
});

Deno.test("nothing is received over a channel or connection that is not open", () => {
  const twins = opened();
  const packet = twins.a.send(END, "x", LATER);
  twins.blocks();
  const { keeper: { channels, connections }, journal } = twins.b;
  const channel = channels.channel(journal, END)!;
  const connection = connections.connection(journal, "connection-0")!;
  channels.setChannel(journal, END, { ...channel, state: State.STATE_CLOSED });
  assertEquals(resultOf(twins.receive(packet).result), "channel/5");
  channels.setChannel(journal, END, channel);
  connections.setConnection(journal, "connection-0", { ...connection, state: 2 });
  assertEquals(resultOf(twins.receive(packet).result), "connection/6");
});

Deno.test("when the application fails, its writes go, its events stay under other names, and the failure is acknowledged", () => {
  const twins = opened();
  const { b } = twins;
  const mark = utf8ToBytes("mark");
  b.application.answer = (context) => {
    context.view.set("mock", mark, mark);
    context.emit({ type: "moved", attributes: [{ key: "amount", value: "3", index: true }] });
    return { success: false, error: "no" };
  };
  const packet = twins.a.send(END, "x", LATER);
  twins.blocks();
  const { result, events } = twins.receive(packet);
  assertEquals(resultOf(result), "SUCCESS");
  assertEquals(events.map(({ type }) => type), [
    "recv_packet",
    "message",
    "ibccallbackerror-moved",
    "write_acknowledgement",
    "message",
  ]);
  assertEquals(tell([events[2]!]), [["ibccallbackerror-moved", "ibccallbackerror-amount=3"]]);
  assertEquals(b.journal.get("mock", mark), undefined);
  assert(b.keeper.channels.record(b.journal, "receipt", { ...END, sequence: 1n }) !== undefined);
  twins.blocks();
  assertEquals(resultOf(twins.acknowledge(packet, acknowledgementOf(events)!).result), "SUCCESS");
});

Deno.test("when the application succeeds, its writes and events stay, before the acknowledgement", () => {
  const twins = opened();
  const mark = utf8ToBytes("mark");
  twins.b.application.answer = (context) => {
    context.view.set("mock", mark, mark);
    context.emit({ type: "moved", attributes: [] });
    return { success: true, result: mark };
  };
  const packet = twins.a.send(END, "x", LATER);
  twins.blocks();
  const { events } = twins.receive(packet);
  assertEquals(events.map(({ type }) => type), ["recv_packet", "message", "moved", "write_acknowledgement", "message"]);
  assertEquals(twins.b.journal.get("mock", mark), mark);
});

Deno.test("an acknowledgement may come later, once", () => {
  const twins = opened();
  const { b } = twins;
  b.application.answer = () => undefined;
  const packet = twins.a.send(END, "x", LATER);
  twins.blocks();
  const { events } = twins.receive(packet);
  assertEquals(events.map(({ type }) => type), ["recv_packet", "message"]);
  const later = b.context();
  const done = { success: true, result: utf8ToBytes("done") } as const;
  assertEquals(codeOf(b.keeper.writeAcknowledgement(later, packet, done)), "ok");
  assertEquals(later.events.map(({ type }) => type), ["write_acknowledgement", "message"]);
  assertEquals(codeOf(b.keeper.writeAcknowledgement(later, packet, done)), "channel/17");
  twins.blocks();
  assertEquals(resultOf(twins.acknowledge(packet, encodeAcknowledgement(done)).result), "SUCCESS");
});

Deno.test("empty and oversized acknowledgements are refused, and then the packet is as if it never came", () => {
  for (
    const answer of [
      { success: true, result: new Uint8Array() },
      { success: false, error: " " },
      { success: true, result: new Uint8Array(262_144) },
    ] as const
  ) {
    const twins = opened();
    twins.b.application.answer = () => answer;
    const packet = twins.a.send(END, "x", LATER);
    twins.blocks();
    assertEquals(resultOf(twins.receive(packet).result), "channel/16");
    twins.b.application.answer = () => ({ success: true, result: PROOF });
    assertEquals(resultOf(twins.receive(packet).result), "SUCCESS");
  }
});

Deno.test("ACK: what is refused, with its code", () => {
  const cases: [string, Partial<Packet>, Uint8Array?][] = [
    ["SUCCESS", {}],
    ["channel/16", {}, new Uint8Array()],
    ["channel/16", {}, utf8ToBytes('{"result": "eA=="}')],
    ["channel/16", {}, utf8ToBytes('{"error":"\\u003c<"}')],
    // As contracts write it: one form more, which is proven like the other.
    ["client/30", {}, utf8ToBytes('{"error":"<"}')],
    ["client/30", {}, utf8ToBytes('{"result":"eQ=="}')],
    ["client/30", {}, utf8ToBytes("plain")],
    ["port/5", { sourcePort: "nobody" }],
    ["channel/3", { sourceChannel: "channel-1" }],
    ["channel/13", { destinationChannel: "channel-1" }],
    ["channel/13", { destinationPort: "other" }],
    ["channel/13", { data: utf8ToBytes("y") }],
    ["channel/13", { timeoutTimestamp: 1n }],
    // Never sent, so long settled for all this chain knows.
    ["NOOP", { sequence: 2n }],
  ];
  for (const [code, change, other] of cases) {
    const twins = opened();
    const packet = twins.a.send(END, "x", LATER);
    twins.blocks();
    const acknowledgement = other ?? acknowledgementOf(twins.receive(packet).events)!;
    if (other !== undefined) twins.receive(packet);
    twins.blocks();
    assertEquals(resultOf(twins.acknowledge({ ...packet, ...change }, acknowledgement).result), code);
  }
});

Deno.test("an application that refuses to settle a packet leaves it unsettled", () => {
  const twins = opened();
  const packet = twins.a.send(END, "x", LATER);
  twins.blocks();
  const acknowledgement = acknowledgementOf(twins.receive(packet).events)!;
  twins.blocks();
  twins.a.application.refusesAll = true;
  assertEquals(resultOf(twins.acknowledge(packet, acknowledgement).result), "mock/7");
  twins.a.application.refusesAll = false;
  assertEquals(resultOf(twins.acknowledge(packet, acknowledgement).result), "SUCCESS");
});

Deno.test("SEND: what is refused, with its code", () => {
  const send = (twins: Twins, change: { channel?: string; height?: bigint; time?: bigint; data?: Uint8Array }) =>
    codeOf(twins.a.keeper.sendPacket(twins.a.context(), {
      sourcePort: PORT,
      sourceChannel: change.channel ?? "channel-0",
      timeoutHeight: height(change.height ?? 0n),
      timeoutTimestamp: change.time ?? 0n,
      data: change.data ?? PROOF,
    }));
  const twins = opened();
  const { a, b } = twins;
  assertEquals(send(twins, LATER), "ok");
  assertEquals(send(twins, { ...LATER, channel: "channel-1" }), "channel/3");
  assertEquals(send(twins, {}), "channel/13");
  assertEquals(send(twins, { ...LATER, data: new Uint8Array() }), "channel/13");
  assertEquals(send(twins, { ...LATER, data: new Uint8Array(262_145) }), "channel/13");
  // Late already at the last block of the other chain that the client knows.
  assertEquals(send(twins, { height: b.height - 1n }), "channel/40");
  assertEquals(send(twins, { height: b.height }), "ok");
  assertEquals(send(twins, { time: b.past.get(b.height - 1n)!.time }), "channel/40");
  assertEquals(send(twins, { time: b.past.get(b.height - 1n)!.time + 1n }), "ok");
  a.clients.state = "Expired";
  assertEquals(send(twins, LATER), "client/29");
  a.clients.state = "Active";
  a.clients.other = undefined;
  assertEquals(send(twins, LATER), "client/26");
  a.clients.other = b;
  const channel = a.keeper.channel(a.journal, END)!;
  for (const state of [State.STATE_INIT, State.STATE_TRYOPEN, State.STATE_CLOSED]) {
    a.keeper.channels.setChannel(a.journal, END, { ...channel, state });
    assertEquals(send(twins, LATER), "channel/5");
  }
});

Deno.test("packets wait for the delay of their connection, in time and in blocks", () => {
  const twins = opened(ORDER_UNORDERED, 61n * SECOND);
  const packet = twins.a.send(END, "x", LATER);
  twins.blocks();
  twins.receive(packet);
  const { proof } = twins.b.clients.asked.at(-1)!;
  assertEquals([proof.delayTime, proof.delayBlocks], [61n * SECOND, 3n]);
});
