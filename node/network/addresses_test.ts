import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { multiaddr } from "@multiformats/multiaddr";
import { formatAddress, parseAddress, targetOf } from "./addresses.ts";
import { peerIdOfSeed } from "./peer_id.ts";

const A = peerIdOfSeed(new Uint8Array(32).fill(1));
const B = peerIdOfSeed(new Uint8Array(32).fill(2));
const GOOD = [
  "/ip4/127.0.0.1/tcp/26656",
  "/ip4/0.0.0.0/tcp/0/ws",
  "/ip6/::1/tcp/1",
  `/dns4/node.example.org/tcp/443/wss/p2p/${A}`,
  `/dns/node-1/tcp/26656/p2p/${A}/p2p-circuit/p2p/${B}`,
  `/ip4/10.0.0.1/tcp/26656/p2p/${A}/p2p-circuit`,
];

Deno.test("parseAddress() reads the addresses that nodes use, as libp2p does", () => {
  for (const text of GOOD) {
    const parsed = parseAddress(text);
    assert(parsed.ok, text);
    assertEquals(formatAddress(parsed.value), text);
    multiaddr(text);
  }
  const relayed = parseAddress(GOOD[4]!);
  assert(relayed.ok);
  assertEquals(targetOf(relayed.value), B);
  assertEquals(relayed.value.peer, A);
});

Deno.test("parseAddress() says what is wrong", () => {
  const faults: [string, RegExp][] = [
    ["127.0.0.1:26656", /does not begin with/],
    ["/ip4/256.0.0.1/tcp/1", /no ip4 host/],
    ["/ip4/1.2.3.4/udp/1/quic-v1", /no \/tcp/],
    ["/ip4/1.2.3.4/tcp/65536", /no port/],
    ["/ip4/1.2.3.4/tcp/1/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N", /peer id/],
    ["/ip4/1.2.3.4/tcp/1/webtransport", /not understood/],
    ["/unix/tmp", /must begin/],
    [`/ip4/1.2.3.4/tcp/1${"/ws".repeat(200)}`, /characters/],
  ];
  for (const [text, pattern] of faults) {
    const parsed = parseAddress(text);
    assert(!parsed.ok, text);
    assert(pattern.test(parsed.error.message), parsed.error.message);
  }
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const parsed = parseAddress(text);
    if (parsed.ok) multiaddr(text);
  }));
});
