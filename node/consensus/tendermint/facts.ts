/** What gossip has to know of Tendermint's messages, and how their blocks are taken out and put back. @module */
import type { GossipFacts } from "../engine.ts";
import type { TendermintMessage } from "./messages.ts";
import { voteKind } from "./_votes.ts";

const NO_BLOCK: Uint8Array = new Uint8Array();

export function factsOf(message: TendermintMessage): GossipFacts {
  switch (message.type) {
    case "proposal": {
      const { height, round, blockId } = message.proposal;
      // Who may propose follows from the round; the message does not say it.
      return { height, round, kind: "proposal", author: undefined, blockId, spread: "relay" };
    }
    case "vote": {
      const { height, round, validatorIndex: author } = message.vote;
      return { height, round, kind: voteKind(message.vote), author, blockId: undefined, spread: "relay" };
    }
    case "decided": {
      const { height, round, blockId } = message.commit;
      return { height, round, kind: "decided", author: undefined, blockId, spread: "once" };
    }
    case "status": {
      const { height, round } = message;
      return { height, round, kind: "status", author: undefined, blockId: undefined, spread: "once" };
    }
  }
}

/** The block in a message; undefined where there is none, or it was taken out. */
export function blockOf(message: TendermintMessage): Uint8Array | undefined {
  return "block" in message && message.block.length > 0 ? message.block : undefined;
}

/** The message with this block in it; undefined takes it out. */
export function withBlock(message: TendermintMessage, block: Uint8Array | undefined): TendermintMessage {
  return "block" in message ? { ...message, block: block ?? NO_BLOCK } : message;
}
