/**
 * The relayer: puts the parts together, starts and stops them. {@linkcode createRelayer} is all that programs need; what it
 * does can be watched and asked through {@linkcode RelayerControl}.
 * @module
 */
import { QueryBalanceRequest, QueryBalanceResponse } from "cosmjs-types/cosmos/bank/v1beta1/query";
import { IoError } from "../node/core/errors.ts";
import { type Api, type ApiOptions, type ApiServer, createApi, createApiServer } from "./api/mod.ts";
import type { RelayerControl } from "./api/ports.ts";
import { sleep, systemClock } from "./chain/mod.ts";
import { parseRelayerConfig, readToken, type RelayerConfig, type RelayerConfigInput } from "./config/mod.ts";
import { createLogger, type Logger, Metrics, watchLag } from "./telemetry/mod.ts";
import { VERSION } from "./version.ts";
import { ask, PathBook, type SliceOptions, type SliceReport, Worker } from "./worker/mod.ts";
import { addConfiguredPaths } from "./_configured_paths.ts";
import { hooksOf, Hub } from "./_hub.ts";
import { storedIdempotency } from "./_idempotency.ts";
import { openChains, openRelayerStore, policyOf, type RelayerChain, type WorldOptions } from "./_parts.ts";
import { Control } from "./control.ts";
import type { RelayerStore } from "./store/mod.ts";

export interface RelayerOptions extends WorldOptions {
  /** Takes a line of the log without its end; standard error when absent. */
  readonly log?: (line: string) => void;
}

/** A relayer. */
export interface Relayer {
  /** Opens the store, takes requests and begins to work. Rejects with an IoError when it cannot. */
  start(): Promise<void>;
  /** Ends what is under way, writes what is left and frees everything. A second call waits for the first. */
  stop(): Promise<void>;
  /** What can be asked of it; only after the start. */
  readonly control: RelayerControl;
  /** `http://HOST:PORT` of the API; undefined before the start, and without an API. */
  readonly apiAddress: string | undefined;
  /** The API as a function, for whoever has a server already. `peer`: the address at the other end. */
  fetch(request: Request, peer?: string): Promise<Response>;
}

/** Wait after a slice that failed with the store, in milliseconds. */
const FAULT_WAIT_MS = 1_000;

/**
 * A relayer that serves the paths of `config`: what a `relayer.toml` says, as an object, or one that was read already.
 * Nothing is opened or asked before it is started. Throws an IoError `config_invalid` that names what is wrong.
 */
export function createRelayer(config: RelayerConfigInput | RelayerConfig, options: RelayerOptions = {}): Relayer {
  return new LoopingRelayer(isRead(config) ? config : readConfig(config), options);
}

const isRead = (config: RelayerConfigInput | RelayerConfig): config is RelayerConfig => "storePath" in config;

function readConfig(input: RelayerConfigInput): RelayerConfig {
  const parsed = parseRelayerConfig(input);
  if (!parsed.ok) throw new IoError("config_invalid", parsed.error.message);
  return parsed.value;
}

/** The parts of a relayer that are there once the store is open; what drives them comes from outside. */
export interface OpenRelayer {
  readonly control: Control;
  readonly worker: Worker;
  readonly api: Api;
  readonly apiOptions: ApiOptions;
  readonly log: Logger;
  /** Why there may be nothing to do for a while, for the log. */
  readonly busyWords: string;
  slice(options: SliceOptions): Promise<SliceReport>;
  close(): Promise<void>;
}

async function balanceOf(chain: RelayerChain, address: string): Promise<bigint> {
  const method = "/cosmos.bank.v1beta1.Query/Balance";
  const { denom } = chain.config.gasPrice;
  const answer = await ask(chain.endpoint, method, [QueryBalanceRequest, { address, denom }], QueryBalanceResponse);
  return BigInt(answer.balance?.amount ?? 0);
}

/** Opens the store and the chains, and joins everything. */
export async function openRelayer(config: RelayerConfig, options: RelayerOptions = {}): Promise<OpenRelayer> {
  const { clock = systemClock } = options;
  const log = createLogger({ ...config.log, sink: options.log, nowMs: () => clock.nowMs() });
  const metrics = new Metrics();
  const hub = new Hub(() => clock.nowMs(), log);
  const token = await readToken(config.api?.token);
  const chains = await openChains(config, options);
  let store: RelayerStore | undefined;
  try {
    store = await openRelayerStore(config, options);
    await addConfiguredPaths(new PathBook(store), config.paths);
  } catch (error) {
    store?.close();
    await Promise.all(chains.values().map((chain) => chain.close()));
    throw error;
  }
  const told: { control?: Control } = {};
  const hooks = hooksOf(hub, metrics, (id) => told.control?.tellPath(id));
  const world = { chains, clock, policy: policyOf(config), hooks };
  const worker = new Worker(world, store, `${crypto.randomUUID()}`);
  const control = new Control({ config, chains, store, clock, worker, hub, metrics, balanceOf });
  told.control = control;
  const { bodyBytesMax = 65_536, eventsKept = 0, eventClientsMax = 0, hosts = [], corsOrigins = [] } = config.api ?? {};
  const apiOptions: ApiOptions = {
    token,
    bodyBytesMax,
    eventsKept,
    eventClientsMax,
    hosts,
    corsOrigins,
    version: VERSION,
    metrics: config.metrics,
    idempotency: storedIdempotency(store, () => clock.nowMs()),
    onError: (what, error) => log.error(what, { error }),
  };
  const stopLag = options.clock === undefined ? watchLag((ms) => metrics.lag(ms)) : () => {};
  let api: Api | undefined;
  return {
    control,
    worker,
    log,
    busyWords: store.opening === undefined
      ? "another relayer works on this store, or was killed a moment ago"
      : "another process has this store open, a relayer that works on it",
    apiOptions,
    get api() {
      return api ??= createApi(control, apiOptions);
    },
    slice: (slice) => worker.slice(slice),
    async close() {
      control.stopping = true;
      stopLag();
      api?.close();
      await worker.close();
      await Promise.all(chains.values().map((chain) => chain.close()));
      if (options.store === undefined) store.close();
    },
  };
}

