/** Packets, acknowledgements and timeouts between two chains, over ordered and unordered channels. @module */
import { assert, assertEquals } from "@std/assert";
import { State } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import { MsgRecvPacketResponse, ResponseResultType } from "cosmjs-types/ibc/core/channel/v1/tx";
import { TxMsgData } from "cosmjs-types/cosmos/base/abci/v1beta1/abci";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { acknowledgementCommitment, packetAcknowledgementPath } from "../../node/core/ibc/mod.ts";
import {
  acknowledge,
  assertRefused,
  chanCloseConfirm,
  chanCloseInit,
  type Delivered,
  encodeTyped,
  type End,
  eventsOf,
  eventValue,
  MOCK_PORT,
  MOCK_VERSION,
  mockAcknowledge,
  mockKey,
  type MockPacket,
  mockSend,
  modulesWithMock,
  type Pair,
  pair,
  recvPacket,
  relayAll,
  SECOND,
  sentPackets,
  type TestChain,
  timeout,
  timeoutOnClose,
} from "../helpers/ibc/mod.ts";

const withMock = { port: MOCK_PORT, version: MOCK_VERSION, chain: { modules: modulesWithMock } } as const;

type Acked = ReturnType<End["acked"]>[number];

const chainOf = (end: End) => end.chain as TestChain;
const far = (end: End) => end.other.chain.ibcHeight(end.other.chain.height + 10_000n);

/** Lets the application of `end` send packets in one transaction. */
function sends(end: End, ...packets: readonly MockPacket[]): Packet[] {
  const chain = chainOf(end);
  const messages = packets.map((packet) =>
    encodeTyped(
      mockSend(chain.accounts[0]!.address.text, end.channelId, {
        ...(packet.timeoutTimestamp === undefined && { timeoutHeight: far(end) }),
        ...packet,
      }),
    )
  );
  return sentPackets(chain.deliverOk(messages));
}

/** How often something happened to a packet on the chain of `end`, by its application. */
const count = (end: End, what: string, sequence = 0n) =>
  chainOf(end).prove("mock", mockKey(what, end, sequence)).value?.[0] ?? 0;

/** What a packet message says of itself: whether anything was done. */
function resultOf({ data }: Delivered): ResponseResultType {
  return MsgRecvPacketResponse.decode(TxMsgData.decode(data).msgResponses.at(-1)!.value).result;
}

const SUCCESS = ResponseResultType.RESPONSE_RESULT_TYPE_SUCCESS;
const NOOP = ResponseResultType.RESPONSE_RESULT_TYPE_NOOP;

/** Runs `run` and checks that no store but the accounts' is changed by the block it makes. */
function writesNothing(chain: TestChain, run: () => Delivered): Delivered {
  const roots = () => new Map([...chain.roots()].filter(([store]) => store !== "acc"));
  const before = roots();
  const delivered = run();
  assertEquals(roots(), before);
  return delivered;
}

