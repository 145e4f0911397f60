/**
 * Instants as nanoseconds since the Unix epoch, in a `bigint`, and their protobuf and RFC 3339 forms; durations likewise.
 * Nothing here reads a clock.
 * @module
 */
import type { Duration } from "cosmjs-types/google/protobuf/duration";
import type { Timestamp } from "cosmjs-types/google/protobuf/timestamp";

/** Nanoseconds since 1970-01-01T00:00:00Z. */
export type Nanos = bigint;

/** One second. */
export const NANOS_PER_SECOND = 1_000_000_000n;
/** One millisecond. */
export const NANOS_PER_MS = 1_000_000n;

/** To `google.protobuf.Timestamp`; nanos are always in [0, 1e9), also before the epoch. */
export function nanosToTimestamp(nanos: Nanos): Timestamp {
  let seconds = nanos / NANOS_PER_SECOND;
  let rest = nanos % NANOS_PER_SECOND;
  if (rest < 0n) {
    rest += NANOS_PER_SECOND;
    seconds -= 1n;
  }
  return { seconds, nanos: Number(rest) };
}

/** From `google.protobuf.Timestamp`. */
export function timestampToNanos(timestamp: Timestamp): Nanos {
  return timestamp.seconds * NANOS_PER_SECOND + BigInt(timestamp.nanos);
}

/** From `google.protobuf.Duration`. */
export const durationToNanos = ({ seconds, nanos }: Duration): Nanos => seconds * NANOS_PER_SECOND + BigInt(nanos);

/** The inverse of {@linkcode durationToNanos}; both parts have the sign of the whole. */
export const nanosToDuration = (nanos: Nanos): Duration => ({
  seconds: nanos / NANOS_PER_SECOND,
  nanos: Number(nanos % NANOS_PER_SECOND),
});

/** As Go prints `time.RFC3339Nano`: no trailing zeros, no dot when there is no fraction. */
export function nanosToRfc3339(nanos: Nanos): string {
  const { seconds, nanos: rest } = nanosToTimestamp(nanos);
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  const fraction = rest === 0 ? "" : "." + rest.toString().padStart(9, "0").replace(/0+$/, "");
  return `${whole}${fraction}Z`;
}

const RFC3339 = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/;

/** The inverse of {@linkcode nanosToRfc3339}; undefined when `text` is not an RFC 3339 instant. */
export function rfc3339ToNanos(text: string): Nanos | undefined {
  const match = RFC3339.exec(text);
  if (!match) return undefined;
  const ms = Date.parse(match[1]! + match[3]!);
  if (Number.isNaN(ms)) return undefined;
  return BigInt(ms) * NANOS_PER_MS + BigInt((match[2] ?? "").padEnd(9, "0"));
}
