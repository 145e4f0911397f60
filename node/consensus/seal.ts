/**
 * The seal of a block: CometBFT's `Commit`, precommit signatures of more than 2/3 of the power (decision D2). Made from votes,
 * completed by late votes, verified with the signature check an engine is given.
 * @module
 */
import { BlockIDFlag } from "cosmjs-types/tendermint/types/validator";
import {
  type BlockID,
  type Commit,
  type CommitSig,
  SignedMsgType,
  type Vote,
} from "cosmjs-types/tendermint/types/types";
import { equalBytes } from "../core/bytes.ts";
import {
  blockIdKey,
  consensusKeyBytes,
  EMPTY_BLOCK_ID,
  isNilBlockId,
  validateCommit,
  voteSignBytes,
  ZERO_TIME,
} from "../core/types/mod.ts";
import { NO_KEY, type ValidatorIndex } from "./proposer.ts";
import { QUORUM_RULES, type QuorumRules } from "./quorum.ts";

/** Checks a signature by a consensus key. */
export type Verify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

const EMPTY = new Uint8Array(0);

function absentSig(): CommitSig {
  return {
    blockIdFlag: BlockIDFlag.BLOCK_ID_FLAG_ABSENT,
    validatorAddress: EMPTY,
    timestamp: ZERO_TIME,
    signature: EMPTY,
  };
}

/** A precommit as it stands in a commit for `blockId`; absent when it is for another block. */
function sigFromVote(vote: Vote, key: string): CommitSig {
  const nil = isNilBlockId(vote.blockId);
  if (!nil && blockIdKey(vote.blockId) !== key) return absentSig();
  return {
    blockIdFlag: nil ? BlockIDFlag.BLOCK_ID_FLAG_NIL : BlockIDFlag.BLOCK_ID_FLAG_COMMIT,
    validatorAddress: vote.validatorAddress,
    timestamp: vote.timestamp,
    signature: vote.signature,
  };
}

/**
 * The commit for `blockId` in `round`, in validator order. `precommits` are votes of that height and round, at most one for
 * each validator counted: a vote for the block wins over one for nil.
 */
export function sealFromVotes(
  validatorCount: number,
  height: bigint,
  round: number,
  blockId: BlockID,
  precommits: readonly Vote[],
): Commit {
  const key = blockIdKey(blockId);
  const signatures = Array.from({ length: validatorCount }, absentSig);
  for (const vote of precommits) {
    const old = signatures[vote.validatorIndex];
    if (old === undefined || old.blockIdFlag === BlockIDFlag.BLOCK_ID_FLAG_COMMIT) continue;
    const sig = sigFromVote(vote, key);
    if (sig.blockIdFlag !== BlockIDFlag.BLOCK_ID_FLAG_ABSENT) signatures[vote.validatorIndex] = sig;
  }
  return { height, round, blockId, signatures };
}

/** Whether the commit still lacks the vote of validator `index`. */
export function sealLacks(commit: Commit, index: number): boolean {
  return commit.signatures[index]?.blockIdFlag === BlockIDFlag.BLOCK_ID_FLAG_ABSENT;
}

/** The commit with a late precommit in its place; the same commit when the vote does not belong there. */
export function sealWithLateVote(commit: Commit, vote: Vote): Commit {
  if (vote.height !== commit.height || vote.round !== commit.round || !sealLacks(commit, vote.validatorIndex)) {
    return commit;
  }
  const sig = sigFromVote(vote, blockIdKey(commit.blockId));
  if (sig.blockIdFlag === BlockIDFlag.BLOCK_ID_FLAG_ABSENT) return commit;
  return { ...commit, signatures: commit.signatures.with(vote.validatorIndex, sig) };
}

/** The vote that a signature of a commit stands for; undefined when absent. */
export function voteFromSeal(commit: Commit, index: number): Vote | undefined {
  const sig = commit.signatures[index];
  if (sig === undefined || sig.blockIdFlag === BlockIDFlag.BLOCK_ID_FLAG_ABSENT) return undefined;
  const forBlock = sig.blockIdFlag === BlockIDFlag.BLOCK_ID_FLAG_COMMIT;
  return {
    type: SignedMsgType.SIGNED_MSG_TYPE_PRECOMMIT,
    height: commit.height,
    round: commit.round,
    blockId: forBlock ? commit.blockId : EMPTY_BLOCK_ID,
    timestamp: sig.timestamp,
    validatorAddress: sig.validatorAddress,
    validatorIndex: index,
    signature: sig.signature,
    extension: EMPTY,
    extensionSignature: EMPTY,
  };
}

/**
 * Whether a commit proves its block to have been decided by these validators: one place for each, every signature present
 * valid and by the validator of its place, more than 2/3 of the power for the block. CometBFT `VerifyCommit` (v0.38).
 */
export function verifySeal(
  chainId: string,
  validators: ValidatorIndex,
  commit: Commit,
  verify: Verify,
  rules: QuorumRules = QUORUM_RULES,
): boolean {
  const members = validators.set.validators;
  if (!validateCommit(commit).ok || commit.signatures.length !== members.length) return false;
  let power = 0n;
  for (let i = 0; i < members.length; i++) {
    const sig = commit.signatures[i]!;
    const member = members[i]!;
    if (sig.blockIdFlag === BlockIDFlag.BLOCK_ID_FLAG_ABSENT) continue;
    const forBlock = sig.blockIdFlag === BlockIDFlag.BLOCK_ID_FLAG_COMMIT;
    if (!equalBytes(sig.validatorAddress, member.address)) return false;
    const vote = voteFromSeal(commit, i)!;
    if (!verify(consensusKeyBytes(member.pubKey) ?? NO_KEY, voteSignBytes(chainId, vote), sig.signature)) return false;
    if (forBlock) power += member.votingPower;
  }
  return rules.quorum(power, validators.totalPower);
}
