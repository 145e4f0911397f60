/** The client by which one chain believes its neighbour: what it knows, what brings it forward, what it will believe. @module */
import {
  QueryClientStateRequest,
  QueryClientStateResponse,
  QueryClientStatusRequest,
  QueryClientStatusResponse,
  QueryConsensusStateRequest,
  QueryConsensusStateResponse,
} from "cosmjs-types/ibc/core/client/v1/query";
import type { Any } from "cosmjs-types/google/protobuf/any";
import type { IbcHeight } from "../../node/core/ibc/mod.ts";
import { readLightBlock } from "../../node/core/light/mod.ts";
import type { LightBlock } from "../../node/core/light/mod.ts";
import { err, ok, type Result } from "../../node/core/result.ts";
import { NANOS_PER_MS, timestampToNanos } from "../../node/core/time.ts";
import { chainFault, chainFaultCode, type Endpoint, type Proven } from "../chain/mod.ts";
import {
  answerUpdate,
  type ClientUpdate as UpdateState,
  type FollowedClient,
  headerAny,
  readClientState,
  readConsensusState,
  startUpdate,
  type TrustedPoint,
  updateClientMessage,
  type UpdateStep,
  verifyClaim,
} from "../light/mod.ts";
import type { WorkerCore } from "./core.ts";
import type { Course } from "./course.ts";
import type { ClientFault, ClientUpdate, CourseClient } from "./ports.ts";
import { ask } from "./queries.ts";

/** Blocks and roots that are remembered. */
const BLOCKS_MAX = 8;
const ROOTS_MAX = 64;

/** The text of ibc-go's client status. */
export async function queryClientStatus(endpoint: Endpoint, clientId: string): Promise<string> {
  const method = "/ibc.core.client.v1.Query/ClientStatus";
  const answer = await ask(endpoint, method, [QueryClientStatusRequest, { clientId }], QueryClientStatusResponse);
  return answer.status;
}

/** A client as its chain has it now. */
export async function queryClient(endpoint: Endpoint, clientId: string): Promise<FollowedClient> {
  const method = "/ibc.core.client.v1.Query/ClientState";
  const answer = await ask(endpoint, method, [QueryClientStateRequest, { clientId }], QueryClientStateResponse);
  return readOr(endpoint, clientId, answer.clientState, readClientState);
}

/** What the client believes of that height; undefined when it knows nothing of it. */
export async function queryTrusted(
  endpoint: Endpoint,
  clientId: string,
  height: IbcHeight,
): Promise<TrustedPoint | undefined> {
  const { revisionNumber, revisionHeight } = height;
  const request = { clientId, revisionNumber, revisionHeight, latestHeight: false };
  const method = "/ibc.core.client.v1.Query/ConsensusState";
  try {
    const answer = await ask(endpoint, method, [QueryConsensusStateRequest, request], QueryConsensusStateResponse);
    return readOr(endpoint, clientId, answer.consensusState, (any) => readConsensusState(any, height));
  } catch (error) {
    if (chainFaultCode(error) === "chain_refused") return undefined;
    throw error;
  }
}

function readOr<T>(endpoint: Endpoint, clientId: string, any: Any | undefined, read: (any: Any) => Result<T>): T {
  if (any === undefined) throw chainFault("chain_bad_answer", `ask ${endpoint.chainId} for ${clientId}`, "no state");
  const found = read(any);
  if (!found.ok) throw chainFault("chain_bad_answer", `ask ${endpoint.chainId} for ${clientId}`, found.error.message);
  return found.value;
}

/** Blocks of one chain that were asked for lately. */
export class BlockShelf {
  readonly #blocks = new Map<bigint, Promise<LightBlock>>();

  constructor(readonly endpoint: Endpoint) {}

  /** Something was wrong with them: they are asked for again. */
  clear(): void {
    this.#blocks.clear();
  }

