/**
 * Whether one header follows from another by CometBFT v0.38's light client (`light/verifier.go`): directly, when it is the
 * next one, or over skipped headers, when enough of those trusted before have signed it.
 * @module
 */
import type { Commit, Header } from "cosmjs-types/tendermint/types/types";
import type { Validator } from "cosmjs-types/tendermint/types/validator";
import { equalBytes } from "../bytes.ts";
import type { CodedError } from "../errors.ts";
import { err, ok, type Result } from "../result.ts";
import { timestampToNanos } from "../time.ts";
import { hashHeader, validateCommit, validateHeader } from "../types/mod.ts";
import {
  COMMIT_CODE,
  type Fraction,
  hashValidatorSet,
  validateValidatorSet,
  verifyCommitLight,
  verifyCommitLightTrusting,
} from "../validators/mod.ts";
import { type CheckedLightBlock, type LightBlock, type LightValidators, readLightBlock } from "./light_block.ts";
import { type CheckedOptions, type LightOptions, readOptions } from "./options.ts";

/** Codes of the codespace `light`. Append-only. */
export const LIGHT_CODE = {
  options: 1,
  malformed: 2,
  expired: 3,
  chain: 4,
  height: 5,
  time: 6,
  future: 7,
  validators: 8,
  nextValidators: 9,
  commit: 10,
  notEnoughTrust: 11,
} as const;

/**
 * `success`: the untrusted block is as good as the trusted one. `not_enough_trust`: too few of the trusted validators
 * signed it; ask for a block between. `invalid`: never accept it from here.
 */
export type LightVerdict = "success" | "not_enough_trust" | "invalid";

/** A verdict, and why; the reason of a success is empty. */
export interface LightVerification {
  readonly verdict: LightVerdict;
  readonly reason: string;
}

type Verdict = Result<void, CodedError>;
type Validators = readonly Validator[];

/** A block that has all that is needed to be believed. */
interface Candidate {
  readonly header: Header;
  readonly commit: Commit;
  readonly validators: Validators;
}

const FINE: Verdict = ok(undefined);

const refuse = (code: keyof typeof LIGHT_CODE, state: string): Result<never, CodedError> =>
  err({ codespace: "light", code: LIGHT_CODE[code], message: `verify light block: ${state}` });

const hashOf = (validators: Validators) => hashValidatorSet({ validators });

/** A header is trusted before the end of its trusting period, not at its end. */
export function isExpired(header: Header, { trustingPeriod, now }: CheckedOptions): boolean {
  return timestampToNanos(header.time) + trustingPeriod <= now;
}

/** All parts are there, each well formed, and they belong to the chain and together (`SignedHeader.ValidateBasic`). */
function checkForm({ header, commit, validators }: CheckedLightBlock, chainId: string): Result<Candidate, CodedError> {
  if (commit === undefined) return refuse("malformed", "the commit is missing");
  const form = validateHeader(header);
  if (!form.ok) return refuse("malformed", form.error.message);
  if (header.chainId !== chainId) return refuse("chain", "the header belongs to another chain");
  const commitForm = validateCommit(commit);
  if (!commitForm.ok) return refuse("malformed", commitForm.error.message);
  if (commit.height !== header.height) {
    return refuse("commit", `the header has height ${header.height}, its commit ${commit.height}`);
  }
  if (!equalBytes(commit.blockId.hash, hashHeader(header))) return refuse("commit", "the commit is for another header");
  if (validators === undefined) return refuse("malformed", "the validators are missing");
  return ok({ header, commit, validators });
}

/** It is later than the trusted header in height and time, and not from the future. */
function checkOrder(trusted: Header, header: Header, { clockDrift, now }: CheckedOptions): Verdict {
  if (header.height <= trusted.height) {
    return refuse("height", `height ${header.height} is not above the trusted height ${trusted.height}`);
  }
  const time = timestampToNanos(header.time);
  if (time <= timestampToNanos(trusted.time)) return refuse("time", "the header is not later than the trusted one");
  return time < now + clockDrift ? FINE : refuse("future", "the header's time is in the future");
}

