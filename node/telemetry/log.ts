/** From the most to the least talkative. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = typeof LOG_LEVELS[number];

/** Longest value in a line; what is longer is cut, since some of it comes from peers. */
const VALUE_CHARACTERS_MAX = 2000;

/** What stands beside a message. Bytes are shown in upper-case hexadecimal, errors by their message and cause. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Says what happens, one line each. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same with `fields` in every line. */
  child(fields: LogFields): Logger;
}

/** Where lines go and how they look. */
export interface LogOptions {
  readonly level: LogLevel;
  readonly format: "text" | "json";
  /** Takes a line without its end. Standard error when absent. */
  readonly sink?: (line: string) => void;
  /** Milliseconds since 1970. */
  readonly nowMs?: () => number;
}

const encoder = new TextEncoder();

function toStandardError(line: string): void {
  try {
    Deno.stderr.writeSync(encoder.encode(line + "\n"));
  } catch {
    // Nobody reads any more (a closed pipe): that must not stop a node.
  }
}

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array) return value.toHex().toUpperCase();
  if (value instanceof Error) {
    return value.cause === undefined ? value.message : `${value.message}: ${plain(value.cause)}`;
  }
  return value;
}

const cut = (text: string): string =>
  text.length > VALUE_CHARACTERS_MAX ? text.slice(0, VALUE_CHARACTERS_MAX) + "…" : text;

/** JSON with what it cannot say said in text; anything may be logged, even what refers to itself. */
function toJson(value: unknown): string {
  try {
    return JSON.stringify(plain(value), (_, inner) => plain(inner)) ?? "null";
  } catch {
    return JSON.stringify(String(value));
  }
}

/** One word stays as it is; anything else is quoted, so that a value cannot pretend to be a line or a field. */
function textValue(value: unknown): string {
  const simple = plain(value);
  const text = typeof simple === "string" ? simple : toJson(simple);
  return /^[\w.:/+@-]+$/.test(text) ? cut(text) : JSON.stringify(cut(text));
}

function textLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  const rest = Object.entries(fields).map(([key, value]) => ` ${key}=${textValue(value)}`).join("");
  // deno-lint-ignore no-control-regex -- control characters of a message would move the cursor of who reads it
  const said = cut(message).replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, " ");
  return `${time} ${level.toUpperCase().padEnd(5)} ${said}${rest}`;
}

function jsonLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  const parts = [`"time":${JSON.stringify(time)}`, `"level":"${level}"`, `"message":${JSON.stringify(cut(message))}`];
  for (const [key, value] of Object.entries(fields)) {
    const simple = plain(value);
    const name = key === "time" || key === "level" || key === "message" ? `field_${key}` : key;
    parts.push(`${JSON.stringify(name)}:${toJson(typeof simple === "string" ? cut(simple) : simple)}`);
  }
  return `{${parts.join(",")}}`;
}

/** A logger that writes lines of `options.level` and above. */
export function createLogger(options: LogOptions, common: LogFields = {}): Logger {
  const { sink = toStandardError, nowMs = Date.now } = options;
  const least = LOG_LEVELS.indexOf(options.level);
  const line = options.format === "json" ? jsonLine : textLine;
  const at = (level: LogLevel) =>
    LOG_LEVELS.indexOf(level) < least
      ? () => {}
      : (message: string, fields?: LogFields) =>
        sink(line(new Date(nowMs()).toISOString(), level, message, fields ? { ...common, ...fields } : common));
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (fields) => createLogger(options, { ...common, ...fields }),
  };
}

/** Says nothing. */
export const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => SILENT };
