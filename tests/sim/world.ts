/**
 * One seed: a world of nodes under chaos, then healed. During chaos everything but liveness must hold; after healing every
 * correct node must gain heights within a bounded time, also those that joined late or lost everything.
 * @module
 */
import type { Validator } from "cosmjs-types/tendermint/types/validator";
import { invariant } from "../../node/core/invariant.ts";
import { Prng } from "../../node/core/prng.ts";
import { newValidatorSet } from "../../node/core/validators/mod.ts";
import { Accusations } from "./accusations.ts";
import { type ChainWorld, changeTransaction } from "./chain.ts";
import { Checkers, type Violation } from "./checkers.ts";
import { decodingOnce } from "./decoding_once.ts";
import type { EngineKit, Plant } from "./engines.ts";
import { Network } from "./network.ts";
import type { NodeWorld, SimNode } from "./node.ts";
import { Population } from "./population.ts";
import { Scheduler } from "./scheduler.ts";
import { FAST_SIGNATURES, REAL_SIGNATURES, type SimKey } from "./signatures.ts";
import { drawSwarm, type SwarmOptions, type SwarmRequest } from "./swarm.ts";
import { drawEdges } from "./topology.ts";
import { Trace } from "./trace.ts";

export interface RunRequest extends SwarmRequest {
  readonly kit: EngineKit;
  readonly plant?: Plant | undefined;
  /** Chaos ends early once every honest node has this height. */
  readonly heights?: number | undefined;
  /** How long after healing every correct node may take to gain heights, in virtual time. */
  readonly livenessMs?: number | undefined;
  readonly realSignatures?: boolean | undefined;
  readonly print?: ((line: string) => void) | undefined;
}

export interface RunReport {
  readonly seed: number;
  readonly options: SwarmOptions;
  readonly violation: Violation | undefined;
  readonly heights: number;
  /** Blocks that correct nodes applied from others, and how often they left consensus for that. */
  readonly synced: number;
  readonly takeovers: number;
  readonly events: number;
  readonly virtualMs: number;
  /** How long it took after healing until every correct node had gained its heights; undefined: it did not come to that. */
  readonly recoveryMs: number | undefined;
  /** Equal for two runs exactly when everything that happened was. */
  readonly trace: string;
}

const HEIGHTS = 5;
/** Heights that every correct node must gain after healing ... */
const LIVENESS_HEIGHTS = 3;
/** ... within this much virtual time: rounds are long by then, and a third of the proposers may be silent. */
const LIVENESS_MS = 120_000;
/** How often it is looked whether somebody is to join or to lose everything. */
const TURN_MS = 20;
/** How often it is looked how much is kept. */
const WEIGH_MS = 300;

export async function runSeed(request: RunRequest): Promise<RunReport> {
  const world = new World(request);
  await world.run();
  return world.report();
}

class World {
  readonly #request: RunRequest;
  readonly #options: SwarmOptions;
  readonly #scheduler = new Scheduler();
  readonly #trace: Trace;
  readonly #prng: Prng;
  readonly #network: Network;
  readonly #checkers: Checkers;
  readonly #accusations: Accusations;
  readonly #nodes: readonly SimNode[];
  readonly #chain: ChainWorld;
  readonly #submitted = new Set<string>();
  readonly #keys: readonly SimKey[];
  /** The least power each sound and the most each faulty validator may come to have, by requests made so far. */
  readonly #worstPowers: bigint[];
  /** Nodes that have not joined yet, and those that will lose everything. */
  #late: readonly SimNode[];
  #wiped: readonly SimNode[];
  #healed = false;
  #recoveryMs: number | undefined;
  #transactions = 0;

