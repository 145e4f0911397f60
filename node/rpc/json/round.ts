/**
 * A running height in the JSON of CometBFT v0.38: `RoundStateSimple` of `consensus_state`, `RoundState` of
 * `dump_consensus_state`. Blocks are shown by their ids only, since any caller could have megabytes encoded.
 * @module
 */
import { type CommitSig, SignedMsgType, type Vote } from "cosmjs-types/tendermint/types/types";
import type { BlockID, Commit } from "cosmjs-types/tendermint/types/types";
import type { ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import type { RoundView, RoundVotes } from "../../core/round_view.ts";
import { nanosToRfc3339 } from "../../core/time.ts";
import { proposalJson, validatorSetJson } from "./block.ts";
import { hex, int64, time } from "./scalars.ts";

/** `RoundStepType` of CometBFT. Steps that this engine does not tell apart are shown as the one they wait in. */
const STEPS: Readonly<Record<string, readonly [number, string]>> = {
  propose: [3, "RoundStepPropose"],
  prevote: [4, "RoundStepPrevote"],
  precommit: [6, "RoundStepPrecommit"],
  commit: [8, "RoundStepCommit"],
};
const UNKNOWN: readonly [number, string] = [0, "RoundStepUnknown"];

const stepOf = (step: string) => Object.hasOwn(STEPS, step) ? STEPS[step]! : UNKNOWN;
/** `RoundStepPropose` for `propose`. */
export const stepName = (step: string): string => stepOf(step)[1];

const NIL_VOTE = "nil-Vote";
/** What `%X` of `bytes.Fingerprint` shows: six bytes, with zeros where there are fewer. */
const fingerprint = (bytes: Uint8Array): string => hex(bytes.subarray(0, 6)).padEnd(12, "0");

/** `Vote.String()`. */
export function voteText(vote: Vote | undefined): string {
  if (vote === undefined) return NIL_VOTE;
  const { type, validatorIndex, validatorAddress, height, round, blockId, signature, extension, timestamp } = vote;
  const kind = type === SignedMsgType.SIGNED_MSG_TYPE_PREVOTE
    ? "SIGNED_MSG_TYPE_PREVOTE(Prevote)"
    : "SIGNED_MSG_TYPE_PRECOMMIT(Precommit)";
  const place = `${height}/${round.toString().padStart(2, "0")}/${kind}`;
  return `Vote{${validatorIndex}:${fingerprint(validatorAddress)} ${place} ${fingerprint(blockId.hash)} ` +
    `${fingerprint(signature)} ${fingerprint(extension)} @ ${time(timestamp)}}`;
}

/** `VoteSet.BitArrayString()`: who voted, and the share of power that is. */
function bitsText(voted: readonly boolean[], { validators }: ValidatorSet): string {
  let [power, total] = [0n, 0n];
  validators.forEach(({ votingPower }, i) => {
    total += votingPower;
    if (voted[i]) power += votingPower;
  });
  const share = total === 0n ? 0 : Number(power * 10_000n / total) / 10_000;
  return `BA{${voted.length}:${voted.map((is) => is ? "x" : "_").join("")}} ${power}/${total} = ${share.toFixed(2)}`;
}

const bitsOf = (votes: readonly (Vote | undefined)[], set: ValidatorSet) =>
  bitsText(votes.map((vote) => vote !== undefined), set);

const votesJson = (votes: readonly RoundVotes[], set: ValidatorSet) =>
  votes.map(({ round, prevotes, precommits }) => ({
    round,
    prevotes: prevotes.map(voteText),
    prevotes_bit_array: bitsOf(prevotes, set),
    precommits: precommits.map(voteText),
    precommits_bit_array: bitsOf(precommits, set),
  }));

/** The seal of the block before, as the votes it was made of. */
function lastCommitJson(commit: Commit | undefined, set: ValidatorSet | undefined) {
  if (commit === undefined || set === undefined) return null;
  const votes = commit.signatures.map((signature, index) => voteOfSeal(commit, signature, index));
  return {
    votes: votes.map(voteText),
    votes_bit_array: bitsOf(votes, set),
    peer_maj_23s: {},
  };
}

const NO_BYTES = new Uint8Array();
const NIL_ID: BlockID = { hash: NO_BYTES, partSetHeader: { total: 0, hash: NO_BYTES } };

function voteOfSeal({ height, round, blockId }: Commit, signature: CommitSig, index: number): Vote | undefined {
  const flag = signature.blockIdFlag as number;
  if (flag === 1) return undefined;
  return {
    type: SignedMsgType.SIGNED_MSG_TYPE_PRECOMMIT,
    height,
    round,
    blockId: flag === 2 ? blockId : NIL_ID,
    timestamp: signature.timestamp,
    validatorAddress: signature.validatorAddress,
    validatorIndex: index,
    signature: signature.signature,
    extension: NO_BYTES,
    extensionSignature: NO_BYTES,
  };
}

const hashOf = (id: BlockID | undefined): string => id === undefined ? "" : hex(id.hash);

function proposerJson({ proposer, validators: { validators } }: RoundView) {
  if (proposer === undefined) return { address: "", index: -1 };
  const address = hex(proposer);
  return { address, index: validators.findIndex((validator) => hex(validator.address) === address) };
}

/** `RoundStateSimple`. */
export const roundSimpleJson = (view: RoundView) => ({
  "height/round/step": `${view.height}/${view.round}/${stepOf(view.step)[0]}`,
  start_time: nanosToRfc3339(view.startTime),
  proposal_block_hash: view.hasProposedBlock ? hashOf(view.proposal?.blockId) : "",
  locked_block_hash: hashOf(view.lockedBlockId),
  valid_block_hash: hashOf(view.validBlockId),
  height_vote_set: votesJson(view.votes, view.validators),
  proposer: proposerJson(view),
});

/** Blocks are held whole or not at all. */
const partsJson = (id: BlockID | undefined) => {
  if (id === undefined) return null;
  const { total } = id.partSetHeader;
  return { "count/total": `${total}/${total}`, parts_bit_array: "x".repeat(Math.min(total, PARTS_SHOWN_MAX)) };
};
/** Parts of 64 KiB in the largest block. */
const PARTS_SHOWN_MAX = 1601;
/** Go's zero time. */
const TIME_ZERO = "0001-01-01T00:00:00Z";

/** `RoundState`. */
export const roundJson = (view: RoundView) => ({
  height: int64(view.height),
  round: view.round,
  step: stepOf(view.step)[0],
  start_time: nanosToRfc3339(view.startTime),
  commit_time: TIME_ZERO,
  validators: validatorSetJson(view.validators),
  proposal: view.proposal === undefined ? null : proposalJson(view.proposal),
  proposal_block: null,
  proposal_block_parts: partsJson(view.hasProposedBlock ? view.proposal?.blockId : undefined),
  locked_round: view.lockedRound,
  locked_block: null,
  locked_block_parts: partsJson(view.lockedBlockId),
  valid_round: view.validRound,
  valid_block: null,
  valid_block_parts: partsJson(view.validBlockId),
  votes: votesJson(view.votes, view.validators),
  commit_round: view.commitRound,
  last_commit: lastCommitJson(view.lastCommit, view.lastValidators),
  last_validators: view.lastValidators === undefined ? null : validatorSetJson(view.lastValidators),
  triggered_timeout_precommit: false,
});

/** The same two where only the place is known: nothing is claimed of votes. */
export const placeJson = (place: { readonly height: bigint; readonly round: number; readonly step: string }) => ({
  "height/round/step": `${place.height}/${place.round}/${stepOf(place.step)[0]}`,
  height: int64(place.height),
  round: place.round,
  step: stepOf(place.step)[0],
});
