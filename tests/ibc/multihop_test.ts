// Channels over several connections (ICS-33) between whole chains: every header, tree and proof is real.
import { assert, assertEquals } from "@std/assert";
import { Order, type Packet, State } from "cosmjs-types/ibc/core/channel/v1/channel";
import {
  clientStatePath,
  connectionPath,
  decodeMultihopProofs,
  denomHash,
  encodeMultihopProofs,
  type MsgChannelCloseFrozen,
  MsgChannelCloseFrozenCodec,
  MULTIHOP_CODE,
  packetReceiptPath,
} from "../../node/core/ibc/mod.ts";
import {
  assertRefused,
  chanCloseConfirm,
  chanCloseInit,
  changed,
  chanOpenAck,
  chanOpenInit,
  chanOpenTry,
  encodeTyped,
  type End,
  escrowOf,
  eventsOf,
  eventValue,
  MOCK_PORT,
  MOCK_VERSION,
  mockKey,
  mockSend,
  modulesWithMock,
  Path,
  type PathOptions,
  recvPacket,
  SECOND,
  submitMisbehaviour,
  supply,
  TestChain,
  TestClock,
  timeout,
  timeoutOnClose,
  transfer,
  type Typed,
  voucher,
} from "../helpers/ibc/mod.ts";
import { DENOM } from "../bad_input/harness.ts";
import { valueOf } from "../helpers/mini_chain.ts";
import { MultihopPath, type Way } from "../helpers/multihop_path.ts";

const MOCK = { port: MOCK_PORT, version: MOCK_VERSION } as const;

interface RowOptions {
  readonly chains?: number;
  readonly ordered?: boolean;
  /** Of the single paths, in order. */
  readonly paths?: readonly PathOptions[];
}

const rows = new Map<string, readonly Path[]>();

/** Chains in a row with open connections between neighbours; opened once, then forked. */
function connections({ chains = 3, paths: options = [] }: RowOptions): Path[] {
  const key = JSON.stringify([chains, options], (_, value) => typeof value === "bigint" ? `${value}n` : value);
  let known = rows.get(key);
  if (known === undefined) {
    const clock = new TestClock();
    const row = Array.from({ length: chains }, (_, i) =>
      // Heights of different chains are far apart, so that none is taken for another's.
      new TestChain({
        chainId: `chain-${"abcde"[i]}-1`,
        clock,
        modules: modulesWithMock,
        initialHeight: BigInt(1 + 1_000 * i),
      }));
    known = row.slice(1).map((chain, i) =>
      new Path(row[i]!, chain, { ...MOCK, ...options[i] }).openClients().openConnection()
    );
    rows.set(key, known);
  }
  const clock = new TestClock((known[0]!.a.chain as TestChain).clock.now);
  const forks = [known[0]!.a, ...known.map(({ b }) => b)].map(({ chain }) => (chain as TestChain).fork(clock));
  return known.map((path, i) => path.over(forks[i]!, forks[i + 1]!));
}

/** Such a row with an open channel from its first chain to its last. */
function row(options: RowOptions = {}) {
  const path = new MultihopPath(connections(options), { ...MOCK, ordered: options.ordered ?? false });
  path.openChannel();
  const chainOf = (n: number) => (n < path.paths.length ? path.paths[n]!.a : path.b).chain as TestChain;
  return { path, a: chainOf(0), b: chainOf(1), last: chainOf(path.paths.length), clock: chainOf(0).clock };
}

/** The packet that the mock application sends from an end. */
function send(end: End, packet: Parameters<typeof mockSend>[2] = {}): Packet {
  const timeout = { timeoutTimestamp: end.chain.clock.now + 3_600n * SECOND };
  return end.sent(end.do(mockSend(end.chain.relayer, end.channelId, { ...timeout, ...packet })))[0]!;
}

/** How often the mock application of an end has noted something. */
function noted({ chain, portId, channelId }: End, what: string, sequence = 1n): number {
  return chain.prove("mock", mockKey(what, { portId, channelId }, sequence)).value?.[0] ?? 0;
}