  constructor(request: RunRequest) {
    const kit = decodingOnce(request.kit);
    this.#request = request;
    const options = this.#options = drawSwarm(request);
    this.#trace = new Trace(request.print);
    this.#prng = new Prng(BigInt(request.seed) + (1n << 40n));
    const scheme = request.realSignatures ? REAL_SIGNATURES : FAST_SIGNATURES;
    this.#keys = options.powers.map(() => scheme.makeKey(this.#prng));
    this.#worstPowers = [...options.powers];
    this.#chain = {
      scheme,
      validators: this.#genesis(),
      publicKeys: this.#keys.map((key) => key.publicKey),
      submitted: this.#submitted,
      transactionBytes: options.transactionBytes,
    };
    const addresses = this.#keys.map((key) => key.address);
    const isReal = request.realSignatures ?? false;
    this.#checkers = new Checkers(this.#chain, options, addresses, kit.rules, isReal);
    const population = new Population({
      options,
      kit,
      plant: request.plant,
      keys: this.#keys,
      world: this.#nodeWorld(),
      prng: this.#prng.fork(),
      freshTransaction: () => this.#submitFresh(),
    });
    this.#nodes = population.nodes;
    this.#late = population.late;
    this.#wiped = population.wiped;
    this.#network = new Network({
      scheduler: this.#scheduler,
      prng: this.#prng.fork(),
      options,
      size: this.#nodes.length,
      edges: drawEdges(
        this.#prng.fork(),
        options.shape,
        this.#nodes.map((node) => node.honest),
        options.byzantineReachAll,
      ),
      reachAll: population.reachAll,
      minority: population.minority(this.#prng.fork()),
      lossOf: population.lossOf,
    });
    this.#accusations = new Accusations({
      checkers: this.#checkers,
      scheduler: this.#scheduler,
      network: this.#network,
      nodes: this.#nodes,
    });
  }

  async run(): Promise<void> {
    const heights = BigInt(this.#request.heights ?? HEIGHTS);
    for (const node of this.#nodes) if (!this.#late.includes(node)) node.boot();
    this.#plan();
    const failed = () => this.#checkers.violation !== undefined;
    const all = (height: bigint) => this.#correct().every((node) => BigInt(node.stored.length) >= height);
    const enough = () => failed() || this.#best() >= this.#options.heightsMax || (this.#isPlayed() && all(heights));
    await this.#scheduler.run(this.#options.chaosMs * 1000, enough);
    if (failed()) return;
    this.#heal();
    const best = this.#best();
    const target = BigInt(best + LIVENESS_HEIGHTS);
    const healedUs = this.#scheduler.nowUs;
    const livenessMs = this.#request.livenessMs ?? LIVENESS_MS;
    const untilUs = healedUs + livenessMs * 1000;
    await this.#scheduler.run(untilUs, () => failed() || all(target));
    if (!failed() && !all(target)) {
      const reached = this.#correct().map((node) => `node ${node.setup.endpoint}: ${node.stored.length}`).join(", ");
      this.#checkers.fail(
        "liveness",
        `${livenessMs} ms after healing at height ${best}, not all have ${target}: ${reached}`,
      );
    }
    if (!failed()) this.#recoveryMs = Math.round((this.#scheduler.nowUs - healedUs) / 1000);
    for (const node of this.#nodes) node.crash();
  }

  report(): RunReport {
    return {
      seed: this.#options.seed,
      options: this.#options,
      violation: this.#checkers.violation,
      heights: this.#checkers.heights,
      synced: this.#checkers.synced,
      takeovers: this.#checkers.takeovers,
      events: this.#scheduler.events,
      virtualMs: Math.round(this.#scheduler.nowUs / 1000),
      recoveryMs: this.#recoveryMs,
      trace: this.#trace.digest,
    };
  }

  #correct(): SimNode[] {
    return this.#nodes.filter((node) => node.honest);
  }

  #best(): number {
    return Math.max(0, ...this.#correct().map((node) => node.stored.length));
  }

  /** Nobody is to join or to lose anything any more. */
  #isPlayed(): boolean {
    return this.#late.length === 0 && this.#wiped.length === 0;
  }

  #genesis() {
    const validators: Validator[] = this.#keys.map((key, index) => ({
      address: key.address,
      pubKey: { ed25519: key.publicKey },
      votingPower: this.#options.powers[index]!,
      proposerPriority: 0n,
    }));
    const genesis = newValidatorSet(validators);
    invariant(genesis.ok, "make genesis: validators were refused");
    return genesis.value;
  }

  #nodeWorld(): NodeWorld {
    return {
      scheduler: this.#scheduler,
      options: this.#options,
      chain: this.#chain,
      checkers: this.#checkers,
      trace: this.#trace,
      network: () => this.#network,
      chaos: () => !this.#healed,
      reported: (by, peer, code, reason) => this.#accusations.reported(by, peer, code, reason),
      banned: (by, peer, reason) => this.#accusations.banned(by, peer, reason),
    };
  }

  #plan(): void {
    const { scheduler, options } = { scheduler: this.#scheduler, options: this.#options };
    const every = (ms: number, run: () => void) => {
      const again = () => {
        run();
        scheduler.after(ms * 1000, again);
      };
      scheduler.after(ms * 1000, again);
    };
    every(options.transactionEveryMs, () => this.#submit());
    every(TURN_MS, () => this.#turn());
    every(WEIGH_MS, () => this.#weigh());
    for (const { setup: { mischief } } of this.#nodes) if (mischief) every(mischief.everyMs, () => mischief.act());
    for (const { endpoint, atMs, byMs } of options.clockJumps) {
      scheduler.after(atMs * 1000, () => this.#nodes[endpoint]!.clockJumpMs = byMs);
    }
    for (const { endpoint, atMs, forMs } of options.pauses) {
      scheduler.after(atMs * 1000, () => this.#nodes[endpoint]!.pause(forMs));
    }
    for (const at of options.blackoutsMs) {
      scheduler.after(at * 1000, () => {
        if (this.#healed) return;
        for (const node of this.#nodes) {
          if (!this.#late.includes(node)) node.crashFor(this.#prng.float() * options.downMeanMs);
        }
      });
    }
  }

  /** The chain is under way: who comes late comes now, and who is to lose everything does. */
  #turn(): void {
    if (this.#isPlayed() || this.#best() < this.#options.lateAtHeight) return;
    for (const node of this.#late) node.boot();
    this.#late = [];
    for (const node of this.#wiped) node.wipe(this.#prng.float() * this.#options.downMeanMs);
    this.#wiped = [];
  }

  #weigh(): void {
    for (const node of this.#correct()) {
      const overflow = node.process?.overflow();
      if (overflow !== undefined) this.#checkers.fail("memory", `node ${node.setup.endpoint} keeps ${overflow}`);
    }
  }

  #heal(): void {
    this.#trace.add(this.#scheduler.nowUs, -1, "heal");
    this.#healed = true;
    this.#late = [];
    this.#network.heal();
    for (const node of this.#nodes) if (!node.up) node.boot();
    for (const transaction of this.#submitted) for (const node of this.#nodes) node.submit(transaction);
  }

  #submitFresh(): string {
    const transaction = `fresh/${this.#transactions++}`;
    this.#submitted.add(transaction);
    return transaction;
  }

  #submit(): void {
    const transaction = (this.#options.validatorChanges && this.#prng.chance(0.2) ? this.#drawChange() : undefined) ??
      `tx/${this.#transactions++}`;
    this.#submitted.add(transaction);
    for (const node of this.#nodes) if (this.#healed || this.#prng.chance(0.7)) node.submit(transaction);
  }

  /** A change of power that keeps faulty power under a third, in whatever order such changes are made or left out. */
  #drawChange(): string | undefined {
    const index = this.#prng.below(this.#keys.length);
    const { powers, byzantine, late, wiped } = this.#options;
    const power = BigInt(this.#prng.below(4)) * powers[index]! / 2n;
    const isFaulty = (at: number) => byzantine[at] !== undefined || late.includes(at) || wiped.includes(at);
    const worst = [...this.#worstPowers];
    if (isFaulty(index) ? power > worst[index]! : power < worst[index]!) worst[index] = power;
    const sum = (which: (at: number) => boolean) =>
      worst.reduce((total, value, at) => which(at) ? total + value : total, 0n);
    const bad = sum(isFaulty);
    const good = sum((at) => !isFaulty(at));
    if (good === 0n || bad * 3n >= bad + good) return undefined;
    this.#worstPowers.splice(0, worst.length, ...worst);
    return changeTransaction(index, power, this.#transactions++);
  }
}
