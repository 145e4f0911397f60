/** What a seed draws of nodes as peers: who is linked with whom, who comes late, and how peers lie beside consensus. @module */
import type { Prng } from "../../node/core/prng.ts";
import { type Shape, SHAPES } from "./topology.ts";

/** How a peer answers questions for blocks. */
export const SYNC_LIES = [
  "wrong_block",
  "wrong_commit",
  "other_height",
  "silent",
  "drip",
  "empty",
  "garbage",
  "flood",
  "invents",
] as const;
export type SyncLie = typeof SYNC_LIES[number];

/** What a peer does to gossip. */
export const GOSSIP_LIES = [
  "garbage",
  "replay",
  "far",
  "haves",
  "bad_parts",
  "statuses",
  "mute",
  "withhold",
  "asks",
] as const;
export type GossipLie = typeof GOSSIP_LIES[number];

export interface MischiefOptions {
  readonly sync: SyncLie | undefined;
  readonly gossip: GossipLie | undefined;
  /** Claims to be so many heights ahead of where it is. */
  readonly boasts: number;
  /** How often it does something by itself. */
  readonly everyMs: number;
}

export interface PeerOptions {
  readonly shape: Shape;
  /** What keeps a connection that carries nothing from being noticed as dead. */
  readonly keepaliveMs: number;
  readonly reconnectMs: number;
  /** How long a message of a topic is remembered as seen. */
  readonly seenMs: number;
  /** Whoever is banned is kept out; otherwise it is only noted. */
  readonly bans: boolean;
  readonly banMs: number;
  /** Nodes that follow without a key, and how many of them join late. */
  readonly fullNodes: number;
  readonly lateFullNodes: number;
  /** The last full node has no blocks below this height, as one that began with a snapshot; 0: it has all. */
  readonly snapshotHeight: number;
  /** Late ones join, and homes are wiped, once somebody has this height. */
  readonly lateAtHeight: number;
  /** Chaos is over when somebody has so many heights. */
  readonly heightsMax: number;
  /** What Byzantine validators do as peers, by index. */
  readonly mischief: Readonly<Record<number, MischiefOptions>>;
  /** Peers without a key that do nothing but lie. */
  readonly hostiles: readonly MischiefOptions[];
  /** Gossip may keep little. */
  readonly tightLimits: boolean;
  /** Transactions are so long. */
  readonly transactionBytes: number;
}

export function drawPeers(
  prng: Prng,
  { byzantine, late }: { readonly byzantine: Readonly<Record<number, unknown>>; readonly late: readonly number[] },
): PeerOptions {
  const fullNodes = prng.pick([0, 0, 0, 1, 1, 2]);
  const mischief = Object.keys(byzantine).flatMap((index) =>
    prng.chance(0.4) ? [[Number(index), drawMischief(prng)] as const] : []
  );
  const hostiles = prng.pick([0, 0, 0, 1, 1, 2]);
  const lateFullNodes = prng.below(fullNodes + 1);
  const joinsLate = late.length + lateFullNodes > 0;
  const lateAtHeight = prng.pick([3, 6, 12, 25]);
  const shape = prng.chance(0.5) ? "full" : prng.pick(SHAPES);
  // Elsewhere nobody might be left who has all blocks for somebody.
  const hasSnapshot = shape === "full" && lateFullNodes < fullNodes && prng.chance(0.5);
  return {
    shape,
    snapshotHeight: hasSnapshot ? prng.pick([2, 5, 10]) : 0,
    keepaliveMs: prng.pick([100, 500, 2_000, 5_000]),
    reconnectMs: prng.pick([10, 100, 1_000]),
    seenMs: prng.pick([500, 30_000, 30_000]),
    bans: prng.chance(0.5),
    banMs: prng.pick([2_000, 600_000]),
    fullNodes,
    lateFullNodes,
    lateAtHeight,
    heightsMax: (joinsLate ? lateAtHeight : 0) + prng.pick([8, 8, 16]),
    mischief: Object.fromEntries(mischief),
    hostiles: Array.from({ length: hostiles }, () => drawMischief(prng)),
    tightLimits: prng.chance(0.2),
    transactionBytes: prng.pick([0, 0, 0, 0, 0, 0, 0, 20_000]),
  };
}

function drawMischief(prng: Prng): MischiefOptions {
  return {
    sync: prng.chance(0.7) ? prng.pick(SYNC_LIES) : undefined,
    gossip: prng.chance(0.7) ? prng.pick(GOSSIP_LIES) : undefined,
    boasts: prng.pick([0, 0, 1, 2, 5, 1_000_000]),
    everyMs: prng.pick([20, 100, 400]),
  };
}
