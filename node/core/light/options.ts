/**
 * How much a light client believes, for how long, and what time it is.
 * @module
 */
import type { Timestamp } from "cosmjs-types/google/protobuf/timestamp";
import { err, ok, type Result } from "../result.ts";
import { type Nanos, NANOS_PER_MS, rfc3339ToNanos, timestampToNanos } from "../time.ts";
import type { Fraction } from "../validators/mod.ts";

/**
 * An instant: nanoseconds since the epoch (`bigint`), milliseconds since the epoch (`number`, as of `Date.now()`), a
 * `Date`, a protobuf `Timestamp`, or RFC 3339.
 */
export type Instant = Nanos | number | Date | Timestamp | string;

/** What the verdict on an untrusted header depends on, besides the headers. */
export interface LightOptions {
  /** The part of the trusted voting power that must have signed when headers between are skipped: in [1/3, 1]. */
  readonly trustLevel: { readonly numerator: bigint | number; readonly denominator: bigint | number };
  /** How long a header is trusted after its own time; less than the unbonding period. */
  readonly trustingPeriodMs: number | bigint;
  /** How far a header's time may be ahead of `now`, exclusive. */
  readonly clockDriftMs: number | bigint;
  readonly now: Instant;
}

export interface CheckedOptions {
  readonly trustLevel: Fraction;
  readonly trustingPeriod: Nanos;
  readonly clockDrift: Nanos;
  readonly now: Nanos;
}

/** Exact to the nanosecond also for fractions of a millisecond. */
function msToNanos(ms: unknown): Nanos | undefined {
  if (typeof ms === "bigint") return ms * NANOS_PER_MS;
  if (typeof ms !== "number" || !Number.isFinite(ms)) return undefined;
  const whole = Math.floor(ms);
  return BigInt(whole) * NANOS_PER_MS + BigInt(Math.round((ms - whole) * 1e6));
}

function instantToNanos(instant: Instant): Nanos | undefined {
  if (typeof instant === "bigint") return instant;
  if (typeof instant === "number") return msToNanos(instant);
  if (typeof instant === "string") return rfc3339ToNanos(instant);
  if (typeof instant !== "object" || instant === null) return undefined;
  if (instant instanceof Date) return msToNanos(instant.getTime());
  const { seconds, nanos } = instant;
  return typeof seconds === "bigint" && Number.isInteger(nanos) ? timestampToNanos({ seconds, nanos }) : undefined;
}

function toBigint(value: unknown): bigint | undefined {
  if (typeof value === "bigint") return value;
  return Number.isSafeInteger(value) ? BigInt(value as number) : undefined;
}

/** Less than one third would let faulty validators alone persuade the client (CometBFT `ValidateTrustLevel`). */
function readTrustLevel(level: LightOptions["trustLevel"]): Fraction | undefined {
  const numerator = toBigint(level?.numerator);
  const denominator = toBigint(level?.denominator);
  if (numerator === undefined || denominator === undefined || denominator <= 0n) return undefined;
  return numerator * 3n < denominator || numerator > denominator ? undefined : { numerator, denominator };
}

/** The options in canonical form; the error is the state found. */
export function readOptions(options: LightOptions): Result<CheckedOptions, string> {
  if (typeof options !== "object" || options === null) return err("the options are missing");
  const trustLevel = readTrustLevel(options.trustLevel);
  if (trustLevel === undefined) return err("the trust level is not in [1/3, 1]");
  const trustingPeriod = msToNanos(options.trustingPeriodMs);
  if (trustingPeriod === undefined || trustingPeriod <= 0n) return err("the trusting period is not positive");
  const clockDrift = msToNanos(options.clockDriftMs);
  if (clockDrift === undefined || clockDrift < 0n) return err("the clock drift is negative or not a number");
  const now = instantToNanos(options.now);
  if (now === undefined) return err("now is not an instant");
  return ok({ trustLevel, trustingPeriod, clockDrift, now });
}
