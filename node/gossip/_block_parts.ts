/** One block on its way: the parts that are there, each proven under the block id before it is put in. @module */
import { type BlockID, BlockID as BlockIdCodec, type Part } from "cosmjs-types/tendermint/types/types";
import { concatBytes } from "../core/bytes.ts";
import { encode } from "../core/codec/mod.ts";
import { verifyMerkleProof } from "../core/merkle/mod.ts";
import { PART_BYTES, partSet } from "../core/types/mod.ts";
import { nameOf } from "./wire.ts";

/** By what a block is named in a `have`. */
export const blockName = (blockId: BlockID): string => nameOf(encode(BlockIdCodec, blockId));

/** Whether a part is one of this block: at its place, of its length and proven. */
export function isPartOf({ partSetHeader: { total, hash } }: BlockID, { index, bytes, proof }: Part): boolean {
  if (proof.total !== BigInt(total) || proof.index !== BigInt(index)) return false;
  const isLast = index === total - 1;
  if (isLast ? bytes.length === 0 || bytes.length > PART_BYTES : bytes.length !== PART_BYTES) return false;
  return verifyMerkleProof(hash, proof, bytes);
}

export class BlockParts {
  readonly name: string;
  readonly blockId: BlockID;
  /** How many parts the block has. */
  readonly total: number;
  #parts: (Part | undefined)[] = [];
  #count = 0;
  #whole: Uint8Array | undefined;
  /** Bytes of the parts that are there. */
  bytes = 0;

  constructor(name: string, blockId: BlockID) {
    this.name = name;
    this.blockId = blockId;
    this.total = blockId.partSetHeader.total;
  }

  /** The block once all its parts are there. */
  get whole(): Uint8Array | undefined {
    return this.#whole;
  }

  has(index: number): boolean {
    return this.#whole !== undefined ? index >= 0 && index < this.total : this.#parts[index] !== undefined;
  }

  /** Puts a part in that {@linkcode isPartOf} found good; true when it is new. */
  add(part: Part): boolean {
    if (this.has(part.index)) return false;
    this.#parts[part.index] = part;
    this.#count++;
    this.bytes += part.bytes.length;
    if (this.#count === this.total) {
      this.#whole = this.total === 1 ? part.bytes : concatBytes(...this.#parts.map((each) => each!.bytes));
      // Cut again when somebody lacks some: views of the whole take half the memory of what came in.
      this.#parts = [];
    }
    return true;
  }

  /** Takes the whole block. False when it is not the block of this id. */
  fill(bytes: Uint8Array): boolean {
    if (this.#whole !== undefined) return true;
    const { header, parts } = partSet(bytes);
    const { total, hash } = this.blockId.partSetHeader;
    if (header.total !== total || header.hash.some((byte, i) => byte !== hash[i])) return false;
    this.#whole = bytes;
    this.#parts = [...parts];
    this.bytes = bytes.length;
    return true;
  }

  /** A part with its proof; undefined when it is not there. */
  part(index: number): Part | undefined {
    if (this.#whole !== undefined && this.#parts.length === 0) this.#parts = [...partSet(this.#whole).parts];
    return this.#parts[index];
  }

  /** Which parts are there, as in a `have`. */
  bits(): Uint8Array {
    const bits = new Uint8Array(Math.ceil(this.total / 8));
    for (let i = 0; i < this.total; i++) if (this.has(i)) bits[i >> 3]! |= 1 << (i & 7);
    return bits;
  }
}

/** Whether bits as in a `have` hold that of a part. */
export const hasBit = (bits: Uint8Array | undefined, index: number): boolean =>
  bits !== undefined && ((bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
