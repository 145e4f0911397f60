/** Lines of a log: one event each, as text or JSON, with what chains say kept from pretending to be lines or fields. @module */

/** From the most to the least talkative. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = typeof LOG_LEVELS[number];

/** What stands beside a message. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: "text" | "json";
  /** Takes a line without its end. Standard error when absent. */
  readonly sink?: ((line: string) => void) | undefined;
  /** Milliseconds since the Unix epoch. */
  readonly nowMs?: () => number;
}

/** Longest value in a line. */
const VALUE_CHARACTERS_MAX = 1_000;

const encoder = new TextEncoder();

function toStandardError(line: string): void {
  try {
    Deno.stderr.writeSync(encoder.encode(line + "\n"));
  } catch {
    // Nobody reads any more: that must not stop a relayer.
  }
}

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array) return value.toHex();
  if (value instanceof Error) {
    return value.cause === undefined ? value.message : `${value.message}: ${String(plain(value.cause))}`;
  }
  return value;
}

const cut = (text: string) => text.length > VALUE_CHARACTERS_MAX ? text.slice(0, VALUE_CHARACTERS_MAX) + "…" : text;

function inJson(value: unknown): string {
  try {
    return JSON.stringify(plain(value), (_, inner) => typeof inner === "string" ? cut(inner) : plain(inner)) ?? "null";
  } catch {
    return JSON.stringify(String(value));
  }
}

/** One word stays as it is; anything else is quoted. */
function inText(value: unknown): string {
  const text = plain(value);
  return typeof text === "string" && /^[\w.:/+@-]+$/.test(text) ? cut(text) : inJson(text);
}

function textLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  const rest = Object.entries(fields).filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}=${inText(value)}`).join("");
  // deno-lint-ignore no-control-regex -- control characters of a message would move the cursor of who reads it
  const said = cut(message).replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, " ");
  return `${time} ${level.toUpperCase().padEnd(5)} ${said}${rest}`;
}

function jsonLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  const parts = [`"time":"${time}"`, `"level":"${level}"`, `"message":${inJson(message)}`];
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) parts.push(`${JSON.stringify(key)}:${inJson(value)}`);
  }
  return `{${parts.join(",")}}`;
}

/** A logger that writes lines of `options.level` and above. */
export function createLogger({ level: least, format, sink = toStandardError, nowMs = Date.now }: LogOptions): Logger {
  const line = format === "json" ? jsonLine : textLine;
  const at = (level: LogLevel) =>
    LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(least)
      ? () => {}
      : (message: string, fields: LogFields = {}) =>
        sink(line(new Date(nowMs()).toISOString(), level, message, fields));
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
