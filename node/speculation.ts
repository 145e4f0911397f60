/** Threads for executing blocks: how many, and how one is started. @module */
import { LOG_BYTES, SpeculationReader } from "./app/mod.ts";
import type { NodeConfig } from "./config/mod.ts";
import { type ContractReport, type ContractSettings, threadContractSettings } from "./contracts.ts";
import { SpeculationPool, type SpeculationPoolOptions } from "./runtime/mod.ts";

/** What a thread is told first. */
export interface SpeculationSetup {
  readonly cacheBytesMax: number;
  readonly txBytesMax: number;
  readonly contracts: ContractSettings;
}

/** More threads than this wait for the one that takes their results. */
const THREADS_MAX = 4;
/** Of the node's cache for each thread, which reads the same hot values. */
const CACHE_SHARE = 1 / 8;

/** The pool that the configuration asks for; undefined: everything runs in one thread. */
export function speculationPool(
  config: NodeConfig,
  answer: SpeculationPoolOptions["answer"],
  onFailure: (error: unknown) => void,
  options: {
    readonly onReport?: (report: ContractReport) => void;
  } = {},
): SpeculationPool | undefined {
  const cores = navigator.hardwareConcurrency;
  const { threads: wanted } = config.execution;
  const threads = wanted === "auto" ? Math.min(THREADS_MAX, cores - 1) : wanted;
  if (threads <= 0) return undefined;
  const setup: SpeculationSetup = {
    cacheBytesMax: config.storage.cache_bytes_max * CACHE_SHARE,
    txBytesMax: config.mempool.tx_bytes_max,
    contracts: threadContractSettings(config),
  };
  return new SpeculationPool({
    threads,
    when: wanted === "auto" ? "measure" : "always",
    logBytes: LOG_BYTES,
    readLog: (log) => new SpeculationReader(log),
    setup,
    answer,
    onFailure,
    onReport: (report) => options.onReport?.(report as ContractReport),
    start: (onMessage, onError) => {
      const worker = new Worker(new URL("./speculation_worker.ts", import.meta.url), {
        type: "module",
        name: "execution",
      });
      worker.onmessage = ({ data }) => onMessage(data);
      worker.onerror = (event) => {
        event.preventDefault();
        onError(new Error(`run transactions in a thread: ${event.message}`));
      };
      return { post: (message) => worker.postMessage(message), end: () => worker.terminate() };
    },
  });
}
