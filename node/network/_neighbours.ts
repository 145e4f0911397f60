/**
 * Who is connected to whom, so that a message is not passed on to those who have it from its author. Each node tells its
 * peers whom else it reaches by gossip. An author sends to all of them itself: passing such a message on to two who both say
 * that they reach each other only costs, in a network of four validators two thirds of all messages. Whoever lies or fails
 * about this withholds only what it wrote itself, as it could anyway; the protocols above repair what is missing.
 * @module
 */

/** Bytes of a node key. */
const KEY_BYTES = 32;
/** Most neighbours that are believed: as many connections as a node may have. */
const NEIGHBOURS_MAX = 1000;

/** Keys one after the other. */
export function encodeNeighbours(keys: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(Math.min(keys.length, NEIGHBOURS_MAX) * KEY_BYTES);
  for (const [i, key] of keys.slice(0, NEIGHBOURS_MAX).entries()) bytes.set(key, i * KEY_BYTES);
  return bytes;
}

/** The keys in hexadecimal; undefined when the bytes are no list of keys. */
export function decodeNeighbours(bytes: Uint8Array): ReadonlySet<string> | undefined {
  if (bytes.length % KEY_BYTES !== 0 || bytes.length > NEIGHBOURS_MAX * KEY_BYTES) return undefined;
  const keys = new Set<string>();
  for (let at = 0; at < bytes.length; at += KEY_BYTES) keys.add(bytes.subarray(at, at + KEY_BYTES).toHex());
  return keys;
}

/** What is known of a peer for this. */
export interface Neighbourly {
  /** Node key in hexadecimal. */
  readonly key: string;
  readonly neighbours: ReadonlySet<string>;
}

/** Whether `receiver` has what `author` wrote from `author` itself: both say that they reach each other. */
export const reachEachOther = (author: Neighbourly, receiver: Neighbourly): boolean =>
  author.neighbours.has(receiver.key) && receiver.neighbours.has(author.key);

/** First byte of a message on a topic: from its author, or passed on by somebody else. Not part of the message's id. */
export const HOP = { author: 0, passedOn: 1 } as const;

/** A message as its author sends it. */
export function withHop(bytes: Uint8Array): Uint8Array {
  const message = new Uint8Array(1 + bytes.length);
  message[0] = HOP.author;
  message.set(bytes, 1);
  return message;
}
