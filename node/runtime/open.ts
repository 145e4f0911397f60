/** Opens a chain: starts it from genesis, or goes on where the process ended, however it ended. @module */
import type { Application, Speculator } from "../app/ports.ts";
import {
  type ChainState,
  chainStateFromGenesis,
  EvidencePool,
  type GenesisDoc,
  genesisValidatorUpdates,
  nextHeight,
} from "../chain/mod.ts";
import { bytesToHex, equalBytes } from "../core/bytes.ts";
import { IoError } from "../core/errors.ts";
import { invariant } from "../core/invariant.ts";
import { Mempool, type MempoolObserver, type PoolLimits } from "../mempool/mod.ts";
import type { Store } from "../storage/mod.ts";
import { AppGate } from "./app_gate.ts";
import { BlockExecutor, type CommitTimings } from "./block_executor.ts";
import { breathe } from "./breathe.ts";
import { ChainStore, digestOf } from "./chain_store.ts";
import { EventBus } from "./event_bus.ts";
import { EvidenceService } from "./evidence_service.ts";
import { clearRestore } from "./restore.ts";
import type { QueryPool, QueryPoolOptions } from "./queries/mod.ts";
import type { SpeculationPool, SpeculationPoolOptions } from "./speculation/mod.ts";
import { WorkRunner } from "./work_runner.ts";

/** What storage published last: where the application's state opens. */
export interface PublishedHead {
  readonly version: bigint;
  readonly meta: Uint8Array;
}

export interface OpenChainOptions {
  readonly store: Store;
  readonly genesis: GenesisDoc;
  /** Makes the application with its state open at `head` (undefined: a new chain). Called once. */
  readonly createApplication: (head: PublishedHead | undefined, speculator: Speculator | undefined) => Application;
  /** This node's validator address; undefined for a node that only follows. */
  readonly proposerAddress?: Uint8Array | undefined;
  readonly mempoolLimits?: PoolLimits | undefined;
  readonly mempoolObserver?: MempoolObserver | undefined;
  /** Whether transactions and events are indexed; true unless given. */
  readonly indexTransactions?: boolean | undefined;
  /** How long work runs before others get a turn, in milliseconds. */
  readonly sliceMs?: number | undefined;
  /** Told of failures nobody waits for: a broken invariant in a check, a listener that threw. */
  readonly onFailure: (error: unknown) => void;
  readonly onCommitted?: ((timings: CommitTimings) => void) | undefined;
  /** Makes the threads for executing blocks, which read the chain through `answer`. Called once, before the application is made. */
  readonly createSpeculation?: ((answer: SpeculationPoolOptions["answer"]) => SpeculationPool | undefined) | undefined;
  /** Makes the threads for queries that run contracts, which read the chain through what they are given. Called once. */
  readonly createQueries?:
    | ((reads: Pick<QueryPoolOptions, "elsewhere" | "load">) => QueryPool | undefined)
    | undefined;
}

/** An open chain: everything around consensus. */
export interface Chain {
  readonly genesis: GenesisDoc;
  readonly app: Application;
  readonly store: ChainStore;
  readonly executor: BlockExecutor;
  readonly mempool: Mempool;
  readonly evidence: EvidenceService;
  readonly bus: EventBus;
  readonly gate: AppGate;
  readonly runner: WorkRunner;
  /** Where queries that run contracts are answered; undefined: with all others. */
  readonly queries: QueryPool | undefined;
  /** The lowest height whose block is here, or will be. */
  readonly firstHeight: bigint;
  /** Blocks that were executed again because the process had ended before they were published. */
  readonly replayed: number;
  /** Ends checks; the store stays open. */
  stop(): Promise<void>;
}

/**
 * Opens the chain of `genesis` in `store`. Throws an IoError: `genesis_mismatch` when the store holds another chain,
 * `chain_damaged` when what is stored does not fit together, `app_hash_mismatch` when executing a stored block again gives
 * another result than before.
 */
