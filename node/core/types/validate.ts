/**
 * Whether values are well formed on their own, without any state: CometBFT v0.38's `ValidateBasic`. A decoded message must
 * pass here before anything rests on it.
 * @module
 */
import type { Timestamp } from "cosmjs-types/google/protobuf/timestamp";
import type { Block } from "cosmjs-types/tendermint/types/block";
import type { Evidence } from "cosmjs-types/tendermint/types/evidence";
import {
  type BlockID,
  type Commit,
  type CommitSig,
  type Header,
  type Proposal,
  SignedMsgType,
  type Vote,
} from "cosmjs-types/tendermint/types/types";
import { BlockIDFlag } from "cosmjs-types/tendermint/types/validator";
import { equalBytes } from "../bytes.ts";
import { ADDRESS_BYTES } from "../crypto/mod.ts";
import type { CodedError } from "../errors.ts";
import { err, ok, type Result } from "../result.ts";
import { blockIdKey, isCompleteBlockId, isNilBlockId } from "./block_id.ts";
import { hashCommit, hashData, hashEvidence } from "./hash.ts";
import { isZeroTime } from "./zero_time.ts";

/** The block protocol of CometBFT v0.38: `header.version.block`. */
export const BLOCK_PROTOCOL = 11n;
export const CHAIN_ID_LENGTH_MAX = 50;
/** Of ed25519 and secp256k1. */
export const SIGNATURE_BYTES_MAX = 64;
/** The most signatures a commit has (CometBFT `MaxVotesCount`). */
export const VOTES_MAX = 10_000;

const HASH_BYTES = 32;
/** Years 1 to 9999: what `google.protobuf.Timestamp` allows and Go accepts. */
const SECONDS_MIN = -62135596800n;
const SECONDS_MAX = 253402300799n;

/** Codes of the codespace `types`. Append-only. */
export const TYPES_CODE = { header: 1, commit: 2, block: 3, vote: 4, proposal: 5, evidence: 6 } as const;

type What = keyof typeof TYPES_CODE;
/** Undefined: well formed. */
type Fault = string | undefined;

const result = (what: What, fault: Fault): Result<void, CodedError> =>
  fault === undefined
    ? ok(undefined)
    : err({ codespace: "types", code: TYPES_CODE[what], message: `validate ${what}: ${fault}` });

