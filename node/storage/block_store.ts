import { Block } from "cosmjs-types/tendermint/types/block";
import { type BlockID, BlockMeta, Commit, type Header, SignedHeader } from "cosmjs-types/tendermint/types/types";
import { LRUCache } from "lru-cache";
import { bytesToU64, concatBytes, prefixEnd, u64ToBytes } from "../core/bytes.ts";
import { invariant } from "../core/invariant.ts";
import { ChangedValues, type StoredSince } from "./_changed_values.ts";
import { heightKey, prefix } from "./_heights.ts";
import type { StorePart, Write } from "./store.ts";

/** Encoded blocks whose decoded form is kept, in bytes. */
const CACHE_BYTES_MAX = 16 * 1024 * 1024;

const META = prefix("b/m/");
const BLOCK = prefix("b/b/");
const COMMIT = prefix("b/c/");
const SEEN = prefix("b/s/");
const HASH = prefix("b/h/");
const RESULTS = prefix("b/r/");
const CHAIN = prefix("b/x/");
const HEADER = prefix("b/w/");

/** A decided block with the commit that was seen for it. */
export interface BlockToSave {
  readonly height: bigint;
  readonly blockId: BlockID;
  /** The encoded `Block`. */
  readonly blockBytes: Uint8Array;
  /** The same, decoded, by who has it at hand. */
  readonly block?: Block | undefined;
  readonly seenCommit: Commit;
}

/** A block as it is stored. The decoded block is shared: treat it as a constant. */
export interface LoadedBlock {
  readonly blockId: BlockID;
  readonly block: Block;
  /** Encoded size, in bytes. */
  readonly size: number;
}

/**
 * Blocks and what belongs to their heights, under keys that start with `b/` of the store given (the whole store, so that
 * the `…Writes` of one block can go into one batch with those of others). Each `save…` is a batch of its own.
 */
