/**
 * Counts votes of one height and says when a threshold is crossed. Pure and copy-on-write: every function returns a new
 * keeper and leaves the given one as it was.
 *
 * A voter counts once for "any value" and once for each value it voted for: a quorum for a value is a set of voters who
 * all signed that value, however many other things an equivocator among them signed. Whether a second, conflicting vote
 * is kept at all is the caller's choice ({@linkcode VoteOptions.keepConflicting}), because it bounds memory.
 *
 * The events are those of the Tendermint algorithm (arXiv 1807.04938): polka = quorum of prevotes.
 * @module
 */
import { QUORUM_RULES, type QuorumRules } from "./quorum.ts";

export type VoteKind = "prevote" | "precommit";

/** Names a value; nil is {@linkcode NIL}. */
export type ValueKey = string;
export const NIL: ValueKey = "";

/** A vote as the keeper sees it; `vote` is whatever the caller wants back as proof. */
export interface CountedVote<V> {
  readonly kind: VoteKind;
  readonly round: number;
  readonly value: ValueKey;
  /** Index in the validator set. */
  readonly voter: number;
  readonly power: bigint;
  readonly vote: V;
}

export interface ValueTally<V> {
  readonly power: bigint;
  /** By voter index. */
  readonly votes: readonly (V | undefined)[];
}

export interface KindTally<V> {
  /** What each voter voted for first, by voter index. */
  readonly first: readonly (ValueKey | undefined)[];
  readonly anyPower: bigint;
  readonly values: ReadonlyMap<ValueKey, ValueTally<V>>;
}

export interface RoundTally<V> {
  readonly prevote: KindTally<V>;
  readonly precommit: KindTally<V>;
  /** Who voted at all in this round, and their power together. */
  readonly voters: readonly boolean[];
  readonly power: bigint;
  /** Events given out already, as {@linkcode eventKey}. */
  readonly emitted: readonly string[];
}

export interface VoteKeeper<V> {
  readonly voterCount: number;
  readonly totalPower: bigint;
  readonly rounds: ReadonlyMap<number, RoundTally<V>>;
}

/** A threshold crossed by the vote just added. */
export type ThresholdEvent =
  | { readonly type: "polka_any"; readonly round: number }
  | { readonly type: "polka_nil"; readonly round: number }
  | { readonly type: "polka_value"; readonly round: number; readonly value: ValueKey }
  | { readonly type: "precommit_any"; readonly round: number }
  | { readonly type: "precommit_value"; readonly round: number; readonly value: ValueKey }
  | { readonly type: "skip"; readonly round: number };

export interface VoteOptions {
  /** Keep and count this vote although its voter voted for another value before. */
  readonly keepConflicting?: boolean;
  readonly rules?: QuorumRules;
}

/**
 * - `added`: counted. `duplicate`: the same voter, kind, round and value again; nothing changed.
 * - `conflicting`: the voter voted for another value before, `first` is that vote; counted only if `kept`.
 */
export interface VoteOutcome<V> {
  readonly keeper: VoteKeeper<V>;
  readonly status: "added" | "duplicate" | "conflicting";
  readonly first: V | undefined;
  readonly kept: boolean;
  readonly event: ThresholdEvent | undefined;
}

/** A keeper without votes, for `voterCount` validators of `totalPower` together. */
export function newVoteKeeper<V>(voterCount: number, totalPower: bigint): VoteKeeper<V> {
  return { voterCount, totalPower, rounds: new Map() };
}

/** One string for each distinct event of a round. */
export function eventKey(event: ThresholdEvent): string {
  return "value" in event ? `${event.type}:${event.value}` : event.type;
}

const emptyKind: KindTally<never> = { first: [], anyPower: 0n, values: new Map() };
const emptyRound: RoundTally<never> = { prevote: emptyKind, precommit: emptyKind, voters: [], power: 0n, emitted: [] };

/** The array with `value` at `index`; holes below are filled with `undefined`. */
function withAt<T>(array: readonly T[], index: number, value: T): T[] {
  const copy = array.slice();
  while (copy.length < index) copy.push(undefined as T);
  copy[index] = value;
  return copy;
}

