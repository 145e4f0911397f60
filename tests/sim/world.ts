/**
 * One seed: a world of nodes under chaos, then healed. During chaos everything but liveness must hold; after healing every
 * correct node must gain heights within a bounded time.
 * @module
 */
import { SignedMsgType } from "cosmjs-types/tendermint/types/types";
import type { Validator } from "cosmjs-types/tendermint/types/validator";
import { invariant } from "../../node/core/invariant.ts";
import { Prng } from "../../node/core/prng.ts";
import { newValidatorSet } from "../../node/core/validators/mod.ts";
import { ByzantineTransport } from "./byzantine.ts";
import { type ChainWorld, changeTransaction } from "./chain.ts";
import { Checkers, type Violation } from "./checkers.ts";
import type { AnyEngine, EngineKit, Plant } from "./engines.ts";
import { Network } from "./network.ts";
import { SimNode } from "./node.ts";
import { Scheduler } from "./scheduler.ts";
import { FAST_SIGNATURES, REAL_SIGNATURES, type SimKey } from "./signatures.ts";
import { drawSwarm, type SwarmOptions, type SwarmRequest } from "./swarm.ts";
import { Trace } from "./trace.ts";

export interface RunRequest extends SwarmRequest {
  readonly kit: EngineKit;
  readonly plant?: Plant | undefined;
  /** Chaos ends early once every honest node has this height. */
  readonly heights?: number | undefined;
  readonly realSignatures?: boolean | undefined;
  readonly print?: ((line: string) => void) | undefined;
}

export interface RunReport {
  readonly seed: number;
  readonly options: SwarmOptions;
  readonly violation: Violation | undefined;
  readonly heights: number;
  readonly events: number;
  readonly virtualMs: number;
  /** Equal for two runs exactly when everything that happened was. */
  readonly trace: string;
}

/**
 * Decodes what was broadcast once for all who receive it: decoding is pure, and it is most of the work of a simulation.
 */
function decodingOnce(engine: AnyEngine): AnyEngine {
  const known = new WeakMap<Uint8Array, ReturnType<AnyEngine["codec"]["decodeMessage"]>>();
  const decodeMessage = (bytes: Uint8Array) => {
    let message = known.get(bytes);
    if (message === undefined) known.set(bytes, message = engine.codec.decodeMessage(bytes));
    return message;
  };
  return { ...engine, codec: { ...engine.codec, decodeMessage } };
}

