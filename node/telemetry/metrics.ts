import { BlockMetrics } from "./block_metrics.ts";
import { ConsensusMetrics } from "./consensus_metrics.ts";
import { ContractMetrics, QueryMetrics, ThreadMetrics } from "./contract_metrics.ts";
import { MempoolMetrics, StateMetrics } from "./chain_metrics.ts";
import { Instruments } from "./instruments.ts";
import { NetworkMetrics } from "./network_metrics.ts";
import { type LagFigures, ProcessMetrics, RpcMetrics } from "./process_metrics.ts";
import { SyncMetrics } from "./sync_metrics.ts";

/**
 * The numbers a node shows about itself, all named `catenary_…`; where CometBFT v0.38 has a number, its name and unit
 * follow that prefix. Rooms do not know this: the composition root calls it from the hooks that rooms offer. Every label
 * has a bounded number of values, whatever peers and clients do.
 */
export class Metrics {
  readonly #instruments = new Instruments();
  readonly consensus = new ConsensusMetrics(this.#instruments);
  readonly blocks = new BlockMetrics(this.#instruments);
  readonly network = new NetworkMetrics(this.#instruments);
  readonly sync = new SyncMetrics(this.#instruments);
  readonly state = new StateMetrics(this.#instruments);
  readonly contracts = new ContractMetrics(this.#instruments);
  readonly threads = new ThreadMetrics(this.#instruments);
  readonly queries = new QueryMetrics(this.#instruments);
  readonly mempool = new MempoolMetrics(this.#instruments);
  readonly rpc = new RpcMetrics(this.#instruments);
  readonly process: ProcessMetrics;

  /** `version`: of this software. */
  constructor(version = "") {
    this.process = new ProcessMetrics(this.#instruments, version);
  }

  /** `method` must come from a closed set: each new one makes new series. */
  rpcCalled(method: string, code: number, seconds: number): void {
    this.rpc.called(method, code, seconds);
  }
  lagSampled(ms: number): void {
    this.process.lagSampled(ms);
  }
  /** Where the percentiles come from. */
  followLag(figures: LagFigures): void {
    this.process.followLag(figures);
  }

  /** Everything in Prometheus' text format, version 0.0.4. */
  render(): Promise<string> {
    return this.#instruments.render();
  }
}
