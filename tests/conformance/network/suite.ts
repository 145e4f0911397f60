/** What every network of peers must do, whatever carries it. Run by `network_test.ts` for each implementation. @module */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ed25519Address, ed25519KeyFromSeed } from "../../../node/core/crypto/mod.ts";
import { IoError } from "../../../node/core/errors.ts";
import { makeValidatorProof, nodeKeyOf, peerIdOfSeed } from "../../../node/network/mod.ts";
import {
  type NetworkObserver,
  type PeerNetwork,
  REQUEST_BYTES_MAX,
  type RequestLimits,
} from "../../../node/network/ports.ts";
import { Recorder } from "./recorder.ts";

/** How a node differs from the others. */
export interface MemberOptions {
  readonly chainId?: string;
  readonly banMs?: number;
  readonly validatorProof?: Uint8Array;
  readonly observer?: NetworkObserver;
  readonly now?: () => number;
}

/** Nodes that find each other. */
export interface World {
  /** Node `n`, not started; it will find those that run. May be made again after it was stopped: the same node returns. */
  node(n: number, options?: MemberOptions): PeerNetwork;
  close(): Promise<void>;
}

/** One implementation. */
export interface NetworkUnderTest {
  readonly name: string;
  open(): World;
}

interface Member {
  readonly net: PeerNetwork;
  readonly told: Recorder;
}

const bytes = (...values: number[]) => Uint8Array.from(values);
const LIMITS: RequestLimits = { frameBytesMax: 100_000, framesMax: 10, timeoutMs: 20_000 };
export const seedOf = (n: number) => new Uint8Array(32).fill(n);

class Scene {
  readonly #world: World;
  readonly #members = new Set<Member>();

  constructor(world: World) {
    this.#world = world;
  }

