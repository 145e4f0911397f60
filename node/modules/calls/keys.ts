/** Where calls and reads are kept. @module */
import { bytesToU64, concatBytes, u64ToBytes, utf8ToBytes } from "../../core/bytes.ts";

/** Name of the store and the module. */
export const STORE = "calls";
/** The port that the application is bound to. */
export const PORT = "calls";
/** The one version of channels that is spoken. */
export const VERSION = "calls-1";

/** `Params`. */
export const PARAMS_KEY: Uint8Array = Uint8Array.of(0x00);
/** The id that the next read gets: eight bytes, big-endian. */
export const NEXT_READ_KEY: Uint8Array = Uint8Array.of(0x01);
/** Prefix of calls. */
export const CALL_PREFIX: Uint8Array = Uint8Array.of(0x02);
/** Prefix of the index of calls by who made them. */
export const CALLER_PREFIX: Uint8Array = Uint8Array.of(0x03);
/** Prefix of reads. */
export const READ_PREFIX: Uint8Array = Uint8Array.of(0x04);
/** Prefix of the ids of reads that wait for an answer. */
export const PENDING_PREFIX: Uint8Array = Uint8Array.of(0x05);
/** Prefix of the queue of what is to be forgotten, and when. */
export const QUEUE_PREFIX: Uint8Array = Uint8Array.of(0x06);
/** What stands in an index. Treat as a constant. */
export const PRESENT: Uint8Array = Uint8Array.of(1);

const SEQUENCE_BYTES = 8;

/** `<channel>/`: channel identifiers hold no slash. */
export const channelPart = (channelId: string): Uint8Array => utf8ToBytes(`${channelId}/`);
const callPart = (channelId: string, sequence: bigint) => concatBytes(channelPart(channelId), u64ToBytes(sequence));

/** `0x02 | channel | / | sequence` → `Call`. */
export const callKey = (channelId: string, sequence: bigint): Uint8Array =>
  concatBytes(CALL_PREFIX, callPart(channelId, sequence));

/** `0x03 | length of address | address`: the prefix of the calls of an account. */
export const callsOf = (caller: Uint8Array): Uint8Array =>
  concatBytes(CALLER_PREFIX, Uint8Array.of(caller.length), caller);

/** `0x03 | length of address | address | channel | / | sequence` → 1. */
export const callerKey = (caller: Uint8Array, channelId: string, sequence: bigint): Uint8Array =>
  concatBytes(callsOf(caller), callPart(channelId, sequence));

/** Which call an index entry names, `at` bytes into its key. */
export function splitCall(key: Uint8Array, at: number): { channelId: string; sequence: bigint } {
  const slash = key.length - SEQUENCE_BYTES - 1;
  return { channelId: new TextDecoder().decode(key.subarray(at, slash)), sequence: bytesToU64(key, slash + 1) };
}

/** `0x04 | id` → `Read`. */
export const readKey = (id: bigint): Uint8Array => concatBytes(READ_PREFIX, u64ToBytes(id));
/** `0x05 | id` → 1. */
export const pendingKey = (id: bigint): Uint8Array => concatBytes(PENDING_PREFIX, u64ToBytes(id));

const CALL = 0;
const READ = 1;

/** `0x06 | time | 0 | channel | / | sequence` → 1. `time`: nanoseconds since the Unix epoch. */
export const forgetCallKey = (time: bigint, channelId: string, sequence: bigint): Uint8Array =>
  concatBytes(QUEUE_PREFIX, u64ToBytes(time), Uint8Array.of(CALL), callPart(channelId, sequence));

/** `0x06 | time | 1 | id` → 1. */
export const forgetReadKey = (time: bigint, id: bigint): Uint8Array =>
  concatBytes(QUEUE_PREFIX, u64ToBytes(time), Uint8Array.of(READ), u64ToBytes(id));

/** The first key of the queue that is later than `time`. */
export const queueAfter = (time: bigint): Uint8Array => concatBytes(QUEUE_PREFIX, u64ToBytes(time + 1n));

/** What an entry of the queue names. */
export function splitForget(key: Uint8Array): { channelId: string; sequence: bigint } | { id: bigint } {
  const at = QUEUE_PREFIX.length + 8;
  return key[at] === READ ? { id: bytesToU64(key, at + 1) } : splitCall(key, at + 1);
}
