/**
 * Chains in a row as far as proofs over several hops see them: nothing but stores with real trees, headers with a root and
 * a time, clients, connections. The first chain verifies, the last is the source.
 * @module
 */
import { Any } from "cosmjs-types/google/protobuf/any";
import { ConnectionEnd, State } from "cosmjs-types/ibc/core/connection/v1/connection";
import { ConsensusState } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { encode } from "../../node/core/codec/mod.ts";
import {
  assembleMultihopProof,
  checkHops,
  ClientStateCodec,
  clientStatePath,
  connectionPath,
  consensusStatePath,
  decodeMultihopProofs,
  encodeClientState,
  encodeMerkleProof,
  type FetchedProof,
  type IbcHeight,
  type KnownHeight,
  planMultihopProof,
  type ProofPlan,
  proveRoute,
  readRoute,
  rootJudge,
  type RouteChain,
  type RouteStart,
  type TendermintClientState,
  verifyFarAbsence,
  verifyFarMembership,
} from "../../node/core/ibc/mod.ts";
import { ICS23_SPECS, type Ics23Spec, tendermintMapProof, tendermintMapRoot } from "../../node/core/merkle/mod.ts";
import type { Result } from "../../node/core/result.ts";
import { nanosToTimestamp } from "../../node/core/time.ts";
import { MultiStore } from "../../node/state/mod.ts";
import { FakeStorage } from "../bad_input/harness.ts";
import { valueOf } from "./mini_chain.ts";

export const SECOND = 1_000_000_000n;
const START = 1_704_067_200n * SECOND;

/** One clock for all chains of a route. */
export interface Clock {
  now: bigint;
}

type Entries = ReadonlyMap<string, Uint8Array>;

/** A store with a tree, of which every version is kept. */
interface Trees {
  readonly specs: readonly Ics23Spec[];
  /** The root after the version of that number. */
  commit(version: bigint, changes: Entries): Uint8Array;
  prove(version: bigint, store: string, key: Uint8Array): FetchedProof;
}

/** Our own trees, as a node keeps them. */
function jellyfish(stores: readonly string[]): Trees {
  const storage = new FakeStorage();
  const state = new MultiStore({ stores, cacheBytesMax: 1 << 24 });
  return {
    specs: [ICS23_SPECS.jmt, ICS23_SPECS.tendermint],
    commit(version, changes) {
      const list = [...changes].map(([name, value]) => {
        const [store, key] = name.split("\n") as [string, string];
        return { store, key: utf8ToBytes(key), value };
      });
      const staged = storage.run(state.stage(version, list), state.version);
      storage.write(staged);
      state.adopt(staged);
      return staged.appHash;
    },
    prove(version, store, key) {
      const { value, proofs } = valueOf(storage.run(state.prove(version, store, key), version));
      return { value, proof: encodeMerkleProof(proofs) };
    },
  };
}

/** The simple Merkle map in both places: a chain with other trees than ours. */
function simple(stores: readonly string[]): Trees {
  const versions = new Map<bigint, Map<string, [Uint8Array, Uint8Array][]>>();
  let last = new Map<string, [Uint8Array, Uint8Array][]>(stores.map((store) => [store, []]));
  const rootOf = (entries: Map<string, [Uint8Array, Uint8Array][]>) =>
    [...entries].map(([store, list]) => [utf8ToBytes(store), tendermintMapRoot(list)] as const);
  return {
    specs: [ICS23_SPECS.tendermint, ICS23_SPECS.tendermint],
    commit(version, changes) {
      last = new Map([...last].map(([store, list]) => [store, [...list]]));
      for (const [name, value] of changes) {
        const [store, key] = name.split("\n") as [string, string];
        const list = last.get(store)!;
        const at = list.findIndex(([known]) => new TextDecoder().decode(known) === key);
        list.splice(at < 0 ? list.length : at, 1, [utf8ToBytes(key), value]);
      }
      versions.set(version, last);
      return tendermintMapRoot(rootOf(last));
    },
    prove(version, store, key) {
      const entries = versions.get(version)!;
      const inner = tendermintMapProof(entries.get(store)!, key);
      const outer = tendermintMapProof(rootOf(entries), utf8ToBytes(store));
      return { value: inner.exist?.value, proof: encodeMerkleProof([inner, outer]) };
    },
  };
}

export interface ToyChainOptions {
  readonly prefix?: string;
  readonly trees?: "jmt" | "simple";
  readonly revision?: bigint;
}

