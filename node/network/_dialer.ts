/**
 * Looks for peers: those of the configuration are dialed again and again for ever, others while there are too few. libp2p
 * itself gives up after a few attempts.
 * @module
 */
import type { PeerId } from "../core/peer.ts";
import { parseAddress, targetOf } from "./addresses.ts";
import type { NetworkProblem, NetworkTimings } from "./options.ts";

/** A peer that could be dialed. */
export interface Candidate {
  readonly peer: PeerId;
}

export interface DialerHooks {
  /** Resolves with the peer that answered; rejects when nobody does. */
  dialAddress(address: string): Promise<PeerId>;
  dialPeer(peer: PeerId): Promise<unknown>;
  /** Peers known by address and not connected; asks others for more. */
  search(): Promise<readonly Candidate[]>;
  connected(peer: PeerId): boolean;
  /** How many more peers are wanted. */
  missing(): number;
  onProblem(problem: NetworkProblem): void;
}

export interface DialerInit {
  readonly bootstrap: readonly string[];
  readonly self: PeerId;
  readonly timings: NetworkTimings;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly now: () => number;
  readonly hooks: DialerHooks;
}

interface Bootstrap {
  readonly address: string;
  peer: PeerId | undefined;
  failures: number;
  timer: ReturnType<typeof setTimeout> | undefined;
  dialing: boolean;
  connectedAt: number;
}

/** Failures in a row before a person is told, once. */
const FAILURES_TOLD = 5;
/** A connection that held for so long begins counting failures anew. */
const STEADY_MS = 10_000;
/** Dials of found peers at once. */
const DIALS_MAX = 4;
/** Found peers that did not answer, remembered with the time they may be tried again. */
const FAILED_REMEMBERED_MAX = 1024;

/** The pause before attempt `failures + 1`: doubled each time up to the limit, then between half and all of it. */
export function redialPauseMs(failures: number, timings: NetworkTimings, random: number): number {
  const pause = Math.min(timings.redialMaxMs, timings.redialMs * 2 ** Math.min(failures, 30));
  return Math.round(pause * (0.5 + random / 2));
}

/** See the module. */
export class Dialer {
  readonly #init: DialerInit;
  readonly #bootstrap: readonly Bootstrap[];
  readonly #failed = new Map<PeerId, { failures: number; until: number }>();
  #searchTimer: ReturnType<typeof setTimeout> | undefined;
  #searching = false;
  #stopped = false;

  constructor(init: DialerInit) {
    this.#init = init;
    this.#bootstrap = init.bootstrap.map((address) => {
      const parsed = parseAddress(address);
      const peer = parsed.ok ? targetOf(parsed.value) : undefined;
      return { address, peer, failures: 0, timer: undefined, dialing: false, connectedAt: 0 };
    }).filter(({ peer }) => peer !== init.self);
  }

  start(): void {
    for (const entry of this.#bootstrap) void this.#dial(entry);
    this.#searchLater(this.#init.timings.discoveryMs / 4);
  }

  stop(): void {
    this.#stopped = true;
    for (const { timer } of this.#bootstrap) clearTimeout(timer);
    clearTimeout(this.#searchTimer);
  }

  onJoined(peer: PeerId): void {
    this.#failed.delete(peer);
    for (const entry of this.#bootstrap) if (entry.peer === peer) entry.connectedAt = this.#init.now();
    // A new peer may know others.
    this.#searchLater(this.#init.timings.discoveryMs / 20);
  }

  onLeft(peer: PeerId): void {
    for (const entry of this.#bootstrap) {
      if (entry.peer !== peer) continue;
      const steady = this.#init.now() - entry.connectedAt >= STEADY_MS;
      entry.failures = steady ? 0 : entry.failures + 1;
      this.#dialLater(entry);
    }
    this.#searchLater(this.#init.timings.discoveryMs / 4);
  }

  async #dial(entry: Bootstrap): Promise<void> {
    entry.timer = undefined;
    if (this.#stopped || entry.dialing) return;
    if (entry.peer !== undefined && this.#init.hooks.connected(entry.peer)) return;
    entry.dialing = true;
    try {
      entry.peer = await this.#init.hooks.dialAddress(entry.address);
      if (entry.peer === this.#init.self) return;
    } catch (error) {
      this.#tell(entry, error);
    }
    entry.dialing = false;
    // Looked at again also after success: the peer may yet turn out to be none of ours.
    if (entry.peer === undefined || !this.#init.hooks.connected(entry.peer)) entry.failures++;
    this.#dialLater(entry);
  }

  #tell(entry: Bootstrap, error: unknown): void {
    if (entry.failures + 1 !== FAILURES_TOLD || this.#stopped) return;
    const state = error instanceof Error ? error.message : String(error);
    this.#init.hooks.onProblem({
      code: "bootstrap_unreachable",
      message: `dial ${entry.address}: ${state} (attempt ${FAILURES_TOLD}; goes on)`,
    });
  }

  #dialLater(entry: Bootstrap): void {
    if (this.#stopped || entry.timer !== undefined) return;
    const pause = redialPauseMs(entry.failures, this.#init.timings, this.#init.random());
    entry.timer = setTimeout(() => void this.#dial(entry), pause);
  }

  /** Sooner than planned, if that is sooner. */
  #searchLater(ms: number): void {
    if (this.#stopped || this.#searching) return;
    clearTimeout(this.#searchTimer);
    this.#searchTimer = setTimeout(() => void this.#search(), ms);
  }

  async #search(): Promise<void> {
    this.#searching = true;
    try {
      if (this.#init.hooks.missing() > 0) await this.#dialFound(await this.#init.hooks.search());
    } catch {
      // Nobody to ask, or nobody answers: again next time.
    }
    this.#searching = false;
    this.#searchLater(this.#init.timings.discoveryMs);
  }

  async #dialFound(found: readonly Candidate[]): Promise<void> {
    const now = this.#init.now();
    const open = found.filter(({ peer }) => (this.#failed.get(peer)?.until ?? 0) <= now);
    for (let i = open.length - 1; i > 0; i--) {
      const j = Math.floor(this.#init.random() * (i + 1));
      [open[i], open[j]] = [open[j]!, open[i]!];
    }
    const chosen = open.slice(0, Math.max(0, Math.min(DIALS_MAX, this.#init.hooks.missing())));
    await Promise.all(chosen.map(async ({ peer }) => {
      try {
        await this.#init.hooks.dialPeer(peer);
      } catch {
        // Counted below.
      }
      // Forgotten once the peer has joined.
      this.#noteFailure(peer);
    }));
  }

  #noteFailure(peer: PeerId): void {
    if (this.#init.hooks.connected(peer)) return;
    const failures = (this.#failed.get(peer)?.failures ?? 0) + 1;
    this.#failed.delete(peer);
    const until = this.#init.now() + redialPauseMs(failures, this.#init.timings, this.#init.random());
    this.#failed.set(peer, { failures, until });
    if (this.#failed.size > FAILED_REMEMBERED_MAX) this.#failed.delete(this.#failed.keys().next().value!);
  }
}
