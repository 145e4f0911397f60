/**
 * Builds, judges and commits blocks: the consensus driver's {@linkcode BlockPort} over chain, application, mempool and store.
 * @module
 */
import { Block } from "cosmjs-types/tendermint/types/block";
import type { Evidence } from "cosmjs-types/tendermint/types/evidence";
import type { BlockID, Commit, Header } from "cosmjs-types/tendermint/types/types";
import type { ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import type { Application, BlockOutput } from "../app/ports.ts";
import {
  applyBlock,
  blockBytesMax,
  type ChainState,
  dataBytesMax,
  heightContext,
  makeBlock,
  misbehaviorOf,
  nextHeight,
  validateBlockWork,
} from "../chain/mod.ts";
import type { BlockPort, Decision, HeightContext, ProposedBlock } from "../consensus/mod.ts";
import { bytesToHex, equalBytes } from "../core/bytes.ts";
import { IoError } from "../core/errors.ts";
import { invariant } from "../core/invariant.ts";
import { ok, type Result } from "../core/result.ts";
import { timestampToNanos } from "../core/time.ts";
import {
  blockIdKey,
  blockIdOf,
  decodeBlock,
  equalBlockIds,
  hashDataWork,
  hashResultsWork,
  hashTx,
} from "../core/types/mod.ts";
import type { Mempool } from "../mempool/mod.ts";
import type { CommittedBlock } from "../rpc/ports.ts";
import { decodeResultsHead, responseOf } from "./_results.ts";
import type { AppGate } from "./app_gate.ts";
import { breathe, inSlices } from "./breathe.ts";
import type { ChainStore } from "./chain_store.ts";
import type { EventBus } from "./event_bus.ts";
import type { EvidenceService } from "./evidence_service.ts";
import type { QueryPool } from "./queries/mod.ts";
import type { SpeculationPool } from "./speculation/mod.ts";
import type { WorkRunner } from "./work_runner.ts";

/** Blocks of the running height that are kept decoded: one for each round that anybody needs, in practice one. */
const JUDGED_BLOCKS_MAX = 4;

/** How long the steps of a block took, in milliseconds, and who was to sign it. */
export interface CommitTimings {
  readonly height: bigint;
  /** In which it was decided. */
  readonly round: number;
  /** The validators of this height, and those of the one before, whose signatures the block carries. */
  readonly validators: ValidatorSet;
  readonly lastValidators: ValidatorSet | undefined;
  /** On the clock of `performance.now()`. */
  readonly begunAt: number;
  readonly txs: number;
  /** Of the encoded block. */
  readonly bytes: number;
  readonly executeMs: number;
  readonly persistMs: number;
  /** The part of it that moved the head, when all else was durable. */
  readonly publishMs: number;
  readonly totalMs: number;
}

export interface BlockExecutorParts {
  readonly app: Application;
  readonly store: ChainStore;
  readonly gate: AppGate;
  readonly runner: WorkRunner;
  readonly mempool: Mempool;
  readonly evidence: EvidenceService;
  readonly bus: EventBus;
  /** Who this node is when it proposes (20 bytes); undefined: never. */
  readonly proposerAddress: Uint8Array | undefined;
  readonly onCommitted?: ((timings: CommitTimings) => void) | undefined;
  readonly speculation?: SpeculationPool | undefined;
  readonly queries?: QueryPool | undefined;
}

/** A block with its encoding and what is thought of it. */
interface JudgedBlock {
  readonly block: Block;
  readonly bytes: Uint8Array;
  readonly blockId: BlockID;
  readonly verdict: Result<void>;
}

/** A block with the commit that decided it, and its encoding. */
export type SealedBlock = Omit<JudgedBlock, "verdict"> & { readonly commit: Commit };

export class BlockExecutor implements BlockPort {
  readonly #parts: BlockExecutorParts;
  readonly #judged = new Map<string, JudgedBlock>();
  #state: ChainState;
  #lastHeader: Header | undefined;
  #seenCommit: Commit | undefined;

  /** `last`: header and seal of the last committed block; undefined before the first. */
  constructor(
    parts: BlockExecutorParts,
    state: ChainState,
    last: { readonly header: Header; readonly seenCommit: Commit } | undefined,
  ) {
    this.#parts = parts;
    this.#state = state;
    this.#lastHeader = last?.header;
    this.#seenCommit = last?.seenCommit;
  }

  /** After the last committed block. */
  get state(): ChainState {
    return this.#state;
  }

  /** The version that works of the committed state run against. */
  get version(): bigint {
    return nextHeight(this.#state) - 1n;
  }

  /** What an engine needs to decide the next height. */
  context(): HeightContext {
    return heightContext(this.#state, this.#seenCommit, this.#lastHeader);
  }

  /** The same for the start of a process: with the last block, which peers may have missed. */
  async startContext(): Promise<HeightContext> {
    const { lastHeight, lastBlockId: blockId, lastBlockTime: time } = this.#state;
    const bytes = lastHeight === 0n ? undefined : await this.#parts.store.blocks.loadBlockBytes(lastHeight);
    return { ...this.context(), lastBlock: bytes && { blockId, bytes, time } };
  }

  async build(request: { height: bigint; round: number; lastCommit: Commit | undefined }): Promise<ProposedBlock> {
    const { app, mempool, evidence: held, proposerAddress } = this.#parts;
    invariant(proposerAddress !== undefined, "build a block: this node has no validator key");
    const state = this.#state;
    const { block: limits, evidence: evidenceParams } = state.consensusParams;
    const { evidence, bytes: evidenceBytes } = await held.forBlock(Number(evidenceParams.maxBytes));
    const bytesMax = dataBytesMax(state, evidenceBytes);
    const txs = app.buildBlock(mempool.reap(bytesMax, limits.maxGas), bytesMax, limits.maxGas);
    const { height, lastCommit } = request;
    const dataHash = await inSlices(hashDataWork(txs));
    const block = makeBlock(state, { height, txs, dataHash, lastCommit, evidence, proposerAddress });
    const bytes = Block.encode(block).finish();
    const blockId = blockIdOf(block, bytes);
    this.#remember({ block, bytes, blockId, verdict: ok(undefined) });
    return { blockId, bytes, time: timestampToNanos(block.header.time) };
  }

  async validate(
    request: { height: bigint; round: number; blockId: BlockID; bytes: Uint8Array },
  ): Promise<{ valid: true; time: bigint } | { valid: false; reason: string }> {
    if (request.height !== nextHeight(this.#state)) {
      return { valid: false, reason: `the next height is ${nextHeight(this.#state)}, not ${request.height}` };
    }
    const judged = await this.#judge(request.blockId, request.bytes);
    if (!judged.ok) return { valid: false, reason: judged.error.message };
    const { verdict, block } = judged.value;
    if (!verdict.ok) return { valid: false, reason: verdict.error.message };
    await this.#parts.evidence.adopt(block.evidence.evidence);
    return { valid: true, time: timestampToNanos(block.header.time) };
  }

  async commit(decision: Decision): Promise<HeightContext> {
    const { height, block: proposed, commit: seenCommit } = decision;
    invariant(height === nextHeight(this.#state), `commit block ${height}: the next is ${nextHeight(this.#state)}`);
    const judged = await this.#judge(proposed.blockId, proposed.bytes);
    invariant(judged.ok, `commit block ${height}: it was decided but cannot be read`);
    const { block, blockId, bytes } = judged.value;
    const verdict = judged.value.verdict.ok ? judged.value.verdict : await this.#verdictOn(block, blockId, true);
    invariant(verdict.ok, `commit block ${height}: it was decided but is invalid: ${faultOf(verdict)}`);
    return await this.#saveAndApply({ block, blockId, bytes }, seenCommit);
  }

  /**
   * Commits the next block, decided elsewhere: the caller has verified that `commit` is of more than 2/3 of its validators,
   * that the id is the block's, and has decoded it. Rejects with an IoError `block_incompatible` when it is invalid nevertheless.
   */
  async commitSealed(sealed: SealedBlock): Promise<HeightContext> {
    const { block, blockId, bytes, commit } = sealed;
    const { height } = block.header;
    invariant(height === nextHeight(this.#state), `commit block ${height}: the next is ${nextHeight(this.#state)}`);
    const bytesMax = blockBytesMax(this.#state.consensusParams);
    const verdict = await this.#verdictOn(block, blockId, true);
    if (bytes.length <= bytesMax && verdict.ok) return await this.#saveAndApply({ block, blockId, bytes }, commit);
    throw new IoError(
      "block_incompatible",
      `apply block ${height}: more than 2/3 signed it, but it is invalid here: ${
        verdict.ok ? `${bytes.length} bytes, limit ${bytesMax}` : verdict.error.message
      }; they run another program, or this one is wrong`,
    );
  }

  addEvidence(evidence: Evidence): void {
    this.#parts.evidence.report(evidence);
  }

  /**
   * Executes a block that is stored but was not published when the process ended. What it gives must be what it gave then,
   * as far as that was written: another app hash means another program or a damaged store.
   */
  async replay(height: bigint): Promise<void> {
    const { blocks } = this.#parts.store;
    const [loaded, seenCommit, earlier] = await Promise.all([
      blocks.loadBlock(height),
      blocks.loadSeenCommit(height),
      blocks.loadBlockResults(height),
    ]);
    if (loaded === undefined || seenCommit === undefined) {
      throw new IoError("chain_damaged", `replay block ${height}: it is not whole`);
    }
    const { block, blockId } = loaded;
    const verdict = await this.#verdictOn(block, blockId, true);
    if (!verdict.ok) throw new IoError("chain_damaged", `replay block ${height}: ${verdict.error.message}`);
    const bytes = Block.encode(block).finish();
    await this.#apply({ block, blockId, bytes }, seenCommit, Promise.resolve(), earlier);
  }

  #saveAndApply(made: Omit<JudgedBlock, "verdict">, seenCommit: Commit): Promise<HeightContext> {
    const { block, blockId, bytes } = made;
    const { height } = block.header;
    // Stored while it is executed: both must be done before the head moves, the order between them does not matter.
    const saved = this.#parts.store.blocks.saveBlock({ height, blockId, blockBytes: bytes, block, seenCommit });
    saved.catch(() => {}); // awaited in #apply; an execution that fails first must not leave it unheard
    return this.#apply(made, seenCommit, saved);
  }

  async #apply(
    made: Omit<JudgedBlock, "verdict">,
    seenCommit: Commit,
    saved: Promise<void>,
    earlier?: Uint8Array,
  ): Promise<HeightContext> {
    const { app, store, gate, mempool, bus, onCommitted, speculation, queries } = this.#parts;
    const { block, blockId } = made;
    const { height } = block.header;
    const begun = performance.now();
    const output = await this.#execute(block, blockId);
    const executed = performance.now();
    speculation?.note(block.data.txs.length, executed - begun);
    const { staged } = output;
    invariant(staged.version === height, `execute block ${height}: the state staged version ${staged.version}`);
    const resultsHash = await inSlices(hashResultsWork(output.txResults));
    const applied = applyBlock(this.#state, block, blockId, { ...output, resultsHash });
    invariant(applied.ok, `apply block ${height}: ${faultOf(applied)}`);
    const next = applied.value;
    await breathe();
    const evidence = await this.#parts.evidence.update(next, block);
    const response = responseOf(output);
    const txHashes = block.data.txs.map(hashTx);
    if (earlier !== undefined) checkReplay(height, earlier, output);
    await Promise.all([saved, store.stageExecuted({ height, staged, response, txHashes, next, evidence })]);
    const stored = performance.now();
    await store.publish(staged, next);
    const persisted = performance.now();
    const { validators, lastValidators } = this.#state;
    await gate.commit(() => {
      app.commit(staged);
      queries?.follow(staged);
      this.#state = next;
      this.#lastHeader = block.header;
      this.#seenCommit = seenCommit;
      this.#judged.clear();
      mempool.afterCommit(
        txHashes.map((hash, i) => ({ hash, succeeded: output.txResults[i]?.code === 0 })),
      );
    });
    speculation?.follow(staged);
    const committed: CommittedBlock = { height, blockId, block, results: response, txHashes };
    bus.publish(committed);
    onCommitted?.({
      height,
      round: seenCommit.round,
      validators,
      lastValidators,
      begunAt: begun,
      txs: txHashes.length,
      bytes: made.bytes.length,
      executeMs: executed - begun,
      persistMs: persisted - executed,
      publishMs: persisted - stored,
      totalMs: performance.now() - begun,
    });
    return this.context();
  }

  #execute(block: Block, blockId: BlockID): Promise<BlockOutput> {
    const { app, gate, runner } = this.#parts;
    const { header } = block;
    const input = {
      height: header.height,
      time: timestampToNanos(header.time),
      hash: blockId.hash,
      proposerAddress: header.proposerAddress,
      txs: block.data.txs,
      misbehavior: misbehaviorOf(block.evidence.evidence),
    };
    return gate.execute(() => runner.run(app.executeBlock(input), this.version));
  }

  /** Decodes and judges a block, once for each id. Fails when the bytes are not those of the id. */
  async #judge(blockId: BlockID, bytes: Uint8Array): Promise<Result<JudgedBlock>> {
    const known = this.#judged.get(blockIdKey(blockId));
    if (known !== undefined && (known.bytes === bytes || equalBytes(known.bytes, bytes))) return ok(known);
    const decoded = decodeBlock(bytes, blockBytesMax(this.#state.consensusParams));
    if (!decoded.ok) return decoded;
    const block = decoded.value;
    if (!equalBlockIds(blockIdOf(block, bytes), blockId)) {
      const message = "judge a block: its bytes are not those of the block id";
      return { ok: false, error: { codespace: "runtime", code: 1, message } };
    }
    const judged = { block, bytes, blockId, verdict: await this.#verdictOn(block, blockId) };
    this.#remember(judged);
    return ok(judged);
  }

  /** `decided`: more than 2/3 have sealed the block, and may know what is not known here. */
  async #verdictOn(block: Block, blockId: BlockID, decided = false): Promise<Result<void>> {
    const { app, evidence } = this.#parts;
    const state = this.#state;
    const history = await evidence.history(state, block.evidence.evidence, decided);
    const valid = await inSlices(validateBlockWork(state, block, blockId, history));
    if (!valid.ok) return valid;
    const accepted = app.validateBlock(block.data.txs, state.consensusParams.block.maxGas);
    if (accepted.ok) return ok(undefined);
    return { ok: false, error: { codespace: "runtime", code: 2, message: accepted.reason } };
  }

  #remember(judged: JudgedBlock): void {
    // What was judged against a state that is no longer the last one is of no use.
    if (judged.block.header.height !== nextHeight(this.#state)) return;
    this.#judged.set(blockIdKey(judged.blockId), judged);
    if (this.#judged.size <= JUDGED_BLOCKS_MAX) return;
    for (const oldest of this.#judged.keys()) {
      this.#judged.delete(oldest);
      return;
    }
  }
}

const faultOf = (result: Result<unknown>): string => (result.ok ? "" : result.error.message);

function checkReplay(height: bigint, earlier: Uint8Array, { appHash }: BlockOutput): void {
  const before = decodeResultsHead(earlier).appHash;
  if (equalBytes(before, appHash)) return;
  throw new IoError(
    "app_hash_mismatch",
    `replay block ${height}: executing it again gave app hash ${bytesToHex(appHash)}, before it was ${
      bytesToHex(before)
    }; the program or its data changed in between`,
  );
}
