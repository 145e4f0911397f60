/**
 * Our vote keeper and round machine in the model's words: inputs of the model become ours, our state and outputs become the
 * model's. Nothing here decides anything.
 * @module
 */
import {
  addVote,
  eventKey,
  newVoteKeeper,
  NIL,
  type RoundTally,
  type ThresholdEvent,
  type VoteKeeper,
  type VoteKind,
} from "../../../node/consensus/vote_keeper.ts";
import {
  applyRoundInput,
  INITIAL_ROUND_STATE,
  type RoundInput,
  type RoundOutput,
  type RoundState,
} from "../../../node/consensus/tendermint/round_machine.ts";
import { type Itf, itfMap, itfSet, key, variant } from "./itf.ts";

const KIND: Record<string, VoteKind> = { Prevote: "prevote", Precommit: "precommit" };
const TIMEOUT = { propose: "ProposeTimeout", prevote: "PrevoteTimeout", precommit: "PrecommitTimeout" };

export const toKey = (value: Itf): string => value.tag === "Nil" ? NIL : value.value;
export const toValue = (value: string): Itf => value === NIL ? variant("Nil") : variant("Val", value);

/** The model's bookkeeper: our keeper, and beside it what the model remembers for its evidence only. */
export interface Book {
  readonly height: number;
  /** Names in the order of the model's map. */
  readonly names: readonly string[];
  readonly weights: readonly number[];
  readonly keeper: VoteKeeper<Itf>;
  /** Every vote seen, counted or not. */
  readonly received: readonly Itf[];
  readonly evidence: readonly Itf[];
}

export function newBook(height: number, validatorSet: Itf): Book {
  const names = validatorSet.map.map(([name]: [string]) => name);
  const weights = validatorSet.map.map(([, weight]: [string, number]) => weight);
  const total = weights.reduce((sum: number, weight: number) => sum + weight, 0);
  return { height, names, weights, keeper: newVoteKeeper(names.length, BigInt(total)), received: [], evidence: [] };
}

const counted = (book: Book, vote: Itf) => {
  const voter = book.names.indexOf(vote.srcAddress);
  const { round } = vote;
  return {
    kind: KIND[vote.voteType.tag]!,
    round,
    value: toKey(vote.valueId),
    voter,
    power: BigInt(book.weights[voter]!),
    vote,
  };
};

const sameSlot = (a: Itf, b: Itf) => a.round === b.round && a.voteType.tag === b.voteType.tag;
const include = (list: readonly Itf[], item: Itf) =>
  list.some((other) => key(other) === key(item)) ? list : [...list, item];

/** `applyVote` of the model: one vote, conflicting votes are not counted. */
export function applyVote(book: Book, vote: Itf, currentRound: number): { book: Book; output: Itf } {
  const outcome = addVote(book.keeper, counted(book, vote), currentRound);
  const received = include(book.received, vote);
  const bySender = received.filter((other) => sameSlot(other, vote) && other.srcAddress === vote.srcAddress);
  const evidence = bySender.length > 1 ? include(book.evidence, itfSet(bySender)) : book.evidence;
  return { book: { ...book, keeper: outcome.keeper, received, evidence }, output: toVkOutput(outcome.event) };
}

/** `validCertificate` of the model. */
function isValidCertificate(book: Book, votes: readonly Itf[]): boolean {
  const [first] = votes;
  if (first === undefined || first.valueId.tag === "Nil") return false;
  if (
    !votes.every((vote) =>
      sameSlot(vote, first) && vote.height === first.height && key(vote.valueId) === key(first.valueId)
    )
  ) {
    return false;
  }
  const weight = votes.reduce((sum, vote) => sum + (book.weights[book.names.indexOf(vote.srcAddress)] ?? 0), 0);
  return 3 * weight > 2 * Number(book.keeper.totalPower);
}

/**
 * `applyCertificate` of the model: a set of votes at once. It counts every vote received, conflicting ones too (as our keeper
 * does on demand), and does not touch what the model uses for skipping and for giving each event once.
 */
