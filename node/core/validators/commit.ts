/**
 * Whether a commit proves that a block was decided: CometBFT v0.38 `types/validation.go`. The integers are exact: more
 * than two thirds means `3 * signed > 2 * total`.
 * @module
 */
import type { BlockID, Commit, CommitSig } from "cosmjs-types/tendermint/types/types";
import { BlockIDFlag, type Validator, type ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { bytesToHex, equalBytes } from "../bytes.ts";
import type { CodedError } from "../errors.ts";
import { err, ok, type Result } from "../result.ts";
import { commitVoteSignBytes, equalBlockIds, validateCommit, verifyConsensusSignature } from "../types/mod.ts";
import { runResident, type Work } from "../work.ts";
import { totalVotingPower } from "./set.ts";

/** Codes of the codespace `commit`. Append-only. */
export const COMMIT_CODE = { malformed: 1, mismatch: 2, signature: 3, power: 4, doubleVote: 5, trustLevel: 6 } as const;

/** A part of the voting power, in (0, 1]. */
export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

export type Verdict = Result<void, CodedError>;
type Validators = Pick<ValidatorSet, "validators">;

/** A refusal in the codespace `commit`. */
export const refuse = (code: keyof typeof COMMIT_CODE, state: string): Verdict =>
  err({ codespace: "commit", code: COMMIT_CODE[code], message: `verify commit: ${state}` });

/** More than two thirds of `total`. */
export function hasQuorum(power: bigint, total: bigint): boolean {
  return 3n * power > 2n * total;
}

export const isForBlock = (signature: CommitSig) => signature.blockIdFlag === BlockIDFlag.BLOCK_ID_FLAG_COMMIT;
const isAbsent = (signature: CommitSig) => signature.blockIdFlag === BlockIDFlag.BLOCK_ID_FLAG_ABSENT;

function checkForm(set: Validators, blockId: BlockID, height: bigint, commit: Commit): Verdict {
  const form = validateCommit(commit);
  if (!form.ok) return refuse("malformed", form.error.message);
  if (commit.signatures.length !== set.validators.length) {
    return refuse("mismatch", `${commit.signatures.length} signatures for ${set.validators.length} validators`);
  }
  if (commit.height !== height) return refuse("mismatch", `height is ${commit.height}, expected ${height}`);
  return equalBlockIds(commit.blockId, blockId) ? ok(undefined) : refuse("mismatch", "it is for another block");
}

/** Signature `index`, which is not absent, is `validator`'s. */
export function checkSignature(chainId: string, commit: Commit, index: number, validator: Validator): Verdict {
  const { validatorAddress, signature } = commit.signatures[index]!;
  if (!equalBytes(validatorAddress, validator.address)) {
    return refuse("mismatch", `signature ${index} is not of the validator with that index`);
  }
  const message = commitVoteSignBytes(chainId, commit, index);
  if (verifyConsensusSignature(validator.pubKey, message, signature)) return ok(undefined);
  return refuse("signature", `signature ${index} is wrong`);
}

/** Signatures that are verified between two pauses: about 1 ms where a native verifier says yes. */
const SIGNATURES_PER_PAUSE = 32;
const PAUSE = { type: "pause" } as const;

function* verifyWork(
  chainId: string,
  set: Validators,
  blockId: BlockID,
  height: bigint,
  commit: Commit,
  everySignature: boolean,
): Work<Verdict> {
  const form = checkForm(set, blockId, height, commit);
  if (!form.ok) return form;
  const total = totalVotingPower(set);
  let power = 0n;
  let verified = 0;
  for (const [index, signature] of commit.signatures.entries()) {
    if (everySignature ? isAbsent(signature) : !isForBlock(signature)) continue;
    if (++verified % SIGNATURES_PER_PAUSE === 0) yield PAUSE;
    const validator = set.validators[index]!;
    const checked = checkSignature(chainId, commit, index, validator);
    if (!checked.ok) return checked;
    if (isForBlock(signature)) power += validator.votingPower;
    if (!everySignature && hasQuorum(power, total)) return ok(undefined);
  }
  return hasQuorum(power, total) ? ok(undefined) : refuse("power", `${power} of ${total} signed`);
}

/**
 * More than two thirds of `set` signed `blockId` at `height`, and every signature that is there is right, also those for
 * nil: what a block's last commit must be.
 */
export function verifyCommit(
  chainId: string,
  set: Validators,
  blockId: BlockID,
  height: bigint,
  commit: Commit,
): Verdict {
  return runResident(verifyWork(chainId, set, blockId, height, commit, true));
}

/** As {@linkcode verifyCommit}, with pauses. */
export function verifyCommitWork(
  chainId: string,
  set: Validators,
  blockId: BlockID,
  height: bigint,
  commit: Commit,
): Work<Verdict> {
  return verifyWork(chainId, set, blockId, height, commit, true);
}

/** As {@linkcode verifyCommit}, but looks only at signatures for the block, and only until they are enough: light clients. */
export function verifyCommitLight(
  chainId: string,
  set: Validators,
  blockId: BlockID,
  height: bigint,
  commit: Commit,
): Verdict {
  return runResident(verifyWork(chainId, set, blockId, height, commit, false));
}

/**
 * More than `trustLevel` of `trusted`, an earlier set, signed this commit. Signers are found by address; strangers do not
 * count, and nobody counts twice.
 */
export function verifyCommitLightTrusting(
  chainId: string,
  trusted: Validators,
  commit: Commit,
  trustLevel: Fraction,
): Verdict {
  const { numerator, denominator } = trustLevel;
  if (denominator <= 0n || numerator <= 0n || numerator > denominator) {
    return refuse("trustLevel", `trust level is ${numerator}/${denominator}`);
  }
  const form = validateCommit(commit);
  if (!form.ok) return refuse("malformed", form.error.message);
  const total = totalVotingPower(trusted);
  const known = new Map(trusted.validators.map((validator) => [bytesToHex(validator.address), validator]));
  const seen = new Set<string>();
  let power = 0n;
  for (const [index, signature] of commit.signatures.entries()) {
    if (!isForBlock(signature)) continue;
    const name = bytesToHex(signature.validatorAddress);
    const validator = known.get(name);
    if (validator === undefined) continue;
    if (seen.has(name)) return refuse("doubleVote", `${name} signed twice`);
    seen.add(name);
    const checked = checkSignature(chainId, commit, index, validator);
    if (!checked.ok) return checked;
    power += validator.votingPower;
    if (power * denominator > total * numerator) return ok(undefined);
  }
  return refuse("power", `${power} of ${total} signed, needed is more than ${numerator}/${denominator}`);
}
