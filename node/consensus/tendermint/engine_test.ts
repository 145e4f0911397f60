import { assert, assertEquals } from "@std/assert";
import type { HeightContext } from "../input.ts";
import { nanosToTimestamp, timestampToNanos } from "../../core/time.ts";
import {
  block,
  CONFIG,
  GENESIS_TIME,
  heightContext,
  proposal,
  proposalMessage,
  vote,
  voteMessage,
} from "./_testing.ts";
import { TestNode } from "./_testing_node.ts";

const FOUR = [1, 1, 1, 1];

/** Validator `self` of four in round 0, started. */
function started(self: number | undefined, config = CONFIG): TestNode {
  const node = new TestNode(self, { config });
  node.start(heightContext(FOUR));
  return node;
}

const without = (lines: string[], ...starts: string[]) =>
  lines.filter((line) => !starts.some((start) => line.startsWith(start)));

Deno.test("step() builds and proposes in round 0 when it is the proposer [L14, L18, L19]", () => {
  const node = new TestNode(0);
  assertEquals(node.start(heightContext(FOUR)), ["start gossip r0 1000ms", "build r0", "start propose r0 3000ms"]);
  assertEquals(node.built("a"), [
    "persist block a; intent proposal a r0",
    "sign proposal a r0",
    "broadcast proposal a r0",
    "cancel propose r0",
    "persist intent prevote a r0",
    "sign prevote a r0",
    "broadcast prevote a r0 of 0",
  ]);
});

Deno.test("step() only waits for the proposal when another proposes [L21]", () => {
  const node = new TestNode(1);
  assertEquals(node.start(heightContext(FOUR)), ["start gossip r0 1000ms", "start propose r0 3000ms"]);
});

Deno.test("step() prevotes a valid proposal and nil for an invalid one [L22, L24, L26]", () => {
  assertEquals(started(1).feed(proposalMessage(0, 0, "a")), [
    "validate a",
    "cancel propose r0",
    "persist intent prevote a r0",
    "sign prevote a r0",
    "broadcast prevote a r0 of 1",
  ]);
  assertEquals(started(1).feed(proposalMessage(0, 0, "bad")).slice(2), [
    "persist intent prevote nil r0",
    "sign prevote nil r0",
    "broadcast prevote nil r0 of 1",
  ]);
});

Deno.test("step() runs a height from proposal to commit [L22, L36, L49]", () => {
  const node = started(1);
  node.feed(proposalMessage(0, 0, "a"));
  assertEquals(node.feed(voteMessage(0, "prevote", 0, "a")), []);
  assertEquals(node.feed(voteMessage(2, "prevote", 0, "a")), [
    "persist block a; valid a r0 by 3 prevotes; intent precommit a r0, locked a r0",
    "sign precommit a r0",
    "broadcast precommit a r0 of 1",
  ]);
  assertEquals(node.feed(voteMessage(0, "precommit", 0, "a")), []);
  assertEquals(node.feed(voteMessage(3, "precommit", 0, "a")), [
    "cancel gossip r0",
    "start commit r0 1000ms",
    "commit a r0",
  ]);
  const { commit } = node.state.height!.decision!;
  assertEquals(commit.signatures.map((sig) => sig.blockIdFlag), [2, 2, 1, 2]);
});

Deno.test("step() prevotes nil when the proposal does not extend the lock [L26]", () => {
  const node = lockedOn("a");
  node.feed(...[2, 3].map((i) => voteMessage(i, "precommit", 0)));
  assertEquals(node.machine.round, 0);
  node.timer("precommit", 0);
  assert(node.feed(proposalMessage(1, 1, "b")).includes("sign prevote nil r1"));
});

/** Validator 2, locked on a block in round 0. */
function lockedOn(name: string): TestNode {
  const node = started(2);
  node.feed(proposalMessage(0, 0, name), voteMessage(0, "prevote", 0, name), voteMessage(1, "prevote", 0, name));
  assertEquals(node.machine.lockedValue !== "", true);
  return node;
}

