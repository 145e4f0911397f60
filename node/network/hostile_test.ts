import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Connection, Stream } from "@libp2p/interface";
import fc from "fast-check";
import { concatBytes, utf8ToBytes } from "../core/bytes.ts";
import { ed25519KeyFromSeed } from "../core/crypto/mod.ts";
import { libp2pParts, withoutChannels } from "./_libp2p_load.ts";
import { stopWhole, watchTimers } from "./_leftovers.ts";
import type { Node } from "./_node.ts";
import { encodeNeighbours, HOP } from "./_neighbours.ts";
import { nodeKeyOf } from "./peer_id.ts";
import { NEIGHBOURS_TAG, PROTOCOLS, TOPICS, wireNames } from "./channels.ts";
import { encodeFrame } from "./frames.ts";
import { encodeHello } from "./hello.ts";
import { BURST_SECONDS, CHANNEL_RATES, SEND_QUEUE_BYTES_MAX, WRITE_TIMEOUT_MS } from "./limits.ts";
import { seedOf, TestNode } from "./_testing.ts";

const SESSION = "/catenary/test-1/1";
const GOSSIP = "/meshsub/1.2.0";
const HELLO = encodeFrame(
  encodeHello({ chainId: "test-1", moniker: "m", software: "0", validatorProof: new Uint8Array() }),
  0,
);

/** A peer that does with libp2p what it likes. */
class Attacker {
  readonly #node: Node;
  #target = "";

  private constructor(node: Node) {
    this.#node = node;
  }

  static async start(n: number): Promise<Attacker> {
    const parts = await libp2pParts();
    const { publicKey } = ed25519KeyFromSeed(seedOf(n));
    const node = await withoutChannels(async () => {
      const made = await parts.createLibp2p({
        start: false,
        privateKey: parts.privateKeyFromRaw(concatBytes(seedOf(n), publicKey)),
        transports: [parts.tcp()],
        connectionEncrypters: [parts.noise()],
        streamMuxers: [parts.yamux()],
        connectionManager: { reconnectRetries: 0 },
        services: {
          identify: parts.identify(),
          pubsub: parts.gossipsub({ globalSignaturePolicy: "StrictNoSign" }) as never,
        },
      });
      await made.peerStore.has(made.peerId);
      return made as unknown as Node;
    });
    watchTimers(node);
    await node.start();
    // As a peer that takes part: the other side waits for that before it speaks of it.
    for (const topic of TOPICS) node.services.pubsub.subscribe(wireNames("test-1").topic(topic));
    return new Attacker(node);
  }

  get id(): string {
    return this.#node.peerId.toString();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await stopWhole(this.#node);
  }

  async connect(node: TestNode): Promise<Connection> {
    this.#target = node.address;
    const { multiaddr } = await libp2pParts();
    return await this.#node.dial(multiaddr(this.#target));
  }

  /** On a connection that is there or a new one; the other side may just be ending the old one. */
  async stream(node: TestNode, protocol: string, again = () => {}): Promise<Stream> {
    for (let attempt = 0;; attempt++) {
      try {
        const connection = await this.connect(node);
        return await connection.newStream([protocol]);
      } catch (error) {
        if (attempt === 20) throw error;
        await new Promise((resolve) => setTimeout(resolve, 10));
        again();
      }
    }
  }

