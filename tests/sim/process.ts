/**
 * One life of a simulated node: the production driver, consensus gossip, conductor of block sync and server of blocks, put
 * together as `node/peering.ts` does, over simulated ports. When power fails nothing of it does anything any more.
 * @module
 */
import { invariant } from "../../node/core/invariant.ts";
import type { Prng } from "../../node/core/prng.ts";
import { hasQuorum } from "../../node/core/validators/mod.ts";
import {
  type ClockPort,
  ConsensusDriver,
  type Decision,
  type DriverHooks,
  type TransportPort,
} from "../../node/consensus/mod.ts";
import { ConsensusGossipService, GOSSIP_LIMITS_DEFAULT, type GossipLimits } from "../../node/gossip/mod.ts";
import { BlockServer, SyncConductor } from "../../node/sync/mod.ts";
import { blockPort } from "./block_port.ts";
import { CHAIN_ID, GENESIS_NANOS, SimChain, totalPower } from "./chain.ts";
import type { Disk } from "./disk.ts";
import type { AnyMessage, NodeParts } from "./engines.ts";
import type { NodeSetup, NodeWorld } from "./node.ts";
import { OpenQuestions, overflowOf } from "./overflow.ts";
import { SimPort } from "./sim_port.ts";
import { beginningOf, HomeSigner } from "./signer.ts";
import { simBlockSource, simSyncTarget } from "./sync_target.ts";

/** What a process needs of the node it runs on. */
export interface Host {
  readonly setup: NodeSetup;
  readonly world: NodeWorld;
  readonly disk: Disk;
  readonly prng: Prng;
  readonly honest: boolean;
  readonly mempool: ReadonlySet<string>;
  readonly clockJumpMs: number;
  /** Runs something of the process now, or as soon as it goes on. */
  whenAwake(run: () => void): void;
  /** The home has lost all its data once. */
  readonly wasWiped: boolean;
  /** A block is executed. */
  executed(chain: SimChain): void;
  /** Power fails now, as an effect of that kind begins. */
  mayCrash(effect: string): void;
}

type Driver = ConsensusDriver<unknown, unknown, unknown>;

/** Caps small enough for small worlds to reach them. */
const TIGHT: Partial<GossipLimits> = {
  roundsPerAuthorMax: 8,
  partsBytesMax: 512 * 1024,
  waitingHeadsPerPeerMax: 8,
  waitingBytesPerPeerMax: 8 * 1024,
  waitingBytesMax: 16 * 1024,
  haveHeadsMax: 16,
  helpHeadsPerTickMax: 8,
  helpPartsPerTickMax: 2,
};

export class SimProcess {
  readonly chain: SimChain;
  readonly port: SimPort;
  readonly gossip: ConsensusGossipService<AnyMessage>;
  readonly #host: Host;
  readonly #limits: GossipLimits;
  readonly #parts: NodeParts;
  readonly #conductor: SyncConductor;
  readonly #server: BlockServer;
  readonly #signer: HomeSigner | undefined;
  readonly #clock: ClockPort;
  readonly #questions = new OpenQuestions();
  #driver: Driver | undefined;
  #isAlive = true;
  /** Block sync is applying a block. */
  #isApplying = false;

