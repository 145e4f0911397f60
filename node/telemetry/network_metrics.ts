import { type Instruments, LabelRoom } from "./instruments.ts";

/** Everything that goes over the wire, by topic, channel or protocol (node/network/ports.ts). */
const KINDS = [
  "consensus",
  "transactions",
  "evidence",
  "sync",
  "blocks",
  "light_blocks",
  "snapshots",
  "chunks",
] as const;
export type WireKind = typeof KINDS[number];

const VERDICTS = ["accept", "ignore", "reject"] as const;
const TOPICS = ["consensus", "transactions", "evidence"] as const;
const GOSSIP = ["proposal", "prevote", "precommit", "part", "other"] as const;
export type GossipKind = typeof GOSSIP[number];
const GOSSIP_FATES = ["true", "false"] as const;

/** Codes of reports with series of their own: they are words of our own code, but from all rooms. */
const CODES_MAX = 64;
/** Peers with series of their own at any time; a node has fewer. */
const PEERS_SHOWN_MAX = 64;

/** What is read of peers when somebody asks for the numbers. */
export interface PeerFigures {
  readonly id: string;
  readonly outbound: boolean;
  readonly relayed: boolean;
  readonly isValidator: boolean;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly score: number;
}

const count = (peers: readonly PeerFigures[], is: (peer: PeerFigures) => boolean) => peers.filter(is).length;

/** The network in numbers; names and units as CometBFT v0.38's `p2p/metrics.go` where it has them. */
export class NetworkMetrics {
  readonly #receivedBytes;
  readonly #sentBytes;
  readonly #received;
  readonly #sent;
  readonly #verdicts;
  readonly #gossip;
  readonly #helped;
  readonly #reports;
  readonly #bans;
  readonly #joined;
  readonly #left;
  readonly #codes = new LabelRoom(CODES_MAX);
  #peers: () => readonly PeerFigures[] = () => [];
  #banned: () => number = () => 0;

  constructor(make: Instruments) {
    const byType = (name: string, help: string) => make.tally<WireKind>(`p2p_${name}`, help, "message_type", KINDS);
    this.#receivedBytes = byType("message_receive_bytes_total", "Bytes of messages received");
    this.#sentBytes = byType("message_send_bytes_total", "Bytes of messages sent");
    this.#received = byType("messages_received_total", "Messages received");
    this.#sent = byType("messages_sent_total", "Messages sent");
    this.#verdicts = make.tallies("p2p_verdicts_total", "Verdicts on what topics brought", ["topic", TOPICS], [
      "verdict",
      VERDICTS,
    ]);
    this.#gossip = {
      fresh: make.tally<GossipKind>("gossip_received_total", "Heads and parts that were new here", "what", GOSSIP),
      known: make.tally<GossipKind>("gossip_duplicates_total", "Heads and parts that were known", "what", GOSSIP),
      parts: make.tally(
        "consensus_block_gossip_parts_received",
        "Parts of blocks received",
        "matches_current",
        GOSSIP_FATES,
      ),
    };
    this.#helped = make.counter("gossip_helped_total", "Messages and parts sent to peers that lacked them");
    this.#reports = make.counter("p2p_reports_total", "What peers did that they must not do", ["code"]);
    this.#bans = make.counter("p2p_bans_total", "Peers that were banned");
    this.#joined = make.counter("p2p_peers_joined_total", "Peers that connected");
    this.#left = make.counter("p2p_peers_left_total", "Peers that left");
    make.read("p2p_peers", "Connected peers", () => this.#peers().length);
    make.read("p2p_outbound_peers", "Those this node dialled", () => count(this.#peers(), (peer) => peer.outbound));
    make.read("p2p_relayed_peers", "Those by way of a relay", () => count(this.#peers(), (peer) => peer.relayed));
    make.read(
      "p2p_validator_peers",
      "Those that proved to be validators",
      () => count(this.#peers(), (peer) => peer.isValidator),
    );
    make.read("p2p_banned_peers", "Peers that may not come back yet", () => this.#banned());
    const each = (
      type: "gauge" | "counter",
      name: string,
      help: string,
      figure: (peer: PeerFigures) => number,
    ) =>
      make.readEach(
        type,
        `p2p_${name}`,
        help,
        "peer_id",
        () => this.#peers().slice(0, PEERS_SHOWN_MAX).map((peer) => [peer.id, figure(peer)] as const),
      );
    each(
      "counter",
      "peer_receive_bytes_total",
      "Bytes received over the connection to a peer",
      (peer) => peer.bytesReceived,
    );
    each("counter", "peer_send_bytes_total", "Bytes sent over it", (peer) => peer.bytesSent);
    each(
      "gauge",
      "peer_score",
      "What this node thinks of a peer: 0 at first, falls with reports",
      (peer) => peer.score,
    );
  }

  sent(kind: WireKind, bytes: number): void {
    this.#sent.add(kind);
    this.#sentBytes.add(kind, bytes);
  }
  received(kind: WireKind, bytes: number): void {
    this.#received.add(kind);
    this.#receivedBytes.add(kind, bytes);
  }
  verdict(topic: typeof TOPICS[number], verdict: typeof VERDICTS[number]): void {
    this.#verdicts[topic].add(verdict);
  }
  gossipHeard(what: GossipKind, fresh: boolean): void {
    (fresh ? this.#gossip.fresh : this.#gossip.known).add(what);
    if (what === "part") this.#gossip.parts.add(fresh ? "true" : "false");
  }
  gossipHelped(messages: number): void {
    this.#helped.inc(messages);
  }
  reported(code: string): void {
    this.#reports.inc({ code: this.#codes.of(code) });
  }
  banned(): void {
    this.#bans.inc();
  }
  peerJoined(): void {
    this.#joined.inc();
  }
  peerLeft(): void {
    this.#left.inc();
  }
  /** Where connected peers and the number of bans are read. */
  follow(peers: () => readonly PeerFigures[], banned: () => number): void {
    this.#peers = peers;
    this.#banned = banned;
  }
}
