import { assertEquals } from "@std/assert";
import { ROUNDS_SHOWN_MAX } from "../../core/round_view.ts";
import {
  addressOf,
  block,
  contextOf,
  heightContext,
  proposalMessage,
  type TestInput,
  voteMessage,
} from "./_testing.ts";
import { tendermintEngine } from "./mod.ts";

function viewAfter(inputs: readonly TestInput[], powers = [1, 1, 1, 1]) {
  let state = tendermintEngine.initial();
  assertEquals(tendermintEngine.describe!(state), undefined);
  for (const input of [{ type: "started", height: heightContext(powers), replay: [] } as TestInput, ...inputs]) {
    state = tendermintEngine.step(contextOf(undefined), state, input).state;
  }
  return tendermintEngine.describe!(state)!;
}

const validated = (name: string): TestInput => {
  const { blockId, time } = block(name);
  return { type: "block_validated", height: 1n, round: 0, blockId, time, valid: true };
};

Deno.test("a height is described by its proposal, its lock and the first vote of each validator", () => {
  const view = viewAfter([
    proposalMessage(0, 0, "a"),
    validated("a"),
    voteMessage(0, "prevote", 0, "a"),
    voteMessage(1, "prevote", 0, "a"),
    voteMessage(3, "prevote", 0, "a"),
    voteMessage(2, "precommit", 0, "a"),
    voteMessage(2, "precommit", 0),
  ]);
  assertEquals([view.height, view.round, view.step, view.commitRound], [1n, 0, "precommit", -1]);
  assertEquals([view.lockedRound, view.validRound], [0, 0]);
  assertEquals([view.lockedBlockId, view.validBlockId], [block("a").blockId, block("a").blockId]);
  assertEquals(view.proposer, addressOf(0));
  assertEquals([view.proposal?.blockId, view.hasProposedBlock], [block("a").blockId, true]);
  const { prevotes, precommits } = view.votes[0]!;
  assertEquals(prevotes.map((vote) => vote?.validatorIndex), [0, 1, undefined, 3]);
  assertEquals(precommits.map((vote) => vote?.blockId.hash.length), [undefined, undefined, 32, undefined]);
});

Deno.test("only the latest rounds of a long height are described", () => {
  const rounds = ROUNDS_SHOWN_MAX + 5;
  const skips = [0, 1].map((voter) => voteMessage(voter, "prevote", rounds - 1));
  const view = viewAfter(skips);
  assertEquals(view.round, rounds - 1);
  assertEquals([view.votes.length, view.votes[0]!.round, view.votes.at(-1)!.round], [ROUNDS_SHOWN_MAX, 5, rounds - 1]);
  assertEquals(view.votes.at(-1)!.prevotes.filter((vote) => vote !== undefined).length, 2);
});
