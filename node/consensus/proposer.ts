/** Who proposes in which round, and the validators of a height in the form engines look things up in. @module */
import type { ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { ProposerRotation } from "../core/validators/mod.ts";
import { bytesToHex } from "../core/bytes.ts";

/** A validator set, looked up by address. Immutable. */
export interface ValidatorIndex {
  readonly set: ValidatorSet;
  readonly totalPower: bigint;
  /** Hex address → place in the set. */
  readonly byAddress: ReadonlyMap<string, number>;
}

/** Prepares a validator set for lookups. */
export function indexValidators(set: ValidatorSet): ValidatorIndex {
  let totalPower = 0n;
  const byAddress = new Map<string, number>();
  set.validators.forEach((validator, i) => {
    totalPower += validator.votingPower;
    byAddress.set(bytesToHex(validator.address), i);
  });
  return { set, totalPower, byAddress };
}

/** What `verify` is given for a validator without a key; no signature verifies with it. */
export const NO_KEY = new Uint8Array(0);

/** Proposers found so far. A memo of a pure function, keyed by the set object itself, which nobody changes. */
const proposersOf = new WeakMap<ValidatorSet, Map<number, Uint8Array>>();

/**
 * The address of the proposer of `round` (from 0): CometBFT's rotation by priority, the set's own proposer in round 0 and one
 * increment for each round after it. Undefined for an empty set. Cost is linear in `round`, once for each set and round.
 */
export function proposerOf(set: ValidatorSet, round: number): Uint8Array | undefined {
  if (set.validators.length === 0) return undefined;
  let known = proposersOf.get(set);
  if (known === undefined) proposersOf.set(set, known = new Map());
  let address = known.get(round);
  if (address === undefined) {
    const rotation = ProposerRotation.of(set);
    // All rounds in one go, because priorities are rescaled once for each call (CometBFT `enterNewRound`).
    address = (round === 0 ? rotation : rotation.copyIncrement(round)).proposer.address;
    known.set(round, address);
  }
  return address;
}
