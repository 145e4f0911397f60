import { assert, assertEquals } from "@std/assert";
import { partSet } from "../core/types/mod.ts";
import { blockBytes, toy } from "./_testing.ts";
import { carry, decided, from, headOf, partsOf, proposal, Rig, vote, whole } from "./rig_harness_test.ts";
import { encodeCarry, encodeHave, encodeStatus, type Have, nameOf, splitNames } from "./wire.ts";

Deno.test("own messages are published: a head, or a head with each part of its block", () => {
  const rig = new Rig();
  rig.on({ type: "own_broadcast", message: whole(vote()) });
  assertEquals(rig.effects, [{ type: "publish", bytes: carry(vote()) }]);
  rig.on({ type: "own_broadcast", message: whole(proposal()) });
  assertEquals(rig.effects, partsOf(proposal()).map((bytes) => ({ type: "publish" as const, bytes })));
  rig.on({ type: "own_broadcast", message: whole(vote()) });
  assertEquals(rig.effects, [], "said before");
});

Deno.test("what is said once goes to each peer directly, not into the topic", () => {
  const rig = new Rig();
  rig.on({ type: "own_broadcast", message: whole(toy({ kind: "status", once: true })) });
  assertEquals(rig.effects.map(({ type }) => type), ["send", "send", "send"]);
});

Deno.test("a good message is delivered once, and passed on the first time that the topic brings it", () => {
  const rig = new Rig();
  assertEquals(rig.topic(carry(vote())), "accept");
  assertEquals(rig.delivered, [from("a", vote())]);
  assertEquals(rig.topic(carry(vote()), "b"), "ignore");
  assertEquals(rig.delivered, []);
  const other = vote({ author: 1 });
  rig.direct(carry(other));
  assertEquals(rig.delivered, [from("a", other)]);
  assertEquals(rig.topic(carry(other), "b"), "accept", "known, but not passed on yet");
  assertEquals(rig.delivered, []);
  assertEquals(rig.judged, 2);
});

Deno.test("a block is delivered when its last part is there, in whatever order and from whomever", () => {
  const rig = new Rig();
  const [first, second, third] = partsOf(proposal());
  assertEquals(rig.topic(third!, "a"), "accept");
  assertEquals(rig.topic(first!, "b"), "accept");
  assertEquals(rig.delivered, []);
  assertEquals(rig.topic(first!, "c"), "ignore");
  rig.direct(second!, "c");
  assertEquals(rig.delivered, [from("a", proposal())]);
  assertEquals(rig.topic(second!, "a"), "accept", "others may still lack it");
  assertEquals(rig.judged, 1, "one head, one judgement");
});

Deno.test("a block that is proposed again needs no parts", () => {
  const rig = new Rig();
  for (const part of partsOf(proposal())) rig.topic(part);
  const again = proposal({ round: 1 });
  assertEquals(rig.topic(carry(again)), "accept");
  assertEquals(rig.delivered, [from("a", again)]);
});

Deno.test("a part that is not proven is rejected, and whoever sent it is named", () => {
  const rig = new Rig();
  const bent = partSet(proposal().block).parts[1]!;
  const bytes = bent.bytes.slice();
  bytes[7]! ^= 1;
  const strange = partSet(blockBytes(2, 150_000)).parts[1]!;
  for (const part of [{ ...bent, bytes }, { ...bent, index: 0 }, { ...bent, index: 77 }, strange]) {
    assertEquals(rig.topic(encodeCarry(headOf(proposal()), part), "b"), "reject");
    assertEquals(rig.reports, ["b bad_part"]);
  }
  for (const part of partsOf(proposal())) assertEquals(rig.topic(part), "accept");
  assertEquals(rig.delivered.length, 1);
});