const HEIGHTS = 5;
/** Heights that every correct node must gain after healing ... */
const LIVENESS_HEIGHTS = 3;
/** ... within this much virtual time: rounds are long by then, and a third of the proposers may be silent. */
const LIVENESS_MS = 120_000;

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
  readonly #nodes: SimNode[] = [];
  readonly #chain: ChainWorld;
  readonly #submitted = new Set<string>();
  readonly #keys: readonly SimKey[];
  /** The least power each honest and the most each Byzantine validator may come to have, by requests made so far. */
  readonly #worstPowers: bigint[];
  /** Some loss goes by what a message is. */
  readonly #targeted: boolean;
  #healed = false;
  #transactions = 0;

  constructor(request: RunRequest) {
    const { kit } = request;
    this.#request = {
      ...request,
      kit: { ...kit, engine: decodingOnce(kit.engine), amnesiac: decodingOnce(kit.amnesiac) },
    };
    this.#options = drawSwarm(request);
    this.#targeted = Object.values(this.#options.lossOf).some((loss) => loss > 0);
    this.#trace = new Trace(request.print);
    this.#prng = new Prng(BigInt(request.seed) + (1n << 40n));
    const scheme = request.realSignatures ? REAL_SIGNATURES : FAST_SIGNATURES;
    this.#keys = this.#options.powers.map(() => scheme.makeKey(this.#prng));
    this.#worstPowers = [...this.#options.powers];
    const validators: Validator[] = this.#keys.map((key, index) => ({
      address: key.address,
      pubKey: { ed25519: key.publicKey },
      votingPower: this.#options.powers[index]!,
      proposerPriority: 0n,
    }));
    const genesis = newValidatorSet(validators);
    invariant(genesis.ok, "make genesis: validators were refused");
    this.#chain = {
      scheme,
      validators: genesis.value,
      publicKeys: this.#keys.map((key) => key.publicKey),
      submitted: this.#submitted,
    };
    const addresses = this.#keys.map((key) => key.address);
    this.#checkers = new Checkers(
      this.#chain,
      this.#options,
      addresses,
      request.kit.rules,
      request.realSignatures ?? false,
    );
    this.#network = this.#makeNodes();
  }

  async run(): Promise<void> {
    const heights = BigInt(this.#request.heights ?? HEIGHTS);
    for (const node of this.#nodes) node.boot();
    this.#plan();
    const failed = () => this.#checkers.violation !== undefined;
    const all = (height: bigint) => this.#correct().every((node) => BigInt(node.stored.length) >= height);
    await this.#scheduler.run(this.#options.chaosMs * 1000, () => failed() || all(heights));
    if (failed()) return;
    this.#heal();
    const best = Math.max(...this.#correct().map((node) => node.stored.length));
    const target = BigInt(best + LIVENESS_HEIGHTS);
    const untilUs = this.#scheduler.nowUs + LIVENESS_MS * 1000;
    await this.#scheduler.run(untilUs, () => failed() || all(target));
    if (!failed() && !all(target)) {
      const reached = this.#correct().map((node) => `node ${node.setup.endpoint}: ${node.stored.length}`).join(", ");
      this.#checkers.fail(
        "liveness",
        `${LIVENESS_MS} ms after healing at height ${best}, not all have ${target}: ${reached}`,
      );
    }
    for (const node of this.#nodes) node.crash();
  }

  report(): RunReport {
    return {
      seed: this.#options.seed,
      options: this.#options,
      violation: this.#checkers.violation,
      heights: this.#checkers.heights,
      events: this.#scheduler.events,
      virtualMs: Math.round(this.#scheduler.nowUs / 1000),
      trace: this.#trace.digest,
    };
  }

  #correct(): SimNode[] {
    return this.#nodes.filter((node) => node.honest);
  }

  /** Endpoints: one for each validator, a second one for each twin, and maybe a full node. */
  #makeNodes(): Network {
    const { byzantine, powers } = this.#options;
    const owners: (number | undefined)[] = powers.map((_, index) => index);
    for (const [index, strategy] of Object.entries(byzantine)) if (strategy === "twins") owners.push(Number(index));
    if (this.#options.fullNode) owners.push(undefined);
    const byzantineEndpoints = owners.flatMap((owner, at) => owner !== undefined && byzantine[owner] ? [at] : []);
    const reachAll = new Set(this.#options.byzantineReachAll ? byzantineEndpoints : []);
    const network = new Network(
      this.#scheduler,
      this.#prng.fork(),
      this.#options,
      owners.length,
      reachAll,
      (to, from, message) => this.#nodes[to]!.receive(from, message),
    );
    for (const [endpoint, owner] of owners.entries()) {
      this.#nodes.push(this.#makeNode(endpoint, owner, owners.length, network));
    }
    return network;
  }

  #makeNode(endpoint: number, validator: number | undefined, size: number, network: Network): SimNode {
    const { kit, plant } = this.#request;
    const key = validator === undefined ? undefined : this.#keys[validator]!;
    const strategy = validator === undefined ? undefined : this.#options.byzantine[validator];
    const others = Array.from({ length: size }, (_, at) => at).filter((at) => at !== endpoint);
    const plain = strategy === undefined || strategy === "twins" || strategy === "amnesia";
    const lies = plain || key === undefined ? undefined : new ByzantineTransport({
      kit,
      strategy,
      prng: this.#prng.fork(),
      key,
      endpoint,
      endpoints: others,
      addresses: this.#chain.validators.validators.map((v) => v.address),
      send: (to, message, extraMs) => this.#transmit(network, endpoint, to, message, extraMs),
      signed: (message) => this.#checkers.onSigned(validator!, false, key.address, message),
      freshBlock: () => this.#freshBlock(endpoint),
    });
    const engine = strategy === "amnesia" ? kit.amnesiac : kit.engine;
    const setup = { endpoint, validator, key, engine, plant, lies, forgetful: strategy !== undefined };
    return new SimNode(setup, {
      scheduler: this.#scheduler,
      options: this.#options,
      chain: this.#chain,
      checkers: this.#checkers,
      trace: this.#trace,
      chaos: () => !this.#healed,
      broadcast: (from, message) => {
        for (const to of others) this.#transmit(network, from, to, message);
      },
      send: (from, to, message) => this.#transmit(network, from, to, message),
      nodeAt: (at) => this.#nodes[at]!,
    }, this.#prng.fork());
  }

  #transmit(network: Network, from: number, to: number, message: Uint8Array, extraMs = 0): void {
    if (!this.#healed && this.#targeted) {
      const loss = this.#options.lossOf[this.#kindOf(message)];
      if (loss > 0 && this.#prng.chance(loss)) return;
    }
    network.send(from, to, message, extraMs);
  }

  #kindOf(message: Uint8Array): keyof SwarmOptions["lossOf"] {
    const { engine, dissect } = this.#request.kit;
    const decoded = engine.codec.decodeMessage(message);
    const seen = decoded.ok ? dissect(decoded.value) : undefined;
    if (seen?.type === "vote") {
      return seen.vote.type === SignedMsgType.SIGNED_MSG_TYPE_PREVOTE ? "prevote" : "precommit";
    }
    return seen?.type === "proposal" ? "proposal" : "other";
  }

  /** For an equivocator: a valid block that nobody else has. */
  #freshBlock(endpoint: number) {
    const node = this.#nodes[endpoint]!;
    const context = node.chain.context();
    if (context.height > 1n && context.lastCommit === undefined) return undefined;
    const transaction = `fresh/${this.#transactions++}`;
    this.#submitted.add(transaction);
    return node.chain.build(node.setup.key!.address, context.lastCommit, [transaction]);
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
    every(options.syncEveryMs, () => this.#sync());
    for (const at of options.blackoutsMs) {
      scheduler.after(at * 1000, () => {
        if (!this.#healed) { for (const node of this.#nodes) node.crashFor(this.#prng.float() * options.downMeanMs); }
      });
    }
  }

  #heal(): void {
    this.#trace.add(this.#scheduler.nowUs, -1, "heal");
    this.#healed = true;
    this.#network.heal();
    for (const node of this.#nodes) if (!node.up) node.boot();
    for (const transaction of this.#submitted) for (const node of this.#nodes) node.submit(transaction);
  }

  #submit(): void {
    const transaction = (this.#options.validatorChanges && this.#prng.chance(0.2) ? this.#drawChange() : undefined) ??
      `tx/${this.#transactions++}`;
    this.#submitted.add(transaction);
    for (const node of this.#nodes) if (this.#healed || this.#prng.chance(0.7)) node.submit(transaction);
  }

  /** A change of power that keeps Byzantine power under a third, in whatever order such changes are made or left out. */
  #drawChange(): string | undefined {
    const index = this.#prng.below(this.#keys.length);
    const power = BigInt(this.#prng.below(4)) * this.#options.powers[index]! / 2n;
    const isByzantine = (at: number) => this.#options.byzantine[at] !== undefined;
    const worst = [...this.#worstPowers];
    if (isByzantine(index) ? power > worst[index]! : power < worst[index]!) worst[index] = power;
    const sum = (which: (at: number) => boolean) =>
      worst.reduce((total, value, at) => which(at) ? total + value : total, 0n);
    const bad = sum(isByzantine);
    const good = sum((at) => !isByzantine(at));
    if (good === 0n || bad * 3n >= bad + good) return undefined;
    this.#worstPowers.splice(0, worst.length, ...worst);
    return changeTransaction(index, power, this.#transactions++);
  }

  /**
   * Block sync: who is more than one height behind somebody it can talk to takes the blocks from there. One height behind is
   * the engine's own business.
   */
  #sync(): void {
    for (const node of this.#nodes) {
      const source = this.#correct().find((other) =>
        other.up && other.stored.length > node.stored.length + 1 &&
        this.#network.connected(other.setup.endpoint, node.setup.endpoint) &&
        this.#network.connected(node.setup.endpoint, other.setup.endpoint)
      );
      if (source !== undefined) node.catchUp(source.stored);
    }
  }
}
