/**
 * The composition root: builds the parts of a node, starts them in order and stops them in reverse. Nothing is decided
 * here.
 * @module
 */
import type { GenesisDoc } from "./chain/mod.ts";
import { type NodeConfig, nodeIdOf } from "./config/mod.ts";
import { ConsensusRunner } from "./consensus_runner.ts";
import { IoError } from "./core/errors.ts";
import { findValidator, hasQuorum, totalVotingPower } from "./core/validators/mod.ts";
import { nanosToRfc3339, timestampToNanos } from "./core/time.ts";
import { developmentAccountsOf, type NamedAccount } from "./development.ts";
import { engineConfig, rpcConfig } from "./engine_config.ts";
import { lockHomeFolder, openHome } from "./home.ts";
import { listening, parseListen, urlOf } from "./listening.ts";
import { makeNetwork } from "./make_network.ts";
import { netInfoOf } from "./net_info.ts";
import type { PeerBan, PeerNetwork, PeerView } from "./network/ports.ts";
import { configOf, memoryHome, type NodeHome, type NodeOptions } from "./node_options.ts";
import { NodeObserver } from "./observer.ts";
import { openParts, type Parts, readGenesis } from "./parts.ts";
import { Peering } from "./peering.ts";
import { createRpcServer, type RpcServer } from "./rpc/mod.ts";
import { createRpcBackend, Snapshots } from "./runtime/mod.ts";
import { type HomeLock, MemoryStore, openStore, type Store } from "./storage/mod.ts";
import type { CommittedBlock } from "./rpc/ports.ts";
import { syncState } from "./state_sync.ts";
import { Switchboard } from "./switchboard.ts";
import {
  createLogger,
  type EventLoopLag,
  type Logger,
  Metrics,
  type MetricsServer,
  serveMetrics,
  watchEventLoopLag,
} from "./telemetry/mod.ts";
import { VERSION } from "./version.ts";
import { openValidatorKey, type ValidatorKey } from "./validator_key.ts";

