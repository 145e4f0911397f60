/** When which chain is read: at once when it wakes us, otherwise now and then; later and later while it does not answer. @module */
import { IoError } from "../../node/core/errors.ts";
import type { WorkerCore } from "./core.ts";
import type { WorkerChain } from "./ports.ts";
import type { LaneResolver } from "./resolve.ts";
import { Scanner } from "./scan.ts";
import type { Searches } from "./searches.ts";

/** Longest wait for a chain that does not answer, in milliseconds. */
const WAIT_MAX_MS = 15_000;

interface Watched {
  readonly scanner: Scanner;
  readonly chain: WorkerChain;
  /** How to end being woken. */
  readonly release: () => void;
  running: boolean;
  /** Woken while running, or since. */
  woken: boolean;
  dueMs: number;
  failures: number;
}

export class Scanning {
  readonly #watched = new Map<string, Watched>();

  constructor(
    readonly core: WorkerCore,
    readonly lanes: LaneResolver,
    readonly searches: Searches,
    readonly poke: () => void,
    readonly onRead: () => void,
    readonly isOver: () => boolean,
  ) {}

  wake(chain: string): void {
    const watched = this.#watched.get(chain);
    if (watched === undefined) return;
    watched.woken = true;
    this.poke();
  }

  close(): void {
    for (const { release } of this.#watched.values()) release();
    this.#watched.clear();
  }

  /** Starts reading where it is time; answers when to come again. */
  start(start: (task: () => Promise<void>) => void): number | undefined {
    const { core } = this;
    let wakeMs: number | undefined;
    for (const chain of core.world.chains.values()) {
      const watched = this.#watch(chain);
      if (watched.running) continue;
      if (!watched.woken && watched.dueMs > core.nowMs) {
        wakeMs = Math.min(wakeMs ?? Infinity, watched.dueMs);
        continue;
      }
      watched.running = true;
      watched.woken = false;
      start(() => this.#read(watched));
    }
    return wakeMs;
  }

  #watch(chain: WorkerChain): Watched {
    let watched = this.#watched.get(chain.name);
    if (watched === undefined) {
      const onMissed = (name: string) => this.searches.searchChain(name);
      const scanner = new Scanner(this.core, chain, this.lanes, onMissed, this.onRead, this.poke);
      const release = chain.endpoint.onBlock(() => this.wake(chain.name));
      watched = { scanner, chain, release, running: false, woken: false, dueMs: 0, failures: 0 };
      this.#watched.set(chain.name, watched);
    }
    return watched;
  }

  async #read(watched: Watched): Promise<void> {
    const { core } = this;
    const { name } = watched.chain;
    try {
      const more = await watched.scanner.run(this.isOver);
      watched.failures = 0;
      watched.dueMs = more ? 0 : core.nowMs + core.world.policy.pollMs;
      if (core.chainFaults.delete(name)) core.world.hooks.chainReached?.(name, undefined);
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      if (this.isOver()) return;
      watched.failures++;
      // Somebody who wakes us cannot make us ask a silent chain all the time.
      watched.woken = false;
      const waitMs = Math.min(WAIT_MAX_MS, core.world.policy.pollMs * 2 ** Math.min(watched.failures - 1, 10));
      watched.dueMs = core.nowMs + waitMs;
      if (core.chainFaults.get(name) !== error.message) {
        core.chainFaults.set(name, error.message);
        core.world.hooks.chainReached?.(name, error.message);
      }
    } finally {
      watched.running = false;
    }
  }
}
