import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** Bounds of latencies from a tenth of a millisecond to ten seconds. */
const SECONDS = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const LAG_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5];

/** What is known of the event loop's lag, in milliseconds. */
export interface LagFigures {
  p50Ms(): number;
  p99Ms(): number;
}

/**
 * The numbers a node shows about itself, all named `catenary_…`. Rooms do not know it: the composition root calls it from
 * the hooks that rooms offer.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #height = this.#gauge("consensus_height", "Height being decided");
  readonly #round = this.#gauge("consensus_round", "Round of that height");
  readonly #proposals = this.#counter("consensus_proposals_total", "Proposals received or made");
  readonly #votes = this.#counter("consensus_votes_total", "Votes received or cast", ["type"]);
  readonly #timeouts = this.#counter("consensus_timeouts_total", "Timeouts that fired", ["step"]);
  readonly #commit = this.#histogram("consensus_block_commit_duration_seconds", "From decision to durable head");
  readonly #blockTxs = this.#gauge("consensus_block_txs", "Transactions in the latest block");
  readonly #blockBytes = this.#gauge("consensus_block_bytes", "Encoded size of the latest block");
  readonly #execution = this.#histogram("state_execution_duration_seconds", "Execution of a block");
  readonly #txs = this.#counter("state_txs_total", "Transactions executed, by outcome", ["outcome"]);
  readonly #gas = this.#counter("state_gas_used_total", "Gas used by transactions in blocks");
  readonly #persist = this.#histogram("storage_persist_duration_seconds", "Durable writes, by what is written", [
    "what",
  ]);
  readonly #mempoolTxs = this.#gauge("mempool_txs", "Transactions waiting");
  readonly #mempoolBytes = this.#gauge("mempool_bytes", "Their size");
  readonly #rpc = this.#histogram("rpc_request_duration_seconds", "Calls, by method and JSON-RPC code (0: answered)", [
    "method",
    "code",
  ]);
  readonly #lag = this.#histogram("event_loop_lag_seconds", "How late timers fire", [], LAG_SECONDS);
  #lagFigures: LagFigures | undefined;

  constructor() {
    this.#collected("process_resident_memory_bytes", "Resident set size", () => Deno.memoryUsage().rss);
    this.#collected("process_heap_used_bytes", "V8 heap in use", () => Deno.memoryUsage().heapUsed);
    this.#collected("event_loop_lag_p50_seconds", "Median lag", () => (this.#lagFigures?.p50Ms() ?? 0) / 1000);
    this.#collected("event_loop_lag_p99_seconds", "99th percentile lag", () => (this.#lagFigures?.p99Ms() ?? 0) / 1000);
  }

  /** The engine entered a round. Heights are shown as floating point, exact to 2^53. */
  roundEntered(height: bigint, round: number): void {
    this.#height.set(Number(height));
    this.#round.set(round);
  }
  proposalSeen(): void {
    this.#proposals.inc();
  }
  voteSeen(type: "prevote" | "precommit"): void {
    this.#votes.inc({ type });
  }
  timeoutFired(step: "propose" | "prevote" | "precommit" | "commit"): void {
    this.#timeouts.inc({ step });
  }
  blockCommitted(block: { readonly seconds: number; readonly txs: number; readonly bytes: number }): void {
    this.#commit.observe(block.seconds);
    this.#blockTxs.set(block.txs);
    this.#blockBytes.set(block.bytes);
  }
  blockExecuted(
    block: { readonly seconds: number; readonly succeeded: number; readonly failed: number; readonly gasUsed: bigint },
  ): void {
    this.#execution.observe(block.seconds);
    this.#txs.inc({ outcome: "success" }, block.succeeded);
    this.#txs.inc({ outcome: "failure" }, block.failed);
    this.#gas.inc(Number(block.gasUsed));
  }
  persisted(what: "wal" | "block" | "state" | "head" | "index", seconds: number): void {
    this.#persist.observe({ what }, seconds);
  }
  mempoolSized(txs: number, bytes: number): void {
    this.#mempoolTxs.set(txs);
    this.#mempoolBytes.set(bytes);
  }
  /** `method` must come from a closed set: each new one makes new series. */
  rpcCalled(method: string, code: number, seconds: number): void {
    this.#rpc.observe({ method, code }, seconds);
  }
  lagSampled(ms: number): void {
    this.#lag.observe(ms / 1000);
  }
  /** Where the percentiles come from. */
  followLag(figures: LagFigures): void {
    this.#lagFigures = figures;
  }

  /** Everything in Prometheus' text format, version 0.0.4. */
  render(): Promise<string> {
    return this.#registry.metrics();
  }

  #counter(name: string, help: string, labelNames: string[] = []): Counter {
    return new Counter({ name: `catenary_${name}`, help, labelNames, registers: [this.#registry] });
  }
  #gauge(name: string, help: string): Gauge {
    return new Gauge({ name: `catenary_${name}`, help, registers: [this.#registry] });
  }
  #histogram(name: string, help: string, labelNames: string[] = [], buckets = SECONDS): Histogram {
    return new Histogram({ name: `catenary_${name}`, help, labelNames, buckets, registers: [this.#registry] });
  }
  /** A gauge read when somebody asks. */
  #collected(name: string, help: string, read: () => number): void {
    new Gauge({
      name: `catenary_${name}`,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read());
      },
    });
  }
}
