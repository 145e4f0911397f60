/** Finding out what a channel end belongs to: which paths, which end on the other side. @module */
import { Order, State } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { Channel } from "cosmjs-types/ibc/core/channel/v1/channel";
import { validateIdentifier } from "../../node/core/ibc/mod.ts";
import { type Lane, type LaneEnd, laneIdOf } from "../packet/mod.ts";
import type { PathChannel } from "../path/mod.ts";
import type { WorkerCore } from "./core.ts";
import { queryChannel } from "./queries.ts";

/** Ends that are nobody's here, remembered so that they are not asked for again and again. */
const FOREIGN_MAX = 10_000;
/** Hops of a channel that are followed. */
const HOPS_MAX = 8;

export class LaneResolver {
  readonly #foreign = new Set<string>();
  readonly #asked = new Map<string, Promise<void>>();

  constructor(readonly core: WorkerCore) {}

  /** Paths have changed: what was foreign may be ours now. */
  reset(): void {
    this.#foreign.clear();
  }

  /** Whether the lanes of a channel end are known, or known to be nobody's. */
  isKnown(end: LaneEnd): boolean {
    const id = laneIdOf(end);
    return this.core.state.lanes.has(id) || this.#foreign.has(id);
  }

  /** Makes the lanes of a channel end known; asks its chain, and the other one. Throws the endpoint's fault. */
  resolve(end: LaneEnd): Promise<void> {
    const id = laneIdOf(end);
    let asked = this.#asked.get(id);
    if (asked === undefined) {
      asked = this.#resolve(end, id).finally(() => this.#asked.delete(id));
      this.#asked.set(id, asked);
    }
    return asked;
  }

  async #resolve(end: LaneEnd, id: string): Promise<void> {
    const channel = await this.#query(end);
    const far = channel === undefined ? undefined : this.#follow(end, channel);
    if (channel === undefined || far === undefined) {
      if (this.#foreign.size >= FOREIGN_MAX) this.#foreign.clear();
      this.#foreign.add(id);
      return;
    }
    // Before the handshake has come that far the other end has no name: the next event asks again.
    if (!validateIdentifier("channel", far.end.channelId)) return;
    const other = await this.#query(far.end);
    this.#keep(end, channel, far, other);
    await this.#tellPath(end, channel, far, other);
  }

  async #query({ chain, portId, channelId }: LaneEnd): Promise<Channel | undefined> {
    const found = this.core.chain(chain);
    return found === undefined ? undefined : await queryChannel(found.endpoint, portId, channelId);
  }

  /** Where the connections lead. */
  #follow(end: LaneEnd, { connectionHops, counterparty }: Channel): Far | undefined {
    if (connectionHops.length === 0 || connectionHops.length > HOPS_MAX) return undefined;
    let chain = end.chain;
    const pathIds: string[] = [];
    for (const connectionId of connectionHops) {
      const path = this.core.paths.paths.find(({ a, b }) =>
        [a, b].some((one) => one.chain === chain && one.connectionId === connectionId)
      );
      if (path === undefined) return undefined;
      pathIds.push(path.id);
      chain = path.a.chain === chain ? path.b.chain : path.a.chain;
    }
    return { end: { chain, portId: counterparty.portId, channelId: counterparty.channelId }, pathIds };
  }

  #keep(end: LaneEnd, channel: Channel, far: Far, other: Channel | undefined): void {
    const closedAt = (chain: string, found: Channel | undefined) =>
      found?.state === State.STATE_CLOSED ? this.core.heads.get(chain)?.height ?? 0n : undefined;
    const sourceClosed = closedAt(end.chain, channel);
    const destinationClosed = closedAt(far.end.chain, other);
    const there: Lane = {
      id: laneIdOf(end),
      source: end,
      destination: far.end,
      ordered: channel.ordering === Order.ORDER_ORDERED,
      pathIds: far.pathIds,
      sourceClosed,
      destinationClosed,
    };
    const back: Lane = {
      ...there,
      id: laneIdOf(far.end),
      source: far.end,
      destination: end,
      pathIds: [...far.pathIds].reverse(),
      sourceClosed: destinationClosed,
      destinationClosed: sourceClosed,
    };
    for (const lane of [there, back]) this.core.state.setLane(lane);
  }

  /** The path lists its channels. */
  async #tellPath(end: LaneEnd, channel: Channel, far: Far, other: Channel | undefined): Promise<void> {
    const [id, ...more] = far.pathIds;
    if (id === undefined || more.length > 0) return;
    const open = [channel, other].every((one) => one?.state === State.STATE_OPEN);
    await this.core.paths.update(id, (record) => {
      const [a, b] = record.a.chain === end.chain ? [end, far.end] : [far.end, end];
      const found: PathChannel = {
        a: { portId: a.portId, channelId: a.channelId },
        b: { portId: b.portId, channelId: b.channelId },
        order: channel.ordering === Order.ORDER_ORDERED ? "ordered" : "unordered",
        version: channel.version,
        open,
      };
      const isIt = (one: PathChannel) => one.a.portId === a.portId && one.a.channelId === a.channelId;
      const at = record.channels.findIndex(isIt);
      const channels = at < 0 ? [...record.channels, found] : record.channels.with(at, found);
      return { ...record, channels };
    });
    this.core.world.hooks.pathChanged?.(id);
  }
}

interface Far {
  readonly end: LaneEnd;
  readonly pathIds: readonly string[];
}
