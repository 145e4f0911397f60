import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import {
  applyRoundInput,
  INITIAL_ROUND_STATE,
  type RoundInput,
  type RoundState,
  type RoundStep,
} from "./round_machine.ts";

const at = (step: RoundStep, more: Partial<RoundState> = {}): RoundState => ({
  ...INITIAL_ROUND_STATE,
  round: 1,
  step,
  ...more,
});
const lockedOn = (value: string, round: number) => ({ lockedValue: value, lockedRound: round });
const validIs = (value: string, round: number) => ({ validValue: value, validRound: round });
const prevote = (value: string) => ({ type: "vote", kind: "prevote", round: 1, value });
const precommit = (value: string) => ({ type: "vote", kind: "precommit", round: 1, value });
const IGNORED = { type: "ignored" };

type Row = [line: string, before: RoundState, input: RoundInput, output: unknown, after: Partial<RoundState>];
const rows: Row[] = [
  ["L11 L21", at("unstarted"), { type: "new_round", round: 2, proposer: false }, {
    type: "schedule_timeout",
    kind: "propose",
    round: 2,
  }, { round: 2, step: "propose" }],
  ["L18", at("unstarted"), { type: "new_round", round: 2, proposer: true }, { type: "get_value", round: 2 }, {
    round: 2,
    step: "propose",
  }],
  ["L16", at("unstarted", validIs("v", 0)), { type: "new_round", round: 2, proposer: true }, {
    type: "propose",
    round: 2,
    value: "v",
    validRound: 0,
  }, { round: 2, step: "propose" }],
  ["L11 only forward", at("unstarted"), { type: "new_round", round: 1, proposer: true }, IGNORED, {}],
  ["L11 only between rounds", at("prevote"), { type: "new_round", round: 2, proposer: true }, IGNORED, {}],
  [
    "L19",
    at("propose"),
    { type: "value_built", value: "v" },
    { type: "propose", round: 1, value: "v", validRound: -1 },
    {},
  ],
  ["L24", at("propose"), { type: "proposal", value: "v" }, prevote("v"), { step: "prevote" }],
  ["L23 own lock", at("propose", lockedOn("v", 0)), { type: "proposal", value: "v" }, prevote("v"), {
    step: "prevote",
  }],
  ["L26 other lock", at("propose", lockedOn("w", 0)), { type: "proposal", value: "v" }, prevote(""), {
    step: "prevote",
  }],
  ["L26 invalid", at("propose"), { type: "proposal_invalid" }, prevote(""), { step: "prevote" }],
  ["L22 step", at("prevote"), { type: "proposal", value: "v" }, IGNORED, {}],
  [
    "L30 unlocked by a polka as late as the lock",
    at("propose", lockedOn("w", 0)),
    { type: "proposal_and_previous_polka", value: "v", validRound: 0 },
    prevote("v"),
    { step: "prevote" },
  ],
  [
    "L32 later lock",
    at("propose", { round: 3, ...lockedOn("w", 2) }),
    { type: "proposal_and_previous_polka", value: "v", validRound: 1 },
    { ...prevote(""), round: 3 },
    { step: "prevote" },
  ],
  [
    "L29 own lock",
    at("propose", { round: 3, ...lockedOn("v", 2) }),
    { type: "proposal_and_previous_polka", value: "v", validRound: 1 },
    { ...prevote("v"), round: 3 },
    { step: "prevote" },
  ],
  [
    "L28 valid round before this one",
    at("propose"),
    { type: "proposal_and_previous_polka", value: "v", validRound: 1 },
    IGNORED,
    {},
  ],
  ["L34", at("prevote"), { type: "polka_any" }, { type: "schedule_timeout", kind: "prevote", round: 1 }, {}],
  ["L34 step", at("propose"), { type: "polka_any" }, IGNORED, {}],
  ["L36 locks", at("prevote"), { type: "proposal_and_polka", value: "v" }, precommit("v"), {
    step: "precommit",
    ...lockedOn("v", 1),
    ...validIs("v", 1),
  }],
  ["L36 too late", at("precommit"), { type: "proposal_and_polka", value: "v" }, { type: "none" }, validIs("v", 1)],
  ["L36 step", at("propose"), { type: "proposal_and_polka", value: "v" }, IGNORED, {}],
  ["L44", at("prevote"), { type: "polka_nil" }, precommit(""), { step: "precommit" }],
  ["L44 step", at("precommit"), { type: "polka_nil" }, IGNORED, {}],
  ["L47", at("propose"), { type: "precommit_any" }, { type: "schedule_timeout", kind: "precommit", round: 1 }, {}],
  ["L49", at("propose"), { type: "proposal_and_commit", round: 0, value: "v" }, {
    type: "decide",
    round: 0,
    value: "v",
  }, { step: "commit" }],
  ["L49 once", at("commit"), { type: "proposal_and_commit", round: 0, value: "v" }, IGNORED, {}],
  ["L55", at("prevote"), { type: "round_skip", round: 5 }, { type: "start_round", round: 5 }, { step: "unstarted" }],
  ["L55 only forward", at("prevote"), { type: "round_skip", round: 1 }, IGNORED, {}],
  ["L57", at("propose"), { type: "timeout_propose", round: 1 }, prevote(""), { step: "prevote" }],
  ["L57 other round", at("propose"), { type: "timeout_propose", round: 0 }, IGNORED, {}],
  ["L61", at("prevote"), { type: "timeout_prevote", round: 1 }, precommit(""), { step: "precommit" }],
  ["L61 step", at("precommit"), { type: "timeout_prevote", round: 1 }, IGNORED, {}],
  ["L65", at("precommit"), { type: "timeout_precommit", round: 1 }, { type: "start_round", round: 2 }, {
    step: "unstarted",
  }],
  ["L65 other round", at("precommit"), { type: "timeout_precommit", round: 0 }, IGNORED, {}],
];

