/**
 * The composition root: builds the parts of a node, starts them in order and stops them in reverse. Nothing is decided
 * here.
 * @module
 */
import type { Home, NodeConfig, NodeConfigInput } from "./config/mod.ts";
import { generateKeyPair, nodeIdOf, parseNodeConfig } from "./config/mod.ts";
import { ConsensusDriver, createGuardedSigner, type Decision } from "./consensus/mod.ts";
import { tendermintEngine, type TendermintMessage, type TendermintRecord } from "./consensus/tendermint/mod.ts";
import { verifyEd25519 } from "./core/crypto/mod.ts";
import { IoError } from "./core/errors.ts";
import { nanosToRfc3339, timestampToNanos } from "./core/time.ts";
import { DENOM, developmentAccountsOf, developmentGenesis, type NamedAccount } from "./development.ts";
import { engineConfig, parseListen, rpcConfig, urlOf } from "./engine_config.ts";
import { openHome } from "./home.ts";
import { openParts, type Parts } from "./parts.ts";
import { createRpcServer, type RpcServer } from "./rpc/mod.ts";
import { breathe, type CommitTimings, createRpcBackend } from "./runtime/mod.ts";
import { type HomeLock, lockHome, MemoryStore, openStore, PrivvalStore, type Store, StoreWal } from "./storage/mod.ts";
import type { CommittedBlock } from "./rpc/ports.ts";
import {
  createLogger,
  type EventLoopLag,
  type Logger,
  Metrics,
  type MetricsServer,
  serveMetrics,
  watchEventLoopLag,
} from "./telemetry/mod.ts";
import { SYSTEM_CLOCK } from "./clock.ts";

/** What a node is made from. Everything has a default. */
export interface NodeOptions {
  /** Its folder; an empty one becomes a development chain. Absent: a development chain in memory, gone when it stops. */
  readonly home?: string;
  /** Wins over `node.toml` field by field. */
  readonly config?: NodeConfigInput;
  /** `HOST:PORT`; port 0 takes a free one. */
  readonly rpcListen?: string;
  /** Multiaddr; kept for when there is a network. */
  readonly p2pListen?: string;
  /** `HOST:PORT` of `/metrics`. */
  readonly metricsListen?: string;
  /** Wait after a block before the next height, in milliseconds. */
  readonly blockTimeMs?: number;
  /** Takes each log line. Standard error when absent. */
  readonly log?: (line: string) => void;
}

/** Detail of the `block` event. Hashes are upper-case hexadecimal. */
export interface BlockEventDetail {
  readonly height: bigint;
  readonly hash: string;
  readonly txs: number;
  /** After this block: what the next header will carry. */
  readonly appHash: string;
  /** RFC 3339. */
  readonly time: string;
}

/** A node. `start` once, `stop` once; afterwards make another one. */
export interface CatenaryNode {
  /** Resolves when RPC answers and consensus runs. Rejects with an IoError that says what to do. */
  start(): Promise<void>;
  /** Ends everything in order; safe to call again and while starting. */
  stop(): Promise<void>;
  /** `http://HOST:PORT` as bound; empty before `start`. */
  readonly rpcAddress: string;
  /** URL of the metrics page; undefined when it is off. */
  readonly metricsAddress: string | undefined;
  readonly chainId: string;
  readonly home: string | undefined;
  /** The last committed height. */
  readonly height: bigint;
  /** The accounts of the development mnemonic, when this is a development chain; otherwise none. */
  readonly developmentAccounts: readonly NamedAccount[];
  /** `block` (detail: {@linkcode BlockEventDetail}) after each durable block; `halt` (detail: `{ reason }`) when it gave up. */
  readonly events: EventTarget;
}

/** Makes a node; nothing happens before `start`. */
export function createNode(options: NodeOptions = {}): CatenaryNode {
  return new Node(options);
}

type Driver = ConsensusDriver<unknown, TendermintMessage, TendermintRecord>;

class Node implements CatenaryNode {
  readonly events = new EventTarget();
  readonly #options: NodeOptions;
  readonly #metrics = new Metrics();
  #logger: Logger | undefined;
  #lag: EventLoopLag | undefined;
  #lock: HomeLock | undefined;
  #parts: Parts | undefined;
  #rpc: RpcServer | undefined;
  #driver: Driver | undefined;
  #metricsServer: MetricsServer | undefined;
  #accounts: readonly NamedAccount[] = [];
  #rpcAddress = "";
  #timings: CommitTimings | undefined;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #halted = false;