/** The sets given are those that the header names. An empty set of next validators counts as not given. */
function checkSets({ header, validators }: Candidate, next: Validators | undefined): Verdict {
  if (!equalBytes(hashOf(validators), header.validatorsHash)) {
    return refuse("validators", "the validators are not those of the header");
  }
  const form = validateValidatorSet({ validators: [...validators], totalVotingPower: 0n });
  if (!form.ok) return refuse("validators", form.error.message);
  if (next === undefined || next.length === 0 || equalBytes(hashOf(next), header.nextValidatorsHash)) return FINE;
  return refuse("nextValidators", "the next validators are not those of the header");
}

/**
 * The trusted validators that must have signed in part: those after the trusted block, as the security model has it, or
 * those of its own height, as CometBFT's client does when it knows only them.
 */
function trustedValidators({ header, validators, nextValidators }: CheckedLightBlock): Validators | undefined {
  return [nextValidators, validators].find((set) => {
    if (set === undefined) return false;
    const hash = hashOf(set);
    return equalBytes(hash, header.nextValidatorsHash) || equalBytes(hash, header.validatorsHash);
  });
}

function checkTrust(trusted: CheckedLightBlock, { commit }: Candidate, { trustLevel }: CheckedOptions): Verdict {
  const validators = trustedValidators(trusted);
  if (validators === undefined) {
    return refuse("validators", "no trusted validators, or not those of the trusted header");
  }
  const form = validators.length === 0 ? FINE : validateValidatorSet({
    validators: [...validators],
    totalVotingPower: 0n,
  });
  if (!form.ok) return refuse("validators", `the trusted ones: ${form.error.message}`);
  const signed = verifyCommitLightTrusting(trusted.header.chainId, { validators: [...validators] }, commit, trustLevel);
  if (signed.ok) return FINE;
  return refuse(signed.error.code === COMMIT_CODE.power ? "notEnoughTrust" : "commit", signed.error.message);
}

/** The checks from the cheapest on; the signatures of a set that the stranger chose come last. */
function verify(trusted: CheckedLightBlock, untrusted: CheckedLightBlock, options: CheckedOptions): Verdict {
  if (isExpired(trusted.header, options)) return refuse("expired", "the trusted header has expired");
  const { chainId, height, nextValidatorsHash } = trusted.header;
  const candidate = checkForm(untrusted, chainId);
  if (!candidate.ok) return candidate;
  const { header, commit, validators } = candidate.value;
  const order = checkOrder(trusted.header, header, options);
  if (!order.ok) return order;
  const sets = checkSets(candidate.value, untrusted.nextValidators);
  if (!sets.ok) return sets;
  if (header.height !== height + 1n) {
    const trust = checkTrust(trusted, candidate.value, options);
    if (!trust.ok) return trust;
  } else if (!equalBytes(header.validatorsHash, nextValidatorsHash)) {
    return refuse("nextValidators", "the validators are not the next ones of the trusted header");
  }
  const sealed = verifyCommitLight(chainId, { validators: [...validators] }, commit.blockId, header.height, commit);
  return sealed.ok ? FINE : refuse("commit", sealed.error.message);
}

/** As {@linkcode verifyLightBlock}, with a coded refusal; `notEnoughTrust` is the one that is not final. */
export function checkLightBlock(trusted: LightBlock, untrusted: LightBlock, options: LightOptions): Verdict {
  const checked = readOptions(options);
  if (!checked.ok) return refuse("options", checked.error);
  return checkLightBlockExactly(trusted, untrusted, checked.value);
}