/** The first fault found. Checks are functions, so that a later one may rest on an earlier one. */
function first(...checks: readonly (() => Fault)[]): Fault {
  for (const check of checks) {
    const fault = check();
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const isHashOrNone = (hash: Uint8Array) => hash.length === 0 || hash.length === HASH_BYTES;

const timeFault = ({ seconds, nanos }: Timestamp): Fault =>
  seconds < SECONDS_MIN || seconds > SECONDS_MAX || nanos < 0 || nanos >= 1_000_000_000
    ? "time is out of range"
    : undefined;

const blockIdFault = (id: BlockID): Fault =>
  isHashOrNone(id.hash) && isHashOrNone(id.partSetHeader.hash) ? undefined : "block id has a hash of wrong length";

function signatureFault(signature: Uint8Array): Fault {
  if (signature.length === 0) return "signature is missing";
  return signature.length > SIGNATURE_BYTES_MAX ? "signature is too long" : undefined;
}

const addressFault = (address: Uint8Array): Fault =>
  address.length === ADDRESS_BYTES ? undefined : `address has ${address.length} bytes`;

function headerFault(header: Header): Fault {
  if (header.version.block !== BLOCK_PROTOCOL) return `block protocol is ${header.version.block}`;
  if (header.chainId.length > CHAIN_ID_LENGTH_MAX) return "chain id is too long";
  if (header.height <= 0n) return `height is ${header.height}`;
  const hashes = [
    header.lastCommitHash,
    header.dataHash,
    header.evidenceHash,
    header.validatorsHash,
    header.nextValidatorsHash,
    header.consensusHash,
    header.lastResultsHash,
  ];
  if (!hashes.every(isHashOrNone)) return "a hash has the wrong length";
  return first(
    () => timeFault(header.time),
    () => blockIdFault(header.lastBlockId),
    () => addressFault(header.proposerAddress),
  );
}

function commitSigFault(sig: CommitSig): Fault {
  switch (sig.blockIdFlag) {
    case BlockIDFlag.BLOCK_ID_FLAG_ABSENT:
      return sig.validatorAddress.length === 0 && sig.signature.length === 0 && isZeroTime(sig.timestamp)
        ? undefined
        : "absent signature is not empty";
    case BlockIDFlag.BLOCK_ID_FLAG_COMMIT:
    case BlockIDFlag.BLOCK_ID_FLAG_NIL:
      return first(
        () => addressFault(sig.validatorAddress),
        () => timeFault(sig.timestamp),
        () => signatureFault(sig.signature),
      );
    default:
      return "block id flag is unknown";
  }
}

function commitFault(commit: Commit): Fault {
  if (commit.height < 0n) return "height is negative";
  if (commit.round < 0) return "round is negative";
  if (commit.signatures.length > VOTES_MAX) return `${commit.signatures.length} signatures`;
  if (commit.height === 0n) return undefined;
  if (isNilBlockId(commit.blockId)) return "commit is for nil";
  if (commit.signatures.length === 0) return "no signatures";
  for (const sig of commit.signatures) {
    const fault = commitSigFault(sig);
    if (fault !== undefined) return fault;
  }
  return blockIdFault(commit.blockId);
}

function voteFault(vote: Vote): Fault {
  const isPrecommit = vote.type === SignedMsgType.SIGNED_MSG_TYPE_PRECOMMIT;
  if (!isPrecommit && vote.type !== SignedMsgType.SIGNED_MSG_TYPE_PREVOTE) return "type is unknown";
  if (vote.height <= 0n) return `height is ${vote.height}`;
  if (vote.round < 0) return "round is negative";
  if (vote.validatorIndex < 0) return "validator index is negative";
  if (!isNilBlockId(vote.blockId) && !isCompleteBlockId(vote.blockId)) return "block id is neither nil nor complete";
  // Vote extensions belong to precommits for a block only.
  const mayExtend = isPrecommit && !isNilBlockId(vote.blockId);
  if (!mayExtend && vote.extension.length + vote.extensionSignature.length > 0) return "unexpected vote extension";
  if (vote.extension.length > 0 && vote.extensionSignature.length === 0) return "vote extension is not signed";
  if (vote.extensionSignature.length > SIGNATURE_BYTES_MAX) return "vote extension signature is too long";
  return first(
    () => timeFault(vote.timestamp),
    () => addressFault(vote.validatorAddress),
    () => signatureFault(vote.signature),
  );
}

function proposalFault(proposal: Proposal): Fault {
  if (proposal.type !== SignedMsgType.SIGNED_MSG_TYPE_PROPOSAL) return "type is not proposal";
  if (proposal.height <= 0n) return `height is ${proposal.height}`;
  if (proposal.round < 0) return "round is negative";
  if (proposal.polRound < -1 || proposal.polRound >= proposal.round) {
    return `proof-of-lock round is ${proposal.polRound}`;
  }
  if (!isCompleteBlockId(proposal.blockId)) return "block id is not complete";
  return first(() => timeFault(proposal.timestamp), () => signatureFault(proposal.signature));
}

function evidenceFault({ duplicateVoteEvidence: votes, lightClientAttackEvidence: attack }: Evidence): Fault {
  if (attack !== undefined) {
    const header = attack.conflictingBlock?.signedHeader?.header;
    if (votes !== undefined || header === undefined) return "light client attack has no conflicting header";
    if (attack.totalVotingPower <= 0n || attack.commonHeight <= 0n) return "power or common height is not positive";
    return attack.commonHeight > header.height
      ? "common height is above the conflicting block"
      : timeFault(attack.timestamp);
  }
  const [a, b] = [votes?.voteA, votes?.voteB];
  if (votes === undefined || a === undefined || b === undefined) return "a vote is missing";
  if (blockIdKey(a.blockId) >= blockIdKey(b.blockId)) return "votes are not in order of their block ids";
  return first(() => voteFault(a), () => voteFault(b), () => timeFault(votes.timestamp));
}

function blockFault(block: Block): Fault {
  const { header, lastCommit } = block;
  if (lastCommit === undefined) return "last commit is missing";
  return first(
    () => headerFault(header),
    () => commitFault(lastCommit),
    () => equalBytes(header.lastCommitHash, hashCommit(lastCommit)) ? undefined : "last commit hash differs",
    () => equalBytes(header.dataHash, hashData(block.data.txs)) ? undefined : "data hash differs",
    ...block.evidence.evidence.map((evidence) => () => evidenceFault(evidence)),
    () => equalBytes(header.evidenceHash, hashEvidence(block.evidence.evidence)) ? undefined : "evidence hash differs",
  );
}

export const validateHeader = (header: Header): Result<void, CodedError> => result("header", headerFault(header));

/** A commit of height 0 may be empty: the first block carries it. */
export const validateCommit = (commit: Commit): Result<void, CodedError> => result("commit", commitFault(commit));

export const validateVote = (vote: Vote): Result<void, CodedError> => result("vote", voteFault(vote));

/** Stricter than CometBFT on heights and on `polRound`, which must be below the round, as its reactor also asks. */
export const validateProposal = (proposal: Proposal): Result<void, CodedError> =>
  result("proposal", proposalFault(proposal));

/** Form only. Whether the votes are signed and the attack is one is a matter of state. */
export const validateEvidence = (evidence: Evidence): Result<void, CodedError> =>
  result("evidence", evidenceFault(evidence));

/** Form, and that the header's hashes of commit, data and evidence are those of the block. */
export const validateBlock = (block: Block): Result<void, CodedError> => result("block", blockFault(block));