const refusal = (code: keyof typeof MULTIHOP_CODE) => ["multihop", MULTIHOP_CODE[code]] as const;

Deno.test("a channel opens over two, three and four connections; both ends name the way from their side", () => {
  for (const chains of [3, 4, 5]) {
    const { path } = row({ chains });
    const { a, b } = path;
    assertEquals(a.channel().state, State.STATE_OPEN);
    assertEquals(b.channel().state, State.STATE_OPEN);
    assertEquals(a.channel().connectionHops, path.paths.map((each) => each.a.connectionId));
    assertEquals(b.channel().connectionHops, path.paths.map((each) => each.b.connectionId).reverse());
    assertEquals(a.channel().counterparty, { portId: MOCK_PORT, channelId: b.channelId });
    assertEquals(b.channel().counterparty, { portId: MOCK_PORT, channelId: a.channelId });
    assertEquals([noted(b, "confirm", 0n), b.channel().ordering], [1, Order.ORDER_UNORDERED]);
  }
});

Deno.test("packets and acknowledgements go both ways over one, two and three chains between, in order where wanted", () => {
  for (const [chains, ordered] of [[3, false], [3, true], [4, false], [5, true]] as const) {
    const { path } = row({ chains, ordered });
    for (const end of path.ends) {
      for (const data of ["ok", "fail", "ok"]) {
        const timeoutTimestamp = end.chain.clock.now + 600n * SECOND;
        end.do(mockSend(end.chain.relayer, end.channelId, { data, timeoutTimestamp }));
      }
    }
    while (path.relay() > 0);
    for (const end of path.ends) {
      // What the application of a packet that failed wrote down was taken back.
      assertEquals([1n, 2n, 3n].map((n) => noted(end.other, "recv", n)), [1, 0, 1]);
      assertEquals([1n, 2n, 3n].map((n) => noted(end, "ack", n)), [1, 1, 1]);
    }
  }
});

Deno.test("a packet is received once", () => {
  const { path } = row();
  const packet = send(path.a);
  path.b.recv(packet);
  path.b.updateClient();
  assertEquals(eventsOf(path.b.do(recvPacket(path.b, packet)), "recv_packet"), []);
  assertEquals(noted(path.b, "recv"), 1);
});

Deno.test("a timeout counts by the height and the time of the other end, not of the chains between", () => {
  const { path, a, b, last, clock } = row();
  // From the last chain to the first, which is at a far lower height than the one between.
  const byHeight = send(path.b, { timeoutTimestamp: 0n, timeoutHeight: a.ibcHeight(a.height + 20n) });
  assert(b.height > byHeight.timeoutHeight.revisionHeight);
  path.b.updateClient();
  assertRefused(last, "timeoutNotReached", () => path.b.try(timeout(path.b, byHeight)));
  while (a.height < byHeight.timeoutHeight.revisionHeight) a.nextBlock();
  path.b.timeout(byHeight);
  assertEquals(noted(path.b, "timeout", 1n), 1);

  const byTime = send(path.b, { timeoutTimestamp: clock.now + 60n * SECOND });
  path.b.updateClient();
  assertRefused(last, "timeoutNotReached", () => path.b.try(timeout(path.b, byTime)));
  clock.advance(60n * SECOND);
  path.b.timeout(byTime);
  assertEquals([noted(path.b, "timeout", 2n), path.b.channel().state], [1, State.STATE_OPEN]);
  // And it is too late to be received.
  path.a.updateClient();
  assertRefused(a, "timeoutElapsed", () => path.a.try(recvPacket(path.a, byTime)));
});

Deno.test("a packet that was received cannot time out; in an ordered channel one that was not closes it", () => {
  for (const ordered of [false, true]) {
    const { path, a, clock } = row({ ordered });
    const received = send(path.a, { timeoutTimestamp: clock.now + 60n * SECOND });
    path.b.recv(received);
    const lost = send(path.a, { timeoutTimestamp: clock.now + 60n * SECOND });
    clock.advance(60n * SECOND);
    path.a.updateClient();
    assertRefused(a, ordered ? "packetReceived" : "invalidProof", () => path.a.try(timeout(path.a, received)));
    path.a.timeout(lost);
    assertEquals(path.a.channel().state, ordered ? State.STATE_CLOSED : State.STATE_OPEN);
  }
});

