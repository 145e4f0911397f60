/**
 * The signatures of a commit that is evidence: each must be right, not only as many as are enough, for whoever signed is
 * accused by it (CometBFT v0.38 `VerifyCommitLightAllSignatures`, `VerifyCommitLightTrustingAllSignatures`).
 * @module
 */
import type { Commit } from "cosmjs-types/tendermint/types/types";
import type { Validator } from "cosmjs-types/tendermint/types/validator";
import { bytesToHex, equalBytes } from "../bytes.ts";
import { ok } from "../result.ts";
import { consensusKeyBytes, validateCommit } from "../types/mod.ts";
import type { Work } from "../work.ts";
import { checkSignature, type Fraction, hasQuorum, isForBlock, refuse, type Verdict } from "./commit.ts";
import { totalVotingPower } from "./set.ts";

/** Signatures that are verified between two offers to let others run: about 1 ms where a native verifier says yes. */
const SIGNATURES_PER_PAUSE = 32;

interface Trusted {
  readonly validators: readonly Validator[];
  readonly level: Fraction;
}

interface Signer {
  readonly index: number;
  readonly validator: Validator;
}

/**
 * More than two thirds of `validators`, in order of the set, signed `commit`; with `trusted` also more than its level of
 * those validators, found by address. Nobody is asked twice for the same signature, and the trusted ones come first: they
 * are few and known, the others whoever made the evidence has chosen.
 */
export function* verifyEverySignatureWork(
  chainId: string,
  validators: readonly Validator[],
  commit: Commit,
  trusted: Trusted | undefined,
): Work<Verdict> {
  const form = validateCommit(commit);
  if (!form.ok) return refuse("malformed", form.error.message);
  if (commit.signatures.length !== validators.length) {
    return refuse("mismatch", `${commit.signatures.length} signatures for ${validators.length} validators`);
  }
  /** By index: who is known to have made that signature. */
  const verified = new Map<number, Validator>();
  if (trusted !== undefined) {
    const signers = signersAmong(trusted.validators, commit);
    if (typeof signers === "string") return refuse("doubleVote", `${signers} signed twice`);
    const power = powerOf(signers);
    const total = totalVotingPower(trusted);
    const { numerator, denominator } = trusted.level;
    if (power * denominator <= total * numerator) {
      return refuse("power", `${power} of ${total} signed, needed is more than ${numerator}/${denominator}`);
    }
    const checked = yield* verifySigners(chainId, commit, signers, verified);
    if (!checked.ok) return checked;
  }
  const signers: Signer[] = [];
  for (const [index, signature] of commit.signatures.entries()) {
    if (isForBlock(signature)) signers.push({ index, validator: validators[index]! });
  }
  const power = powerOf(signers);
  const total = totalVotingPower({ validators });
  if (!hasQuorum(power, total)) return refuse("power", `${power} of ${total} signed`);
  return yield* verifySigners(chainId, commit, signers, verified);
}

/** Who of `validators` signed for the block; the address of somebody who did it twice. */
function signersAmong(validators: readonly Validator[], commit: Commit): Signer[] | string {
  const known = new Map(validators.map((validator) => [bytesToHex(validator.address), validator]));
  const signers = new Map<string, Signer>();
  for (const [index, signature] of commit.signatures.entries()) {
    if (!isForBlock(signature)) continue;
    const name = bytesToHex(signature.validatorAddress);
    const validator = known.get(name);
    if (validator === undefined) continue;
    if (signers.has(name)) return name;
    signers.set(name, { index, validator });
  }
  return [...signers.values()];
}

const powerOf = (signers: readonly Signer[]) => signers.reduce((sum, { validator }) => sum + validator.votingPower, 0n);

function* verifySigners(
  chainId: string,
  commit: Commit,
  signers: readonly Signer[],
  verified: Map<number, Validator>,
): Work<Verdict> {
  let count = 0;
  for (const { index, validator } of signers) {
    const known = verified.get(index);
    if (known !== undefined && isSameSigner(known, validator)) continue;
    if (++count % SIGNATURES_PER_PAUSE === 0) yield { type: "pause" };
    const checked = checkSignature(chainId, commit, index, validator);
    if (!checked.ok) return checked;
    verified.set(index, validator);
  }
  return ok(undefined);
}

function isSameSigner(a: Validator, b: Validator): boolean {
  const [one, other] = [consensusKeyBytes(a.pubKey), consensusKeyBytes(b.pubKey)];
  return one !== undefined && other !== undefined && equalBytes(one, other) && equalBytes(a.address, b.address);
}
