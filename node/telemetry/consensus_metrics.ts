import { type Instruments, LabelRoom, ROUND_SECONDS } from "./instruments.ts";

export type VoteType = "prevote" | "precommit";

/** Rounds that a height took. */
const ROUNDS = [1, 2, 3, 4, 5, 10, 20, 50];
/** Proposers with series of their own: more than the largest set has, for sets that change. */
const PROPOSERS_MAX = 128;

/**
 * Consensus in numbers: names, units and meaning as CometBFT v0.38's `consensus/metrics.go` where it has them. Heights and
 * powers are shown as floating point, exact to 2^53.
 */
export class ConsensusMetrics {
  readonly #height;
  readonly #rounds;
  readonly #roundDuration;
  readonly #heightRounds;
  readonly #stepDuration;
  readonly #proposals;
  readonly #proposalReceived;
  readonly #proposalCreated;
  readonly #proposalDelay;
  readonly #votes;
  readonly #late;
  #duplicates = 0;
  readonly #share: Record<VoteType, number> = { prevote: 0, precommit: 0 };
  readonly #quorumDelay;
  readonly #fullDelay;
  readonly #timeouts;
  readonly #equivocations;
  readonly #sign;
  readonly #refusals;
  readonly #undecodable;
  readonly #proposers = new LabelRoom(PROPOSERS_MAX);

  constructor(make: Instruments) {
    const name = (rest: string) => `consensus_${rest}`;
    this.#height = make.gauge(name("height"), "Height being decided");
    this.#rounds = make.gauge(name("rounds"), "Round of that height");
    this.#roundDuration = make.histogram(
      name("round_duration_seconds"),
      "Rounds, from their start to the next or to " +
        "the decision",
      { buckets: ROUND_SECONDS },
    );
    this.#heightRounds = make.histogram(name("height_rounds"), "Rounds a height took (1: the first was enough)", {
      buckets: ROUNDS,
    });
    this.#stepDuration = make.histogram(name("step_duration_seconds"), "Time spent in each step", {
      labels: ["step"],
      buckets: ROUND_SECONDS,
    });
    this.#proposals = make.counter(name("proposals_total"), "Proposals received or made");
    this.#proposalReceived = make.counter(name("proposal_receive_count"), "Proposed blocks, by the verdict on them", [
      "status",
    ]);
    this.#proposalCreated = make.counter(name("proposal_create_count"), "Blocks this node built to propose");
    this.#proposalDelay = make.histogram(
      name("proposal_delay_seconds"),
      "From the start of a round to its whole proposal",
    );
    this.#votes = make.tally<VoteType>(name("votes_total"), "Votes received or cast", "type", ["prevote", "precommit"]);
    this.#late = make.tally<VoteType>(name("late_votes"), "Votes of heights and rounds that are over", "vote_type", [
      "prevote",
      "precommit",
    ]);
    make.readCounter(name("duplicate_vote"), "Votes that were known, or are of no use", () => this.#duplicates);
    make.readEach(
      "gauge",
      name("round_voting_power_percent"),
      "Share of power (0 to 1) seen in the round",
      "vote_type",
      () => Object.entries(this.#share),
    );
    this.#quorumDelay = make.gauge(
      name("quorum_prevote_delay"),
      "Seconds from the proposal's time to that of the prevote that made a quorum",
      ["proposer_address"],
    );
    this.#fullDelay = make.gauge(
      name("full_prevote_delay"),
      "Seconds from the proposal's time to that of the last prevote, when all voted",
      ["proposer_address"],
    );
    this.#timeouts = make.counter(name("timeouts_total"), "Timeouts that fired", ["step"]);
    this.#equivocations = make.counter(name("equivocations_total"), "Double votes this node saw and reported");
    this.#sign = make.histogram(name("sign_duration_seconds"), "Signatures of this node's validator, guard included");
    this.#refusals = make.counter(name("sign_refused_total"), "Signatures that guard or signer refused");
    this.#undecodable = make.counter(name("undecodable_total"), "Messages of peers that did not decode");
  }

  heightBegun(height: bigint): void {
    this.#height.set(Number(height));
  }
  roundBegun(round: number): void {
    this.#rounds.set(round);
    this.votingPower("prevote", 0);
    this.votingPower("precommit", 0);
  }
  roundEnded(seconds: number): void {
    this.#roundDuration.observe(seconds);
  }
  /** `rounds`: 1 when the first was enough. */
  decided(rounds: number): void {
    this.#heightRounds.observe(rounds);
  }
  /** `step` as CometBFT shows it: `NewHeight`, `Propose`, `Prevote`, `Precommit`, `Commit`. */
  stepEnded(step: string, seconds: number): void {
    this.#stepDuration.observe({ step }, seconds);
  }
  proposalSeen(): void {
    this.#proposals.inc();
  }
  proposalWhole(secondsIntoRound: number): void {
    this.#proposalDelay.observe(secondsIntoRound);
  }
  proposalJudged(valid: boolean): void {
    this.#proposalReceived.inc({ status: valid ? "accepted" : "rejected" });
  }
  proposalCreated(): void {
    this.#proposalCreated.inc();
  }
  voteSeen(type: VoteType): void {
    this.#votes.add(type);
  }
  voteLate(type: VoteType): void {
    this.#late.add(type);
  }
  voteDuplicate(): void {
    this.#duplicates++;
  }
  votingPower(type: VoteType, share: number): void {
    this.#share[type] = share;
  }
  /** Seconds; `proposer`: address in upper-case hexadecimal. `full` undefined: not all voted. */
  prevoteDelays(proposer: string, quorum: number | undefined, full: number | undefined): void {
    const proposer_address = this.#proposers.of(proposer);
    if (quorum !== undefined) this.#quorumDelay.set({ proposer_address }, quorum);
    if (full !== undefined) this.#fullDelay.set({ proposer_address }, full);
  }
  timeoutFired(step: "propose" | "prevote" | "precommit" | "commit"): void {
    this.#timeouts.inc({ step });
  }
  equivocationSeen(): void {
    this.#equivocations.inc();
  }
  signed(seconds: number): void {
    this.#sign.observe(seconds);
  }
  signRefused(): void {
    this.#refusals.inc();
  }
  messageUndecodable(): void {
    this.#undecodable.inc();
  }
}
