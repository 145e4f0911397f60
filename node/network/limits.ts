/**
 * How much a peer may send. Set so that a healthy validator never comes near, at 50 blocks and 5 000 transactions a second:
 * what is over is an attack or a loop. All numbers in one place.
 * @module
 */
import type { Channel, Protocol, Topic } from "./ports.ts";

const MIB = 1024 * 1024;

/** A rate of messages and one of bytes; each with a burst of that many seconds' worth. */
export interface Rate {
  readonly messagesPerSecond: number;
  readonly bytesPerSecond: number;
}

/** Seconds of its rate that a peer may send at once: after a pause of ours everything it held back comes together. */
export const BURST_SECONDS = 5;

/**
 * By topic and for each peer. Consensus: 100 validators at 10 blocks/s make 2 000 votes/s, which one peer may pass on all.
 * Transactions travel in batches, 5 000/s of 300 bytes are 1.5 MB/s.
 */
export const TOPIC_RATES: Readonly<Record<Topic, Rate>> = {
  consensus: { messagesPerSecond: 8000, bytesPerSecond: 32 * MIB },
  transactions: { messagesPerSecond: 8000, bytesPerSecond: 32 * MIB },
  evidence: { messagesPerSecond: 50, bytesPerSecond: 4 * MIB },
};

/** By channel and for each peer. */
export const CHANNEL_RATES: Readonly<Record<Channel, Rate>> = {
  consensus: { messagesPerSecond: 8000, bytesPerSecond: 64 * MIB },
  transactions: { messagesPerSecond: 8000, bytesPerSecond: 32 * MIB },
  evidence: { messagesPerSecond: 50, bytesPerSecond: 4 * MIB },
  sync: { messagesPerSecond: 500, bytesPerSecond: MIB },
};

/** Questions of one peer, by protocol. A syncing node asks for a block a question, some hundreds a second. */
export const QUESTIONS_PER_SECOND: Readonly<Record<Protocol | "dht", number>> = {
  blocks: 1000,
  light_blocks: 500,
  snapshots: 20,
  chunks: 200,
  /** A search asks each peer once. */
  dht: 10,
};

/**
 * What all peers of one IP address may send together, in units of one peer's: less than as many peers as may connect from
 * there. What is over is dropped without a report, for it may be a neighbour's fault.
 */
export const ADDRESS_RATE_PEERS = 16;
/** How often a flood is reported, in milliseconds: each costs ten points, so ten seconds of it ban. */
export const FLOOD_REPORT_MS = 1000;

/** Bytes that wait to be sent to one peer over channels, in all; then `send` answers false. A large proposal fits. */
export const SEND_QUEUE_BYTES_MAX = 8 * MIB;
/** Bytes handed to libp2p ahead of the wire: what is in there is sent in this order, whatever comes after. */
export const SEND_AHEAD_BYTES = 128 * 1024;
/** Bytes of one peer's channels that wait for their handlers; then reading pauses. Two of the largest messages. */
export const RECEIVE_QUEUE_BYTES_MAX = 4 * MIB;
/** Bytes of gossip that wait to be sent to one peer; then what is published is dropped for it. */
export const GOSSIP_QUEUE_BYTES_MAX = 8 * MIB;
/** Bytes of one peer's gossip under judgement at once; then reading pauses. */
export const GOSSIP_PENDING_BYTES_MAX = 4 * MIB;
/** Messages of one peer's gossip under judgement at once. */
export const GOSSIP_PENDING_MAX = 4096;
/** A peer that takes nothing of what waits for it for so long is disconnected. */
export const WRITE_TIMEOUT_MS = 20_000;
/** For the question to arrive on a new stream. */
export const QUESTION_TIMEOUT_MS = 5_000;
/** Questions of ours under way at once to one peer, for each protocol; more wait for their turn. */
export const QUESTIONS_PER_PEER_MAX = 8;
/** Answers being given at once: to one peer for each protocol (twice what it asks, as ends are not seen at once), and in all. */
export const ANSWERS_PER_PEER_MAX = 16;
export const ANSWERS_MAX = 64;
/** Streams that one connection may open to us. Ours are a dozen; identify, ping, DHT and relay come and go. */
export const STREAMS_PER_CONNECTION_MAX = 128;
/** Inbound connections that have not finished their handshakes: in all, and from one address, which cannot fill all. */
export const CONNECTIONS_PENDING_MAX = 64;
export const CONNECTIONS_PENDING_PER_ADDRESS_MAX = 16;
/** Of `peers_max`, how many inbound connections leave free for those we dial: who fills us cannot cut us off. */
export const outboundReserve = (peersMax: number): number => Math.min(8, Math.floor(peersMax / 4));
/** How long a peer of another chain, or that does not speak to us, is left alone. */
export const STRANGER_MS = 5 * 60_000;