  async hangUp(): Promise<void> {
    for (const connection of this.#node.getConnections()) connection.abort(new Error("gone"));
    await Promise.resolve();
  }

  /** Connected with a hello of its own. */
  async greet(node: TestNode): Promise<Stream> {
    const stream = await this.stream(node, SESSION);
    stream.send(HELLO);
    await node.until("the greeting", () => node.net.peers.some(({ id }) => id === this.id));
    return stream;
  }
}

/** Sends, unless the other side has ended the stream meanwhile. */
function sendAnyhow(stream: Stream, bytes: Uint8Array): void {
  try {
    stream.send(bytes);
  } catch {
    // Cut off: that is what is wanted.
  }
}

const closed = (stream: Stream) =>
  stream.status !== "open"
    ? Promise.resolve()
    : new Promise<void>((resolve) => stream.addEventListener("close", () => resolve(), { once: true }));

/** The node still works: an honest peer comes and its message arrives. */
async function assertServes(node: TestNode, n: number): Promise<void> {
  await using honest = await TestNode.start(n, { bootstrap: [node.address] });
  await honest.until("the node", () => honest.net.peers.length === 1);
  honest.net.publish("consensus", utf8ToBytes(`from ${n}`));
  await node.until("the message", () => node.published.includes(`from ${n}`));
}

Deno.test("hostile: random bytes on any protocol end the stream and nothing else", async () => {
  let now = 1e12;
  await using node = await TestNode.start(1, { dht: true, ban_ms: 0 }, { now: () => now });
  await using attacker = await Attacker.start(2);
  const protocols = [
    "instead of a hello",
    "after the hello",
    GOSSIP,
    "/catenary/test-1/blocks/1",
    "/catenary/test-1/kad/1",
    "/ipfs/id/push/1.0.0",
  ];
  const ended: string[] = [];
  const attack = async (protocol: string, bytes: Uint8Array) => {
    // Who was no use is left alone for a while. That is over now, and again if the node only now finds out about the last one.
    const later = () => void (now += 1e7);
    later();
    const first = await attacker.stream(node, SESSION, later);
    if (protocol !== "instead of a hello") first.send(HELLO);
    const onSession = protocol.endsWith("hello");
    if (!onSession) await node.until("the greeting", () => node.net.peers.some(({ id }) => id === attacker.id));
    const stream = onSession ? first : await attacker.stream(node, protocol, later);
    sendAnyhow(stream, bytes);
    await stream.close().catch(() => {});
    ended.push(protocol);
    await attacker.hangUp();
    await node.until("its leaving", () => node.net.peers.length === 0);
  };
  const bytes = fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 2000 }), almostFrames());
  await fc.assert(fc.asyncProperty(fc.constantFrom(...protocols), bytes, attack), { numRuns: 40 });
  assertEquals(new Set(ended).size, protocols.length);
  assertEquals(node.problems, []);
  await assertServes(node, 3);
});

/** Frames with random channels and contents, which get past the head. */
const almostFrames = () =>
  fc.array(fc.tuple(fc.uint8Array({ maxLength: 50 }), fc.nat(8)), { maxLength: 20 })
    .map((frames) => concatBytes(...frames.map(([bytes, tag]) => encodeFrame(bytes, tag))));

Deno.test("hostile: a connection without hello is ended, and the peer is left alone for a while", async () => {
  const timings = { helloMs: 50 };
  await using node = await TestNode.start(1, {}, { timings });
  await using attacker = await Attacker.start(2);
  const connection = await attacker.connect(node);
  await new Promise<void>((resolve) => connection.addEventListener("close", () => resolve()));
  await assertRejects(() => attacker.stream(node, SESSION));
  assertEquals(node.reports, []);
});

Deno.test("hostile: oversized frames and messages before the hello are reported and end in a ban", async () => {
  await using node = await TestNode.start(1);
  await using attacker = await Attacker.start(2);
  const stream = await attacker.stream(node, SESSION);
  stream.send(encodeFrame(new Uint8Array(3), 1));
  await closed(stream);
  assertEquals(node.reports, ["bad_hello"]);
  const second = await attacker.greet(node);
  const head = encodeFrame(new Uint8Array(), 4);
  new DataView(head.buffer).setUint32(0, 5000);
  second.send(head);
  await closed(second);
  await node.until("the ban", () => node.net.bans.length === 1);
  assertEquals(node.reports, ["bad_hello", "oversized", "banned for oversized"]);
  assertEquals(node.net.bans[0]!.peer, attacker.id);
  await assertRejects(() => attacker.stream(node, SESSION));
  await assertServes(node, 3);
});

Deno.test("hostile: a flood of messages is dropped, reported once a second, and banned in the end", async () => {
  let now = 1e12;
  await using node = await TestNode.start(1, {}, { now: () => now });
  await using attacker = await Attacker.start(2);
  const stream = await attacker.greet(node);
  const most = CHANNEL_RATES.sync.messagesPerSecond * BURST_SECONDS;
  const flood = concatBytes(...Array.from({ length: 2 * most }, () => encodeFrame(new Uint8Array(4), 4)));
  stream.send(flood);
  await node.until("the first report", () => node.reports.length === 1);
  for (let second = 1; node.net.bans.length === 0; second++) {
    assert(second < 60, `reports: ${node.reports}`);
    now += 1000;
    const before = node.reports.length;
    sendAnyhow(stream, flood);
    await node.until("the next report", () => node.reports.length > before);
  }
  assertEquals(new Set(node.reports), new Set(["flood", "banned for flood"]));
  assert(node.messages.length < most + 60 * CHANNEL_RATES.sync.messagesPerSecond);
  await assertServes(node, 3);
});