/** …and then in round 2 without having decided. */
function lockedInRound2(): TestNode {
  const node = lockedOn("a");
  node.feed(voteMessage(0, "precommit", 0), voteMessage(3, "precommit", 0));
  node.timer("precommit", 0);
  node.timer("propose", 1);
  return node;
}

Deno.test("step() gives up its lock for a proposal with a later polka, and only then [L28, L30, L32]", () => {
  const polka = (round: number, name: string) => [0, 1, 3].map((i) => voteMessage(i, "prevote", round, name));
  const toRound2 = (node: TestNode) =>
    node.feed(voteMessage(0, "precommit", 1), voteMessage(1, "precommit", 1), voteMessage(3, "precommit", 1));
  const unlocking = lockedInRound2();
  unlocking.feed(...polka(1, "b"));
  toRound2(unlocking);
  unlocking.timer("precommit", 1);
  assertEquals(unlocking.machine.round, 2);
  assertEquals(unlocking.machine.lockedRound, 0);

  const other = new TestNode(3);
  other.start(heightContext(FOUR));
  other.feed(proposalMessage(0, 0, "a"), voteMessage(0, "prevote", 0, "a"), voteMessage(1, "prevote", 0, "a"));
  other.feed(...[0, 1, 2].map((i) => voteMessage(i, "precommit", 0)));
  other.timer("precommit", 0);
  assertEquals([other.machine.round, other.machine.lockedRound], [1, 0]);
  other.timer("propose", 1);
  other.feed(...[0, 1, 2].map((i) => voteMessage(i, "prevote", 1, "b")));
  other.timer("prevote", 1);
  other.feed(...[0, 1].map((i) => voteMessage(i, "precommit", 1)));
  other.timer("precommit", 1);
  // Without the polka of the valid round it waits, with it it follows.
  const early = other.feed(proposalMessage(2, 2, "b", 1));
  assert(early.includes("sign prevote b r2"), early.join("\n"));

  const unproven = new TestNode(3);
  unproven.start(heightContext(FOUR));
  unproven.feed(...[0, 1].map((i) => voteMessage(i, "prevote", 2)));
  assertEquals(unproven.machine.round, 2);
  assertEquals(without(unproven.feed(proposalMessage(2, 2, "b", 1)), "validate"), []);
  unproven.feed(voteMessage(0, "prevote", 1, "b"), voteMessage(1, "prevote", 1, "b"));
  assert(unproven.feed(voteMessage(2, "prevote", 1, "b")).includes("sign prevote b r2"));
});

Deno.test("step() starts the prevote timer once and precommits nil when it fires [L34, L61]", () => {
  const node = started(1);
  node.feed(proposalMessage(0, 0, "a"), voteMessage(0, "prevote", 0, "a"));
  assertEquals(node.feed(voteMessage(2, "prevote", 0)), ["start prevote r0 1000ms"]);
  assertEquals(node.feed(voteMessage(3, "prevote", 0)), []);
  assertEquals(node.timer("prevote", 0), [
    "persist intent precommit nil r0",
    "sign precommit nil r0",
    "broadcast precommit nil r0 of 1",
  ]);
  assertEquals(node.timer("prevote", 0), []);
});

Deno.test("step() learns the valid value too late to lock and proposes it in its next round [L36, L42, L16]", () => {
  const node = started(1);
  node.feed(proposalMessage(0, 0, "a"), voteMessage(0, "prevote", 0, "a"), voteMessage(2, "prevote", 0));
  node.timer("prevote", 0);
  assertEquals(node.feed(voteMessage(3, "prevote", 0, "a")), ["persist block a; valid a r0 by 3 prevotes"]);
  assertEquals([node.machine.lockedRound, node.machine.validRound], [-1, 0]);
  node.feed(voteMessage(0, "precommit", 0), voteMessage(2, "precommit", 0));
  assertEquals(without(node.timer("precommit", 0), "cancel"), [
    "persist round 1 by 3 votes; intent proposal a r1 vr0",
    "sign proposal a r1 vr0",
    "start propose r1 3500ms",
    "broadcast proposal a r1 vr0",
    "broadcast prevote a r0 of 0",
    "broadcast prevote a r0 of 1",
    "broadcast prevote a r0 of 3",
    "persist intent prevote a r1",
    "sign prevote a r1",
    "broadcast prevote a r1 of 1",
  ]);
});

