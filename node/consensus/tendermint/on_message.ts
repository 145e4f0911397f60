/** Messages of peers: nothing in them is believed before it is checked, and nothing in them makes the engine throw. @module */
import type { Commit, Proposal, Vote } from "cosmjs-types/tendermint/types/types";
import { equalBytes } from "../../core/bytes.ts";
import {
  blockIdKey,
  consensusKeyBytes,
  proposalSignBytes,
  validateCommit,
  validateProposal,
  validateVote,
  voteSignBytes,
} from "../../core/types/mod.ts";
import type { PeerId } from "../input.ts";
import { NO_KEY, proposerOf, type ValidatorIndex } from "../proposer.ts";
import { sealLacks, sealWithLateVote, verifySeal } from "../seal.ts";
import { findVote } from "../vote_keeper.ts";
import { learnBlock } from "./_blocks.ts";
import { admitRound, countNoted, countVote, voteKind } from "./_votes.ts";
import type { Work } from "./_work.ts";
import { decide } from "./decide.ts";
import { keepEarly } from "./early.ts";
import { onStatus } from "./gossip.ts";
import type { TendermintMessage } from "./messages.ts";
import { advance, stopWaiting } from "./rules.ts";

/** One message of a peer. */
export function onMessage(work: Work, from: PeerId, message: TendermintMessage): void {
  switch (message.type) {
    case "proposal":
      return onProposal(work, from, message);
    case "vote":
      return onVote(work, from, message);
    case "decided":
      return onDecided(work, from, message);
    case "status":
      return onStatus(work, from, message.height);
  }
}

function onVote(work: Work, from: PeerId, message: TendermintMessage & { type: "vote" }): void {
  const { vote } = message;
  const shape = validateVote(vote);
  if (!shape.ok) return work.report(from, "bad_vote", shape.error.message);
  if (vote.extension.length > 0 || vote.extensionSignature.length > 0) {
    return work.report(from, "bad_vote", "count vote: extensions are not in use");
  }
  const { h } = work;
  const { height } = h.context;
  if (vote.height > height) return keepEarly(work, from, message, vote.height);
  if (vote.height === height - 1n) return onLatePrecommit(work, from, vote);
  if (vote.height < height) return;
  if (!isByMember(h.validators, vote)) {
    return work.report(from, "unknown_validator", `count vote: ${named(vote)} is no validator`);
  }
  const { validatorIndex: voter, round } = vote;
  // Asked before the signature is verified: what is passed on again costs a lookup.
  if (findVote(h.votes, voteKind(vote), round, blockIdKey(vote.blockId), voter) !== undefined) return;
  if (!hasGoodSignature(work, h.validators, vote)) {
    return work.report(from, "bad_signature", `count vote: ${named(vote)} did not sign it`);
  }
  if (!admitRound(work, voter, round)) return;
  const crossed = countVote(work, vote);
  if (h.waitingForTransactions) {
    stopWaiting(work);
    advance(work);
  } else if (crossed) advance(work);
}

const named = (vote: Vote) => `validator ${vote.validatorIndex}`;

/** Used before a message is passed on, too. */
export function isByMember(validators: ValidatorIndex, vote: Vote): boolean {
  const member = validators.set.validators[vote.validatorIndex];
  return member !== undefined && equalBytes(member.address, vote.validatorAddress);
}

/** Used before a message is passed on, too. */
export function hasGoodSignature(work: Work, validators: ValidatorIndex, vote: Vote): boolean {
  const member = validators.set.validators[vote.validatorIndex]!;
  return work.context.verify(
    consensusKeyBytes(member.pubKey) ?? NO_KEY,
    voteSignBytes(work.context.chainId, vote),
    vote.signature,
  );
}

/** A precommit for the block before completes its seal, as long as this height's block is not proposed yet. */
function onLatePrecommit(work: Work, from: PeerId, vote: Vote): void {
  const { h } = work;
  const { lastCommit, lastValidators } = h;
  if (
    voteKind(vote) !== "precommit" || lastCommit === undefined || lastValidators === undefined || h.machine.round > 0
  ) return;
  if (!sealLacks(lastCommit, vote.validatorIndex) || vote.round !== lastCommit.round) return;
  if (!isByMember(lastValidators, vote) || !hasGoodSignature(work, lastValidators, vote)) {
    return work.report(from, "bad_signature", `complete the last seal: ${named(vote)} did not sign the vote`);
  }
  h.lastCommit = sealWithLateVote(lastCommit, vote);
}

function onProposal(work: Work, from: PeerId, message: TendermintMessage & { type: "proposal" }): void {
  const { proposal, block } = message;
  const shape = validateProposal(proposal);
  if (!shape.ok) return work.report(from, "bad_proposal", shape.error.message);
  const { h } = work;
  if (proposal.height > h.context.height) return keepEarly(work, from, message, proposal.height);
  // Rounds after the next one wait for the proposer to repeat itself: blocks are too big to hoard.
  if (proposal.height < h.context.height || h.decision !== undefined || proposal.round > h.machine.round + 1) return;
  const known = h.proposals.get(proposal.round);
  if (known === undefined) {
    if (!isByProposer(work, h.validators, proposal)) {
      return work.report(from, "bad_proposal", `take proposal of round ${proposal.round}: not signed by its proposer`);
    }
    h.proposals = new Map(h.proposals).set(proposal.round, proposal);
    countNoted(work, blockIdKey(proposal.blockId));
  } else if (blockIdKey(known.blockId) !== blockIdKey(proposal.blockId)) return;
  learnBlock(work, proposal.blockId, block, proposal.round);
  stopWaiting(work);
  advance(work);
}

/** Used before a message is passed on, too. */
export function isByProposer(work: Work, { set }: ValidatorIndex, proposal: Proposal): boolean {
  const address = proposerOf(set, proposal.round);
  const member = address && set.validators.find((validator) => equalBytes(validator.address, address));
  if (member === undefined) return false;
  return work.context.verify(
    consensusKeyBytes(member.pubKey) ?? NO_KEY,
    proposalSignBytes(work.context.chainId, proposal),
    proposal.signature,
  );
}

/** Somebody is ahead and hands over the decision of this height: the seal is the proof, whatever round it is of. */
function onDecided(work: Work, from: PeerId, message: { readonly commit: Commit; readonly block: Uint8Array }): void {
  const { commit, block } = message;
  const shape = validateCommit(commit);
  if (!shape.ok) return work.report(from, "bad_commit", shape.error.message);
  const { h } = work;
  if (commit.height !== h.context.height || h.decision !== undefined) return;
  const key = blockIdKey(commit.blockId);
  if (h.seals.has(key) && h.blocks.get(key)?.status === "validating") return;
  if (!verifySeal(work.context.chainId, h.validators, commit, work.context.verify, work.rules)) {
    return work.report(from, "bad_commit", "take a decided block: the seal does not prove it");
  }
  h.seals = new Map(h.seals).set(key, commit);
  learnBlock(work, commit.blockId, block, Math.max(h.machine.round, 0));
  if (h.blocks.get(key)?.status === "valid") decide(work, key, commit);
}
