import { assert, assertEquals } from "@std/assert";
import { utf8ToBytes } from "../core/bytes.ts";
import { ed25519Address, ed25519KeyFromSeed } from "../core/crypto/mod.ts";
import { GOSSIP_PENDING_BYTES_MAX } from "./limits.ts";
import { makeValidatorProof } from "./hello.ts";
import { peerIdOfSeed } from "./peer_id.ts";
import { P2P, seedOf, TestNode } from "./_testing.ts";

Deno.test("libp2p: a message goes on by way of a peer in between, from its author and from who passes it on", async () => {
  await using a = await TestNode.start(1);
  await using b = await TestNode.start(2, { bootstrap: [a.address] });
  await using c = await TestNode.start(3, { bootstrap: [b.address] });
  await using d = await TestNode.start(4, { bootstrap: [c.address] });
  await b.until("both neighbours", () => b.net.peers.length === 2);
  await c.until("both neighbours", () => c.net.peers.length === 2);
  await d.until("a neighbour", () => d.net.peers.length === 1);
  a.net.publish("consensus", utf8ToBytes("along the line"));
  await d.until("the message", () => d.published.length === 1);
  assertEquals([b, c, d].map(({ published }) => published), Array(3).fill(["along the line"]));
  assertEquals(a.published, []);
});

Deno.test("libp2p: among peers that all reach each other a message is sent to each once", async () => {
  const received = [0, 0, 0, 0];
  const observe = (n: number) => ({
    observer: {
      sent: () => {},
      received: (kind: string) => void (kind === "consensus" && received[n]!++),
      verdict: () => {},
      reported: () => {},
      banned: () => {},
    },
  });
  await using a = await TestNode.start(1, {}, observe(0));
  await using b = await TestNode.start(2, { bootstrap: [a.address] }, observe(1));
  await using c = await TestNode.start(3, { bootstrap: [a.address, b.address] }, observe(2));
  for (const node of [a, b, c]) await node.until("two peers", () => node.net.peers.length === 2);
  // What they tell each other about their neighbours travels behind their joining: from some round on it is known.
  for (let round = 0; received.join() !== "0,10,10,0"; round++) {
    assert(round < 50, `each got ${received}`);
    received.fill(0);
    for (let i = 0; i < 10; i++) a.net.publish("consensus", utf8ToBytes(`${round} ${i}`));
    for (const node of [b, c]) await node.until("all", () => node.published.length === 10 * (round + 1));
    // Whatever is still on its way comes before the answers.
    for (const [from, to] of [[a, b], [b, c], [c, b]] as const) {
      const limits = { frameBytesMax: 10, framesMax: 1, timeoutMs: 20_000 };
      for await (const _ of from.net.request(to.net.self, "blocks", new Uint8Array(1), limits));
    }
  }
});

Deno.test("libp2p: a peer is found that only a third one knows", async () => {
  await using a = await TestNode.start(1, { dht: true });
  await using b = await TestNode.start(2, { dht: true, bootstrap: [a.address] });
  await b.until("the first", () => b.net.peers.length === 1);
  await using c = await TestNode.start(3, { dht: true, bootstrap: [a.address] });
  await c.until("both", () => c.net.peers.length === 2);
  assertEquals(new Set(c.net.peers.map(({ id }) => id)), new Set([a.net.self, b.net.self]));
});

Deno.test("libp2p: a peer without an address of its own is reached by way of a relay", async () => {
  await using relay = await TestNode.start(1, { relay: true, dht: true });
  await using hidden = await TestNode.start(2, { listen: [], nat: true, dht: true, bootstrap: [relay.address] });
  await hidden.until("an address", () => hidden.net.addresses.some((address) => address.includes("/p2p-circuit")));
  const address = hidden.net.addresses.find((address) => address.includes("/p2p-circuit"))!;
  await using c = await TestNode.start(3, { listen: [], bootstrap: [address] });
  await c.until("the hidden one", () => c.net.peers.some(({ id }) => id === hidden.net.self));
  const view = c.net.peers.find(({ id }) => id === hidden.net.self)!;
  assert(view.relayed && view.address.includes("/p2p-circuit"), view.address);
  c.net.publish("transactions", utf8ToBytes("through the relay"));
  await hidden.until("the message", () => hidden.published.includes("through the relay"));
  assert(hidden.net.send(c.net.self, "consensus", new Uint8Array(200_000)));
  await c.until("a message over 128 KiB", () => c.messages.length === 1);
});

