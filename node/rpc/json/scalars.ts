import type { Timestamp } from "cosmjs-types/google/protobuf/timestamp";
import { nanosToRfc3339, timestampToNanos } from "../../core/time.ts";

/** Upper-case hexadecimal, as Go's `%X` and CometBFT's HexBytes. */
export const hex = (bytes: Uint8Array): string => bytes.toHex().toUpperCase();
/** Standard base64 with padding. */
export const base64 = (bytes: Uint8Array): string => bytes.toBase64();
/** Base64, or null where Go's JSON has a nil slice. */
export const base64OrNull = (bytes: Uint8Array): string | null => bytes.length === 0 ? null : bytes.toBase64();
/** int64 and uint64 are strings in CometBFT's JSON. */
export const int64 = (value: bigint | number): string => value.toString();
/** RFC3339Nano in UTC; Go's zero time for the zero of the protobuf type it stands for. */
export const time = (timestamp: Timestamp): string => nanosToRfc3339(timestampToNanos(timestamp));