/** A chain of one store under its prefix, and a store `other` that anybody may write anything to. */
export class ToyChain {
  readonly #trees: Trees;
  readonly #headers: { readonly time: bigint; readonly root: Uint8Array }[] = [];
  #changes = new Map<string, Uint8Array>();
  #root: Uint8Array = new Uint8Array();
  readonly prefix: string;
  readonly revision: bigint;

  constructor(readonly name: string, readonly clock: Clock, options: ToyChainOptions = {}) {
    this.prefix = options.prefix ?? "ibc";
    this.revision = options.revision ?? 1n;
    const stores = [this.prefix, "other"];
    this.#trees = options.trees === "simple" ? simple(stores) : jellyfish(stores);
    for (const store of stores) this.set("a", Uint8Array.of(1), store);
    this.set("z", Uint8Array.of(1));
    this.block();
  }

  get specs(): readonly Ics23Spec[] {
    return this.#trees.specs;
  }

  /** Of the last block. */
  get height(): bigint {
    return BigInt(this.#headers.length);
  }

  set(key: string, value: Uint8Array, store: string = this.prefix): void {
    this.#changes.set(`${store}\n${key}`, value);
  }

  /** A block with what was set; its header has the root of the state before. */
  block(seconds = 1n): bigint {
    this.clock.now += seconds * SECOND;
    this.#headers.push({ time: this.clock.now, root: this.#root });
    this.#root = this.#trees.commit(this.height, this.#changes);
    this.#changes = new Map();
    return this.height;
  }

  header(height: bigint): { readonly time: bigint; readonly root: Uint8Array } {
    return this.#headers[Number(height) - 1]!;
  }

  ibcHeight(height: bigint = this.height): IbcHeight {
    return { revisionNumber: this.revision, revisionHeight: height };
  }

  /** Under the root in the header of `rootHeight`. */
  prove(key: Uint8Array, rootHeight: bigint, store: string = this.prefix): FetchedProof {
    return this.#trees.prove(rootHeight - 1n, store, key);
  }
}

/** `Any` of a consensus state. */
export const consensusBytes = (time: bigint, hash: Uint8Array): Uint8Array =>
  encode(Any, {
    typeUrl: ConsensusState.typeUrl,
    value: encode(ConsensusState, {
      timestamp: nanosToTimestamp(time),
      root: { hash },
      nextValidatorsHash: new Uint8Array(32),
    }),
  });

/** `Any` of a client state. */
export const clientBytes = (state: TendermintClientState): Uint8Array =>
  encode(Any, { typeUrl: ClientStateCodec.typeUrl, value: encodeClientState(state) });

/** A client and a connection of one chain to the next. */
export class ToyLink {
  readonly known: KnownHeight[] = [];
  client: TendermintClientState;
  connection: ConnectionEnd;

  constructor(
    readonly from: ToyChain,
    readonly to: ToyChain,
    readonly clientId: string,
    readonly connectionId: string,
    back: { readonly clientId: string; readonly connectionId: string },
    readonly delayPeriod = 0n,
  ) {
    this.client = {
      chainId: to.name,
      trustLevel: { numerator: 1n, denominator: 3n },
      trustingPeriod: { seconds: 86_400n, nanos: 0 },
      unbondingPeriod: { seconds: 186_400n, nanos: 0 },
      maxClockDrift: { seconds: 10n, nanos: 0 },
      frozenHeight: { revisionNumber: 0n, revisionHeight: 0n },
      latestHeight: to.ibcHeight(0n),
      proofSpecs: [...to.specs],
      upgradePath: [],
      allowUpdateAfterExpiry: false,
      allowUpdateAfterMisbehaviour: false,
    };
    this.connection = ConnectionEnd.fromPartial({
      clientId,
      versions: [{ identifier: "1", features: ["ORDER_ORDERED", "ORDER_UNORDERED"] }],
      state: State.STATE_OPEN,
      counterparty: { ...back, prefix: { keyPrefix: utf8ToBytes(to.prefix) } },
      delayPeriod,
    });
    this.write();
  }

  /** Puts connection and client into the next block. */
  write(): void {
    this.from.set(connectionPath(this.connectionId), encode(ConnectionEnd, this.connection));
    this.from.set(clientStatePath(this.clientId), clientBytes(this.client));
  }

