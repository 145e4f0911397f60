/**
 * What a node tells its operator: numbers for Prometheus (the only room that names prom-client), spans for OpenTelemetry,
 * the lag of the event loop, and lines of a log.
 * @module
 */
export { Metrics } from "./metrics.ts";
export type { BlockMetrics, OwnFigures, SignerFigures } from "./block_metrics.ts";
export type { ConsensusMetrics, VoteType } from "./consensus_metrics.ts";
export type {
  BlockWay,
  ContractMetrics,
  ContractNumbers,
  EngineNumbers,
  ThreadMetrics,
  ThreadNumbers,
} from "./contract_metrics.ts";
export type { ExecutedFigures, MempoolMetrics, MempoolRefusal, Persisted, StateMetrics } from "./chain_metrics.ts";
export type { GossipKind, NetworkMetrics, PeerFigures, WireKind } from "./network_metrics.ts";
export type { SyncMetrics, SyncProtocol } from "./sync_metrics.ts";
export type { LagFigures, ProcessMetrics, RpcMetrics } from "./process_metrics.ts";
export { createSpans, type OpenSpan, type SpanAttributes, type Spans, SPANS_OFF } from "./spans.ts";
export { type MetricsServer, serveMetrics } from "./serve_metrics.ts";
export { type EventLoopLag, type LagWorld, watchEventLoopLag } from "./event_loop_lag.ts";
export { Percentiles } from "./percentiles.ts";
export {
  createLogger,
  LOG_LEVELS,
  type LogFields,
  type Logger,
  type LogLevel,
  type LogOptions,
  SILENT,
} from "./log.ts";
