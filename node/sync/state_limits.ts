/** The numbers of state sync. Times in milliseconds. @module */

/** Questions in flight, in all and at one peer: two, so that the second is answered while the first is taken in. */
export const STATE_REQUESTS_MAX = 8;
export const STATE_PEER_REQUESTS_MAX = 2;
/** Questions to one peer in a second, half of what the network takes for a flood, and how many at once. */
export const STATE_QUESTIONS_PER_SECOND = 250;
export const STATE_QUESTIONS_BURST = 50;
/** Chunks ahead of the next one that are asked for: with the longest chunks they hold 160 MiB, as a rule 8. */
export const CHUNKS_AHEAD = 8;
/** Light blocks ahead of the next one that are asked for, on the way back by hashes. */
export const LIGHT_BLOCKS_AHEAD = 64;
/** A question without an answer for so long is given to somebody else. Chunks are made when they are asked for. */
export const ANSWER_MS = 10_000;
/** So long the next thing needed may wait on one peer before another is asked for it too. */
export const STATE_HEDGE_MS = 2_000;
/** How long a peer that failed is left out, doubled with each further failure in a row. */
export const STATE_PAUSE_MS = 500;
export const STATE_PAUSE_MS_MAX = 30_000;

/** Snapshots of one peer that are looked at (CometBFT `recentSnapshots`), and their metadata: two of the largest states. */
export const OFFERS_PER_PEER_MAX = 10;
export const OFFERS_BYTES_PER_PEER_MAX = 1_536 * 1024;
/** False snapshots that are remembered. */
export const REJECTED_MAX = 100;
/** Peers are asked again for their snapshots so often; after a failure so soon. */
export const ASK_AGAIN_MS = 10_000;
export const ASK_AGAIN_MS_MIN = 1_000;
/** How long after the first offer one is chosen, when all have answered, and in any case. */
export const CHOOSE_MS = 1_000;
export const CHOOSE_MS_MAX = 10_000;
/** A snapshot of which nothing came for so long is left for another one. */
export const STALL_STATE_MS = 60_000;
/** Without a usable snapshot for so long the node says so and gives up. */
export const GIVE_UP_STATE_MS = 300_000;

/** Peers beside the one that is believed first who must have the same header. */
export const WITNESSES_MAX = 4;
/** Peers that are asked for the proposer priorities, which no hash covers. */
export const PRIORITY_PEERS_MAX = 5;
/** A header may be so far ahead of this clock (CometBFT `defaultMaxClockDrift`). */
export const CLOCK_DRIFT_MS = 10_000;
/** Headers above the snapshot that are gone back by hashes, when the trusted one is above it: ten default intervals. */
export const ABOVE_MAX = 10_000n;
/** Headers below the snapshot that are fetched for judging evidence. Older evidence is believed when the block is sealed. */
export const BACKFILL_MAX = 1_000;
/** Headers that are handed to storage at once. */
export const BACKFILL_BATCH = 100;
