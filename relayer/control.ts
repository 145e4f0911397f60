/**
 * Everything that can be asked of a relayer, over its chains and its store. It needs no lease: what changes is written with
 * checks or left as an order, and the worker that has the lease, here or in another instance, does it.
 * @module
 */
import { IoError } from "../node/core/errors.ts";
import { err, ok, type Result } from "../node/core/result.ts";
import type {
  Answer,
  ChainView,
  ChannelPair,
  ChannelRequest,
  ChannelView,
  ClearAnswer,
  ClearRequest,
  ClientView,
  ConnectionView,
  HandshakeStep,
  MisbehaviourReport,
  PacketKey,
  PacketPage,
  PacketQuery,
  PacketView,
  PathPatch,
  PathSpec,
  PathView,
  Refusal,
  RelayerControl,
  RelayerEvent,
  RelayerStatus,
  RouteQuery,
  RouteView,
  TransferAnswer,
  TransferRequest,
} from "./api/ports.ts";
import { type Clock, sleep } from "./chain/mod.ts";
import type { RelayerConfig } from "./config/mod.ts";
import { readUpTo } from "./packet/mod.ts";
import type { Path } from "./path/mod.ts";
import type { RelayerStore } from "./store/mod.ts";
import type { Metrics } from "./telemetry/mod.ts";
import { VERSION } from "./version.ts";
import {
  chainMark,
  CURSORS,
  decodeCursor,
  fromJson,
  isRenewed,
  type LaneTotals,
  listAll,
  markKey,
  packetsOf,
  PathBook,
  type PathRecord,
  renewedFault,
  TOTALS,
  type Worker,
  WorkerCore,
  WorkerState,
} from "./worker/mod.ts";
import { channelViews, clientViews, connectionViews } from "./_chain_views.ts";
import { isSameSpec, recordOf } from "./_configured_paths.ts";
import type { Hub } from "./_hub.ts";
import { checkClients, clearPackets, makeChannel, makeClient } from "./_operations.ts";
import { allLanes, onePacket, packetPage } from "./_packet_pages.ts";
import type { RelayerChain } from "./_parts.ts";
import { doTransfer, routeViews } from "./_transfers.ts";
import { pathView } from "./_views.ts";

/** How long a connection that somebody waits for may take, and how often it is looked at, in milliseconds. */
const OPENING_WAIT_MS = 120_000;
const OPENING_LOOK_MS = 250;
/** How long balances of wallets are believed, in milliseconds. */
const BALANCES_MS = 30_000;
/** A chain whose newest block was asked for that lately is not asked again, in milliseconds. */
const HEAD_MS = 2_000;

export interface ControlParts {
  readonly config: RelayerConfig;
  readonly chains: ReadonlyMap<string, RelayerChain>;
  readonly store: RelayerStore;
  readonly clock: Clock;
  readonly worker: Worker;
  readonly hub: Hub;
  readonly metrics: Metrics;
  readonly balanceOf: (chain: RelayerChain, address: string) => Promise<bigint>;
}

interface LookedAt {
  readonly atMs: number;
  readonly head: { readonly height: bigint; readonly timeNanos: bigint } | undefined;
  readonly fault: string | undefined;
}

const refuse = (code: Refusal["code"], message: string): Result<never, Refusal> => err({ code, message });

export class Control implements RelayerControl {
  readonly #parts: ControlParts;
  readonly #paths: PathBook;
  readonly #looked = new Map<string, LookedAt>();
  #balancesMs = 0;
  startedMs: number | undefined;
  stopping = false;

  constructor(parts: ControlParts) {
    this.#parts = parts;
    this.#paths = new PathBook(parts.store);
  }

  // State.

