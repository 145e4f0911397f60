/** One simulated node: the production driver over simulated ports, with a disk that outlives its crashes. @module */
import {
  ConsensusDriver,
  type Decision,
  guardSigner,
  type HeightContext,
  type Signable,
  type SignerPort,
  type TransportPort,
} from "../../node/consensus/mod.ts";
import type { Prng } from "../../node/core/prng.ts";
import { proposalSignBytes, voteSignBytes } from "../../node/core/types/mod.ts";
import { invariant } from "../../node/core/invariant.ts";
import { BLOCK_TRANSACTIONS_MAX, CHAIN_ID, type ChainWorld, GENESIS_NANOS, judgeSeal, SimChain } from "./chain.ts";
import type { ByzantineTransport } from "./byzantine.ts";
import type { Checkers } from "./checkers.ts";
import { Disk } from "./disk.ts";
import type { AnyEngine, NodeParts, Plant } from "./engines.ts";
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
  /** Forgets everything but the chain when it restarts: no log, no guard. Byzantine only. */
  readonly forgetful: boolean;
}

export interface NodeWorld {
  readonly scheduler: Scheduler;
  readonly options: SwarmOptions;
  readonly chain: ChainWorld;
  readonly checkers: Checkers;
  readonly trace: Trace;
  /** Crashes happen while this holds. */
  chaos(): boolean;
  broadcast(from: number, message: Uint8Array): void;
  send(from: number, to: number, message: Uint8Array): void;
  nodeAt(endpoint: number): SimNode;
}

export class SimNode {
  readonly setup: NodeSetup;
  readonly #world: NodeWorld;
  readonly #prng: Prng;
  readonly #disk: Disk;
  /** What the running process holds in memory. */
  chain: SimChain;
  #driver: ConsensusDriver<unknown, unknown, unknown> | undefined;
  #life = 0;
  #mempool: string[] = [];

  constructor(setup: NodeSetup, world: NodeWorld, prng: Prng) {
    this.setup = setup;
    this.#world = world;
    this.#prng = prng;
    this.#disk = new Disk(world.scheduler, prng.fork(), world.options.diskMs);
    this.chain = new SimChain(world.chain);
  }

  get honest(): boolean {
    return this.setup.lies === undefined && !this.setup.forgetful;
  }

  get up(): boolean {
    return this.#driver !== undefined;
  }

  /** Heights durable on this node. */
  get stored(): readonly Decision[] {
    return this.#disk.decisions;
  }