Deno.test("what no honest node says is rejected; what another version says is ignored", () => {
  const part = partSet(proposal().block).parts[0]!;
  const status = encodeStatus({ height: 1n, round: 0, base: 1n });
  const bad: Record<string, Uint8Array> = {
    garbage: Uint8Array.of(8, 1, 99),
    empty: new Uint8Array(),
    nothing: Uint8Array.of(8, 1),
    "no message of the engine": encodeCarry(Uint8Array.of(1, 2, 3)),
    "a block in the head": encodeCarry(whole(proposal())),
    "a part of nothing": encodeCarry(headOf(vote()), part),
    "a status to everybody": status,
    "a decision to everybody": carry(decided()),
    "not signed": carry(vote({ good: false })),
  };
  for (const [what, bytes] of Object.entries(bad)) {
    const rig = new Rig();
    assertEquals(rig.topic(bytes, "b"), "reject", what);
    assertEquals(rig.reports.map((line) => line.slice(0, 2)), ["b "], what);
    assertEquals(rig.machine.held, { heads: 0, partsBytes: 0, waitingBytes: 0 });
  }
  const rig = new Rig();
  for (const bytes of [Uint8Array.of(8, 2, 99), Uint8Array.of(8, 0x80, 5)]) {
    assertEquals(rig.topic(bytes), "ignore");
    assertEquals(rig.reports, []);
  }
});

Deno.test("messages of the next height wait for it; one of them shows a stuck engine that others are ahead", () => {
  const rig = new Rig();
  const early = [0, 1, 2].map((author) => vote({ height: 6, author }));
  for (const message of early) assertEquals(rig.topic(carry(message)), "accept", "passed on at once");
  for (const part of partsOf(proposal({ height: 6 }))) assertEquals(rig.topic(part), "accept");
  assertEquals(rig.delivered, []);
  rig.moved(6);
  assertEquals(rig.delivered, [...early, proposal({ height: 6 })].map((message) => from("a", message)));
  assertEquals(rig.judged, 4);
});

Deno.test("a stuck engine is shown one message of the next height in a tick, one that executes a block none", () => {
  const rig = new Rig();
  rig.topic(carry(vote({ height: 6 })));
  assertEquals(rig.delivered.length, 1);
  assertEquals(rig.frames("a").map(({ have }) => have?.height), [5n], "and who is ahead is asked for what is lacking");
  rig.topic(carry(vote({ height: 6, author: 1 })));
  assertEquals(rig.delivered.length, 0);
  rig.tick();
  rig.topic(carry(vote({ height: 6, author: 2 })));
  assertEquals(rig.delivered.length, 1);
  rig.moved(5, 0, { decided: true });
  rig.tick();
  rig.topic(carry(vote({ height: 6, author: 3 })));
  assertEquals(rig.effects, []);
});

Deno.test("messages of later heights wait to be judged, with their parts, and nothing is lost", () => {
  const rig = new Rig();
  const later = [6, 7, 8, 9].map((height) => proposal({ height, block: blockBytes(height, 100_000) }));
  for (const message of later) {
    for (const part of partsOf(message)) assertEquals(rig.topic(part), message.height === 6 ? "accept" : "ignore");
  }
  assertEquals(rig.topic(carry(vote({ height: 10 }))), "ignore");
  assertEquals(rig.judged, 4);
  for (const message of later) {
    rig.moved(message.height);
    assertEquals(rig.delivered, [from("a", message)]);
  }
  rig.moved(10);
  assertEquals(rig.delivered, [], "too far ahead to wait");
});

Deno.test("what waited and turns out bad is held against whoever brought it, and a bad part at once", () => {
  const rig = new Rig();
  rig.judge = () => "ignore";
  rig.topic(carry(vote({ height: 7, good: false })), "b");
  rig.moved(6);
  assertEquals(rig.reports, []);
  rig.judge = () => "reject";
  rig.moved(7);
  assertEquals(rig.reports, ["b bad_message"]);
  const part = { ...partSet(proposal().block).parts[0]!, index: 1 };
  rig.judge = () => "ignore";
  rig.topic(encodeCarry(headOf(proposal({ height: 9 })), part), "c");
  assertEquals(rig.reports, ["c bad_part"]);
});

Deno.test("what is far from the engine's round is given again when the round comes", () => {
  const rig = new Rig();
  const far = vote({ round: 7 });
  rig.topic(carry(far));
  assertEquals(rig.delivered, [from("a", far)]);
  rig.moved(5, 3);
  assertEquals(rig.delivered, []);
  rig.moved(5, 6);
  assertEquals(rig.delivered, [from("a", far)]);
  rig.moved(5, 7);
  assertEquals(rig.delivered, []);
});

Deno.test("a proposal of a later round waits for the round", () => {
  const rig = new Rig();
  const later = proposal({ round: 3, block: blockBytes(3, 10) });
  rig.judge = () => "ignore";
  for (const part of partsOf(later)) rig.topic(part);
  rig.judge = () => "accept";
  rig.moved(5, 2);
  assertEquals(rig.delivered, [from("a", later)]);
});

