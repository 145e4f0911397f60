/**
 * Proofs over several paths (ICS-33): the clients on the way are updated, from the chain that proves to the one that
 * verifies, and everything is checked here as the verifying chain will check it.
 * @module
 */
import { ConnectionEnd } from "cosmjs-types/ibc/core/connection/v1/connection";
import { Any } from "cosmjs-types/google/protobuf/any";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import {
  assembleMultihopProof,
  clientStatePath,
  connectionPath,
  consensusStatePath,
  decodeMultihopProofs,
  type FarEnd,
  type IbcHeight,
  type KnownHeight,
  planMultihopProof,
  type ProofPlan,
  proveRoute,
  readRoute,
  rootJudge,
  type RouteChain,
} from "../../node/core/ibc/mod.ts";
import { invariant } from "../../node/core/invariant.ts";
import type { Result } from "../../node/core/result.ts";
import { NANOS_PER_MS } from "../../node/core/time.ts";
import { chainFault, type Proven } from "../chain/mod.ts";
import { readClientState, readConsensusState } from "../light/mod.ts";
import { connectionHopsOf, type Leg, routeChainsOf } from "../path/mod.ts";
import type { HandshakeChain } from "./handshake_ports.ts";
import { type Brought, end, type HandshakeRun } from "./handshake_run.ts";

/** Roots on the way that are older are not used: the verifying chain takes an hour, and time passes until then. */
const FRESH_MS = 20 * 60_000;
/** Looks at a client on the way before it is given up: somebody else may update it in between. */
const LOOKS_MAX = 5;

interface Seen extends KnownHeight {
  /** By our clock. */
  readonly atMs: number;
}

/** A way by which the target can be convinced of what the prover holds, up to a height. */
export interface Reached {
  /** Of the prover: what stands in the state before this header can be proven. */
  readonly far: IbcHeight;
  /** The client on the target, of its neighbour, and what has to be submitted before a proof. */
  readonly brought: Brought;
  readonly atMs: number;
  /** Fetched and checked when first needed. */
  proven: Promise<ProvenWay> | undefined;
  readonly chains: readonly RouteChain[];
}

/** What is proven of the chains between; the same for every key. */
interface ProvenWay {
  readonly answers: readonly Proven[];
  readonly end: FarEnd;
}

export class MultihopRoute {
  readonly #seen = new Map<Leg, Seen>();
  #connection: Promise<ConnectionEnd> | undefined;

  /** `chains`: the target, those between, the prover; `legs` lead from the target to the prover. */
  constructor(
    readonly run: HandshakeRun,
    readonly chains: readonly HandshakeChain[],
    readonly legs: readonly Leg[],
  ) {
    invariant(legs.length > 1 && chains.length === legs.length + 1, "follow a way: it does not have its chains");
  }

  /**
   * Finds or makes a way that ends at the header `height` of the prover, or a later one. Submits to the chains between; what
   * the target needs is left to the caller.
   */
  async reach(height: bigint): Promise<Reached> {
    const seen: Seen[] = [];
    let needed = height;
    for (let i = this.legs.length - 1; i > 0; i--) {
      const known = await this.#advance(i, needed);
      seen.unshift(known);
      needed = known.since + 1n;
    }
    const brought = await this.#bringTarget(needed);
    const first = { height: brought.point.height, since: 0n };
    const known = new Map<Leg, KnownHeight>(this.legs.map((leg, i) => [leg, i === 0 ? first : seen[i - 1]!]));
    return {
      far: seen.at(-1)!.height,
      brought,
      atMs: Math.min(...seen.map(({ atMs }) => atMs)),
      proven: undefined,
      chains: routeChainsOf(this.legs, (leg) => [known.get(leg)!]).map((chain, i) => ({
        ...chain,
        prefix: utf8ToBytes(this.chains[i]!.storePrefix),
      })),
    };
  }

  /** What brings the target's own client to a header of its neighbour, `height` or later and not an old one. */
  async #bringTarget(height: bigint): Promise<Brought> {
    const [target, neighbour] = this.chains as [HandshakeChain, HandshakeChain];
    const { clientId } = this.legs[0]!.near;
    const brought = await this.run.bring(target, clientId, neighbour, height);
    if (this.isFresh({ atMs: await this.#learnt(target, brought.point.timestampNs) })) return brought;
    return await this.run.bring(target, clientId, neighbour, (await neighbour.endpoint.latest()).height);
  }

  /** By our clock, when a chain would have learnt at the earliest what its client believes of that time. */
  async #learnt(keeper: HandshakeChain, timestampNs: bigint): Promise<number> {
    const { timeNanos } = await keeper.endpoint.latest();
    return this.run.clock.nowMs() - Math.max(0, Number((timeNanos - timestampNs) / NANOS_PER_MS));
  }

  /** Whether a way is young enough to be gone once more. */
  isFresh({ atMs }: { readonly atMs: number }): boolean {
    return this.run.clock.nowMs() - atMs < FRESH_MS;
  }

  /** What is known now is asked for again. */
  forget(): void {
    this.#seen.clear();
    this.#connection = undefined;
  }

  /** Sees to it that the client on the `i`-th chain knows a header of the next one, `height` or later. */
  async #advance(i: number, height: bigint): Promise<Seen> {
    const leg = this.legs[i]!;
    const [keeper, prover] = [this.chains[i]!, this.chains[i + 1]!];
    for (let looks = 0; looks < LOOKS_MAX; looks++) {
      const known = this.#seen.get(leg) ?? await this.#look(leg, keeper);
      const isOld = known !== undefined && !this.isFresh(known);
      if (known !== undefined && known.height.revisionHeight >= height && !isOld) return known;
      this.#seen.delete(leg);
      const wanted = isOld ? (await prover.endpoint.latest()).height : height;
      const { point, update } = await this.run.bring(keeper, leg.near.clientId, prover, wanted);
      if (update.count === 0) {
        // Somebody has just updated it: a block later that can be proven.
        await this.run.headAt(keeper, (await keeper.endpoint.latest()).height + 1n);
        continue;
      }
      const done = await this.run.submit(keeper, (signer) => update.messages(signer));
      if ("code" in done) return end(done.code, done.message);
      this.run.told({
        step: "update_client",
        chain: keeper.name,
        id: leg.near.clientId,
        height: done.height,
        txHash: done.hash,
        proofHeight: point.height,
      });
      return this.#keep(leg, { height: point.height, since: done.height, atMs: this.run.clock.nowMs() });
    }
    return end("stalled", `update client ${leg.near.clientId} on ${keeper.name}: others keep changing it`);
  }

