/** A worker over whole chains in this process, in simulated time: real headers, proofs, wallets and transactions. @module */
import { sha256 } from "../../../node/core/crypto/mod.ts";
import { ChainSubmitter, type Endpoint, parseGasPrice, walletOfKey } from "../../../relayer/chain/mod.ts";
import { memoryStore } from "../../../relayer/store/mod.ts";
import {
  Worker,
  WORKER_POLICY,
  type WorkerChain,
  type WorkerHooks,
  type WorkerPolicy,
} from "../../../relayer/worker/mod.ts";
import { PathBook, type PathRecord } from "../../../relayer/worker/paths.ts";
import { asEndpoint, type Path, type TestChain, type TestEndpointOptions } from "../ibc/mod.ts";
import { ModelClock } from "../model/clock.ts";

export interface RelayWorldOptions {
  readonly policy?: Partial<WorkerPolicy>;
  readonly chain?: Partial<WorkerChain>;
  readonly wallets?: number;
  /** Puts something between a chain and the relayer. */
  readonly wrap?: (name: string, endpoint: Endpoint) => Endpoint;
}

/** The chains of `paths`, named by the letter in their ids, and a worker that serves them. */
export class RelayWorld {
  readonly clock = new ModelClock();
  readonly store = memoryStore();
  readonly hooks: { -readonly [K in keyof WorkerHooks]: WorkerHooks[K] } = {};
  readonly chains = new Map<string, WorkerChain>();
  readonly intercepts = new Map<string, NonNullable<TestEndpointOptions["intercept"]>>();
  readonly #models = new Map<string, TestChain>();
  readonly #submitters: ChainSubmitter[] = [];
  readonly #stops: (() => void)[] = [];
  #started = 0;

  constructor(readonly paths: readonly Path[], readonly options: RelayWorldOptions = {}) {
    for (const { a, b } of paths) {
      for (const { chain } of [a, b]) this.#add(chain as TestChain);
    }
  }

  nameOf(chain: { readonly chainId: string }): string {
    return chain.chainId.split("-")[1]!;
  }

  #add(chain: TestChain): void {
    const name = this.nameOf(chain);
    if (this.chains.has(name)) return;
    const honest = asEndpoint(chain, {
      intercept: (method, ...given) => this.intercepts.get(name)?.(method, ...given),
    });
    const endpoint: Endpoint = this.options.wrap?.(name, honest) ?? honest;
    // The last accounts are the relayer's.
    const { wallets: count = 1 } = this.options;
    const wallets = Array.from(
      { length: count },
      (_, i) => walletOfKey(sha256(new TextEncoder().encode(`account ${9 - i} of ${chain.chainId}`)), "cat"),
    );
    const submitter = new ChainSubmitter({
      endpoint,
      wallets,
      gasPrice: parseGasPrice("0ucat")!,
      clock: this.clock,
      policy: { messagesMax: 200, bytesMax: 1_000_000, gasMax: 1_000_000_000n },
    });
    this.#submitters.push(submitter);
    this.#models.set(name, chain);
    this.chains.set(name, {
      name,
      endpoint,
      submitter,
      storePrefix: "ibc",
      messagesMax: 100,
      bytesMax: 500_000,
      batchesMax: 4 * count,
      ...this.options.chain,
    });
  }

  /** Blocks on all chains from now on, one a second, each chain a little later than the one before. */
  makeBlocks(): void {
    [...this.#models.values()].forEach((chain, i) => {
      this.clock.after(1 + i * 1000 / this.#models.size, () => {
        this.#stops.push(this.clock.every(1000, () => chain.nextBlock()));
      });
    });
  }

  record(path: Path, more: Partial<PathRecord> = {}): PathRecord {
    const end = ({ chain, clientId, connectionId }: Path["a"]) => ({
      chain: this.nameOf(chain),
      clientId,
      connectionId,
    });
    return {
      id: `${this.nameOf(path.a.chain)}-${this.nameOf(path.b.chain)}`,
      a: end(path.a),
      b: end(path.b),
      state: "open",
      fault: null,
      paused: false,
      filter: { policy: "deny", channels: [] },
      channels: [],
      wanted: [],
      origin: null,
      ...more,
    };
  }

  async open(): Promise<void> {
    const book = new PathBook(this.store);
    for (const path of this.paths) await book.add(this.record(path));
  }

  worker(): Worker {
    const policy = { ...WORKER_POLICY, ...this.options.policy };
    const { chains, clock, hooks } = this;
    return new Worker({ chains, clock, policy, hooks }, this.store, `holder ${this.#started++}`);
  }

  /** Slices one after the other; answers how to stop them. */
  loop(worker: Worker): () => Promise<void> {
    let stopped = false;
    const ended = (async () => {
      while (!stopped) await worker.slice({ budgetMs: 500, alone: false });
    })();
    ended.catch(() => {});
    return async () => {
      stopped = true;
      worker.stop();
      let done = false;
      const end = ended.then(() => worker.close()).finally(() => done = true);
      end.catch(() => {});
      while (!done) await this.clock.advance(100);
      await end;
    };
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops) stop();
    for (const submitter of this.#submitters) submitter.close();
    await this.clock.advance(10);
  }

  async pending(): Promise<number> {
    return (await this.store.list(["packet"], { limit: 1000 })).length;
  }
}

/** Runs `use` beside a worker that serves `paths`; ends everything whatever happens. */
export async function withRelay(
  paths: readonly Path[],
  options: RelayWorldOptions,
  use: (world: RelayWorld, worker: Worker) => Promise<void>,
): Promise<void> {
  const world = new RelayWorld(paths, options);
  await world.open();
  world.makeBlocks();
  const worker = world.worker();
  const stop = world.loop(worker);
  try {
    await use(world, worker);
  } finally {
    await stop();
    await world.stop();
  }
}