  constructor(options: NodeOptions) {
    this.#options = options;
  }

  get rpcAddress(): string {
    return this.#rpcAddress;
  }
  get metricsAddress(): string | undefined {
    return this.#metricsServer && `${urlOf(this.#metricsServer.address)}/metrics`;
  }
  get chainId(): string {
    return this.#parts?.chain.genesis.chainId ?? "";
  }
  get home(): string | undefined {
    return this.#options.home;
  }
  get height(): bigint {
    return this.#parts?.chain.executor.state.lastHeight ?? 0n;
  }
  get developmentAccounts(): readonly NamedAccount[] {
    return this.#accounts;
  }

  async start(): Promise<void> {
    if (this.#starting !== undefined) throw new IoError("node_used", "start: this node was started before");
    this.#starting = this.#start();
    try {
      await this.#starting;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  stop(): Promise<void> {
    return this.#stopping ??= this.#stop();
  }

  async #start(): Promise<void> {
    const home = await this.#openHome();
    const config = this.#configOf(home.config);
    this.#logger = createLogger({
      level: config.logging.level,
      format: config.logging.format,
      ...(this.#options.log && { sink: this.#options.log }),
    });
    const store = home.paths === undefined ? new MemoryStore() : await openStore({ path: home.paths.data });
    this.#parts = await openParts({
      store,
      config,
      genesis: home.genesis,
      validatorKey: home.validatorKey,
      onFailure: (error) => this.#halt(error),
      onCommitted: (timings) => this.#observeCommit(timings),
    });
    const { chain } = this.#parts;
    if (chain.replayed > 0) this.#logger.info("executed a stored block again", { height: chain.executor.version });
    this.#accounts = developmentAccountsOf(home.genesis);
    chain.bus.subscribe((committed) => this.#onBlock(committed));
    await this.#startTelemetry(config);
    this.#driver = this.#makeDriver(config, home, store);
    await this.#startRpc(config, home);
    await this.#startConsensus();
  }

  async #openHome(): Promise<Omit<Home, "paths"> & { readonly paths?: Home["paths"] }> {
    const { home } = this.#options;
    if (home === undefined) return memoryHome();
    await Deno.mkdir(home, { recursive: true });
    this.#lock = await lockHome(home);
    return await openHome(home);
  }

  /** Options win over `config`, which wins over the file. */
  #configOf(file: NodeConfig): NodeConfig {
    const { config = {}, rpcListen, p2pListen, metricsListen, blockTimeMs } = this.#options;
    const merged: Record<string, Record<string, unknown>> = structuredClone(file);
    for (const [section, fields] of Object.entries(config)) merged[section] = { ...merged[section], ...fields };
    if (rpcListen !== undefined) merged.rpc!.listen = rpcListen;
    if (p2pListen !== undefined) merged.p2p!.listen = p2pListen;
    if (metricsListen !== undefined) merged.observability!.metrics_listen = metricsListen;
    if (blockTimeMs !== undefined) merged.consensus!.block_time_ms = blockTimeMs;
    const parsed = parseNodeConfig(merged, "the node's options");
    if (!parsed.ok) throw new IoError("config_invalid", parsed.error.message);
    return parsed.value;
  }

  async #startTelemetry({ observability }: NodeConfig): Promise<void> {
    this.#lag = watchEventLoopLag((ms) => this.#metrics.lagSampled(ms));
    this.#metrics.followLag(this.#lag);
    if (observability.metrics_listen === "") return;
    this.#metricsServer = await serveMetrics(this.#metrics, parseListen(observability.metrics_listen));
  }

  #makeDriver(config: NodeConfig, home: Omit<Home, "paths">, store: Store): Driver {
    const { executor, mempool } = this.#parts!.chain;
    const key = home.validatorKey;
    const driver: Driver = new ConsensusDriver({
      engine: tendermintEngine,
      chainId: this.chainId,
      self: key?.address,
      config: engineConfig(config),
      verify: verifyEd25519,
      pause: breathe,
      ports: {
        clock: SYSTEM_CLOCK,
        wal: new StoreWal(store),
        signer: key && createGuardedSigner({ key: key.seed, storage: new PrivvalStore(store) }),
        // One validator has nobody to talk to; the network replaces this.
        transport: { broadcast() {}, send() {}, report() {} },
        blocks: executor,
      },
      hooks: {
        onStep: ({ height, round }) => this.#metrics.roundEntered(height, round),
        onTimeout: ({ kind }) => this.#observeTimeout(kind),
        onCommit: (decision) => this.#logDecision(decision),
        onHalt: (error) => this.#halt(error),
      },
    });
    mempool.onTransactionsAvailable(() => driver.transactionsAvailable(executor.version + 1n));
    return driver;
  }

  async #startRpc(config: NodeConfig, home: Omit<Home, "paths">): Promise<void> {
    const { chain } = this.#parts!;
    const backend = createRpcBackend(chain, {
      moniker: config.node.moniker,
      nodeId: nodeIdOf(home.nodeKey),
      listenAddress: config.p2p.listen,
      rpcAddress: () => this.#rpcAddress,
      validatorPubKey: home.validatorKey?.publicKey,
      catchingUp: () => false,
      consensusState: () => this.#driver?.position ?? { height: this.height + 1n, round: 0, step: "propose" },
      genesis: home.genesis,
    });
    this.#rpc = createRpcServer(backend, rpcConfig(config), {
      onCall: (method, code, seconds) => this.#metrics.rpcCalled(method, code, seconds),
      onError: (method, error) => this.#logger?.error("rpc call failed", { method, error }),
    });
    const { address } = await this.#rpc.start();
    this.#rpcAddress = urlOf(address);
  }

  async #startConsensus(): Promise<void> {
    await this.#driver!.start(await this.#parts!.chain.executor.startContext());
  }

  async #stop(): Promise<void> {
    await this.#starting?.catch(() => {});
    await this.#driver?.stop();
    await this.#rpc?.stop();
    await this.#metricsServer?.stop();
    this.#lag?.stop();
    await this.#parts?.chain.bus.settled();
    await this.#parts?.close();
    this.#lock?.release();
  }

  /** Our own bug or a failed world: nothing more is signed or written, and whoever runs the node is told. */
  #halt(error: unknown): void {
    if (this.#halted) return;
    this.#halted = true;
    const reason = error instanceof Error ? error.message : String(error);
    this.#logger?.error("halted", { error, stack: error instanceof Error ? error.stack : undefined });
    this.events.dispatchEvent(new CustomEvent("halt", { detail: { reason } }));
  }

  #onBlock(committed: CommittedBlock): void {
    const { height, blockId, block, results } = committed;
    const detail: BlockEventDetail = {
      height,
      hash: blockId.hash.toHex().toUpperCase(),
      txs: block.data.txs.length,
      appHash: results.appHash.toHex().toUpperCase(),
      time: nanosToRfc3339(timestampToNanos(block.header.time)),
    };
    this.#observeExecution(committed);
    this.events.dispatchEvent(new CustomEvent("block", { detail }));
  }

  #observeExecution({ height, results }: CommittedBlock): void {
    let succeeded = 0;
    let gasUsed = 0n;
    for (const { code, gasUsed: gas } of results.txResults) {
      if (code === 0) succeeded++;
      gasUsed += gas;
    }
    const failed = results.txResults.length - succeeded;
    const seconds = this.#timings?.height === height ? this.#timings.executeMs / 1000 : 0;
    this.#metrics.blockExecuted({ seconds, succeeded, failed, gasUsed });
  }

  #observeCommit(timings: CommitTimings): void {
    this.#timings = timings;
    this.#metrics.blockCommitted({ seconds: timings.totalMs / 1000, txs: timings.txs, bytes: timings.bytes });
    this.#metrics.persisted("block", timings.persistMs / 1000);
    // A block that is executed again while the chain opens comes before there is a mempool to look at.
    const mempool = this.#parts?.chain.mempool;
    if (mempool !== undefined) this.#metrics.mempoolSized(mempool.count, mempool.bytes);
  }

  #observeTimeout(kind: string): void {
    if (kind === "propose" || kind === "prevote" || kind === "precommit" || kind === "commit") {
      this.#metrics.timeoutFired(kind);
    }
  }

  #logDecision({ height, round }: Decision): void {
    this.#logger?.debug("decided", { height, round });
  }
}

/** A development chain that lives as long as the process. */
function memoryHome(): Omit<Home, "paths"> {
  const validatorKey = generateKeyPair();
  const config = parseNodeConfig({});
  if (!config.ok) throw new IoError("config_invalid", config.error.message);
  return {
    config: config.value,
    genesis: developmentGenesis({ validator: validatorKey, genesisTimeNanos: SYSTEM_CLOCK.nowNanos(), denom: DENOM }),
    validatorKey,
    nodeKey: generateKeyPair(),
  };
}
