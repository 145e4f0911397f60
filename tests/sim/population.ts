/** Who takes part in a world: validators, twins, full nodes and peers that only lie, each at an endpoint. @module */
import { SignedMsgType } from "cosmjs-types/tendermint/types/types";
import type { Prng } from "../../node/core/prng.ts";
import type { ProposedBlock } from "../../node/consensus/mod.ts";
import { decodeFrame } from "../../node/gossip/wire.ts";
import { ByzantineTransport } from "./byzantine.ts";
import type { EngineKit, Plant } from "./engines.ts";
import { Mischief } from "./mischief.ts";
import { type NodeWorld, SimNode } from "./node.ts";
import type { SimKey } from "./signatures.ts";
import type { SwarmOptions } from "./swarm.ts";
import type { MischiefOptions } from "./swarm_peers.ts";
import { sayOf } from "./voice.ts";

export interface PopulationInit {
  readonly options: SwarmOptions;
  readonly kit: EngineKit;
  readonly plant: Plant | undefined;
  readonly keys: readonly SimKey[];
  readonly world: NodeWorld;
  readonly prng: Prng;
  /** Submits a transaction that nobody else has. */
  freshTransaction(): string;
}

interface Place {
  readonly validator?: number;
  readonly mischief?: MischiefOptions | undefined;
  readonly isLate?: boolean;
  readonly firstHeight?: number;
}

export class Population {
  readonly nodes: SimNode[] = [];
  readonly late: SimNode[] = [];
  readonly wiped: SimNode[] = [];
  readonly #init: PopulationInit;
  readonly #kinds = new WeakMap<Uint8Array, keyof SwarmOptions["lossOf"]>();

  constructor(init: PopulationInit) {
    this.#init = init;
    const places = this.#places();
    for (const place of places) this.#add(place, places.length);
  }

  /** Endpoints that partitions do not touch. */
  get reachAll(): ReadonlySet<number> {
    if (!this.#init.options.byzantineReachAll) return new Set();
    return new Set(this.nodes.filter((node) => !node.honest).map((node) => node.setup.endpoint));
  }

  /** Some correct nodes whose validators have less than a third of the power, with what is faulty anyway. */
  minority(prng: Prng): number[] {
    const { powers, byzantine, late, wiped } = this.#init.options;
    const total = powers.reduce((sum, power) => sum + power, 0n);
    let power = 0n;
    for (const [at, value] of powers.entries()) {
      if (byzantine[at] !== undefined || late.includes(at) || wiped.includes(at)) power += value;
    }
    const chosen: number[] = [];
    for (const { honest, setup: { endpoint, validator } } of prng.shuffle(this.nodes)) {
      const own = validator === undefined ? 0n : powers[validator]!;
      if (!honest || (power + own) * 3n >= total) continue;
      if (prng.chance(0.7)) chosen.push(endpoint);
      if (chosen.at(-1) === endpoint) power += own;
    }
    return chosen;
  }

  /** How much more often a frame is lost for what it is. */
  readonly lossOf = (bytes: Uint8Array): number => {
    const { lossOf } = this.#init.options;
    const isTargeted = lossOf.proposal + lossOf.prevote + lossOf.precommit + lossOf.other > 0;
    return isTargeted ? lossOf[this.#kindOf(bytes)] : 0;
  };

  /** One for each validator, a second one for each twin, then those without keys. */
  #places(): Place[] {
    const { powers, byzantine, fullNodes, lateFullNodes, snapshotHeight, hostiles, mischief, late } =
      this.#init.options;
    const places: Place[] = powers.map((_, validator) => ({
      validator,
      mischief: mischief[validator],
      isLate: late.includes(validator),
    }));
    for (const [index, strategy] of Object.entries(byzantine)) {
      if (strategy === "twins") places.push({ validator: Number(index) });
    }
    for (let i = 0; i < fullNodes; i++) {
      places.push({ isLate: i < lateFullNodes, firstHeight: i === fullNodes - 1 ? snapshotHeight : 0 });
    }
    return [...places, ...hostiles.map((mischief) => ({ mischief }))];
  }

  #add({ validator, mischief, isLate, firstHeight }: Place, size: number): void {
    const { kit, plant, keys, options, world, prng } = this.#init;
    const endpoint = this.nodes.length;
    const key = validator === undefined ? undefined : keys[validator]!;
    const strategy = validator === undefined ? undefined : options.byzantine[validator];
    const isPlain = strategy === undefined || strategy === "twins" || strategy === "amnesia";
    const node = new SimNode(
      {
        endpoint,
        validator,
        key,
        engine: strategy === "amnesia" ? kit.amnesiac : kit.engine,
        plant,
        lies: isPlain || key === undefined ? undefined : this.#liar(endpoint, validator!, size),
        mischief: mischief && this.#hostile(endpoint, mischief),
        forgetful: strategy !== undefined,
        firstHeight: BigInt(Math.max(1, firstHeight ?? 0)),
      },
      world,
      prng.fork(),
    );
    this.nodes.push(node);
    if (isLate) this.late.push(node);
    if (validator !== undefined && options.wiped.includes(validator)) this.wiped.push(node);
  }