export class BlockStore {
  readonly #store: StorePart;
  readonly #validators: ChangedValues;
  readonly #params: ChangedValues;
  readonly #cache = new LRUCache<bigint, LoadedBlock>({
    maxSize: CACHE_BYTES_MAX,
    sizeCalculation: (loaded) => loaded.size + 1,
  });

  constructor(store: StorePart) {
    this.#store = store;
    this.#validators = new ChangedValues(store, "b/v/");
    this.#params = new ChangedValues(store, "b/p/");
  }

  /** What to write for a block: block, meta, seen commit, height by hash, and the canonical commit of the height below. */
  blockWrites(toSave: BlockToSave): Write[] {
    const { height, blockId, blockBytes, seenCommit } = toSave;
    const block = toSave.block ?? Block.decode(blockBytes);
    invariant(block.header.height === height, `save block ${height}: its header says ${block.header.height}`);
    const meta = BlockMeta.fromPartial({
      blockId,
      blockSize: BigInt(blockBytes.length),
      header: block.header,
      numTxs: BigInt(block.data.txs.length),
    });
    this.#cache.delete(height);
    const writes: Write[] = [
      [heightKey(META, height), BlockMeta.encode(meta).finish()],
      [heightKey(BLOCK, height), blockBytes],
      [heightKey(SEEN, height), Commit.encode(seenCommit).finish()],
      [concatBytes(HASH, blockId.hash), u64ToBytes(height)],
    ];
    if (block.lastCommit && height > 0n) {
      writes.push([heightKey(COMMIT, height - 1n), Commit.encode(block.lastCommit).finish()]);
    }
    return writes;
  }

  async saveBlock(toSave: BlockToSave): Promise<void> {
    const block = toSave.block ?? Block.decode(toSave.blockBytes);
    await this.#store.batch(this.blockWrites({ ...toSave, block }));
    const { height, blockId, blockBytes } = toSave;
    this.#cache.set(height, { blockId, block, size: blockBytes.length });
  }

  async loadBlock(height: bigint): Promise<LoadedBlock | undefined> {
    const cached = this.#cache.get(height);
    if (cached || height < 0n) return cached;
    const [bytes, meta] = await this.#store.getMany([heightKey(BLOCK, height), heightKey(META, height)]);
    if (!bytes || !meta) return undefined;
    const loaded = { blockId: BlockMeta.decode(meta).blockId, block: Block.decode(bytes), size: bytes.length };
    this.#cache.set(height, loaded);
    return loaded;
  }

  /** The encoded block, for peers that catch up. */
  loadBlockBytes(height: bigint): Promise<Uint8Array | undefined> {
    return this.#at(BLOCK, height);
  }

  /** Encoded block and encoded commit for it, the one seen here or else the canonical one. */
  async loadSealedBytes(
    height: bigint,
  ): Promise<{ readonly block: Uint8Array; readonly commit: Uint8Array } | undefined> {
    if (height < 0n) return undefined;
    const keys = [heightKey(BLOCK, height), heightKey(SEEN, height)];
    const [block, seen] = await this.#store.getMany(keys);
    const commit = seen ?? await this.#at(COMMIT, height);
    return block && commit && { block, commit };
  }

  async loadBlockMeta(height: bigint): Promise<BlockMeta | undefined> {
    const bytes = await this.#at(META, height);
    return bytes && BlockMeta.decode(bytes);
  }

  /** What to write for a header whose block is not here: it is not counted among the stored heights. */
  headerWrites(header: Header, commit: Commit | undefined): Write[] {
    const value = SignedHeader.fromPartial({ header, ...(commit && { commit }) });
    return [[heightKey(HEADER, header.height), SignedHeader.encode(value).finish()]];
  }

  /** The header of a stored block, or one that was stored without its block, then with the commit stored with it. */
  async loadHeader(
    height: bigint,
  ): Promise<{ readonly header: Header; readonly commit: Commit | undefined } | undefined> {
    const [meta, commit] = await Promise.all([this.loadBlockMeta(height), this.loadCommit(height)]);
    if (meta !== undefined) return { header: meta.header, commit };
    const bytes = await this.#at(HEADER, height);
    const stored = bytes && SignedHeader.decode(bytes);
    return stored?.header && { header: stored.header, commit: stored.commit };
  }

  /** The commit that this node saw for `height`. */
  async loadSeenCommit(height: bigint): Promise<Commit | undefined> {
    const bytes = await this.#at(SEEN, height);
    return bytes && Commit.decode(bytes);
  }

  /** The canonical commit of `height`: the one in block `height + 1`, once that is stored. */
  async loadCommit(height: bigint): Promise<Commit | undefined> {
    const bytes = await this.#at(COMMIT, height);
    return bytes && Commit.decode(bytes);
  }

  async heightByHash(hash: Uint8Array): Promise<bigint | undefined> {
    if (hash.length !== 32) return undefined;
    const bytes = await this.#store.get(concatBytes(HASH, hash));
    return bytes && bytesToU64(bytes);
  }

  /** The lowest stored height. */
  base(): Promise<bigint | undefined> {
    return this.#outermost(false);
  }

  /** The lowest height whose block is stored, which may be above {@linkcode base}: of some only the header is there. */
  async blockBase(): Promise<bigint | undefined> {
    const range = { start: BLOCK, end: prefixEnd(BLOCK) };
    for await (const [key] of this.#store.iterate(range, { limit: 1 })) return bytesToU64(key, BLOCK.length);
    return undefined;
  }

  /** The highest stored height. */
  latest(): Promise<bigint | undefined> {
    return this.#outermost(true);
  }

  /** `bytes` is an encoded `ResponseFinalizeBlock`. */
  blockResultsWrites(height: bigint, bytes: Uint8Array): Write[] {
    return [[heightKey(RESULTS, height), bytes]];
  }

  saveBlockResults(height: bigint, bytes: Uint8Array): Promise<void> {
    return this.#store.batch(this.blockResultsWrites(height, bytes));
  }

  loadBlockResults(height: bigint): Promise<Uint8Array | undefined> {
    return this.#at(RESULTS, height);
  }

  /**
   * What to write for the validators of `height`. `bytes` is the encoded `ValidatorSet` with the priorities of that
   * height; members or powers last changed at `changedAt` (priorities move at every height and do not count). At most
   * heights only a pointer is stored: the reader advances the priorities of what it points to.
   */
  validatorsWrites(height: bigint, bytes: Uint8Array, changedAt: bigint = height): Write[] {
    return this.#validators.writes(height, bytes, changedAt);
  }

  /** What to write where the validators are those stored in full at `storedHeight`, priorities aside. */
  validatorsPointer(height: bigint, storedHeight: bigint): Write[] {
    return this.#validators.pointerWrites(height, storedHeight);
  }

  saveValidators(height: bigint, bytes: Uint8Array, changedAt: bigint = height): Promise<void> {
    return this.#store.batch(this.validatorsWrites(height, bytes, changedAt));
  }

  /** The set stored for `height`: its priorities are those of `storedHeight`, at most 1 000 heights before. */
  loadValidators(height: bigint): Promise<StoredSince | undefined> {
    return this.#validators.load(height);
  }

  /** As {@linkcode validatorsWrites}, for encoded `ConsensusParams`. */
  consensusParamsWrites(height: bigint, bytes: Uint8Array, changedAt: bigint = height): Write[] {
    return this.#params.writes(height, bytes, changedAt);
  }

  saveConsensusParams(height: bigint, bytes: Uint8Array, changedAt: bigint = height): Promise<void> {
    return this.#store.batch(this.consensusParamsWrites(height, bytes, changedAt));
  }

  loadConsensusParams(height: bigint): Promise<StoredSince | undefined> {
    return this.#params.load(height);
  }

  /** What to write for the chain's own state, in the form the caller chooses. */
  chainStateWrites(bytes: Uint8Array): Write[] {
    return [[CHAIN, bytes]];
  }

  saveChainState(bytes: Uint8Array): Promise<void> {
    return this.#store.batch(this.chainStateWrites(bytes));
  }

  loadChainState(): Promise<Uint8Array | undefined> {
    return this.#store.get(CHAIN);
  }

  #at(space: Uint8Array, height: bigint): Promise<Uint8Array | undefined> {
    return height < 0n ? Promise.resolve(undefined) : this.#store.get(heightKey(space, height));
  }

  async #outermost(reverse: boolean): Promise<bigint | undefined> {
    const range = { start: META, end: prefixEnd(META) };
    for await (const [key] of this.#store.iterate(range, { reverse, limit: 1 })) return bytesToU64(key, META.length);
    return undefined;
  }
}
