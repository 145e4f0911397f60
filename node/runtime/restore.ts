/**
 * Makes an empty store one in which a chain stands at a height, out of a snapshot and proven headers. Nothing counts before
 * the head is published, with everything that goes with it in one commit: an attempt that ended earlier is cleared away by the
 * next one, or by a start from genesis. Rooms above see a chain that has always been there, without blocks below that height.
 * @module
 */
import { Block } from "cosmjs-types/tendermint/types/block";
import { ConsensusParams } from "cosmjs-types/tendermint/types/params";
import { ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import {
  type ChainParams,
  type ChainState,
  chainStateFromHeaders,
  encodeChainParams,
  encodeChainState,
  type GenesisDoc,
  type ProvenHeader,
  type ProvenHeaders,
  updateConsensusParams,
} from "../chain/mod.ts";
import { equalBytes, utf8ToBytes } from "../core/bytes.ts";
import { IoError } from "../core/errors.ts";
import { invariant } from "../core/invariant.ts";
import { ok, type Result } from "../core/result.ts";
import { durationToNanos, type Nanos } from "../core/time.ts";
import { decodeMetadata, flatKey, SnapshotRestorer } from "../state/mod.ts";
import { BlockStore, type Store, type Write } from "../storage/mod.ts";
import { clearPart, SortedRuns } from "./_sorted_runs.ts";
import { inSlices } from "./breathe.ts";
import { digestOf, GENESIS_DIGEST_KEY, NODES, nodeWrite } from "./chain_store.ts";
import { snapshotWrite } from "./snapshots.ts";

/** Values of the state in sorted runs, while they are collected. */
const RUNS = "r/";
/** There while an attempt is under way. */
const MARK = utf8ToBytes("rm");
/** Everything that an attempt writes before it counts: runs, tree nodes, headers, validators. */
const WRITTEN = [RUNS, NODES, "b/w/", "b/v/"];

/** A header below the restored height, for judging evidence. */
export type HistoricHeader = Pick<ProvenHeader, "header" | "validators"> & {
  readonly commit: ProvenHeader["commit"] | undefined;
};

export interface ChainRestoreOptions {
  /** Without a published version. */
  readonly store: Store;
  readonly genesis: GenesisDoc;
  /** Where the application keeps the consensus parameters; without it they are those of the genesis. */
  readonly paramsAt?: { readonly store: string; readonly key: Uint8Array } | undefined;
  /** How long work runs before others get a turn, in milliseconds. */
  readonly sliceMs?: number | undefined;
}

/** Whether a store holds a chain already: then it cannot be begun from a snapshot. */
export const isBegun = async (store: Store): Promise<boolean> => await store.versioned.head() !== undefined;

/** Removes what an attempt to restore left that did not come to its end. */
export async function clearRestore(store: Store): Promise<void> {
  invariant(!await isBegun(store), "clear an attempt to restore: there is a chain");
  if (await store.get(MARK) === undefined) return;
  for (const prefix of WRITTEN) await clearPart(store.sub(prefix));
  await store.batch([[MARK, undefined]]);
}

interface Attempt {
  readonly height: bigint;
  readonly restorer: SnapshotRestorer;
  readonly metadata: Uint8Array;
  /** As the application keeps them, once they came. */
  paramsBytes: Uint8Array | undefined;
  /** Where the set of the lowest header that was saved is stored. */
  stored: { readonly hash: Uint8Array; readonly height: bigint } | undefined;
}

/** One store, any number of attempts. The calls of an attempt come one after the other. */
export class ChainRestore {
  readonly #options: ChainRestoreOptions;
  readonly #store: Store;
  readonly #blocks: BlockStore;
  #runs: SortedRuns;
  #attempt: Attempt | undefined;

  constructor(options: ChainRestoreOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#blocks = new BlockStore(options.store);
    this.#runs = new SortedRuns(options.store.sub(RUNS));
  }

  /** Begins anew: whatever was there before is removed. The metadata must be those of a checked snapshot. */
  async begin(height: bigint, metadata: Uint8Array): Promise<void> {
    if (await isBegun(this.#store)) {
      throw new IoError("home_not_empty", "begin from a snapshot: the home holds a chain already; choose an empty one");
    }
    const read = decodeMetadata(metadata);
    invariant(read.ok, "begin from a snapshot: its metadata were not checked");
    await clearRestore(this.#store);
    await this.#store.batch([[MARK, new Uint8Array()]]);
    this.#runs = new SortedRuns(this.#store.sub(RUNS));
    const restorer = new SnapshotRestorer(height, read.value);
    this.#attempt = { height, restorer, metadata, paramsBytes: undefined, stored: undefined };
  }

  async apply(chunk: Uint8Array): Promise<Result<void>> {
    const attempt = this.#current();
    const part = await inSlices(attempt.restorer.apply(chunk), this.#options.sliceMs);
    if (!part.ok) return part;
    const { flat, nodes } = part.value;
    attempt.paramsBytes ??= this.#findParams(flat)?.slice();
    await this.#store.bulk(nodes.map(nodeWrite));
    await this.#runs.add(flat);
    return ok(undefined);
  }

  #findParams(flat: readonly Write[]): Uint8Array | undefined {
    const { paramsAt } = this.#options;
    if (paramsAt === undefined) return undefined;
    const wanted = flatKey(paramsAt.store, paramsAt.key);
    return flat.find(([key]) => equalBytes(key, wanted))?.[1];
  }

  /** Those of the state; sections that the application leaves out, or all, are those of the genesis. */
  #params(): Result<ChainParams> {
    const { consensusParams } = this.#options.genesis;
    const { paramsBytes } = this.#current();
    if (paramsBytes === undefined) return ok(consensusParams);
    return updateConsensusParams(consensusParams, ConsensusParams.decode(paramsBytes));
  }

  /** Puts the values where they belong. How old evidence may be on this chain. */
  async complete(headers: ProvenHeaders): Promise<Result<{ readonly blocks: bigint; readonly nanos: Nanos }>> {
    const state = this.#stateOf(headers);
    if (!state.ok) return state;
    await this.placeValues();
    const { maxAgeNumBlocks, maxAgeDuration } = state.value.consensusParams.evidence;
    return ok({ blocks: maxAgeNumBlocks, nanos: durationToNanos(maxAgeDuration) });
  }

  /** All chunks were applied: their values, in the order of keys, are staged. A part of {@linkcode complete}. */
  async placeValues(): Promise<void> {
    const { height } = this.#current();
    const { versioned } = this.#store;
    await versioned.stage(height, []);
    for await (const batch of this.#runs.merged()) await versioned.extend(height, batch);
    await this.#runs.clear();
  }

  #stateOf(headers: ProvenHeaders): Result<ChainState> {
    const params = this.#params();
    return params.ok ? chainStateFromHeaders(this.#options.genesis.initialHeight, headers, params.value) : params;
  }

  /** Headers in descending order, each the one below the one before. */
  async saveHeaders(headers: readonly HistoricHeader[]): Promise<void> {
    const attempt = this.#current();
    const writes: Write[] = [];
    for (const { header, validators, commit } of headers) {
      const { height, validatorsHash } = header;
      writes.push(...this.#blocks.headerWrites(header, commit));
      if (attempt.stored !== undefined && equalBytes(attempt.stored.hash, validatorsHash)) {
        writes.push(...this.#blocks.validatorsPointer(height, attempt.stored.height));
      } else {
        attempt.stored = { hash: validatorsHash, height };
        writes.push(...this.#blocks.validatorsWrites(height, ValidatorSet.encode(validators).finish()));
      }
    }
    await this.#store.bulk(writes);
  }

  /** Publishes: the last write. `block` is the encoded block of the height. */
  async finish(headers: ProvenHeaders, block: Uint8Array): Promise<Result<void>> {
    const { height, restorer, metadata } = this.#current();
    const made = this.#stateOf(headers);
    if (!made.ok) return made;
    const state = made.value;
    const { meta, info, places } = restorer.finish();
    const alongside: Write[] = [
      [MARK, undefined],
      ...this.#blocks.chainStateWrites(encodeChainState(state)),
      [GENESIS_DIGEST_KEY, digestOf(this.#options.genesis)],
      ...this.#blocks.blockWrites({
        height,
        blockId: state.lastBlockId,
        blockBytes: block,
        block: Block.decode(block),
        seenCommit: headers.last.commit,
      }),
      ...this.#validatorsWrites(state),
      ...this.#blocks.consensusParamsWrites(height + 1n, encodeChainParams(state.consensusParams)),
      nodeWrite(info),
      snapshotWrite({ height, metadata, places }),
    ];
    await this.#store.versioned.publish(height, meta, alongside);
    this.#attempt = undefined;
    return ok(undefined);
  }

  #validatorsWrites({ lastHeight, lastValidators, validators, nextValidators }: ChainState): Write[] {
    return [lastValidators, validators, nextValidators].flatMap((set, i) =>
      this.#blocks.validatorsWrites(lastHeight + BigInt(i), ValidatorSet.encode(set).finish())
    );
  }

  #current(): Attempt {
    invariant(this.#attempt !== undefined, "restore a chain: no attempt was begun");
    return this.#attempt;
  }
}