Deno.test("an engine that makes no progress is given everything again, ever more rarely", () => {
  const rig = new Rig();
  rig.topic(carry(vote()));
  rig.tick(9);
  assertEquals(rig.delivered, []);
  rig.tick(1);
  assertEquals(rig.delivered, [from("a", vote())]);
  rig.tick(19);
  assertEquals(rig.delivered, []);
  rig.tick(1);
  assertEquals(rig.delivered, [from("a", vote())]);
});

Deno.test("while no engine runs nothing is judged, kept or held against anybody, and peers are still told", () => {
  const rig = new Rig({}, false);
  for (const height of [4, 5, 6, 7]) {
    assertEquals(rig.topic(carry(vote({ height, good: false }))), "ignore");
    for (const part of partsOf(proposal({ height }))) assertEquals(rig.topic(part), "ignore");
  }
  rig.direct(carry(decided()));
  assertEquals([rig.judged, rig.machine.held], [0, { heads: 0, partsBytes: 0, waitingBytes: 0 }]);
  rig.direct(encodeHave({ height: 5n, heads: new Uint8Array(8), blocks: [] }));
  assertEquals(rig.effects, []);
  rig.tick();
  assertEquals(rig.frames("b").map(({ status }) => status?.height), [5n]);
  rig.direct(encodeStatus({ height: 9n, round: 1, base: 3n }), "c");
  assertEquals(rig.effects, [{ type: "peer_status", peer: "c", height: 9n, base: 3n }]);
});

Deno.test("an engine that ends takes along what was kept", () => {
  const rig = new Rig();
  rig.topic(carry(vote()));
  rig.topic(carry(vote({ height: 7 })));
  rig.moved(5, 0, { running: false });
  assertEquals(rig.machine.held, { heads: 0, partsBytes: 0, waitingBytes: 0 });
});

Deno.test("a decision of many parts is asked for by whoever finds it proven, and delivered whole", () => {
  const helper = new Rig();
  helper.moved(6);
  helper.on({ type: "own_send", to: "a", message: whole(decided()) });
  assertEquals(helper.effects, [{ type: "send", to: "a", bytes: carry(decided()) }]);
  const late = new Rig();
  late.direct(carry(decided()), "b");
  const [ask] = late.frames("b");
  assert(ask?.have !== undefined);
  const answer = helper.direct(encodeHave(ask.have), "a").filter((effect) => effect.type === "send");
  for (const effect of answer) late.direct(effect.bytes, "b");
  assertEquals(late.delivered, [from("b", decided())]);
});

Deno.test("a short decision goes at once, and a block that is there already is not needed", () => {
  const short = decided({ block: blockBytes(1, 100) });
  const helper = new Rig();
  helper.on({ type: "own_send", to: "a", message: whole(short) });
  const late = new Rig();
  late.direct((helper.effects[0] as { bytes: Uint8Array }).bytes, "b");
  assertEquals(late.delivered, [from("b", short)]);
  const other = new Rig();
  for (const part of partsOf(proposal())) other.topic(part);
  other.direct(carry(decided()), "b");
  assertEquals(other.delivered, [from("b", decided())]);
});

Deno.test("for a decision that is not proven, or of another height, no memory is spent", () => {
  const rig = new Rig();
  rig.judge = () => "ignore";
  for (const part of partsOf(decided())) rig.direct(part);
  rig.judge = () => "accept";
  for (const height of [3, 4, 6, 7]) for (const part of partsOf(decided({ height }))) rig.direct(part);
  assertEquals([rig.machine.held, rig.delivered], [{ heads: 0, partsBytes: 0, waitingBytes: 0 }, []]);
  rig.judge = () => "reject";
  rig.direct(carry(decided()), "c");
  assertEquals(rig.reports, ["c bad_message"]);
});

Deno.test("words said once without a block go to the engine as they are", () => {
  const rig = new Rig();
  const status = toy({ kind: "status", once: true, height: 3 });
  rig.direct(carry(status), "b");
  assertEquals([rig.delivered, rig.judged], [[from("b", status)], 0]);
});

