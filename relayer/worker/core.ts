/** What the parts of a worker share while it holds the lease. @module */
import { revisionOfChainId } from "../../node/core/ibc/mod.ts";
import { allows, type Path } from "../path/mod.ts";
import type { Head, Lane, LaneEnd, PacketRecord } from "../packet/mod.ts";
import type { ChainHead } from "../chain/mod.ts";
import type { LaneState } from "./lanes.ts";
import { isRenewed, type PathBook } from "./paths.ts";
import type { WorkerChain, WorkerWorld } from "./ports.ts";
import type { WorkerState } from "./state.ts";

export class WorkerCore {
  /** Newest blocks, by chain. */
  readonly heads = new Map<string, Head>();
  /** Why a chain does not answer, while it does not. */
  readonly chainFaults = new Map<string, string>();
  /** Why a chain is not the one it was, while it is another one. */
  readonly renewed = new Map<string, string>();
  /** When a packet changed the last time. */
  changedMs = 0;

  constructor(readonly world: WorkerWorld, readonly state: WorkerState, readonly paths: PathBook) {}

  get nowMs(): number {
    return this.world.clock.nowMs();
  }

  chain(name: string): WorkerChain | undefined {
    return this.world.chains.get(name);
  }

  /** Takes note of a newer block; older ones come from nodes that lag. */
  noteHead(chain: WorkerChain, { height, timeNanos }: ChainHead): Head {
    const known = this.heads.get(chain.name);
    if (known !== undefined && known.height >= height) return known;
    const head = { height, timeNanos, revision: revisionOfChainId(chain.endpoint.chainId), seenMs: this.nowMs };
    this.heads.set(chain.name, head);
    return head;
  }

  /** Changes a packet's record, and tells. */
  setPacket(state: LaneState, record: PacketRecord): void {
    const before = state.packets.get(record.sequence);
    if (before === record) return;
    this.changedMs = this.nowMs;
    this.state.setPacket(state, record);
    if (before?.stage !== record.stage || before.fault !== record.fault || before.gaveUp !== record.gaveUp) {
      this.world.hooks.packetChanged?.(state.lane, record);
    }
  }

  /** The chain was looked at: what is known of it is of the chain that is there, or it did not answer. */
  isLookedAt(chain: string): boolean {
    return this.heads.has(chain) || this.chainFaults.has(chain);
  }

  /** Whether something may be begun on these paths: not before their chains were looked at, nor when one is another now. */
  isFamiliar(pathIds: readonly string[]): boolean {
    return pathIds.every((id) => {
      const record = this.paths.get(id);
      if (record === undefined) return true;
      return !isRenewed(record) &&
        [record.a, record.b].every(({ chain }) =>
          !this.world.chains.has(chain) || (this.isLookedAt(chain) && !this.renewed.has(chain))
        );
    });
  }

  /** The path of the lane's first hop. */
  pathOf(lane: Lane): Path | undefined {
    return this.paths.paths.find(({ id }) => id === lane.pathIds[0]);
  }

  /** Whether the filters of the lane's paths let its packets through. */
  isAllowed(lane: Lane): boolean {
    return lane.pathIds.every((id, hop) => {
      const path = this.paths.paths.find((path) => path.id === id);
      return path !== undefined && allows(path.filter, endForFilter(path, lane, hop), directionOf(path, lane, hop));
    });
  }

  /** Whether packets may be carried now. */
  isRunning(lane: Lane): boolean {
    return this.isAllowed(lane) && lane.pathIds.every((id) => {
      const record = this.paths.get(id);
      return record !== undefined && !record.paused && record.state !== "failed";
    });
  }
}

/** Which way a lane goes over its `hop`-th path. */
function directionOf(path: Path, lane: Lane, hop: number) {
  if (hop === 0) return path.a.chain === lane.source.chain ? "a_to_b" : "b_to_a";
  return path.b.chain === lane.destination.chain ? "a_to_b" : "b_to_a";
}

/** Filters name a channel by its end on `a`; a channel over several paths has no end on some, then the source stands. */
function endForFilter(path: Path, lane: Lane, _hop: number): LaneEnd {
  return lane.destination.chain === path.a.chain ? lane.destination : lane.source;
}