  async status(): Promise<RelayerStatus> {
    const { store, worker } = this.#parts;
    await worker.write();
    await this.#paths.refresh();
    const records = this.#paths.records;
    const chains = await this.chains();
    const silent = chains.filter(({ reachable }) => !reachable).map(({ name }) => `chain ${name}`);
    const waitingFor = this.startedMs === undefined ? ["the start"] : this.stopping ? ["the end"] : silent;
    const totals = (await listAll(store, TOTALS)).map(({ value }) =>
      fromJson("totals", value, (totals: LaneTotals) => totals)
    );
    const sum = (count: (totals: LaneTotals) => number) => totals.reduce((all, one) => all + count(one), 0);
    const count = (is: (record: PathRecord) => boolean) => records.filter(is).length;
    return {
      version: VERSION,
      startedMs: this.startedMs,
      ready: waitingFor.length === 0,
      waitingFor,
      chains: chains.length,
      paths: {
        open: count(({ state, paused }) => state === "open" && !paused),
        opening: count(({ state }) => state === "opening"),
        paused: count(({ state, paused }) => state === "open" && paused),
        failed: count(({ state }) => state === "failed"),
      },
      packets: {
        pending: await this.#pending(),
        settled: sum(({ acknowledged, timed_out, gone }) => acknowledged + timed_out + gone),
        skipped: sum(({ skipped }) => skipped),
      },
    };
  }

