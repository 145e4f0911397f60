/** Threads for queries that run contracts: how many, and how one is started. @module */
import type { NodeConfig } from "./config/mod.ts";
import { type ContractReport, type ContractSettings, threadContractSettings } from "./contracts.ts";
import { QueryPool, type QueryPoolOptions } from "./runtime/mod.ts";
import { startStanding } from "./standing_worker.ts";

/** What a thread is told first. */
export interface QuerySetup {
  readonly cacheBytesMax: number;
  readonly txBytesMax: number;
  readonly contracts: ContractSettings;
}

/** Of the node's caches for each thread, which reads the same hot values. */
const CACHE_SHARE = 1 / 8;

/** The pool that the configuration asks for; undefined: queries run where blocks do, and hold them up. */
export function queryPool(
  config: NodeConfig,
  reads: Pick<QueryPoolOptions, "elsewhere" | "load">,
  onReport: (report: ContractReport) => void = () => {},
): QueryPool | undefined {
  const { query_threads: threads } = config.execution;
  if (threads === 0) return undefined;
  const setup: QuerySetup = {
    cacheBytesMax: config.storage.cache_bytes_max * CACHE_SHARE,
    txBytesMax: config.mempool.tx_bytes_max,
    contracts: threadContractSettings(config),
  };
  return new QueryPool({
    ...reads,
    threads,
    timeoutMs: config.rpc.query_timeout_ms,
    setup,
    onReport: (report) => onReport(report as ContractReport),
    start: (onMessage, onFailure) => startStanding("queries", onMessage, onFailure),
  });
}
