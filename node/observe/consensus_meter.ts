/** From what the consensus driver does to numbers and lines. Runs for every input: no work without a change. @module */
import type { Vote } from "cosmjs-types/tendermint/types/types";
import { SignedMsgType } from "cosmjs-types/tendermint/types/types";
import type { Decision, Effect } from "../consensus/effect.ts";
import type { Input, Timer } from "../consensus/input.ts";
import { proposerOf } from "../consensus/mod.ts";
import type { HeightState, TendermintMessage, TendermintRecord, TendermintState } from "../consensus/tendermint/mod.ts";
import { timestampToNanos } from "../core/time.ts";
import { blockIdKey } from "../core/types/mod.ts";
import { hasQuorum } from "../core/validators/mod.ts";
import type { LogLines } from "../log_lines.ts";
import type { ConsensusMetrics, VoteType } from "../telemetry/mod.ts";

type MeterInput = Input<TendermintMessage, TendermintRecord>;
type MeterEffect = Effect<TendermintMessage, TendermintRecord>;
type Step = HeightState["machine"]["step"];

/** Steps as CometBFT's metrics show them. */
const STEP_NAMES: Readonly<Record<Step, string>> = {
  unstarted: "NewHeight",
  propose: "Propose",
  prevote: "Prevote",
  precommit: "Precommit",
  commit: "Commit",
};

const typeOf = ({ type }: Vote): VoteType => type === SignedMsgType.SIGNED_MSG_TYPE_PREVOTE ? "prevote" : "precommit";
const hexOf = (bytes: Uint8Array): string => bytes.toHex().toUpperCase();

export class ConsensusMeter {
  readonly #metrics: ConsensusMetrics;
  readonly #log: () => LogLines;
  readonly #nowMs: () => number;
  #height = 0n;
  #round = -1;
  #step: Step = "unstarted";
  #stepAt = 0;
  #roundAt = 0;
  #votes: HeightState["votes"] | undefined;
  #lastCommit: HeightState["lastCommit"];
  #wholeRound = -1;
  /** As of the last input; undefined while consensus does not run. */
  #state: HeightState | undefined;

  constructor(metrics: ConsensusMetrics, log: () => LogLines, nowMs: () => number = () => performance.now()) {
    this.#metrics = metrics;
    this.#log = log;
    this.#nowMs = nowMs;
  }