export async function openChain(options: OpenChainOptions): Promise<Chain> {
  const { genesis, onFailure } = options;
  const store = new ChainStore(options.store, options.indexTransactions);
  const head = await store.versioned.head();
  const runner = new WorkRunner(store, options.sliceMs);
  const speculation = options.createSpeculation?.((request, version) => runner.answer(request, version));
  const app = options.createApplication(head, speculation);
  const queries = queriesOf(app, runner, options);
  // Somebody wanted to begin from a snapshot, and changed his mind.
  if (head === undefined) await clearRestore(options.store);
  const state = await loadOrBegin(store, genesis, app, runner);
  const gate = new AppGate();
  const mempool = new Mempool({
    app,
    limits: options.mempoolLimits,
    sliceMs: options.sliceMs,
    onFailure,
    observer: options.mempoolObserver,
    runner: {
      lane: (slice) => gate.lane(slice),
      run: (work) => runner.run(work, executor.version),
      breathe,
    },
  });
  const bus = new EventBus(onFailure);
  const pool = new EvidencePool(await store.loadEvidence(state.lastHeight));
  const evidence = new EvidenceService(pool, store, () => executor.state);
  const { proposerAddress, onCommitted } = options;
  const parts = {
    app,
    store,
    gate,
    runner,
    mempool,
    evidence,
    bus,
    proposerAddress,
    onCommitted,
    speculation,
    queries,
  };
  const executor: BlockExecutor = new BlockExecutor(parts, state, await loadLast(store, state));
  const replayed = await replayStored(store, executor);
  const firstHeight = await store.blocks.base() ?? genesis.initialHeight;
  const stop = () => {
    speculation?.stop();
    queries?.stop();
    return mempool.stop();
  };
  return { genesis, firstHeight, app, store, executor, mempool, evidence, bus, gate, runner, queries, replayed, stop };
}

function queriesOf(
  app: Application,
  runner: WorkRunner,
  { createQueries }: OpenChainOptions,
): QueryPool | undefined {
  const elsewhere = app.queryElsewhere?.bind(app);
  return elsewhere && createQueries?.({
    elsewhere,
    load: async (asked, request) => await runner.run(asked.answer(request), asked.bound),
  });
}

async function loadOrBegin(
  store: ChainStore,
  genesis: GenesisDoc,
  app: Application,
  runner: WorkRunner,
): Promise<ChainState> {
  const digest = digestOf(genesis);
  const stored = await store.load();
  if (stored === undefined) return await begin(store, genesis, digest, app, runner);
  const { state, genesisDigest } = stored;
  if (state.chainId !== genesis.chainId || !equalBytes(genesisDigest, digest)) {
    throw new IoError(
      "genesis_mismatch",
      `open chain ${genesis.chainId}: the store holds ${state.chainId} begun from another genesis ` +
        `(digest ${bytesToHex(genesisDigest).slice(0, 16)}, this file's is ${bytesToHex(digest).slice(0, 16)})`,
    );
  }
  const head = await store.versioned.head();
  const expected = nextHeight(state) - 1n;
  if (head?.version !== expected) {
    throw new IoError("chain_damaged", `open the chain: its state is at ${expected}, the store at ${head?.version}`);
  }
  app.resume?.(state.lastBlockTime);
  return state;
}

/** First start. Nothing of it counts until the head is published, so a crash in between begins anew. */
async function begin(
  store: ChainStore,
  genesis: GenesisDoc,
  digest: Uint8Array,
  app: Application,
  runner: WorkRunner,
): Promise<ChainState> {
  if (await store.blocks.latest() !== undefined) {
    throw new IoError("chain_damaged", "open the chain: blocks are stored but no state");
  }
  const output = await runner.run(
    app.initChain({
      chainId: genesis.chainId,
      time: genesis.genesisTime,
      initialHeight: genesis.initialHeight,
      consensusParams: genesis.consensusParams,
      validators: genesisValidatorUpdates(genesis),
      appState: genesis.appState,
    }),
    undefined,
  );
  const state = chainStateFromGenesis(genesis, output);
  if (!state.ok) throw new IoError("genesis_invalid", state.error.message);
  const { staged } = output;
  invariant(staged.version === genesis.initialHeight - 1n, `start the chain: genesis staged ${staged.version}`);
  await store.saveGenesis(staged, state.value, digest);
  app.commit(staged);
  return state.value;
}

/** Header and seal of the last published block. */
async function loadLast({ blocks }: ChainStore, { lastHeight }: ChainState) {
  if (lastHeight === 0n) return undefined;
  const [meta, seenCommit] = await Promise.all([blocks.loadBlockMeta(lastHeight), blocks.loadSeenCommit(lastHeight)]);
  if (meta === undefined || seenCommit === undefined) {
    throw new IoError("chain_damaged", `open the chain: block ${lastHeight} or its commit is missing`);
  }
  return { header: meta.header, seenCommit };
}

/**
 * The handshake: a block may be stored that was not published (at most one, because the next is decided only after that).
 * It was decided, so it is executed again.
 */
async function replayStored(store: ChainStore, executor: BlockExecutor): Promise<number> {
  const latest = await store.blocks.latest();
  if (latest === undefined) return 0;
  const next = nextHeight(executor.state);
  if (latest > next) throw new IoError("chain_damaged", `open the chain: block ${latest} is stored, expected ${next}`);
  if (latest < next) return 0;
  await executor.replay(latest);
  return 1;
}
