/** How much consensus gossip keeps and says. @module */

/**
 * What a machine holds is at most: what was found good (signed by validators) and what waits to be judged, which anybody may
 * have made up and is therefore also bounded for each peer.
 */
export interface GossipLimits {
  /** Longest block that is carried: CometBFT's default limit, and what engines' messages have room for. */
  readonly blockBytesMax: number;
  /** Parts of blocks that are kept, in bytes, of all heights; the oldest heights give way. */
  readonly partsBytesMax: number;
  /** Blocks of one height; the newest rounds win. Two for each of the round before, this one and the next are the most useful. */
  readonly blocksPerHeightMax: number;
  /**
   * Different messages of one author, kind and round. Two prove that it equivocates; more are judged good only where a quorum may
   * need them, and without them those who saw one quorum and those who saw another wait for each other.
   */
  readonly perSlotMax: number;
  /** Rounds of one author (or of one kind that has none) at one height; the newest win. */
  readonly roundsPerAuthorMax: number;
  /** Heights after the next whose messages wait: others may be as much faster for a moment. */
  readonly aheadHeightsMax: number;
  /** Heights before that are kept for whoever is late; further behind is block sync's business. */
  readonly behindHeightsMax: number;
  /** Heads of one peer that wait to be judged: the votes of 100 validators for two heights. */
  readonly waitingHeadsPerPeerMax: number;
  readonly waitingBytesPerPeerMax: number;
  /** Of all peers together. The peer with most gives way. */
  readonly waitingBytesMax: number;
  /** Names in a `have`: two rounds of 500 validators. What is left out is sent to us in vain. */
  readonly haveHeadsMax: number;
  /** Heads and parts that a peer is sent between two ticks because it lacks them, in answer to at most so many `have`s. */
  readonly helpHeadsPerTickMax: number;
  readonly helpPartsPerTickMax: number;
  /** Where blocks come every 20 ms an honest peer says five. */
  readonly haveAnsweredPerTickMax: number;
  /** Messages of one peer rejected between two ticks after which the rest is dropped unseen: bad signatures cost most. */
  readonly rejectsPerTickMax: number;
}

export const GOSSIP_LIMITS_DEFAULT: GossipLimits = {
  blockBytesMax: 22_020_096,
  partsBytesMax: 128 * 1024 * 1024,
  blocksPerHeightMax: 4,
  perSlotMax: 8,
  roundsPerAuthorMax: 32,
  aheadHeightsMax: 3,
  behindHeightsMax: 8,
  waitingHeadsPerPeerMax: 512,
  waitingBytesPerPeerMax: 4 * 1024 * 1024,
  waitingBytesMax: 32 * 1024 * 1024,
  haveHeadsMax: 2_000,
  helpHeadsPerTickMax: 1_024,
  helpPartsPerTickMax: 32,
  haveAnsweredPerTickMax: 8,
  rejectsPerTickMax: 16,
};
