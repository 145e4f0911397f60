/**
 * The model's driver (`driver.qnt` of the same specification), which connects vote keeper and consensus in its own way: one
 * output at a time, the rest as pending inputs. Rewritten here on top of our vote keeper and round machine, so that every
 * state of a trace can be compared.
 * @module
 */
import { hasQuorumAny, hasQuorumFor, NIL } from "../../../node/consensus/vote_keeper.ts";
import { type Itf, itfSet, key, variant } from "./itf.ts";
import {
  applyCertificate,
  applyConsensus,
  applyVote,
  type Book,
  bookToItf,
  type Machine,
  machineToItf,
  newBook,
  newMachine,
  stepName,
  toKey,
} from "./project.ts";

/** `DriverState`. `pending` are `(input, height, round)`, `executed` also have the step. */
export interface Driver {
  readonly book: Book;
  readonly machine: Machine;
  readonly proposals: readonly Itf[];
  readonly executed: readonly Itf[];
  readonly pending: readonly Itf[];
  readonly stepChange: Itf;
  readonly started: boolean;
  readonly vkOutput: Itf;
  readonly chain: readonly Itf[];
  readonly validatorSet: Itf;
}

export interface DriverResult {
  readonly driver: Driver;
  readonly output: Itf;
}

const NO_OUTPUT = variant("NoConsensusOutput");
const NO_STEP = variant("NoStep");

export const newDriver = (p: string, validatorSet: Itf, height: number, chain: readonly Itf[]): Driver => ({
  book: newBook(height, validatorSet),
  machine: newMachine(p, height),
  proposals: [],
  executed: [],
  pending: [],
  stepChange: NO_STEP,
  started: false,
  vkOutput: variant("NoVKOutput"),
  chain,
  validatorSet,
});

/** `DriverState` as the model writes it. */
export function driverToItf(driver: Driver): Itf {
  return {
    bk: bookToItf(driver.book),
    certificates: itfSet([]),
    chain: driver.chain,
    cs: machineToItf(driver.machine),
    executedInputs: driver.executed,
    pendingInputs: itfSet(driver.pending),
    pendingStepChange: driver.stepChange,
    proposals: itfSet(driver.proposals),
    started: driver.started,
    valset: driver.validatorSet,
    voteKeeperOutput: driver.vkOutput,
  };
}

const roundOf = (driver: Driver) => driver.machine.state.round;
const done = (driver: Driver, output: Itf = NO_OUTPUT): DriverResult => ({ driver, output });
const include = (list: readonly Itf[], item: Itf) =>
  list.some((other) => key(other) === key(item)) ? list : [...list, item];

/** `proposer`: rotates through the set, whatever the height. */
function proposerOf(driver: Driver, round: number): string {
  const { names } = driver.book;
  return names[(round + 1) % names.length]!;
}

const addPending = (driver: Driver, input: Itf): Driver => ({
  ...driver,
  pending: include(driver.pending, [input, driver.machine.height, roundOf(driver)]),
});

/** `callConsensus`: an input executed before in the same round and step does nothing. */
function callConsensus(driver: Driver, input: Itf): DriverResult {
  const { machine } = driver;
  const step = stepName(machine);
  const entry = [input, machine.height, machine.state.round, step];
  if (driver.executed.some((other) => key(other) === key(entry))) return done(driver);
  const result = applyConsensus(machine, input);
  const executed = [...driver.executed, [input, result.machine.height, result.machine.state.round, step]];
  return done({ ...driver, machine: result.machine, executed }, result.output);
}

const hasProposal = (driver: Driver, round: number, value: string) =>
  driver.proposals.some((proposal) => proposal.round === round && proposal.proposal === value);

function handlePrecommit(driver: Driver, voteRound: number, output: Itf): DriverResult {
  const current = roundOf(driver);
  switch (output.tag) {
    case "PrecommitValueVKOutput": {
      const [round, value] = output.value;
      if (hasProposal(driver, round, value)) {
        return callConsensus(driver, variant("ProposalAndCommitAndValidCInput", [round, value]));
      }
      if (round === current) return callConsensus(driver, variant("PrecommitAnyCInput"));
      return round > current ? callConsensus(driver, variant("RoundSkipCInput", voteRound)) : done(driver);
    }
    case "PrecommitAnyVKOutput":
      return output.value === current ? callConsensus(driver, variant("PrecommitAnyCInput")) : done(driver);
    case "SkipVKOutput":
      return output.value > current ? callConsensus(driver, variant("RoundSkipCInput", voteRound)) : done(driver);
    default:
      return done(driver);
  }
}

