/**
 * Attacks on light clients as evidence: which kind it is, who took part, and whether a piece of evidence is well formed.
 * CometBFT v0.38 `types/evidence.go`, `LightClientAttackEvidence`.
 * @module
 */
import type { LightClientAttackEvidence } from "cosmjs-types/tendermint/types/evidence";
import type { Commit, Header } from "cosmjs-types/tendermint/types/types";
import { BlockIDFlag, type Validator, type ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { bytesToHex, equalBytes } from "../bytes.ts";
import type { CodedError } from "../errors.ts";
import { merkleRootWork } from "../merkle/mod.ts";
import { err, ok, type Result } from "../result.ts";
import {
  consensusKeyAddress,
  hashHeader,
  validateCommit,
  validateEvidence,
  validateHeader,
  VOTES_MAX,
} from "../types/mod.ts";
import { compareValidators, simpleValidatorBytes, totalVotingPower, validateValidatorSet } from "../validators/mod.ts";
import { runResident, type Work } from "../work.ts";

/**
 * `lunatic`: the header cannot follow from the chain's state. `equivocation`: it could, and was sealed in the round of the
 * true one. `amnesia`: it was sealed in another round; who forgot a lock cannot be told, so nobody is accused.
 */
export type AttackKind = "lunatic" | "equivocation" | "amnesia";

/** What an attack is told by: a header with its seal. */
export interface SealedHeader {
  readonly header: Header;
  readonly commit: Commit;
}

/** The false block: header, seal, and the validators that it names, in order of the set. */
export interface ConflictingBlock extends SealedHeader {
  readonly validators: readonly Validator[];
}

/** A kind of attack with those who are to blame, the most powerful first. */
export interface AttackFindings {
  readonly kind: AttackKind;
  readonly validators: readonly Validator[];
}

/** Whether what the state alone decides differs between two headers (`ConflictingHeaderIsInvalid`). */
export function isLunaticHeader(header: Header, trusted: Header): boolean {
  return !equalBytes(header.validatorsHash, trusted.validatorsHash) ||
    !equalBytes(header.nextValidatorsHash, trusted.nextValidatorsHash) ||
    !equalBytes(header.consensusHash, trusted.consensusHash) ||
    !equalBytes(header.appHash, trusted.appHash) ||
    !equalBytes(header.lastResultsHash, trusted.lastResultsHash);
}

const isForBlock = ({ blockIdFlag }: { blockIdFlag: BlockIDFlag }) => blockIdFlag === BlockIDFlag.BLOCK_ID_FLAG_COMMIT;

/**
 * Who made `conflicting` (`GetByzantineValidators`): of a lunatic header the signers that are among `common`, the
 * validators of the common height; of an equivocation those who also sealed the trusted block. `trusted.commit` undefined:
 * the seal is not known; then so is the answer, but for a lunatic header.
 */
export function findAttackers(
  conflicting: ConflictingBlock,
  common: readonly Validator[],
  trusted: { readonly header: Header; readonly commit: Commit | undefined },
): AttackFindings | undefined {
  const { signatures } = conflicting.commit;
  if (isLunaticHeader(conflicting.header, trusted.header)) {
    const known = byAddress(common);
    const validators = signatures.filter(isForBlock).flatMap(({ validatorAddress }) =>
      known.get(bytesToHex(validatorAddress)) ?? []
    );
    return { kind: "lunatic", validators: validators.sort(compareValidators) };
  }
  if (trusted.commit === undefined) return undefined;
  if (trusted.commit.round !== conflicting.commit.round) return { kind: "amnesia", validators: [] };
  // Both headers name the same validators, so the signatures stand in the same places.
  const known = byAddress(conflicting.validators);
  const validators: Validator[] = [];
  for (const [i, signature] of signatures.entries()) {
    const other = trusted.commit.signatures[i];
    if (other === undefined || !isForBlock(signature) || !isForBlock(other)) continue;
    const validator = known.get(bytesToHex(signature.validatorAddress));
    if (validator !== undefined) validators.push(validator);
  }
  return { kind: "equivocation", validators: validators.sort(compareValidators) };
}

const byAddress = (validators: readonly Validator[]) =>
  new Map(validators.map((validator) => [bytesToHex(validator.address), validator]));

/**
 * Evidence against whoever sealed `conflicting`, for those who believe `trusted` and also `common`, from which a light client
 * got to either in one step (`newLightClientAttackEvidence`). The common height of what is not lunatic is the block's own.
 */
export function attackEvidence(
  conflicting: ConflictingBlock,
  trusted: ConflictingBlock,
  common: ConflictingBlock,
): { readonly kind: AttackKind; readonly evidence: LightClientAttackEvidence } {
  const { kind, validators: byzantine } = findAttackers(conflicting, common.validators, trusted)!;
  const from = kind === "lunatic" ? common : trusted;
  const { header, commit, validators } = conflicting;
  const set: ValidatorSet = { validators: [...validators], proposer: validators[0]!, totalVotingPower: 0n };
  return {
    kind,
    evidence: {
      conflictingBlock: { signedHeader: { header, commit }, validatorSet: set },
      commonHeight: from.header.height,
      byzantineValidators: [...byzantine],
      totalVotingPower: totalVotingPower(from),
      timestamp: from.header.time,
    },
  };
}

const PAUSE = { type: "pause" } as const;

/** Codes of the codespace `attack`. Append-only. */
export const ATTACK_CODE = { malformed: 1 } as const;

const refuse = (state: string): Result<never, CodedError> =>
  err({ codespace: "attack", code: ATTACK_CODE.malformed, message: `validate light client attack: ${state}` });

/**
 * Form only (`ValidateBasic` and what Go's decoders refuse): everything is there, belongs together and is bounded. The total
 * power written into the validator set must be 0, which is what CometBFT writes and hashes.
 */
export const validateAttack = (attack: LightClientAttackEvidence): Result<ConflictingBlock, CodedError> =>
  runResident(validateAttackWork(attack));

/** As {@linkcode validateAttack}, with pauses: a set as large as a message has room for takes tens of milliseconds. */
export function* validateAttackWork(attack: LightClientAttackEvidence): Work<Result<ConflictingBlock, CodedError>> {
  const outer = validateEvidence({ lightClientAttackEvidence: attack });
  if (!outer.ok) return outer;
  const { signedHeader, validatorSet: set } = attack.conflictingBlock ?? {};
  const { header, commit } = signedHeader ?? {};
  if (header === undefined || commit === undefined) return refuse("header or commit is missing");
  if (set === undefined) return refuse("the validators are missing");
  const headerForm = validateHeader(header);
  if (!headerForm.ok) return headerForm;
  const commitForm = validateCommit(commit);
  if (!commitForm.ok) return commitForm;
  if (commit.height !== header.height) return refuse(`header ${header.height} has a commit of ${commit.height}`);
  if (!equalBytes(commit.blockId.hash, hashHeader(header))) return refuse("the commit is for another header");
  if (set.totalVotingPower !== 0n) return refuse("the set's total power is written out");
  if (set.proposer === undefined) return refuse("the set has no proposer");
  const proposerAddress = consensusKeyAddress(set.proposer.pubKey);
  if (proposerAddress === undefined || !equalBytes(proposerAddress, set.proposer.address)) {
    return refuse("the proposer's address is not its key's");
  }
  if (set.proposer.votingPower < 0n) return refuse("the proposer's power is negative");
  yield PAUSE;
  const setForm = validateValidatorSet(set);
  if (!setForm.ok) return setForm;
  yield PAUSE;
  const setHash = yield* merkleRootWork(set.validators, simpleValidatorBytes);
  if (!equalBytes(setHash, header.validatorsHash)) return refuse("the validators are not the header's");
  if (attack.byzantineValidators.length > VOTES_MAX) return refuse("too many accused");
  for (const { pubKey, address } of attack.byzantineValidators) {
    const derived = consensusKeyAddress(pubKey);
    // CometBFT compares the address and reports that of the key: so it can be made to accuse somebody else.
    if (derived === undefined || !equalBytes(derived, address)) {
      return refuse("an accused has not the address of its key");
    }
  }
  return ok({ header, commit, validators: set.validators });
}
