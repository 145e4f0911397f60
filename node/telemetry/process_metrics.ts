import { getHeapStatistics } from "node:v8";
import { cpuUsage } from "node:process";
import type { Instruments } from "./instruments.ts";

const LAG_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5];

/** What is known of the event loop's lag, in milliseconds. */
export interface LagFigures {
  p50Ms(): number;
  p99Ms(): number;
}

/** The calls that clients make. */
export class RpcMetrics {
  readonly #calls;

  constructor(make: Instruments) {
    this.#calls = make.histogram("rpc_request_duration_seconds", "Calls, by method and JSON-RPC code (0: answered)", {
      labels: ["method", "code"],
    });
  }

  /** `method` must come from a closed set: each new one makes new series. */
  called(method: string, code: number, seconds: number): void {
    this.#calls.observe({ method, code }, seconds);
  }
}

/**
 * The process itself: memory, processor, event loop. How long garbage was collected is not to be had from Deno here; its
 * OpenTelemetry export has it as `v8js.gc.duration`.
 */
export class ProcessMetrics {
  readonly #lag;
  readonly #node;
  #lagFigures: LagFigures | undefined;

  constructor(make: Instruments, version: string) {
    this.#lag = make.histogram("event_loop_lag_seconds", "How late timers fire", { buckets: LAG_SECONDS });
    make.read("event_loop_lag_p50_seconds", "Median lag", () => (this.#lagFigures?.p50Ms() ?? 0) / 1000);
    make.read("event_loop_lag_p99_seconds", "99th percentile lag", () => (this.#lagFigures?.p99Ms() ?? 0) / 1000);
    make.read("process_resident_memory_bytes", "Resident set size", () => Deno.memoryUsage().rss);
    make.read("process_heap_used_bytes", "V8 heap in use", () => Deno.memoryUsage().heapUsed);
    make.read("process_heap_total_bytes", "V8 heap taken from the system", () => Deno.memoryUsage().heapTotal);
    make.read("process_heap_limit_bytes", "Where V8 gives up", () => getHeapStatistics().heap_size_limit);
    make.read("process_external_memory_bytes", "Buffers outside of the heap", () => Deno.memoryUsage().external);
    make.readCounter("process_cpu_seconds_total", "Processor time, of all threads", () => {
      const { user, system } = cpuUsage();
      return (user + system) / 1e6;
    });
    make.read("process_start_time_seconds", "When the process began, since 1970", () => performance.timeOrigin / 1000);
    this.#node = make.gauge("node_info", "1, with who this is", ["chain", "moniker", "node_id"]);
    make.gauge("build_info", "1, with what runs here", ["version", "deno", "v8"]).set(
      { version, deno: Deno.version.deno, v8: Deno.version.v8 },
      1,
    );
  }

  /** Who this node is. */
  identify(node: { readonly chain: string; readonly moniker: string; readonly nodeId: string }): void {
    this.#node.reset();
    this.#node.set({ chain: node.chain, moniker: node.moniker, node_id: node.nodeId }, 1);
  }
  lagSampled(ms: number): void {
    this.#lag.observe(ms / 1000);
  }
  /** Where the percentiles come from. */
  followLag(figures: LagFigures): void {
    this.#lagFigures = figures;
  }
}
