import type { Instruments } from "./instruments.ts";

/** CometBFT's bounds for this one are 1 to 91 ms in steps of ten; ours reach further. */
const PROCESSING_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000];
/** A transfer has about 300 bytes. */
const TX_BYTES = [128, 256, 512, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576];

/** What is written durably. `block`: everything a block leaves behind, its head included. */
export type Persisted = "wal" | "block" | "state" | "head";
/** Why the mempool did not take a transaction. */
const REFUSALS = ["checked", "seen", "full", "too_large", "sequence_gap"] as const;
export type MempoolRefusal = typeof REFUSALS[number];

/** An executed block. */
export interface ExecutedFigures {
  readonly seconds: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly gasUsed: bigint;
  readonly changesValidators: boolean;
  readonly changesParams: boolean;
}

/** Blocks built, judged, executed and stored. */
export class StateMetrics {
  readonly #commit;
  readonly #execution;
  readonly #processing;
  readonly #build;
  readonly #validation;
  readonly #txs;
  readonly #gas;
  readonly #validatorUpdates;
  readonly #paramUpdates;
  readonly #persist;

  constructor(make: Instruments) {
    this.#commit = make.histogram("consensus_block_commit_duration_seconds", "From decision to durable head");
    this.#execution = make.histogram("state_execution_duration_seconds", "Execution of a block");
    this.#processing = make.histogram("state_block_processing_time", "The same in milliseconds, as CometBFT shows it", {
      buckets: PROCESSING_MS,
    });
    this.#build = make.histogram("state_build_duration_seconds", "Building a block to propose");
    this.#validation = make.histogram("state_validation_duration_seconds", "Judging a proposed block");
    this.#txs = make.counter("state_txs_total", "Transactions executed, by outcome", ["outcome"]);
    this.#gas = make.counter("state_gas_used_total", "Gas used by transactions in blocks");
    this.#validatorUpdates = make.counter("state_validator_set_updates", "Blocks that changed the validators");
    this.#paramUpdates = make.counter("state_consensus_param_updates", "Blocks that changed consensus parameters");
    this.#persist = make.histogram("storage_persist_duration_seconds", "Durable writes, by what is written", {
      labels: ["what"],
    });
  }

  blockCommitted(seconds: number): void {
    this.#commit.observe(seconds);
  }
  blockExecuted(block: ExecutedFigures): void {
    this.#execution.observe(block.seconds);
    this.#processing.observe(block.seconds * 1000);
    this.#txs.inc({ outcome: "success" }, block.succeeded);
    this.#txs.inc({ outcome: "failure" }, block.failed);
    this.#gas.inc(Number(block.gasUsed));
    if (block.changesValidators) this.#validatorUpdates.inc();
    if (block.changesParams) this.#paramUpdates.inc();
  }
  blockBuilt(seconds: number): void {
    this.#build.observe(seconds);
  }
  blockValidated(seconds: number): void {
    this.#validation.observe(seconds);
  }
  persisted(what: Persisted, seconds: number): void {
    this.#persist.observe({ what }, seconds);
  }
}

/** Pending transactions; names as CometBFT v0.38's `mempool/metrics.go` where it has them. */
export class MempoolMetrics {
  readonly #refused;
  readonly #txBytes;
  readonly #slice;
  #admitted = 0;
  #rechecks = 0;
  #evicted = 0;
  #checks = 0;
  #size: () => { readonly count: number; readonly bytes: number; readonly backlog: number } = () => ({
    count: 0,
    bytes: 0,
    backlog: 0,
  });

  constructor(make: Instruments) {
    make.read("mempool_size", "Transactions waiting", () => this.#size().count);
    make.read("mempool_size_bytes", "Their size", () => this.#size().bytes);
    make.read("mempool_backlog", "Submissions and rechecks that wait for their turn", () => this.#size().backlog);
    make.readCounter("mempool_admitted_total", "Transactions taken in", () => this.#admitted);
    this.#refused = make.tally("mempool_refused_total", "Transactions not taken in", "reason", REFUSALS);
    make.readCounter("mempool_failed_txs", "Those that their check refused", () => this.#refusals("checked"));
    make.readCounter("mempool_rejected_txs", "Those there was no room for", () => this.#refusals("full", "too_large"));
    make.readCounter("mempool_evicted_txs", "Pending transactions that left without a block", () => this.#evicted);
    make.readCounter("mempool_recheck_times", "Pending transactions checked again", () => this.#rechecks);
    make.readCounter("mempool_checks_total", "Checks of transactions, new and again", () => this.#checks);
    this.#txBytes = make.distribution("mempool_tx_size_bytes", "Sizes of transactions taken in", TX_BYTES);
    this.#slice = make.histogram("mempool_check_slice_duration_seconds", "Checks that ran in one go");
  }

  submitted(bytes: number, refused: MempoolRefusal | undefined): void {
    if (refused !== undefined) return this.#refused.add(refused);
    this.#admitted++;
    this.#txBytes.observe(bytes);
  }
  rechecked(kept: boolean): void {
    this.#rechecks++;
    if (!kept) this.#evicted++;
  }
  evicted(count: number): void {
    this.#evicted += count;
  }
  sliced(checks: number, seconds: number): void {
    this.#checks += checks;
    this.#slice.observe(seconds);
  }
  /** Where the sizes are read. */
  follow(mempool: { readonly count: number; readonly bytes: number; readonly backlog: number }): void {
    this.#size = () => mempool;
  }

  #refusals(...reasons: readonly MempoolRefusal[]): number {
    let sum = 0;
    for (const [reason, count] of this.#refused.entries()) if (reasons.includes(reason)) sum += count;
    return sum;
  }
}