Deno.test("hostile: gossip that does not decode, is too long or cannot be read is reported", async () => {
  await using node = await TestNode.start(1);
  const cases: [number, Uint8Array, string][] = [
    [2, Uint8Array.of(3, 0xff, 0xff, 0xff), "gossip_undecodable"],
    [3, Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f), "oversized"],
    [4, rpcOf("/catenary/test-1/consensus/1", new Uint8Array(300_000)), "oversized"],
  ];
  for (const [n, bytes, code] of cases) {
    await using attacker = await Attacker.start(n);
    await attacker.greet(node);
    const stream = await attacker.stream(node, GOSSIP);
    stream.send(bytes);
    await node.until(code, () => node.reports.includes(code));
    assertEquals(node.reports.splice(0), [code]);
  }
  await assertServes(node, 5);
  assertEquals(node.published.length, 1);
});

const varint = (value: number): Uint8Array =>
  value < 128 ? Uint8Array.of(value) : concatBytes(Uint8Array.of(value & 127 | 128), varint(value >>> 7));

/** A gossipsub RPC with one message, prefixed by its length: RPC.publish = 2, Message.data = 2, Message.topic = 4. */
function rpcOf(topic: string, data: Uint8Array): Uint8Array {
  const field = (number: number, bytes: Uint8Array) =>
    concatBytes(Uint8Array.of(number << 3 | 2), varint(bytes.length), bytes);
  const rpc = field(2, concatBytes(field(2, data), field(4, utf8ToBytes(topic))));
  return delimited(rpc);
}

/** A message with its length before it. */
function delimited(message: Uint8Array): Uint8Array {
  return concatBytes(varint(message.length), message);
}

Deno.test("hostile: messages of a peer that has not said hello are not looked at", async () => {
  await using node = await TestNode.start(1);
  await using attacker = await Attacker.start(2);
  const stream = await attacker.stream(node, GOSSIP);
  const message = (text: string) =>
    rpcOf("/catenary/test-1/consensus/1", concatBytes(Uint8Array.of(0), utf8ToBytes(text)));
  stream.send(message("before"));
  await attacker.greet(node);
  stream.send(message("after"));
  await node.until("the message", () => node.published.length > 0);
  assertEquals(node.published, ["after"]);
});

Deno.test("hostile: a peer that passes a message on to one only cannot keep it from its neighbours", async () => {
  await using a = await TestNode.start(1);
  await using b = await TestNode.start(2, { bootstrap: [a.address] });
  await using attacker = await Attacker.start(3);
  for (const node of [a, b]) {
    const session = await attacker.greet(node);
    // True as it is; and both of them say that they reach the attacker.
    const keys = [a, b].map(({ net }) => nodeKeyOf(net.self)).map((key) => key.ok ? key.value : new Uint8Array());
    session.send(encodeFrame(encodeNeighbours(keys), NEIGHBOURS_TAG));
  }
  for (const node of [a, b]) await node.until("two peers", () => node.net.peers.length === 2);
  const stream = await attacker.stream(a, GOSSIP);
  /** Whether a message that only `a` is sent goes on to `b`. */
  const goesOn = async (hop: number, text: string) => {
    stream.send(rpcOf("/catenary/test-1/consensus/1", concatBytes(Uint8Array.of(hop), utf8ToBytes(text))));
    await a.until("the message", () => a.published.includes(text));
    // What a sends to b comes before the answer to this.
    const limits = { frameBytesMax: 10, framesMax: 1, timeoutMs: 20_000 };
    for await (const _ of a.net.request(b.net.self, "blocks", new Uint8Array(1), limits));
    return b.published.includes(text);
  };
  // Its own message it may keep from b, as it always could: that shows that a knows of their being neighbours.
  for (let i = 0; await goesOn(HOP.author, `own ${i}`); i++) assert(i < 50);
  assert(await goesOn(HOP.passedOn, "of somebody else"));
  assertEquals(a.reports, []);
});