for (const ordered of [false, true]) {
  const order = ordered ? "ordered" : "unordered";
  const world = (): Pair => pair({ ...withMock, ordered });

  Deno.test(`packets of an ${order} channel arrive once and are settled once`, () => {
    const { path: { a, b } } = world();
    const [packet] = sends(a, {}) as [Packet];
    b.updateClient();
    const received = recvPacket(b, packet);
    const first = b.do(received);
    assertEquals([resultOf(first), count(b, "recv", 1n)], [SUCCESS, 1]);
    const { ack } = b.acked(first)[0]!;
    assertEquals(b.stored(packetAcknowledgementPath(b.portId, b.channelId, 1n)), acknowledgementCommitment(ack));
    // The same again, by the same proof and by a newer one.
    assertEquals(resultOf(writesNothing(chainOf(b), () => b.do(received))), NOOP);
    b.updateClient();
    assertEquals(resultOf(writesNothing(chainOf(b), () => b.do(recvPacket(b, packet)))), NOOP);
    a.updateClient();
    const settled = acknowledge(a, packet, ack);
    assertEquals([resultOf(a.do(settled)), count(a, "ack", 1n)], [SUCCESS, 1]);
    const again = writesNothing(chainOf(a), () => a.do(settled));
    assertEquals([resultOf(again), eventsOf(again, "acknowledge_packet").length], [NOOP, 0]);
    assertEquals(count(a, "ack", 1n), 1);
  });

  Deno.test(`a failure of an application over an ${order} channel leaves nothing but its acknowledgement`, () => {
    const { path: { a, b } } = world();
    const [packet] = sends(a, { data: "fail" }) as [Packet];
    const delivered = b.recv(packet);
    assertEquals(count(b, "recv", 1n), 0);
    const { ack } = b.acked(delivered)[0]!;
    assert(new TextDecoder().decode(ack).startsWith('{"error":"ABCI code: 7:'));
    // Its events are still there, under names that nobody takes for what happened.
    assertEquals(eventValue(delivered, "ibccallbackerror-mock", "ibccallbackerror-recv"), "1");
    a.acknowledge(packet, ack);
    assertEquals(count(a, "ack", 1n), 1);
  });

  Deno.test(`an acknowledgement over an ${order} channel may come later, once`, () => {
    const { path } = world();
    const { a, b } = path;
    const chain = chainOf(b);
    const [packet] = sends(a, { data: "later" }) as [Packet];
    const delivered = b.recv(packet);
    assertEquals([b.acked(delivered).length, count(b, "recv", 1n)], [0, 1]);
    assertEquals(relayAll(path), undefined);
    const write = [encodeTyped(mockAcknowledge(chain.accounts[0]!.address.text, packet))];
    const written = chain.deliverOk(write);
    assertRefused(chain, "acknowledgementExists", () => chain.deliver(write));
    const { ack } = b.acked(written)[0]!;
    a.acknowledge(packet, ack);
    assertEquals(count(a, "ack", 1n), 1);
  });

  Deno.test(`a packet of an ${order} channel times out by height and by time, and then never arrives`, () => {
    for (const by of ["height", "time"]) {
      const { clock, path: { a, b } } = world();
      const chain = chainOf(b);
      const late = by === "height"
        ? { timeoutHeight: chain.ibcHeight(chain.height + 4n) }
        : { timeoutTimestamp: clock.now + 8n * SECOND };
      const [packet] = sends(a, late) as [Packet];
      b.updateClient();
      const receive = recvPacket(b, packet);
      a.updateClient();
      // Not late at the height that the client knows, whatever the time here.
      assertRefused(chainOf(a), "timeoutNotReached", () => a.try(timeout(a, packet)));
      clock.advance(10n * SECOND);
      for (let i = 0; i < 5; i++) chain.nextBlock();
      assertRefused(chain, "timeoutElapsed", () => b.try(receive));
      a.updateClient();
      const settle = timeout(a, packet);
      assertEquals([resultOf(a.do(settle)), count(a, "timeout", 1n)], [SUCCESS, 1]);
      assertEquals(a.channel().state, ordered ? State.STATE_CLOSED : State.STATE_OPEN);
      assertEquals(resultOf(writesNothing(chainOf(a), () => a.do(settle))), NOOP);
      assertEquals(count(b, "recv", 1n), 0);
    }
  });

  Deno.test(`a packet of an ${order} channel that arrived does not time out, however late the proof`, () => {
    const { path: { a, b } } = world();
    const [packet] = sends(a, { timeoutHeight: b.chain.ibcHeight(b.chain.height + 6n) }) as [Packet];
    b.recv(packet);
    for (let i = 0; i < 8; i++) b.chain.nextBlock();
    a.updateClient();
    assertRefused(chainOf(a), ordered ? "packetReceived" : "invalidProof", () => a.try(timeout(a, packet)));
  });

  Deno.test(`when an ${order} channel is closed, what did not arrive comes back and the other end closes`, () => {
    const { path: { a, b } } = world();
    const [arrived, lost, other] = sends(a, {}, {}, {}) as [Packet, Packet, Packet];
    const { ack } = b.acked(b.recv(arrived))[0]!;
    a.updateClient();
    assertRefused(chainOf(a), "invalidProof", () => a.try(timeoutOnClose(a, lost)));
    b.do(chanCloseInit(b));
    b.updateClient();
    assertRefused(chainOf(b), "invalidChannelState", () => b.try(recvPacket(b, lost)));
    a.updateClient();
    assertRefused(chainOf(a), ordered ? "invalidPacket" : "invalidProof", () => a.try(timeoutOnClose(a, arrived)));
    // An acknowledgement that is there is still taken by an end that is open.
    a.do(acknowledge(a, arrived, ack));
    a.do(timeoutOnClose(a, lost));
    assertEquals([count(a, "timeout", lost.sequence), count(a, "ack", 1n)], [1, 1]);
    if (!ordered) a.do(chanCloseConfirm(a));
    assertEquals(a.channel().state, State.STATE_CLOSED);
    a.do(timeoutOnClose(a, other));
    assertEquals(count(a, "timeout", other.sequence), 1);
    const send = mockSend(chainOf(a).accounts[0]!.address.text, a.channelId, { timeoutHeight: far(a) });
    assertRefused(chainOf(a), "invalidChannelState", () => chainOf(a).deliver([encodeTyped(send)]));
  });
}