  /** The round of the running height. */
  get round(): number {
    return Math.max(0, this.#round);
  }

  /** Own messages are seen when they are signed, those of others when they arrive. */
  onInput(input: MeterInput): void {
    switch (input.type) {
      case "message_received":
      case "signed": {
        const { message } = input;
        if (message.type === "proposal") this.#metrics.proposalSeen();
        else if (message.type === "vote") this.#metrics.voteSeen(typeOf(message.vote));
        return;
      }
      case "block_validated":
        this.#metrics.proposalJudged(input.valid);
        if (!input.valid) this.#log().blockRefused(input.height, input.round, input.blockId.hash);
        return;
      case "block_built":
        return this.#metrics.proposalCreated();
      case "sign_refused":
        return this.#refused(input);
      default:
        return;
    }
  }

  onHandled(input: MeterInput, { height: now }: TendermintState): void {
    if (now === undefined) return;
    this.#state = now;
    if (input.type === "message_received" && input.message.type === "vote") this.#voteHandled(input.message.vote, now);
    this.#votes = now.votes;
    this.#lastCommit = now.lastCommit;
    const { round, step } = now.machine;
    const { height } = now.context;
    if (height === this.#height && round === this.#round && step === this.#step) {
      if (this.#wholeRound !== round) this.#lookForProposal(now);
      return;
    }
    this.#moved(now, height, round, step);
  }

  onTimeout({ kind, height, round }: Timer): void {
    if (kind !== "propose" && kind !== "prevote" && kind !== "precommit" && kind !== "commit") return;
    this.#metrics.timeoutFired(kind);
    if (kind !== "propose" || this.#state === undefined) return;
    this.#log().proposalMissed(height, round, proposerOf(this.#state.context.validators, round));
  }

  onEffect(effect: MeterEffect): void {
    if (effect.type !== "report_evidence") return;
    this.#metrics.equivocationSeen();
    this.#log().evidenceSeen(effect.evidence);
  }

  onCommit({ round }: Decision): void {
    this.#metrics.decided(round + 1);
  }

  onBadMessage(): void {
    this.#metrics.messageUndecodable();
  }

  /** The driver was stopped; what is timed next begins with the next one. */
  stopped(): void {
    this.#state = undefined;
    this.#stepAt = 0;
    this.#roundAt = 0;
  }

  /** Was it of use? The engine copies votes and seals when they change. */
  #voteHandled(vote: Vote, now: HeightState): void {
    const { height } = now.context;
    const late = vote.height < height || (vote.height === height && vote.round < now.machine.round);
    if (late) this.#metrics.voteLate(typeOf(vote));
    if (vote.height > height || height !== this.#height) return;
    if (now.votes === this.#votes && now.lastCommit === this.#lastCommit) return this.#metrics.voteDuplicate();
    const tally = vote.height === height ? now.votes.rounds.get(vote.round) : undefined;
    if (tally === undefined || vote.round !== now.machine.round) return;
    const type = typeOf(vote);
    this.#metrics.votingPower(type, Number(tally[type].anyPower) / Number(now.votes.totalPower));
  }

  #moved(now: HeightState, height: bigint, round: number, step: Step): void {
    const at = this.#nowMs();
    const newHeight = height !== this.#height;
    if (this.#stepAt > 0) this.#metrics.stepEnded(STEP_NAMES[this.#step], (at - this.#stepAt) / 1000);
    const decides = step === "commit" && (newHeight || this.#step !== "commit");
    const newRound = newHeight || round !== this.#round;
    if ((decides || newRound) && this.#roundAt > 0) {
      this.#metrics.roundEnded((at - this.#roundAt) / 1000);
      this.#roundAt = 0;
    }
    if (newHeight) this.#metrics.heightBegun(height);
    if (newRound && round >= 0) this.#roundBegun(now, height, round, at);
    this.#height = height;
    this.#round = round;
    this.#step = step;
    this.#stepAt = at;
    if (this.#wholeRound !== round) this.#lookForProposal(now);
    if (decides) this.#prevoteDelays(now);
  }

  #roundBegun({ context }: HeightState, height: bigint, round: number, at: number): void {
    this.#roundAt = at;
    this.#wholeRound = -1;
    this.#metrics.roundBegun(round);
    if (round > 0) this.#log().roundFailed(height, round, proposerOf(context.validators, round));
  }

  #lookForProposal({ proposals, blocks, machine: { round } }: HeightState): void {
    const proposal = proposals.get(round);
    if (proposal === undefined || !blocks.has(blockIdKey(proposal.blockId))) return;
    this.#wholeRound = round;
    if (this.#roundAt > 0) this.#metrics.proposalWhole((this.#nowMs() - this.#roundAt) / 1000);
  }

  /** CometBFT's `calculatePrevoteMessageDelayMetrics`, for the round that decided. */
  #prevoteDelays({ proposals, votes, decision, machine, context }: HeightState): void {
    const round = decision?.round ?? machine.round;
    const proposal = proposals.get(round);
    const tally = votes.rounds.get(round)?.prevote;
    const proposer = proposerOf(context.validators, round);
    if (proposal === undefined || tally === undefined || proposer === undefined) return;
    const { validators } = context.validators;
    const cast: { readonly at: bigint; readonly power: bigint }[] = [];
    for (let voter = 0; voter < validators.length; voter++) {
      const value = tally.first[voter];
      const vote = value === undefined ? undefined : tally.values.get(value)?.votes[voter];
      if (vote !== undefined) {
        cast.push({ at: timestampToNanos(vote.timestamp), power: validators[voter]!.votingPower });
      }
    }
    cast.sort((a, b) => a.at < b.at ? -1 : a.at > b.at ? 1 : 0);
    const from = timestampToNanos(proposal.timestamp);
    const delay = (at: bigint) => Number(at - from) / 1e9;
    let power = 0n;
    const quorum = cast.find((vote) => hasQuorum(power += vote.power, votes.totalPower));
    const full = cast.length === validators.length ? cast.at(-1) : undefined;
    this.#metrics.prevoteDelays(hexOf(proposer), quorum && delay(quorum.at), full && delay(full.at));
  }

  #refused({ message, reason }: MeterInput & { type: "sign_refused" }): void {
    this.#metrics.signRefused();
    if (message.type === "vote") {
      const { vote } = message;
      this.#log().signRefused(typeOf(vote), vote.height, vote.round, reason);
    } else {
      const { proposal } = message;
      this.#log().signRefused("proposal", proposal.height, proposal.round, reason);
    }
  }
}