  async #pending(pathId?: string): Promise<number> {
    const core = this.#parts.worker.core;
    const isOn = (pathIds: readonly string[]) => pathId === undefined || pathIds.includes(pathId);
    if (core !== undefined) {
      return core.state.lanes.values().reduce(
        (sum, { lane, packets }) => sum + (isOn(lane.pathIds) ? packets.size : 0),
        0,
      );
    }
    const lanes = (await allLanes(this.#parts.store)).filter(({ pathIds }) => isOn(pathIds));
    const counts = await Promise.all(lanes.map(({ id }) => listAll(this.#parts.store, packetsOf(id))));
    return counts.reduce((sum, { length }) => sum + length, 0);
  }

  async chains(): Promise<readonly ChainView[]> {
    const { chains, store } = this.#parts;
    const cursors = new Map((await listAll(store, CURSORS)).map(({ key, value }) => [
      String(key[1]),
      decodeCursor(value),
    ]));
    return await Promise.all(
      chains.values().map(async (chain): Promise<ChainView> => {
        const { head, fault } = await this.#look(chain);
        const cursor = cursors.get(chain.name);
        const { config } = chain;
        return {
          name: chain.name,
          chainId: config.chainId,
          rpc: chain.addresses,
          addressPrefix: config.accountPrefix,
          gasPrice: `${config.gasPrice.amount}${config.gasPrice.denom}`,
          reachable: fault === undefined && head !== undefined,
          height: head?.height,
          timeNanos: head?.timeNanos,
          scannedHeight: cursor && readUpTo(cursor),
          wallets: chain.wallets.map(({ address }) => address),
          fault,
        };
      }),
    );
  }

  /** The worker's knowledge where there is one; otherwise the chain is asked, not too often. */
  async #look(chain: RelayerChain): Promise<LookedAt> {
    const { worker, clock } = this.#parts;
    const core = worker.core;
    const head = core?.heads.get(chain.name);
    const fault = core?.chainFaults.get(chain.name);
    if (core !== undefined && (head !== undefined || fault !== undefined)) return { atMs: 0, head, fault };
    const known = this.#looked.get(chain.name);
    if (known !== undefined && known.atMs + HEAD_MS > clock.nowMs()) return known;
    let looked: LookedAt;
    try {
      const head = await chain.endpoint.latest();
      const mark = await this.#parts.store.get(markKey(chainMark(chain.name)));
      const known = mark && fromJson("a mark", mark.value, String);
      looked = { atMs: clock.nowMs(), head, fault: await renewedFault(chain, known, head) };
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      looked = { atMs: clock.nowMs(), head: undefined, fault: error.message };
    }
    this.#looked.set(chain.name, looked);
    return looked;
  }

  // Paths.

  async paths(): Promise<readonly PathView[]> {
    await this.#paths.refresh();
    return await Promise.all(this.#paths.records.map((record) => this.#view(record)));
  }

  async #view(record: PathRecord): Promise<PathView> {
    return pathView(record, await this.#pending(record.id));
  }

  /** Tells subscribers how a path is now. */
  tellPath(id: string): void {
    const { hub } = this.#parts;
    if (!hub.isHeard) return;
    this.#paths.refresh().then(async () => {
      const record = this.#paths.get(id);
      if (record !== undefined) hub.tell({ type: "path", path: await this.#view(record) });
    }).catch((error) => hub.log.warn("a path could not be read", { path: id, error }));
  }

  async addPath(spec: PathSpec): Answer<PathView> {
    const { chains } = this.#parts;
    for (const { chain } of [spec.a, spec.b]) {
      if (!chains.has(chain)) return refuse("unknown_chain", `add a path: there is no chain ${chain}`);
    }
    if (spec.a.chain === spec.b.chain) return refuse("invalid_request", "add a path: both ends are on one chain");
    for (let number = 1;; number++) {
      await this.#paths.refresh();
      const name = `${spec.a.chain}-${spec.b.chain}`;
      const id = spec.id ?? (number === 1 ? name : `${name}-${number}`);
      const record = recordOf({ ...spec, id }, null);
      if (await this.#paths.add(record)) {
        this.#changed(id);
        return ok(await this.#view(record));
      }
      if (spec.id === undefined) continue;
      await this.#paths.refresh();
      const known = this.#paths.get(id);
      return known !== undefined && isSameSpec(known, spec)
        ? ok(await this.#view(known))
        : refuse("path_exists", `add a path: there is another path ${id}`);
    }
  }

  async patchPath(id: string, patch: PathPatch): Answer<PathView> {
    const record = await this.#paths.update(id, (record) => ({
      ...record,
      paused: patch.paused ?? record.paused,
      filter: patch.filter ?? record.filter,
    }));
    if (record === undefined) return refuse("unknown_path", `change a path: there is no path ${id}`);
    this.#changed(id);
    return ok(await this.#view(record));
  }

  #changed(id: string): void {
    this.#parts.worker.poke();
    this.tellPath(id);
  }

  // Chains.

  clients(chain?: string): Answer<readonly ClientView[]> {
    return this.#ofChains(chain, (one) => clientViews(one, this.#parts.chains));
  }

  connections(chain?: string): Answer<readonly ConnectionView[]> {
    return this.#ofChains(chain, (one) => connectionViews(one, this.#paths.records));
  }

  channels(chain?: string): Answer<readonly ChannelView[]> {
    return this.#ofChains(chain, (one) => channelViews(one, this.#paths.records));
  }

  async #ofChains<T>(name: string | undefined, ask: (chain: RelayerChain) => Promise<T[]>): Answer<readonly T[]> {
    const { chains } = this.#parts;
    const chain = name === undefined ? undefined : chains.get(name);
    if (name !== undefined && chain === undefined) {
      return refuse("unknown_chain", `ask a chain: there is no chain ${name}`);
    }
    await this.#paths.refresh();
    return ok((await Promise.all((chain === undefined ? [...chains.values()] : [chain]).map(ask))).flat());
  }

  // Packets.

  async packets(query: PacketQuery): Answer<PacketPage> {
    await this.#parts.worker.write();
    const page = await packetPage(this.#parts.store, query);
    return page === undefined ? refuse("invalid_request", "list packets: after is none of our pages") : ok(page);
  }

  async packet(key: PacketKey): Answer<PacketView> {
    await this.#parts.worker.write();
    const packet = await onePacket(this.#parts.store, key);
    if (packet !== undefined) return ok(packet);
    const { chain, portId, channelId, sequence } = key;
    return refuse("unknown_packet", `show a packet: none of ${chain} ${portId}/${channelId} ${sequence}`);
  }

  async clear(request: ClearRequest): Answer<ClearAnswer> {
    const { store, chains, worker } = this.#parts;
    const answer = await clearPackets(store, chains, this.#paths, await this.#core(), request);
    worker.poke();
    return answer;
  }

  /** What is known of chains here, whether this instance has the lease or not. */
  async #core(): Promise<WorkerCore> {
    const { worker, chains, store } = this.#parts;
    if (worker.core !== undefined) return worker.core;
    await this.#paths.refresh();
    const core = new WorkerCore(worker.world, new WorkerState(store, 0), this.#paths);
    await Promise.all(
      chains.values().map(async (chain) => {
        const { head } = await this.#look(chain);
        if (head !== undefined) core.noteHead(chain, head);
      }),
    );
    return core;
  }

  // Tokens.

  async routes(query: RouteQuery): Answer<readonly RouteView[]> {
    await this.#paths.refresh();
    return await routeViews(this.#parts.chains, this.#usablePaths(), query);
  }

  async transfer(request: TransferRequest): Answer<TransferAnswer> {
    const { chains, config } = this.#parts;
    await this.#paths.refresh();
    return await doTransfer(chains, this.#usablePaths(), request, config.work.transferTimeoutMs);
  }

  /** Tokens do not go where a chain is another one than before. */
  #usablePaths(): readonly Path[] {
    return this.#paths.paths.filter(({ id }) => !isRenewed(this.#paths.get(id)!));
  }

  // Handshakes.

  createClient(request: { readonly chain: string; readonly follows: string }): Answer<HandshakeStep> {
    return makeClient(this.#parts.chains, this.#parts.clock, request);
  }

  async createConnection(id: string): Answer<PathView> {
    const { clock } = this.#parts;
    // One that failed is tried again.
    const record = await this.#paths.update(id, (now) => now.state === "failed" ? { ...now, state: "opening" } : now);
    if (record === undefined) return refuse("unknown_path", `open a connection: there is no path ${id}`);
    this.#changed(id);
    const endMs = clock.nowMs() + OPENING_WAIT_MS;
    for (;;) {
      await this.#paths.refresh();
      const now = this.#paths.get(id);
      if (now?.state === "open") return ok(await this.#view(now));
      if (now?.state === "failed") return refuse("chain_refused", `open a connection: ${now.fault ?? "given up"}`);
      if (clock.nowMs() >= endMs || this.stopping) {
        return refuse(
          "chain_unreachable",
          `open a connection: path ${id} is not open yet: ${now?.fault ?? "it goes on"}`,
        );
      }
      await sleep(clock, OPENING_LOOK_MS);
    }
  }

  async createChannel(path: string, channel: ChannelRequest): Answer<ChannelPair> {
    const { chains, clock, hub } = this.#parts;
    const onStep = (step: HandshakeStep) => hub.tell({ type: "handshake", path, ...step });
    const made = await makeChannel(chains, this.#paths, clock, path, channel, onStep);
    if (made.ok) this.#changed(path);
    return made;
  }

  async checkMisbehaviour(
    request: { readonly chain?: string; readonly clientId?: string; readonly submit: boolean },
  ): Answer<readonly MisbehaviourReport[]> {
    return await checkClients(await this.#core(), request);
  }

  subscribe(listener: (event: RelayerEvent) => void): () => void {
    return this.#parts.hub.subscribe(listener);
  }

  async metrics(): Promise<{ readonly contentType: string; readonly text: string }> {
    const { metrics } = this.#parts;
    metrics.pending(await this.#pending());
    for (const { name, height, scannedHeight, reachable } of await this.chains()) {
      metrics.reachable(name, reachable);
      if (height !== undefined) metrics.height(name, height, scannedHeight);
    }
    await this.#balances();
    return { contentType: metrics.contentType, text: await metrics.render() };
  }

  async #balances(): Promise<void> {
    const { clock, chains, metrics, balanceOf } = this.#parts;
    if (this.#balancesMs + BALANCES_MS > clock.nowMs()) return;
    this.#balancesMs = clock.nowMs();
    await Promise.all(
      [...chains.values()].flatMap((chain) =>
        chain.wallets.map(async ({ address }) => {
          try {
            metrics.balance(chain.name, address, chain.config.gasPrice.denom, await balanceOf(chain, address));
          } catch (error) {
            if (!(error instanceof IoError)) throw error;
          }
        })
      ),
    );
  }
}
