/**
 * A node among others: the network, and everything that listens to it. Consensus speaks through `transport`; who has the
 * chain, block sync or consensus, is decided here.
 * @module
 */
import { SYSTEM_CLOCK } from "./clock.ts";
import type { ConsensusSwitch } from "./sync/mod.ts";
import { BlockServer, SyncConductor } from "./sync/mod.ts";
import type { SyncObserver } from "./sync/ports.ts";
import type { EnginePosition } from "./consensus/engine.ts";
import type { TransportPort } from "./consensus/ports.ts";
import { tendermintEngine, type TendermintMessage } from "./consensus/tendermint/mod.ts";
import type { ConsensusRunner } from "./consensus_runner.ts";
import { ConsensusGossipService } from "./gossip/mod.ts";
import type { GossipObserver } from "./gossip/ports.ts";
import type { Listener, Switchboard } from "./switchboard.ts";
import type { PeerNetwork, PeerView, Protocol } from "./network/ports.ts";
import type { PeerId } from "./core/peer.ts";
import { type Chain, createBlockSource, createSyncTarget } from "./runtime/mod.ts";

export interface PeeringOptions {
  /** Started here, unless it was before. */
  readonly network: PeerNetwork;
  readonly switchboard: Switchboard;
  readonly chain: Chain;
  readonly consensus: Pick<ConsensusRunner, "start" | "stop">;
  /** False: nobody can be ahead of this node. */
  readonly waitsForPeers: boolean;
  readonly sync: SyncObserver;
  readonly gossip: GossipObserver;
  readonly onPeerJoined: (peer: PeerView) => void;
  readonly onPeerLeft: (peer: PeerId) => void;
  readonly onConsensusStopped: () => void;
  readonly onHalt: (error: unknown) => void;
}

/** See the module. `start` once, `stop` once. */
export class Peering {
  readonly #options: PeeringOptions;
  readonly #gossip: ConsensusGossipService<TendermintMessage>;
  readonly #conductor: SyncConductor;
  readonly #server: BlockServer;
  readonly #forget: () => void;
  /** The lowest stored block; 0: none yet. */
  #base = 0n;

  constructor(options: PeeringOptions) {
    this.#options = options;
    const { network, chain, waitsForPeers, sync, gossip, onHalt } = options;
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
    });
    this.#server = new BlockServer({
      source: createBlockSource(chain),
      clock: SYSTEM_CLOCK,
      report: (peer, code, reason) => network.report(peer, code, reason),
    });
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
    if (network.addresses.length === 0) await network.start(switchboard);
    switchboard.connect(this.#listener(), network);
    this.#conductor.start();
  }

  /** Ends consensus, too. */
  async stop(): Promise<void> {
    this.#forget();
    await this.#conductor.stop();
    this.#gossip.stop();
    this.#options.switchboard.connect({}, { peers: [] });
  }

  #switch(): ConsensusSwitch {
    const { consensus, chain, onConsensusStopped } = this.#options;
    return {
      start: () => consensus.start((driver) => this.#gossip.attach(driver)),
      stop: async () => {
        await consensus.stop();
        onConsensusStopped();
        this.#gossip.syncing(chain.executor.version + 1n);
      },
    };
  }

  #committed(height: bigint): void {
    if (this.#base === 0n) this.#base = height;
    if (this.#conductor.catchingUp) this.#gossip.syncing(height + 1n);
    else this.#conductor.heightCommitted(height);
  }

  #listener(): Listener {
    const { onPeerJoined, onPeerLeft } = this.#options;
    return {
      onTopic: (topic, from, bytes) => topic === "consensus" ? this.#gossip.onTopic(from, bytes) : "ignore",
      onMessage: (channel, from, bytes) => {
        if (channel === "consensus") this.#gossip.onMessage(from, bytes);
      },
      onRequest: (protocol, from, body) => this.#answer(protocol, from, body),
      onPeerJoined: (peer) => {
        this.#gossip.onPeerJoined(peer.id);
        onPeerJoined(peer);
      },
      onPeerLeft: (peer) => {
        this.#gossip.onPeerLeft(peer);
        this.#conductor.peerLeft(peer);
        onPeerLeft(peer);
      },
    };
  }

  #answer(protocol: Protocol, from: PeerId, body: Uint8Array): AsyncIterable<Uint8Array> {
    if (protocol === "blocks" || protocol === "light_blocks") return this.#server.answer(protocol, from, body);
    return nothing();
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