function countInKind<V>(tally: KindTally<V>, vote: CountedVote<V>): KindTally<V> {
  const isFirst = tally.first[vote.voter] === undefined;
  const old = tally.values.get(vote.value);
  const values = new Map(tally.values);
  values.set(vote.value, {
    power: (old?.power ?? 0n) + vote.power,
    votes: withAt<V | undefined>(old?.votes ?? [], vote.voter, vote.vote),
  });
  return {
    first: isFirst ? withAt<ValueKey | undefined>(tally.first, vote.voter, vote.value) : tally.first,
    anyPower: isFirst ? tally.anyPower + vote.power : tally.anyPower,
    values,
  };
}

/**
 * Counts one vote. `currentRound` is the round the validator works on: votes of more than 1/3 of the power in a later
 * round give `skip`, each time one is added; every other event is given once for its round.
 */
export function addVote<V>(
  keeper: VoteKeeper<V>,
  vote: CountedVote<V>,
  currentRound: number,
  options: VoteOptions = {},
): VoteOutcome<V> {
  const rules = options.rules ?? QUORUM_RULES;
  const old: RoundTally<V> = keeper.rounds.get(vote.round) ?? emptyRound;
  const kind = old[vote.kind];
  const firstValue = kind.first[vote.voter];
  const first = firstValue === undefined ? undefined : kind.values.get(firstValue)?.votes[vote.voter];
  if (kind.values.get(vote.value)?.votes[vote.voter] !== undefined) {
    return { keeper, status: "duplicate", first, kept: false, event: undefined };
  }
  const kept = firstValue === undefined || options.keepConflicting === true;
  const counted = kept ? countInKind(kind, vote) : kind;
  const known = old.voters[vote.voter] === true;
  const power = known ? old.power : old.power + vote.power;
  const event = crossed(keeper.totalPower, { ...old, [vote.kind]: counted, power }, vote, currentRound, rules);
  const key = event === undefined ? undefined : eventKey(event);
  const round: RoundTally<V> = {
    prevote: vote.kind === "prevote" ? counted : old.prevote,
    precommit: vote.kind === "precommit" ? counted : old.precommit,
    voters: known ? old.voters : withAt(old.voters, vote.voter, true),
    power,
    emitted: key === undefined || old.emitted.includes(key) ? old.emitted : [...old.emitted, key],
  };
  const rounds = new Map(keeper.rounds).set(vote.round, round);
  const status = firstValue === undefined ? "added" : "conflicting";
  return { keeper: { ...keeper, rounds }, status, first, kept, event };
}

function crossed<V>(
  total: bigint,
  tally: RoundTally<V>,
  vote: CountedVote<V>,
  currentRound: number,
  rules: QuorumRules,
): ThresholdEvent | undefined {
  if (vote.round > currentRound && rules.oneThird(tally.power, total)) return { type: "skip", round: vote.round };
  const kind = tally[vote.kind];
  const event = thresholdOf(kind, vote, total, rules);
  return event === undefined || tally.emitted.includes(eventKey(event)) ? undefined : event;
}

function thresholdOf<V>(
  kind: KindTally<V>,
  { kind: name, round, value }: CountedVote<V>,
  total: bigint,
  rules: QuorumRules,
): ThresholdEvent | undefined {
  if (rules.quorum(kind.values.get(value)?.power ?? 0n, total)) {
    if (value !== NIL) return { type: name === "prevote" ? "polka_value" : "precommit_value", round, value };
    return { type: name === "prevote" ? "polka_nil" : "precommit_any", round };
  }
  if (!rules.quorum(kind.anyPower, total)) return undefined;
  return { type: name === "prevote" ? "polka_any" : "precommit_any", round };
}

/** The vote of `voter` for `value`, when it was counted. */
export function findVote<V>(keeper: VoteKeeper<V>, kind: VoteKind, round: number, value: ValueKey, voter: number) {
  return keeper.rounds.get(round)?.[kind].values.get(value)?.votes[voter];
}

/** Whether `voter` has a counted vote of this kind and round, for whatever value. */
export function hasVoted<V>(keeper: VoteKeeper<V>, kind: VoteKind, round: number, voter: number): boolean {
  return keeper.rounds.get(round)?.[kind].first[voter] !== undefined;
}