  #keep(leg: Leg, seen: Seen): Seen {
    this.#seen.set(leg, seen);
    return seen;
  }

  /** What the client knew in the newest state that can be proven. */
  async #look(leg: Leg, keeper: HandshakeChain): Promise<Seen | undefined> {
    const { clientId } = leg.near;
    const since = (await keeper.endpoint.latest()).height - 1n;
    const state = await this.#stored(keeper, clientStatePath(clientId), since);
    const client = state && readClientState(Any.decode(state));
    if (client === undefined || !client.ok) return undefined;
    if (client.value.frozen) return end("unbelievable", `use client ${clientId} on ${keeper.name}: it is frozen`);
    const { latestHeight: height } = client.value;
    const consensus = await this.#stored(keeper, consensusStatePath(clientId, height), since);
    const point = consensus && readConsensusState(Any.decode(consensus), height);
    if (point === undefined || !point.ok) return undefined;
    return this.#keep(leg, { height, since, atMs: await this.#learnt(keeper, point.value.timestampNs) });
  }

  async #stored({ endpoint, storePrefix }: HandshakeChain, path: string, height: bigint) {
    return (await endpoint.prove(storePrefix, utf8ToBytes(path), height)).value;
  }

  /** The value under each key of the prover, with a proof over the whole way, each checked. */
  async prove(reached: Reached, keys: readonly Uint8Array[]): Promise<(Proven & { readonly believed: boolean })[]> {
    const plan = (key: Uint8Array) => planOf(reached, key);
    const way = await (reached.proven ??= this.#proveWay(reached, plan(KEYLESS)));
    return await Promise.all(keys.map(async (key) => {
      const answer = await this.#fetch(plan(key), 0);
      const { prefix, judge } = way.end;
      const claim = answer.value === undefined
        ? judge.verifyNonMembership(answer.proof, [prefix, key])
        : judge.verifyMembership(answer.proof, [prefix, key], answer.value);
      const made = assembleMultihopProof(reached.chains, plan(key), [answer, ...way.answers]);
      if (!made.ok) return end("unbelievable", made.error.message);
      return { value: answer.value, proof: made.value, height: plan(key).proofHeight, believed: claim.ok };
    }));
  }

  #fetch({ requests }: ProofPlan, index: number): Promise<Proven> {
    const { chain, key, rootHeight } = requests[index]!;
    const { endpoint, storePrefix } = this.chains[chain]!;
    return endpoint.prove(storePrefix, key, rootHeight.revisionHeight - 1n);
  }

  /** The proofs of the chains between, judged as the target will. */
  async #proveWay(reached: Reached, plan: ProofPlan): Promise<ProvenWay> {
    const answers = await Promise.all(plan.requests.slice(1).map((_, i) => this.#fetch(plan, i + 1)));
    const checked = await this.#check(reached, plan, answers);
    if (checked.ok) return { answers, end: checked.value };
    this.forget();
    return end("unbelievable", checked.error.message);
  }

  async #check(reached: Reached, plan: ProofPlan, answers: readonly Proven[]): Promise<Result<FarEnd>> {
    const { client, point } = reached.brought;
    const made = assembleMultihopProof(reached.chains, plan, [
      { value: undefined, proof: new Uint8Array() },
      ...answers,
    ]);
    if (!made.ok) return made;
    const proofs = decodeMultihopProofs(made.value);
    if (!proofs.ok) return proofs;
    const route = readRoute(connectionHopsOf(this.legs), proofs.value);
    if (!route.ok) return route;
    const target = this.chains[0]!;
    const { timeNanos } = await target.endpoint.latest();
    const judge = rootJudge(client.proofSpecs, point.root);
    const connection = await (this.#connection ??= this.#ownConnection(target));
    return proveRoute({ judge, timestamp: point.timestampNs, connection, now: timeNanos }, route.value);
  }

  async #ownConnection(target: HandshakeChain): Promise<ConnectionEnd> {
    const { connectionId } = this.legs[0]!.near;
    const { height } = await target.endpoint.latest();
    const value = await this.#stored(target, connectionPath(connectionId), height - 1n);
    const attempt = `ask ${target.endpoint.chainId} for ${connectionId}`;
    if (value === undefined) throw chainFault("chain_bad_answer", attempt, "it is not there");
    try {
      return ConnectionEnd.decode(value);
    } catch (cause) {
      throw chainFault("chain_bad_answer", attempt, "it does not decode", cause);
    }
  }
}

const KEYLESS = new Uint8Array();

function planOf({ chains }: Reached, key: Uint8Array): ProofPlan {
  const plan = planMultihopProof(chains, { key, since: 0n });
  invariant(plan.tag === "fetch", "plan a proof: the way that was found is none");
  return plan;
}