export function applyCertificate(book: Book, votes: readonly Itf[]): { book: Book; output: Itf } {
  if (!isValidCertificate(book, votes)) return { book, output: variant("NoVKOutput") };
  const { round, voteType, valueId } = votes[0];
  const kind = KIND[voteType.tag]!;
  const old = book.received.filter((vote) => sameSlot(vote, votes[0]));
  let fresh: VoteKeeper<Itf> = { ...book.keeper, rounds: new Map() };
  const all = [...old, ...votes].reduce(include, [] as readonly Itf[]);
  for (const vote of all) fresh = addVote(fresh, counted(book, vote), round, { keepConflicting: true }).keeper;
  const before = book.keeper.rounds.get(round);
  const tally: RoundTally<Itf> = { ...(before ?? EMPTY_TALLY), [kind]: fresh.rounds.get(round)![kind] };
  let evidence = book.evidence;
  for (const vote of votes) {
    const others = old.filter((other) => other.srcAddress === vote.srcAddress);
    if (others.some((other) => key(other.valueId) !== key(vote.valueId))) {
      evidence = include(evidence, itfSet([vote, ...others]));
    }
  }
  const received = votes.reduce(include, book.received);
  const keeper = { ...book.keeper, rounds: new Map(book.keeper.rounds).set(round, tally) };
  const tag = kind === "prevote" ? "PolkaValueVKOutput" : "PrecommitValueVKOutput";
  return { book: { ...book, keeper, received, evidence }, output: variant(tag, [round, valueId.value]) };
}

const EMPTY_KIND = { first: [], anyPower: 0n, values: new Map() };
const EMPTY_TALLY: RoundTally<Itf> = { prevote: EMPTY_KIND, precommit: EMPTY_KIND, voters: [], power: 0n, emitted: [] };

export function toVkOutput(event: ThresholdEvent | undefined): Itf {
  switch (event?.type) {
    case undefined:
      return variant("NoVKOutput");
    case "polka_any":
      return variant("PolkaAnyVKOutput", event.round);
    case "polka_nil":
      return variant("PolkaNilVKOutput", event.round);
    case "polka_value":
      return variant("PolkaValueVKOutput", [event.round, event.value]);
    case "precommit_any":
      return variant("PrecommitAnyVKOutput", event.round);
    case "precommit_value":
      return variant("PrecommitValueVKOutput", [event.round, event.value]);
    case "skip":
      return variant("SkipVKOutput", event.round);
  }
}

function emittedEvent(text: string, round: number): Itf {
  const types: ThresholdEvent["type"][] = [
    "polka_value",
    "precommit_value",
    "polka_any",
    "polka_nil",
    "precommit_any",
    "skip",
  ];
  for (const type of types) {
    const value = text.slice(type.length + 1);
    const event = { type, round, ...(text.startsWith(`${type}:`) ? { value } : {}) } as ThresholdEvent;
    if (eventKey(event) === text) return toVkOutput(event);
  }
  throw new Error(`unknown event ${text}`);
}

/** The bookkeeper as the model writes it. */
export function bookToItf(book: Book): Itf {
  const rounds = [...book.keeper.rounds].map((
    [round, tally],
  ): [number, Itf] => [round, roundToItf(book, round, tally)]);
  const validatorSet = itfMap(book.names.map((name, i) => [name, book.weights[i]] as const));
  return { evidence: itfSet(book.evidence), height: book.height, rounds: itfMap(rounds), validatorSet };
}

function roundToItf(book: Book, round: number, tally: RoundTally<Itf>): Itf {
  const votesAddressesWeights = itfMap(
    book.names.flatMap((name, i) => tally.voters[i] === true ? [[name, book.weights[i]] as const] : []),
  );
  return {
    emittedOutputs: itfSet(tally.emitted.map((text) => emittedEvent(text, round))),
    height: book.height,
    precommits: countToItf(book, round, tally, "precommit"),
    prevotes: countToItf(book, round, tally, "prevote"),
    round,
    votesAddressesWeights,
  };
}

function countToItf(book: Book, round: number, tally: RoundTally<Itf>, kind: VoteKind): Itf {
  const { first, values } = tally[kind];
  return {
    receivedVotes: itfSet(book.received.filter((vote) => vote.round === round && KIND[vote.voteType.tag] === kind)),
    totalWeight: Number(book.keeper.totalPower),
    valuesWeights: itfMap([...values].map(([value, { power }]) => [toValue(value), Number(power)] as const)),
    votesAddresses: itfSet(book.names.filter((_, i) => first[i] !== undefined)),
  };
}

/** The model's consensus state: our round machine, with the address and height the model keeps in it. */
export interface Machine {
  readonly p: string;
  readonly height: number;
  readonly state: RoundState;
}

