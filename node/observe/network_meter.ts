/** From what happens among peers to numbers and lines. @module */
import type { GossipVerdict, PeerId } from "../core/peer.ts";
import type { GossipObserver } from "../gossip/ports.ts";
import type { Channel, NetworkObserver, PeerBan, PeerNetwork, PeerView, Protocol, Topic } from "../network/ports.ts";
import type { LogLines } from "../log_lines.ts";
import type { NetworkMetrics, PeerFigures } from "../telemetry/mod.ts";

/** Peers remembered so that their leaving can be told with a name; connections are bounded below this. */
const PEERS_KNOWN_MAX = 1024;

/** What is followed of a network: who is there. */
export type FollowedNetwork = Pick<PeerNetwork, "peers" | "bans">;

export class NetworkMeter implements NetworkObserver {
  readonly #metrics: NetworkMetrics;
  readonly #log: () => LogLines;
  readonly #known = new Map<PeerId, { readonly moniker: string; readonly since: number }>();
  readonly #nowMs: () => number;
  #network: FollowedNetwork | undefined;
  #lastCode: string | undefined;

  constructor(metrics: NetworkMetrics, log: () => LogLines, nowMs: () => number = () => performance.now()) {
    this.#metrics = metrics;
    this.#log = log;
    this.#nowMs = nowMs;
    metrics.follow(() => this.#network?.peers.map(figuresOf) ?? [], () => this.#network?.bans.length ?? 0);
  }

  /** Connected peers. */
  get peers(): number {
    return this.#network?.peers.length ?? 0;
  }

  /** Where peers and bans are read when somebody asks. */
  follow(network: FollowedNetwork): void {
    this.#network = network;
  }

  sent(kind: Topic | Channel | Protocol, bytes: number): void {
    this.#metrics.sent(kind, bytes);
  }
  received(kind: Topic | Channel | Protocol, bytes: number): void {
    this.#metrics.received(kind, bytes);
  }
  verdict(topic: Topic, verdict: GossipVerdict): void {
    this.#metrics.verdict(topic, verdict);
  }
  reported(code: string): void {
    this.#lastCode = code;
    this.#metrics.reported(code);
  }
  banned(ban: PeerBan): void {
    this.#metrics.banned();
    this.#log().peerBanned(ban, this.#lastCode);
  }

  peerJoined(peer: PeerView): void {
    if (this.#known.size < PEERS_KNOWN_MAX) {
      this.#known.set(peer.id, { moniker: peer.moniker, since: this.#nowMs() });
    }
    this.#metrics.peerJoined();
    this.#log().peerJoined(peer, this.peers);
  }
  peerLeft(peer: PeerId): void {
    const known = this.#known.get(peer);
    this.#known.delete(peer);
    this.#metrics.peerLeft();
    const seconds = known && (this.#nowMs() - known.since) / 1000;
    this.#log().peerLeft(peer, known?.moniker, seconds, this.peers);
  }

  /** For node/gossip. */
  get gossip(): GossipObserver {
    return {
      heard: (what, fresh) => this.#metrics.gossipHeard(what, fresh),
      helped: (count) => this.#metrics.gossipHelped(count),
    };
  }
}

const figuresOf = (peer: PeerView): PeerFigures => ({
  id: peer.id,
  outbound: peer.outbound,
  relayed: peer.relayed,
  isValidator: peer.validator !== undefined,
  bytesReceived: peer.bytesReceived,
  bytesSent: peer.bytesSent,
  score: peer.score,
});
