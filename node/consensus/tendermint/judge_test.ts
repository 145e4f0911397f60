import { assert, assertEquals } from "@std/assert";
import type { Vote } from "cosmjs-types/tendermint/types/types";
import { equalBytes } from "../../core/bytes.ts";
import type { GossipVerdict } from "../../core/peer.ts";
import { ProposerRotation } from "../../core/validators/mod.ts";
import type { EngineContext } from "../engine.ts";
import type { HeightContext } from "../input.ts";
import { proposerOf } from "../proposer.ts";
import { sealFromVotes } from "../seal.ts";
import {
  addressOf,
  block,
  contextOf,
  heightContext,
  proposal,
  proposalMessage,
  validatorSet,
  vote,
  voteMessage,
} from "./_testing.ts";
import { TestNode } from "./_testing_node.ts";
import type { TendermintMessage } from "./messages.ts";

const FOUR = [1, 1, 1, 1];
const NO_BLOCK = new Uint8Array();

const head = (...args: Parameters<typeof proposal>): TendermintMessage => ({
  type: "proposal",
  proposal: proposal(...args),
  block: NO_BLOCK,
});
const said = (...args: Parameters<typeof vote>): TendermintMessage => ({ type: "vote", vote: vote(...args) });
const asVote = (vote: Vote): TendermintMessage => ({ type: "vote", vote });

/** The commit of block `name` at height 1 by these validators. */
const commitBy = (voters: readonly number[], name = "a", height = 1n, round = 0) =>
  sealFromVotes(4, height, round, block(name).blockId, voters.map((i) => vote(i, "precommit", round, name, height)));

/** Validators of the next height: those of this one, one turn on. */
const next = (() => {
  const rotation = ProposerRotation.of(validatorSet(FOUR));
  rotation.increment(1);
  return rotation.toValidatorSet();
})();

class Judge {
  readonly node = new TestNode(undefined);
  /** Signatures verified. */
  verified = 0;

  constructor(context: HeightContext = { ...heightContext(FOUR), nextValidators: next }) {
    this.node.start(context);
  }

  on(message: TendermintMessage): GossipVerdict {
    const { verify, ...rest } = contextOf(undefined);
    const context: EngineContext = {
      ...rest,
      verify: (...args) => {
        this.verified++;
        return verify(...args);
      },
    };
    const before = this.node.state;
    const verdict = this.node.engine.judge(context, before, message);
    assert(this.node.state === before);
    return verdict;
  }
}

/** A node that committed block a at height 1 with a seal that lacks validator 3. */
function atHeightTwo(): Judge {
  return new Judge({
    ...heightContext(FOUR, 2n),
    lastCommit: commitBy([0, 1, 2]),
    lastValidators: validatorSet(FOUR),
    nextValidators: next,
  });
}

Deno.test("judge() accepts a proposal of its proposer for this round and the next, and ignores later ones", () => {
  const judge = new Judge();
  assertEquals(judge.on(head(0, 0, "a")), "accept");
  assertEquals(judge.on(head(1, 1, "a")), "accept");
  assertEquals(judge.on(head(2, 2, "a")), "ignore");
  assertEquals(judge.on(head(1, 0, "a")), "reject");
  assertEquals(judge.on(head(0, 0, "a", 0)), "reject", "a proof-of-lock round that is not before");
});

Deno.test("judge() follows the engine through rounds", () => {
  const judge = new Judge();
  for (const i of [0, 1]) judge.node.feed(voteMessage(i, "prevote", 4));
  assertEquals(judge.node.machine.round, 4);
  assertEquals(judge.on(head(1, 5, "a")), "accept");
  assertEquals(judge.on(head(2, 6, "a")), "ignore");
  assertEquals(judge.on(head(0, 0, "a")), "accept", "of an old round: others may still be there");
});

Deno.test("judge() judges messages of the next height by its validators, and its proposer is another", () => {
  const judge = new Judge();
  const address = proposerOf(next, 0)!;
  const proposer = FOUR.findIndex((_, i) => equalBytes(addressOf(i), address));
  assertEquals(proposer, 1);
  assertEquals(judge.on(head(proposer, 0, "b", -1, 2n)), "accept");
  assertEquals(judge.on(head(0, 0, "b", -1, 2n)), "reject");
  assertEquals(judge.on(head(3, 2, "b", -1, 2n)), "ignore");
  assertEquals(judge.on(said(2, "prevote", 0, "b", 2n)), "accept");
  assertEquals(judge.on(asVote({ ...vote(2, "prevote", 0, "b", 2n), validatorIndex: 3 })), "reject");
});

