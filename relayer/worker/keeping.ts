/** What is done now and then: searches by the clock, news for clients, comparing clients with their chains. @module */
import { IoError } from "../../node/core/errors.ts";
import type { BlockShelf } from "./clients.ts";
import type { WorkerCore } from "./core.ts";
import { checkClient, type KeptClient, keptClients, refreshClient } from "./upkeep.ts";

/** Heights of a client that are compared in one go. */
const HEIGHTS_MAX = 50;

export class Keeping {
  #clientsMs = 0;
  #misbehaviourMs: number | undefined;
  #running = false;
  /** What is wrong with a path, as the path has it. */
  readonly #faults = new Map<string, string>();

  constructor(
    readonly core: WorkerCore,
    readonly shelf: (chain: string) => BlockShelf,
    readonly isOver: () => boolean,
  ) {}

  /** Starts what is due; answers when to come again. */
  start(start: (task: () => Promise<void>) => void): number | undefined {
    const { core } = this;
    const { policy } = core.world;
    const now = core.nowMs;
    this.#misbehaviourMs ??= now + policy.misbehaviourCheckMs;
    const clients = this.#clientsMs <= now;
    const misbehaviour = policy.misbehaviourCheckMs > 0 && this.#misbehaviourMs <= now;
    const isReady = core.heads.size > 0 && [...core.world.chains.keys()].every((name) => core.isLookedAt(name));
    if (!this.#running && (clients || misbehaviour) && isReady) {
      this.#running = true;
      if (clients) this.#clientsMs = now + policy.clientCheckMs;
      if (misbehaviour) this.#misbehaviourMs = now + policy.misbehaviourCheckMs;
      start(async () => {
        try {
          if (clients) await this.#eachClient((kept) => this.#refresh(kept));
          if (misbehaviour) await this.#eachClient((kept) => this.#compare(kept));
        } finally {
          this.#running = false;
        }
      });
    }
    const searchMs = this.#searchByTheClock();
    if (this.#running || !isReady) return searchMs;
    const next = policy.misbehaviourCheckMs > 0 ? Math.min(this.#clientsMs, this.#misbehaviourMs) : this.#clientsMs;
    return Math.min(next, searchMs ?? Infinity);
  }

  /** All channels, now and then, for packets that nobody saw. */
  #searchByTheClock(): number | undefined {
    const { core } = this;
    const { clearEveryMs } = core.world.policy;
    if (clearEveryMs === 0 || core.paths.paths.length === 0) return undefined;
    const last = Number(core.state.marks.get("searched") ?? 0);
    if (last + clearEveryMs > core.nowMs) return last + clearEveryMs;
    // The start has its own search.
    if (last > 0) {
      for (const { id } of core.paths.paths) {
        if (!core.state.searches.has(`path:${id}`)) {
          core.state.setSearch(`path:${id}`, { pageKey: "", notBeforeMs: 0, attempts: 0 });
        }
      }
    }
    core.state.setMark("searched", `${core.nowMs}`);
    return core.nowMs + clearEveryMs;
  }

  async #eachClient(look: (kept: KeptClient) => Promise<void>): Promise<void> {
    await Promise.all(
      keptClients(this.core).filter(({ pathId }) => this.core.isFamiliar([pathId])).map(async (kept) => {
        try {
          await look(kept);
        } catch (error) {
          if (!(error instanceof IoError)) throw error;
          this.core.world.hooks.fault?.({
            code: error.code,
            message: error.message,
            chain: kept.keeper.name,
            path: kept.pathId,
          });
        }
      }),
    );
  }

  async #refresh(kept: KeptClient): Promise<void> {
    const fault = await refreshClient(this.core, kept, this.shelf(kept.followed.name));
    if (this.isOver()) return;
    const name = `${kept.keeper.name}/${kept.clientId}`;
    if (fault !== undefined) this.pathFails(kept.pathId, `client ${name}: ${fault}`);
    else await this.#pathWorks(kept.pathId, name);
  }

  async #compare(kept: KeptClient): Promise<void> {
    const { core } = this;
    const { keeper, clientId } = kept;
    const mark = `compared:${keeper.name}/${clientId}`;
    const after = BigInt(core.state.marks.get(mark) ?? 0);
    const submit = core.world.policy.misbehaviourSubmit;
    const check = await checkClient(core, kept, { after, heightsMax: HEIGHTS_MAX, submit });
    if (this.isOver()) return;
    core.world.hooks.clientChecked?.({ chain: keeper.name, clientId, ...check });
    if (check.conflict === undefined) {
      if (check.highest !== undefined) core.state.setMark(mark, `${check.highest}`);
      return;
    }
    this.pathFails(kept.pathId, `client ${keeper.name}/${clientId} contradicts its chain: ${check.conflict.reason}`);
  }

  /** The path says what is wrong with it. */
  pathFails(pathId: string, fault: string): void {
    if (this.#faults.get(pathId) === fault) return;
    this.#faults.set(pathId, fault);
    this.#tell(pathId, fault);
  }

  async #pathWorks(pathId: string, client: string): Promise<void> {
    const fault = this.#faults.get(pathId) ?? this.core.paths.get(pathId)?.fault ?? undefined;
    // Only what was said of this client, or of a course, is taken back.
    if (fault === undefined || (fault.startsWith("client ") && !fault.startsWith(`client ${client}`))) return;
    this.#faults.delete(pathId);
    await this.#tell(pathId, null);
  }

  async #tell(pathId: string, fault: string | null): Promise<void> {
    try {
      await this.core.paths.update(pathId, (record) => record.state === "open" ? { ...record, fault } : record);
      this.core.world.hooks.pathChanged?.(pathId);
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      this.#faults.delete(pathId);
    }
  }
}
