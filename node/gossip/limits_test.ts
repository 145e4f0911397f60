import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import type { PeerId } from "../core/peer.ts";
import { blockBytes, toy, type ToyMessage } from "./_testing.ts";
import { carry, decided, from, partsOf, proposal, Rig, vote } from "./rig_harness_test.ts";
import { encodeHave, encodeStatus, type Have, nameOf } from "./wire.ts";

Deno.test("a bad message is judged once, whoever repeats it", () => {
  const rig = new Rig();
  const bad = carry(vote({ good: false }));
  for (const peer of ["a", "b", "a"]) assertEquals(rig.topic(bad, peer), "reject");
  assertEquals(rig.judged, 1);
});

Deno.test("after many bad messages of a peer the rest is dropped unseen until the next tick", () => {
  const rig = new Rig({ rejectsPerTickMax: 3 });
  for (let i = 0; i < 10; i++) rig.topic(carry(vote({ good: false, text: `${i}` })));
  assertEquals(rig.judged, 3);
  assertEquals(rig.topic(carry(vote())), "ignore");
  assertEquals(rig.topic(carry(vote()), "b"), "accept");
  rig.tick();
  assertEquals(rig.topic(carry(vote({ author: 2 }))), "accept");
});

Deno.test("a long height is served in portions, and a hostile asker gets no more than its share of a tick", () => {
  const rig = new Rig({ helpHeadsPerTickMax: 10, helpPartsPerTickMax: 2, haveAnsweredPerTickMax: 3 });
  for (let author = 0; author < 25; author++) rig.topic(carry(vote({ author })));
  for (const part of partsOf(proposal())) rig.topic(part);
  const got = new Set<string>();
  const nothing: Have = { height: 5n, heads: new Uint8Array(), blocks: [] };
  rig.tick();
  let frames = 0;
  for (let i = 0; i < 20; i++) frames += rig.direct(encodeHave(nothing), "b").length;
  assert(frames <= 13, `${frames}`);
  for (let i = 0; i < 40; i++) {
    rig.tick();
    for (const { carry } of (rig.direct(encodeHave(nothing), "b"), rig.frames("b"))) {
      if (carry) got.add(nameOf(carry.head));
    }
  }
  assertEquals(got.size, 26, "chance brings everything in time");
});

Deno.test("heights before are kept for who is late, so long as there is room", () => {
  const rig = new Rig({ behindHeightsMax: 2, partsBytesMax: 400_000 });
  const ask = (height: number) => {
    // What was sent a moment ago is on its way; all heights have the same block here.
    for (let i = 0; i < 5; i++) rig.tick();
    rig.direct(encodeHave({ height: BigInt(height), heads: new Uint8Array(), blocks: [] }), "b");
    return rig.frames("b").filter(({ carry }) => carry !== undefined).length;
  };
  for (const height of [5, 6, 7]) {
    rig.moved(height);
    rig.topic(carry(vote({ height })));
    for (const part of partsOf(proposal({ height }))) rig.topic(part);
  }
  assertEquals([ask(5), ask(6), ask(7)], [0, 4, 4], "the oldest block made room");
  rig.moved(9);
  assertEquals([ask(6), ask(7)], [0, 4]);
});

Deno.test("a part that was just sent is not sent again, and is after a while", () => {
  const rig = new Rig();
  for (const part of partsOf(proposal())) rig.topic(part);
  const nothing = encodeHave({ height: 5n, heads: new Uint8Array(), blocks: [] });
  const parts = () => {
    rig.tick();
    rig.direct(nothing, "b");
    return rig.frames("b").filter(({ carry }) => carry?.part !== undefined).length;
  };
  assertEquals([parts(), parts(), parts()], [3, 0, 0]);
  for (let i = 0; i < 3; i++) rig.tick();
  assertEquals(parts(), 3);
});

Deno.test("of one author, kind and round few messages are kept; of its rounds the newest", () => {
  const rig = new Rig({ roundsPerAuthorMax: 4, perSlotMax: 2 });
  for (const text of ["x", "y", "z"]) rig.topic(carry(vote({ text })));
  assertEquals(rig.machine.held.heads, 2);
  for (let round = 1; round < 20; round++) rig.topic(carry(vote({ round })));
  assertEquals(rig.machine.held.heads, 4);
  const old = vote({ round: 3, text: "old" });
  assertEquals(rig.topic(carry(old)), "accept");
  assertEquals(rig.machine.held.heads, 4);
  assertEquals(rig.delivered.at(-1), from("a", old), "the engine has room of its own");
  assertEquals(rig.topic(carry(vote({ author: 1 }))), "accept");
});

Deno.test("blocks of one height are few: a newer round displaces an older, what is decided displaces any", () => {
  const rig = new Rig({ blocksPerHeightMax: 2 });
  rig.judge = () => "accept";
  const at = (round: number, more: Partial<ToyMessage> = {}) =>
    proposal({ round, block: blockBytes(100 + round, 70_000), ...more });
  for (const round of [3, 4]) for (const part of partsOf(at(round))) rig.topic(part);
  assertEquals(rig.topic(partsOf(at(2))[0]!), "ignore");
  assertEquals(rig.topic(partsOf(at(5))[0]!), "accept");
  for (const part of partsOf(at(1, { kind: "decided", once: true }))) rig.direct(part);
  assertEquals(rig.delivered, [from("a", at(1, { kind: "decided", once: true }))]);
  assert(rig.machine.held.partsBytes <= 140_000);
});