/** As {@linkcode checkLightBlock}, for who has options to the nanosecond and knows that they are valid. */
export function checkLightBlockExactly(trusted: LightBlock, untrusted: LightBlock, options: CheckedOptions): Verdict {
  const from = readLightBlock(trusted);
  if (!from.ok) return refuse("malformed", `the trusted block: ${from.error}`);
  const to = readLightBlock(untrusted);
  if (!to.ok) return refuse("malformed", to.error);
  return verify(from.value, to.value, options);
}

/**
 * Whether `untrusted` may be believed by somebody who believes `trusted`, by the rules of CometBFT v0.38's light client.
 * Of the trusted block only the header is needed, and one of its validator sets where heights are skipped (the next
 * validators if both are there). Blocks may come from anybody: whatever they hold, the answer is a verdict.
 *
 * @example
 * ```ts ignore
 * const { verdict, reason } = verifyLightBlock(trusted, untrusted, {
 *   trustLevel: { numerator: 1n, denominator: 3n },
 *   trustingPeriodMs: 14 * 24 * 3_600_000,
 *   clockDriftMs: 10_000,
 *   now: new Date(),
 * });
 * ```
 */
export function verifyLightBlock(trusted: LightBlock, untrusted: LightBlock, options: LightOptions): LightVerification {
  const result = checkLightBlock(trusted, untrusted, options);
  if (result.ok) return { verdict: "success", reason: "" };
  const verdict = result.error.code === LIGHT_CODE.notEnoughTrust ? "not_enough_trust" : "invalid";
  return { verdict, reason: result.error.message };
}

/** A set of validators and the hash by which it was trusted. */
export interface TrustedValidators {
  readonly validators: LightValidators;
  readonly hash: Uint8Array;
}

/**
 * Whether `block` is sealed (see {@linkcode checkSealed}) and also signed by more than `trustLevel` of validators trusted
 * before, whose set must hash to `trusted.hash`. Says nothing about order and time: for evidence, whose blocks contradict
 * what else is known.
 */
export function checkSealedByTrusted(block: LightBlock, trusted: TrustedValidators, trustLevel: Fraction): Verdict {
  const read = readLightBlock({ ...block, nextValidatorSet: trusted.validators, nextValidators: undefined });
  if (!read.ok) return refuse("malformed", read.error);
  const { nextValidators: signers = [], ...own } = read.value;
  if (!equalBytes(hashOf(signers), trusted.hash)) return refuse("validators", "the trusted ones are others");
  const form = validateValidatorSet({ validators: [...signers], totalVotingPower: 0n });
  if (!form.ok) return refuse("validators", `the trusted ones: ${form.error.message}`);
  const sealed = checkSealedBlock({ ...own, nextValidators: undefined });
  if (!sealed.ok) return sealed;
  const { header, commit } = sealed.value;
  const signed = verifyCommitLightTrusting(header.chainId, { validators: [...signers] }, commit, trustLevel);
  if (signed.ok) return FINE;
  return refuse(signed.error.code === COMMIT_CODE.power ? "notEnoughTrust" : "commit", signed.error.message);
}

/**
 * Whether `block` is whole and sealed by more than two thirds of the validators it brings itself. Says nothing about
 * whether they may be believed: for a block known by its hash.
 */
export function checkSealed(block: LightBlock): Verdict {
  const read = readLightBlock(block);
  if (!read.ok) return refuse("malformed", read.error);
  const sealed = checkSealedBlock(read.value);
  return sealed.ok ? FINE : sealed;
}

function checkSealedBlock(block: CheckedLightBlock): Result<Candidate, CodedError> {
  const candidate = checkForm(block, block.header.chainId);
  if (!candidate.ok) return candidate;
  const sets = checkSets(candidate.value, block.nextValidators);
  if (!sets.ok) return sets;
  const { header, commit, validators } = candidate.value;
  const set = { validators: [...validators] };
  const sealed = verifyCommitLight(header.chainId, set, commit.blockId, header.height, commit);
  return sealed.ok ? candidate : refuse("commit", sealed.error.message);
}