function handlePrevote(driver: Driver, output: Itf): DriverResult {
  const current = roundOf(driver);
  switch (output.tag) {
    case "PolkaValueVKOutput": {
      const [round, value] = output.value;
      const reproposed = driver.proposals.some((p) =>
        p.round === current && p.proposal === value && p.validRound === round
      );
      if (round < current && reproposed) {
        return callConsensus(driver, variant("ProposalAndPolkaPreviousAndValidCInput", [variant("Val", value), round]));
      }
      if (round !== current) return done(driver);
      const pending = variant("ProposalAndPolkaAndValidCInput", variant("Val", value));
      const next = hasProposal(driver, current, value) ? addPending(driver, pending) : driver;
      return callConsensus(next, variant("PolkaAnyCInput"));
    }
    case "PolkaAnyVKOutput":
      return output.value === current ? callConsensus(driver, variant("PolkaAnyCInput")) : done(driver);
    case "PolkaNilVKOutput":
      return output.value === current ? callConsensus(driver, variant("PolkaNilCInput")) : done(driver);
    case "SkipVKOutput":
      return output.value > current ? callConsensus(driver, variant("RoundSkipCInput", output.value)) : done(driver);
    default:
      return done(driver);
  }
}

function handleTimeout(driver: Driver, timeout: string): DriverResult {
  const tag = `Timeout${timeout.replace("Timeout", "")}CInput`;
  return callConsensus(driver, variant(tag, [driver.machine.height, roundOf(driver)]));
}

function handleProposal(driver: Driver, proposal: Itf): DriverResult {
  if (proposal.srcAddress !== proposerOf(driver, proposal.round)) return done(driver);
  return proposal.proposal === "invalid" ? handleInvalid(driver, proposal) : handleValid(driver, proposal);
}

function handleInvalid(driver: Driver, proposal: Itf): DriverResult {
  const { machine, book } = driver;
  const current = proposal.round === roundOf(driver) && proposal.height === machine.height;
  if (machine.state.step !== "propose" || !current) return done(driver);
  const polka = hasQuorumFor(book.keeper, "prevote", proposal.validRound, proposal.proposal);
  const input = variant("ProposalAndPolkaAndInvalidCInput", variant("Val", proposal.proposal));
  return callConsensus(driver, polka ? input : variant("ProposalInvalidCInput"));
}

function handleValid(old: Driver, proposal: Itf): DriverResult {
  const driver = { ...old, proposals: include(old.proposals, proposal) };
  const { keeper } = driver.book;
  const { step, round } = driver.machine.state;
  const { proposal: value, validRound } = proposal;
  if (hasQuorumFor(keeper, "precommit", proposal.round, value)) {
    return callConsensus(driver, variant("ProposalAndCommitAndValidCInput", [proposal.round, value]));
  }
  if (round !== proposal.round || driver.machine.height !== proposal.height) return done(driver);
  const id = variant("Val", value);
  if (step === "propose") {
    if (validRound === -1) return callConsensus(driver, variant("ProposalCInput", [proposal.round, id]));
    if (!hasQuorumFor(keeper, "prevote", validRound, value)) return done(driver);
    return callConsensus(driver, variant("ProposalAndPolkaPreviousAndValidCInput", [id, validRound]));
  }
  const afterPropose = step === "prevote" || step === "precommit";
  if (!afterPropose || !hasQuorumFor(keeper, "prevote", round, value)) return done(driver);
  return callConsensus(driver, variant("ProposalAndPolkaAndValidCInput", id));
}

/**
 * `checkThreshold(…, AnyThreshold)` and `NilThreshold` are read off our keeper. The model's "any" is a quorum of all votes.
 */
function handleStepChange(driver: Driver): DriverResult {
  const round = roundOf(driver);
  const { keeper } = driver.book;
  const next = hasQuorumAny(keeper, "precommit", round) ? addPending(driver, variant("PrecommitAnyCInput")) : driver;
  const proposer = proposerOf(driver, round);
  const { height } = driver.machine;
  const fitting = itfSet(
    driver.proposals.filter((p) => p.srcAddress === proposer && p.height === height && p.round === round),
  );
  if (fitting.set.length > 0) return handleProposal(next, fitting.set.at(-1));
  if (driver.stepChange.tag !== "PrevoteStep") return done(driver);
  if (hasQuorumFor(keeper, "prevote", round, NIL)) return callConsensus(driver, variant("PolkaNilCInput"));
  return hasQuorumAny(keeper, "prevote", round) ? callConsensus(driver, variant("PolkaAnyCInput")) : done(driver);
}

/** `handleSkip`: the model asks who proposes in the round after the current one. */
function handleSkip(driver: Driver, round: number): DriverResult {
  const proposer = proposerOf(driver, roundOf(driver) + 1) === driver.machine.p;
  return callConsensus(driver, variant(proposer ? "NewRoundProposerCInput" : "NewRoundCInput", round));
}

function handleDecided(driver: Driver, output: Itf): DriverResult {
  const [round, value] = output.value;
  const commit = driver.book.received.filter((vote) =>
    vote.round === round && vote.voteType.tag === "Precommit" && toKey(vote.valueId) === value
  );
  const weight = (names: Set<string>) =>
    driver.book.names.reduce((sum, name, i) => names.has(name) ? sum + driver.book.weights[i]! : sum, 0);
  const proven = 3 * weight(new Set(commit.map((vote) => vote.srcAddress))) > 2 * Number(driver.book.keeper.totalPower);
  const decisions = itfSet(
    driver.proposals.filter((p) => p.height === driver.machine.height && p.round === round && p.proposal === value),
  ).set;
  const entry = { commit: itfSet(proven ? commit : []), decision: decisions.at(-1) };
  return done({ ...driver, chain: [...driver.chain, entry] }, output);
}