export const newMachine = (p: string, height: number): Machine => ({ p, height, state: INITIAL_ROUND_STATE });

export function stepName({ state }: Machine): Itf {
  // The model tells "before the first round" from "between rounds"; for us the former is the untouched initial state.
  if (state === INITIAL_ROUND_STATE) return variant("NoStep");
  return variant(`${state.step[0]!.toUpperCase()}${state.step.slice(1)}Step`);
}

export function machineToItf(machine: Machine): Itf {
  const { p, height, state } = machine;
  return {
    height,
    lockedRound: state.lockedRound,
    lockedValue: toValue(state.lockedValue),
    p,
    round: state.round,
    step: stepName(machine),
    validRound: state.validRound,
    validValue: toValue(state.validValue),
  };
}

/** A consensus input of the model as ours; undefined when it is for another height. */
function toRoundInput(machine: Machine, { tag, value }: Itf): RoundInput | undefined {
  const timeout = (type: "timeout_propose" | "timeout_prevote" | "timeout_precommit"): RoundInput | undefined =>
    value[0] === machine.height ? { type, round: value[1] } : undefined;
  switch (tag) {
    case "NewRoundCInput":
      return { type: "new_round", round: value, proposer: false };
    case "NewRoundProposerCInput":
      return { type: "new_round", round: value, proposer: true };
    case "ProposeValueCInput":
      return { type: "value_built", value };
    case "ProposalCInput":
      return { type: "proposal", value: toKey(value[1]) };
    case "ProposalAndPolkaPreviousAndValidCInput":
      return { type: "proposal_and_previous_polka", value: toKey(value[0]), validRound: value[1] };
    case "ProposalInvalidCInput":
    case "ProposalAndPolkaAndInvalidCInput":
      return { type: "proposal_invalid" };
    case "PolkaNilCInput":
      return { type: "polka_nil" };
    case "PolkaAnyCInput":
      return { type: "polka_any" };
    case "ProposalAndPolkaAndValidCInput":
      return { type: "proposal_and_polka", value: toKey(value) };
    case "PrecommitAnyCInput":
      return { type: "precommit_any" };
    case "ProposalAndCommitAndValidCInput":
      return { type: "proposal_and_commit", round: value[0], value: value[1] };
    case "RoundSkipCInput":
      return { type: "round_skip", round: value };
    case "TimeoutProposeCInput":
      return timeout("timeout_propose");
    case "TimeoutPrevoteCInput":
      return timeout("timeout_prevote");
    case "TimeoutPrecommitCInput":
      return timeout("timeout_precommit");
    default:
      throw new Error(`unknown consensus input ${tag}`);
  }
}

/** `consensus` of the model. */
export function applyConsensus(machine: Machine, input: Itf): { machine: Machine; output: Itf } {
  const roundInput = toRoundInput(machine, input);
  if (roundInput === undefined) return { machine, output: variant("ErrorOutput", "another height") };
  const { state, output } = applyRoundInput(machine.state, roundInput);
  return { machine: { ...machine, state }, output: toConsensusOutput(machine, output) };
}

function toConsensusOutput({ p: srcAddress, height }: Machine, output: RoundOutput): Itf {
  switch (output.type) {
    case "none":
      return variant("NoConsensusOutput");
    case "ignored":
      return variant("ErrorOutput", "ignored");
    case "get_value":
      return variant("GetValueAndScheduleTimeoutOutput", [height, output.round, variant("ProposeTimeout")]);
    case "propose": {
      const { round, value: proposal, validRound } = output;
      return variant("ProposalOutput", { height, proposal, round, srcAddress, validRound });
    }
    case "vote": {
      const voteType = variant(output.kind === "prevote" ? "Prevote" : "Precommit");
      return variant("VoteOutput", {
        height,
        round: output.round,
        srcAddress,
        valueId: toValue(output.value),
        voteType,
      });
    }
    case "schedule_timeout":
      return variant("TimeoutOutput", [output.round, variant(TIMEOUT[output.kind])]);
    case "decide":
      return variant("DecidedOutput", [output.round, output.value]);
    case "start_round":
      return variant("SkipRoundOutput", output.round);
  }
}

/** Errors carry free text in the model: any refusal equals any other. */
export const withoutText = (output: Itf): Itf => output.tag === "ErrorOutput" ? variant("ErrorOutput") : output;
