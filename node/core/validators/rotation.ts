import type { Validator, ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { compareBytes } from "../bytes.ts";
import { invariant } from "../invariant.ts";
import { clipAdd, clipSub, wrap } from "./_int64.ts";
import { addressOf, totalVotingPower, VOTING_POWER_TOTAL_MAX } from "./set.ts";

/** A validator as far as the rotation needs it. Without priority it has 0, without address its key's. */
export type RotatingValidator = Pick<Validator, "votingPower"> & Partial<Validator>;

const NO_BYTES = new Uint8Array();

/** Priorities lie within a window of this times the total power (CometBFT `PriorityWindowSizeFactor`). */
const WINDOW_FACTOR = 2n;

/** The one that proposes earlier: more priority, then the lower address. */
function higher<V extends Validator>(a: V, b: V): V {
  if (a.proposerPriority !== b.proposerPriority) return a.proposerPriority > b.proposerPriority ? a : b;
  return compareBytes(a.address, b.address) <= 0 ? a : b;
}

/** Big-integer division as Go's `big.Int.Div` does it: rounded down for a positive divisor. */
function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend % divisor < 0n ? quotient - 1n : quotient;
}

/** Divides priorities so that none is further from another than `distanceMax` (CometBFT `RescalePriorities`). */
export function rescalePriorities(validators: readonly Validator[], distanceMax: bigint): void {
  if (distanceMax <= 0n) return;
  const priorities = validators.map((validator) => validator.proposerPriority);
  const most = priorities.reduce((a, b) => a > b ? a : b);
  const least = priorities.reduce((a, b) => a < b ? a : b);
  // Go's int64 arithmetic, also where it overflows.
  const difference = wrap(most - least);
  const distance = difference < 0n ? wrap(-difference) : difference;
  if (distance <= distanceMax) return;
  const ratio = wrap(distance + distanceMax - 1n) / distanceMax;
  invariant(ratio !== 0n, "rescale proposer priorities: the distance overflows");
  for (const validator of validators) validator.proposerPriority /= ratio;
}

/** Moves priorities so that their average is about zero (CometBFT `shiftByAvgProposerPriority`). */
export function centerPriorities(validators: readonly Validator[]): void {
  const sum = validators.reduce((total, validator) => total + validator.proposerPriority, 0n);
  const average = floorDivide(sum, BigInt(validators.length));
  for (const validator of validators) validator.proposerPriority = clipSub(validator.proposerPriority, average);
}

/** Both, as before every increment and after every change of the set. */
export function normalizePriorities(validators: readonly Validator[], total: bigint): void {
  rescalePriorities(validators, WINDOW_FACTOR * total);
  centerPriorities(validators);
}

/**
 * CometBFT's proposer selection: in each step every validator gains its power in priority, and the one with the most
 * proposes and pays the total power. Over time each proposes in proportion to its power, and everyone who knows the set
 * knows who is next.
 *
 * Works on copies: neither the validators given nor those handed out are shared.
 */
export class ProposerRotation {
  readonly #validators: Validator[];
  readonly #total: bigint;
  #proposer: Validator | undefined;
  /** Never rotated: nobody has a priority or was named proposer. */
  #isNew: boolean;

  /**
   * Takes validators (or a set of them) as they are, in their order and with their priorities; `newValidatorSet` makes a
   * set from scratch. `proposer` is the current one, if not given the set's; without one it is the validator with the most
   * priority. When no validator has a priority yet, the set was never rotated: as in CometBFT's `NewValidatorSet` one step
   * is taken before anybody asks for the first proposer.
   */
  constructor(
    validators: readonly RotatingValidator[] | Pick<ValidatorSet, "validators" | "proposer">,
    proposer?: Pick<Validator, "address">,
  ) {
    const list: readonly RotatingValidator[] = "validators" in validators ? validators.validators : validators;
    const current = proposer ?? ("validators" in validators ? validators.proposer : undefined);
    this.#validators = list.map((validator) => ({
      pubKey: {},
      ...validator,
      address: addressOf(validator) ?? NO_BYTES,
      votingPower: BigInt(validator.votingPower ?? 0n),
      proposerPriority: BigInt(validator.proposerPriority ?? 0n),
    }));
    this.#total = totalVotingPower({ validators: this.#validators });
    invariant(this.#total <= VOTING_POWER_TOTAL_MAX, "rotate proposers: the total voting power is over the limit");
    this.#isNew = current === undefined && this.#validators.every(({ proposerPriority }) => proposerPriority === 0n);
    const address = current && (addressOf(current) ?? NO_BYTES);
    this.#proposer = address && this.#validators.find((validator) => compareBytes(validator.address, address) === 0);
  }

  /** Goes on from a set, whose proposer stays the proposer. */
  static of(set: ValidatorSet): ProposerRotation {
    return new ProposerRotation(set.validators, set.proposer);
  }

  /** In the order given, with their current priorities. */
  get validators(): readonly Validator[] {
    return this.#validators.map((validator) => ({ ...validator }));
  }

  /** Who proposes now. */
  get proposer(): Validator {
    invariant(this.#validators.length > 0, "name the proposer: there are no validators");
    if (this.#isNew) this.increment(1);
    this.#proposer ??= this.#validators.reduce(higher);
    return { ...this.#proposer };
  }

  /** `times` steps, at least one. Priorities are normalised once, before the first (CometBFT `IncrementProposerPriority`). */
  increment(times = 1): void {
    this.#isNew = false;
    invariant(this.#validators.length > 0, "rotate proposers: there are no validators");
    invariant(Number.isInteger(times) && times > 0, `rotate proposers: ${times} times`);
    normalizePriorities(this.#validators, this.#total);
    for (let i = 0; i < times; i++) {
      for (const validator of this.#validators) {
        validator.proposerPriority = clipAdd(validator.proposerPriority, validator.votingPower);
      }
      const proposer = this.#validators.reduce(higher);
      proposer.proposerPriority = clipSub(proposer.proposerPriority, this.#total);
      this.#proposer = proposer;
    }
  }

  /** As {@linkcode increment}, on a copy: for the proposer of a later round. */
  copyIncrement(times: number): ProposerRotation {
    const copy = new ProposerRotation(this.#validators, this.#proposer);
    copy.increment(times);
    return copy;
  }

  /** The set as it is now, proposer and total power included; takes no step. */
  toValidatorSet(): ValidatorSet {
    const set = { validators: [...this.validators], totalVotingPower: this.#total };
    if (this.#validators.length === 0) return set;
    return { ...set, proposer: { ...(this.#proposer ?? this.#validators.reduce(higher)) } };
  }
}
