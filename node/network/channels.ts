/** Numbers of the channels on a peer's stream, and names of the protocols and topics of a chain. @module */
import { type Channel, CHANNEL_BYTES_MAX, type Protocol, type Topic } from "./ports.ts";
import { HELLO_BYTES_MAX } from "./hello.ts";

export const HELLO_TAG = 0;
/** Who else is connected to the sender: see `_neighbours.ts`. */
export const NEIGHBOURS_TAG = 5;
/** Append-only. */
const CHANNEL_TAGS: Readonly<Record<Channel, number>> = { consensus: 1, transactions: 2, evidence: 3, sync: 4 };
const CHANNEL_OF = new Map(Object.entries(CHANNEL_TAGS).map(([channel, tag]) => [tag, channel as Channel]));
/** Longest frame of a channel that this version does not know: it is passed over. */
const UNKNOWN_CHANNEL_BYTES_MAX = 64 * 1024;

/** Names as lists, most urgent first. */
export const CHANNELS: readonly Channel[] = ["consensus", "sync", "evidence", "transactions"];
export const TOPICS: readonly Topic[] = ["consensus", "transactions", "evidence"];
export const PROTOCOLS: readonly Protocol[] = ["blocks", "light_blocks", "snapshots", "chunks"];

export const tagOf = (channel: Channel): number => CHANNEL_TAGS[channel];
/** Undefined for a channel of a newer version. */
export const channelOf = (tag: number): Channel | undefined => CHANNEL_OF.get(tag);

/** How long a frame with that tag may be, in bytes. */
export function frameBytesMax(tag: number): number {
  if (tag === HELLO_TAG) return HELLO_BYTES_MAX;
  const channel = channelOf(tag);
  return channel === undefined ? UNKNOWN_CHANNEL_BYTES_MAX : CHANNEL_BYTES_MAX[channel];
}

/** Names on the wire. The chain id keeps chains apart that share hosts and relays. */
export function wireNames(chainId: string) {
  const chain = `/catenary/${encodeURIComponent(chainId)}`;
  return {
    session: `${chain}/1`,
    dht: `${chain}/kad/1`,
    topic: (topic: Topic) => `${chain}/${topic}/1`,
    protocol: (protocol: Protocol) => `${chain}/${protocol}/1`,
  };
}
