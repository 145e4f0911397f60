/**
 * The work of one holder of the lease: reading, planning, carrying, searching and looking after clients, side by side. It
 * is driven from outside: {@linkcode Session.turn} starts what can be started and says when to come again; whatever ends
 * calls back. Nothing in it waits for anything else than its own chain.
 * @module
 */
import { IoError } from "../../node/core/errors.ts";
import {
  type Action,
  type ActionKind,
  chooseBatch,
  type Fault,
  type Heads,
  type Lane,
  planClosing,
  planLane,
  settle,
} from "../packet/mod.ts";
import { closeOtherEnd } from "./close_channel.ts";
import { BlockShelf, NeighbourClient } from "./clients.ts";
import type { WorkerCore } from "./core.ts";
import { type Course, courseOf, courseTo } from "./course.ts";
import { Delivery, type DeliveryEvents } from "./deliver.ts";
import { GasBook } from "./gas_book.ts";
import { Keeping } from "./keeping.ts";
import type { LaneState } from "./lanes.ts";
import { MultihopClient } from "./multihop_client.ts";
import type { CourseClient, CourseClients, WorkerChain } from "./ports.ts";
import { SEQUENCES_MAX } from "./queries.ts";
import { Openings } from "./openings.ts";
import { Reads } from "./reads.ts";
import { LaneResolver } from "./resolve.ts";
import { Scanning } from "./scanning.ts";
import { findAcknowledgements } from "./search.ts";
import { Searches } from "./searches.ts";

/** Bytes and messages of a batch that are kept for client updates. */
const UPDATE_BYTES = 16_000;
const UPDATE_MESSAGES = 2;
/** What a proof is taken to have before one was seen, in bytes. */
const PROOF_BYTES = 2_500;
/** Part of a chain's places for batches with old packets; measured: with less a backlog goes slower, with more fresh ones do. */
const OLD_SHARE = 0.6;
/** Wait after a course failed, and after a search for acknowledgements did, in milliseconds. */
const COURSE_WAIT_MS = 10_000;
const FIND_WAIT_MS = 2_000;

export class Session implements DeliveryEvents {
  readonly lanes: LaneResolver;
  readonly searches: Searches;
  readonly #scanning: Scanning;
  readonly #keeping: Keeping;
  readonly #openings: Openings;
  readonly #reads: Reads;
  readonly #clients = new Map<string, CourseClient>();
  readonly #shelves = new Map<string, BlockShelf>();
  readonly #courses = new Map<string, Course | undefined>();
  /** Batches under way, by target; and those of them that hold old packets. */
  readonly #batches = new Map<string, number>();
  readonly #oldBatches = new Map<string, number>();
  readonly #courseWaits = new Map<string, number>();
  readonly #proofBytes = new Map<string, number>();
  readonly #gas = new Map<string, GasBook>();
  readonly #finding = new Set<LaneState>();
  readonly #tasks = new Set<Promise<void>>();
  #planWanted = true;
  #planMs: number | undefined;
  #over = false;
  #busyMs: number;
  /** A bug of ours in a task: thrown where somebody sees it. */
  #failure: unknown;

