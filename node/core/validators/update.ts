import type { ValidatorUpdate } from "cosmjs-types/tendermint/abci/types";
import type { Validator, ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { bytesToHex, compareBytes } from "../bytes.ts";
import type { CodedError } from "../errors.ts";
import { err, ok, type Result } from "../result.ts";
import { consensusKeyAddress } from "../types/mod.ts";
import { normalizePriorities, ProposerRotation } from "./rotation.ts";
import { compareValidators, totalVotingPower, validatorsError, VOTING_POWER_TOTAL_MAX } from "./set.ts";

type Outcome<T> = Result<T, CodedError>;
type ByAddress = ReadonlyMap<string, Validator>;

const nameOf = (validator: Validator) => bytesToHex(validator.address);
const byAddress = (validators: readonly Validator[]): ByAddress =>
  new Map(validators.map((validator) => [nameOf(validator), validator]));

/** Duplicates and powers out of range are refused before anything else (CometBFT `processChanges`). */
function checkChanges(changes: readonly Validator[]): Outcome<void> {
  const seen = new Set<string>();
  for (const change of changes) {
    const name = nameOf(change);
    if (seen.has(name)) return err(validatorsError("duplicate", `change validators: ${name} occurs twice`));
    seen.add(name);
    if (change.votingPower < 0n || change.votingPower > VOTING_POWER_TOTAL_MAX) {
      return err(validatorsError("power", `change validators: voting power of ${name} is ${change.votingPower}`));
    }
  }
  return ok(undefined);
}

/** Total power once updates and removals are applied, and before the removals; refused when the first is over the limit. */
function powerAfter(set: readonly Validator[], current: ByAddress, changes: readonly Validator[]): Outcome<bigint> {
  let after = totalVotingPower({ validators: set });
  let removed = 0n;
  for (const change of changes) {
    const before = current.get(nameOf(change))?.votingPower ?? 0n;
    after += change.votingPower - before;
    if (change.votingPower === 0n) removed += before;
  }
  if (after > VOTING_POWER_TOTAL_MAX) {
    return err(validatorsError("totalPower", `change validators: total voting power would be ${after}`));
  }
  return ok(after + removed);
}

function change(
  set: readonly Validator[],
  changes: readonly Validator[],
  mayRemove: boolean,
): Outcome<Validator[]> {
  const checked = checkChanges(changes);
  if (!checked.ok) return checked;
  const current = byAddress(set);
  const changed = byAddress(changes);
  const removals = changes.filter((validator) => validator.votingPower === 0n);
  if (removals.length > 0 && !mayRemove) {
    return err(validatorsError("removal", "make a validator set: a voting power is zero"));
  }
  const unknown = removals.find((validator) => !current.has(nameOf(validator)));
  const isNew = (validator: Validator) => validator.votingPower > 0n && !current.has(nameOf(validator));
  if (!changes.some(isNew) && removals.length === set.length) {
    return err(validatorsError("empty", "change validators: nobody would be left"));
  }
  if (unknown !== undefined) {
    return err(validatorsError("unknown", `change validators: ${nameOf(unknown)} is not in the set`));
  }
  const power = powerAfter(set, current, changes);
  if (!power.ok) return power;
  // Newcomers start far back, at -1.125 of the power, so that leaving and coming back does not win a turn.
  const newcomer = -(power.value + (power.value >> 3n));
  const updated = changes.filter((validator) => validator.votingPower > 0n).map((validator) => ({
    ...validator,
    proposerPriority: current.get(nameOf(validator))?.proposerPriority ?? newcomer,
  }));
  const kept = set.filter((validator) => !changed.has(nameOf(validator))).map((validator) => ({ ...validator }));
  const next = [...kept, ...updated].sort((a, b) => compareBytes(a.address, b.address));
  normalizePriorities(next, totalVotingPower({ validators: next }));
  return ok(next.sort(compareValidators));
}

/**
 * A set from scratch, as for genesis (CometBFT `NewValidatorSet`): sorted, priorities from zero, one step taken, so that
 * it has a proposer. Priorities given are ignored. Refuses duplicates and powers that are not positive or too much.
 */
export function newValidatorSet(validators: readonly Validator[]): Outcome<ValidatorSet> {
  if (validators.length === 0) return ok({ validators: [], totalVotingPower: 0n });
  const made = change([], validators, false);
  if (!made.ok) return made;
  const rotation = new ProposerRotation(made.value);
  rotation.increment(1);
  return ok(rotation.toValidatorSet());
}

/**
 * The set after `changes` (CometBFT `UpdateWithChangeSet`): power 0 removes, any other power adds or replaces; priorities
 * given are ignored. Takes no step: the caller increments for the next height. The proposer stays if it is still there.
 * All or nothing: a refusal changes nothing.
 */
export function updateValidators(set: ValidatorSet, changes: readonly Validator[]): Outcome<ValidatorSet> {
  if (changes.length === 0) return ok(new ProposerRotation(set.validators, set.proposer).toValidatorSet());
  const made = change(set.validators, changes, true);
  return made.ok ? ok(new ProposerRotation(made.value, set.proposer).toValidatorSet()) : made;
}

/** The validator that an application's update names; refused when the key is malformed or the power negative. */
export function validatorOfUpdate({ pubKey, power }: ValidatorUpdate): Outcome<Validator> {
  const address = consensusKeyAddress(pubKey);
  if (address === undefined) return err(validatorsError("key", "change validators: a public key is malformed"));
  if (power < 0n) return err(validatorsError("power", `change validators: voting power is ${power}`));
  return ok({ address, pubKey, votingPower: power, proposerPriority: 0n });
}