Deno.test("step() precommits nil at once on a polka for nil [L44]", () => {
  const node = started(1);
  node.timer("propose", 0);
  node.feed(voteMessage(0, "prevote", 0));
  assert(node.feed(voteMessage(2, "prevote", 0)).includes("sign precommit nil r0"));
});

Deno.test("step() starts the precommit timer in any step, once, and its end begins the next round [L47, L65]", () => {
  const node = started(2);
  node.feed(voteMessage(0, "precommit", 0), voteMessage(1, "precommit", 0, "a"));
  assertEquals(node.feed(voteMessage(3, "precommit", 0)), ["start precommit r0 1000ms"]);
  assertEquals(node.timer("precommit", 0), [
    "cancel propose r0",
    "start propose r1 3500ms",
    "persist round 1 by 3 votes",
  ]);
  assertEquals(node.timer("precommit", 0), []);
});

Deno.test("step() skips to a later round on votes of more than a third, not of a third [L55]", () => {
  const node = started(0);
  assertEquals(node.feed(voteMessage(1, "prevote", 3, "a"), voteMessage(1, "precommit", 3)), []);
  assertEquals(node.feed(voteMessage(2, "precommit", 3)), [
    "cancel propose r0",
    "start propose r3 4500ms",
    "persist round 3 by 3 votes",
  ]);
});

Deno.test("step() prevotes nil when the proposal does not come in time [L57]", () => {
  const node = started(1);
  assert(node.timer("propose", 0).includes("sign prevote nil r0"));
  assertEquals(node.timer("propose", 0), []);
  assertEquals(node.feed(proposalMessage(0, 0, "a")), ["validate a"]);
});

Deno.test("step() decides on a block of a past round, and on one that is validated late [L49]", () => {
  const node = started(1);
  node.answersValidations = false;
  node.feed(proposalMessage(0, 0, "a"));
  node.timer("propose", 0);
  node.feed(...[0, 2].map((i) => voteMessage(i, "prevote", 1)));
  assertEquals(node.machine.round, 1);
  node.feed(...[0, 2, 3].map((i) => voteMessage(i, "precommit", 0, "a")));
  assertEquals(node.state.height!.decision, undefined);
  const { blockId, time } = block("a");
  const lines = node.feed({ type: "block_validated", height: 1n, round: 0, blockId, time, valid: true });
  assertEquals(lines.at(-1), "commit a r0");
});

Deno.test("step() validates a block once, however often it is proposed", () => {
  const node = started(3);
  node.feed(proposalMessage(0, 0, "a"));
  node.feed(...[0, 1, 2].map((i) => voteMessage(i, "precommit", 0)));
  node.timer("precommit", 0);
  assert(!node.feed(proposalMessage(1, 1, "a"), proposalMessage(1, 1, "a")).includes("validate a"));
});

Deno.test("step() gives other bytes under the id of an invalid block their own chance", () => {
  const node = started(1);
  const good = proposalMessage(0, 0, "a") as { message: { block: Uint8Array } };
  node.feed({ ...good, message: { ...good.message, block: block("bad").bytes } } as never);
  assertEquals(node.machine.step, "prevote");
  assertEquals(node.feed(good as never), ["validate a"]);
  node.feed(...[0, 2, 3].map((i) => voteMessage(i, "precommit", 0, "a")));
  assertEquals(node.state.height!.decision?.round, 0);
});