for (const [line, before, input, output, after] of rows) {
  Deno.test(`applyRoundInput() follows the paper: ${line}`, () => {
    const result = applyRoundInput(before, input);
    assertEquals<unknown>(result.output, output);
    assertEquals(result.state, { ...before, ...after });
  });
}

const value = fc.constantFrom("v", "w");
const round = fc.nat(4);
const inputs: fc.Arbitrary<RoundInput> = fc.oneof(
  fc.record({ type: fc.constant("new_round" as const), round, proposer: fc.boolean() }),
  fc.record({
    type: fc.constantFrom("proposal" as const, "proposal_and_polka" as const, "value_built" as const),
    value,
  }),
  fc.record({ type: fc.constant("proposal_and_previous_polka" as const), value, validRound: round }),
  fc.record({
    type: fc.constantFrom(
      "polka_any" as const,
      "polka_nil" as const,
      "precommit_any" as const,
      "proposal_invalid" as const,
    ),
  }),
  fc.record({ type: fc.constant("proposal_and_commit" as const), round, value }),
  fc.record({
    type: fc.constantFrom(
      "round_skip" as const,
      "timeout_propose" as const,
      "timeout_prevote" as const,
      "timeout_precommit" as const,
    ),
    round,
  }),
);

Deno.test("whatever the order of inputs: one vote of a kind in a round, rounds grow, a lock is a valid value", () => {
  fc.assert(fc.property(fc.array(inputs, { maxLength: 60 }), (list) => {
    let state = INITIAL_ROUND_STATE;
    const votes = new Set<string>();
    for (const input of list) {
      const { state: next, output } = applyRoundInput(state, input);
      if (output.type === "vote") {
        const slot = `${output.kind} ${output.round}`;
        assertEquals(votes.has(slot), false, slot);
        votes.add(slot);
      }
      assertEquals(next.round >= state.round && next.lockedRound >= state.lockedRound, true);
      assertEquals(next.lockedRound <= next.validRound && next.validRound <= next.round, true);
      if (output.type === "ignored") assertEquals(next, state);
      state = next;
    }
  }));
});
