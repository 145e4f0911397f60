import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import {
  addVote,
  type CountedVote,
  dropVoter,
  findVote,
  hasQuorumAny,
  hasQuorumFor,
  hasVoted,
  newVoteKeeper,
  NIL,
  quorumValues,
  roundsOf,
  skipRound,
  type ThresholdEvent,
  type VoteKeeper,
  votesFor,
  votesIn,
} from "./vote_keeper.ts";

type Cast = [voter: number, kind: "prevote" | "precommit", round: number, value: string];
const POWERS = [10, 20, 30, 40];
const of = ([voter, kind, round, value]: Cast): CountedVote<string> => {
  const vote = `${voter} ${kind} ${round} ${value}`;
  return { voter, kind, round, value, power: BigInt(POWERS[voter]!), vote };
};

function cast(votes: Cast[], currentRound = 0, keepConflicting = false) {
  let keeper: VoteKeeper<string> = newVoteKeeper(POWERS.length, 100n);
  const events: (ThresholdEvent | undefined)[] = [];
  const statuses: string[] = [];
  for (const vote of votes) {
    const outcome = addVote(keeper, of(vote), currentRound, { keepConflicting });
    keeper = outcome.keeper;
    events.push(outcome.event);
    statuses.push(outcome.status);
  }
  return { keeper, events, statuses };
}

Deno.test("addVote() gives each threshold once", () => {
  const { events } = cast([
    [3, "prevote", 0, "a"],
    [2, "prevote", 0, "a"],
    [0, "prevote", 0, NIL],
    [1, "prevote", 0, "b"],
    [3, "precommit", 0, NIL],
    [2, "precommit", 0, NIL],
    [1, "precommit", 0, "a"],
  ]);
  assertEquals(events, [
    undefined,
    { type: "polka_value", round: 0, value: "a" },
    { type: "polka_any", round: 0 },
    undefined,
    undefined,
    { type: "precommit_any", round: 0 },
    undefined,
  ]);
});

Deno.test("addVote() tells a polka for nil from one for anything", () => {
  assertEquals(cast([[3, "prevote", 0, NIL], [2, "prevote", 0, NIL]]).events[1], { type: "polka_nil", round: 0 });
  assertEquals(cast([[3, "prevote", 0, NIL], [2, "prevote", 0, "a"]]).events[1], { type: "polka_any", round: 0 });
});

Deno.test("addVote() asks to skip when more than a third are in a later round, whatever they vote", () => {
  const { events, keeper } = cast([[0, "prevote", 2, "a"], [1, "precommit", 2, NIL], [1, "prevote", 2, NIL], [
    2,
    "prevote",
    3,
    "a",
  ]]);
  assertEquals(events, [undefined, undefined, undefined, undefined]);
  const outcome = addVote(keeper, of([3, "precommit", 3, "b"]), 0);
  assertEquals(outcome.event, { type: "skip", round: 3 });
  assertEquals([skipRound(outcome.keeper, 0), skipRound(outcome.keeper, 3)], [3, undefined]);
});

Deno.test("addVote() counts the first of two conflicting votes, or both for their values when asked", () => {
  const votes: Cast[] = [[3, "prevote", 0, "a"], [3, "prevote", 0, "b"], [3, "prevote", 0, "b"], [
    2,
    "prevote",
    0,
    "b",
  ]];
  const strict = cast(votes);
  assertEquals(strict.statuses, ["added", "conflicting", "conflicting", "added"]);
  assertEquals(quorumValues(strict.keeper, "prevote", 0), []);
  const lenient = cast(votes, 0, true);
  assertEquals(lenient.statuses, ["added", "conflicting", "duplicate", "added"]);
  assertEquals(quorumValues(lenient.keeper, "prevote", 0), ["b"]);
  // …but only once towards "any", and towards skipping.
  assertEquals(lenient.keeper.rounds.get(0)!.prevote.anyPower, 70n);
  assertEquals(lenient.keeper.rounds.get(0)!.power, 70n);
});

Deno.test("dropVoter() leaves the keeper as if the voter had been silent in that round", () => {
  const others: Cast[] = [[0, "prevote", 1, "a"], [1, "precommit", 1, NIL], [2, "prevote", 2, "b"]];
  const { keeper } = cast([...others, [3, "prevote", 1, "a"], [3, "precommit", 1, "b"], [3, "prevote", 2, "b"]], 5);
  const dropped = dropVoter(dropVoter(keeper, 1, 3, 40n), 2, 3, 40n);
  const fresh = cast(others, 5).keeper;
  for (const round of [1, 2]) {
    assertEquals(votesIn(dropped, round), votesIn(fresh, round));
    assertEquals(dropped.rounds.get(round)!.power, fresh.rounds.get(round)!.power);
    assertEquals(dropped.rounds.get(round)!.prevote.anyPower, fresh.rounds.get(round)!.prevote.anyPower);
  }
  assertEquals(roundsOf(dropped, 3, -1), []);
  assertEquals(dropVoter(cast([[3, "prevote", 1, "a"]]).keeper, 1, 3, 40n).rounds.size, 0);
});

const votesOf = fc.array(
  fc.tuple(
    fc.nat(3),
    fc.constantFrom<"prevote" | "precommit">("prevote", "precommit"),
    fc.nat(3),
    fc.constantFrom(NIL, "a", "b"),
  ),
  { maxLength: 40 },
);

Deno.test("the keeper agrees with counting all votes anew, and never changes what it was given", () => {
  fc.assert(fc.property(votesOf, (votes) => {
    let keeper: VoteKeeper<string> = newVoteKeeper(4, 100n);
    const seen = new Map<string, Cast>();
    for (const vote of votes) {
      const before = JSON.stringify([...keeper.rounds].map(([round]) => votesIn(keeper, round)));
      const next = addVote(keeper, of(vote), 0, { keepConflicting: true }).keeper;
      assertEquals(JSON.stringify([...keeper.rounds].map(([round]) => votesIn(keeper, round))), before);
      keeper = next;
      seen.set(vote.join(), vote);
    }
    for (const round of [0, 1, 2, 3]) {
      for (const kind of ["prevote", "precommit"] as const) {
        const here = [...seen.values()].filter((vote) => vote[1] === kind && vote[2] === round);
        const power = (votes: Cast[]) =>
          [...new Set(votes.map(([voter]) => voter))].reduce((sum, v) => sum + POWERS[v]!, 0);
        assertEquals(hasQuorumAny(keeper, kind, round), 3 * power(here) > 200);
        for (const value of [NIL, "a", "b"]) {
          const forValue = here.filter((vote) => vote[3] === value);
          assertEquals(hasQuorumFor(keeper, kind, round, value), 3 * power(forValue) > 200);
          assertEquals(votesFor(keeper, kind, round, value).length, forValue.length);
          for (const vote of forValue) assert(findVote(keeper, kind, round, value, vote[0]) === of(vote).vote);
        }
        for (const voter of [0, 1, 2, 3]) {
          assertEquals(hasVoted(keeper, kind, round, voter), here.some((vote) => vote[0] === voter));
        }
      }
    }
  }));
});