/** The pending input to run is the one the trace names, or else the only one; those of another round are dropped. */
function handlePending(driver: Driver, input: Itf): DriverResult {
  const entry = driver.pending.find((other) => key(other[0]) === key(input)) ?? driver.pending.at(-1);
  if (entry === undefined) return done(driver);
  const next = { ...driver, pending: driver.pending.filter((other) => other !== entry) };
  const current = entry[1] === driver.machine.height && entry[2] === roundOf(driver);
  return current ? callConsensus(next, entry[0]) : done(next);
}

/** A decision is stored, a skipped round leads into the new one. */
function follow({ driver, output }: DriverResult): DriverResult {
  if (output.tag === "DecidedOutput") return handleDecided(driver, output);
  return output.tag === "SkipRoundOutput" ? handleSkip(driver, output.value) : done(driver, output);
}

function handleVotes(driver: Driver, votes: readonly Itf[], certificate: boolean): DriverResult {
  const [first] = votes;
  const current = roundOf(driver);
  const { book, output } = certificate ? applyCertificate(driver.book, votes) : applyVote(driver.book, first, current);
  const next = { ...driver, book, vkOutput: output };
  const precommit = first.voteType.tag === "Precommit";
  return follow(precommit ? handlePrecommit(next, first.round, output) : handlePrevote(next, output));
}

function driverLogic(driver: Driver, { tag, value }: Itf): DriverResult {
  switch (tag) {
    case "StartDInput":
      return handleSkip({ ...driver, started: true }, 0);
    case "ProposalDInput":
      return follow(handleProposal(driver, value));
    case "ProposeValueDInput":
      return callConsensus(driver, variant("ProposeValueCInput", value));
    case "VoteDInput":
      return handleVotes(driver, [value], false);
    case "CertificateDInput":
      return handleVotes(driver, value.set, true);
    case "TimeoutDInput": {
      const result = handleTimeout(driver, value.tag);
      return result.output.tag === "SkipRoundOutput" ? handleSkip(result.driver, result.output.value) : result;
    }
    case "PendingDInput":
      return handlePending(driver, value);
    case "StepChangeDInput":
      return handleStepChange(driver);
    default:
      return done(driver);
  }
}

/** `driver`: one input, and whether it changed the step. */
export function runDriver(driver: Driver, input: Itf): DriverResult {
  const before = stepName(driver.machine);
  const { driver: next, output } = driverLogic(driver, input);
  const after = stepName(next.machine);
  return done({ ...next, stepChange: key(before) === key(after) ? NO_STEP : after }, output);
}

const maxOf = (rounds: readonly number[]) => Math.max(0, ...rounds);

/**
 * `getNewHeightAction`: before the first input of a height, the votes and certificates that arrived early are counted; the
 * trace then names the input that follows.
 */
export function preload(driver: Driver, node: Itf): Driver {
  const { height } = driver.machine;
  const votes: Itf[] = node.incomingVotes.set.filter((vote: Itf) => vote.height === height);
  const certificates: Itf[] = node.incomingCertificates.set
    .filter((certificate: Itf) => certificate.set.every((vote: Itf) => vote.height === height));
  let { book } = newDriver(driver.machine.p, driver.validatorSet, height, []);
  const voteRound = maxOf(votes.map((vote) => vote.round));
  for (const vote of votes) book = applyVote(book, vote, voteRound).book;
  for (const { set } of certificates) book = applyCertificate(book, set).book;
  return { ...driver, book, pending: firstPending(book, node, height), started: true };
}

/** A decision that the early messages hold, or else the round they say to start in. */
function firstPending(book: Book, node: Itf, height: number): Itf[] {
  const rounds: [number, Itf][] = bookToItf(book).rounds.map;
  const proposals: Itf[] = node.incomingProposals.set.filter((proposal: Itf) => proposal.height === height);
  for (const [round, { emittedOutputs }] of rounds) {
    for (const { tag, value } of emittedOutputs.set) {
      const proposer = book.names[(round + 1) % book.names.length];
      const known = proposals.some((p) =>
        p.proposal !== "invalid" && p.proposal === value[1] && p.srcAddress === proposer
      );
      if (tag !== "PrecommitValueVKOutput" || !known) continue;
      return [[variant("ProposalAndCommitAndValidCInput", [round, value[1]]), height, round]];
    }
  }
  const last: Itf[] = rounds.at(-1)?.[1].emittedOutputs.set ?? [];
  const start = maxOf(last.map(({ value }) => Array.isArray(value) ? value[0] : value));
  return start > 0 ? [[variant("NewRoundCInput", start), height, -1]] : [];
}
