/** Bounds of calls and reads. @module */
import type { Params } from "./types.ts";

const DAY_NS = 86_400_000_000_000n;

/** What a chain starts with: two million gas a call, results for a week, reads within a day. */
export const DEFAULT_PARAMS: Params = {
  gasMax: 2_000_000n,
  resultPeriod: 7n * DAY_NS,
  readTimeoutMax: DAY_NS,
};
/** Largest value of any of them, so that times add up within 64 bits. */
export const PARAM_MAX = (1n << 53n) - 1n;

/** Longest payload of a call, in bytes. */
export const PAYLOAD_BYTES_MAX = 32_768;
/** Longest result of a call, in bytes. */
export const RESULT_BYTES_MAX = 32_768;
/** Longest sender in a packet, in bytes of UTF-8. */
export const SENDER_BYTES_MAX = 256;
/** Longest name of a target, in characters. */
export const TARGET_CHARS_MAX = 64;
/** Longest data of a packet, in bytes. */
export const PACKET_BYTES_MAX = PAYLOAD_BYTES_MAX + 1_024;

/** Longest store prefix of a read, in bytes. */
export const READ_STORE_BYTES_MAX = 64;
/** Longest key of a read, in bytes. */
export const READ_KEY_BYTES_MAX = 1_024;
/** Longest value of a read, in bytes. */
export const READ_VALUE_BYTES_MAX = 32_768;
/** Longest proof of a read, in bytes. */
export const READ_PROOF_BYTES_MAX = 65_536;

/** Old results that each new one removes at most: more than one, so that the old ones die out. */
export const FORGET_MAX = 2;
