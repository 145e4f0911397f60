/** The thread for transactions that compute long between reads: how it is started. @module */
import type { NodeConfig } from "./config/mod.ts";
import { type ContractReport, threadContractSettings } from "./contracts.ts";
import type { QuerySetup } from "./queries.ts";
import { AsideThread } from "./runtime/mod.ts";
import { startStanding } from "./standing_worker.ts";

/** Nothing is started before it is needed. What a thread that failed was at runs where all others do; a node then halts, as after any failure. */
export function asideThread(
  config: NodeConfig,
  onFailure: (error: unknown) => void,
  onReport: (report: ContractReport) => void = () => {},
): AsideThread {
  const setup: QuerySetup = {
    cacheBytesMax: 0,
    txBytesMax: config.mempool.tx_bytes_max,
    contracts: threadContractSettings(config),
  };
  return new AsideThread({
    setup,
    onFailure,
    onReport: (report) => onReport(report as ContractReport),
    start: (onMessage, onError) => startStanding("aside", onMessage, onError),
  });
}
