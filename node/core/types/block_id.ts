import type { Block } from "cosmjs-types/tendermint/types/block";
import { type BlockID, PartSetHeader } from "cosmjs-types/tendermint/types/types";
import { bytesToHex, equalBytes } from "../bytes.ts";
import { hashHeader } from "./hash.ts";
import { partSetHeader } from "./part_set.ts";

/** The id of no block, as in votes for nil. Treat as a constant. */
export const EMPTY_BLOCK_ID: BlockID = Object.freeze({
  hash: new Uint8Array(),
  partSetHeader: Object.freeze({ total: 0, hash: new Uint8Array() }),
});

/** The id of a block: its header's hash and the header of the part set of its encoding `bytes`. */
export function blockIdOf(block: Block, bytes: Uint8Array): BlockID {
  return { hash: hashHeader(block.header), partSetHeader: partSetHeader(bytes) };
}

/** True of an id that names no block (CometBFT `BlockID.IsZero`). */
export function isNilBlockId(id: BlockID | undefined): boolean {
  if (id === undefined) return true;
  return id.hash.length === 0 && id.partSetHeader.total === 0 && id.partSetHeader.hash.length === 0;
}

/** True of an id that names a block fully (CometBFT `BlockID.IsComplete`). */
export function isCompleteBlockId(id: BlockID): boolean {
  return id.hash.length === 32 && id.partSetHeader.total > 0 && id.partSetHeader.hash.length === 32;
}

export function equalBlockIds(a: BlockID, b: BlockID): boolean {
  return equalBytes(a.hash, b.hash) && a.partSetHeader.total === b.partSetHeader.total &&
    equalBytes(a.partSetHeader.hash, b.partSetHeader.hash);
}

/**
 * A string that two ids share only when they are equal; empty for nil. Its order is the order of CometBFT's
 * `BlockID.Key()`, by which the two votes of duplicate-vote evidence are sorted.
 */
export function blockIdKey(id: BlockID | undefined): string {
  if (id === undefined || isNilBlockId(id)) return "";
  return bytesToHex(id.hash) + bytesToHex(PartSetHeader.encode(id.partSetHeader).finish());
}