Deno.test("hostile: a peer that reads nothing fills its queue only, and is cut off", async () => {
  let now = 1e12;
  await using node = await TestNode.start(1, {}, { now: () => now });
  await using attacker = await Attacker.start(2);
  const stream = await attacker.greet(node);
  stream.pause();
  let taken = 0;
  while (node.net.send(attacker.id, "transactions", new Uint8Array(1_000_000))) {
    taken += 1_000_000;
    await new Promise((resolve) => setTimeout(resolve));
  }
  assert(taken < 2 * SEND_QUEUE_BYTES_MAX, `${taken} bytes`);
  // Two looks: one that finds what waits, one that finds it still waiting.
  await node.until("a look", () => true);
  const ended = closed(stream);
  const clock = setInterval(() => now += WRITE_TIMEOUT_MS, 100);
  await ended;
  clearInterval(clock);
  assertEquals(node.reports, ["slow"]);
});

Deno.test("hostile: questions that are too long, too many or never asked do not keep others from asking", async () => {
  await using node = await TestNode.start(1);
  await using attacker = await Attacker.start(2);
  await attacker.greet(node);
  // More than may be open at once, of each kind; none of them asks.
  const kinds = PROTOCOLS.flatMap((protocol) =>
    Array.from({ length: 25 }, () => wireNames("test-1").protocol(protocol))
  );
  const open = await Promise.allSettled(kinds.map((protocol) => attacker.stream(node, protocol)));
  const streams = open.flatMap((result) => result.status === "fulfilled" ? [result.value] : []);
  await using honest = await TestNode.start(3, { bootstrap: [node.address] });
  await honest.until("the node", () => honest.net.peers.length === 1);
  const limits = { frameBytesMax: 100, framesMax: 1, timeoutMs: 20_000 };
  for await (const frame of honest.net.request(node.net.self, "blocks", Uint8Array.of(1, 2), limits)) {
    assertEquals(frame, Uint8Array.of(1, 2));
  }
  const long = streams.find(({ status }) => status === "open")!;
  sendAnyhow(long, encodeFrame(new Uint8Array(5000)));
  await node.until("the report", () => node.reports.includes("oversized"));
});

Deno.test("hostile: connections that never finish their handshake do not keep others out", async () => {
  await using node = await TestNode.start(1, {}, { timings: { handshakeMs: 2_000 } });
  const port = Number(/tcp\/(\d+)/.exec(node.address)![1]);
  const dials = Array.from({ length: 60 }, () => Deno.connect({ hostname: "127.0.0.1", port }));
  const idle = (await Promise.allSettled(dials)).flatMap((dial) => dial.status === "fulfilled" ? [dial.value] : []);
  assert(idle.length > 0);
  try {
    // Not from this address, though: it has used up its share. What waits is cut off in time.
    const buffer = new Uint8Array(1024);
    await Promise.all(idle.map(async (socket) => {
      while (await socket.read(buffer).catch(() => null) !== null);
    }));
    await assertServes(node, 2);
  } finally {
    for (const socket of idle) socket.close();
  }
});

/** Fields of a message of two bytes each, which make something each. */
const emptyFields = (tag: number, length: number) => new Uint8Array(length).map((_, i) => i % 2 === 0 ? tag : 0);

Deno.test("hostile: messages of libp2p's own protocols that are long for what they say are not read", async () => {
  // No time passes, so that what comes adds up to a flood on a machine of any speed.
  await using node = await TestNode.start(1, { dht: true }, { now: () => 1e12 });
  const DHT = "/catenary/test-1/kad/1";
  await using attacker = await Attacker.start(2);
  await attacker.greet(node);
  // FIND_NODE, and two million peers of which nothing is said.
  const question = concatBytes(Uint8Array.of(8, 4), emptyFields(0x42, 3_900_000));
  const stream = await attacker.stream(node, DHT);
  sendAnyhow(stream, delimited(question));
  await closed(stream);
  assertEquals(node.reports.splice(0), ["oversized"]);
  const gossip = await attacker.stream(node, GOSSIP);
  const control = delimited(emptyFields(0x1a, 2_000_000));
  for (let i = 0; i < 60 && !node.reports.includes("flood"); i++) {
    sendAnyhow(gossip, control);
    while (gossip.writeBufferLength > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await node.until("the report of a flood", () => node.reports.includes("flood"));
  // Without a hello neither of them.
  await using stranger = await Attacker.start(3);
  const before = await stranger.stream(node, GOSSIP);
  sendAnyhow(before, control);
  const asked = await stranger.stream(node, DHT);
  sendAnyhow(asked, delimited(question));
  await closed(asked);
  await node.until("the report", () => node.reports.includes("oversized"));
  await assertServes(node, 4);
});
