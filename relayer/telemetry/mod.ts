/** What a relayer tells its operator: numbers for Prometheus, lines of a log, the lag of its event loop. @module */
export { createLogger, LOG_LEVELS, type LogFields, type Logger, type LogLevel, type LogOptions } from "./log.ts";
export { Metrics } from "./metrics.ts";
export { type LagWorld, watchLag } from "./lag.ts";
