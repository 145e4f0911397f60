/** Two model chains and a worker between them, in simulated time. @module */
import { memoryStore, type RelayerStore } from "../../../relayer/store/mod.ts";
import {
  type CourseClients,
  type SliceReport,
  Worker,
  WORKER_POLICY,
  type WorkerChain,
  type WorkerHooks,
  type WorkerPolicy,
} from "../../../relayer/worker/mod.ts";
import { PathBook, type PathRecord } from "../../../relayer/worker/paths.ts";
import { type ModelChain, modelPair, sendMessage } from "./chain.ts";
import { ModelClock } from "./clock.ts";
import { modelClients, modelEndpoint, type ModelFaults, modelSubmitter } from "./endpoint.ts";

export interface ModelWorldOptions {
  readonly ordered?: boolean;
  readonly channels?: number;
  readonly blockMs?: number;
  readonly policy?: Partial<WorkerPolicy>;
  readonly chain?: Partial<WorkerChain>;
  readonly store?: RelayerStore;
  readonly lose?: () => "before" | "after" | undefined;
}

export const PATH: PathRecord = {
  id: "a-b",
  a: { chain: "a", clientId: "07-tendermint-0", connectionId: "connection-0" },
  b: { chain: "b", clientId: "07-tendermint-0", connectionId: "connection-0" },
  state: "open",
  fault: null,
  paused: false,
  filter: { policy: "deny", channels: [] },
  channels: [],
  wanted: [],
  origin: null,
};

export class ModelWorld {
  readonly clock = new ModelClock();
  readonly a: ModelChain;
  readonly b: ModelChain;
  readonly store: RelayerStore;
  readonly policy: WorkerPolicy;
  readonly hooks: { -readonly [K in keyof WorkerHooks]: WorkerHooks[K] } = {};
  readonly faultsA: ModelFaults = {};
  readonly faultsB: ModelFaults = {};
  readonly chains: ReadonlyMap<string, WorkerChain>;
  readonly clients: CourseClients;
  #started = 0;
  readonly #stops: (() => void)[] = [];

  constructor(readonly options: ModelWorldOptions = {}) {
    const { ordered = false, channels = 1, blockMs = 1000, lose } = options;
    const { a, b } = modelPair({ ordered, channels, blockMs });
    this.a = a;
    this.b = b;
    this.store = options.store ?? memoryStore();
    this.policy = { ...WORKER_POLICY, misbehaviourCheckMs: 0, clientCheckMs: 1e12, ...options.policy };
    const chain = (name: string, model: ModelChain, faults: ModelFaults): WorkerChain => ({
      name,
      endpoint: modelEndpoint(model, faults),
      submitter: modelSubmitter(model, lose === undefined ? {} : { lose }),
      storePrefix: "ibc",
      messagesMax: 100,
      bytesMax: 1_000_000,
      batchesMax: 4,
      ...options.chain,
    });
    this.chains = new Map([["a", chain("a", a, this.faultsA)], ["b", chain("b", b, this.faultsB)]]);
    this.clients = modelClients(new Map([["a", a], ["b", b]]));
  }

  /** Makes blocks on both chains from now on, half a block apart. */
  makeBlocks(): void {
    const { blockMs = 1000 } = this.options;
    for (const chain of [this.a, this.b]) chain.timeNanos = BigInt(this.clock.nowMs()) * 1_000_000n;
    this.#stops.push(this.clock.every(blockMs, () => this.a.nextBlock()));
    this.clock.after(blockMs / 2, () => this.#stops.push(this.clock.every(blockMs, () => this.b.nextBlock())));
  }

  async open(record: PathRecord = PATH): Promise<void> {
    await new PathBook(this.store).add(record);
  }

  worker(store = this.store): Worker {
    const { chains, clock, policy, hooks } = this;
    return new Worker({ chains, clock, policy, hooks }, store, `holder ${this.#started++}`, this.clients);
  }

  /** How many packets were sent. */
  sentCount = 0;

  /** Resolves with the height at which `b` receives that packet of the first channel. */
  arrival(sequence: number): Promise<bigint> {
    const { promise, resolve } = Promise.withResolvers<bigint>();
    const look = () => {
      if (!this.b.deliveries.has(`transfer/channel-0/${sequence}`)) return;
      this.b.watchers.delete(look);
      resolve(this.b.height);
    };
    this.b.watchers.add(look);
    return promise;
  }

  /** Sends in the next block of `a`. */
  send(count = 1, more: Partial<Parameters<typeof sendMessage>[0]> = {}): void {
    this.sentCount += count;
    for (let i = 0; i < count; i++) {
      const message = sendMessage({ portId: "transfer", channelId: "channel-0", data: `packet ${i}`, ...more });
      this.a.mempool.push({ messages: [message], resolve() {} });
    }
  }

  /** Runs slices one after the other until told to stop; answers how to stop, which waits for the end. */
  loop(worker: Worker, options = { budgetMs: 500, alone: false }): () => Promise<void> {
    let stopped = false;
    const ended = (async () => {
      let report: SliceReport | undefined;
      while (!stopped) {
        report = await worker.slice(options);
        const waitMs = report.againMs - this.clock.nowMs();
        if (report.tag === "busy" || options.alone) {
          await new Promise<void>((resolve) => this.clock.after(Math.min(waitMs, 1000), resolve));
        }
      }
    })();
    // Who dies is looked at when it is stopped.
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

  /** Every packet sent so far has been settled on `a`. */
  get settled(): number {
    return this.a.outcomes.size;
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }
}
