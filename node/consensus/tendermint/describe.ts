/** The state as observers see it. @module */
import type { BlockID, Vote } from "cosmjs-types/tendermint/types/types";
import { ROUNDS_SHOWN_MAX, type RoundView, type RoundVotes } from "../../core/round_view.ts";
import { blockIdKey } from "../../core/types/mod.ts";
import { proposerOf } from "../proposer.ts";
import { type KindTally, NIL, type RoundTally, type ValueKey } from "../vote_keeper.ts";
import type { HeightState, TendermintState } from "./state.ts";

/** Without the time the height began, which the engine does not know. Undefined before `started`. */
export function describe({ height }: TendermintState): Omit<RoundView, "startTime"> | undefined {
  if (height === undefined) return undefined;
  const { context, machine, decision } = height;
  const round = Math.max(machine.round, 0);
  const proposal = height.proposals.get(round);
  return {
    height: context.height,
    round,
    step: machine.step === "unstarted" ? "propose" : machine.step,
    validators: context.validators,
    lastValidators: context.lastValidators,
    proposer: proposerOf(context.validators, round),
    proposal,
    hasProposedBlock: proposal !== undefined && height.blocks.has(blockIdKey(proposal.blockId)),
    lockedRound: machine.lockedRound,
    lockedBlockId: idOf(height, machine.lockedValue),
    validRound: machine.validRound,
    validBlockId: idOf(height, machine.validValue),
    commitRound: decision?.round ?? -1,
    votes: votesOf(height, round),
    lastCommit: height.lastCommit,
  };
}

function idOf({ blocks, proposals }: HeightState, value: ValueKey): BlockID | undefined {
  if (value === NIL) return undefined;
  const known = blocks.get(value);
  if (known !== undefined) return known.blockId;
  for (const { blockId } of proposals.values()) if (blockIdKey(blockId) === value) return blockId;
  return undefined;
}

function votesOf({ votes: keeper }: HeightState, current: number): RoundVotes[] {
  const shown: RoundVotes[] = [];
  for (let round = Math.max(0, current - ROUNDS_SHOWN_MAX + 1); round <= current; round++) {
    const tally: RoundTally<Vote> | undefined = keeper.rounds.get(round);
    shown.push({
      round,
      prevotes: byVoter(tally?.prevote, keeper.voterCount),
      precommits: byVoter(tally?.precommit, keeper.voterCount),
    });
  }
  return shown;
}

/** What each voter voted for first. */
function byVoter(tally: KindTally<Vote> | undefined, count: number): (Vote | undefined)[] {
  return Array.from({ length: count }, (_, voter) => {
    const value = tally?.first[voter];
    return value === undefined ? undefined : tally?.values.get(value)?.votes[voter];
  });
}
