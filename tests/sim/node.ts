/** One simulated node: a disk that outlives its crashes, and the process that runs on it, if one does. @module */
import type { Decision } from "../../node/consensus/mod.ts";
import type { Prng } from "../../node/core/prng.ts";
import type { ByzantineTransport } from "./byzantine.ts";
import { type ChainWorld, SimChain } from "./chain.ts";
import type { Checkers } from "./checkers.ts";
import { Disk } from "./disk.ts";
import type { AnyEngine, Plant } from "./engines.ts";
import type { Mischief } from "./mischief.ts";
import type { Network } from "./network.ts";
import { type Host, SimProcess } from "./process.ts";
import type { Scheduler } from "./scheduler.ts";
import type { SimKey } from "./signatures.ts";
import type { SwarmOptions } from "./swarm.ts";
import type { Trace } from "./trace.ts";

export interface NodeSetup {
  readonly endpoint: number;
  /** Index of the validator whose key it has; undefined for a full node. */
  readonly validator: number | undefined;
  readonly key: SimKey | undefined;
  readonly engine: AnyEngine;
  readonly plant: Plant | undefined;
  /** For a Byzantine validator, made once and kept through restarts. */
  readonly lies: ByzantineTransport | undefined;
  /** What it does to its peers beside following the protocols. Byzantine only. */
  readonly mischief: Mischief | undefined;
  /** Forgets everything but the chain when it restarts: no log, no guard. Byzantine only. */
  readonly forgetful: boolean;
  /** The lowest block it has. */
  readonly firstHeight: bigint;
}

export interface NodeWorld {
  readonly scheduler: Scheduler;
  readonly options: SwarmOptions;
  readonly chain: ChainWorld;
  readonly checkers: Checkers;
  readonly trace: Trace;
  network(): Network;
  /** Crashes happen while this holds. */
  chaos(): boolean;
  /** A correct node holds something against a peer. */
  reported(by: number, peer: number, code: string, reason: string): void;
  banned(by: number, peer: number, reason: string): void;
}

export class SimNode implements Host {
  readonly setup: NodeSetup;
  readonly world: NodeWorld;
  readonly disk: Disk;
  readonly prng: Prng;
  readonly mempool = new Set<string>();
  wasWiped = false;
  /** Clocks are off by so much now. */
  clockJumpMs = 0;
  /** Until when the process stands still. */
  #pausedUntilUs = 0;
  #process: SimProcess | undefined;

  constructor(setup: NodeSetup, world: NodeWorld, prng: Prng) {
    this.setup = setup;
    this.world = world;
    this.prng = prng;
    this.disk = new Disk(world.scheduler, prng.fork(), world.options.diskMs, this.whenAwake);
  }

  get honest(): boolean {
    return this.setup.lies === undefined && this.setup.mischief === undefined && !this.setup.forgetful;
  }

  get up(): boolean {
    return this.#process !== undefined;
  }

  get process(): SimProcess | undefined {
    return this.#process;
  }

  /** As the process has it; without one, the beginning. */
  get chain(): SimChain {
    return this.#process?.chain ?? new SimChain(this.world.chain);
  }

  /** Heights durable on this node. */
  get stored(): readonly Decision[] {
    return this.disk.decisions;
  }

  boot(): void {
    const { trace, scheduler } = this.world;
    trace.add(scheduler.nowUs, this.setup.endpoint, "boot");
    this.#process = new SimProcess(this);
    this.#process.start();
  }

  /** Power off, in the middle of whatever it did. */
  crash(): void {
    if (this.#process === undefined) return;
    this.world.trace.add(this.world.scheduler.nowUs, this.setup.endpoint, "crash");
    this.#process.end();
    this.#process = undefined;
    this.disk.crash();
  }

  crashFor(ms: number): void {
    this.crash();
    this.world.scheduler.after(ms * 1000, () => this.up || this.boot());
  }

  /** Power off, and the data of the home is lost. The key is not. */
  wipe(ms: number): void {
    this.crashFor(ms);
    this.world.trace.add(this.world.scheduler.nowUs, this.setup.endpoint, "wipe");
    this.disk.wipe();
    this.wasWiped = true;
    this.mempool.clear();
  }

  submit(transaction: string): void {
    if (this.mempool.has(transaction) || this.#process?.chain.included.has(transaction) === true) return;
    this.mempool.add(transaction);
    this.#process?.announce();
  }

  /** The process stands still, as does what it has to do. */
  pause(ms: number): void {
    const { scheduler, trace } = this.world;
    trace.add(scheduler.nowUs, this.setup.endpoint, "pause", undefined, () => `${ms} ms`);
    this.#pausedUntilUs = Math.max(this.#pausedUntilUs, scheduler.nowUs + ms * 1000);
    this.world.network().pause(this.setup.endpoint, this.#pausedUntilUs);
  }

  /** Runs something of the process now, or as soon as it goes on. */
  readonly whenAwake = (run: () => void): void => {
    const { scheduler } = this.world;
    if (scheduler.nowUs >= this.#pausedUntilUs) return run();
    scheduler.after(this.#pausedUntilUs - scheduler.nowUs, () => this.whenAwake(run));
  };

  executed(chain: SimChain): void {
    if (this.honest) this.world.checkers.onExecuted(this.setup.endpoint, chain);
    for (const transaction of chain.lastTransactions) this.mempool.delete(transaction);
  }

  readonly mayCrash = (effect: string): void => {
    const { options } = this.world;
    if (!this.honest || !this.world.chaos() || !this.prng.chance(this.#crashChance(effect))) return;
    this.crashFor(-options.downMeanMs * Math.log(1 - this.prng.float()));
  };

  #crashChance(effect: string): number {
    const { crashPerEffect, crashAtCommit } = this.world.options;
    return effect === "commit" && crashPerEffect > 0 ? Math.max(crashPerEffect, crashAtCommit) : crashPerEffect;
  }
}
