/** What happens within a height as the events CometBFT v0.38 publishes for it. @module */
import type { ChainEvent, EventKeys } from "./chain_events.ts";
import { blockIdJson, voteJson } from "./json/block.ts";
import { stepName } from "./json/round.ts";
import { hex, int64 } from "./json/scalars.ts";
import type { RoundEvent } from "./ports.ts";

/** Each name with the name of its data in `cmtjson`. */
const DATA_TYPES: Readonly<Record<RoundEvent["type"], string>> = {
  NewRound: "tendermint/event/NewRound",
  NewRoundStep: "tendermint/event/RoundState",
  CompleteProposal: "tendermint/event/CompleteProposal",
  Vote: "tendermint/event/Vote",
  TimeoutPropose: "tendermint/event/RoundState",
  TimeoutWait: "tendermint/event/RoundState",
  Polka: "tendermint/event/RoundState",
  ValidBlock: "tendermint/event/RoundState",
  Lock: "tendermint/event/RoundState",
  Relock: "tendermint/event/RoundState",
};

/** Whether `name` is one of an event within a height. */
export const isRoundEventName = (name: string): boolean => Object.hasOwn(DATA_TYPES, name);

/** Steps that CometBFT has and the engine does not tell apart. */
const STEP_OF_TYPE: Readonly<Partial<Record<RoundEvent["type"], string>>> = { NewRound: "RoundStepNewRound" };
const WAITS: Readonly<Record<string, string>> = {
  prevote: "RoundStepPrevoteWait",
  precommit: "RoundStepPrecommitWait",
};

function valueOf(event: RoundEvent): unknown {
  if (event.type === "Vote") return { Vote: voteJson(event.vote) };
  const { type, height, round } = event;
  const step = type === "TimeoutWait" ? WAITS[event.step] : STEP_OF_TYPE[type];
  const place = { height: int64(height), round, step: step ?? stepName(event.step) };
  if (event.type === "NewRound") {
    const { proposer } = event;
    return {
      ...place,
      proposer: proposer === undefined
        ? { address: "", index: -1 }
        : { address: hex(proposer.address), index: proposer.index },
    };
  }
  if (event.type === "CompleteProposal") return { ...place, block_id: blockIdJson(event.blockId) };
  return place;
}

/** For subscribers; the JSON is made when the first of them wants it. */
export function roundEvent(event: RoundEvent): ChainEvent {
  const { type } = event;
  const keys: EventKeys = new Map([["tm.event", [type]]]);
  let data: string | undefined;
  return {
    isNamed: (name) => name === type,
    keys: () => keys,
    dataJson: () => data ??= JSON.stringify({ type: DATA_TYPES[type], value: valueOf(event) }),
    keysJson: () => `{"tm.event":["${type}"]}`,
  };
}
