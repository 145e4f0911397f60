/**
 * What the rest of a node needs of a network of peers. Implemented over libp2p, in memory for tests and for several nodes
 * in one process. Nothing here rejects or throws for what a peer does: it is reported, scored and, if it goes on, banned.
 * @module
 */
import type { GossipVerdict, PeerId } from "../core/peer.ts";

/** Broadcast to everybody who takes part, by way of others where need be; checked by each before it is passed on. */
export type Topic = "consensus" | "transactions" | "evidence";

/** Ordered messages to one connected peer over a stream that lives as long as the connection. */
export type Channel = "consensus" | "transactions" | "evidence" | "sync";

/** Questions with an answer of one or more frames, each over a stream of its own. */
export type Protocol = "blocks" | "light_blocks" | "snapshots" | "chunks";

/** Largest frame of each kind, in bytes; a longer one ends the stream and is reported before anything is allocated. */
export const TOPIC_BYTES_MAX: Readonly<Record<Topic, number>> = {
  consensus: 256 * 1024,
  transactions: 2 * 1024 * 1024,
  evidence: 1024 * 1024,
};
export const CHANNEL_BYTES_MAX: Readonly<Record<Channel, number>> = {
  consensus: 256 * 1024,
  transactions: 2 * 1024 * 1024,
  evidence: 1024 * 1024,
  sync: 4096,
};
/** Longest question. */
export const REQUEST_BYTES_MAX = 4096;
/** Longest frame of an answer: a block of the largest size with its commit. */
export const RESPONSE_FRAME_BYTES_MAX = 24 * 1024 * 1024;

/** A connected peer that speaks our protocols on our chain. */
export interface PeerView {
  readonly id: PeerId;
  /** Multiaddr of the connection. */
  readonly address: string;
  readonly outbound: boolean;
  /** By way of a circuit relay. */
  readonly relayed: boolean;
  readonly moniker: string;
  readonly version: string;
  /** ed25519, 32 bytes: CometBFT's node id is the address of it. */
  readonly nodeKey: Uint8Array;
  /** Address of the validator that the peer proved to be (20 bytes); undefined: it proved nothing. */
  readonly validator: Uint8Array | undefined;
  /** Milliseconds since the epoch. */
  readonly connectedAt: number;
  /** 0 at first; falls with each report and recovers with time. At `SCORE_BAN` the peer is banned. */
  readonly score: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly messagesReceived: number;
  readonly messagesSent: number;
}

/** A peer that may not come back before `until` (milliseconds since the epoch). */
export interface PeerBan {
  readonly peer: PeerId;
  readonly until: number;
  readonly reason: string;
}

/** How an answer is bounded. */
export interface RequestLimits {
  readonly frameBytesMax: number;
  readonly framesMax: number;
  /** For each frame. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Who is told of what. Set once, before `start`. Handlers must not throw; what they throw is our own bug. */
export interface NetworkHandlers {
  /** The verdict decides whether the message is passed on. */
  onTopic(topic: Topic, from: PeerId, bytes: Uint8Array): GossipVerdict | Promise<GossipVerdict>;
  /** Awaited before the next message of that peer and channel is read: that is the back pressure. */
  onMessage(channel: Channel, from: PeerId, bytes: Uint8Array): void | Promise<void>;
  /**
   * Frames of the answer, made as they are taken. Throwing ends the stream; the asker sees an answer that is cut short. An
   * IoError whose code ends in `_busy` is no failure.
   */
  onRequest(protocol: Protocol, from: PeerId, body: Uint8Array): AsyncIterable<Uint8Array>;
  onPeerJoined(peer: PeerView): void;
  onPeerLeft(peer: PeerId): void;
}

/** Counts what goes over the wire. All optional to call, cheap, must not throw. */
export interface NetworkObserver {
  sent(kind: Topic | Channel | Protocol, bytes: number): void;
  received(kind: Topic | Channel | Protocol, bytes: number): void;
  verdict(topic: Topic, verdict: GossipVerdict): void;
  reported(code: string): void;
  banned(ban: PeerBan): void;
}

/** See the module. `start` once, `stop` once. */
export interface PeerNetwork {
  readonly self: PeerId;
  /** Addresses others can dial, with the peer id; empty before `start`. */
  readonly addresses: readonly string[];
  readonly peers: readonly PeerView[];
  readonly bans: readonly PeerBan[];
  /** Rejects with an IoError `address_in_use`, `address_invalid` … that says what to do. */
  start(handlers: NetworkHandlers): Promise<void>;
  stop(): Promise<void>;
  /** Never waits: what finds no room in a peer's queue is dropped and repaired by the protocols above. */
  publish(topic: Topic, bytes: Uint8Array): void;
  /** False when the peer is not connected or its queue is full. */
  send(peer: PeerId, channel: Channel, bytes: Uint8Array): boolean;
  /** Frames of the answer. Ends early when the peer fails, is slow or exceeds a limit; then it throws an IoError. */
  request(peer: PeerId, protocol: Protocol, body: Uint8Array, limits: RequestLimits): AsyncIterable<Uint8Array>;
  report(peer: PeerId, code: string, reason: string): void;
}