  #liar(endpoint: number, validator: number, size: number): ByzantineTransport {
    const { kit, keys, options, world } = this.#init;
    const prng = this.#init.prng.fork();
    const key = keys[validator]!;
    const strategy = options.byzantine[validator]!;
    const preferred = prng.chance(0.5) ? "topic" : "direct";
    return new ByzantineTransport({
      kit,
      strategy,
      prng: prng.fork(),
      key,
      endpoint,
      endpoints: Array.from({ length: size }, (_, at) => at).filter((at) => at !== endpoint),
      addresses: world.chain.validators.validators.map((v) => v.address),
      send: (to, message, extraMs) => {
        const { by, frames } = sayOf(kit.engine, message, preferred);
        const { port } = this.nodes[endpoint]!.process ?? {};
        // Of a block, everybody gets other parts, and perhaps nobody all of them.
        const isTorn = strategy === "parts" && frames.length > 1;
        for (const frame of frames) if (!isTorn || prng.chance(0.4)) port?.raw(to, by, frame, extraMs);
      },
      signed: (message) => world.checkers.onSigned(validator, false, key.address, message),
      freshBlock: () => this.#freshBlock(endpoint),
    });
  }

  #hostile(endpoint: number, options: MischiefOptions): Mischief {
    const { world, prng } = this.#init;
    return new Mischief({
      options,
      prng: prng.fork(),
      port: () => this.nodes[endpoint]!.process?.port,
      height: () => this.nodes[endpoint]!.process?.chain.height ?? 0n,
      lastBlock: () => this.nodes[endpoint]!.stored.at(-1),
      wait: (ms) => new Promise((resolve) => world.scheduler.after(ms * 1000, resolve)),
    });
  }

  /** For an equivocator: a valid block that nobody else has. */
  #freshBlock(endpoint: number): ProposedBlock | undefined {
    const { chain, setup } = this.nodes[endpoint]!;
    const context = chain.context();
    if (context.height > 1n && context.lastCommit === undefined) return undefined;
    return chain.build(setup.key!.address, context.lastCommit, [this.#init.freshTransaction()]);
  }

  #kindOf(bytes: Uint8Array): keyof SwarmOptions["lossOf"] {
    let kind = this.#kinds.get(bytes);
    if (kind === undefined) this.#kinds.set(bytes, kind = this.#readKind(bytes));
    return kind;
  }

  #readKind(bytes: Uint8Array): keyof SwarmOptions["lossOf"] {
    const { engine, dissect } = this.#init.kit;
    const frame = decodeFrame(bytes);
    const head = frame.ok ? frame.value.carry?.head : undefined;
    const decoded = head && engine.codec.decodeMessage(head);
    const seen = decoded?.ok ? dissect(decoded.value) : undefined;
    if (seen?.type === "vote") {
      return seen.vote.type === SignedMsgType.SIGNED_MSG_TYPE_PREVOTE ? "prevote" : "precommit";
    }
    return seen?.type === "proposal" ? "proposal" : "other";
  }
}