class LoopingRelayer implements Relayer {
  readonly #config: RelayerConfig;
  readonly #options: RelayerOptions;
  #open: OpenRelayer | undefined;
  #server: ApiServer | undefined;
  #looping: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #isStopped = false;
  readonly #early = new EarlyListeners();
  apiAddress: string | undefined;

  constructor(config: RelayerConfig, options: RelayerOptions) {
    this.#config = config;
    this.#options = options;
  }

  get control(): RelayerControl {
    return this.#open?.control ?? this.#early.control;
  }

  async start(): Promise<void> {
    const { api } = this.#config;
    const opening = openRelayer(this.#config, this.#options);
    const open = await opening;
    this.#open = open;
    this.#early.attach(open.control);
    if (this.#isStopped) return await this.#close();
    if (api !== undefined) {
      this.#server = createApiServer(open.control, { ...open.apiOptions, hostname: api.hostname, port: api.port });
      try {
        this.apiAddress = await this.#server.start();
      } catch (error) {
        this.#server = undefined;
        await this.stop();
        throw error;
      }
    }
    open.control.startedMs = (this.#options.clock ?? systemClock).nowMs();
    open.log.info("started", { version: VERSION, api: this.apiAddress, chains: this.#config.chains.length });
    this.#looping = this.#loop(open);
    // A bug of ours ends the loop; it is told, and thrown where somebody stops it.
    this.#looping.catch((error) => open.log.error("the worker failed", { error }));
  }

  async #loop(open: OpenRelayer): Promise<void> {
    const { clock = systemClock } = this.#options;
    const { sliceMs, leaseMs } = this.#config.work;
    while (!this.#isStopped) {
      try {
        const report = await open.slice({ budgetMs: sliceMs, alone: false });
        if (report.tag === "worked") continue;
        const waitMs = Math.min(leaseMs, Math.max(100, report.againMs - clock.nowMs()));
        open.log.warn(open.busyWords, { waitMs });
        await this.#pause(waitMs);
      } catch (error) {
        if (!(error instanceof IoError)) throw error;
        open.log.error("the store failed", { error });
        await this.#pause(FAULT_WAIT_MS);
      }
    }
  }

  /** Sleeps in small pieces, so that a stop need not wait. */
  async #pause(ms: number): Promise<void> {
    const { clock = systemClock } = this.#options;
    for (let left = ms; left > 0 && !this.#isStopped; left -= 100) await sleep(clock, Math.min(left, 100));
  }

  stop(): Promise<void> {
    this.#isStopped = true;
    this.#stopping ??= this.#close();
    return this.#stopping;
  }

  async #close(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    open.control.stopping = true;
    await this.#server?.stop();
    open.worker.stop();
    await this.#looping?.catch(() => {});
    await open.close();
    this.#early.detach();
    open.log.info("stopped");
  }

  async fetch(request: Request, peer?: string): Promise<Response> {
    const open = this.#open;
    if (open === undefined) return new Response("the relayer is not started", { status: 503 });
    return await open.api.fetch(request, peer);
  }
}

/** Lets somebody subscribe before the start; everything else is refused until then. */
class EarlyListeners {
  readonly #listeners = new Map<symbol, { listen: Parameters<RelayerControl["subscribe"]>[0]; end: () => void }>();

  readonly control: RelayerControl = new Proxy({} as RelayerControl, {
    get: (_, name) => {
      if (name === "subscribe") return (listen: Parameters<RelayerControl["subscribe"]>[0]) => this.#subscribe(listen);
      return () => Promise.reject(new IoError("not_ready", "ask the relayer: it is not started"));
    },
  });

  #subscribe(listen: Parameters<RelayerControl["subscribe"]>[0]): () => void {
    const name = Symbol();
    this.#listeners.set(name, { listen, end: () => {} });
    return () => {
      this.#listeners.get(name)?.end();
      this.#listeners.delete(name);
    };
  }

  attach(control: RelayerControl): void {
    for (const entry of this.#listeners.values()) entry.end = control.subscribe(entry.listen);
  }

  detach(): void {
    for (const { end } of this.#listeners.values()) end();
  }
}
