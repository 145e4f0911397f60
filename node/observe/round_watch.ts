/**
 * Tells RPC what happens within heights, as the events of CometBFT v0.38. Looks at states before and after an input, so
 * that only what the engine took counts; while nobody listens it does nothing.
 *
 * Not told: votes that came before their height began, and steps that are over within one input (a lone validator's
 * prevote and precommit).
 * @module
 */
import type { BlockID, Vote } from "cosmjs-types/tendermint/types/types";
import type { HeightState, TendermintMessage, TendermintRecord, TendermintState } from "../consensus/tendermint/mod.ts";
import type { Input, Timer } from "../consensus/input.ts";
import { proposerOf } from "../consensus/mod.ts";
import { blockIdKey } from "../core/types/mod.ts";
import type { RoundEvent } from "../rpc/ports.ts";
import { breathe } from "../runtime/mod.ts";

type RoundInput = Input<TendermintMessage, TendermintRecord>;
type Listener = (event: RoundEvent) => void;

/** Events that wait for their listeners; with more, the newest are dropped. A height of 100 validators has some 300. */
const WAITING_EVENTS_MAX = 4096;

export class RoundWatch {
  readonly #listeners = new Set<Listener>();
  readonly #onFailure: (error: unknown) => void;
  #waiting: RoundEvent[] = [];
  #delivering = false;
  /** As of the input before; undefined while nobody listens. */
  #before: HeightState | undefined;

  /** `onFailure` is told what a listener threw. */
  constructor(onFailure: (error: unknown) => void = () => {}) {
    this.#onFailure = onFailure;
  }

  /** Calls back, in a later turn of the event loop, until the returned function is called. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Of the driver: before the engine is told. */
  onTimeout({ kind, height, round }: Timer): void {
    if (this.#listeners.size === 0) return;
    const place = { height, round, step: kind };
    if (kind === "propose") this.#tell({ type: "TimeoutPropose", ...place });
    else if (kind === "prevote" || kind === "precommit") this.#tell({ type: "TimeoutWait", ...place });
  }

  /** Of the driver: the engine took an input. */
  onHandled(input: RoundInput, { height: now }: TendermintState): void {
    if (this.#listeners.size === 0) {
      this.#before = undefined;
      return;
    }
    const before = this.#before;
    this.#before = now;
    if (before === undefined || now === undefined || before === now) return;
    const vote = voteOf(input);
    if (vote !== undefined && isTaken(before, now)) this.#tell({ type: "Vote", vote });
    const sameHeight = before.context.height === now.context.height;
    if (sameHeight) {
      this.#proposals(before, now);
      this.#locks(before, now);
    }
    this.#steps(before, now, sameHeight);
  }

  #proposals(before: HeightState, now: HeightState): void {
    if (before.proposals === now.proposals && before.blocks === now.blocks) return;
    const blockId = wholeProposal(now);
    if (blockId === undefined || wholeProposal(before, now.machine.round) !== undefined) return;
    this.#tell({ type: "CompleteProposal", ...placeOf(now), blockId });
  }

  #locks({ machine: before }: HeightState, now: HeightState): void {
    const { machine, votes } = now;
    if (before === machine) return;
    const { round } = machine;
    const place = { ...placeOf(now), step: before.round === round ? before.step : "propose" };
    const hasValid = machine.validRound !== before.validRound && machine.validRound === round;
    if (hasValid) this.#tell({ type: "ValidBlock", ...place });
    const leavesPrevote = machine.step === "precommit" && (before.step !== "precommit" || before.round !== round);
    const hasNil = votes.rounds.get(round)?.emitted.includes("polka_nil") ?? false;
    if (leavesPrevote && (machine.validRound === round || hasNil)) this.#tell({ type: "Polka", ...place });
    if (machine.lockedRound === before.lockedRound || machine.lockedRound !== round) return;
    this.#tell({ type: machine.lockedValue === before.lockedValue ? "Relock" : "Lock", ...place });
  }

  #steps({ machine: before }: HeightState, now: HeightState, sameHeight: boolean): void {
    const { machine } = now;
    if (machine.round < 0) return;
    const newRound = !sameHeight || machine.round !== before.round;
    if (newRound) {
      const { validators } = now.context;
      const address = proposerOf(validators, machine.round);
      const index = now.validators.byAddress.get(address?.toHex() ?? "") ?? -1;
      this.#tell({ type: "NewRound", ...placeOf(now), proposer: address && { address, index } });
    }
    if (newRound || machine.step !== before.step) this.#tell({ type: "NewRoundStep", ...placeOf(now) });
  }

  #tell(event: RoundEvent): void {
    if (this.#waiting.length >= WAITING_EVENTS_MAX) return;
    this.#waiting.push(event);
    if (this.#delivering) return;
    this.#delivering = true;
    // Consensus does not wait for what listeners make of it.
    breathe().then(() => this.#deliver());
  }

  #deliver(): void {
    this.#delivering = false;
    const events = this.#waiting;
    this.#waiting = [];
    for (const event of events) {
      for (const listener of [...this.#listeners]) {
        try {
          listener(event);
        } catch (error) {
          this.#onFailure(error);
        }
      }
    }
  }
}

const placeOf = ({ context: { height }, machine: { round, step } }: HeightState) => ({ height, round, step });

function voteOf(input: RoundInput): Vote | undefined {
  if (input.type !== "message_received" && input.type !== "signed") return undefined;
  return input.message.type === "vote" ? input.message.vote : undefined;
}

/** Votes and seals are copied when they change, so what is new is another object. */
const isTaken = (before: HeightState, now: HeightState): boolean =>
  before.votes !== now.votes || before.lastCommit !== now.lastCommit;

/** The id of the proposal of a round whose block is here as well. */
function wholeProposal({ proposals, blocks, machine }: HeightState, round = machine.round): BlockID | undefined {
  const proposal = proposals.get(round);
  return proposal !== undefined && blocks.has(blockIdKey(proposal.blockId)) ? proposal.blockId : undefined;
}