  get(height: bigint): Promise<LightBlock> {
    const known = this.#blocks.get(height);
    if (known !== undefined) return known;
    const block = this.endpoint.lightBlock(height);
    block.catch(() => this.#blocks.delete(height));
    if (this.#blocks.size >= BLOCKS_MAX) this.#blocks.delete(this.#blocks.keys().next().value!);
    this.#blocks.set(height, block);
    return block;
  }
}

/** Runs the update machine; undefined blocks are what the chain does not have. */
export async function runUpdate(
  client: FollowedClient,
  trusted: TrustedPoint,
  targetHeight: bigint,
  blocks: BlockShelf,
  nowNs: () => bigint,
): Promise<Exclude<UpdateState, { tag: "asking" }>> {
  const plan = { client, trusted, targetHeight, witnesses: 0 };
  let state = startUpdate(plan);
  while (state.tag === "asking") {
    let block: LightBlock | undefined;
    try {
      block = await blocks.get(state.height);
    } catch (error) {
      const code = chainFaultCode(error);
      if (code !== "chain_refused" && code !== "chain_pruned") throw error;
    }
    state = answerUpdate(state, block, plan, nowNs());
  }
  if (state.tag === "failed") blocks.clear();
  return state;
}

/** The messages of an update, for whoever signs. */
export function updateMessages(clientId: string, steps: readonly UpdateStep[]): ClientUpdate {
  const headers = steps.map(({ header }) => headerAny(header));
  const last = steps.at(-1);
  return {
    count: headers.length,
    ...(last !== undefined && { height: last.height }),
    messages: (signer) => headers.map((header) => updateClientMessage(clientId, header, signer)),
  };
}

/** What a header says, as a client that takes it will believe. */
export function trustedBy({ height, block }: UpdateStep): TrustedPoint {
  const read = readLightBlock(block);
  if (!read.ok) throw chainFault("chain_bad_answer", `read the block at height ${height.revisionHeight}`, read.error);
  const { time, appHash, nextValidatorsHash } = read.value.header;
  return { height, timestampNs: timestampToNanos(time), root: appHash, nextValidatorsHash };
}

interface Known {
  readonly client: FollowedClient;
  readonly latest: TrustedPoint;
}

/** The client of a course over one path. */
export class NeighbourClient implements CourseClient {
  readonly #target: Endpoint;
  readonly #prover: Endpoint;
  readonly #storePrefix: string;
  readonly clientId: string;
  #known: Promise<Known> | undefined;
  /** Roots under which the target believes, by height. */
  readonly #roots = new Map<bigint, Uint8Array>();
  readonly #updates = new Map<bigint, Promise<Result<ClientUpdate, ClientFault>>>();
  readonly #points = new Map<bigint, TrustedPoint>();
  #delayed = false;
  /** Heights that the target knows, in the order in which it learnt of them. */
  readonly #learnt = new Set<bigint>();

  constructor(readonly core: WorkerCore, readonly course: Course, readonly blocks: BlockShelf) {
    this.#target = course.target.endpoint;
    this.#prover = course.prover.endpoint;
    this.#storePrefix = course.prover.storePrefix;
    this.clientId = course.legs[0]!.near.clientId;
  }

  async known(needed: bigint): Promise<bigint> {
    const { latest } = await this.#load();
    const revision = this.core.heads.get(this.course.prover.name)?.revision ?? 0n;
    if (latest.height.revisionNumber !== revision) return 0n;
    const newest = latest.height.revisionHeight;
    if (!this.#delayed) return newest;
    // The oldest one has waited longest.
    return this.#learnt.values().reduce((best, one) => one >= needed && one < best ? one : best, newest);
  }

  onDelayed(): void {
    this.#delayed = true;
  }

  #load(): Promise<Known> {
    if (this.#known === undefined) {
      const known = this.#ask();
      known.catch(() => {
        if (this.#known === known) this.#known = undefined;
      });
      this.#known = known;
    }
    return this.#known;
  }

  async #ask(): Promise<Known> {
    const client = await queryClient(this.#target, this.clientId);
    const latest = await queryTrusted(this.#target, this.clientId, client.latestHeight);
    if (latest === undefined) {
      throw chainFault("chain_bad_answer", `ask for ${this.clientId}`, "there is no consensus state of its height");
    }
    this.#keepRoot(latest);
    return { client, latest };
  }

  #keepRoot({ height, root }: TrustedPoint): void {
    if (this.#roots.size >= ROOTS_MAX) this.#roots.delete(this.#roots.keys().next().value!);
    this.#roots.set(height.revisionHeight, root);
  }

  forget(): void {
    this.#known = undefined;
    this.#updates.clear();
  }

  update(height: bigint): Promise<Result<ClientUpdate, ClientFault>> {
    const known = this.#updates.get(height);
    if (known !== undefined) return known;
    const update = this.#makeUpdate(height);
    update.then((made) => made.ok || this.#updates.delete(height), () => this.#updates.delete(height));
    // Batches that are made at the same time share it; older ones are of no use.
    for (const old of this.#updates.keys()) if (old < height) this.#updates.delete(old);
    this.#updates.set(height, update);
    return update;
  }

  async #makeUpdate(height: bigint): Promise<Result<ClientUpdate, ClientFault>> {
    const { client, latest } = await this.#load();
    const status = client.frozen ? "Frozen" : this.#hasExpired(client, latest) ? "Expired" : "Active";
    if (status !== "Active") {
      return err({ code: "not_active", message: `update client ${this.clientId}: it is ${status.toLowerCase()}` });
    }
    const done = await runUpdate(client, latest, height, this.blocks, () => this.#targetNanos());
    if (done.tag === "failed") {
      return err({ code: "header", message: `update client ${this.clientId}: ${done.code}: ${done.reason}` });
    }
    for (const step of done.steps) {
      const point = trustedBy(step);
      this.#keepRoot(point);
      this.#keepPoint(point);
    }
    return ok(updateMessages(this.clientId, done.steps));
  }

  #keepPoint(point: TrustedPoint): void {
    if (this.#points.size >= BLOCKS_MAX) this.#points.delete(this.#points.keys().next().value!);
    this.#points.set(point.height.revisionHeight, point);
  }

  #hasExpired({ trustingPeriodNs }: FollowedClient, { timestampNs }: TrustedPoint): boolean {
    return trustingPeriodNs !== 0n && timestampNs + trustingPeriodNs <= this.#targetNanos();
  }

  /** The time by which the target will judge: that of its next block, about. */
  #targetNanos(): bigint {
    const head = this.core.heads.get(this.course.target.name);
    if (head === undefined) return BigInt(Math.floor(this.core.nowMs)) * NANOS_PER_MS;
    return head.timeNanos + BigInt(Math.max(0, Math.floor(this.core.nowMs - head.seenMs))) * NANOS_PER_MS;
  }

  onUpdated(height: bigint): void {
    if (this.#learnt.size >= ROOTS_MAX) this.#learnt.delete(this.#learnt.values().next().value!);
    this.#learnt.add(height);
    const point = this.#points.get(height);
    const known = this.#known;
    if (point === undefined || known === undefined) return this.forget();
    this.#known = known.then(({ client, latest }) => ({
      client,
      latest: latest.height.revisionHeight < height ? point : latest,
    }));
    // A failed question before was told to who asked.
    this.#known.catch(() => {});
  }

  async prove(
    keys: readonly Uint8Array[],
    height: bigint,
    store = this.#storePrefix,
  ): Promise<readonly (Proven & { readonly believed: boolean })[]> {
    const [{ client }, root] = await Promise.all([this.#load(), this.#rootAt(height)]);
    return await Promise.all(keys.map(async (key) => {
      const proven = await this.#prover.prove(store, key, height - 1n);
      const { value, proof } = proven;
      const believed = root !== undefined && proven.height.revisionHeight === height &&
        verifyClaim(root, client.proofSpecs, { store, key, value, proof }).ok;
      return { ...proven, believed };
    }));
  }

  async #rootAt(height: bigint): Promise<Uint8Array | undefined> {
    const known = this.#roots.get(height);
    if (known !== undefined) return known;
    const { latest } = await this.#load();
    const { revisionNumber } = latest.height;
    const point = await queryTrusted(this.#target, this.clientId, { revisionNumber, revisionHeight: height });
    if (point !== undefined) this.#keepRoot(point);
    return point?.root;
  }
}