Deno.test("step() reports forged, misplaced and malformed messages, and does nothing else", () => {
  const node = started(1);
  const good = vote(0, "prevote", 0, "a");
  const send = (message: unknown) => node.feed({ type: "message_received", from: "x", message: message as never });
  const before = node.state.height;
  assertEquals(send({ type: "vote", vote: { ...good, signature: new Uint8Array(64) } }), ["report x bad_signature"]);
  assertEquals(send({ type: "vote", vote: { ...good, round: 1 } }), ["report x bad_signature"]);
  assertEquals(send({ type: "vote", vote: { ...good, validatorIndex: 2 } }), ["report x unknown_validator"]);
  assertEquals(send({ type: "vote", vote: { ...good, validatorIndex: 9 } }), ["report x unknown_validator"]);
  assertEquals(send({ type: "vote", vote: { ...good, signature: new Uint8Array(0) } }), ["report x bad_vote"]);
  assertEquals(send({ type: "vote", vote: { ...good, extension: new Uint8Array(1) } }), ["report x bad_vote"]);
  const wrongProposer = { type: "proposal", proposal: proposal(2, 0, "a"), block: block("a").bytes };
  assertEquals(send(wrongProposer), ["report x bad_proposal"]);
  assertEquals(send({ ...wrongProposer, proposal: proposal(0, 0, "a", 0) }), ["report x bad_proposal"]);
  assertEquals(node.state.height, before);
});

Deno.test("step() stays silent when the signer refuses, and its timers go on", () => {
  const node = started(1);
  node.answersSignatures = false;
  node.feed(proposalMessage(0, 0, "a"));
  const refused = { type: "vote", vote: vote(1, "prevote", 0, "a") } as const;
  assertEquals(node.feed({ type: "sign_refused", message: refused, reason: "guard" }), []);
  assertEquals(node.feed(...[0, 2, 3].map((i) => voteMessage(i, "precommit", 0))).at(-1), "start precommit r0 1000ms");
});

Deno.test("step() asks again at gossip ticks for what was refused, in the round that runs, until it is signed", () => {
  const node = started(1);
  const ask = "sign prevote a r0";
  node.answersSignatures = false;
  const [message] = node.feed(proposalMessage(0, 0, "a")).includes(ask)
    ? node.effects.flatMap((effect) => effect.type === "sign" ? [effect.message] : [])
    : [];
  assert(message !== undefined, node.lines.join("\n"));
  const refuse = () => node.feed({ type: "sign_refused", message, reason: "the signer is away" });
  // Once for each refusal.
  for (let i = 0; i < 2; i++) {
    refuse();
    assertEquals([node.timer("gossip").includes(ask), node.timer("gossip").includes(ask)], [true, false]);
  }
  refuse();
  node.answersSignatures = true;
  assert(node.timer("gossip").includes("broadcast prevote a r0 of 1"), node.lines.join("\n"));
  assertEquals(node.timer("gossip").includes(ask), false);
  // Not in another round.
  const later = started(1);
  later.answersSignatures = false;
  later.feed(proposalMessage(0, 0, "a"));
  later.feed({ type: "sign_refused", message, reason: "the signer is away" });
  later.feed(...[0, 2, 3].map((i) => voteMessage(i, "precommit", 0)));
  later.timer("precommit");
  assertEquals(later.machine.round, 1);
  assertEquals(later.timer("gossip").includes(ask), false);
});

Deno.test("step() follows and decides without a key", () => {
  const node = started(undefined);
  node.feed(proposalMessage(0, 0, "a"));
  node.feed(...[0, 1].map((i) => voteMessage(i, "precommit", 0, "a")));
  const lines = node.feed(voteMessage(2, "precommit", 0, "a"));
  assertEquals(lines.at(-1), "commit a r0");
  assertEquals(node.records, []);
});

Deno.test("step() stamps votes with the clock, but after the block's time (BFT time)", () => {
  const node = started(1);
  const timeOf = () => {
    const { vote } = node.state.height!.own.at(-1) as { vote: { timestamp: { seconds: bigint; nanos: number } } };
    return timestampToNanos(vote.timestamp);
  };
  node.now = GENESIS_TIME + 1n;
  node.feed(proposalMessage(0, 0, "a"));
  assertEquals(timeOf(), block("a").time + 1_000_000n);
  node.now = block("a").time + 9_000_000n;
  node.feed(voteMessage(0, "prevote", 0, "a"), voteMessage(2, "prevote", 0, "a"));
  assertEquals(timeOf(), node.now);
});