Deno.test("an end closes after the other, and what was on its way then is taken back", () => {
  const { path, a } = row({ chains: 4 });
  const packet = send(path.a);
  path.b.do(chanCloseInit(path.b));
  path.a.updateClient();
  path.a.do(chanCloseConfirm(path.a));
  assertEquals([path.a.channel().state, path.b.channel().state], [State.STATE_CLOSED, State.STATE_CLOSED]);
  path.a.timeoutOnClose(packet);
  assertEquals(noted(path.a, "timeout"), 1);
  assertRefused(
    a,
    "invalidChannelState",
    () => path.a.try(mockSend(a.relayer, path.a.channelId, { timeoutTimestamp: 1n })),
  );
});

Deno.test("an end that is closed and a packet that is missing are proven of one moment", () => {
  const { path, a } = row();
  const { a: end, wayOfA: way, b: other } = path;
  const packet = send(end);
  way.update();
  const missing = end.prove(packetReceiptPath(packet.destinationPort, packet.destinationChannel, packet.sequence));
  const { rootHeight } = way.plan("x", 0n).requests[0]!;
  other.recv(packet);
  other.do(chanCloseInit(other));
  way.update();
  const honest = timeoutOnClose(end, packet);
  // The same first root for both, and an older root of the other end for the absence.
  const older = way.plan("x", 0n).requests[0]!.rootHeight.revisionHeight > rootHeight.revisionHeight;
  assertEquals([older, missing.value], [true, undefined]);
  const forged = way.proveBy(
    packetReceiptPath(packet.destinationPort, packet.destinationChannel, packet.sequence),
    rootHeight,
  );
  assertEquals(forged.height, honest.value.proofHeight);
  assertRefused(a, "invalidProof", () => end.try(honest));
  const refused = assertRefused(a, "invalidProof", () => end.try(changed(honest, { proofUnreceived: forged.proof })));
  assert(refused.log.includes("the packet missing at"), refused.log);
});

Deno.test("a channel over five connections, or over one that is not there, does not begin", () => {
  const { path, a } = row();
  const { a: end } = path;
  const [hop] = path.wayOfA.hops;
  end.connectionHops = [hop!, ...Array.from({ length: 4 }, (_, i) => `connection-${i}`)];
  assertRefused(a, "tooManyHops", () => end.try(chanOpenInit(end)));
  end.connectionHops = ["connection-77", hop!];
  assertRefused(a, "connectionNotFound", () => end.try(chanOpenInit(end)));
});

Deno.test("the way of the answer is the way of the beginning: another connection between the same chains is not", () => {
  const [ab, bc] = connections({});
  const other = new Path(ab!.a.chain, ab!.b.chain, MOCK);
  for (const [i, end] of other.ends.entries()) end.clientId = ab!.ends[i]!.clientId;
  for (const [i, end] of other.ends.entries()) end.clientHeight = ab!.ends[i]!.clientHeight;
  other.openConnection();
  const path = new MultihopPath([ab!, bc!], MOCK);
  const stranger = new MultihopPath([other, bc!], MOCK);
  path.a.channelId = eventValue(path.a.do(chanOpenInit(path.a)), "channel_open_init", "channel_id");
  stranger.a.channelId = path.a.channelId;
  const c = path.b.chain as TestChain;
  // Proven over the other connection, for a channel that says so.
  stranger.b.updateClient();
  assertRefused(c, "invalidProof", () => stranger.b.try(chanOpenTry(stranger.b)));
  // Proven over the other connection, for a channel over the first.
  const disguised = changed(chanOpenTry(stranger.b), ({ channel }) => ({
    channel: { ...channel, connectionHops: path.b.hops as string[] },
  }));
  assertRefused(c, refusal("wrongKey"), () => stranger.b.try(disguised));
  path.b.updateClient();
  path.b.channelId = eventValue(path.b.do(chanOpenTry(path.b)), "channel_open_try", "channel_id");
  // The answer names connections, too.
  path.a.updateClient();
  const answered = chanOpenAck(path.a);
  assertRefused(
    path.a.chain as TestChain,
    refusal("malformed"),
    () => path.a.try(changed(answered, ({ proofTry }) => ({ proofTry: flipped(proofTry) }))),
  );
  path.a.do(answered);
});