  async start(n: number, options: MemberOptions = {}, told = new Recorder()): Promise<Member> {
    const member = { net: this.#world.node(n, options), told };
    this.#members.add(member);
    await member.net.start(told);
    return member;
  }

  /** Nodes 1 to `count`, all connected with each other. */
  async together(count: number, options: MemberOptions = {}): Promise<Member[]> {
    const members: Member[] = [];
    for (let n = 1; n <= count; n++) members.push(await this.start(n, options));
    await this.allConnected(members);
    return members;
  }

  async allConnected(members: readonly Member[]): Promise<void> {
    for (const { net, told } of members) {
      await told.until(`${members.length - 1} peers`, () => net.peers.length === members.length - 1);
    }
  }

  async stop(member: Member): Promise<void> {
    this.#members.delete(member);
    await member.net.stop();
  }

  async close(): Promise<void> {
    for (const member of this.#members) await member.net.stop();
    await this.#world.close();
  }
}

async function all(frames: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const out: Uint8Array[] = [];
  for await (const frame of frames) out.push(frame);
  return out;
}

async function failsWith(code: string, action: () => Promise<unknown>): Promise<void> {
  const error = await assertRejects(action, IoError);
  assertEquals(error.code, code, error.message);
}

type Test = (title: string, body: (scene: Scene) => Promise<void>) => void;

/** Registers the suite for one implementation. */
export function networkSuite({ name, open }: NetworkUnderTest): void {
  const test: Test = (title, body) =>
    Deno.test(`network ${name}: ${title}`, async () => {
      const scene = new Scene(open());
      try {
        await body(scene);
      } finally {
        await scene.close();
      }
    });
  peerTests(test);
  topicTests(test);
  channelTests(test);
  requestTests(test);
  scoreTests(test);
}

function peerTests(test: Test): void {
  test("peers that join are told to both sides with what their hello says, those that leave too", async (scene) => {
    const [a, b] = await scene.together(2) as [Member, Member];
    assertEquals(a.net.self, peerIdOfSeed(seedOf(1)));
    for (const [one, other] of [[a, b], [b, a]] as const) {
      const view = one.told.joined[0]!;
      assertEquals(view.id, other.net.self);
      assertEquals(view.moniker, `node ${other === a ? 1 : 2}`);
      assertEquals(view.version, "0.1.0");
      assertEquals(view.validator, undefined);
      assertEquals(view.score, 0);
      const key = nodeKeyOf(view.id);
      assert(key.ok);
      assertEquals(view.nodeKey, key.value);
      assertEquals(one.net.peers.map(({ id }) => id), [other.net.self]);
    }
    assert(a.net.addresses.every((address) => address.includes(a.net.self)) && a.net.addresses.length > 0);
    await scene.stop(b);
    await a.told.until("leaving", () => a.told.left.length === 1);
    assertEquals(a.told.left, [b.net.self]);
    assertEquals(a.net.peers, []);
  });

  test("a node that is restarted is met again by itself", async (scene) => {
    const [a, b] = await scene.together(2) as [Member, Member];
    await scene.stop(b);
    await a.told.until("leaving", () => a.told.left.length === 1);
    const again = await scene.start(2);
    await scene.allConnected([a, again]);
    assertEquals(a.told.joined.map(({ id }) => id), [b.net.self, b.net.self]);
    a.net.send(b.net.self, "sync", bytes(1));
    await again.told.until("the message", () => again.told.messages.length === 1);
  });

  test("nodes of another chain are not let in", async (scene) => {
    const [a] = await scene.together(1) as [Member];
    const foreign = await scene.start(2, { chainId: "other-1" });
    const c = await scene.start(3);
    await scene.allConnected([a, c]);
    assertEquals(foreign.net.peers, []);
    assertEquals([...a.told.joined, ...c.told.joined].some(({ id }) => id === foreign.net.self), false);
  });

  test("a validator's proof is shown; one made for another node is held against the peer", async (scene) => {
    const key = ed25519KeyFromSeed(seedOf(77));
    const proof = makeValidatorProof(key, "conformance-1", peerIdOfSeed(seedOf(2)));
    const reported: string[] = [];
    const told = new Recorder();
    const observer = {
      ...silent,
      reported: (code: string) => {
        reported.push(code);
        told.changed();
      },
    };
    const a = await scene.start(1, { observer }, told);
    const b = await scene.start(2, { validatorProof: proof });
    await scene.allConnected([a, b]);
    assertEquals(a.told.joined[0]!.validator, ed25519Address(key.publicKey));
    const thief = await scene.start(3, { validatorProof: proof });
    const d = await scene.start(4);
    await d.told.until("two peers", () => d.net.peers.length >= 2);
    await a.told.until("the report", () => reported.includes("bad_proof"));
    assertEquals(a.net.peers.some(({ id }) => id === thief.net.self), false);
  });

  test("after stop() nothing is told or sent, and stopping again does no harm", async (scene) => {
    const [a, b] = await scene.together(2) as [Member, Member];
    await scene.stop(a);
    await b.told.until("leaving", () => b.told.left.length === 1);
    assertEquals(a.net.send(b.net.self, "sync", bytes(1)), false);
    a.net.publish("consensus", bytes(1));
    await a.net.stop();
    assertEquals([a.net.peers, a.net.addresses, a.told.left], [[], [], []]);
    await failsWith("peer_unknown", () => all(a.net.request(b.net.self, "blocks", bytes(), LIMITS)));
  });
}

const silent: NetworkObserver = {
  sent: () => {},
  received: () => {},
  verdict: () => {},
  reported: () => {},
  banned: () => {},
};

function topicTests(test: Test): void {
  test("what is published reaches everybody else once", async (scene) => {
    const members = await scene.together(4);
    const [a] = members as [Member];
    for (let i = 0; i < 20; i++) a.net.publish("transactions", bytes(i));
    a.net.publish("transactions", bytes(3));
    a.net.publish("evidence", new Uint8Array(200_000).fill(5));
    for (const { told } of members.slice(1)) {
      await told.until("all messages", () => told.published.length === 21);
      assertEquals(told.published.map(({ bytes: [first] }) => first).sort((x, y) => x! - y!).slice(0, 6), [
        0,
        1,
        2,
        3,
        4,
        5,
      ]);
      assertEquals(told.published.filter(({ topic }) => topic === "evidence").map((m) => m.bytes.length), [200_000]);
    }
    assertEquals(a.told.published, []);
  });

  test("a message that is ignored or rejected is not passed on, one that is accepted is", async (scene) => {
    const verdicts: string[] = [];
    const told = new Recorder();
    const verdict = (_topic: string, verdict: string) => {
      verdicts.push(verdict);
      told.changed();
    };
    const a = await scene.start(1);
    const b = await scene.start(2, { observer: { ...silent, verdict } }, told);
    b.told.judge = ([first]) => Promise.resolve(first === 1 ? "accept" : first === 2 ? "ignore" : "reject");
    await scene.allConnected([a, b]);
    for (const n of [2, 3, 1]) a.net.publish("consensus", bytes(n, 9));
    await b.told.until("three messages", () => verdicts.length === 3);
    assertEquals(verdicts.sort(), ["accept", "ignore", "reject"]);
    assert(b.net.peers[0]!.score < 0, "the rejected message counts against its sender");
    assertEquals(a.net.peers[0]!.score, 0);
  });

  test("a handler that throws makes a message ignored and nothing else", async (scene) => {
    const [a, b] = await scene.together(2) as [Member, Member];
    b.told.judge = ([first]) => {
      if (first === 1) throw new Error("a bug");
      return "accept";
    };
    a.net.publish("consensus", bytes(1));
    a.net.publish("consensus", bytes(2));
    await b.told.until("both", () => b.told.published.length === 2);
    assertEquals(b.net.peers.map(({ score }) => score), [0]);
  });
}

function channelTests(test: Test): void {
  test("messages of a channel come in their order, of all sizes", async (scene) => {
    const [a, b] = await scene.together(2) as [Member, Member];
    const sizes = [0, 1, 100, 70_000, 5, 250_000, 3];
    for (const [i, size] of sizes.entries()) {
      const message = new Uint8Array(size).fill(i);
      assert(a.net.send(b.net.self, "consensus", message));
    }
    await b.told.until("all", () => b.told.messages.length === sizes.length);
    assertEquals(b.told.messages.map((m) => m.bytes.length), sizes);
    assert(b.told.messages.every(({ bytes: got }, i) => got.every((byte) => byte === i)));
    assertEquals(new Set(b.told.messages.map(({ from, channel }) => `${from} ${channel}`)).size, 1);
    const [seen] = b.net.peers;
    assert(seen!.messagesReceived >= sizes.length && seen!.bytesReceived >= 320_000);
    assert(a.net.peers[0]!.bytesSent >= 320_000);
  });

  test("the next message of a channel waits for the handler, other channels do not", async (scene) => {
    const [a, b] = await scene.together(2) as [Member, Member];
    const gate = Promise.withResolvers<void>();
    b.told.handle = ([first]) => first === 1 ? gate.promise : undefined;
    for (const n of [1, 2, 3]) a.net.send(b.net.self, "sync", bytes(n));
    a.net.send(b.net.self, "evidence", bytes(9));
    await b.told.until("the other channel", () => b.told.messages.some(({ channel }) => channel === "evidence"));
    assertEquals(b.told.messages.filter(({ channel }) => channel === "sync").length, 1);
    gate.resolve();
    await b.told.until("all", () => b.told.messages.length === 4);
    assertEquals(b.told.messages.filter((m) => m.channel === "sync").map((m) => m.bytes[0]), [1, 2, 3]);
  });

  test("send() answers false once a peer that takes nothing has too much waiting, and all that was taken comes", async (scene) => {
    const [a, b] = await scene.together(2) as [Member, Member];
    const gate = Promise.withResolvers<void>();
    b.told.handle = () => gate.promise;
    const chunk = new Uint8Array(1_000_000);
    let taken = 0;
    // The event loop turns, so that what can leave does.
    while (a.net.send(b.net.self, "transactions", chunk)) {
      assert(++taken < 200, "nothing bounds what waits");
      await new Promise((resolve) => setTimeout(resolve));
    }
    gate.resolve();
    await b.told.until("all of it", () => b.told.messages.length === taken);
    assert(a.net.send(b.net.self, "sync", bytes(1)));
    assertEquals(a.net.send(peerIdOfSeed(seedOf(200)), "sync", bytes(1)), false);
  });
}

function requestTests(test: Test): void {
  test("a question is answered by the frames of the answer", async (scene) => {
    const [a, b] = await scene.together(2) as [Member, Member];
    b.told.answer = async function* (body) {
      for (let i = 0; i < body[0]!; i++) yield await Promise.resolve(new Uint8Array(i * 10_000).fill(i));
    };
    const frames = await all(a.net.request(b.net.self, "blocks", bytes(10), LIMITS));
    assertEquals(frames.map((f) => f.length), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => i * 10_000));
    assert(frames.every((frame, i) => frame.every((byte) => byte === i)));
    assertEquals(await all(a.net.request(b.net.self, "chunks", bytes(0), LIMITS)), []);
    const many = Array.from({ length: 40 }, () => all(a.net.request(b.net.self, "blocks", bytes(3), LIMITS)));
    assertEquals((await Promise.all(many)).map((got) => got.length), Array(40).fill(3));
    const longest = new Uint8Array(REQUEST_BYTES_MAX).fill(1);
    assertEquals((await all(a.net.request(b.net.self, "snapshots", longest, LIMITS))).length, 1);
  });

  test("an answer that is cut short, too long or of too many frames ends with an error", async (scene) => {
    const [a, b] = await scene.together(2) as [Member, Member];
    b.told.answer = async function* (body) {
      yield await Promise.resolve(bytes(1));
      if (body[0] === 1) throw new Error("cannot go on");
      yield new Uint8Array(body[0] === 2 ? LIMITS.frameBytesMax + 1 : 1);
      for (let i = 0; i < 20; i++) yield bytes(i);
    };
    const got: Uint8Array[] = [];
    await failsWith("answer_cut", async () => {
      for await (const frame of a.net.request(b.net.self, "blocks", bytes(1), LIMITS)) got.push(frame);
    });
    assertEquals(got, [bytes(1)]);
    await failsWith("answer_too_long", () => all(a.net.request(b.net.self, "blocks", bytes(2), LIMITS)));
    await failsWith("answer_too_long", () => all(a.net.request(b.net.self, "blocks", bytes(3), LIMITS)));
    assertEquals(a.net.bans.map(({ peer }) => peer), [b.net.self], "two oversized answers ban");
  });

  test("a question to a peer that does not answer ends in time, by the signal, or with the peer", async (scene) => {
    const [a, b] = await scene.together(2) as [Member, Member];
    const never = Promise.withResolvers<void>();
    b.told.answer = async function* () {
      await never.promise;
      yield bytes();
    };
    const ask = (limits: RequestLimits) => all(a.net.request(b.net.self, "blocks", bytes(), limits));
    await failsWith("answer_slow", () => ask({ ...LIMITS, timeoutMs: 20 }));
    const controller = new AbortController();
    const aborted = failsWith("request_aborted", () => ask({ ...LIMITS, signal: controller.signal }));
    controller.abort();
    await aborted;
    const abandoned = failsWith("peer_gone", () => ask(LIMITS));
    await scene.stop(b);
    await abandoned;
    never.resolve();
    await failsWith("peer_unknown", () => ask(LIMITS));
  });

  test("an asker that has enough ends the answer", async (scene) => {
    const [a, b] = await scene.together(2) as [Member, Member];
    const ended = Promise.withResolvers<void>();
    b.told.answer = async function* () {
      try {
        for (;;) yield await Promise.resolve(new Uint8Array(50_000));
      } finally {
        ended.resolve();
      }
    };
    for await (const frame of a.net.request(b.net.self, "blocks", bytes(), LIMITS)) {
      assertEquals(frame.length, 50_000);
      break;
    }
    await ended.promise;
  });
}

function scoreTests(test: Test): void {
  test("reports lower a score, then ban and disconnect; a ban ends", async (scene) => {
    let now = 1_000_000;
    const seen: string[] = [];
    const observer = {
      ...silent,
      reported: (code: string) => void seen.push(code),
      banned: ({ reason }: { reason: string }) => void seen.push(`banned for ${reason}`),
    };
    const a = await scene.start(1, { observer, banMs: 5000, now: () => now });
    const b = await scene.start(2);
    await scene.allConnected([a, b]);
    a.net.report(b.net.self, "bad_signature", "a vote");
    assertEquals(a.net.peers[0]!.score, -50);
    assertEquals(a.net.bans, []);
    a.net.report(b.net.self, "bad_signature", "another vote");
    assertEquals(a.net.bans, [{ peer: b.net.self, until: now + 5000, reason: "bad_signature: another vote" }]);
    await Promise.all([a, b].map(({ told }) => told.until("leaving", () => told.left.length === 1)));
    assertEquals(seen, ["bad_signature", "bad_signature", "banned for bad_signature: another vote"]);
    // Banned still: a newcomer is met, the banned one not.
    const c = await scene.start(3);
    await c.told.until("both", () => c.net.peers.length === 2);
    assertEquals(a.net.peers.map(({ id }) => id), [c.net.self]);
    now += 5000;
    assertEquals(a.net.bans, []);
    await scene.stop(b);
    const again = await scene.start(2);
    await again.told.until("both", () => again.net.peers.length === 2);
  });
}