  /** The client learns of a block of the next chain, its last unless said. */
  update(height: bigint = this.to.height): void {
    const { time, root } = this.to.header(height);
    const ibcHeight = this.to.ibcHeight(height);
    if (height > this.client.latestHeight.revisionHeight) this.client = { ...this.client, latestHeight: ibcHeight };
    this.from.set(consensusStatePath(this.clientId, ibcHeight), consensusBytes(time, root));
    this.write();
    this.known.push({ height: ibcHeight, since: this.from.block() });
  }
}

export interface ToyRouteOptions {
  /** Of each chain, from the verifying one on; three plain ones unless said. */
  readonly chains?: readonly ToyChainOptions[];
  /** Added to the numbers of all identifiers. */
  readonly first?: number;
  /** Of each connection, in nanoseconds. */
  readonly delays?: readonly bigint[];
}

/** A path over two or more connections. */
export class ToyRoute {
  readonly clock: Clock = { now: START };
  readonly chains: readonly ToyChain[];
  readonly links: readonly ToyLink[];

  constructor(options: ToyRouteOptions = {}) {
    const { chains = [{}, {}, {}], first = 0, delays = [] } = options;
    this.chains = chains.map((each, i) => new ToyChain(`chain-${i}-1`, this.clock, each));
    this.links = this.chains.slice(1).map((to, i) => {
      const ids = (n: number) => ({ clientId: `07-tendermint-${n}`, connectionId: `connection-${n}` });
      const { clientId, connectionId } = ids(first + 2 * i);
      return new ToyLink(this.chains[i]!, to, clientId, connectionId, ids(first + 2 * i + 1), delays[i] ?? 0n);
    });
  }

  get source(): ToyChain {
    return this.chains.at(-1)!;
  }

  /** As the verifying chain's channel names them. */
  get hops(): string[] {
    return this.links.map(({ connectionId }) => connectionId);
  }

  get description(): RouteChain[] {
    return this.links.map(({ from, clientId, connectionId, known }) => ({
      prefix: utf8ToBytes(from.prefix),
      clientId,
      connectionId,
      known,
    }));
  }

  /** Makes blocks and updates clients, as planned, until `key` of the source can be proven. */
  plan(key: string): ProofPlan {
    const wanted = { key: utf8ToBytes(key), since: this.source.block() };
    for (;;) {
      const step = planMultihopProof(this.description, wanted);
      if (step.tag === "fetch") return step;
      const { to } = this.links[step.chain]!;
      while (to.height < step.height) to.block();
      this.links[step.chain]!.update();
    }
  }

  fetch(plan: ProofPlan): FetchedProof[] {
    return plan.requests.map(({ chain, key, rootHeight }) => this.chains[chain]!.prove(key, rootHeight.revisionHeight));
  }

  /** The encoded proof of `key` of the source, and the height it starts with. */
  prove(key: string, withValue = false): Claim {
    const plan = this.plan(key);
    const bytes = valueOf(assembleMultihopProof(this.description, plan, this.fetch(plan), withValue));
    return { bytes, height: plan.proofHeight };
  }

  /** What the verifying chain knows of its neighbour. */
  start(height: IbcHeight): RouteStart {
    const { to, connection } = this.links[0]!;
    const { root, time } = to.header(height.revisionHeight);
    return { judge: rootJudge(to.specs, root), timestamp: time, connection, now: this.clock.now };
  }
}

/** A proof as a relayer hands it in. */
export interface Claim {
  readonly bytes: Uint8Array;
  /** Of the neighbour's root with which it starts. */
  readonly height: IbcHeight;
}

export interface Judged {
  readonly key: string;
  /** Undefined: that nothing stands there. */
  readonly value: Uint8Array | undefined;
  /** As the channel has them; the route's unless said. */
  readonly hops?: readonly string[];
  /** The verifying chain's time; now unless said. */
  readonly now?: bigint;
}

/** What the verifying chain of `route` says to a proof. */
export function judge(route: ToyRoute, { bytes, height }: Claim, judged: Judged): Result<undefined> {
  const { key, value, hops = route.hops, now = route.clock.now } = judged;
  const checked = checkHops(hops);
  if (!checked.ok) return checked;
  const proofs = decodeMultihopProofs(bytes);
  if (!proofs.ok) return proofs;
  const claimed = readRoute(hops, proofs.value);
  if (!claimed.ok) return claimed;
  const end = proveRoute({ ...route.start(height), now }, claimed.value);
  if (!end.ok) return end;
  return value === undefined
    ? verifyFarAbsence(end.value, claimed.value, key)
    : verifyFarMembership(end.value, claimed.value, key, value);
}