Deno.test("judge() leaves the next height alone where its validators are not known, and the one after always", () => {
  const blind = new Judge(heightContext(FOUR));
  assertEquals(blind.on(head(1, 0, "b", -1, 2n)), "ignore");
  assertEquals(blind.on(said(2, "prevote", 0, "b", 2n)), "ignore");
  const judge = new Judge();
  assertEquals(judge.on(head(2, 0, "b", -1, 3n)), "ignore");
  assertEquals(judge.on(said(2, "prevote", 0, "b", 3n)), "ignore");
  assertEquals([blind.verified, judge.verified], [0, 0]);
});

Deno.test("judge() goes on for the next height while the decided block is executed, and takes no proposals for this one", () => {
  const judge = new Judge();
  judge.node.feed(proposalMessage(0, 0, "a"), ...[0, 1, 2].map((i) => voteMessage(i, "precommit", 0, "a")));
  assertEquals(judge.node.machine.step, "commit");
  assertEquals(judge.on(head(1, 0, "b", -1, 2n)), "accept");
  assertEquals(judge.on(said(2, "precommit", 0, "b", 2n)), "accept");
  assertEquals(judge.on(said(3, "precommit", 0, "a")), "accept", "completes the seal");
  assertEquals(judge.on(head(0, 0, "a")), "ignore");
  assertEquals(judge.on({ type: "decided", commit: commitBy([0, 1, 2]), block: NO_BLOCK }), "ignore");
});

Deno.test("judge() accepts votes of members in this and far rounds, and rejects what nobody could have signed so", () => {
  const judge = new Judge();
  assertEquals(judge.on(said(3, "prevote", 0, "a")), "accept");
  assertEquals(judge.on(said(3, "precommit", 1000)), "accept");
  assertEquals(judge.on(said(3, "precommit", 1001)), "ignore");
  const good = vote(3, "precommit", 0, "a");
  const bent: Partial<Vote>[] = [
    { round: 1 },
    { validatorIndex: 2 },
    { validatorIndex: 9 },
    { validatorAddress: addressOf(2) },
    { signature: new Uint8Array(64) },
    { blockId: block("b").blockId },
    { round: -1 },
    { extension: new Uint8Array(1), extensionSignature: new Uint8Array(64) },
  ];
  for (const fields of bent) {
    assertEquals(judge.on(asVote({ ...good, ...fields })), "reject", JSON.stringify(fields, show));
  }
});

const show = (_: string, value: unknown) => typeof value === "bigint" ? `${value}` : value;

Deno.test("judge() rejects a vote that got a signature of no extension: anybody could make many of one", () => {
  const bent = { ...vote(3, "precommit", 0, "a"), extensionSignature: new Uint8Array(64) };
  assertEquals(new Judge().on(asVote(bent)), "reject");
  const node = new TestNode(undefined);
  node.start(heightContext(FOUR));
  assertEquals(node.feed({ type: "message_received", from: "x", message: asVote(bent) }), ["report x bad_vote"]);
});

Deno.test("judge() passes on late precommits that the seal lacks, of its round, and nothing else of the height before", () => {
  const judge = atHeightTwo();
  assertEquals(judge.on(said(3, "precommit", 0, "a")), "accept");
  assertEquals(judge.on(said(3, "precommit", 0)), "accept", "nil completes it too");
  const verified = judge.verified;
  assertEquals(judge.on(said(2, "precommit", 0, "a")), "ignore");
  assertEquals(judge.on(said(3, "prevote", 0, "a")), "ignore");
  assertEquals(judge.on(said(3, "precommit", 1, "a")), "ignore");
  assertEquals(judge.on(head(0, 0, "a")), "ignore");
  assertEquals(judge.verified, verified, "what is of no use costs no signature");
  assertEquals(judge.on(asVote({ ...vote(3, "precommit", 0, "a"), signature: new Uint8Array(32) })), "reject");
});

