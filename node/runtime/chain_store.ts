/** What the runtime keeps in the store, and in which order it is written. @module */
import type { ResponseFinalizeBlock } from "cosmjs-types/tendermint/abci/types";
import { ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import {
  type ChainState,
  type CommittedEvidence,
  decodeChainState,
  encodeChainParams,
  encodeChainState,
  type EvidenceHeight,
} from "../chain/mod.ts";
import { bytesToHex, bytesToU64, concatBytes, hexToBytes, prefixEnd, u64ToBytes, utf8ToBytes } from "../core/bytes.ts";
import { IoError } from "../core/errors.ts";
import { timestampToNanos } from "../core/time.ts";
import { ProposerRotation } from "../core/validators/mod.ts";
import type { StagedCommit, StateWrite } from "../state/commit.ts";
import { BlockStore, type Store, type StorePart, TxIndex, type Write } from "../storage/mod.ts";
import { breathe, inSlices } from "./breathe.ts";
import { encodeResults } from "./_results.ts";

/** Tree nodes, commit infos and the stale index: the keys are node/state's. */
const NODES = "t/";
/** Evidence that blocks carry, by key: height and time. */
const EVIDENCE = utf8ToBytes("e/");
/** Digest of the genesis document. */
const GENESIS = utf8ToBytes("g/digest");

const nodesPrefix = utf8ToBytes(NODES);
const nodeWrite = ([key, value]: StateWrite): Write => [concatBytes(nodesPrefix, key), value];

/** An executed block, ready to be written. */
export interface ExecutedWrites {
  readonly height: bigint;
  readonly staged: StagedCommit;
  readonly response: ResponseFinalizeBlock;
  readonly txHashes: readonly Uint8Array[];
  /** The state after the block. */
  readonly next: ChainState;
  readonly evidence: { readonly remember: readonly CommittedEvidence[]; readonly forget: readonly string[] };
}

export class ChainStore {
  readonly blocks: BlockStore;
  readonly index: TxIndex;
  readonly nodes: StorePart;
  readonly versioned: Store["versioned"];
  readonly #store: Store;

  /** `indexes`: whether transactions and events can be searched for. */
  constructor(store: Store, readonly indexes = true) {
    this.#store = store;
    this.blocks = new BlockStore(store);
    this.index = new TxIndex(store);
    this.nodes = store.sub(NODES);
    this.versioned = store.versioned;
  }

  /** The published chain state and the digest of the genesis it grew from; undefined in a new store. */
  async load(): Promise<{ readonly state: ChainState; readonly genesisDigest: Uint8Array } | undefined> {
    const head = await this.versioned.head();
    if (head === undefined) return undefined;
    const [bytes, genesisDigest] = await Promise.all([this.blocks.loadChainState(), this.#store.get(GENESIS)]);
    if (bytes === undefined || genesisDigest === undefined) {
      throw new IoError("chain_damaged", `open the chain: version ${head.version} is there without its chain state`);
    }
    const state = decodeChainState(bytes);
    if (!state.ok) throw new IoError("chain_damaged", `open the chain: ${state.error.message}`);
    return { state: state.value, genesisDigest };
  }

  async loadEvidence(): Promise<CommittedEvidence[]> {
    const found: CommittedEvidence[] = [];
    for await (const [key, value] of this.#store.iterate({ start: EVIDENCE, end: prefixEnd(EVIDENCE) })) {
      const name = bytesToHex(key.subarray(EVIDENCE.length));
      found.push({ key: name, height: bytesToU64(value), time: BigInt.asIntN(64, bytesToU64(value, 8)) });
    }
    return found;
  }

  /** The first version: the state that genesis makes. Real once this resolves, and not before. */
  async saveGenesis(staged: StagedCommit, state: ChainState, digest: Uint8Array): Promise<void> {
    const { initialHeight: height, consensusParams } = state;
    const next = height + 1n;
    await this.#store.bulk([
      ...this.blocks.validatorsWrites(height, ValidatorSet.encode(state.validators).finish()),
      ...this.blocks.validatorsWrites(next, ValidatorSet.encode(state.nextValidators).finish(), height),
      ...this.blocks.consensusParamsWrites(height, encodeChainParams(consensusParams)),
      ...staged.nodes.map(nodeWrite),
      ...staged.stale.map(nodeWrite),
    ]);
    await this.versioned.stage(staged.version, staged.flat);
    await this.#publish(staged, state, [[GENESIS, digest]]);
  }

  /**
   * Writes everything an executed block leaves behind, none of which anybody finds yet: results, index, validators,
   * parameters, tree and values. Then {@linkcode publish} makes it real.
   */
  async stageExecuted(writes: ExecutedWrites): Promise<void> {
    const { height, staged, response, txHashes, next, evidence } = writes;
    const results = await encodeResults(response);
    const validators = ValidatorSet.encode(next.nextValidators).finish();
    const params = encodeChainParams(next.consensusParams);
    const indexed = this.indexes
      ? await inSlices(this.index.indexWork(height, txHashes, response.txResults, response.events))
      : [];
    await breathe();
    const plain: Write[] = [
      ...this.blocks.blockResultsWrites(height, results),
      ...this.blocks.validatorsWrites(height + 2n, validators, next.lastHeightValidatorsChanged),
      ...this.blocks.consensusParamsWrites(height + 1n, params, next.lastHeightConsensusParamsChanged),
    ];
    for (const write of indexed) plain.push(write);
    for (const write of staged.nodes) plain.push(nodeWrite(write));
    for (const write of staged.stale) plain.push(nodeWrite(write));
    for (const { key, height: at, time } of evidence.remember) {
      plain.push([evidenceKey(key), concatBytes(u64ToBytes(at), u64ToBytes(BigInt.asUintN(64, time)))]);
    }
    for (const key of evidence.forget) plain.push([evidenceKey(key), undefined]);
    await Promise.all([this.#store.bulk(plain), this.versioned.stage(staged.version, staged.flat)]);
  }

  /** Moves the head: the last write of a block, alone, with the chain state that goes with it. */
  publish(staged: StagedCommit, next: ChainState): Promise<void> {
    return this.#publish(staged, next, []);
  }

  #publish(staged: StagedCommit, next: ChainState, more: readonly Write[]): Promise<void> {
    const alongside = [...this.blocks.chainStateWrites(encodeChainState(next)), ...more];
    return this.versioned.publish(staged.version, staged.meta, alongside);
  }

  /** The validators of `height` with their priorities then. */
  async loadValidators(height: bigint): Promise<ValidatorSet | undefined> {
    const stored = await this.blocks.loadValidators(height);
    if (stored === undefined) return undefined;
    const rotation = ProposerRotation.of(ValidatorSet.decode(stored.bytes));
    const steps = Number(height - stored.storedHeight);
    if (steps > 0) rotation.increment(steps);
    return rotation.toValidatorSet();
  }

  /** What judging evidence of `heights` needs, looked up beforehand. */
  async loadEvidenceHeights(heights: readonly bigint[]): Promise<(height: bigint) => EvidenceHeight | undefined> {
    const known = new Map<bigint, EvidenceHeight>();
    for (const height of new Set(heights)) {
      const [meta, validators] = await Promise.all([this.blocks.loadBlockMeta(height), this.loadValidators(height)]);
      if (meta === undefined || validators === undefined) continue;
      known.set(height, { time: timestampToNanos(meta.header.time), validators });
    }
    return (height) => known.get(height);
  }
}

const evidenceKey = (key: string): Uint8Array => concatBytes(EVIDENCE, hexToBytes(key));
