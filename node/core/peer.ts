/** The words for other nodes that every room shares. @module */

/** Names a peer in the network's own words (libp2p: its peer id, base58). Only the network reads anything into it. */
export type PeerId = string;

/**
 * What is thought of a message that came by a topic, before it is passed on: `accept` passes it on; `ignore` drops it and
 * holds it against nobody (too old, too early, known, no room, of a newer version); `reject` drops it and counts against
 * whoever sent it.
 */
export type GossipVerdict = "accept" | "ignore" | "reject";

/** Something a peer did that it must not do. Reports are never thrown; the network weighs them. */
export interface PeerReport {
  readonly peer: PeerId;
  /** A stable word in snake case, as `bad_signature`. */
  readonly code: string;
  /** For people: action attempted, colon, state found. */
  readonly reason: string;
}
