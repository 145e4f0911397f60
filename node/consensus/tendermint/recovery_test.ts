import { assert, assertEquals } from "@std/assert";
import { block, heightContext, proposalMessage, sign, vote, voteMessage } from "./_testing.ts";
import { TestNode } from "./_testing_node.ts";
import type { TendermintRecord } from "./messages.ts";

const FOUR = [1, 1, 1, 1];

function started(self: number, records: readonly TendermintRecord[] = []): TestNode {
  const node = new TestNode(self);
  node.start(heightContext(FOUR), records);
  return node;
}

/** The same validator after its process died; only the log is left. */
const restarted = (node: TestNode, self = 1) => started(self, node.records);

Deno.test("a restart asks for the recorded signature again, with the same bytes, and records nothing", () => {
  const node = started(1);
  node.answersSignatures = false;
  node.feed(proposalMessage(0, 0, "a"));
  const asked = node.effects.filter((effect) => effect.type === "sign");
  node.now += 5_000_000_000n; // a later clock must not change what is signed
  const again = restarted(node);
  assertEquals(again.lines, ["start gossip r0 1000ms", "sign prevote a r0", "broadcast prevote a r0 of 1"]);
  assertEquals(again.effects.filter((effect) => effect.type === "sign"), asked);
  assertEquals(again.machine.step, "prevote");
  assertEquals(again.feed(proposalMessage(0, 0, "b"), proposalMessage(0, 0, "a")), ["validate b"]);
});

Deno.test("a restart keeps lock, valid value and their proof, and sends own messages again", () => {
  const node = started(1);
  node.feed(proposalMessage(0, 0, "a"), voteMessage(0, "prevote", 0, "a"), voteMessage(2, "prevote", 0, "a"));
  const again = restarted(node);
  assertEquals(again.lines, [
    "start gossip r0 1000ms",
    "broadcast prevote a r0 of 1",
    "sign precommit a r0",
    "broadcast precommit a r0 of 1",
  ]);
  assertEquals(again.machine, node.machine);
  again.feed(voteMessage(0, "precommit", 0), voteMessage(2, "precommit", 0));
  const lines = again.timer("precommit", 0);
  // It proposes in round 1: the locked block, with the polka that it read back.
  assert(lines.includes("broadcast proposal a r1 vr0"));
  assertEquals(lines.filter((line) => line.startsWith("broadcast prevote a r0")).length, 3);
});

Deno.test("a restart does not vote against its lock", () => {
  const node = started(2);
  node.feed(proposalMessage(0, 0, "a"), voteMessage(0, "prevote", 0, "a"), voteMessage(1, "prevote", 0, "a"));
  const again = restarted(node, 2);
  again.feed(...[0, 3].map((i) => voteMessage(i, "precommit", 0)));
  again.timer("precommit", 0);
  assert(again.feed(proposalMessage(1, 1, "b")).includes("sign prevote nil r1"));
});

Deno.test("a restart goes on in the round it had entered, knowing why", () => {
  const node = started(2);
  node.feed(...[0, 1, 3].map((i) => voteMessage(i, "precommit", 0)));
  node.timer("precommit", 0);
  const again = restarted(node, 2);
  assertEquals(again.lines, ["start gossip r0 1000ms", "start propose r1 3500ms"]);
  assertEquals(again.timer("gossip").filter((line) => line.startsWith("broadcast precommit nil r0")).length, 3);
});

Deno.test("a restarted proposer repeats its proposal and builds no other block", () => {
  const node = started(0);
  node.answersSignatures = false;
  node.built("a");
  assertEquals(restarted(node, 0).lines.slice(0, 4), [
    "start gossip r0 1000ms",
    "sign proposal a r0",
    "start propose r0 3000ms",
    "broadcast proposal a r0",
  ]);
});

Deno.test("a restart before anything was recorded begins the height", () => {
  assertEquals(restarted(started(0), 0).lines, ["start gossip r0 1000ms", "build r0", "start propose r0 3000ms"]);
});

Deno.test("a signature of another validator or height is not taken for an own one", () => {
  const node = started(1);
  node.answersSignatures = false;
  node.feed(proposalMessage(0, 0, "a"));
  for (const other of [vote(2, "prevote", 0, "a"), vote(1, "prevote", 0, "a", 2n)]) {
    assertEquals(node.feed({ type: "signed", message: sign(2, { type: "vote", vote: other }) }), []);
  }
});

Deno.test("a process that restarts right after a commit hands that block to who missed it", () => {
  const donor = started(1);
  donor.feed(proposalMessage(0, 0, "a"), ...[0, 2, 3].map((i) => voteMessage(i, "precommit", 0, "a")));
  const { commit } = donor.state.height!.decision!;
  const node = new TestNode(1);
  node.start({ ...heightContext(FOUR, 2n), lastCommit: commit, lastBlock: block("a") });
  const status = { type: "status", height: 1n, round: 0 } as const;
  const lines = node.feed({ type: "message_received", from: "late", message: status });
  assertEquals(lines, ["send late decided a h1 r0"]);
});

Deno.test("a gossip tick relays a bounded number of others' votes, and the next tick the rest", () => {
  const powers = Array.from({ length: 100 }, () => 1);
  const node = new TestNode(0);
  node.start(heightContext(powers));
  for (let i = 1; i <= 66; i++) node.feed(voteMessage(i, "prevote", 0));
  const relayed = () => node.timer("gossip").filter((line) => line.startsWith("broadcast prevote"));
  const [first, second] = [relayed(), relayed()];
  assertEquals([first.length, second.length], [64, 64]);
  assertEquals(new Set([...first, ...second]).size, 66);
});