/** The height after a decision on "a", with its seal. */
function nextHeight(node: TestNode): HeightContext {
  const { commit } = node.state.height!.decision!;
  const context = heightContext(FOUR, 2n);
  return { ...context, lastCommit: commit, lastValidators: context.validators, lastBlockTime: block("a").time };
}

function decided(config = CONFIG): TestNode {
  const node = started(1, config);
  node.feed(proposalMessage(0, 0, "a"));
  node.feed(...[0, 2, 3].map((i) => voteMessage(i, "precommit", 0, "a")));
  return node;
}

Deno.test("step() waits for late precommits and seals the next block with them", () => {
  const node = decided();
  // Three precommits decide; the own one (validator 1) is missing, and comes while the block is executed.
  assertEquals(node.feed({ type: "height_committed", next: nextHeight(node) }), []);
  node.feed(voteMessage(1, "precommit", 0, "a", 1n));
  const { lastCommit } = node.state.height!;
  assertEquals(lastCommit!.signatures.map((sig) => sig.blockIdFlag), [2, 2, 2, 2]);
  assertEquals(node.timer("commit", 0, 1n), ["start gossip r0 1000ms", "start propose r0 3000ms"]);
});

Deno.test("step() goes on at once when there is nothing to wait for, or the wait ended before execution did", () => {
  const hurried = decided({ ...CONFIG, commitMs: 0 });
  assertEquals(hurried.feed({ type: "height_committed", next: nextHeight(hurried) })[0], "start gossip r0 1000ms");
  const slow = decided();
  assertEquals(slow.timer("commit", 0, 1n), []);
  assertEquals(slow.feed({ type: "height_committed", next: nextHeight(slow) })[0], "start gossip r0 1000ms");
});

Deno.test("step() keeps messages of the next height and uses them when it begins", () => {
  const node = decided({ ...CONFIG, commitMs: 0 });
  node.feed(
    proposalMessage(0, 0, "b", -1, 2n),
    voteMessage(0, "prevote", 0, "b", 2n),
    voteMessage(2, "prevote", 0, "b", 2n),
  );
  const lines = node.feed({ type: "height_committed", next: nextHeight(node) });
  assert(lines.includes("sign prevote b r0") && lines.includes("sign precommit b r0"), lines.join("\n"));
});

Deno.test("step() keeps a bounded number of messages of the next height", () => {
  const node = decided();
  for (let i = 0; i < 300; i++) {
    const message = { type: "vote", vote: { ...vote(0, "prevote", i, "b", 2n) } } as const;
    node.feed({ type: "message_received", from: "liar", message });
  }
  assertEquals(node.state.early.length, 128);
});

Deno.test("step() bounds the votes of invented rounds, keeping a validator's latest", () => {
  const node = started(0);
  for (let round = 1; round < 50; round++) node.feed(voteMessage(3, "prevote", round, "a"));
  assertEquals([...node.state.height!.votes.rounds.keys()], [1, 48, 49]);
});

Deno.test("step() hands its last decision to a validator that is still there, once between ticks", () => {
  const node = decided({ ...CONFIG, commitMs: 0 });
  node.feed({ type: "height_committed", next: nextHeight(node) });
  const status = { type: "message_received", from: "late", message: { type: "status", height: 1n, round: 0 } } as const;
  assertEquals(node.feed(status), ["send late decided a h1 r0"]);
  assertEquals(node.feed(status), []);
  node.timer("gossip");
  assertEquals(node.feed(status), ["send late decided a h1 r0"]);
});

