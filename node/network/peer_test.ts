import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Meters, type Peer, replaces } from "./_peer.ts";
import { BURST_SECONDS, TOPIC_RATES } from "./limits.ts";
import { hostOf } from "./_gater.ts";

type Link = { readonly dialer: "a" | "b"; readonly relayed: boolean };
/** A connection between `a` and `b` as one of them sees it. */
const seenBy = (self: "a" | "b", { dialer, relayed }: Link) => ({
  direction: dialer === self ? "outbound" : "inbound",
  remotePeer: self === "a" ? "b" : "a",
  remoteAddr: relayed ? "/ip4/1.1.1.1/tcp/1/p2p/r/p2p-circuit" : "/ip4/1.1.1.1/tcp/1",
} as unknown as Peer["init"]["connection"]);

const link = fc.record({ dialer: fc.constantFrom("a" as const, "b" as const), relayed: fc.boolean() });

Deno.test("replaces() decides the same at both ends, in whichever order they see two different connections", () => {
  fc.assert(fc.property(link, link, (one, other) => {
    fc.pre(one.dialer !== other.dialer || one.relayed !== other.relayed);
    // `a` sees `one` first, `b` the other: both must end with the same.
    const kept = (self: "a" | "b", old: Link, fresh: Link) =>
      replaces(seenBy(self, fresh), seenBy(self, old), self) ? fresh : old;
    const ends = [kept("a", one, other), kept("a", other, one), kept("b", one, other), kept("b", other, one)];
    assertEquals(new Set(ends).size, 1);
    if (one.relayed !== other.relayed) assert(!ends[0]!.relayed);
  }));
});

Deno.test("replaces() prefers the newer of two connections of the same kind: the old one may be dead", () => {
  fc.assert(fc.property(link, fc.constantFrom("a" as const, "b" as const), (kind, self) => {
    assert(replaces(seenBy(self, kind), seenBy(self, kind), self));
  }));
});

Deno.test("Meters let a healthy validator's traffic through and stop ten times as much", () => {
  const run = (votesPerSecond: number) => {
    const meters = new Meters(1);
    let refused = 0;
    for (let i = 0; i < 60 * votesPerSecond; i++) {
      if (!meters.take("topic consensus", 300, 1000 * i / votesPerSecond)) refused++;
    }
    return refused / (60 * votesPerSecond);
  };
  // Four validators at 50 blocks/s, and a hundred at 10.
  assertEquals([run(4 * 2 * 50), run(100 * 2 * 10)], [0, 0]);
  assert(run(10 * TOPIC_RATES.consensus.messagesPerSecond / BURST_SECONDS) > 0.3);
});

Deno.test("hostOf() names the host of an address, or the relay", () => {
  assertEquals(hostOf("/ip4/10.0.0.1/tcp/5/p2p/x"), "10.0.0.1");
  assertEquals(hostOf("/ip6/::1/tcp/5"), "::1");
  assertEquals(hostOf("/ip4/10.0.0.1/tcp/5/p2p/relay/p2p-circuit/p2p/x"), "relay relay");
});
