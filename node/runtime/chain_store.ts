/** What the runtime keeps in the store, and in which order it is written. @module */
import type { ResponseFinalizeBlock } from "cosmjs-types/tendermint/abci/types";
import { Evidence } from "cosmjs-types/tendermint/types/evidence";
import { ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import {
  type ChainState,
  type CommittedEvidence,
  decodeChainState,
  encodeChainParams,
  encodeChainState,
  type EvidenceChanges,
  type EvidenceHeight,
  type GenesisDoc,
  genesisToJson,
  type Kept,
  type RememberedEvidence,
} from "../chain/mod.ts";
import { bytesToHex, bytesToU64, concatBytes, hexToBytes, prefixEnd, u64ToBytes, utf8ToBytes } from "../core/bytes.ts";
import { sha256 } from "../core/crypto/mod.ts";
import { IoError } from "../core/errors.ts";
import { timestampToNanos } from "../core/time.ts";
import { ProposerRotation } from "../core/validators/mod.ts";
import type { StagedCommit, StateWrite } from "../state/commit.ts";
import { BlockStore, type Store, type StorePart, TxIndex, type Write } from "../storage/mod.ts";
import { breathe, inSlices } from "./breathe.ts";
import { encodeResults } from "./_results.ts";

/** Tree nodes, commit infos and the stale index: the keys are node/state's. */
export const NODES = "t/";
/** Evidence that blocks carry, by key: height, time, and the height of the block. */
const EVIDENCE_COMMITTED = utf8ToBytes("e/");
/** Evidence that waits for a block, by key. */
const EVIDENCE_PENDING = utf8ToBytes("ep/");
/** Conflicting votes of heights that are not decided, by key. */
const EVIDENCE_REPORTED = utf8ToBytes("er/");
/** Digest of the genesis document. */
export const GENESIS_DIGEST_KEY: Uint8Array = utf8ToBytes("g/digest");

const nodesPrefix = utf8ToBytes(NODES);
/** A write of node/state as one of the whole store. */
export const nodeWrite = ([key, value]: StateWrite): Write => [concatBytes(nodesPrefix, key), value];

/** By what a genesis is known. */
export const digestOf = (genesis: GenesisDoc): Uint8Array =>
  sha256(utf8ToBytes(JSON.stringify(genesisToJson(genesis))));

/** An executed block, ready to be written. */
export interface ExecutedWrites {
  readonly height: bigint;
  readonly staged: StagedCommit;
  readonly response: ResponseFinalizeBlock;
  readonly txHashes: readonly Uint8Array[];
  /** The state after the block. */
  readonly next: ChainState;
  readonly evidence: EvidenceChanges;
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
    const [bytes, genesisDigest] = await Promise.all([
      this.blocks.loadChainState(),
      this.#store.get(GENESIS_DIGEST_KEY),
    ]);
    if (bytes === undefined || genesisDigest === undefined) {
      throw new IoError("chain_damaged", `open the chain: version ${head.version} is there without its chain state`);
    }
    const state = decodeChainState(bytes);
    if (!state.ok) throw new IoError("chain_damaged", `open the chain: ${state.error.message}`);
    return { state: state.value, genesisDigest };
  }

  /**
   * The evidence that was remembered after block `lastHeight`, the last published one. Marks of a block that is stored and
   * not published are passed over: it is executed again, and must find its own evidence unpunished.
   */
  async loadEvidence(lastHeight: bigint): Promise<RememberedEvidence> {
    const committed: CommittedEvidence[] = [];
    for await (const [key, value] of this.#store.iterate(all(EVIDENCE_COMMITTED))) {
      const mark = readMark(bytesToHex(key.subarray(EVIDENCE_COMMITTED.length)), value);
      if (mark.carriedAt <= lastHeight) committed.push(mark);
    }
    const pending = await this.#loadPieces(EVIDENCE_PENDING);
    const reported = await this.#loadPieces(EVIDENCE_REPORTED);
    return { committed, pending, reported };
  }

  async #loadPieces(prefix: Uint8Array): Promise<Evidence[]> {
    const pieces: Evidence[] = [];
    for await (const [, value] of this.#store.iterate(all(prefix))) pieces.push(Evidence.decode(value));
    return pieces;
  }

  /** Makes changes between blocks durable. */
  async saveEvidence(changes: EvidenceChanges): Promise<void> {
    const writes = evidenceWrites(changes);
    if (writes.length > 0) await this.#store.batch(writes);
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
    await this.#publish(staged, state, [[GENESIS_DIGEST_KEY, digest]]);
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
    for (const write of evidenceWrites(evidence)) plain.push(write);
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

  /**
   * What judging evidence of `heights` needs, looked up beforehand. Validators come without their priorities of that height:
   * those would have to be counted up from the last change, which strangers who send evidence must not make us do.
   */
  async loadEvidenceHeights(heights: readonly bigint[]): Promise<(height: bigint) => EvidenceHeight | undefined> {
    const known = new Map<bigint, EvidenceHeight>();
    for (const height of new Set(heights)) {
      const [sealed, stored] = await Promise.all([
        this.blocks.loadHeader(height),
        this.blocks.loadValidators(height),
      ]);
      if (sealed === undefined || stored === undefined) continue;
      const { header, commit } = sealed;
      const validators = ValidatorSet.decode(stored.bytes);
      known.set(height, { time: timestampToNanos(header.time), validators, header, commit });
    }
    return (height) => known.get(height);
  }
}

const all = (prefix: Uint8Array) => ({ start: prefix, end: prefixEnd(prefix) });

function evidenceWrites({ committed, pending, reported }: EvidenceChanges): Write[] {
  const piece = (value: Evidence) => Evidence.encode(value).finish();
  return [
    ...writesOf(EVIDENCE_COMMITTED, committed, writeMark),
    ...writesOf(EVIDENCE_PENDING, pending, piece),
    ...writesOf(EVIDENCE_REPORTED, reported, piece),
  ];
}

const writesOf = <T>(prefix: Uint8Array, kept: readonly Kept<T>[], encode: (value: T) => Uint8Array): Write[] =>
  kept.map(([key, value]) => [concatBytes(prefix, hexToBytes(key)), value === undefined ? undefined : encode(value)]);

const writeMark = ({ height, time, carriedAt }: CommittedEvidence) =>
  concatBytes(u64ToBytes(height), u64ToBytes(BigInt.asUintN(64, time)), u64ToBytes(carriedAt));

/** Older versions did not write the height of the block that carries the evidence. */
function readMark(key: string, value: Uint8Array): CommittedEvidence {
  const carriedAt = value.length < 24 ? 0n : bytesToU64(value, 16);
  return { key, height: bytesToU64(value), time: BigInt.asIntN(64, bytesToU64(value, 8)), carriedAt };
}