  boot(): void {
    const life = ++this.#life;
    const { trace, scheduler, checkers } = this.#world;
    for (const decision of this.#disk.decisions.slice(Number(this.chain.height))) this.#execute(decision);
    trace.add(scheduler.nowUs, this.setup.endpoint, "boot");
    this.#driver = this.#makeDriver(life);
    this.#driver.start(this.chain.context()).catch((error) => {
      if (this.honest) checkers.fail("halt", `node ${this.setup.endpoint} could not start: ${error}`);
    });
    this.#announce();
  }

  /** Power off, in the middle of whatever it did. */
  crash(): void {
    if (this.#driver === undefined) return;
    this.#world.trace.add(this.#world.scheduler.nowUs, this.setup.endpoint, "crash");
    this.#life++;
    void this.#driver.stop();
    this.#driver = undefined;
    this.#disk.crash();
    this.chain = new SimChain(this.#world.chain);
  }

  crashFor(ms: number): void {
    this.crash();
    this.#world.scheduler.after(ms * 1000, () => this.up || this.boot());
  }

  receive(from: number, message: Uint8Array): void {
    if (this.#driver === undefined) return;
    const { trace, scheduler } = this.#world;
    trace.add(scheduler.nowUs, this.setup.endpoint, "receive", message, () => `from ${from}, ${message.length} bytes`);
    this.setup.lies?.overhear(message);
    this.#driver.receive(`n${from}`, message);
  }

  submit(transaction: string): void {
    if (this.chain.included.has(transaction) || this.#mempool.includes(transaction)) return;
    this.#mempool.push(transaction);
    this.#announce();
  }

  /** Block sync: takes blocks from a peer that is ahead, each checked by its seal. */
  catchUp(from: readonly Decision[]): void {
    if (this.#driver === undefined) return;
    const { scheme } = this.#world.chain;
    this.crash();
    for (const decision of this.#disk.decisions) this.#execute(decision);
    for (const decision of from.slice(this.#disk.decisions.length)) {
      const { height, block, commit } = decision;
      const wrong = judgeSeal(scheme, this.chain.validators, height, block.blockId, commit) ??
        this.chain.judge(height, block.blockId, block.bytes);
      if (wrong !== undefined) {
        if (this.honest) this.#world.checkers.fail("validity", `block sync of height ${height}: ${wrong}`);
        break;
      }
      this.#disk.decisions.push(decision);
      this.#execute(decision);
    }
    this.boot();
  }

  #execute(decision: Decision): void {
    this.chain.commit(decision);
    if (this.honest) this.#world.checkers.onExecuted(this.setup.endpoint, this.chain);
    this.#mempool = this.#mempool.filter((transaction) => !this.chain.included.has(transaction));
  }

  #announce(): void {
    if (this.#mempool.length > 0) this.#driver?.transactionsAvailable(this.chain.height + 1n);
  }

  #makeDriver(life: number): ConsensusDriver<unknown, unknown, unknown> {
    const { options, scheduler, checkers, trace, chain } = this.#world;
    const { endpoint, validator, key } = this.setup;
    const rate = options.clockRate[validator ?? 0]!;
    const skew = BigInt(options.clockSkewMs[validator ?? 0]!) * 1_000_000n;
    const honestParts: NodeParts = {
      engine: this.setup.engine,
      verify: chain.scheme.verify,
      wal: this.#disk.wal,
      signerStorage: this.#disk.guard,
    };
    const parts = this.honest && this.setup.plant !== undefined ? this.setup.plant.apply(honestParts) : honestParts;
    const forgotten: typeof parts.wal = { ...parts.wal, load: () => this.#later(0, () => []) };
    return new ConsensusDriver({
      engine: parts.engine,
      chainId: CHAIN_ID,
      self: key?.address,
      config: options.engine,
      verify: parts.verify,
      ports: {
        clock: {
          nowNanos: () => GENESIS_NANOS + 1_000_000_000n + BigInt(scheduler.nowUs) * 1_000n + skew,
          schedule: (ms, run) => scheduler.after(ms * 1000 * rate, run),
        },
        wal: this.setup.forgetful ? forgotten : parts.wal,
        signer: this.#signer(parts),
        transport: this.setup.lies ?? this.#transport(),
        blocks: this.#blocks(),
      },
      hooks: {
        onStep: ({ height, round, step }) =>
          trace.add(scheduler.nowUs, endpoint, step, undefined, () => `${height}/${round}`),
        onEffect: (effect) => {
          trace.add(scheduler.nowUs, endpoint, effect.type, undefined, () => describe(effect));
          if (this.honest && this.#world.chaos() && this.#prng.chance(this.#crashChance(effect.type))) {
            this.crashFor(-options.downMeanMs * Math.log(1 - this.#prng.float()));
          }
        },
        onCommit: () => this.#announce(),
        onHalt: (error) => {
          if (life !== this.#life || !this.honest) return;
          checkers.fail("halt", `node ${endpoint}: ${error instanceof Error ? error.stack : error}`);
        },
      },
    });
  }

  #crashChance(effect: string): number {
    const { crashPerEffect, crashAtCommit } = this.#world.options;
    return effect === "commit" && crashPerEffect > 0 ? Math.max(crashPerEffect, crashAtCommit) : crashPerEffect;
  }

  #signer(parts: NodeParts): SignerPort | undefined {
    const { key, validator } = this.setup;
    if (key === undefined || validator === undefined) return undefined;
    const unguarded: SignerPort = {
      sign: (chainId, message) => this.#later(0, () => ({ ok: true, message: signUnguarded(key, chainId, message) })),
    };
    const guarded = () => guardSigner({ sign: (bytes) => key.sign(bytes), storage: parts.signerStorage });
    const signer = this.honest ? guarded() : unguarded;
    return {
      sign: async (chainId, message) => {
        const answer = await signer.sign(chainId, message);
        if (answer.ok) {
          this.setup.lies?.learn(answer.message);
          this.#world.checkers.onSigned(validator, this.honest, key.address, answer.message);
        }
        return answer;
      },
    };
  }

  #transport(): TransportPort {
    const { endpoint } = this.setup;
    return {
      broadcast: (message) => this.#world.broadcast(endpoint, message),
      send: (to, message) => this.#world.send(endpoint, Number(to.slice(1)), message),
      report: (peer, code, reason) => this.#onReport(peer, code, reason),
    };
  }

  /** Whatever the network does to messages of honest nodes, nobody may take it for malice. */
  #onReport(peer: string, code: string, reason: string): void {
    const accused = this.#world.nodeAt(Number(peer.slice(1)));
    if (this.honest && accused.honest) {
      this.#world.checkers.fail("accusation", `node ${this.setup.endpoint} reports honest ${peer}: ${code}: ${reason}`);
    }
  }

  #blocks() {
    const { options } = this.#world;
    return {
      build: ({ height, lastCommit }: { height: bigint; lastCommit: HeightContext["lastCommit"] }) =>
        this.#later(options.buildMs, () => {
          // The height may have been decided meanwhile; then any block will do, since nobody may use it.
          invariant(height <= this.chain.height + 1n, `build block of height ${height} after ${this.chain.height}`);
          const seal = height <= this.chain.height ? this.chain.context().lastCommit : lastCommit;
          return this.chain.build(this.setup.key!.address, seal, this.#mempool.slice(0, BLOCK_TRANSACTIONS_MAX));
        }),
      validate: (
        { height, blockId, bytes }: { height: bigint; blockId: Decision["block"]["blockId"]; bytes: Uint8Array },
      ) =>
        this.#later(options.validateMs, () => {
          const reason = this.chain.judge(height, blockId, bytes);
          return reason === undefined
            ? { valid: true as const, time: this.chain.timeOf(bytes) }
            : { valid: false as const, reason };
        }),
      commit: async (decision: Decision) => {
        const { trace, scheduler, checkers } = this.#world;
        trace.add(
          scheduler.nowUs,
          this.setup.endpoint,
          "decide",
          decision.block.blockId.hash,
          () => `${decision.height}`,
        );
        if (this.honest) checkers.onDecision(this.setup.endpoint, decision);
        const life = this.#life;
        await this.#disk.saveDecision(decision, options.commitMs);
        if (life === this.#life) this.#execute(decision);
        return this.chain.context();
      },
      addEvidence: (evidence: Parameters<Checkers["onEvidence"]>[1]) => {
        if (this.honest) this.#world.checkers.onEvidence(this.setup.endpoint, evidence);
      },
    };
  }

  /** An answer of the running process after a while; never, when it crashes before. */
  #later<T>(meanMs: number, answer: () => T): Promise<T> {
    const life = this.#life;
    const ms = meanMs * 2 * this.#prng.float();
    return new Promise((resolve, reject) => {
      this.#world.scheduler.after(ms * 1000, () => {
        if (life !== this.#life) return;
        try {
          resolve(answer());
        } catch (error) {
          reject(error);
        }
      });
    });
  }
}

function signUnguarded(key: SimKey, chainId: string, message: Signable): Signable {
  if (message.type === "vote") {
    return { type: "vote", vote: { ...message.vote, signature: key.sign(voteSignBytes(chainId, message.vote)) } };
  }
  const signature = key.sign(proposalSignBytes(chainId, message.proposal));
  return { type: "proposal", proposal: { ...message.proposal, signature } };
}

function describe(effect: { readonly type: string }): string {
  return JSON.stringify(effect, (_key, value) => {
    if (typeof value === "bigint") return value.toString();
    return value instanceof Uint8Array ? `${value.length} bytes` : value;
  }).slice(0, 200);
}
