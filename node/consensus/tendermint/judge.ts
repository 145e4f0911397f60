/**
 * What to do with a message before it is passed on to others: the same checks that counting it makes, without counting it.
 * What is valid but of no use here and now is ignored, so that floods of old or far messages end at the first honest peer.
 * @module
 */
import type { Proposal, Vote } from "cosmjs-types/tendermint/types/types";
import type { GossipVerdict } from "../../core/peer.ts";
import { validateProposal, validateVote } from "../../core/types/mod.ts";
import { sealLacks } from "../seal.ts";
import type { TendermintMessage } from "./messages.ts";
import { hasGoodSignature, isByMember, isByProposer } from "./on_message.ts";
import type { Work } from "./_work.ts";

/** Rounds after the running one whose votes are passed on: they let others skip rounds. */
const FAR_ROUNDS_MAX = 1000;

/** Judges; changes nothing. Statuses and decisions are said to one peer only, so they are never passed on. */
export function judgeMessage(work: Work, message: TendermintMessage): GossipVerdict {
  switch (message.type) {
    case "proposal":
      return judgeProposal(work, message.proposal);
    case "vote":
      return judgeVote(work, message.vote);
    case "decided":
    case "status":
      return "ignore";
  }
}

function judgeProposal(work: Work, proposal: Proposal): GossipVerdict {
  if (!validateProposal(proposal).ok) return "reject";
  const { h } = work;
  if (proposal.height !== h.context.height || h.decision !== undefined) return "ignore";
  if (proposal.round > h.machine.round + 1) return "ignore";
  return isByProposer(work, proposal) ? "accept" : "reject";
}

function judgeVote(work: Work, vote: Vote): GossipVerdict {
  if (!validateVote(vote).ok || vote.extension.length > 0) return "reject";
  const { h } = work;
  const { height } = h.context;
  if (vote.height === height - 1n) return judgeLatePrecommit(work, vote);
  if (vote.height !== height && vote.height !== height + 1n) return "ignore";
  if (vote.round > Math.max(h.machine.round, 0) + FAR_ROUNDS_MAX) return "ignore";
  const good = isByMember(h.validators, vote) && hasGoodSignature(work, h.validators, vote);
  // The validators of the next height may be others: then it is not for us to say.
  if (vote.height === height + 1n) return good ? "accept" : "ignore";
  return good ? "accept" : "reject";
}

function judgeLatePrecommit(work: Work, vote: Vote): GossipVerdict {
  const { lastCommit, lastValidators } = work.h;
  if (lastCommit === undefined || lastValidators === undefined || !sealLacks(lastCommit, vote.validatorIndex)) {
    return "ignore";
  }
  if (!isByMember(lastValidators, vote)) return "reject";
  return hasGoodSignature(work, lastValidators, vote) ? "accept" : "reject";
}
