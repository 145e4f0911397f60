/**
 * Swarm options: each seed draws how its world misbehaves, and many worlds leave most misbehaviours out, so that every
 * combination comes up somewhere. All times are virtual milliseconds.
 * @module
 */
import type { EngineConfig } from "../../node/consensus/mod.ts";
import { Prng } from "../../node/core/prng.ts";
import { drawPeers, type PeerOptions } from "./swarm_peers.ts";

/** What a Byzantine validator does beside following the protocol. `parts`: its blocks arrive in pieces, if at all. */
export const STRATEGIES = [
  "silent",
  "nil",
  "equivocate",
  "echo",
  "amnesia",
  "twins",
  "delay",
  "garbage",
  "mutant",
  "forger",
  "usurper",
  "fickle",
  "medley",
  "parts",
  "stuffer",
] as const;
export type Strategy = typeof STRATEGIES[number];

/** Drawn more often: those that tempt honest validators into breaking a lock or a quorum. */
const TEMPTING: readonly Strategy[] = ["fickle", "fickle", "fickle", "echo", "equivocate", "twins", "stuffer"];

export interface PartitionEpisode {
  readonly fromMs: number;
  readonly untilMs: number;
  /**
   * `halves`: two groups; `minority`: correct validators of less than a third of the power; `isolate`: one node; `mute`: one
   * node is heard by nobody or few; `oneway`: single directions.
   */
  readonly kind: "halves" | "minority" | "isolate" | "mute" | "oneway";
}

export interface SwarmOptions extends PeerOptions {
  readonly seed: number;
  readonly powers: readonly bigint[];
  /** By validator index; the others are honest. */
  readonly byzantine: Readonly<Record<number, Strategy>>;
  /** Correct validators whose homes begin with nothing when the chain is under way, or lose everything then. */
  readonly late: readonly number[];
  readonly wiped: readonly number[];
  /** Byzantine validators hear and reach everybody in spite of partitions. */
  readonly byzantineReachAll: boolean;
  readonly chaosMs: number;
  readonly latency: { readonly minMs: number; readonly meanMs: number; readonly tail: number };
  readonly loss: number;
  /** Further loss by what a message is: a network that is out for the protocol's weak moments. */
  readonly lossOf: {
    readonly proposal: number;
    readonly prevote: number;
    readonly precommit: number;
    readonly other: number;
  };
  readonly duplication: number;
  readonly partitions: readonly PartitionEpisode[];
  /** Probability to crash before an effect. */
  readonly crashPerEffect: number;
  /** Probability to crash before an effect that decides, when the world crashes at all. */
  readonly crashAtCommit: number;
  readonly downMeanMs: number;
  /** All nodes lose power at once at these times. */
  readonly blackoutsMs: readonly number[];
  readonly diskMs: number;
  readonly clockSkewMs: readonly number[];
  /** Each node's timers run by this factor. */
  readonly clockRate: readonly number[];
  /** Somebody sets a clock. */
  readonly clockJumps: readonly { readonly endpoint: number; readonly atMs: number; readonly byMs: number }[];
  /** A process stands still for a while, as when it is stopped and continued. */
  readonly pauses: readonly { readonly endpoint: number; readonly atMs: number; readonly forMs: number }[];
  readonly buildMs: number;
  readonly validateMs: number;
  readonly commitMs: number;
  /** How much later others in the process hear of a block than those who wait for it. */
  readonly publishMs: number;
  readonly transactionEveryMs: number;
  readonly validatorChanges: boolean;
  readonly engine: EngineConfig;
}

export interface SwarmRequest {
  readonly seed: number;
  readonly validators?: number | undefined;
  readonly byzantine?: number | undefined;
}

/** Draws the options of a seed. @throws Error when so many Byzantine validators cannot stay under a third of the power. */
export function drawSwarm(request: SwarmRequest): SwarmOptions {
  const prng = new Prng(request.seed);
  const drawnCount = prng.pick([1, 2, 3, 4, 4, 4, 4, 5, 6, 7]);
  const count = request.validators ?? drawnCount;
  const most = Math.floor((count - 1) / 3);
  const drawnByzantine = prng.chance(0.25) ? prng.below(most + 1) : most;
  const members = drawPowers(prng.fork(), count, drawnByzantine, request.byzantine);
  const { powers } = members;
  const latencyMean = prng.pick([1, 5, 20, 80]);
  const chaosMs = prng.pick([2_000, 3_000, 5_000, 8_000]);
  const crashes = prng.chance(0.5);
  const base = prng.pick([30, 80, 200]);
  const world = {
    byzantineReachAll: prng.chance(0.5),
    chaosMs,
    latency: { minMs: prng.pick([0.1, 1, 5]), meanMs: latencyMean, tail: prng.pick([0, 0, 0.02, 0.1]) },
    loss: prng.pick([0, 0, 0.02, 0.1, 0.3, 0.5]),
    lossOf: drawLossOf(prng.fork()),
    duplication: prng.pick([0, 0, 0.05, 0.3]),
    partitions: drawPartitions(prng.fork(), chaosMs),
    crashPerEffect: crashes ? prng.pick([0.0005, 0.003, 0.01, 0.03]) : 0,
    crashAtCommit: crashes ? prng.pick([0, 0.05, 0.3]) : 0,
    downMeanMs: prng.pick([10, 100, 1_000]),
    blackoutsMs: prng.chance(0.15) ? Array.from({ length: 1 + prng.below(3) }, () => prng.below(chaosMs)) : [],
    diskMs: prng.pick([0, 0.2, 1, 10]),
    clockSkewMs: powers.map(() => drawSkew(prng)),
    clockJumps: prng.chance(0.85) ? [] : Array.from({ length: 1 + prng.below(3) }, () => ({
      endpoint: prng.below(count),
      atMs: prng.below(chaosMs),
      byMs: Math.round((prng.float() - 0.5) * prng.pick([2_000, 7_200_000])),
    })),
    pauses: prng.chance(0.75) ? [] : Array.from({ length: 1 + prng.below(4) }, () => ({
      endpoint: prng.below(count),
      atMs: prng.below(chaosMs),
      forMs: prng.pick([50, 500, 3_000, 10_000]),
    })),
    clockRate: powers.map(() => prng.chance(0.5) ? 1 : 0.8 + prng.float() * 0.4),
    buildMs: prng.pick([0, 1, 10]),
    validateMs: prng.pick([0, 0, 1, base / 3, base]),
    commitMs: prng.pick([0, 1, 20]),
    publishMs: prng.pick([0, 0, 1, 30]),
    transactionEveryMs: prng.pick([10, 50, 300]),
    validatorChanges: prng.chance(0.3),
  };
  const engine: EngineConfig = {
    propose: { baseMs: base * 2, deltaMs: Math.ceil(base / 4) },
    prevote: { baseMs: base, deltaMs: Math.ceil(base / 4) },
    precommit: { baseMs: base, deltaMs: Math.ceil(base / 4) },
    commitMs: isAlone(powers) ? 50 : prng.pick([0, 5, 50]),
    createEmptyBlocks: prng.chance(0.7),
  };
  return { seed: request.seed, ...members, ...world, engine, ...drawPeers(prng.fork(), members) };
}

