import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** Bounds of times in milliseconds. */
const MS = [50, 100, 250, 500, 1_000, 2_000, 3_000, 5_000, 7_500, 10_000, 15_000, 30_000, 60_000, 300_000];
const BLOCKS = [1, 2, 3, 4, 5, 7, 10, 15, 20, 50, 100, 1_000];
const FLUSH_MS = [1, 2, 5, 10, 25, 50, 100, 250, 1_000, 5_000];
const LAG_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000];

/**
 * The numbers a relayer shows about itself, all named `catenary_relayer_…`. Labels come from the configuration and from
 * closed sets, never from what chains say, but for codes of refusals, which are bounded.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #packets = this.#counter("packets_total", "Messages of packets in blocks, by what they do", [
    "kind",
    "path",
  ]);
  readonly #settled = this.#counter("packets_settled_total", "Packets that came to an end", ["outcome", "path"]);
  readonly #latency = this.#histogram("latency_ms", "From seeing a packet sent to having it received", ["path"], MS);
  readonly #blocks = this.#histogram(
    "latency_blocks",
    "Blocks of the destination from seeing a packet sent to having it received",
    ["path"],
    BLOCKS,
  );
  readonly #batches = this.#counter("batches_total", "Transactions submitted, by outcome", ["chain", "outcome"]);
  readonly #failures = this.#counter("tx_failures_total", "Refused transactions", ["chain", "code"]);
  readonly #updates = this.#counter("client_updates_total", "Updates of clients", ["chain", "client", "reason"]);
  readonly #pending = this.#gauge("pending_packets", "Packets that are not settled");
  readonly #balance = this.#gauge("wallet_balance", "Coins of a wallet, in the denom of its gas price", [
    "chain",
    "address",
    "denom",
  ]);
  readonly #height = this.#gauge("chain_height", "Newest block seen", ["chain"]);
  readonly #scanned = this.#gauge("scanned_height", "Events up to here are in the store", ["chain"]);
  readonly #reachable = this.#gauge("chain_reachable", "Whether the chain answers", ["chain"]);
  readonly #faults = this.#counter("faults_total", "Faults told to the operator", ["code"]);
  readonly #flush = this.#histogram("store_commit_ms", "Commits of the store", [], FLUSH_MS);
  readonly #writes = this.#counter("store_writes_total", "Entries written");
  readonly #lag = this.#histogram("event_loop_lag_ms", "How late timers fire", [], LAG_MS);
  readonly #codes = new Set<string>();

  constructor() {
    this.#collected("process_resident_memory_bytes", "Resident set size", () => Deno.memoryUsage().rss);
  }

  messages(path: string, kind: string, count: number): void {
    this.#packets.inc({ kind, path }, count);
  }
  settled(path: string, outcome: string): void {
    this.#settled.inc({ outcome, path });
  }
  received(path: string, ms: number, blocks: number): void {
    this.#latency.observe({ path }, ms);
    this.#blocks.observe({ path }, blocks);
  }
  batch(chain: string, outcome: string, code: string | undefined): void {
    this.#batches.inc({ chain, outcome });
    if (code !== undefined) this.#failures.inc({ chain, code: this.#known(code) });
  }
  clientUpdated(chain: string, client: string, reason: "packets" | "refresh"): void {
    this.#updates.inc({ chain, client, reason });
  }
  pending(count: number): void {
    this.#pending.set(count);
  }
  balance(chain: string, address: string, denom: string, amount: bigint): void {
    this.#balance.set({ chain, address, denom }, Number(amount));
  }
  /** Heights are shown as floating point, exact to 2^53. */
  height(chain: string, height: bigint, scanned: bigint | undefined): void {
    this.#height.set({ chain }, Number(height));
    if (scanned !== undefined) this.#scanned.set({ chain }, Number(scanned));
  }
  reachable(chain: string, isReachable: boolean): void {
    this.#reachable.set({ chain }, isReachable ? 1 : 0);
  }
  fault(code: string): void {
    this.#faults.inc({ code: this.#known(code) });
  }
  flushed(writes: number, ms: number): void {
    this.#flush.observe(ms);
    this.#writes.inc(writes);
  }
  lag(ms: number): void {
    this.#lag.observe(ms);
  }

  readonly contentType = "text/plain; version=0.0.4; charset=utf-8";

  /** Everything in Prometheus' text format, version 0.0.4. */
  render(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Codes come from chains: after some hundred of them the rest is one. */
  #known(code: string): string {
    if (this.#codes.has(code)) return code;
    if (this.#codes.size >= 200 || code.length > 60) return "other";
    this.#codes.add(code);
    return code;
  }

  #counter(name: string, help: string, labelNames: string[] = []): Counter {
    return new Counter({ name: `catenary_relayer_${name}`, help, labelNames, registers: [this.#registry] });
  }
  #gauge(name: string, help: string, labelNames: string[] = []): Gauge {
    return new Gauge({ name: `catenary_relayer_${name}`, help, labelNames, registers: [this.#registry] });
  }
  #histogram(name: string, help: string, labelNames: string[], buckets: number[]): Histogram {
    return new Histogram({ name: `catenary_relayer_${name}`, help, labelNames, buckets, registers: [this.#registry] });
  }
  /** A gauge read when somebody asks. */
  #collected(name: string, help: string, read: () => number): void {
    new Gauge({
      name: `catenary_relayer_${name}`,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read());
      },
    });
  }
}
