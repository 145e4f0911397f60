/**
 * The Tendermint engine (arXiv 1807.04938) behind the engine contract: round machine, vote keeper and blocks of one height,
 * moved by one input at a time.
 * @module
 */
import { unreachable } from "../../core/invariant.ts";
import type { Engine, EngineContext, EnginePosition, Step } from "../engine.ts";
import type { HeightContext, Input, ProposedBlock, Timer } from "../input.ts";
import { QUORUM_RULES, type QuorumRules } from "../quorum.ts";
import { onBlockValidated, putBlock } from "./_blocks.ts";
import { acceptSigned, askAgain, onRefused } from "./_signing.ts";
import { GOSSIP_TIMER } from "./_timers.ts";
import { type Settings, Work } from "./_work.ts";
import { blockIdKey } from "../../core/types/mod.ts";
import { tendermintCodec } from "./codec.ts";
import { COMMIT_TIMER, enterNextHeight } from "./decide.ts";
import { describe } from "./describe.ts";
import { takeEarly } from "./early.ts";
import { onGossipTick } from "./gossip.ts";
import type { TendermintMessage, TendermintRecord } from "./messages.ts";
import { judgeMessage } from "./judge.ts";
import { onMessage } from "./on_message.ts";
import { onStarted } from "./recovery.ts";
import type { RoundInput } from "./round_machine.ts";
import { advance, applyInput, startFirstRound, stopWaiting } from "./rules.ts";
import { INITIAL_STATE, type TendermintState } from "./state.ts";

type TendermintInput = Input<TendermintMessage, TendermintRecord>;
export type TendermintEngine = Engine<TendermintState, TendermintMessage, TendermintRecord>;

/** Anything but the defaults is for experiments and for comparison with other implementations. */
export interface TendermintOptions {
  /** What is enough. */
  readonly rules?: QuorumRules;
  /** Whether an equivocator's second vote counts for a value that was put forward; true unless given. */
  readonly countConflicting?: boolean;
}

/** An engine of this protocol. */
export function createTendermintEngine(options: TendermintOptions = {}): TendermintEngine {
  const settings = { rules: options.rules ?? QUORUM_RULES, countConflicting: options.countConflicting ?? true };
  return {
    name: "tendermint",
    codec: tendermintCodec,
    initial: () => INITIAL_STATE,
    step: (context, state, input) => step(context, state, input, settings),
    position,
    describe,
    judge: (context, state, message) =>
      state.height === undefined ? "ignore" : judgeMessage(new Work(context, state, settings), message),
  };
}

/** Before the first round of a height, and between rounds, the step shown is `propose`. */
function position({ height }: TendermintState): EnginePosition {
  if (height === undefined) return { height: 0n, round: 0, step: "propose" };
  const { round, step } = height.machine;
  return { height: height.context.height, round: Math.max(round, 0), step: step === "unstarted" ? "propose" : step };
}

/** The engine with the rules of the paper. */
export const tendermintEngine: TendermintEngine = createTendermintEngine();

function step(
  context: EngineContext,
  state: TendermintState,
  input: TendermintInput,
  settings: Settings,
): Step<TendermintState, TendermintMessage, TendermintRecord> {
  const work = new Work(context, state, settings);
  if (input.type === "started") onStarted(work, input.height, input.replay);
  else if (work.started) onInput(work, input);
  return work.finish();
}

function onInput(work: Work, input: Exclude<TendermintInput, { type: "started" }>): void {
  switch (input.type) {
    case "message_received":
      return onMessage(work, input.from, input.message);
    case "timer_fired":
      return onTimer(work, input.timer);
    case "transactions_available":
      return onTransactions(work, input.height);
    case "block_built":
      return onBlockBuilt(work, input.height, input.round, input.block);
    case "block_validated":
      onBlockValidated(work, input);
      return advance(work);
    case "signed":
      acceptSigned(work, input.message);
      return advance(work);
    case "sign_refused": // silent for now; the timers go on
      return onRefused(work, input.message);
    case "height_committed":
      return onCommitted(work, input.next);
    default:
      return unreachable(input);
  }
}

function onTimer(work: Work, { kind, height, round }: Timer): void {
  const { h } = work;
  if (kind === COMMIT_TIMER) return onCommitTimer(work, height);
  if (height !== h.context.height || h.decision !== undefined) return;
  if (kind === GOSSIP_TIMER) {
    askAgain(work);
    return onGossipTick(work);
  }
  const input = timeoutInput(kind, round);
  if (input === undefined || round !== h.machine.round) return;
  h.runningTimers = h.runningTimers.filter((other) => other !== kind);
  applyInput(work, input);
  advance(work);
}

function timeoutInput(kind: string, round: number): RoundInput | undefined {
  switch (kind) {
    case "propose": // L57
      return { type: "timeout_propose", round };
    case "prevote": // L61
      return { type: "timeout_prevote", round };
    case "precommit": // L65
      return { type: "timeout_precommit", round };
    default:
      return undefined;
  }
}

/** The wait after the decision of `height` is over, before or after its block was executed. */
function onCommitTimer(work: Work, height: bigint): void {
  const { h } = work;
  if (h.decision?.height === height) h.commitWaitOver = true;
  else if (h.context.height === height + 1n && !h.waitingForTransactions && h.machine.round === -1) {
    startFirstRound(work);
    advance(work);
  }
}

function onTransactions(work: Work, height: bigint): void {
  if (height !== work.h.context.height) return;
  work.h.transactionsAvailable = true;
  stopWaiting(work);
  advance(work);
}

/** The answer to `build_block` [L18]; an answer to an older round's question is of no use. */
function onBlockBuilt(work: Work, height: bigint, round: number, block: ProposedBlock): void {
  const { h } = work;
  if (height !== h.context.height || round !== h.machine.round || round !== h.buildingRound) return;
  h.buildingRound = undefined;
  if (h.machine.step !== "propose") return;
  const value = blockIdKey(block.blockId);
  putBlock(work, value, { ...block, status: "valid", round });
  applyInput(work, { type: "value_built", value });
}

/** The decided block is executed: on to the next height, at once or when the wait for late precommits is over. */
function onCommitted(work: Work, next: HeightContext): void {
  const { h } = work;
  if (next.height <= h.context.height) return;
  const waits = h.decision !== undefined && !h.commitWaitOver && work.context.config.commitMs > 0;
  enterNextHeight(work, next);
  if (!waits) startFirstRound(work);
  for (const { from, message } of takeEarly(work)) onMessage(work, from, message);
  advance(work);
}