Deno.test("garbage and bent frames never throw, and blame only those who sent them", () => {
  const good = [
    ...partsOf(proposal()),
    carry(vote()),
    carry(decided()),
    encodeStatus({ height: 7n, round: 2, base: 1n }),
    encodeHave({
      height: 5n,
      heads: new Uint8Array(24),
      blocks: [{ id: new Uint8Array(8), parts: Uint8Array.of(255) }],
    }),
  ];
  const bent = fc.tuple(fc.constantFrom(...good), fc.nat(), fc.nat(255), fc.nat()).map(([bytes, at, value, cut]) => {
    const copy = bytes.slice();
    copy[at % Math.min(copy.length, 400)] = value;
    return cut % 3 === 0 ? copy.subarray(0, cut % copy.length) : copy;
  });
  const frame = fc.oneof(bent, fc.uint8Array({ maxLength: 100 }), fc.constantFrom(...good));
  const step = fc.record({ frame, by: fc.constantFrom("topic", "direct"), height: fc.integer({ min: 4, max: 7 }) });
  fc.assert(fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
    const rig = new Rig();
    rig.tick();
    for (const { frame, by, height } of steps) {
      if (height !== rig.height) rig.moved(height);
      rig.on({ type: "heard", from: "b", by: by as "topic", bytes: frame });
      for (const report of rig.reports) assert(report.startsWith("b "), report);
    }
  }));
});

Deno.test("a machine holds no more than its limits, whatever hostile peers and lying validators say", () => {
  const limits = {
    partsBytesMax: 300_000,
    blocksPerHeightMax: 2,
    roundsPerAuthorMax: 3,
    waitingHeadsPerPeerMax: 20,
    waitingBytesPerPeerMax: 150_000,
    waitingBytesMax: 250_000,
  };
  const said = fc.record({
    from: fc.constantFrom("a", "b", "c"),
    by: fc.constantFrom("topic" as const, "direct" as const),
    height: fc.integer({ min: 3, max: 10 }),
    round: fc.nat(12),
    author: fc.nat(2),
    kind: fc.constantFrom("proposal", "prevote", "precommit", "decided"),
    text: fc.constantFrom("", "x", "y", "z"),
    block: fc.nat(5),
  });
  fc.assert(
    fc.property(fc.array(said, { minLength: 100, maxLength: 300 }), (all) => {
      const rig = new Rig(limits);
      rig.judge = ({ height, round }) =>
        height < rig.height - 1 || height > rig.height + 1 || round > 10 ? "ignore" : "accept";
      for (const { from, by, kind, author, block, ...rest } of all) {
        const hasBlock = kind === "proposal" || kind === "decided";
        const message = hasBlock
          ? toy({ kind, ...rest, once: kind === "decided", block: blockBytes(block, 70_000) })
          : toy({ kind, author, ...rest });
        for (const bytes of hasBlock ? partsOf(message) : [carry(message)]) rig.on({ type: "heard", from, by, bytes });
        if (rest.text === "z" && rest.round === 0) rig.moved(5 + block % 2);
        const { heads, partsBytes, waitingBytes } = rig.machine.held;
        // Three authors, two kinds, two of each in a round; proposals and decisions: two in a round.
        const heights = 3 + 8;
        assert(heads <= heights * (3 * 3 * 2 * 2 + 2 * 3 * 2), `${heads} heads`);
        assert(partsBytes <= limits.partsBytesMax, `${partsBytes} bytes of parts`);
        assert(waitingBytes <= limits.waitingBytesMax, `${waitingBytes} bytes wait`);
      }
    }),
    { numRuns: 30 },
  );
});

Deno.test("what waits is bounded for each peer, and frees its room when it is judged", () => {
  const rig = new Rig({ waitingHeadsPerPeerMax: 5, waitingBytesPerPeerMax: 100_000, waitingBytesMax: 160_000 });
  const flood = (peer: PeerId) => {
    for (let author = 0; author < 50; author++) rig.topic(carry(vote({ height: 7, author, text: peer })), peer);
  };
  flood("a");
  const one = rig.machine.held.waitingBytes;
  flood("b");
  assertEquals(rig.machine.held.waitingBytes, 2 * one);
  // Ten parts of one peer are too much for it, two peers together displace the one with more.
  const block = proposal({ height: 8, block: blockBytes(4, 650_000) });
  for (const part of partsOf(block)) rig.topic(part, "c");
  const { waitingBytes } = rig.machine.held;
  assert(waitingBytes > 65_536 && waitingBytes <= 100_000 + 2 * one, `${waitingBytes}`);
  rig.moved(8);
  assertEquals(rig.machine.held.waitingBytes, 0);
  assertEquals(rig.machine.held.heads, 11);
});

Deno.test("the peer whose messages wait with most bytes gives way to others", () => {
  const rig = new Rig({ waitingBytesMax: 160_000, waitingBytesPerPeerMax: 140_000 });
  const big = proposal({ height: 8, block: blockBytes(4, 131_072) });
  for (const part of partsOf(big)) rig.topic(part, "a");
  const other = proposal({ height: 7, block: blockBytes(5, 50_000) });
  rig.topic(partsOf(other)[0]!, "b");
  rig.moved(6);
  rig.moved(7);
  assertEquals(rig.delivered, [from("b", other)]);
  rig.moved(8);
  assertEquals(rig.delivered, [], "the heavier one is gone");
});

Deno.test("who asks on and on is answered so many times in a tick", () => {
  const rig = new Rig({ haveAnsweredPerTickMax: 3 });
  rig.topic(carry(vote()));
  rig.tick();
  const have = encodeHave({ height: 5n, heads: new Uint8Array(), blocks: [] });
  assertEquals([1, 2, 3, 4, 5].map(() => rig.direct(have, "b").length), [1, 1, 1, 0, 0]);
  assertEquals(rig.direct(have, "c").length, 1);
});
