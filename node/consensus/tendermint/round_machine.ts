/**
 * Algorithm 1 of arXiv 1807.04938 for one height, and nothing else: no votes, no blocks, no timers of its own. Whoever
 * drives it decides when a rule's condition holds (enough votes, a valid proposal) and says so as an input; the machine
 * keeps round, step, lock and valid value, and answers with what the rule demands.
 * @module
 */
import { NIL, type ValueKey, type VoteKind } from "../vote_keeper.ts";

/** `unstarted`: between rounds, before {@linkcode RoundInput} `new_round`. `commit`: decided. */
export type RoundStep = "unstarted" | "propose" | "prevote" | "precommit" | "commit";

/** Rounds are -1 and values nil where the paper has -1 and nil. */
export interface RoundState {
  readonly round: number;
  readonly step: RoundStep;
  readonly lockedRound: number;
  readonly lockedValue: ValueKey;
  readonly validRound: number;
  readonly validValue: ValueKey;
}

/** The state at the start of a height. */
export const INITIAL_ROUND_STATE: RoundState = {
  round: -1,
  step: "unstarted",
  lockedRound: -1,
  lockedValue: NIL,
  validRound: -1,
  validValue: NIL,
};

/**
 * - `new_round` [L11]; `value_built` answers `get_value` [L18].
 * - `proposal` [L22]: valid, for this round, without a valid round. `proposal_and_previous_polka` [L28]: valid, with a quorum
 *   of prevotes in `validRound`. `proposal_invalid` [L26, L32].
 * - `polka_any` [L34], `polka_nil` [L44], `proposal_and_polka` [L36]: in this round; the proposal is valid.
 * - `precommit_any` [L47]; `proposal_and_commit` [L49]: of any round; `round_skip` [L55]; `timeout_…` [L57, L61, L65].
 */
export type RoundInput =
  | { readonly type: "new_round"; readonly round: number; readonly proposer: boolean }
  | { readonly type: "value_built"; readonly value: ValueKey }
  | { readonly type: "proposal"; readonly value: ValueKey }
  | { readonly type: "proposal_and_previous_polka"; readonly value: ValueKey; readonly validRound: number }
  | { readonly type: "proposal_invalid" }
  | { readonly type: "polka_any" }
  | { readonly type: "polka_nil" }
  | { readonly type: "proposal_and_polka"; readonly value: ValueKey }
  | { readonly type: "precommit_any" }
  | { readonly type: "proposal_and_commit"; readonly round: number; readonly value: ValueKey }
  | { readonly type: "round_skip"; readonly round: number }
  | { readonly type: "timeout_propose"; readonly round: number }
  | { readonly type: "timeout_prevote"; readonly round: number }
  | { readonly type: "timeout_precommit"; readonly round: number };

/** What a rule demands. `none`: state may have changed, nothing to do. `ignored`: the rule does not apply in this step. */
export type RoundOutput =
  | { readonly type: "none" }
  | { readonly type: "ignored" }
  | { readonly type: "get_value"; readonly round: number }
  | { readonly type: "propose"; readonly round: number; readonly value: ValueKey; readonly validRound: number }
  | { readonly type: "vote"; readonly kind: VoteKind; readonly round: number; readonly value: ValueKey }
  | { readonly type: "schedule_timeout"; readonly kind: "propose" | "prevote" | "precommit"; readonly round: number }
  | { readonly type: "decide"; readonly round: number; readonly value: ValueKey }
  | { readonly type: "start_round"; readonly round: number };

export interface RoundTransition {
  readonly state: RoundState;
  readonly output: RoundOutput;
}

const NONE: RoundOutput = { type: "none" };
const IGNORED: RoundOutput = { type: "ignored" };

