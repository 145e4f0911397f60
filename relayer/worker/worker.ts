/**
 * The worker: slices of work under a lease. A slice takes the lease, loads what is in the store unless it is the same as
 * in memory, works for its budget, writes what has changed and says when to come again. Slices of several instances on one
 * store take turns; a slice that is killed at any instant loses nothing but time.
 * @module
 */
import { IoError } from "../../node/core/errors.ts";
import { Lease, type RelayerStore } from "../store/mod.ts";
import { WorkerCore } from "./core.ts";
import { PathBook } from "./paths.ts";
import type { CourseClients, WorkerWorld } from "./ports.ts";
import { listOrders } from "./requests.ts";
import { Session } from "./session.ts";
import { LeaseLost, WorkerState } from "./state.ts";

export interface SliceOptions {
  /** How long it may take, in milliseconds; what is under way by then may take somewhat longer. */
  readonly budgetMs: number;
  /**
   * Nothing is left under way and the lease is given back: for platforms that freeze the process between requests. Otherwise
   * the next slice of the same worker goes on where this one ended.
   */
  readonly alone: boolean;
  /** When alone: it ends early after so many milliseconds in which nothing happened. */
  readonly idleMs?: number;
}

export interface SliceReport {
  /** `busy`: another instance has the lease. */
  readonly tag: "worked" | "busy";
  /** Packets that are not settled. */
  readonly pending: number;
  /** When to come again at the latest, milliseconds since the Unix epoch. */
  readonly againMs: number;
}

/** How much longer than its budget a slice waits for what is under way, as a share of the budget. */
const GRACE = 0.5;
/** How long a slice that is alone waits for something to happen, in milliseconds. */
const IDLE_MS = 5_000;
/** How often paths and orders are read again while nobody says that they have changed, in milliseconds. */
const PATHS_MS = 5_000;

export class Worker {
  readonly #lease: Lease;
  readonly paths: PathBook;
  #session: Session | undefined;
  #pathsMs = 0;
  #pathsWanted = true;
  #signal = Promise.withResolvers<void>();
  #flushMs: number | undefined;
  #flushing: Promise<void> | undefined;
  /** Why the last commit failed: the slice ends with it. */
  #flushFault: unknown;
  #running: Promise<SliceReport> | undefined;
  #stopping = false;

  /** `holder` must be another at each start. `makeClient` is for tests. */
  constructor(
    readonly world: WorkerWorld,
    readonly store: RelayerStore,
    holder: string,
    readonly makeClient?: CourseClients,
  ) {
    this.#lease = new Lease(store, holder, world.policy.leaseMs);
    this.paths = new PathBook(store);
  }

  /** What is known now; undefined while the lease is not held. */
  get core(): WorkerCore | undefined {
    return this.#session?.core;
  }

  /** Paths or orders in the store have changed: they are read at once, if a slice is running. */
  poke(): void {
    this.#pathsWanted = true;
    this.#wake();
  }

  /** Ends the running slice soon. Later slices only write and give the lease back. */
  stop(): void {
    this.#stopping = true;
    this.#wake();
  }

  /** Writes what has happened until now, so that whoever reads the store sees it. Does nothing without the lease. */
  async write(): Promise<void> {
    const session = this.#session;
    // Outside of a slice everything is written.
    if (session === undefined || this.#running === undefined) return;
    try {
      await this.#flush(session);
    } catch (error) {
      this.#flushFault ??= error;
      this.#wake();
    }
  }

  #wake(): void {
    this.#signal.resolve();
  }

  /** Does some work. One slice at a time; a second call waits for the first and gets its report. */
  slice(options: SliceOptions): Promise<SliceReport> {
    this.#running ??= this.#slice(options).finally(() => this.#running = undefined);
    return this.#running;
  }