  constructor(readonly core: WorkerCore, readonly poke: () => void, readonly makeClient?: CourseClients) {
    this.#busyMs = core.nowMs;
    this.lanes = new LaneResolver(core);
    this.searches = new Searches(core, this.lanes, () => this.#over);
    this.#scanning = new Scanning(core, this.lanes, this.searches, poke, () => this.#wantPlan(), () => this.#over);
    this.#keeping = new Keeping(core, (name) => this.#shelf(name), () => this.#over);
    this.#reads = new Reads(core, (course) => this.#client(course), () => this.#over);
    this.#openings = new Openings(core, () => this.onPaths(), () => this.#over);
  }

  /** The lease is gone: whatever is under way must not be noted any more. */
  end(): void {
    this.#over = true;
    this.#openings.stop();
    this.#scanning.close();
  }

  /** Nothing is under way. */
  get isIdle(): boolean {
    return this.#tasks.size === 0;
  }

  /** When something happened to a packet, a search or a path the last time. */
  get busyMs(): number {
    return Math.max(this.#busyMs, this.core.changedMs);
  }

  /** Paths have changed. */
  onPaths(): void {
    this.#courses.clear();
    this.#clients.clear();
    this.#courseWaits.clear();
    this.lanes.reset();
    for (const record of this.core.paths.records) {
      if (this.core.paths.paths.every(({ id }) => id !== record.id)) continue;
      // A path that is new, or lets more through, may have packets that nobody has looked at.
      const mark = JSON.stringify(record.filter);
      const known = this.core.state.marks.get(`path:${record.id}`);
      if (known === mark) continue;
      if (known !== undefined || this.core.world.policy.clearOnStart) this.searches.searchPath(record.id);
      this.core.state.setMark(`path:${record.id}`, mark);
    }
    this.#wantPlan();
  }

  #wantPlan(): void {
    this.#planWanted = true;
    this.poke();
  }

  /** Starts what can be started, but nothing new when `closing`. Answers when to come again at the latest. */
  turn(closing: boolean): number {
    if (this.#failure !== undefined) throw this.#failure;
    const { core } = this;
    if (closing) {
      this.#openings.stop();
      return Infinity;
    }
    const start = (task: () => Promise<void>) => this.#start(task);
    const work = (task: () => Promise<void>) => {
      this.#busyMs = core.nowMs;
      this.#start(task);
    };
    const times = [
      this.#scanning.start(start),
      this.#keeping.start(start),
      this.#openings.start(work),
      this.searches.start(work),
      this.#reads.start(work),
    ];
    if (this.#planWanted || (this.#planMs !== undefined && this.#planMs <= core.nowMs)) this.#plan();
    return Math.min(...times.map((time) => time ?? Infinity), this.#planMs ?? Infinity);
  }

  #start(task: () => Promise<void>): void {
    const running = task().catch((error) => {
      if (this.#over) return;
      this.#failure ??= error;
    }).finally(() => {
      this.#tasks.delete(running);
      this.poke();
    });
    this.#tasks.add(running);
  }

  // Planning.

  #plan(): void {
    const { core } = this;
    this.#planWanted = false;
    this.#planMs = undefined;
    const wanted = new Map<string, { readonly course: Course; readonly actions: Action[] }>();
    for (const state of core.state.lanes.values()) {
      const { lane } = state;
      if (!core.isRunning(lane)) continue;
      this.#planClosing(state);
      if (state.packets.size === 0) continue;
      const heads: Heads = {
        source: core.heads.get(lane.source.chain),
        destination: core.heads.get(lane.destination.chain),
      };
      const isBusy = (sequence: bigint) => state.busy.has(sequence);
      const situation = { lane, records: state.packets.values(), heads, isBusy };
      const { actions, wakeMs } = planLane(situation, core.nowMs, core.world.policy);
      if (wakeMs !== undefined) this.#planBy(wakeMs);
      const find = actions.filter(({ kind }) => kind === "find_ack");
      if (find.length > 0) this.#find(state, find);
      for (const action of actions) {
        if (action.kind === "find_ack") continue;
        const course = this.#courseOf(lane, action.kind);
        if (course === undefined) continue;
        const group = wanted.get(course.id);
        if (group === undefined) wanted.set(course.id, { course, actions: [action] });
        else group.actions.push(action);
      }
    }
    for (const { course, actions } of wanted.values()) this.#deliver(course, actions);
  }

  #planBy(ms: number): void {
    this.#planMs = Math.min(this.#planMs ?? Infinity, ms);
  }

  #courseOf(lane: Lane, kind: ActionKind): Course | undefined {
    const name = `${kind === "recv" ? "to" : "back"} ${lane.id}`;
    if (!this.#courses.has(name)) this.#courses.set(name, courseOf(this.core, lane, kind));
    return this.#courses.get(name);
  }

  #planClosing(state: LaneState): void {
    const { core } = this;
    if (planClosing(state.lane) === undefined || state.closing) return;
    if (state.closeNotBeforeMs > core.nowMs) return this.#planBy(state.closeNotBeforeMs);
    const course = courseTo(core, state.lane, "destination");
    const head = course && core.heads.get(course.prover.name);
    if (course === undefined || head === undefined || head.height < planClosing(state.lane)!.proofHeightMin) return;
    state.closing = true;
    this.#start(async () => {
      await closeOtherEnd(core, state, course, this.#client(course));
      state.closing = false;
      await this.#lookAgain(state.lane);
      this.#wantPlan();
    });
  }

