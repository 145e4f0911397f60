/**
 * Searches that are under way: through a path for its channels, through a channel for its packets. They are in the store
 * from the moment they are needed, in the same commit as what makes them needed, and go on page by page.
 * @module
 */
import { laneIdOf, retryNow } from "../packet/mod.ts";
import { IoError } from "../../node/core/errors.ts";
import type { WorkerCore } from "./core.ts";
import type { LaneState } from "./lanes.ts";
import { queryConnectionChannels } from "./queries.ts";
import { findReads } from "./reads.ts";
import type { ClearOrder } from "./requests.ts";
import type { LaneResolver } from "./resolve.ts";
import { searchLane } from "./search.ts";
import type { Search } from "./state.ts";

/** Channels of one connection that are looked at. */
const CHANNELS_MAX = 2_000;
/** Waits after failures, in milliseconds. */
const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 60_000;
/** Searches at once. */
const RUNNING_MAX = 2;

const NEW: Search = { pageKey: "", notBeforeMs: 0, attempts: 0 };
const PATH = "path:";
/** Lane ids have slashes. */
const pathIdOf = (id: string) => id.startsWith(PATH) && !id.includes("/") ? id.slice(PATH.length) : undefined;

export class Searches {
  readonly #running = new Set<string>();

  constructor(readonly core: WorkerCore, readonly lanes: LaneResolver, readonly isOver: () => boolean) {}

  /** All channels of the chain's paths are to be searched. */
  searchChain(chain: string): void {
    for (const { id, a, b } of this.core.paths.paths) if (a.chain === chain || b.chain === chain) this.searchPath(id);
  }

  searchPath(pathId: string): void {
    this.core.state.setSearch(PATH + pathId, NEW);
  }

  searchLane(laneId: string): void {
    if (!this.core.state.searches.has(laneId)) this.core.state.setSearch(laneId, NEW);
  }

  /** What an operator wants to be looked at now. */
  obey({ laneIds, pathIds, sequences }: ClearOrder): void {
    for (const id of pathIds) this.searchPath(id);
    const wanted = sequences === null ? undefined : new Set(sequences.map(BigInt));
    const onPaths = [...this.core.state.lanes.values()].filter(({ lane }) =>
      lane.pathIds.some((id) => pathIds.includes(id))
    );
    const lanes = laneIds.map((id) => this.core.state.lanes.get(id)).filter((state) => state !== undefined);
    for (const state of new Set([...lanes, ...onPaths])) {
      if (laneIds.includes(state.lane.id)) this.core.state.setSearch(state.lane.id, NEW);
      for (const record of state.packets.values()) {
        if (wanted === undefined || wanted.has(record.sequence)) this.core.setPacket(state, retryNow(record));
      }
    }
  }

  /** Starts what can be started; answers when to come again. `start` runs a task. */
  start(start: (task: () => Promise<void>) => void): number | undefined {
    const { core } = this;
    let wakeMs: number | undefined;
    for (const [id, search] of core.state.searches) {
      if (this.#running.has(id) || !core.isFamiliar(this.#pathIdsOf(id))) continue;
      if (search.notBeforeMs > core.nowMs) {
        wakeMs = Math.min(wakeMs ?? Infinity, search.notBeforeMs);
        continue;
      }
      if (this.#running.size >= RUNNING_MAX || core.state.pending > core.world.policy.pendingMax) break;
      this.#running.add(id);
      start(async () => {
        try {
          await this.#step(id, search);
        } finally {
          this.#running.delete(id);
        }
      });
    }
    return wakeMs;
  }

  #pathIdsOf(id: string): readonly string[] {
    const pathId = pathIdOf(id);
    return pathId === undefined ? this.core.state.lanes.get(id)?.lane.pathIds ?? [] : [pathId];
  }

  async #step(id: string, search: Search): Promise<void> {
    try {
      const pathId = pathIdOf(id);
      const next = pathId === undefined ? await this.#searchPackets(id, search) : await this.#searchChannels(pathId);
      if (!this.isOver() && this.core.state.searches.get(id) === search) this.core.state.setSearch(id, next);
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      if (this.isOver() || this.core.state.searches.get(id) !== search) return;
      const attempts = search.attempts + 1;
      const waitMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(attempts, 10));
      this.core.state.setSearch(id, { ...search, attempts, notBeforeMs: this.core.nowMs + waitMs });
    }
  }

  /** The lanes of a path, as both chains list them; each is searched then. */
  async #searchChannels(pathId: string): Promise<undefined> {
    const path = this.core.paths.paths.find(({ id }) => id === pathId);
    if (path === undefined) return;
    await Promise.all(
      [path.a, path.b].map(({ chain, clientId }) => findReads(this.core, chain, clientId, this.isOver)),
    );
    const listed = await Promise.all([path.a, path.b].map(async ({ chain, connectionId }) => {
      const endpoint = this.core.chain(chain)?.endpoint;
      const channels = endpoint && await queryConnectionChannels(endpoint, connectionId, CHANNELS_MAX);
      return (channels ?? []).map(({ portId, channelId }) => ({ chain, portId, channelId }));
    }));
    for (const end of listed.flat()) {
      if (this.isOver()) return;
      if (!this.lanes.isKnown(end)) await this.lanes.resolve(end);
      const id = laneIdOf(end);
      if (this.core.state.lanes.has(id)) this.core.state.setSearch(id, NEW);
    }
    return undefined;
  }

  async #searchPackets(laneId: string, search: Search): Promise<Search | undefined> {
    const state: LaneState | undefined = this.core.state.lanes.get(laneId);
    if (state === undefined || !this.core.isAllowed(state.lane)) return undefined;
    const key = search.pageKey === "" ? new Uint8Array() : Uint8Array.fromBase64(search.pageKey);
    const { nextKey } = await searchLane(this.core, state, key, this.isOver);
    return nextKey.length === 0 ? undefined : { ...NEW, pageKey: nextKey.toBase64() };
  }
}