  constructor(host: Host) {
    const { setup, world, disk } = host;
    const { scheduler, options } = world;
    this.#host = host;
    this.chain = new SimChain(world.chain);
    this.#clock = this.#makeClock();
    this.port = new SimPort({
      network: world.network(),
      scheduler,
      options,
      endpoint: setup.endpoint,
      handlers: this.#handlers(),
      whenAwake: (run) => host.whenAwake(run),
    });
    this.#parts = this.#makeParts();
    for (const decision of disk.decisions) this.#execute(decision);
    this.#signer = setup.key && new HomeSigner(host, this.#parts, this.#later);
    const { network, target } = this.#parts;
    this.#limits = { ...GOSSIP_LIMITS_DEFAULT, ...(options.tightLimits && TIGHT) };
    this.gossip = new ConsensusGossipService<AnyMessage>({
      network,
      clock: this.#clock,
      codec: setup.engine.codec,
      base: () => this.#base(),
      onPeerStatus: (peer, height, base) => this.#parts.peerStatus(peer, base, height),
      random: host.prng.fork(),
      limits: this.#limits,
    });
    this.#conductor = new SyncConductor({
      network,
      clock: this.#clock,
      target,
      waitsForPeers: !this.#isQuorumAlone(),
      consensus: { start: () => this.#startConsensus(), stop: () => this.#stopConsensus() },
      onHalt: (error) => this.#halt(error),
    });
    this.#server = new BlockServer({
      source: this.#parts.source,
      clock: this.#clock,
      report: (peer, code, reason) => network.report(peer, code, reason),
    });
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Consensus runs. */
  get isRunning(): boolean {
    return this.#driver !== undefined;
  }

  start(): void {
    this.gossip.start(this.chain.height + 1n);
    this.port.open();
    this.#conductor.start();
  }

  /** Power off. What still waits for an answer waits for ever. */
  end(): void {
    this.#isAlive = false;
    this.port.close();
    void this.#driver?.stop();
  }

  /** What is kept beyond the limits; undefined: nothing. */
  overflow(): string | undefined {
    return overflowOf(this.gossip.held, this.#limits, this.chain.validators.validators.length) ??
      this.#questions.overflow();
  }

  announce(): void {
    if (this.#host.mempool.size > 0) this.#driver?.transactionsAvailable(this.chain.height + 1n);
  }

  /** The lowest block that is served; 0: there is none. */
  #base(): bigint {
    const { height } = this.chain;
    const first = this.#host.setup.firstHeight;
    if (height === 0n) return 0n;
    return height < first ? height + 1n : first;
  }

  #makeClock(): ClockPort {
    const { setup: { validator, endpoint }, world: { scheduler, options } } = this.#host;
    const rate = options.clockRate[validator ?? 0]!;
    const skew = BigInt(options.clockSkewMs[validator ?? endpoint % options.clockSkewMs.length]!) * 1_000_000n;
    return {
      nowNanos: () =>
        GENESIS_NANOS + 1_000_000_000n + BigInt(scheduler.nowUs) * 1_000n + skew +
        BigInt(this.#host.clockJumpMs) * 1_000_000n,
      schedule: (ms, run) => {
        let isCancelled = false;
        const fire = () => this.#isAlive && !isCancelled && run();
        const cancel = scheduler.after(ms * 1000 * rate, () => this.#host.whenAwake(fire));
        return () => {
          isCancelled = true;
          cancel();
        };
      },
    };
  }

  #makeParts(): NodeParts {
    const { setup, world, disk, honest } = this.#host;
    const { options } = world;
    const later = <T>(answer: () => T) => this.#later(options.diskMs, answer);
    const { port, chain } = this;
    const parts: NodeParts = {
      engine: setup.engine,
      verify: world.chain.scheme.verify,
      wal: setup.forgetful ? { ...disk.wal, load: () => this.#later(0, () => []) } : disk.wal,
      signerStorage: disk.guard,
      beginning: beginningOf,
      network: setup.mischief?.disguise(port) ?? {
        publish: (topic, bytes) => port.publish(topic, bytes),
        send: (peer, channel, bytes) => port.send(peer, channel, bytes),
        request: (peer, _protocol, body, limits) => this.#questions.ask(() => port.request(peer, body, limits), limits),
        report: (peer, code, reason) => port.report(peer, code, reason),
      },
      target: simSyncTarget({
        world: world.chain,
        chain,
        later: (answer) => this.#later(options.validateMs, answer),
        onApply: (decision) => {
          if (honest) world.checkers.onApplied(setup.endpoint, decision);
        },
        commit: (decision) => this.#applySynced(decision),
      }),
      source: simBlockSource({ base: () => this.#base(), chain, decisions: () => disk.decisions, later }),
      judge: (message) => this.#driver?.judge(message) ?? "ignore",
      onTopic: (from, bytes) => this.gossip.onTopic(from, bytes),
      onDirect: (from, bytes) => this.gossip.onMessage(from, bytes),
      peerStatus: (peer, base, height) => this.#conductor.peerStatus(peer, base, height),
      isRunning: () => this.isRunning,
    };
    return honest && setup.plant !== undefined ? setup.plant.apply(parts) : parts;
  }

  #handlers(): ConstructorParameters<typeof SimPort>[0]["handlers"] {
    const { setup, world, honest } = this.#host;
    const { endpoint, mischief } = setup;
    return {
      onTopic: (from, bytes) => this.#parts.onTopic(from, bytes),
      onDirect: (from, bytes) => this.#parts.onDirect(from, bytes),
      onRequest: (from, body) =>
        mischief?.answer(body, () => this.#server.answer("blocks", from, body)) ??
          this.#server.answer("blocks", from, body),
      onPeerJoined: (peer) => this.gossip.onPeerJoined(peer),
      onPeerLeft: (peer) => {
        this.gossip.onPeerLeft(peer);
        this.#conductor.peerLeft(peer);
      },
      onReport: (peer, code, reason) => {
        if (honest) world.reported(endpoint, peer, code, reason);
      },
      onBan: (peer, reason) => {
        if (honest) world.banned(endpoint, peer, reason);
      },
      onFrame: (from, by, bytes) => {
        world.trace.add(world.scheduler.nowUs, endpoint, by, bytes, () => `from ${from}, ${bytes.length} bytes`);
        mischief?.overhear(bytes);
      },
    };
  }

  /** More than 2/3 of the power is this node's: nobody can be ahead of it. */
  #isQuorumAlone(): boolean {
    const { key } = this.#host.setup;
    const { validators } = this.chain;
    const own = validators.validators.find(({ address }) => key?.address.every((byte, i) => byte === address[i]));
    return hasQuorum(own?.votingPower ?? 0n, totalPower(validators));
  }

  // Who has the chain.

  async #startConsensus(): Promise<void> {
    const { setup, world } = this.#host;
    const { engine, verify } = this.#parts;
    const { height } = this.chain;
    invariant(!this.#isApplying, "start consensus: block sync is applying a block");
    world.trace.add(world.scheduler.nowUs, setup.endpoint, "consensus", undefined, () => `from ${height + 1n}`);
    await this.#signer?.begin(height + 1n);
    const driver: Driver = new ConsensusDriver({
      engine,
      chainId: CHAIN_ID,
      self: setup.key?.address,
      config: world.options.engine,
      verify,
      ports: {
        clock: this.#clock,
        wal: this.#parts.wal,
        signer: this.#signer,
        transport: this.#transport(),
        blocks: blockPort(this.#host, this.chain, this.#later, (decision) => this.#applyDecided(decision)),
      },
      hooks: this.#hooks(),
    });
    this.#driver = driver;
    this.gossip.attach({
      receive: (from, message) => {
        setup.lies?.overhear(message);
        return driver.receive(from, message);
      },
      judge: (message) => this.#parts.judge(message),
    });
    // The context is read from the store.
    await driver.start(await this.#later(world.options.diskMs, () => this.chain.context()));
    this.announce();
  }

  async #stopConsensus(): Promise<void> {
    const { setup, world, honest } = this.#host;
    const driver = this.#driver;
    if (honest) world.checkers.onTakenBack(setup.endpoint, this.chain.height);
    world.trace.add(world.scheduler.nowUs, setup.endpoint, "sync", undefined, () => `from ${this.chain.height + 1n}`);
    await driver?.stop();
    this.#driver = undefined;
    this.gossip.syncing(this.chain.height + 1n);
  }

  /** Listeners hear of a block a little later, as those of the event bus do. */
  #committed(height: bigint): void {
    void this.#later(this.#host.world.options.publishMs, () => {
      if (this.isRunning) this.#conductor.heightCommitted(height);
      else this.gossip.syncing(this.chain.height + 1n);
    });
  }

  #execute(decision: Decision): void {
    this.chain.commit(decision);
    this.#host.executed(this.chain);
  }

  async #applyDecided(decision: Decision): Promise<void> {
    const { disk, world } = this.#host;
    invariant(this.#driver !== undefined && !this.#isApplying, "commit a decision: consensus does not have the chain");
    await disk.saveDecision(decision, world.options.commitMs);
    if (!this.#isAlive) return;
    this.#execute(decision);
    this.#committed(decision.height);
  }

  async #applySynced(decision: Decision): Promise<void> {
    const { disk, world, setup } = this.#host;
    invariant(this.#driver === undefined, "apply a block: consensus has the chain");
    world.trace.add(
      world.scheduler.nowUs,
      setup.endpoint,
      "apply",
      decision.block.blockId.hash,
      () => `${decision.height}`,
    );
    this.#host.mayCrash("commit");
    if (!this.#isAlive) return await new Promise(() => {});
    this.#isApplying = true;
    await disk.saveDecision(decision, world.options.commitMs);
    this.#isApplying = false;
    if (!this.#isAlive) return;
    this.#execute(decision);
    this.#committed(decision.height);
  }

  // Consensus.

  #transport(): TransportPort {
    const { setup } = this.#host;
    return setup.lies ?? {
      broadcast: (message) => this.gossip.broadcast(message),
      send: (to, message) => this.gossip.send(to, message),
      report: (peer, code, reason) => this.gossip.report(peer, code, reason),
    };
  }

  #hooks(): DriverHooks<unknown, unknown> {
    const { setup: { endpoint }, world: { trace, scheduler }, mayCrash } = this.#host;
    return {
      onStep: (position) => {
        const { height, round, step } = position;
        trace.add(scheduler.nowUs, endpoint, step, undefined, () => `${height}/${round}`);
        this.gossip.position(position);
      },
      onEffect: (effect) => {
        trace.add(scheduler.nowUs, endpoint, effect.type, undefined, () => describe(effect));
        mayCrash(effect.type);
      },
      onCommit: () => this.announce(),
      onHalt: (error) => this.#halt(error),
    };
  }

  #halt(error: unknown): void {
    const { setup, world, honest } = this.#host;
    if (!this.#isAlive || !honest) return;
    world.checkers.fail("halt", `node ${setup.endpoint}: ${error instanceof Error ? error.stack : error}`);
  }

  /** An answer of the running process after a while; never, when power fails before. */
  readonly #later = <T>(meanMs: number, answer: () => T): Promise<T> => {
    const { world: { scheduler }, prng } = this.#host;
    const ms = meanMs * 2 * prng.float();
    return new Promise((resolve, reject) => {
      const run = () => {
        if (!this.#isAlive) return;
        try {
          resolve(answer());
        } catch (error) {
          reject(error);
        }
      };
      scheduler.after(ms * 1000, () => this.#host.whenAwake(run));
    });
  };
}

export type Later = <T>(meanMs: number, answer: () => T) => Promise<T>;

function describe(effect: { readonly type: string }): string {
  return JSON.stringify(effect, (_key, value) => {
    if (typeof value === "bigint") return value.toString();
    return value instanceof Uint8Array ? `${value.length} bytes` : value;
  }).slice(0, 200);
}
