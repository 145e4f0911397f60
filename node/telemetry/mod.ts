/**
 * What a node tells its operator: numbers for Prometheus (the only room that names prom-client), the lag of the event
 * loop, and lines of a log.
 * @module
 */
export { type LagFigures, Metrics } from "./metrics.ts";
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