/** One rule of the algorithm. Total: an input that does not fit the step leaves the state and is `ignored`. */
export function applyRoundInput(state: RoundState, input: RoundInput): RoundTransition {
  switch (input.type) {
    case "new_round": // L11
      return startRound(state, input.round, input.proposer);
    case "value_built": // L19
      return propose(state, input.value);
    case "proposal": // L22
      return onProposal(state, input.value);
    case "proposal_and_previous_polka": // L28
      return onProposalWithPolka(state, input.value, input.validRound);
    case "proposal_invalid": // L26, L32: valid(v) is false
      return inStep(state, "propose") ? prevote(state, NIL) : ignored(state);
    case "polka_any": // L34
      return inStep(state, "prevote") ? schedule(state, "prevote") : ignored(state);
    case "proposal_and_polka": // L36
      return onPolka(state, input.value);
    case "polka_nil": // L44
      return inStep(state, "prevote") ? precommit(state, NIL) : ignored(state);
    case "precommit_any": // L47
      return schedule(state, "precommit");
    case "proposal_and_commit": // L49
      return decide(state, input.round, input.value);
    case "round_skip": // L55
      return input.round > state.round ? leaveRound(state, input.round) : ignored(state);
    case "timeout_propose": // L57
      return input.round === state.round && inStep(state, "propose") ? prevote(state, NIL) : ignored(state);
    case "timeout_prevote": // L61
      return input.round === state.round && inStep(state, "prevote") ? precommit(state, NIL) : ignored(state);
    case "timeout_precommit": // L65
      return input.round === state.round ? leaveRound(state, state.round + 1) : ignored(state);
  }
}

const inStep = (state: RoundState, step: RoundStep) => state.step === step;
const ignored = (state: RoundState): RoundTransition => ({ state, output: IGNORED });

function schedule(state: RoundState, kind: "propose" | "prevote" | "precommit"): RoundTransition {
  return { state, output: { type: "schedule_timeout", kind, round: state.round } };
}

function prevote(state: RoundState, value: ValueKey): RoundTransition {
  return { state: { ...state, step: "prevote" }, output: { type: "vote", kind: "prevote", round: state.round, value } };
}

function precommit(state: RoundState, value: ValueKey): RoundTransition {
  return {
    state: { ...state, step: "precommit" },
    output: { type: "vote", kind: "precommit", round: state.round, value },
  };
}

function propose(state: RoundState, value: ValueKey): RoundTransition {
  return { state, output: { type: "propose", round: state.round, value, validRound: state.validRound } };
}

/** L11–L21. */
function startRound(old: RoundState, round: number, proposer: boolean): RoundTransition {
  if (old.step !== "unstarted" || round <= old.round) return ignored(old);
  const state: RoundState = { ...old, round, step: "propose" }; // L12, L13
  if (!proposer) return schedule(state, "propose"); // L21
  if (state.validValue !== NIL) return propose(state, state.validValue); // L16, L19
  return { state, output: { type: "get_value", round } }; // L18
}

/** L22–L27. */
function onProposal(state: RoundState, value: ValueKey): RoundTransition {
  if (!inStep(state, "propose")) return ignored(state);
  return prevote(state, state.lockedRound === -1 || state.lockedValue === value ? value : NIL); // L23, L24, L26
}

/** L28–L33. */
function onProposalWithPolka(state: RoundState, value: ValueKey, validRound: number): RoundTransition {
  if (!inStep(state, "propose") || validRound < 0 || validRound >= state.round) return ignored(state); // L28
  return prevote(state, state.lockedRound <= validRound || state.lockedValue === value ? value : NIL); // L29, L30, L32
}

/** L36–L43. In `prevote` the validator locks and precommits; in `precommit` it only learns the valid value. */
function onPolka(state: RoundState, value: ValueKey): RoundTransition {
  const valid: RoundState = { ...state, validValue: value, validRound: state.round }; // L42, L43
  if (state.step === "prevote") return precommit({ ...valid, lockedValue: value, lockedRound: state.round }, value); // L38–L41
  return state.step === "precommit" ? { state: valid, output: NONE } : ignored(state);
}

/** L49–L54. The step `commit` stands for `decision[h] ≠ nil`: nothing is decided twice. */
function decide(state: RoundState, round: number, value: ValueKey): RoundTransition {
  if (state.step === "commit") return ignored(state);
  return { state: { ...state, step: "commit" }, output: { type: "decide", round, value } };
}

function leaveRound(state: RoundState, round: number): RoundTransition {
  return { state: { ...state, step: "unstarted" }, output: { type: "start_round", round } };
}
