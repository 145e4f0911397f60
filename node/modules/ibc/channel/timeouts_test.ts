import { assert, assertEquals } from "@std/assert";
import { Order, type Packet, State } from "cosmjs-types/ibc/core/channel/v1/channel";
import {
  MsgChannelCloseInit,
  MsgRecvPacketResponse,
  MsgTimeout,
  MsgTimeoutOnClose,
  ResponseResultType,
} from "cosmjs-types/ibc/core/channel/v1/tx";
import { codeOf, height, PORT, PROOF, SECOND, Twins } from "../../../../tests/helpers/twin_chains.ts";
import type { Result } from "../../../core/result.ts";
import { checkElapsed, checkNotElapsed } from "./timeout.ts";

const END = { portId: PORT, channelId: "channel-0" };
const LATER = { height: 1000n };
const { ORDER_ORDERED, ORDER_UNORDERED } = Order;
const ORDERS = [ORDER_UNORDERED, ORDER_ORDERED];

function opened(ordering: Order): Twins {
  const twins = new Twins();
  twins.connect();
  twins.open(ordering);
  return twins;
}

function resultOf(result: Result<Uint8Array>): string {
  if (!result.ok) return codeOf(result);
  return ResponseResultType[MsgRecvPacketResponse.decode(result.value).result]!.replace("RESPONSE_RESULT_TYPE_", "");
}

const stateOf = ({ keeper, journal }: Twins["a"]) => keeper.channel(journal, END)?.state;
const commitmentOf = ({ keeper, journal }: Twins["a"], { sequence }: Packet) =>
  keeper.channels.record(journal, "commitment", { ...END, sequence });

function onClose(twins: Twins, packet: Packet, change: Partial<MsgTimeoutOnClose> = {}) {
  return twins.a.run(MsgTimeoutOnClose, {
    packet,
    proofUnreceived: PROOF,
    proofClose: PROOF,
    proofHeight: twins.proof(twins.b),
    nextSequenceRecv: packet.sequence,
    ...change,
  });
}

Deno.test("the moment of a timeout is late, the one before it is not, by height, by time, or by either", () => {
  const at = (revisionHeight: bigint, timestamp: bigint) => ({ height: height(revisionHeight), timestamp });
  const cases = [
    { timeoutHeight: height(7n), timeoutTimestamp: 0n, late: at(7n, 0n), early: at(6n, 1n << 63n) },
    { timeoutHeight: height(0n), timeoutTimestamp: 50n, late: at(1n, 50n), early: at(1n << 63n, 49n) },
    { timeoutHeight: height(7n), timeoutTimestamp: 50n, late: at(7n, 49n), early: at(6n, 49n) },
    { timeoutHeight: height(7n), timeoutTimestamp: 50n, late: at(6n, 50n), early: at(6n, 49n) },
  ];
  for (const { late, early, ...timeout } of cases) {
    assertEquals([checkElapsed(timeout, late).ok, checkNotElapsed(timeout, late).ok], [true, false]);
    assertEquals([checkElapsed(timeout, early).ok, checkNotElapsed(timeout, early).ok], [false, true]);
  }
  const revision = { timeoutHeight: { revisionNumber: 1n, revisionHeight: 1n }, timeoutTimestamp: 0n };
  assertEquals(checkElapsed(revision, at(1000n, 0n)).ok, false, "an earlier revision");
});

