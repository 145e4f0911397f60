/**
 * Who has the chain: block sync or consensus. Starts with block sync, hands over, and takes the chain back when consensus was
 * left behind. State sync, if any, is over before this begins.
 * @module
 */
import type { PeerId } from "../core/peer.ts";
import { NANOS_PER_MS } from "../core/time.ts";
import { type BlockServiceOptions, BlockSyncService } from "./block_service.ts";
import type { SyncObserver, SyncProgress } from "./ports.ts";

/** Consensus as something that is begun and ended, again and again; never both at a time. */
export interface ConsensusSwitch {
  /** Resolves when it runs, from the next height on. */
  start(): Promise<void>;
  /** Resolves when it has ended and commits nothing more. */
  stop(): Promise<void>;
}

/** How syncing gets on, about once a second. */
export interface SyncReport extends SyncProgress {
  /** Since the last report. */
  readonly blocksPerSecond: number;
}

export interface ConductorOptions
  extends Pick<BlockServiceOptions, "network" | "clock" | "target" | "waitsForPeers" | "pause" | "onHalt"> {
  readonly consensus: ConsensusSwitch;
  readonly observer?: Pick<SyncObserver, "progress" | "answered" | "switched"> | undefined;
  /** While syncing. */
  readonly onReport?: ((report: SyncReport) => void) | undefined;
}

const REPORT_NANOS = 1000n * NANOS_PER_MS;

/** See the module. `start` once, `stop` once. */
export class SyncConductor {
  readonly #options: ConductorOptions;
  readonly #service: BlockSyncService;
  /** The last start or stop of consensus, and all before it. */
  #switching: Promise<void> = Promise.resolve();
  #hasChain: "sync" | "consensus" = "sync";
  #isStopped = false;
  /** What the last report was made of. */
  #reported = { next: 0n, at: 0n };

  constructor(options: ConductorOptions) {
    this.#options = options;
    const { network, clock, target, waitsForPeers, observer, pause, onHalt } = options;
    this.#service = new BlockSyncService({
      network,
      clock,
      target,
      waitsForPeers,
      pause,
      onHalt,
      observer: {
        answered: (question) => observer?.answered(question),
        progress: (progress) => {
          observer?.progress(progress);
          this.#report(progress);
        },
      },
      onCaughtUp: (reason) => this.#handOver(reason),
      onLeftBehind: () => this.#takeBack(),
    });
  }

  get progress(): SyncProgress {
    return this.#service.progress;
  }

  /** Block sync has the chain: what RPC calls `catching_up`. */
  get catchingUp(): boolean {
    return this.#hasChain === "sync";
  }

  /** Peers are heard from now on, and asked for blocks. */
  start(): void {
    this.#beginReports();
    this.#service.start("sync");
  }

  /** Ends syncing, and consensus if it runs. Idempotent. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#service.stop();
    await this.#switching;
    await this.#options.consensus.stop();
  }

  /** As gossip's `peer_status`: the peer decides `height` and has the blocks from `base` on. */
  peerStatus(peer: PeerId, base: bigint, height: bigint): void {
    this.#service.peerStatus(peer, base, height);
  }

  peerLeft(peer: PeerId): void {
    this.#service.peerLeft(peer);
  }

  /** Consensus has committed a block. */
  heightCommitted(height: bigint): void {
    this.#service.heightCommitted(height);
  }

  #handOver(reason: string): void {
    this.#switch(async () => {
      // Before it runs: what is told late of synced blocks must not pass for syncing.
      this.#hasChain = "consensus";
      await this.#options.consensus.start();
      this.#options.observer?.switched("consensus", reason);
    });
  }

  #takeBack(): void {
    this.#switch(async () => {
      await this.#options.consensus.stop();
      this.#hasChain = "sync";
      const { target, observer } = this.#options;
      observer?.switched("sync", `consensus was left behind at height ${target.nextHeight}`);
      this.#beginReports();
      this.#service.consensusStopped();
    });
  }

  #switch(change: () => Promise<void>): void {
    this.#switching = this.#switching
      .then(() => this.#isStopped ? undefined : change())
      .catch((error) => {
        if (!this.#isStopped) this.#options.onHalt(error);
      });
  }

  #beginReports(): void {
    const { target, clock } = this.#options;
    this.#reported = { next: target.nextHeight, at: clock.nowNanos() };
  }

  #report(progress: SyncProgress): void {
    const { onReport, clock } = this.#options;
    const { next, at } = this.#reported;
    const nanos = clock.nowNanos() - at;
    if (nanos < REPORT_NANOS || !this.catchingUp) return;
    this.#beginReports();
    const blocksPerSecond = Math.round(Number(progress.next - next) * 1e9 / Number(nanos));
    onReport?.({ ...progress, blocksPerSecond });
  }
}

/** One line of a log. */
export const describeReport = ({ next, target, blocksPerSecond, peers }: SyncReport): string =>
  `synced to ${next - 1n} of ${target}, ${blocksPerSecond} blocks/s from ${peers} peers`;