Deno.test("who has less is sent what it lacks, blocks first; who has more is asked", () => {
  const rig = new Rig();
  const votes = [0, 1, 2].map((author) => vote({ author }));
  for (const message of votes) rig.topic(carry(message));
  for (const part of partsOf(proposal())) rig.topic(part);
  rig.tick();
  const nothing: Have = { height: 5n, heads: new Uint8Array(), blocks: [] };
  rig.direct(encodeHave(nothing), "b");
  assertEquals(rig.effects.map((effect) => (effect as { bytes: Uint8Array }).bytes), [
    ...partsOf(proposal()),
    ...votes.map(carry),
  ]);
  rig.direct(encodeHave({ ...nothing, heads: new Uint8Array(8) }), "c");
  assertEquals(rig.frames("c").filter(({ have }) => have !== undefined).length, 1, "it has something else");
});

Deno.test("a have names what is there, and its answer is only the rest", () => {
  const rig = new Rig();
  rig.topic(carry(vote()));
  rig.topic(partsOf(proposal())[2]!);
  rig.tick(3);
  const told = [...rig.frames("a"), ...rig.frames("b"), ...rig.frames("c")].flatMap(({ have }) => have ?? []);
  assertEquals(told[0]?.height, 5n);
  assertEquals(splitNames(told[0]!.heads), new Set([nameOf(headOf(vote())), nameOf(headOf(proposal()))]));
  assertEquals(told[0]!.blocks.map(({ parts }) => parts), [Uint8Array.of(4)]);
  const other = new Rig();
  other.topic(carry(vote()));
  for (const part of partsOf(proposal())) other.topic(part);
  other.direct(encodeHave(told[0]!), "b");
  assertEquals(other.effects.map((effect) => (effect as { bytes: Uint8Array }).bytes), partsOf(proposal()).slice(0, 2));
});

Deno.test("two heads that name one block are both delivered when it is whole", () => {
  const rig = new Rig();
  const again = proposal({ round: 1 });
  rig.topic(carry(proposal()));
  rig.topic(carry(again));
  assertEquals(rig.delivered, []);
  for (const part of partsOf(proposal())) rig.topic(part);
  assertEquals(rig.delivered, [from("a", proposal()), from("a", again)]);
});

Deno.test("an engine that begins asks at once, and so does one that goes on while others are ahead", () => {
  const rig = new Rig();
  const asked = () =>
    ["a", "b", "c"].filter((peer) => rig.frames(peer).some(({ have }) => have?.height === BigInt(rig.height)));
  assertEquals(asked(), ["a", "b"]);
  rig.tick();
  rig.moved(6);
  assertEquals(asked(), [], "in step");
  rig.direct(encodeStatus({ height: 9n, round: 0, base: 1n }), "c");
  rig.moved(7);
  assert(asked().includes("c"));
  rig.direct(encodeStatus({ height: 90n, round: 0, base: 1n }), "c");
  rig.moved(8);
  assertEquals(asked(), [], "too far ahead to help");
});

Deno.test("observers are told of heads and parts, new and known, and of help", () => {
  const rig = new Rig();
  rig.topic(carry(vote()));
  rig.topic(carry(vote()), "b");
  const [first, second] = partsOf(proposal());
  for (const bytes of [first!, second!, second!]) rig.topic(bytes);
  rig.tick();
  rig.direct(encodeHave({ height: 5n, heads: new Uint8Array(), blocks: [] }), "c");
  const told = ["prevote new", "prevote known", "part new", "proposal new", "part new", "part known", "helped 3"];
  assertEquals(rig.heard, told);
});

Deno.test("a decision that is known is not passed on when a liar tells everybody", () => {
  const rig = new Rig();
  for (const part of partsOf(decided())) rig.direct(part, "b");
  for (const bytes of [carry(decided()), partsOf(decided())[0]!]) {
    assertEquals(rig.topic(bytes, "c"), "reject");
    assertEquals(rig.reports, ["c bad_message"]);
  }
});

Deno.test("a process that was too busy to tick asks nobody before it has read what came meanwhile", () => {
  const asks = (ms: number) => {
    const rig = new Rig();
    const asked: number[] = [];
    for (let i = 0; i < 6; i++) {
      rig.nowMs += ms;
      rig.tick();
      asked.push(rig.frames("a").concat(rig.frames("b"), rig.frames("c")).filter(({ have }) => have).length);
    }
    return asked;
  };
  const firstOf = (asked: number[]) => asked.findIndex((count) => count > 0);
  assert(firstOf(asks(100)) < firstOf(asks(400)), `${asks(100)} against ${asks(400)}`);
  assert(firstOf(asks(400)) > 0, "but not forever");
});
