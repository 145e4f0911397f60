/**
 * A channel over several connections between test chains, relayed as single paths are: before each step the clients along
 * the way are updated, from the chain that proves to the one that verifies.
 * @module
 */
import { utf8ToBytes } from "../../node/core/bytes.ts";
import {
  assembleMultihopProof,
  IBC_STORE_NAME,
  type IbcHeight,
  type KnownHeight,
  planMultihopProof,
  type ProofPlan,
  type RouteChain,
} from "../../node/core/ibc/mod.ts";
import { type Delivered, type End, Path, type PathOptions, type Proof } from "./ibc/mod.ts";
import { valueOf } from "./mini_chain.ts";

/** What one end knows of the way to the other. */
export class Way {
  readonly #known = new Map<End, KnownHeight[]>();

  /** `legs`: the ends of the single paths that lead away from here, the own one first. */
  constructor(readonly legs: readonly End[]) {}

  /** Of each chain, the verifying one first, without the last. */
  get chains(): RouteChain[] {
    return this.legs.map((leg) => ({
      prefix: utf8ToBytes(IBC_STORE_NAME),
      connectionId: leg.connectionId,
      clientId: leg.clientId,
      known: this.#known.get(leg) ?? [],
    }));
  }

  get hops(): string[] {
    return this.legs.map(({ connectionId }) => connectionId);
  }

  /** One client learns of a new block of the next chain. */
  updateLeg(leg: End): Delivered {
    const delivered = leg.updateClient();
    const known = { height: leg.other.chain.ibcHeight(leg.clientHeight), since: leg.chain.height };
    this.#known.set(leg, [...this.#known.get(leg) ?? [], known]);
    return delivered;
  }

  /** All clients, so that what is stored at the other end now can be proven here. */
  update(): Delivered {
    return this.legs.toReversed().map((leg) => this.updateLeg(leg)).at(-1)!;
  }

  /** The plan for a key at the other end, or of the chain `length` connections away. */
  plan(path: string, since: bigint, length: number = this.legs.length): ProofPlan {
    const plan = planMultihopProof(this.chains.slice(0, length), { key: utf8ToBytes(path), since });
    if (plan.tag !== "fetch") {
      throw new Error(`prove ${path}: client of chain ${plan.chain} needs block ${plan.height}`);
    }
    return plan;
  }

  fetch({ requests }: ProofPlan): Proof[] {
    const chains = [...this.legs.map(({ chain }) => chain), this.legs.at(-1)!.other.chain];
    return requests.map(({ chain, key, rootHeight }) =>
      chains[chain]!.prove(IBC_STORE_NAME, key, rootHeight.revisionHeight - 1n)
    );
  }

  /** The message and its height; with the value of the key in it for frozen clients. */
  assemble(plan: ProofPlan, withValue = false): { readonly proof: Uint8Array; readonly height: IbcHeight } {
    const proof = valueOf(assembleMultihopProof(this.chains, plan, this.fetch(plan), withValue));
    return { proof, height: plan.proofHeight };
  }

  /** Under a given root of the other end, and the newest first root. */
  proveBy(path: string, rootHeight: IbcHeight): { readonly proof: Uint8Array; readonly height: IbcHeight } {
    const chains = this.chains.map((chain, i) => ({
      ...chain,
      known: i === this.legs.length - 1
        ? chain.known.filter(({ height }) => height.revisionHeight === rootHeight.revisionHeight)
        : chain.known,
    }));
    const plan = planMultihopProof(chains, { key: utf8ToBytes(path), since: 0n });
    if (plan.tag !== "fetch") throw new Error(`prove ${path}: root ${rootHeight.revisionHeight} is not known`);
    return this.assemble(plan);
  }

  /** By the newest roots. */
  prove(path: string): Proof {
    const plan = this.plan(path, 0n);
    return { ...this.assemble(plan), value: this.fetch(plan)[0]!.value };
  }
}

/** A path whose channel goes over the connections of `paths`, which are open; the first begins at `a`. */
export class MultihopPath extends Path {
  readonly wayOfA: Way;
  readonly wayOfB: Way;

  constructor(readonly paths: readonly Path[], options: PathOptions = {}) {
    super(paths[0]!.a.chain, paths.at(-1)!.b.chain, options);
    this.wayOfA = new Way(paths.map(({ a }) => a));
    this.wayOfB = new Way(paths.map(({ b }) => b).reverse());
    for (const [end, way] of [[this.a, this.wayOfA], [this.b, this.wayOfB]] as const) {
      const [first] = way.legs;
      Object.assign(end, { clientId: first!.clientId, connectionId: first!.connectionId, connectionHops: way.hops });
      end.prover = (path) => way.prove(path);
      end.updateClient = () => way.update();
    }
  }
}
