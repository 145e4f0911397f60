/**
 * A node among others: the network, and everything that listens to it. Consensus speaks through `transport`; who has the
 * chain, block sync or consensus, is decided here.
 * @module
 */
import { SYSTEM_CLOCK } from "./clock.ts";
import type { ConsensusSwitch } from "./sync/mod.ts";
import { BlockServer, SnapshotServer, SyncConductor } from "./sync/mod.ts";
import type { SyncObserver } from "./sync/ports.ts";
import type { EnginePosition } from "./consensus/engine.ts";
import type { TransportPort } from "./consensus/ports.ts";
import { tendermintEngine, type TendermintMessage } from "./consensus/tendermint/mod.ts";
import type { ConsensusRunner } from "./consensus_runner.ts";
import { ConsensusGossipService, EvidenceGossip, TransactionsService } from "./gossip/mod.ts";
import type { GossipObserver } from "./gossip/ports.ts";
import type { Listener, Switchboard } from "./switchboard.ts";
import type { PeerNetwork, PeerView, Protocol, Topic } from "./network/ports.ts";
import { IoError } from "./core/errors.ts";
import type { PeerId } from "./core/peer.ts";
import { breathe, type Chain, createBlockSource, createSyncTarget, type Snapshots } from "./runtime/mod.ts";

const TOPICS: readonly Topic[] = ["consensus", "transactions", "evidence"];

export interface PeeringOptions {
  /** Started here, unless it was before. */
  readonly network: PeerNetwork;
  readonly switchboard: Switchboard;
  readonly chain: Chain;
  /** What others may begin from. */
  readonly snapshots: Snapshots;
  readonly consensus: Pick<ConsensusRunner, "start" | "stop">;
  /** False: nobody can be ahead of this node. */
  readonly waitsForPeers: boolean;
  readonly sync: SyncObserver;
  readonly gossip: GossipObserver;
  readonly onPeerJoined: (peer: PeerView) => void;
  readonly onPeerLeft: (peer: PeerId) => void;
  readonly onConsensusStopped: () => void;
  /** Something failed that is no reason to stop. */
  readonly onTrouble: (error: IoError) => void;
  readonly onHalt: (error: unknown) => void;
}

/** See the module. `start` once, `stop` once. */
export class Peering {
  readonly #options: PeeringOptions;
  readonly #gossip: ConsensusGossipService<TendermintMessage>;
  readonly #conductor: SyncConductor;
  readonly #transactions: TransactionsService;
  readonly #evidence: EvidenceGossip;
  readonly #blocks: BlockServer;
  readonly #states: SnapshotServer;
  readonly #forget: () => void;
  /** Gossip speaks to a driver, which runs or is about to. */
  #isAttached = false;
  /** The lowest stored block; 0: none yet. */
  #base = 0n;

  constructor(options: PeeringOptions) {
    this.#options = options;
    const { network, chain, snapshots, waitsForPeers, sync, gossip, onHalt } = options;
    this.#gossip = new ConsensusGossipService({
      network,
      clock: SYSTEM_CLOCK,
      codec: tendermintEngine.codec,
      base: () => this.#base,
      onPeerStatus: (peer, height, base) => this.#conductor.peerStatus(peer, base, height),
      observer: gossip,
    });
    this.#conductor = new SyncConductor({
      network,
      clock: SYSTEM_CLOCK,
      target: createSyncTarget(chain),
      waitsForPeers,
      onHalt,
      consensus: this.#switch(),
      observer: sync,
      pause: breathe,
    });
    const pools = {
      network,
      clock: SYSTEM_CLOCK,
      active: () => !this.#conductor.catchingUp,
      // What cannot be read now is checked when it comes again; a rule of ours that broke is another matter.
      onFailure: (error: unknown) => error instanceof IoError ? options.onTrouble(error) : onHalt(error),
    };
    this.#transactions = new TransactionsService({ ...pools, pool: chain.mempool });
    this.#evidence = new EvidenceGossip({ ...pools, keeper: chain.evidence });
    const report = (peer: PeerId, code: string, reason: string) => network.report(peer, code, reason);
    this.#blocks = new BlockServer({ source: createBlockSource(chain), clock: SYSTEM_CLOCK, report });
    this.#states = new SnapshotServer({ source: snapshots, report });
    this.#forget = chain.bus.subscribe(({ height }) => this.#committed(height));
  }

  /** How consensus speaks to others. */
  get transport(): TransportPort {
    return this.#gossip;
  }

  get network(): PeerNetwork {
    return this.#options.network;
  }

  /** Blocks come from others and not from consensus, for now. */
  get catchingUp(): boolean {
    return this.#conductor.catchingUp;
  }

  /** Where the engine stands. */
  position(position: EnginePosition): void {
    this.#gossip.position(position);
  }

  async start(): Promise<void> {
    const { chain, network, switchboard } = this.#options;
    this.#base = await chain.store.blocks.blockBase() ?? 0n;
    this.#gossip.start(chain.executor.version + 1n);
    switchboard.connect(this.#listener());
    await switchboard.start(network);
    this.#conductor.start();
  }

  /** Ends consensus, too. */
  async stop(): Promise<void> {
    this.#forget();
    await this.#conductor.stop();
    this.#gossip.stop();
    this.#transactions.stop();
    this.#evidence.stop();
    this.#options.switchboard.connect({});
  }

  #switch(): ConsensusSwitch {
    const { consensus, chain, onConsensusStopped } = this.#options;
    return {
      start: () =>
        consensus.start((driver) => {
          this.#isAttached = true;
          this.#gossip.attach(driver);
        }),
      stop: async () => {
        await consensus.stop();
        this.#isAttached = false;
        onConsensusStopped();
        this.#gossip.syncing(chain.executor.version + 1n);
      },
    };
  }

  #committed(height: bigint): void {
    if (this.#base === 0n) this.#base = height;
    // Told a little late: the last block that was synced may be heard of when consensus has begun.
    if (this.#isAttached) this.#conductor.heightCommitted(height);
    else this.#gossip.syncing(this.#options.chain.executor.version + 1n);
  }

  #listener(): Listener {
    const { onPeerJoined, onPeerLeft } = this.#options;
    return {
      onTopic: (topic, from, bytes) => this.#gossipOf(topic).onTopic(from, bytes),
      onMessage: (channel, from, bytes) =>
        channel === "sync" ? undefined : this.#gossipOf(channel).onMessage(from, bytes),
      onRequest: (protocol, from, body) => this.#answer(protocol, from, body),
      onPeerJoined: (peer) => {
        for (const topic of TOPICS) this.#gossipOf(topic).onPeerJoined(peer.id);
        onPeerJoined(peer);
      },
      onPeerLeft: (peer) => {
        for (const topic of TOPICS) this.#gossipOf(topic).onPeerLeft(peer);
        this.#conductor.peerLeft(peer);
        onPeerLeft(peer);
      },
    };
  }

  #gossipOf(topic: Topic) {
    switch (topic) {
      case "consensus":
        return this.#gossip;
      case "transactions":
        return this.#transactions;
      case "evidence":
        return this.#evidence;
    }
  }

  #answer(protocol: Protocol, from: PeerId, body: Uint8Array): AsyncIterable<Uint8Array> {
    return protocol === "blocks" || protocol === "light_blocks"
      ? this.#blocks.answer(protocol, from, body)
      : this.#states.answer(protocol, from, body);
  }
}