Deno.test("packets of an ordered channel arrive and are settled in their order only", () => {
  const { path: { a, b } } = pair({ ...withMock, ordered: true });
  const [first, second, third] = sends(a, {}, {}, {}) as [Packet, Packet, Packet];
  b.updateClient();
  assertRefused(chainOf(b), "sequenceOutOfOrder", () => b.try(recvPacket(b, second)));
  const received = b.do(recvPacket(b, first), recvPacket(b, second), recvPacket(b, third));
  const [one, two] = b.acked(received) as [Acked, Acked];
  a.updateClient();
  assertRefused(chainOf(a), "sequenceOutOfOrder", () => a.try(acknowledge(a, second, two.ack)));
  a.do(acknowledge(a, first, one.ack), acknowledge(a, second, two.ack));
  assertEquals([count(a, "ack", 1n), count(a, "ack", 2n), count(a, "ack", 3n)], [1, 1, 0]);
});

Deno.test("packets of an unordered channel arrive in any order", () => {
  const { path: { a, b } } = pair(withMock);
  const packets = sends(a, {}, {}, {});
  b.updateClient();
  const received = b.do(...packets.toReversed().map((packet) => recvPacket(b, packet)));
  const acks = b.acked(received);
  assertEquals(acks.map(({ packet }) => packet.sequence), [3n, 2n, 1n]);
  a.updateClient();
  a.do(...acks.map(({ packet, ack }) => acknowledge(a, packet, ack)));
  for (const { sequence } of packets) assertEquals(count(a, "ack", sequence), 1);
});

Deno.test("a packet that is late already is not sent, nor one without a timeout or without data", () => {
  const { clock, path: { a } } = pair(withMock);
  a.updateClient();
  const chain = chainOf(a);
  const send = (packet: MockPacket) => () =>
    chain.deliver([encodeTyped(mockSend(chain.accounts[0]!.address.text, a.channelId, packet))]);
  assertRefused(chain, "timeoutElapsed", send({ timeoutHeight: a.other.chain.ibcHeight(a.clientHeight) }));
  assertRefused(chain, "timeoutElapsed", send({ timeoutTimestamp: a.other.chain.time }));
  assertRefused(chain, "invalidPacket", send({}));
  assertRefused(chain, "invalidPacket", send({ data: new Uint8Array(), timeoutHeight: far(a) }));
  assertRefused(chain, "channelNotFound", () =>
    chain.deliver([
      encodeTyped(mockSend(chain.accounts[0]!.address.text, "channel-9", { timeoutTimestamp: clock.now + SECOND })),
    ]));
});

Deno.test("packets wait for the delay of their connection, handshakes do not", () => {
  const delayPeriod = 30n * SECOND;
  const { clock, path: { a, b } } = pair({ ...withMock, delayPeriod });
  const [packet] = sends(a, {}) as [Packet];
  b.updateClient();
  const received = recvPacket(b, packet);
  assertRefused(chainOf(b), "delayPeriodNotPassed", () => b.try(received));
  clock.advance(31n * SECOND);
  // The time has passed, the blocks that should be made in it have not.
  b.chain.nextBlock();
  assertEquals(b.do(received).code, 0);
});

Deno.test("an application that refuses an acknowledgement or a timeout keeps the packet where it was", () => {
  const { path: { a, b } } = pair(withMock);
  const [packet] = sends(a, { data: "ok refuse" }) as [Packet];
  const { ack } = b.acked(b.recv(packet))[0]!;
  a.updateClient();
  assertRefused(chainOf(a), ["mock", 2], () => a.try(acknowledge(a, packet, ack)));
});

Deno.test("data of every kind travels unchanged", () => {
  const { path } = pair(withMock);
  const { a, b } = path;
  const data = [Uint8Array.of(0), new Uint8Array(60_000).fill(0xff), utf8ToBytes("π \u0000 \n")];
  for (const bytes of data) {
    const [packet] = sends(a, { data: bytes }) as [Packet];
    assertEquals(packet.data, bytes);
    assertEquals(resultOf(b.recv(packet)), SUCCESS);
  }
});
