/** Where contracts and their code are kept: the layout of wasmd v0.61 `x/wasm/types/keys.go`, and three entries of ours. @module */
import { concatBytes, u64ToBytes, utf8ToBytes } from "../../core/bytes.ts";
import { STATE_KEY_BYTES_MAX } from "../../state/mod.ts";

/** Name of the store, of the module and of its account. */
export const STORE = "wasm";

/** Prefix of codes. */
export const CODE_PREFIX: Uint8Array = Uint8Array.of(0x01);
/** Prefix of contracts. */
export const CONTRACT_PREFIX: Uint8Array = Uint8Array.of(0x02);
/** Prefix of what contracts keep. */
export const CONTRACT_STORE_PREFIX: Uint8Array = Uint8Array.of(0x03);
/** The id that the next code gets: eight bytes, big-endian; no entry for 1. */
export const NEXT_CODE_KEY: Uint8Array = utf8ToBytes("\x04lastCodeId");
/** The number that the next contract gets: eight bytes, big-endian; no entry for 1. */
export const NEXT_INSTANCE_KEY: Uint8Array = utf8ToBytes("\x04lastContractId");
/** Prefix of the codes that a contract had. */
export const HISTORY_PREFIX: Uint8Array = Uint8Array.of(0x05);
/** Prefix of the index of contracts by code. */
export const BY_CODE_PREFIX: Uint8Array = Uint8Array.of(0x06);
/** Prefix of the ids of pinned codes. */
export const PINNED_PREFIX: Uint8Array = Uint8Array.of(0x07);
/** Prefix of the index of contracts by who made them. */
export const BY_CREATOR_PREFIX: Uint8Array = Uint8Array.of(0x09);
/** `Params`. */
export const PARAMS_KEY: Uint8Array = Uint8Array.of(0x10);

/** Prefix of packets that their contracts have yet to acknowledge. */
export const PENDING_PREFIX: Uint8Array = Uint8Array.of(0x11);

/** Ours: prefix of the code itself, by checksum. wasmd keeps it in files. */
export const BYTES_PREFIX: Uint8Array = Uint8Array.of(0xc0);
/** Ours: prefix of what is known of a code without running it, by checksum. */
export const REPORT_PREFIX: Uint8Array = Uint8Array.of(0xc1);
/** Ours: what becomes of contracts with floats. */
export const FLOATS_KEY: Uint8Array = Uint8Array.of(0xc2);
/** Ours: most locals of a function. */
export const LOCALS_KEY: Uint8Array = Uint8Array.of(0xc3);

/** Bytes of a contract's address. */
export const CONTRACT_ADDRESS_BYTES = 32;
/** Longest key of a contract, in bytes: what a key of the state leaves behind prefix and address. */
export const CONTRACT_KEY_BYTES_MAX = STATE_KEY_BYTES_MAX - 1 - CONTRACT_ADDRESS_BYTES;
/** Bytes of a position: height and index of the transaction. */
export const POSITION_BYTES = 16;

/** What stands in indexes where wasmd has an empty value. Treat as a constant. */
export const PRESENT: Uint8Array = new Uint8Array();
/** What stands for a pinned code. Treat as a constant. */
export const PINNED: Uint8Array = Uint8Array.of(1);

/** `0x01 | id` → `CodeInfo`. */
export const codeKey = (id: bigint): Uint8Array => concatBytes(CODE_PREFIX, u64ToBytes(id));
/** `0x02 | address` → `ContractInfo`. */
export const contractKey = (address: Uint8Array): Uint8Array => concatBytes(CONTRACT_PREFIX, address);
/** `0x03 | address`: what every key of a contract begins with. */
export const contractStore = (address: Uint8Array): Uint8Array => concatBytes(CONTRACT_STORE_PREFIX, address);
/** `0x05 | address`: the prefix of a contract's history. */
export const historyOf = (address: Uint8Array): Uint8Array => concatBytes(HISTORY_PREFIX, address);
/** `0x05 | address | place` → `ContractCodeHistoryEntry`; places count from 1. */
export const historyKey = (address: Uint8Array, place: bigint): Uint8Array =>
  concatBytes(HISTORY_PREFIX, address, u64ToBytes(place));
/** `0x06 | code`: the prefix of the contracts of a code. */
export const contractsOfCode = (id: bigint): Uint8Array => concatBytes(BY_CODE_PREFIX, u64ToBytes(id));
/** `0x06 | code | position | address` → nothing. */
export const byCodeKey = (id: bigint, position: Uint8Array, address: Uint8Array): Uint8Array =>
  concatBytes(contractsOfCode(id), position, address);
/** `0x07 | id` → 1. */
export const pinnedKey = (id: bigint): Uint8Array => concatBytes(PINNED_PREFIX, u64ToBytes(id));
/** `0x09 | length of creator | creator`: the prefix of the contracts that somebody made. */
export const contractsOfCreator = (creator: Uint8Array): Uint8Array =>
  concatBytes(BY_CREATOR_PREFIX, Uint8Array.of(creator.length), creator);
/** `0x09 | length of creator | creator | position | address` → nothing. */
export const byCreatorKey = (creator: Uint8Array, position: Uint8Array, address: Uint8Array): Uint8Array =>
  concatBytes(contractsOfCreator(creator), position, address);
/** `0x11 | port | length of channel, four bytes | channel | sequence` → `Packet`; the receiving end's names. */
export const pendingKey = (portId: string, channelId: string, sequence: bigint): Uint8Array => {
  const channel = utf8ToBytes(channelId);
  const length = u64ToBytes(BigInt(channel.length)).subarray(4);
  return concatBytes(PENDING_PREFIX, utf8ToBytes(portId), length, channel, u64ToBytes(sequence));
};
/** `0xc0 | checksum` → the code. */
export const bytesKey = (checksum: Uint8Array): Uint8Array => concatBytes(BYTES_PREFIX, checksum);
/** `0xc1 | checksum` → `CodeReport`. */
export const reportKey = (checksum: Uint8Array): Uint8Array => concatBytes(REPORT_PREFIX, checksum);

/** A position in keys: big-endian, so that their order is that of time. */
export const positionBytes = (position: { readonly blockHeight: bigint; readonly txIndex: bigint }): Uint8Array =>
  concatBytes(u64ToBytes(position.blockHeight), u64ToBytes(position.txIndex));

/** A bound of a range that divides the keys a contract can have as `key` does, and is about as short as they are. */
export const rangeBound = (key: Uint8Array): Uint8Array =>
  key.length <= CONTRACT_KEY_BYTES_MAX ? key : concatBytes(key.subarray(0, CONTRACT_KEY_BYTES_MAX), new Uint8Array(1));
