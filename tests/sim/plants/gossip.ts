/** Gossip broken on purpose: what a node hands on, keeps to itself, believes or forgets. @module */
import { SignedMsgType } from "cosmjs-types/tendermint/types/types";
import type { AnyMessage, NodeParts, Plant } from "../engines.ts";
import { carriedBy, isStatus, losing } from "./_taps.ts";

const plants = {
  "keeps-proposals": {
    about: "hands nobody a proposal of somebody else: those of dead proposers are lost",
    apply: (parts: NodeParts) => ({
      ...losing(parts, (bytes) => carriedBy(bytes)?.type === "proposal"),
      onTopic: (from: string, bytes: Uint8Array) => {
        const verdict = parts.onTopic(from, bytes);
        return verdict === "accept" && carriedBy(bytes)?.type === "proposal" ? "ignore" : verdict;
      },
    }),
  },
  "keeps-precommits": {
    about: "leaves precommits out when it hands on what a peer lacks",
    apply: (parts: NodeParts) =>
      losing(parts, (bytes) => {
        const message = carriedBy(bytes);
        return message?.type === "vote" && message.vote.type === SignedMsgType.SIGNED_MSG_TYPE_PRECOMMIT;
      }),
  },
  "hands-on-nothing": {
    about: "answers no peer with what it lacks",
    apply: (parts: NodeParts) => losing(parts, (bytes) => !isStatus(bytes)),
  },
  "tells-no-status": {
    about: "tells nobody where it is",
    apply: (parts: NodeParts) => losing(parts, isStatus),
  },
  "forwards-unjudged": {
    about: "passes on what it has not judged",
    apply: (parts: NodeParts) => ({
      ...parts,
      onTopic: (from: string, bytes: Uint8Array) => {
        parts.onTopic(from, bytes);
        return "accept" as const;
      },
    }),
  },
  "condemns-early": {
    about: "holds against a peer what only came too early or too late",
    apply: (parts: NodeParts) => ({
      ...parts,
      judge: (message: AnyMessage) => {
        const verdict = parts.judge(message);
        return verdict === "ignore" && message.type === "vote" ? "reject" : verdict;
      },
    }),
  },
  "trusts-all-judged": {
    about: "takes everything for good without looking at signatures",
    apply: (parts: NodeParts) => ({
      ...parts,
      judge: (message: AnyMessage) => parts.judge(message) === "reject" ? "accept" : parts.judge(message),
    }),
  },
} satisfies Record<string, Plant>;

export const GOSSIP_PLANTS: Readonly<Record<string, Plant>> = plants;