/** With one bit changed in the middle of a state that the proof carries. */
function flipped(proof: Uint8Array): Uint8Array {
  const at = new TextDecoder("latin1").decode(proof).lastIndexOf("/ibc.lightclients.tendermint.v1.ClientState");
  const bytes = proof.slice();
  bytes[at - 1]! ^= 1;
  return bytes;
}

Deno.test("a transfer over several connections has one hop in its denom, goes back, and is refunded when it is late", () => {
  for (const chains of [3, 4]) {
    const path = new MultihopPath(connections({ chains }));
    path.openChannel();
    const [{ a, b }, [sender, receiver]] = [
      path,
      path.ends.map(({ chain }) => (chain as TestChain).accounts[1]!.address.text),
    ];
    const [first, last] = path.ends.map(({ chain }) => chain as TestChain);
    const before = first!.balance(1);
    first!.deliverOk([encodeTyped(transfer(a, sender!, receiver!, 700n))], { signer: 1 });
    while (path.relay() > 0);
    const denom = denomHash(`transfer/${b.channelId}/${DENOM}`);
    assertEquals(voucher(DENOM, a), denom);
    assertEquals([last!.balance(1, denom), supply(last!, denom)], [700n, 700n]);
    assertEquals(first!.balance(escrowOf(a)), 700n);

    last!.deliverOk([encodeTyped(transfer(b, receiver!, sender!, 300n, { denom }))], { signer: 1 });
    while (path.relay() > 0);
    assertEquals([last!.balance(1, denom), supply(last!, denom), first!.balance(escrowOf(a))], [400n, 400n, 400n]);

    const timeoutTimestamp = last!.clock.now + 30n * SECOND;
    last!.deliverOk([encodeTyped(transfer(b, receiver!, sender!, 400n, { denom, timeoutTimestamp }))], { signer: 1 });
    assertEquals(supply(last!, denom), 0n);
    last!.clock.advance(30n * SECOND);
    for (const end of path.ends) end.chain.nextBlock();
    while (path.relay() > 0);
    assertEquals([last!.balance(1, denom), supply(last!, denom), first!.balance(escrowOf(a))], [400n, 400n, 400n]);
    assertEquals(before - first!.balance(1), 400n);
  }
});

/** Freezes the client of an end: its other chain is shown to have two blocks of one height. */
function freeze(end: End): void {
  const chain = end.other.chain as TestChain;
  const trusted = end.clientHeight;
  const twin = chain.fork(new TestClock(chain.clock.now));
  twin.clock.advance(SECOND);
  for (const each of [chain, twin]) each.nextBlock();
  const { height } = chain;
  end.do(submitMisbehaviour(end, chain.header(height, trusted), twin.header(height, trusted)));
}

/** The message that closes the channel of `end` for the client of its leg number `hop`. */
function closeFrozen(end: End, way: Way, hop: number): Typed<MsgChannelCloseFrozen> {
  const { connectionId, clientId } = way.legs[hop]!;
  const [ofConnection, ofClient] = [connectionPath(connectionId), clientStatePath(clientId)].map((key) =>
    way.assemble(way.plan(key, 0n, hop), true)
  );
  return {
    codec: MsgChannelCloseFrozenCodec,
    value: {
      portId: end.portId,
      channelId: end.channelId,
      proofConnection: ofConnection!.proof,
      proofClientState: ofClient!.proof,
      proofHeight: ofConnection!.height,
      signer: end.chain.relayer,
    },
  };
}