export type { NodeOptions } from "./node_options.ts";

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
  /** What this node is called among peers; empty without a network. */
  readonly peerId: string;
  /** Multiaddrs at which others can meet this node, with its peer id; none without a network. */
  readonly p2pAddresses: readonly string[];
  /** Connected peers. */
  readonly peers: readonly PeerView[];
  /** Peers that are kept out, until when and why. */
  readonly bans: readonly PeerBan[];
  /** It still gets what others decided before it can take part. */
  readonly catchingUp: boolean;
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
  readonly #metrics = new Metrics(VERSION);
  readonly #observer = new NodeObserver(this.#metrics, undefined, (error) => this.#halt(error));
  readonly #switchboard = new Switchboard();
  /** Ends waits within `start`. */
  readonly #abort = new AbortController();
  #logger: Logger | undefined;
  #lag: EventLoopLag | undefined;
  #lock: HomeLock | undefined;
  #store: Store | undefined;
  #key: ValidatorKey | undefined;
  #network: PeerNetwork | undefined;
  #parts: Parts | undefined;
  #rpc: RpcServer | undefined;
  #consensus: ConsensusRunner | undefined;
  #peering: Peering | undefined;
  #snapshots: Snapshots | undefined;
  #metricsServer: MetricsServer | undefined;
  #accounts: readonly NamedAccount[] = [];
  #rpcAddress = "";
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #halted = false;
  #leaving: Promise<void> | undefined;

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
  get peerId(): string {
    return this.#network?.self ?? "";
  }
  get p2pAddresses(): readonly string[] {
    return this.#network?.addresses ?? [];
  }
  get peers(): readonly PeerView[] {
    return this.#network?.peers ?? [];
  }
  get bans(): readonly PeerBan[] {
    return this.#network?.bans ?? [];
  }
  get catchingUp(): boolean {
    return this.#peering?.catchingUp ?? false;
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
    this.#abort.abort();
    return this.#stopping ??= this.#stop();
  }

  async #start(): Promise<void> {
    const home = await this.#openHome();
    const config = configOf(home.config, this.#options);
    const genesis = readGenesis(home.genesis);
    this.#logger = createLogger({
      level: config.logging.level,
      format: config.logging.format,
      ...(this.#options.log && { sink: this.#options.log }),
    });
    this.#observer.logTo(this.#logger);
    this.#metrics.process.identify({
      chain: genesis.chainId,
      moniker: config.node.moniker,
      nodeId: nodeIdOf(home.nodeKey),
    });
    const store = this.#store = home.paths === undefined
      ? new MemoryStore()
      : await openStore({ path: home.paths.data });
    const { chainId } = genesis;
    const { signal } = this.#abort;
    this.#key = await openValidatorKey({ home, config, chainId, store, log: this.#logger, signal });
    this.#network = this.#makeNetwork(home, config, genesis);
    const restored = await syncState({
      store,
      genesis,
      settings: config.sync,
      network: this.#network,
      switchboard: this.#switchboard,
      observer: this.#observer.sync,
      log: this.#logger,
      signal,
    });
    if (restored !== undefined) this.#logger.info("began from a snapshot", { height: restored });
    await this.#openParts(home, config, store);
    const alone = this.#hasQuorum(this.#key?.address);
    if (!alone && this.#network === undefined) {
      this.#logger.warn("no blocks: this node's key has not more than 2/3 of the power, and it has no network");
    }
    await this.#startTelemetry(config);
    this.#consensus = this.#makeConsensus(config, store);
    this.#peering = await this.#makePeering(config, store, alone);
    await this.#startRpc(config, home);
    await this.#startConsensus(alone);
  }

  async #openParts(home: NodeHome, config: NodeConfig, store: Store): Promise<void> {
    this.#parts = await openParts({
      store,
      config,
      genesis: home.genesis,
      validatorKey: this.#key,
      onFailure: (error) => this.#halt(error),
      onCommitted: (timings) => this.#observer.committed(timings, this.#parts?.chain.mempool),
      mempoolObserver: this.#observer.mempool,
      onContractLine: (line) => this.#observer.contractSaid(line),
    });
    this.#observer.followExecution(this.#parts);
    const { chain } = this.#parts;
    if (chain.replayed > 0) this.#logger!.info("executed a stored block again", { height: chain.executor.version });
    this.#accounts = developmentAccountsOf(home.genesis);
    this.#observer.watchOwn(this.#key?.address);
    chain.bus.subscribe((committed) => this.#onBlock(committed));
    chain.evidence.onNew((evidence) => this.#observer.evidenceSeen(evidence));
  }

  /** More than 2/3 of the power is this node's. */
  #hasQuorum(address: Uint8Array | undefined): boolean {
    const { validators } = this.#parts!.chain.executor.state;
    const power = (address && findValidator(validators, address)?.validator.votingPower) ?? 0n;
    return hasQuorum(power, totalVotingPower(validators));
  }

  async #openHome(): Promise<NodeHome> {
    const { home, chainId } = this.#options;
    if (home === undefined) return memoryHome(chainId);
    this.#lock = await lockHomeFolder(home);
    return await openHome(home, chainId === undefined ? {} : { chainId });
  }

  #makeNetwork(home: NodeHome, config: NodeConfig, genesis: GenesisDoc): PeerNetwork | undefined {
    const network = makeNetwork({
      home,
      config,
      genesis,
      hub: this.#options.hub,
      isValidator: (address) => {
        const { chain } = this.#parts ?? {};
        return chain !== undefined && findValidator(chain.executor.state.validators, address) !== undefined;
      },
      observer: this.#observer.network,
      onProblem: ({ code, message }) => this.#logger?.warn(message, { code }),
    });
    if (network !== undefined) this.#observer.network.follow(network);
    return network;
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

  #makeConsensus(config: NodeConfig, store: Store): ConsensusRunner {
    const observer = this.#observer;
    return new ConsensusRunner({
      chain: this.#parts!.chain,
      store,
      config: engineConfig(config),
      key: this.#key,
      transport: {
        broadcast: (message) => this.#peering?.transport.broadcast(message),
        send: (to, message) => this.#peering?.transport.send(to, message),
        report: (peer, code, reason) => this.#peering?.transport.report(peer, code, reason),
      },
      watched: observer,
      hooks: {
        ...observer.consensusHooks,
        onStep: (position) => this.#peering?.position(position),
        onHalt: (error) => this.#halt(error),
      },
      onHeldBack: (until) =>
        this.#logger?.warn("this home does not remember all that its key has signed: nothing is signed for a while", {
          until,
        }),
    });
  }

  async #makePeering({ sync: settings }: NodeConfig, store: Store, alone: boolean): Promise<Peering | undefined> {
    if (this.#network === undefined) return undefined;
    const { chain } = this.#parts!;
    this.#snapshots = await Snapshots.open({
      store,
      source: chain.store,
      interval: settings.snapshot_interval,
      kept: settings.snapshots_kept,
      latest: () => chain.executor.state.lastHeight,
      onMade: ({ height, chunks }, ms) => this.#logger?.info("made a snapshot", { height, chunks, ms: Math.round(ms) }),
      onRefused: (height, reason) => this.#logger?.warn("no snapshot", { height, reason }),
      onFailure: (error) => this.#halt(error),
    });
    const { sync, network: meter, gossip } = this.#observer;
    return new Peering({
      network: this.#network,
      switchboard: this.#switchboard,
      chain,
      snapshots: this.#snapshots,
      consensus: this.#consensus!,
      waitsForPeers: !alone,
      sync,
      gossip,
      onPeerJoined: (peer) => meter.peerJoined(peer),
      onPeerLeft: (peer) => meter.peerLeft(peer),
      onTrouble: (error) => this.#logger?.error("could not check what a peer sent", { error }),
      onConsensusStopped: () => this.#observer.consensusStopped(),
      onHalt: (error) => this.#halt(error),
    });
  }

  async #startRpc(config: NodeConfig, home: NodeHome): Promise<void> {
    const { chain } = this.#parts!;
    const network = this.#network;
    const backend = createRpcBackend(chain, {
      moniker: config.node.moniker,
      nodeId: nodeIdOf(home.nodeKey),
      // Clients of the ecosystem refuse a status where this is empty.
      listenAddress: (network && config.p2p.listen[0]) ?? "none",
      rpcAddress: () => this.#rpcAddress,
      validatorPubKey: this.#key?.publicKey,
      catchingUp: () => this.catchingUp,
      consensusState: () => this.#consensus!.position,
      roundView: () => this.#consensus!.roundView,
      onRound: (listener) => this.#observer.rounds.subscribe(listener),
      ...(network && { netInfo: () => netInfoOf(network) }),
      genesis: home.genesis,
    });
    this.#rpc = createRpcServer(backend, rpcConfig(config), {
      onCall: (method, code, seconds) => this.#observer.called(method, code, seconds),
      onError: (method, error) => this.#logger?.error("rpc call failed", { method, error }),
    });
    const rpc = this.#rpc;
    const { address } = await listening(config.rpc.listen, "--rpc-listen", () => rpc.start());
    this.#rpcAddress = urlOf(address);
  }

  async #startConsensus(alone: boolean): Promise<void> {
    const { promise: first, resolve } = Promise.withResolvers<void>();
    for (const event of ["block", "halt"]) this.events.addEventListener(event, () => resolve(), { once: true });
    if (this.#peering !== undefined) await this.#peering.start();
    else await this.#consensus!.start();
    if (this.height > 0n || !alone) return;
    const enough = setTimeout(resolve, FIRST_BLOCK_WAIT_MS);
    await first;
    clearTimeout(enough);
  }

  async #stop(): Promise<void> {
    await this.#starting?.catch(() => {});
    await this.#leaveChain();
    await this.#snapshots?.stop();
    await this.#rpc?.stop();
    await this.#metricsServer?.stop();
    this.#lag?.stop();
    await this.#parts?.chain.bus.settled();
    if (this.#parts !== undefined) await this.#parts.close();
    else await this.#store?.close();
    this.#lock?.release();
  }

  /** Takes no part in the chain any more. */
  #leaveChain(): Promise<void> {
    return this.#leaving ??= (async () => {
      await this.#key?.close();
      await this.#peering?.stop();
      await this.#consensus?.close();
      await this.#network?.stop();
    })();
  }

  /** Our own bug or a failed world: nothing more is signed or committed, and whoever runs the node is told. */
  #halt(error: unknown): void {
    if (this.#halted) return;
    this.#halted = true;
    // Block sync would begin consensus anew. What is being started has to be there before it can be stopped.
    (this.#starting ?? Promise.resolve()).catch(() => {}).then(() => this.#leaveChain()).catch((error) =>
      this.#logger?.error("could not stop after a failure", { error })
    );
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
    this.#snapshots?.committed(height);
    this.events.dispatchEvent(new CustomEvent("block", { detail }));
  }
}
