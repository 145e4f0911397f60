/**
 * The composition root: builds the parts of a node, starts them in order and stops them in reverse. Nothing is decided
 * here.
 * @module
 */
import type { Home, NodeConfig, NodeConfigInput } from "./config/mod.ts";
import { generateKeyPair, nodeIdOf, parseNodeConfig } from "./config/mod.ts";
import type { Decision } from "./consensus/mod.ts";
import { ConsensusRunner } from "./consensus_runner.ts";
import { IoError } from "./core/errors.ts";
import { findValidator, hasQuorum, totalVotingPower } from "./core/validators/mod.ts";
import { nanosToRfc3339, timestampToNanos } from "./core/time.ts";
import { DENOM, developmentAccountsOf, developmentGenesis, type NamedAccount } from "./development.ts";
import { engineConfig, rpcConfig } from "./engine_config.ts";
import { lockHomeFolder, openHome } from "./home.ts";
import { listening, parseListen, urlOf } from "./listening.ts";
import { NodeObserver } from "./observer.ts";
import { openParts, type Parts } from "./parts.ts";
import { createRpcServer, type RpcServer } from "./rpc/mod.ts";
import { createRpcBackend } from "./runtime/mod.ts";
import { type HomeLock, MemoryStore, openStore, type Store } from "./storage/mod.ts";
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
import { localSigner } from "./validator_key.ts";
import { SYSTEM_CLOCK } from "./clock.ts";

/** What a node is made from. Everything has a default. */
export interface NodeOptions {
  /** Its folder; an empty one becomes a development chain. Absent: a development chain in memory, gone when it stops. */
  readonly home?: string;
  /** Chain id of the development chain that an empty home, or memory, becomes. A home of another chain is refused. */
  readonly chainId?: string;
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
  /**
   * Resolves when RPC answers and consensus runs, on a new chain with its first block if this node can make it alone:
   * many clients cannot read the status of a chain without blocks. Rejects with an IoError that says what to do.
   */
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

/** Makes a node; nothing happens before `start`. Its methods may be taken out of it and called alone. */
export function createNode(options: NodeOptions = {}): CatenaryNode {
  return new Node(options);
}

/** How long `start` waits for the first block of a new chain. Usually it takes milliseconds. */
const FIRST_BLOCK_WAIT_MS = 1000;

class Node implements CatenaryNode {
  readonly events = new EventTarget();
  readonly #options: NodeOptions;
  readonly #metrics = new Metrics();
  readonly #observer = new NodeObserver(this.#metrics);
  #logger: Logger | undefined;
  #lag: EventLoopLag | undefined;
  #lock: HomeLock | undefined;
  #parts: Parts | undefined;
  #rpc: RpcServer | undefined;
  #consensus: ConsensusRunner | undefined;
  #metricsServer: MetricsServer | undefined;
  #accounts: readonly NamedAccount[] = [];
  #rpcAddress = "";
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #halted = false;

  constructor(options: NodeOptions) {
    this.#options = options;
    this.start = this.start.bind(this);
    this.stop = this.stop.bind(this);
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
    if (this.#starting !== undefined || this.#stopping !== undefined) {
      throw new IoError("node_used", "start: this node was started before, or stopped; make another one");
    }
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
      onCommitted: (timings) => this.#observer.committed(timings, this.#parts?.chain.mempool),
    });
    const { chain } = this.#parts;
    if (chain.replayed > 0) this.#logger.info("executed a stored block again", { height: chain.executor.version });
    const alone = this.#hasQuorum(home.validatorKey?.address);
    // There is no network yet: whoever waits for others waits in vain, and should know why.
    if (!alone) this.#logger.warn("no blocks without other validators: this node's key has not 2/3 of the power");
    this.#accounts = developmentAccountsOf(home.genesis);
    chain.bus.subscribe((committed) => this.#onBlock(committed));
    await this.#startTelemetry(config);
    this.#consensus = this.#makeConsensus(config, home, store);
    await this.#startRpc(config, home);
    await this.#startConsensus(alone);
  }

