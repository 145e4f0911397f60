/** Paths that are being opened: the handshake of each is a task, and what it has come to is written down step by step. @module */
import type { PathChannel } from "../path/mod.ts";
import { IoError } from "../../node/core/errors.ts";
import type { WorkerCore } from "./core.ts";
import { openPath, type PathIds } from "./handshake.ts";
import type { HandshakeFault } from "./handshake_ports.ts";
import { isRenewed, type PathRecord, type PathRecordEnd } from "./paths.ts";

/** Waits after a try that came to nothing, in milliseconds. */
const RETRY_FIRST_MS = 2_000;
const RETRY_MAX_MS = 60_000;
/** Paths that are opened at once: each step waits for blocks, and wallets are shared. */
const RUNNING_MAX = 4;

/** Faults that more patience does not mend. */
const FINAL: ReadonlySet<HandshakeFault["code"]> = new Set([
  "no_wallet",
  "impossible",
  "unbelievable",
  "chain_refused",
]);

export class Openings {
  readonly #running = new Map<string, AbortController>();
  readonly #waits = new Map<string, { untilMs: number; failures: number }>();

  constructor(
    readonly core: WorkerCore,
    /** Paths have changed. */
    readonly onOpened: () => void,
    readonly isOver: () => boolean,
  ) {}

  /** Ends what is running before its next step; it goes on from there the next time. */
  stop(): void {
    for (const controller of this.#running.values()) controller.abort();
  }

  /** Starts what is to be opened; answers when to come again. */
  start(start: (task: () => Promise<void>) => void): number | undefined {
    const { core } = this;
    let wakeMs: number | undefined;
    for (const record of core.paths.records) {
      if (record.state !== "opening" || this.#running.has(record.id) || !core.isFamiliar([record.id])) continue;
      const wait = this.#waits.get(record.id);
      if (wait !== undefined && wait.untilMs > core.nowMs) {
        wakeMs = Math.min(wakeMs ?? Infinity, wait.untilMs);
        continue;
      }
      if (this.#running.size >= RUNNING_MAX) break;
      const controller = new AbortController();
      this.#running.set(record.id, controller);
      start(async () => {
        try {
          await this.#open(record, controller.signal);
        } catch (error) {
          // The store: the next slice goes on from what it has.
          if (!(error instanceof IoError)) throw error;
        } finally {
          this.#running.delete(record.id);
        }
      });
    }
    return wakeMs;
  }

  async #open(record: PathRecord, signal: AbortSignal): Promise<void> {
    const { core } = this;
    const { id } = record;
    const [a, b] = [core.chain(record.a.chain), core.chain(record.b.chain)];
    if (a === undefined || b === undefined) {
      return await this.#fail(id, { code: "impossible", message: "open path: one of its chains is not configured" });
    }
    const ids: PathIds = { a: idsOf(record.a), b: idsOf(record.b) };
    const opened = await openPath(a, b, ids, record.wanted, {
      clock: core.world.clock,
      signal,
      onStep: (step) => core.world.hooks.handshakeStep?.({ path: id, ...step }),
      onProgress: async (known, channels) => {
        if (this.isOver()) return;
        await this.#update(id, (now) => ({
          ...now,
          a: withIds(now.a, known.a),
          b: withIds(now.b, known.b),
          channels: merged(now.channels, channels),
        }));
        core.world.hooks.pathChanged?.(id);
      },
    });
    if (this.isOver()) return;
    if (!opened.ok) return await this.#fail(id, opened.error);
    this.#waits.delete(id);
    await this.#update(id, (now) => ({
      ...now,
      a: withIds(now.a, opened.value.a),
      b: withIds(now.b, opened.value.b),
      channels: merged(now.channels, opened.value.channels),
      wanted: [],
      state: "open",
      fault: null,
    }));
    core.world.hooks.pathChanged?.(id);
    this.onOpened();
  }

  async #fail(id: string, fault: HandshakeFault): Promise<void> {
    if (fault.code === "aborted") return;
    const { core } = this;
    const final = FINAL.has(fault.code);
    const failures = (this.#waits.get(id)?.failures ?? 0) + 1;
    const waitMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(failures - 1, 10));
    this.#waits.set(id, { untilMs: core.nowMs + waitMs, failures });
    await this.#update(id, (now) => ({ ...now, state: final ? "failed" : now.state, fault: fault.message }));
    core.world.hooks.fault?.({ ...fault, path: id });
    core.world.hooks.pathChanged?.(id);
  }

  /** Not any more when a chain has become another one meanwhile: what came of it is of both. */
  async #update(id: string, change: (record: PathRecord) => PathRecord): Promise<void> {
    await this.core.paths.update(id, (now) => isRenewed(now) ? now : change(now));
  }
}

const idsOf = ({ clientId, connectionId }: PathRecordEnd) => ({
  clientId: clientId ?? undefined,
  connectionId: connectionId ?? undefined,
});

const withIds = (
  end: PathRecordEnd,
  ids: { readonly clientId?: string | undefined; readonly connectionId?: string | undefined },
): PathRecordEnd => ({
  ...end,
  clientId: ids.clientId ?? end.clientId,
  connectionId: ids.connectionId ?? end.connectionId,
});

/** Channels of both lists, each once; the later list knows better. */
function merged(known: readonly PathChannel[], found: readonly PathChannel[]): readonly PathChannel[] {
  const byEnd = new Map([...known, ...found].map((channel) => [`${channel.a.portId}/${channel.a.channelId}`, channel]));
  return [...byEnd.values()];
}