  async #lookAgain(lane: Lane): Promise<void> {
    try {
      await this.lanes.resolve(lane.source);
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
    }
  }

  /** Takes batches of `actions` while there are places for them at the target. */
  #deliver(course: Course, actions: readonly Action[]): void {
    const { core } = this;
    const waitMs = this.#courseWaits.get(course.id);
    if (waitMs !== undefined && waitMs > core.nowMs) return this.#planBy(waitMs);
    const { target } = course;
    if (target.submitter === undefined) return;
    let rest = actions;
    for (;;) {
      const running = this.#batches.get(target.name) ?? 0;
      if (rest.length === 0 || running >= target.batchesMax) return;
      // Some places are for live packets: what is under way at a chain is what a fresh one waits for there.
      const old = this.#oldBatches.get(target.name) ?? 0;
      const choice = old >= Math.ceil(target.batchesMax * OLD_SHARE) ? rest.filter(({ backlog }) => !backlog) : rest;
      const batch = chooseBatch(choice, roomOf(target, core.world.policy.backlogBatch), this.#proofSize(course));
      if (batch.length === 0) return;
      this.#startBatch(course, batch);
      const chosen = new Set(batch);
      rest = rest.filter((action) => !chosen.has(action) && !isBehind(action, batch));
    }
  }

  #startBatch(course: Course, batch: readonly Action[]): void {
    const { core } = this;
    const { name } = course.target;
    const counts = batch.some(({ backlog }) => backlog) ? [this.#batches, this.#oldBatches] : [this.#batches];
    for (const count of counts) count.set(name, (count.get(name) ?? 0) + 1);
    const states = batch.map(({ lane }) => core.state.lanes.get(lane.id)!);
    batch.forEach(({ record, kind }, i) => states[i]!.busy.set(record.sequence, { kind, proofHeight: undefined }));
    this.#start(async () => {
      try {
        const gas = this.#gasBook(name);
        await new Delivery(core, course, this.#client(course), this, gas, () => this.#over).run(batch);
      } finally {
        batch.forEach(({ record }, i) => states[i]!.busy.delete(record.sequence));
        for (const count of counts) count.set(name, count.get(name)! - 1);
        this.#wantPlan();
      }
    });
  }

  #find(state: LaneState, actions: readonly Action[]): void {
    if (this.#finding.has(state)) return;
    this.#finding.add(state);
    const records = actions.slice(0, SEQUENCES_MAX).map(({ record }) => record);
    const { core } = this;
    this.#start(async () => {
      try {
        await findAcknowledgements(core, state, records, () => this.#over);
      } catch (error) {
        if (!(error instanceof IoError)) throw error;
        if (this.#over) return;
        const outcome = {
          tag: "later",
          untilMs: core.nowMs + FIND_WAIT_MS,
          fault: { code: error.code, message: error.message },
        } as const;
        for (const { sequence } of records) {
          const now = state.packets.get(sequence);
          if (now?.stage === "received") {
            core.setPacket(state, settle(now, "find_ack", outcome, core.nowMs, core.world.policy));
          }
        }
      } finally {
        this.#finding.delete(state);
        this.#wantPlan();
      }
    });
  }

  // What deliveries need and tell.

  #client(course: Course): CourseClient {
    let client = this.#clients.get(course.id);
    if (client === undefined) {
      client = this.makeClient?.(course) ?? this.#makeClient(course);
      this.#clients.set(course.id, client);
    }
    return client;
  }

  #makeClient(course: Course): CourseClient {
    return course.legs.length > 1
      ? new MultihopClient(this.core, course)
      : new NeighbourClient(this.core, course, this.#shelf(course.prover.name));
  }

  #gasBook(chain: string): GasBook {
    let book = this.#gas.get(chain);
    if (book === undefined) this.#gas.set(chain, book = new GasBook());
    return book;
  }

  #shelf(chain: string): BlockShelf {
    let shelf = this.#shelves.get(chain);
    if (shelf === undefined) this.#shelves.set(chain, shelf = new BlockShelf(this.core.chain(chain)!.endpoint));
    return shelf;
  }

  #proofSize(course: Course): number {
    return this.#proofBytes.get(course.prover.name) ?? PROOF_BYTES;
  }

  proofSeen({ prover: { name } }: Course, bytes: number): void {
    const known = this.#proofBytes.get(name) ?? bytes;
    this.#proofBytes.set(name, known + (bytes - known) / 16);
  }

  courseFailed(course: Course, fault: Fault): void {
    this.#courseWaits.set(course.id, this.core.nowMs + COURSE_WAIT_MS);
    this.core.world.hooks.fault?.({ ...fault, chain: course.target.name, path: course.pathId });
    this.#keeping.pathFails(course.pathId, fault.message);
  }

  laneIsOdd(laneId: string, what: "missing_packets" | "channel"): void {
    const state = this.core.state.lanes.get(laneId);
    if (state === undefined) return;
    if (what === "missing_packets") this.searches.searchLane(laneId);
    else this.#start(() => this.#lookAgain(state.lane));
  }
}

const roomOf = ({ messagesMax, bytesMax }: WorkerChain, backlogMax: number) => ({
  messagesMax: Math.max(1, messagesMax - UPDATE_MESSAGES),
  bytesMax: Math.max(bytesMax / 2, bytesMax - UPDATE_BYTES),
  backlogMax,
});

/** On an ordered lane batches are not side by side: what is behind one must wait for it. */
const isBehind = ({ lane, kind }: Action, batch: readonly Action[]) =>
  lane.ordered && batch.some((one) => one.lane.id === lane.id && one.kind === kind);
