/** Where the store has what. Lanes, packets and cursors are written by the holder of the lease only. @module */
import type { StoreKey } from "../store/mod.ts";

export const LANES: StoreKey = ["lane"];
export const laneKey = (laneId: string): StoreKey => ["lane", laneId];

export const PACKETS: StoreKey = ["packet"];
export const packetKey = (laneId: string, sequence: bigint): StoreKey => ["packet", laneId, sequence];
export const packetsOf = (laneId: string): StoreKey => ["packet", laneId];
/** Pieces of data and acknowledgements that are too long for the record. */
export const bodyKey = (laneId: string, sequence: bigint, piece: number): StoreKey => [
  "body",
  laneId,
  sequence,
  BigInt(piece),
];

/** Settled packets, until newer ones of their lane take their place. */
export const doneKey = (laneId: string, sequence: bigint): StoreKey => ["done", laneId, sequence];
export const doneOf = (laneId: string): StoreKey => ["done", laneId];

export const totalsKey = (laneId: string): StoreKey => ["totals", laneId];
export const TOTALS: StoreKey = ["totals"];

export const CURSORS: StoreKey = ["cursor"];
export const cursorKey = (chain: string): StoreKey => ["cursor", chain];

/** Searches that are under way. */
export const SEARCHES: StoreKey = ["search"];
export const searchKey = (laneId: string): StoreKey => ["search", laneId];

/** Paths, and requests to the worker: written by anybody, each write checked. */
export const PATHS: StoreKey = ["path"];
export const pathKey = (id: string): StoreKey => ["path", id];
export const REQUESTS: StoreKey = ["request"];
export const requestKey = (id: string): StoreKey => ["request", id];

/** Values of other chains that a chain asks for. */
export const READS: StoreKey = ["read"];
export const readKey = (chain: string, id: bigint): StoreKey => ["read", chain, id];

/** Notes of the worker to itself. */
export const MARKS: StoreKey = ["mark"];
export const markKey = (what: string): StoreKey => ["mark", what];