Deno.test("a frozen client in the middle stops the channel, and whoever proves it closes the end at once", () => {
  for (const chains of [3, 4]) {
    const { path, last } = row({ chains });
    const { wayOfB: way, b: end } = path;
    const packet = send(path.a);
    way.update();
    const before = recvPacket(end, packet);
    assertRefused(last, refusal("clientNotFrozen"), () => end.try(closeFrozen(end, way, chains - 2)));
    freeze(way.legs.at(-1)!);
    way.legs.slice(0, -1).toReversed().forEach((leg) => way.updateLeg(leg));
    assertRefused(last, refusal("clientFrozen"), () => end.try(recvPacket(end, packet)));
    // A root from before still convinces, for an hour at most: a copy of the chain shows it.
    const careless = last.fork();
    assertEquals(careless.relay([encodeTyped(before)]).code, 0);
    end.do(closeFrozen(end, way, chains - 2));
    assertEquals([end.channel().state, noted(end, "close", 0n)], [State.STATE_CLOSED, 1]);
    assertRefused(last, "invalidChannelState", () => end.try(before));
    assertRefused(last, "invalidChannelState", () => end.try(closeFrozen(end, way, chains - 2)));
  }
});

Deno.test("a client in the middle that has expired stops the channel, by the time of its own chain", () => {
  const { path, last, clock } = row({ paths: [{ client: { trustingPeriod: 600n * SECOND } }, {}] });
  const { b: end, wayOfB: way } = path;
  const packet = send(path.a);
  way.update();
  end.do(recvPacket(end, packet));
  const late = send(path.a);
  way.updateLeg(way.legs[1]!);
  clock.advance(600n * SECOND);
  // The neighbour says so itself, in a block after the period; nothing but the root of the source is old.
  way.updateLeg(way.legs[0]!);
  assertRefused(last, refusal("clientExpired"), () => end.try(recvPacket(end, late)));
});

Deno.test("roots that are more than an hour apart are too old, and newer ones do", () => {
  const { path, last, clock } = row();
  const { b: end, wayOfB: way } = path;
  const packet = send(path.a, { timeoutTimestamp: clock.now + 86_400n * SECOND });
  way.update();
  clock.advance(3_601n * SECOND);
  assertRefused(last, refusal("staleRoot"), () => end.try(recvPacket(end, packet)));
  way.updateLeg(way.legs[0]!);
  assertRefused(last, refusal("staleRoot"), () => end.try(recvPacket(end, packet)));
  way.update();
  end.do(recvPacket(end, packet));
});

Deno.test("packets wait for the longest delay of the way, and no step of the channel does", () => {
  const delayPeriod = 120n * SECOND;
  for (const paths of [[{ delayPeriod }, {}], [{}, { delayPeriod }]]) {
    const { path, last, clock } = row({ paths });
    const { b: end } = path;
    const packet = send(path.a);
    end.updateClient();
    const message = recvPacket(end, packet);
    assertRefused(last, "delayPeriodNotPassed", () => end.try(message));
    clock.advance(delayPeriod);
    // Thirty seconds to a block: four blocks.
    for (let i = 0; i < 4; i++) last.nextBlock();
    end.do(message);
    assertEquals(noted(end, "recv"), 1);
  }
});

Deno.test("a packet is not received by a proof in which any byte is another", () => {
  const { path, last } = row();
  const packet = send(path.a);
  path.b.updateClient();
  const message = recvPacket(path.b, packet);
  const { proofCommitment } = message.value;
  for (let at = 0; at < proofCommitment.length; at += 97) {
    const bytes = proofCommitment.slice();
    bytes[at]! ^= 1 << (at % 8);
    const delivered = path.b.try(changed(message, { proofCommitment: bytes }));
    assert(delivered.code !== 0, `byte ${at} may be changed`);
  }
  assertRefused(
    last,
    refusal("elements"),
    () => path.b.try(changed(message, ({ proofCommitment }) => ({ proofCommitment: withEntryTwice(proofCommitment) }))),
  );
  path.b.do(message);
});

/** With one connection more than there are. */
function withEntryTwice(bytes: Uint8Array): Uint8Array {
  const proofs = valueOf(decodeMultihopProofs(bytes));
  const [entry] = proofs.connectionProofs;
  return encodeMultihopProofs({ ...proofs, connectionProofs: [entry!, entry!] });
}
