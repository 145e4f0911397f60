/**
 * What to do with a message before it is passed on to others: the checks that counting it makes, without counting it.
 *
 * Everybody on the way judges with another state: some have decided the height already, some are rounds behind. So `reject`,
 * which counts against whoever passed the message on, is only for what nobody could have found good at any time; what is valid
 * but of no use here and now is ignored, so that floods of old or far messages end at the first honest peer.
 * @module
 */
import type { Commit, Proposal, Vote } from "cosmjs-types/tendermint/types/types";
import type { GossipVerdict } from "../../core/peer.ts";
import { validateCommit, validateProposal, validateVote } from "../../core/types/mod.ts";
import type { ValidatorIndex } from "../proposer.ts";
import { sealLacks, verifySeal } from "../seal.ts";
import { isOfUse, voteKind } from "./_votes.ts";
import type { Work } from "./_work.ts";
import type { TendermintMessage } from "./messages.ts";
import { hasGoodSignature, isByMember, isByProposer } from "./on_message.ts";

/** Rounds after the running one whose votes are passed on: they let others skip rounds. */
const FAR_ROUNDS_MAX = 1000;
/** Proposals for rounds after this one of the next height wait until it runs: finding their proposer takes work by the round. */
const EARLY_PROPOSAL_ROUND_MAX = 1;

/** Judges; changes nothing. */
export function judgeMessage(work: Work, message: TendermintMessage): GossipVerdict {
  switch (message.type) {
    case "proposal":
      return judgeProposal(work, message.proposal);
    case "vote":
      return judgeVote(work, message.vote);
    case "decided":
      return judgeDecided(work, message.commit);
    case "status": // unsigned: whatever it says, it only ever asks for help
      return "ignore";
  }
}

function judgeProposal(work: Work, proposal: Proposal): GossipVerdict {
  if (!validateProposal(proposal).ok) return "reject";
  const { h } = work;
  const { height, round } = proposal;
  if (height === h.context.height + 1n && h.nextValidators !== undefined) {
    if (round > EARLY_PROPOSAL_ROUND_MAX) return "ignore";
    return isByProposer(work, h.nextValidators, proposal) ? "accept" : "reject";
  }
  if (height !== h.context.height || h.decision !== undefined || round > h.machine.round + 1) return "ignore";
  return isByProposer(work, h.validators, proposal) ? "accept" : "reject";
}

function judgeVote(work: Work, vote: Vote): GossipVerdict {
  // The extension's signature is covered by none: whoever passes a vote on could make others of it.
  if (!validateVote(vote).ok || vote.extension.length > 0 || vote.extensionSignature.length > 0) return "reject";
  const { h } = work;
  const { height } = h.context;
  if (vote.height === height) {
    return vote.round > Math.max(h.machine.round, 0) + FAR_ROUNDS_MAX || !isOfUse(work, vote)
      ? "ignore"
      : bySignature(work, h.validators, vote);
  }
  if (vote.height === height + 1n) {
    return h.nextValidators === undefined || vote.round > FAR_ROUNDS_MAX
      ? "ignore"
      : bySignature(work, h.nextValidators, vote);
  }
  return vote.height === height - 1n ? judgeLate(work, vote) : "ignore";
}

const bySignature = (work: Work, validators: ValidatorIndex, vote: Vote): GossipVerdict =>
  isByMember(validators, vote) && hasGoodSignature(work, validators, vote) ? "accept" : "reject";

/** Of the height before only precommits that its seal still lacks are of use. */
function judgeLate(work: Work, vote: Vote): GossipVerdict {
  const { lastCommit, lastValidators } = work.h;
  if (lastCommit === undefined || lastValidators === undefined) return "ignore";
  if (voteKind(vote) !== "precommit" || vote.round !== lastCommit.round) return "ignore";
  return sealLacks(lastCommit, vote.validatorIndex) ? bySignature(work, lastValidators, vote) : "ignore";
}

/** The seal is the proof, whatever round it is of. */
function judgeDecided(work: Work, commit: Commit): GossipVerdict {
  if (!validateCommit(commit).ok) return "reject";
  const { h } = work;
  if (commit.height !== h.context.height || h.decision !== undefined) return "ignore";
  return verifySeal(work.context.chainId, h.validators, commit, work.context.verify, work.rules) ? "accept" : "reject";
}