Deno.test("judge() accepts a decision by its seal, at the running height only", () => {
  const judge = new Judge();
  const decided = (commit: ReturnType<typeof commitBy>): TendermintMessage => ({
    type: "decided",
    commit,
    block: NO_BLOCK,
  });
  assertEquals(judge.on(decided(commitBy([0, 1, 3]))), "accept");
  assertEquals(judge.on(decided(commitBy([0, 1]))), "reject", "half of the power");
  const { signatures, ...rest } = commitBy([0, 1, 2, 3]);
  const forged = signatures.with(3, { ...signatures[3]!, signature: new Uint8Array(32) });
  assertEquals(judge.on(decided({ ...rest, signatures: forged })), "reject", "one signature too many, and bad");
  assertEquals(judge.on(decided(commitBy([0, 1, 2], "a", 2n))), "ignore");
  assertEquals(judge.on(decided(commitBy([0, 1, 2], "a", 5n))), "ignore");
});

Deno.test("judge() says nothing before the engine started, and nothing of a status", () => {
  const node = new TestNode(undefined);
  const status: TendermintMessage = { type: "status", height: 1n, round: 0 };
  assertEquals(node.engine.judge(contextOf(undefined), node.state, said(0, "prevote", 0)), "ignore");
  assertEquals(new Judge().on(status), "ignore");
});

/** Whoever accepts passes on, so nobody at any other stage of the chain may hold it against the one who did. */
Deno.test("judge() never rejects at one stage what it accepts at another", () => {
  const second: HeightContext = {
    ...heightContext(FOUR, 2n),
    validators: next,
    lastValidators: validatorSet(FOUR),
    lastCommit: commitBy([0, 1, 2]),
  };
  const stages: Judge[] = [new Judge(), new Judge(heightContext(FOUR)), new Judge(), new Judge(), new Judge(second)];
  for (const i of [0, 1]) stages[2]!.node.feed(voteMessage(i, "prevote", 3));
  stages[3]!.node.feed(proposalMessage(0, 0, "a"), ...[0, 1, 2].map((i) => voteMessage(i, "precommit", 0, "a")));
  const messages: TendermintMessage[] = [];
  for (const height of [1n, 2n]) {
    for (const i of [0, 1, 2, 3]) {
      for (const round of [0, 1, 3]) {
        messages.push(said(i, "prevote", round, "a", height), said(i, "precommit", round, "a", height));
        messages.push(said(i, "precommit", round, undefined, height), head(i, round, "a", -1, height));
      }
    }
  }
  let accepted = 0;
  for (const message of messages) {
    const verdicts = stages.map((stage) => stage.on(message));
    if (verdicts.includes("accept")) accepted++;
    const clash = verdicts.includes("accept") && verdicts.includes("reject");
    assert(!clash, `${JSON.stringify(message, show)}: ${verdicts}`);
  }
  assert(accepted >= 72, `${accepted}`);
});

Deno.test("judge() costs one signature at most for a message, and none for what is malformed", () => {
  const judge = new Judge();
  judge.on(said(1, "prevote", 0, "a"));
  assertEquals(judge.verified, 1);
  judge.on(asVote({ ...vote(1, "prevote", 0, "a"), validatorAddress: NO_BLOCK }));
  judge.on(asVote({ ...vote(1, "prevote", 0, "a"), validatorAddress: addressOf(2) }));
  assertEquals(judge.verified, 1);
  judge.on(asVote({ ...vote(1, "prevote", 0, "a"), signature: new Uint8Array(32) }));
  assertEquals(judge.verified, 2);
});

Deno.test("judge() accepts what proves an equivocation, and of its author from then on only votes for proposed values", () => {
  const judge = new Judge();
  const votes = ["a", "b", "c", "d"].map((name) => vote(3, "prevote", 0, name));
  for (const each of votes.slice(0, 2)) {
    assertEquals(judge.on(asVote(each)), "accept");
    judge.node.feed({ type: "message_received", from: "p", message: asVote(each) });
  }
  assertEquals(votes.map((each) => judge.on(asVote(each))), ["accept", "ignore", "ignore", "ignore"]);
  judge.node.feed(proposalMessage(0, 0, "c"));
  assertEquals(votes.map((each) => judge.on(asVote(each))), ["accept", "ignore", "accept", "ignore"]);
  assertEquals(judge.on(said(3, "prevote", 1, "d")), "accept", "the first of its round");
});