/** Whether a quorum voted for `value` ({@linkcode NIL} included). */
export function hasQuorumFor<V>(
  keeper: VoteKeeper<V>,
  kind: VoteKind,
  round: number,
  value: ValueKey,
  rules: QuorumRules = QUORUM_RULES,
): boolean {
  return rules.quorum(keeper.rounds.get(round)?.[kind].values.get(value)?.power ?? 0n, keeper.totalPower);
}

/** Whether a quorum voted, for whatever values. */
export function hasQuorumAny<V>(
  keeper: VoteKeeper<V>,
  kind: VoteKind,
  round: number,
  rules: QuorumRules = QUORUM_RULES,
): boolean {
  return rules.quorum(keeper.rounds.get(round)?.[kind].anyPower ?? 0n, keeper.totalPower);
}

/** The values, nil left out, for which there is a quorum in `round`: more than one only if more than 1/3 equivocated. */
export function quorumValues<V>(
  keeper: VoteKeeper<V>,
  kind: VoteKind,
  round: number,
  rules: QuorumRules = QUORUM_RULES,
): ValueKey[] {
  const out: ValueKey[] = [];
  for (const [value, tally] of keeper.rounds.get(round)?.[kind].values ?? []) {
    if (value !== NIL && rules.quorum(tally.power, keeper.totalPower)) out.push(value);
  }
  return out;
}

/** The highest round after `currentRound` in which more than 1/3 of the power voted. */
export function skipRound<V>(
  keeper: VoteKeeper<V>,
  currentRound: number,
  rules: QuorumRules = QUORUM_RULES,
): number | undefined {
  let found: number | undefined;
  for (const [round, tally] of keeper.rounds) {
    if (round > currentRound && round > (found ?? -1) && rules.oneThird(tally.power, keeper.totalPower)) found = round;
  }
  return found;
}

/** The votes for `value` in voter order. */
export function votesFor<V>(keeper: VoteKeeper<V>, kind: VoteKind, round: number, value: ValueKey): V[] {
  const votes = keeper.rounds.get(round)?.[kind].values.get(value)?.votes ?? [];
  return votes.filter((vote) => vote !== undefined);
}

/** All counted votes of a round: prevotes, then precommits. */
export function votesIn<V>(keeper: VoteKeeper<V>, round: number): V[] {
  const tally = keeper.rounds.get(round);
  if (tally === undefined) return [];
  return [...tally.prevote.values.keys()].flatMap((value) => votesFor(keeper, "prevote", round, value))
    .concat([...tally.precommit.values.keys()].flatMap((value) => votesFor(keeper, "precommit", round, value)));
}

/** The rounds above `floor` in which `voter` has votes, lowest first. */
export function roundsOf<V>(keeper: VoteKeeper<V>, voter: number, floor: number): number[] {
  const out: number[] = [];
  for (const [round, tally] of keeper.rounds) if (round > floor && tally.voters[voter] === true) out.push(round);
  return out.sort((a, b) => a - b);
}

/** Forgets what `voter` (of `power`) voted in `round`, as if it had never come. */
export function dropVoter<V>(keeper: VoteKeeper<V>, round: number, voter: number, power: bigint): VoteKeeper<V> {
  const tally = keeper.rounds.get(round);
  if (tally === undefined || tally.voters[voter] !== true) return keeper;
  const strip = (kind: KindTally<V>): KindTally<V> => {
    if (kind.first[voter] === undefined) return kind;
    const values = new Map<ValueKey, ValueTally<V>>();
    for (const [value, old] of kind.values) {
      if (old.votes[voter] === undefined) values.set(value, old);
      else if (old.power > power) {
        values.set(value, { power: old.power - power, votes: withAt<V | undefined>(old.votes, voter, undefined) });
      }
    }
    return {
      first: withAt<ValueKey | undefined>(kind.first, voter, undefined),
      anyPower: kind.anyPower - power,
      values,
    };
  };
  const rounds = new Map(keeper.rounds);
  if (tally.power === power) rounds.delete(round);
  else {
    rounds.set(round, {
      ...tally,
      prevote: strip(tally.prevote),
      precommit: strip(tally.precommit),
      voters: withAt(tally.voters, voter, false),
      power: tally.power - power,
    });
  }
  return { ...keeper, rounds };
}