Deno.test("libp2p: peers over the limit are not let in, a validator is, in place of the newest stranger", async () => {
  const key = ed25519KeyFromSeed(seedOf(99));
  const isValidator = (address: Uint8Array) => address.toHex() === ed25519Address(key.publicKey).toHex();
  await using full = await TestNode.start(1, { peers_max: 3 }, { isValidator });
  await using stack = new AsyncDisposableStack();
  const strangers: TestNode[] = [];
  for (const n of [2, 3, 4]) {
    strangers.push(stack.use(await TestNode.start(n, { bootstrap: [full.address] })));
    await full.until("a peer more", () => full.net.peers.length === n - 1);
  }
  await using late = await TestNode.start(5, { bootstrap: [full.address] });
  const validatorProof = makeValidatorProof(key, "test-1", peerIdOfSeed(seedOf(6)));
  await using validator = await TestNode.start(6, { bootstrap: [full.address] }, { validatorProof });
  await validator.until("its place", () => validator.net.peers.length === 1);
  await full.until("the change", () => full.net.peers.some(({ id }) => id === validator.net.self));
  const expected = [strangers[0]!, strangers[1]!, validator].map(({ net }) => net.self);
  await full.until("only three", () => full.net.peers.length === 3);
  assertEquals(full.net.peers.map(({ id }) => id), expected);
  assertEquals(full.reports, [], "too many is nobody's fault");
  assert(late.peers.length <= 1);
});

Deno.test("libp2p: from one address only so many connections are taken", async () => {
  await using host = await TestNode.start(1, { peers_per_address_max: 2 });
  await using stack = new AsyncDisposableStack();
  const others = await Promise.all([2, 3, 4, 5].map(async (n) => {
    return stack.use(await TestNode.start(n, { bootstrap: [host.address] }));
  }));
  await host.until("two", () => host.net.peers.length === 2);
  await Promise.all(others.map((other) =>
    other.until("problems or peers", () => {
      return other.net.peers.length === 1 || other.problems.some((text) => text.startsWith("bootstrap_unreachable"));
    })
  ));
  assertEquals(host.net.peers.length, 2);
});

Deno.test("libp2p: a bootstrap peer of another chain is named, one that is not there too", async () => {
  await using foreign = await TestNode.start(1, {}, { chainId: "other-1" });
  const nowhere = `/ip4/127.0.0.1/tcp/1/p2p/${peerIdOfSeed(seedOf(50))}`;
  await using a = await TestNode.start(2, { ...P2P, bootstrap: [foreign.address, nowhere] });
  await a.until("both problems", () => {
    return ["bootstrap_foreign", "bootstrap_unreachable"].every((code) => a.problems.some((p) => p.startsWith(code)));
  });
  assertEquals([a.reports, foreign.reports], [[], []]);
});

Deno.test("libp2p: gossip under judgement is bounded, the rest waits at its sender, and nothing is lost", async () => {
  await using a = await TestNode.start(1);
  await using b = await TestNode.start(2, { bootstrap: [a.address] });
  for (const node of [a, b]) await node.until("a peer", () => node.net.peers.length === 1);
  const gate = Promise.withResolvers<"accept">();
  b.judge = () => gate.promise;
  const message = (i: number) => new Uint8Array(1_000_000).fill(i);
  for (let i = 0; i < 8; i++) a.net.publish("transactions", message(i));
  const first = Math.ceil(GOSSIP_PENDING_BYTES_MAX / 1_000_000);
  await b.until("the first messages", () => b.published.length >= first);
  // A question that is asked and answered behind them shows that they had the time to come.
  const limits = { frameBytesMax: 10, framesMax: 1, timeoutMs: 20_000 };
  for (let i = 0; i < 5; i++) for await (const _ of a.net.request(b.net.self, "blocks", new Uint8Array(1), limits));
  assert(b.published.length <= first + 2, `${b.published.length} at once`);
  gate.resolve("accept");
  await b.until("all", () => b.published.length === 8);
});