  async #slice(options: SliceOptions): Promise<SliceReport> {
    const { clock } = this.world;
    const started = clock.nowMs();
    const taken = await this.#lease.take(started);
    if (taken.tag === "busy") {
      this.#dropSession();
      return { tag: "busy", pending: 0, againMs: taken.untilMs };
    }
    try {
      if (taken.tag === "taken") this.#dropSession();
      this.#session ??= await this.#openSession();
      const againMs = await this.#work(this.#session, started + options.budgetMs, options);
      const pending = this.#session.core.state.pending;
      await this.#flush(this.#session);
      if (options.alone) await this.#release();
      return { tag: "worked", pending, againMs };
    } catch (error) {
      // What is in memory may not be what is in the store: begin again from there.
      this.#dropSession();
      if (error instanceof LeaseLost) {
        return { tag: "busy", pending: 0, againMs: clock.nowMs() + this.world.policy.leaseMs };
      }
      throw error;
    }
  }

  async #openSession(): Promise<Session> {
    const state = await WorkerState.load(this.store, this.world.policy.historyMax);
    await this.paths.refresh();
    const core = new WorkerCore(this.world, state, this.paths);
    const session = new Session(core, () => this.#wake(), this.makeClient);
    session.onPaths();
    this.#pathsWanted = true;
    return session;
  }

  #dropSession(): void {
    this.#session?.end();
    this.#session = undefined;
    this.#flushMs = undefined;
    this.#flushFault = undefined;
  }

  /** Gives the lease back after everything was written. */
  async #release(): Promise<void> {
    this.#dropSession();
    await this.#lease.release();
  }

  /** Writes what is left and gives the lease back. To be called when no slice is running. */
  async close(): Promise<void> {
    this.stop();
    await this.#running?.catch(() => {});
    const session = this.#session;
    if (session === undefined) return;
    try {
      session.end();
      await this.#flush(session);
      await this.#release();
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
    } finally {
      this.#dropSession();
    }
  }

  async #work(session: Session, deadlineMs: number, options: SliceOptions): Promise<number> {
    const { alone, budgetMs, idleMs = IDLE_MS } = options;
    const { clock } = this.world;
    const graceMs = deadlineMs + budgetMs * GRACE;
    for (;;) {
      const now = clock.nowMs();
      const closing = this.#stopping || now >= deadlineMs;
      if (this.#flushFault !== undefined) throw this.#flushFault;
      // There may be more to do at once.
      if (closing && (!alone || session.isIdle || now >= graceMs)) return now;
      await this.#refresh(session, now);
      this.#signal = Promise.withResolvers<void>();
      const againMs = session.turn(closing);
      this.#flushWhenDue(session);
      // On a platform that is paid by time: nothing is under way, and nothing happens any more.
      if (alone && !closing && session.isIdle && now - session.busyMs > idleMs) return againMs;
      const untilMs = Math.min(againMs, closing ? graceMs : deadlineMs, this.#flushMs ?? Infinity);
      await this.#sleep(untilMs - clock.nowMs());
    }
  }

  /** Until somebody wakes us, or that much time has passed. */
  async #sleep(ms: number): Promise<void> {
    if (ms <= 0) {
      // Others must have their turn even when there is always something to do.
      await new Promise<void>((resolve) => this.world.clock.after(0, resolve));
      return;
    }
    const cancel = this.world.clock.after(Math.min(ms, 1_000_000), () => this.#wake());
    await this.#signal.promise;
    cancel();
  }

  async #refresh(session: Session, now: number): Promise<void> {
    if (!this.#pathsWanted && now < this.#pathsMs) return;
    this.#pathsWanted = false;
    this.#pathsMs = now + PATHS_MS;
    if (await this.paths.refresh()) session.onPaths();
    for (const { id, order } of await listOrders(this.store)) {
      session.searches.obey(order);
      session.core.state.takeRequest(id);
    }
  }

  /** Many changes go into one commit, so it is put off a little. Nobody waits for it. */
  #flushWhenDue(session: Session): void {
    const now = this.world.clock.nowMs();
    if (!session.core.state.isDirty) return;
    this.#flushMs ??= now + this.world.policy.flushMs;
    if (this.#flushMs > now || this.#flushing !== undefined) return;
    this.#flush(session).catch((error) => {
      this.#flushFault = error;
      this.#wake();
    });
  }

  /** One at a time: the order of commits is the order of what happened. */
  async #flush(session: Session): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing.catch(() => {});
    this.#flushMs = undefined;
    if (this.#flushFault !== undefined) throw this.#flushFault;
    if (!session.core.state.isDirty) return;
    const { clock, hooks } = this.world;
    const started = clock.nowMs();
    const flushing = session.core.state.flush(this.#lease, () => clock.nowMs()).then((writes) => {
      hooks.flushed?.(writes, clock.nowMs() - started);
    });
    this.#flushing = flushing;
    try {
      await flushing;
    } finally {
      this.#flushing = undefined;
      this.#wake();
    }
  }
}