  /** More than 2/3 of the power is this node's. */
  #hasQuorum(address: Uint8Array | undefined): boolean {
    const { validators } = this.#parts!.chain.executor.state;
    const power = (address && findValidator(validators, address)?.validator.votingPower) ?? 0n;
    return hasQuorum(power, totalVotingPower(validators));
  }

  async #openHome(): Promise<Omit<Home, "paths"> & { readonly paths?: Home["paths"] }> {
    const { home, chainId } = this.#options;
    if (home === undefined) return memoryHome(chainId);
    this.#lock = await lockHomeFolder(home);
    return await openHome(home, chainId === undefined ? {} : { chainId });
  }

  /** Options win over `config`, which wins over the file. */
  #configOf(file: NodeConfig): NodeConfig {
    const { config = {}, rpcListen, p2pListen, metricsListen, blockTimeMs } = this.#options;
    const merged: Record<string, Record<string, unknown>> = structuredClone(file);
    for (const [section, fields] of Object.entries(config)) merged[section] = { ...merged[section], ...fields };
    if (rpcListen !== undefined) merged.rpc!.listen = rpcListen;
    if (p2pListen !== undefined) merged.p2p = { ...merged.p2p, enabled: "on", listen: [p2pListen] };
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
    const listen = observability.metrics_listen;
    const serve = () => listening(listen, "--metrics-listen", () => serveMetrics(this.#metrics, parseListen(listen)));
    if (this.#options.metricsListen !== undefined) this.#metricsServer = await serve();
    else {
      // Nobody asked for this address: somebody else's metrics there are no reason not to run.
      this.#metricsServer = await serve().catch((error) => {
        this.#logger?.warn("runs without a metrics page", { reason: (error as Error).message });
        return undefined;
      });
    }
  }

  #makeConsensus(config: NodeConfig, { validatorKey }: Omit<Home, "paths">, store: Store): ConsensusRunner {
    return new ConsensusRunner({
      chain: this.#parts!.chain,
      store,
      config: engineConfig(config),
      self: validatorKey?.address,
      signer: validatorKey && localSigner(validatorKey, store).signer,
      transport: { broadcast() {}, send() {}, report() {} },
      hooks: {
        ...this.#observer.consensusHooks,
        onCommit: (decision) => this.#logDecision(decision),
        onHalt: (error) => this.#halt(error),
      },
    });
  }

  async #startRpc(config: NodeConfig, home: Omit<Home, "paths">): Promise<void> {
    const { chain } = this.#parts!;
    const backend = createRpcBackend(chain, {
      moniker: config.node.moniker,
      nodeId: nodeIdOf(home.nodeKey),
      listenAddress: config.p2p.listen[0] ?? "",
      rpcAddress: () => this.#rpcAddress,
      validatorPubKey: home.validatorKey?.publicKey,
      catchingUp: () => false,
      consensusState: () => this.#consensus!.position,
      genesis: home.genesis,
    });
    this.#rpc = createRpcServer(backend, rpcConfig(config), {
      onCall: (method, code, seconds) => this.#metrics.rpcCalled(method, code, seconds),
      onError: (method, error) => this.#logger?.error("rpc call failed", { method, error }),
    });
    const rpc = this.#rpc;
    const { address } = await listening(config.rpc.listen, "--rpc-listen", () => rpc.start());
    this.#rpcAddress = urlOf(address);
  }

  async #startConsensus(alone: boolean): Promise<void> {
    const { promise: first, resolve } = Promise.withResolvers<void>();
    for (const event of ["block", "halt"]) this.events.addEventListener(event, () => resolve(), { once: true });
    await this.#consensus!.start();
    if (this.height > 0n || !alone) return;
    const enough = setTimeout(resolve, FIRST_BLOCK_WAIT_MS);
    await first;
    clearTimeout(enough);
  }

  async #stop(): Promise<void> {
    await this.#starting?.catch(() => {});
    await this.#consensus?.close();
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
    this.#observer.executed(committed);
    this.events.dispatchEvent(new CustomEvent("block", { detail }));
  }

  #logDecision({ height, round }: Decision): void {
    this.#logger?.debug("decided", { height, round });
  }
}

/** A development chain that lives as long as the process. */
function memoryHome(chainId: string | undefined): Omit<Home, "paths"> {
  const validatorKey = generateKeyPair();
  const config = parseNodeConfig({ observability: { metrics_listen: "" } });
  if (!config.ok) throw new IoError("config_invalid", config.error.message);
  const genesisTimeNanos = SYSTEM_CLOCK.nowNanos();
  return {
    config: config.value,
    genesis: developmentGenesis({
      validator: validatorKey,
      genesisTimeNanos,
      denom: DENOM,
      ...(chainId !== undefined && { chainId }),
    }),
    validatorKey,
    nodeKey: generateKeyPair(),
  };
}
