/** The numbers of block sync. Times in milliseconds. @module */

/** Blocks ahead of the next height that are asked for: ten seconds' worth where blocks are small and execution is fast. */
export const WINDOW_BLOCKS = 1024n;
/** Blocks that wait here, in bytes: three of the largest. What does not fit is dropped again, the highest first. */
export const BUFFER_BYTES_MAX = 64 * 1024 * 1024;
/** Questions in flight, in all. */
export const REQUESTS_MAX = 6;
/** More of them, for the next height only. Of each question one frame is under way: 192 MiB if all are of the longest. */
export const HEAD_REQUESTS_MORE = 2;
/** Of them at one peer: the second is answered while what the first brought is taken in. One more for the next height. */
export const PEER_REQUESTS_MAX = 2;
/** Blocks of one question; a server gives as many at once. */
export const RANGE_BLOCKS_MAX = 64;
/** Blocks of the first question to a peer, which shows how fast it is. */
export const RANGE_BLOCKS_FIRST = 4;
/** What a question should bring, in bytes and in time: more would keep others from helping. */
export const RANGE_BYTES_AIM = 4 * 1024 * 1024;
export const RANGE_MS_AIM = 1000;
/** Taken for the size of a block before one was applied, in bytes. */
export const BLOCK_BYTES_GUESS = 64 * 1024;

/** A question without a frame for so long is given to somebody else; doubled with each failure of that peer in a row. */
export const PATIENCE_MS = 4000;
export const PATIENCE_MS_MAX = 60_000;
/** So long the next height may wait on one peer before another is asked for it too. */
export const HEDGE_MS = 500;
/** Peers that are asked for the next height at once. */
export const HEDGES_MAX = 3;
/** A faster peer is asked as well when it is so many times faster. */
export const HEDGE_FACTOR = 2;

/** How long a peer that lied is left out, doubled with each further lie. */
export const LIE_MS = 60_000;
export const LIE_MS_MAX = 3_600_000;
/** How long a peer that failed or was too slow is left out, doubled with each further failure in a row. */
export const FAILURE_MS = 500;
export const FAILURE_MS_MAX = 30_000;
/** How long the claims of a peer that failed are doubted: where blocks are made now, they do not count. */
export const DOUBT_MS = 30_000;
/** A block that is no older is made now; clocks differ by seconds. */
export const FRESH_MS = 5000;
/** Answers in a row without a block, after which the peer is reported: it claims what it does not give. */
export const FAILURES_REPORTED = 3;
/** Peers that are remembered, with those left out that are gone: many times what a network connects to. */
export const PEERS_MAX = 512;

/** When peers say that nobody is ahead: how long after the last newcomer, and after the first, this is believed. */
export const SETTLE_MS = 200;
export const SETTLE_MS_MAX = 1000;
/**
 * Without a block for so long nobody is ahead who gives anything: consensus takes over. Doubled when that was too early. Longer
 * than `PATIENCE_MS`, so that a peer that was slow is asked again before.
 */
export const GIVE_UP_MS = 6000;
/** This close behind a chain that does not stand still is as close as it gets, after `NEAR_MS` of it. */
export const NEAR_BLOCKS = 1n;
export const NEAR_MS = 1000;
/** As long as no further behind than this it counts as close: on a fast chain the distance comes and goes. */
export const NEAR_BLOCKS_MAX = 16n;

/** Watching: peers have been two heights ahead for so long while consensus stood still: one is asked for the block between. */
export const BEHIND_MS = 500;
/** The same when they are one ahead, which consensus gossip mends as a rule. */
export const BEHIND_ONE_MS = 3000;
/** After the proof consensus has this long to come to that height by itself. */
export const HOLD_MS = 500;
export const HOLD_ONE_MS = 2000;
/** Between two questions while watching. */
export const PROBE_EVERY_MS = 1000;
/** Such questions in flight: who does not answer holds up nobody else. */
export const PROBES_MAX = 4;
/** Consensus that has taken over is left alone for so long, doubled each time it did not get anywhere. */
export const WATCH_MS_MIN = 1000;
export const BACKOFF_DOUBLINGS_MAX = 5;
/** Heights that consensus decides itself after which what went wrong before is forgotten. */
export const RECOVERED_BLOCKS = 3n;
