import type { Timestamp } from "cosmjs-types/google/protobuf/timestamp";

/**
 * Go's zero `time.Time`, 0001-01-01T00:00:00Z: what CometBFT writes where there is no time, as in an absent `CommitSig`.
 * Not the same as the protobuf default, which is 1970.
 */
export const ZERO_TIME: Timestamp = Object.freeze({ seconds: -62135596800n, nanos: 0 });

/** True of {@linkcode ZERO_TIME}. */
export function isZeroTime(time: Timestamp): boolean {
  return time.seconds === ZERO_TIME.seconds && time.nanos === 0;
}