/** Somebody needs nobody else: without a pause it would decide without end in no time. */
const isAlone = (powers: readonly bigint[]) => {
  const total = powers.reduce((sum, power) => sum + power, 0n);
  return powers.some((power) => power * 3n > total * 2n);
};

/** Mostly none or little; now and then an hour. */
function drawSkew(prng: Prng): number {
  if (prng.chance(0.5)) return 0;
  return Math.round((prng.float() - 0.5) * prng.pick([1_000, 1_000, 1_000, 7_200_000]));
}

type Members = Pick<SwarmOptions, "powers" | "byzantine" | "late" | "wiped">;

/**
 * `wanted` validators are faulty, with less than a third of the power together: Byzantine, or correct ones whose homes begin
 * with nothing, for those sign nothing at first. `fixed`: how many are Byzantine; then others are added where there is room.
 */
function drawPowers(prng: Prng, count: number, drawn: number, fixed: number | undefined): Members {
  const wanted = fixed ?? drawn;
  const shapes: (() => bigint)[] = [
    () => 1n,
    () => 10n,
    () => BigInt(1 + prng.below(3)),
    () => BigInt(1 + prng.below(100)),
  ];
  const shape = prng.pick(shapes);
  const powers = Array.from({ length: count }, shape);
  // Sometimes one validator holds much.
  if (prng.chance(0.15)) powers[prng.below(count)]! *= BigInt(2 + prng.below(count));
  const order = prng.shuffle(powers.map((_, index) => index));
  const sum = (list: readonly bigint[]) => list.reduce((total, power) => total + power, 0n);
  const tolerated = (faulty: readonly number[]) => sum(faulty.map((index) => powers[index]!)) * 3n < sum(powers);
  const chosen = order.slice(0, wanted);
  // Too much power in the wrong hands: take it from them, and if that is not enough, give it to the others.
  if (!tolerated(chosen)) { for (const index of chosen) powers[index] = 1n; }
  if (!tolerated(chosen) && wanted < count) {
    for (const index of order.slice(wanted)) powers[index]! += BigInt(wanted * 2);
  }
  if (!tolerated(chosen)) {
    throw new Error(`draw powers: ${wanted} of ${count} validators cannot hold less than a third`);
  }
  // One of them is no liar but has nothing to begin with.
  const fresh = fixed === undefined && chosen.length > 0 && prng.chance(0.35) ? [chosen.pop()!] : [];
  for (const index of order.slice(wanted)) {
    if (prng.chance(0.3) && tolerated([...chosen, ...fresh, index])) fresh.push(index);
  }
  const strategies = chosen.map((index) => [index, prng.pick([...STRATEGIES, ...TEMPTING])] as const);
  const late = fresh.filter(() => prng.chance(0.5));
  const wiped = fresh.filter((index) => !late.includes(index));
  return { powers, byzantine: Object.fromEntries(strategies), late, wiped };
}

function drawLossOf(prng: Prng): SwarmOptions["lossOf"] {
  const none = { proposal: 0, prevote: 0, precommit: 0, other: 0 };
  if (prng.chance(0.5)) return none;
  const heavy = prng.pick([0.3, 0.6, 0.8]);
  const kind = prng.pick(["precommit", "precommit", "prevote", "proposal"] as const);
  return { ...none, [kind]: heavy, other: prng.pick([0, heavy]) };
}

function drawPartitions(prng: Prng, chaosMs: number): PartitionEpisode[] {
  const episodes: PartitionEpisode[] = [];
  // One that lasts: the others go on meanwhile.
  if (prng.chance(0.25)) {
    const fromMs = prng.below(chaosMs / 2);
    episodes.push({ fromMs, untilMs: chaosMs, kind: prng.pick(["minority", "isolate"] as const) });
  }
  if (prng.chance(0.35)) return episodes;
  for (let i = prng.below(8); i >= 0; i--) {
    const fromMs = prng.below(chaosMs);
    const kind = prng.pick(["halves", "minority", "isolate", "mute", "oneway", "oneway"] as const);
    episodes.push({ fromMs, untilMs: fromMs + 20 + prng.below(prng.pick([100, 600, 3_000])), kind });
  }
  return episodes;
}