Deno.test("a packet that was late is proven unreceived and settled, with the events of ibc-go", () => {
  for (const ordering of ORDERS) {
    const twins = opened(ordering);
    const packet = twins.a.send(END, "x", { height: twins.b.height + 2n });
    twins.blocks();
    assertEquals(resultOf(twins.timeout(packet).result), "channel/39");
    twins.blocks();
    twins.blocks();
    const { result, events } = twins.timeout(packet);
    assertEquals(resultOf(result), "SUCCESS");
    assertEquals(commitmentOf(twins.a, packet), undefined);
    assertEquals(twins.a.application.heard, [{ what: "timed out", sequence: 1n }]);
    const name = Order[ordering];
    const timedOut = [
      "timeout_packet",
      `packet_timeout_height=0-${packet.timeoutHeight.revisionHeight}`,
      "packet_timeout_timestamp=0",
      "packet_sequence=1",
      "packet_src_port=mock",
      "packet_src_channel=channel-0",
      "packet_dst_port=mock",
      "packet_dst_channel=channel-0",
      "connection_id=connection-0",
      `packet_channel_ordering=${name}`,
    ];
    const closed = [
      "channel_close",
      "port_id=mock",
      "channel_id=channel-0",
      "counterparty_port_id=mock",
      "counterparty_channel_id=channel-0",
      "connection_id=connection-0",
      "packet_channel_ordering=ORDER_ORDERED",
    ];
    const module = ["message", "module=ibc_channel"];
    assertEquals(
      events.map(({ type, attributes }) => [type, ...attributes.map(({ key, value }) => `${key}=${value}`)]),
      ordering === ORDER_ORDERED ? [closed, module, timedOut, module] : [timedOut, module],
    );
    assertEquals(stateOf(twins.a), ordering === ORDER_ORDERED ? State.STATE_CLOSED : State.STATE_OPEN);
    assertEquals(resultOf(twins.timeout(packet).result), "NOOP");
    assertEquals(twins.a.application.heard.length, 1);
  }
});

Deno.test("by time as by height: the proof must be of a block at or after the timeout", () => {
  const twins = opened(ORDER_UNORDERED);
  const packet = twins.a.send(END, "x", { time: twins.b.time + 8n * SECOND });
  const heights = [0, 1, 2].map(() => {
    twins.blocks(5n);
    return twins.proof(twins.b);
  });
  const results = heights.map((proofHeight) => resultOf(twins.timeout(packet, 1n, proofHeight).result));
  assertEquals(results, ["channel/39", "channel/39", "SUCCESS"]);
});

Deno.test("a packet that was received does not time out, however late it is", () => {
  for (const ordering of ORDERS) {
    const twins = opened(ordering);
    const packet = twins.a.send(END, "x", { height: twins.b.height + 2n });
    twins.blocks();
    assertEquals(resultOf(twins.receive(packet).result), "SUCCESS");
    for (let i = 0; i < 3; i++) twins.blocks();
    const expected = ordering === ORDER_ORDERED ? "client/30" : "client/31";
    assertEquals(resultOf(twins.timeout(packet, 1n).result), expected);
    if (ordering === ORDER_ORDERED) assertEquals(resultOf(twins.timeout(packet, 2n).result), "channel/19");
    assert(commitmentOf(twins.a, packet) !== undefined);
  }
});

Deno.test("a packet that is late for one chain is late for the other: it is not received any more", () => {
  const twins = opened(ORDER_UNORDERED);
  const packet = twins.a.send(END, "x", { height: twins.b.height + 1n });
  twins.blocks();
  assertEquals(resultOf(twins.receive(packet).result), "channel/40");
  // The block in which it would have been received is the first whose state proves that it was not.
  twins.blocks();
  assertEquals(resultOf(twins.timeout(packet).result), "SUCCESS");
});