Deno.test("step() decides on a block that comes with a good seal, and reports a bad one", () => {
  const { commit } = decided().state.height!.decision!;
  const node = started(3);
  const send = (seal: typeof commit) =>
    node.feed({
      type: "message_received",
      from: "x",
      message: { type: "decided", commit: seal, block: block("a").bytes },
    });
  assertEquals(send({ ...commit, signatures: commit.signatures.slice(1) }), ["report x bad_commit"]);
  const [first, ...rest] = commit.signatures;
  assertEquals(send({ ...commit, signatures: [{ ...first!, signature: new Uint8Array(32) }, ...rest] }), [
    "report x bad_commit",
  ]);
  assertEquals(send(commit).at(-1), "commit a r0");
  assertEquals(node.state.height!.decision!.commit, commit);
});

Deno.test("step() asks a peer that is ahead for help, once between ticks", () => {
  const node = started(1);
  assertEquals(node.feed(voteMessage(0, "prevote", 0, "b", 2n)), ["send peer0 status h1 r0"]);
  assertEquals(node.feed(voteMessage(2, "prevote", 0, "b", 2n)), []);
});

Deno.test("step() repeats what others may lack while a height takes long", () => {
  const node = started(0);
  node.built("a");
  node.feed(voteMessage(1, "prevote", 0));
  assertEquals(node.timer("gossip"), [
    "broadcast status h1 r0",
    "broadcast proposal a r0",
    "broadcast prevote a r0 of 0",
    "broadcast prevote nil r0 of 1",
    "start gossip r0 1000ms",
  ]);
});

Deno.test("step() waits for transactions when empty blocks are unwanted, unless a proof block is due", () => {
  const config = { ...CONFIG, createEmptyBlocks: false };
  const node = started(0, config);
  assertEquals(node.machine.round, -1);
  assertEquals(node.feed({ type: "transactions_available", height: 1n })[0], "build r0");
  const woken = started(0, config);
  assertEquals(woken.feed(voteMessage(2, "prevote", 0))[0], "build r0");
  const due = new TestNode(0, { config });
  assert(due.start({ ...heightContext(FOUR), proofBlock: true }).includes("build r0"));
});

Deno.test("step() reports an equivocation once, at once and without the time that nobody knows yet", () => {
  const node = started(1, { ...CONFIG, commitMs: 0 });
  node.feed(proposalMessage(0, 0, "a"));
  node.feed(voteMessage(3, "prevote", 0, "a"), voteMessage(3, "prevote", 0, "b"), voteMessage(3, "prevote", 0));
  const reports = node.effects.filter((effect) => effect.type === "report_evidence");
  assertEquals(reports.length, 1);
  node.feed(...[0, 2, 3].map((i) => voteMessage(i, "precommit", 0, "a")));
  node.feed({ type: "height_committed", next: nextHeight(node) });
  assert(!node.effects.some((effect) => effect.type === "report_evidence"), "not again");
  const evidence = reports[0]!.evidence.duplicateVoteEvidence!;
  assertEquals(evidence.voteA!.validatorIndex, 3);
  assertEquals([evidence.totalVotingPower, evidence.validatorPower], [4n, 1n]);
  assertEquals(evidence.timestamp, nanosToTimestamp(0n));
});

Deno.test("step() counts an equivocator for the value that was proposed, although it said something else first", () => {
  const node = started(1);
  node.feed(proposalMessage(0, 0, "a"), voteMessage(3, "prevote", 0, "c"), voteMessage(0, "prevote", 0, "a"));
  assert(node.feed(voteMessage(3, "prevote", 0, "a")).includes("sign precommit a r0"));
});

Deno.test("step() counts that vote also when it came before the proposal", () => {
  const node = started(1);
  node.feed(voteMessage(3, "prevote", 0, "c"), voteMessage(3, "prevote", 0, "a"), voteMessage(0, "prevote", 0, "a"));
  assert(node.feed(proposalMessage(0, 0, "a")).includes("sign prevote a r0"));
  node.feed(voteMessage(2, "prevote", 0));
  assert(node.effects.every((effect) => effect.type !== "report_evidence"), "not again");
  assertEquals(node.machine.step, "precommit", "1, 0 and 3 are more than two thirds");
});
