import { SimpleValidator, type Validator, type ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { compareBytes, equalBytes } from "../bytes.ts";
import type { CodedError } from "../errors.ts";
import { merkleRoot } from "../merkle/mod.ts";
import { err, ok, type Result } from "../result.ts";
import { consensusKeyAddress, VOTES_MAX } from "../types/mod.ts";

/** The most voting power a set may have in all (CometBFT `MaxTotalVotingPower`): keeps priorities inside int64. */
export const VOTING_POWER_TOTAL_MAX = (2n ** 63n - 1n) / 8n;

/** Codes of the codespace `validators`. Append-only. */
export const VALIDATORS_CODE = {
  duplicate: 1,
  power: 2,
  removal: 3,
  empty: 4,
  unknown: 5,
  totalPower: 6,
  key: 7,
  malformed: 8,
} as const;

/** A refusal in the codespace `validators`. */
export const validatorsError = (code: keyof typeof VALIDATORS_CODE, message: string): CodedError => ({
  codespace: "validators",
  code: VALIDATORS_CODE[code],
  message,
});

/** The order inside a set: more power first, then the lower address. */
export function compareValidators(a: Validator, b: Validator): number {
  if (a.votingPower !== b.votingPower) return a.votingPower > b.votingPower ? -1 : 1;
  return compareBytes(a.address, b.address);
}

/** The address given, or else its key's; undefined when neither is there. */
export function addressOf({ address, pubKey }: Partial<Validator>): Uint8Array | undefined {
  return address !== undefined && address.length > 0 ? address : pubKey && consensusKeyAddress(pubKey);
}

/** What of a validator is hashed: key and power, neither address nor priority. */
export function simpleValidatorBytes({ pubKey, votingPower }: Validator): Uint8Array {
  return SimpleValidator.encode({ pubKey, votingPower }).finish();
}

/**
 * A header's `validators_hash`: the root over the validators in the order that every set of CometBFT has (power, then
 * address; a missing address is the key's). The order given does not matter, as in tendermint-rs.
 */
export function hashValidatorSet(set: { readonly validators: readonly Validator[] }): Uint8Array {
  const validators = set.validators.map((validator) => ({
    ...validator,
    address: addressOf(validator) ?? validator.address,
  }));
  return merkleRoot(validators.sort(compareValidators).map(simpleValidatorBytes));
}

/** The sum of the powers. The field of the same name in a set from a peer is a claim and never used. */
export function totalVotingPower(set: { readonly validators: readonly Validator[] }): bigint {
  return set.validators.reduce((sum, validator) => sum + validator.votingPower, 0n);
}

/** The validator with this address, and its place in the set. */
export function findValidator(
  set: { readonly validators: readonly Validator[] },
  address: Uint8Array,
): { readonly index: number; readonly validator: Validator } | undefined {
  const index = set.validators.findIndex((validator) => equalBytes(validator.address, address));
  return index < 0 ? undefined : { index, validator: set.validators[index]! };
}

/**
 * For sets from peers: not empty, bounded, addresses of their keys and only once, powers positive and within the limit, a
 * proposer out of the set when there is one; in the order that CometBFT gives sets, on which commits rest.
 */
export function validateValidatorSet(set: ValidatorSet): Result<void, CodedError> {
  const fault = (state: string) => err(validatorsError("malformed", `validate validator set: ${state}`));
  const { validators, proposer } = set;
  if (validators.length === 0) return fault("it is empty");
  if (validators.length > VOTES_MAX) return fault(`${validators.length} validators`);
  const seen = new Set<string>();
  for (const { pubKey, address, votingPower } of validators) {
    const expected = consensusKeyAddress(pubKey);
    if (expected === undefined) return fault("a public key is malformed");
    if (!equalBytes(expected, address)) return fault("an address is not its key's");
    if (votingPower <= 0n) return fault("a voting power is not positive");
    seen.add(address.join());
  }
  if (seen.size !== validators.length) return fault("an address occurs twice");
  if (validators.some((validator, i) => i > 0 && compareValidators(validators[i - 1]!, validator) > 0)) {
    return fault("it is not in order");
  }
  if (totalVotingPower(set) > VOTING_POWER_TOTAL_MAX) return fault("the total voting power is over the limit");
  if (proposer !== undefined && !seen.has(proposer.address.join())) return fault("the proposer is not in it");
  return ok(undefined);
}