Deno.test("TIMEOUT: what is refused, with its code", () => {
  const cases: [string, Partial<Packet>, Partial<MsgTimeout>][] = [
    ["SUCCESS", {}, {}],
    ["commitment/2", {}, { proofUnreceived: new Uint8Array() }],
    ["ibc/1", {}, { nextSequenceRecv: 0n }],
    ["channel/13", { sequence: 0n }, {}],
    ["port/5", { sourcePort: "nobody" }, {}],
    ["channel/3", { sourceChannel: "channel-1" }, {}],
    ["channel/13", { destinationPort: "other" }, {}],
    ["channel/13", { destinationChannel: "channel-1" }, {}],
    ["channel/13", { data: PROOF }, {}],
    // A timeout that it never had.
    ["channel/13", { timeoutHeight: height(1n) }, {}],
    ["NOOP", { sequence: 5n }, {}],
    ["client/31", {}, { proofUnreceived: Uint8Array.of(1) }],
    ["client/7", {}, { proofHeight: height(999n) }],
  ];
  for (const [code, packetChange, change] of cases) {
    const twins = opened(ORDER_UNORDERED);
    const packet = twins.a.send(END, "x", { height: twins.b.height + 1n });
    for (let i = 0; i < 3; i++) twins.blocks();
    const message = { nextSequenceRecv: 1n, proofUnreceived: PROOF, proofHeight: twins.proof(twins.b), ...change };
    assertEquals(
      resultOf(twins.a.run(MsgTimeout, { packet: { ...packet, ...packetChange }, ...message }).result),
      code,
    );
  }
});

Deno.test("an ordered channel that a timeout has closed still settles what was sent before, by timeouts", () => {
  const twins = opened(ORDER_ORDERED);
  const packets = ["1", "2"].map((data) => twins.a.send(END, data, { height: twins.b.height + 1n }));
  for (let i = 0; i < 2; i++) twins.blocks();
  // Nothing was received, so the next is 1 for both.
  for (const packet of packets) assertEquals(resultOf(twins.timeout(packet, 1n).result), "SUCCESS");
  assertEquals(twins.a.application.heard.map(({ sequence }) => sequence), [1n, 2n]);
});

Deno.test("when the other end is closed, what it has not received is settled before its time", () => {
  for (const ordering of ORDERS) {
    const twins = opened(ordering);
    const [received, lost] = ["1", "2"].map((data) => twins.a.send(END, data, LATER));
    twins.blocks();
    assertEquals(resultOf(twins.receive(received!).result), "SUCCESS");
    twins.blocks();
    assertEquals(resultOf(onClose(twins, lost!).result), "client/30", "it is open");
    twins.b.must(MsgChannelCloseInit, END);
    twins.blocks();
    assertEquals(resultOf(twins.receive(lost!).result), "channel/5");
    const gone = ordering === ORDER_ORDERED ? "client/30" : "client/31";
    assertEquals(resultOf(onClose(twins, received!).result), gone, "it was received");
    if (ordering === ORDER_ORDERED) {
      assertEquals(resultOf(onClose(twins, received!, { nextSequenceRecv: 2n }).result), "channel/13");
    }
    const { result, events } = onClose(twins, lost!);
    assertEquals(resultOf(result), "SUCCESS");
    assert(events.some(({ type }) => type === "timeout_packet"));
    assertEquals(resultOf(onClose(twins, lost!).result), "NOOP");
    assertEquals(twins.a.application.heard, [{ what: "timed out", sequence: 2n }]);
  }
});

Deno.test("TIMEOUT ON CLOSE: what is refused, with its code", () => {
  const cases: [string, Partial<Packet>, Partial<MsgTimeoutOnClose>][] = [
    ["SUCCESS", {}, {}],
    ["ibc/1", {}, { nextSequenceRecv: 0n }],
    ["commitment/2", {}, { proofUnreceived: new Uint8Array() }],
    ["commitment/2", {}, { proofClose: new Uint8Array() }],
    ["client/30", {}, { proofClose: Uint8Array.of(1) }],
    ["client/31", {}, { proofUnreceived: Uint8Array.of(1) }],
    ["client/30", {}, { proofHeight: height(3n) }],
    ["channel/13", { data: PROOF }, {}],
    ["channel/13", { destinationChannel: "channel-9" }, {}],
    ["NOOP", { sequence: 2n }, {}],
  ];
  for (const [code, packetChange, change] of cases) {
    const twins = opened(ORDER_UNORDERED);
    const packet = twins.a.send(END, "x", LATER);
    twins.b.must(MsgChannelCloseInit, END);
    twins.blocks();
    assertEquals(resultOf(onClose(twins, { ...packet, ...packetChange }, change).result), code);
  }
});
