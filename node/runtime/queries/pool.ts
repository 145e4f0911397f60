/**
 * Threads that answer queries which run contracts: nobody knows for how long, and whoever asks pays nothing. Started when they
 * are first needed. One that takes too long is ended, and the next query begins another.
 * @module
 */
import type { QueryElsewhere, QueryInput, QueryOutput } from "../../app/ports.ts";
import { type CodedError, sdkRefusal } from "../../core/errors.ts";
import type { Reply } from "../../core/work.ts";
import type { StagedCommit } from "../../state/commit.ts";
import { wholeWrites } from "../speculation/messages.ts";
import type { StandingLoad } from "../standing.ts";
import { type FromQueryThread, type ToQueryThread, wholeTask } from "./messages.ts";
import { RecentChanges } from "./recent.ts";

/** A thread: `Worker`, or something in its place. */
export interface QueryThread {
  post(message: ToQueryThread): void;
  /** What it asked for: it stands still until then. */
  answer(reply: Reply): void;
  end(): void;
}

export interface QueryPoolOptions {
  /** How many at most. */
  readonly threads: number;
  /** How long one query may take, in milliseconds: a rule of this node, and none of the chain. */
  readonly timeoutMs: number;
  readonly start: (
    onMessage: (message: FromQueryThread) => void,
    onFailure: (error: unknown) => void,
  ) => QueryThread;
  /** What a thread is to be told first: what its application is made of. */
  readonly setup: unknown;
  /** The query as the application would answer it now. */
  readonly elsewhere: (query: QueryInput) => QueryElsewhere;
  /** Answers what a query asks for. */
  readonly load: (asked: QueryElsewhere, request: StandingLoad) => Promise<Reply>;
  readonly onReport?: (report: unknown) => void;
  /** The real one by default. */
  readonly clock?: QueryClock;
}

export interface QueryClock {
  /** Milliseconds. */
  now(): number;
  /** Runs something later, unless what is returned is called first. */
  after(ms: number, run: () => void): () => void;
}

/** What the pool has done, for metrics. */
export interface QueryFigures {
  readonly threads: number;
  /** Queries that are being answered, and those that wait for a thread. */
  readonly running: number;
  readonly waiting: number;
  /** Queries by how they ended: `late` took too long, `busy` found no thread, `failed` brought one down. */
  readonly ended: Readonly<Record<QueryEnd, number>>;
}
export type QueryEnd = "answered" | "late" | "busy" | "failed";

/** Queries that may wait, and for how long: with the time that they may then take, RPC's own patience should not be over. */
export const QUERIES_WAITING_MAX = 64;
export const WAITING_MS_MAX = 2_000;
/** The part of its time that a query has for sure; the rest only as long as nobody waits. */
export const SHARE_FOR_SURE = 1 / 4;
/** And no less than this, in milliseconds: a new thread has to compile its first contract. */
const SHARE_MS_MIN = 1_000;
/** A thread that is not there after this will not come. */
const START_MS_MAX = 30_000;

interface Job {
  readonly query: QueryInput;
  readonly settle: PromiseWithResolvers<QueryOutput>;
  /** Ends its wait for a thread. */
  forget: () => void;
}

interface Running extends Job {
  readonly asked: QueryElsewhere;
  /** When its time began: not before the thread was there. */
  since: number | undefined;
  /** It had what it has for sure. */
  hadShare: boolean;
  disarm: () => void;
}

interface Thread {
  readonly port: QueryThread;
  ready: boolean;
  /** What its state is at. */
  version: bigint;
  running: Running | undefined;
}

const REAL_CLOCK: QueryClock = {
  now: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

const EMPTY = new Uint8Array();
const refusal = ({ codespace, code, message }: CodedError): QueryOutput => ({
  code,
  codespace,
  log: message,
  key: EMPTY,
  value: EMPTY,
  height: 0n,
  proofOps: undefined,
});
const busy = (found: string): QueryOutput =>
  refusal({ codespace: "runtime", code: 4, message: `answer a query that runs contracts: ${found}; try again later` });

export class QueryPool {
  readonly #options: QueryPoolOptions;
  readonly #clock: QueryClock;
  readonly #recent = new RecentChanges();
  #threads: Thread[] = [];
  #waiting: Job[] = [];
  #stopped = false;
  readonly #ended: Record<QueryEnd, number> = { answered: 0, late: 0, busy: 0, failed: 0 };

  constructor(options: QueryPoolOptions) {
    this.#options = options;
    this.#clock = options.clock ?? REAL_CLOCK;
  }

  get figures(): QueryFigures {
    const running = this.#threads.filter(({ running }) => running !== undefined).length;
    return { threads: this.#threads.length, running, waiting: this.#waiting.length, ended: { ...this.#ended } };
  }

  /** The answer, or a coded one that says why there is none. Rejects when the world or our own code fails. */
  ask(query: QueryInput): Promise<QueryOutput> {
    if (this.#stopped) return Promise.resolve(busy("the node stops"));
    if (this.#waiting.length >= QUERIES_WAITING_MAX) {
      this.#ended.busy++;
      return Promise.resolve(busy(`${this.#waiting.length} others wait`));
    }
    const job: Job = { query, settle: Promise.withResolvers(), forget: () => {} };
    this.#waiting.push(job);
    this.#dispatch();
    if (this.#waiting.at(-1) === job) {
      job.forget = this.#clock.after(WAITING_MS_MAX, () => {
        this.#waiting = this.#waiting.filter((one) => one !== job);
        this.#ended.busy++;
        job.settle.resolve(busy(`no thread was free for ${WAITING_MS_MAX} ms`));
      });
      this.#makeRoom();
    }
    return job.settle.promise;
  }

  /** After a commit. Threads are told when they are next asked something. */
  follow(staged: Pick<StagedCommit, "version" | "flat">): void {
    if (this.#threads.length > 0) this.#recent.add(staged);
  }

  stop(): void {
    this.#stopped = true;
    const waiting = this.#waiting.splice(0);
    for (const thread of [...this.#threads]) this.#end(thread)?.settle.resolve(busy("the node stops"));
    for (const job of waiting) {
      job.forget();
      job.settle.resolve(busy("the node stops"));
    }
  }

  /** Gives those who wait to threads that are free, or can be started. */
  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const free = this.#threads.find(({ running }) => running === undefined);
      if (free === undefined && this.#threads.length >= this.#options.threads) return;
      const job = this.#waiting.shift()!;
      job.forget();
      const asked = this.#options.elsewhere(job.query);
      const thread = free ?? this.#start(asked.version);
      this.#catchUp(thread, asked.version);
      thread.running = { ...job, asked, since: undefined, hadShare: false, disarm: () => {} };
      thread.port.post({ type: "ask", task: wholeTask(asked.task) });
      if (thread.ready) this.#begin(thread, thread.running);
      else thread.running.disarm = this.#clock.after(START_MS_MAX, () => this.#late(thread));
    }
  }

  #start(version: bigint): Thread {
    const { start, setup } = this.#options;
    const port = start(
      (message) => this.#onMessage(thread, message),
      (error) => this.#fail(thread, error),
    );
    const thread: Thread = { port, ready: false, version, running: undefined };
    this.#threads.push(thread);
    port.post({ type: "set_up", setup, version });
    return thread;
  }

  #catchUp(thread: Thread, version: bigint): void {
    if (thread.version === version) return;
    const missed = this.#recent.between(thread.version, version);
    if (missed === undefined) thread.port.post({ type: "reset", version });
    for (const { version, flat } of missed ?? []) {
      thread.port.post({ type: "follow", version, changes: wholeWrites(flat) });
    }
    thread.version = version;
  }

  /** The time of a query begins. */
  #begin(thread: Thread, running: Running): void {
    const { timeoutMs } = this.#options;
    running.disarm();
    running.since = this.#clock.now();
    const shareMs = Math.min(timeoutMs, Math.max(timeoutMs * SHARE_FOR_SURE, SHARE_MS_MIN));
    running.disarm = this.#clock.after(shareMs, () => {
      running.hadShare = true;
      if (this.#waiting.length > 0) return this.#late(thread);
      running.disarm = this.#clock.after(timeoutMs - shareMs, () => this.#late(thread));
    });
  }

  /** Somebody waits: whoever has had its share and most of all makes room. */
  #makeRoom(): void {
    const longest = this.#threads
      .filter(({ running }) => running?.hadShare === true)
      .reduce<Thread | undefined>((a, b) => a && a.running!.since! <= b.running!.since! ? a : b, undefined);
    if (longest !== undefined) this.#late(longest);
  }

  #late(thread: Thread): void {
    const running = this.#end(thread);
    if (running === undefined) return;
    this.#ended.late++;
    const ms = Math.round(this.#clock.now() - (running.since ?? this.#clock.now()));
    const detail =
      `answer a query that runs contracts: it did not end within ${ms} ms, which is the limit of this node ` +
      "and not of the chain";
    running.settle.resolve(refusal(sdkRefusal("outOfGas", detail)));
    this.#dispatch();
  }

  #fail(thread: Thread, error: unknown): void {
    const running = this.#end(thread);
    if (running !== undefined) {
      this.#ended.failed++;
      running.settle.reject(error);
    }
    this.#dispatch();
  }

  #onMessage(thread: Thread, message: FromQueryThread): void {
    const { running } = thread;
    if (message.type === "ready") {
      thread.ready = true;
      return running && this.#begin(thread, running);
    }
    // What comes after its end: nobody waits for it.
    if (running === undefined) return;
    if (message.type === "load") {
      this.#options.load(running.asked, message.request)
        .then((reply) => thread.running === running && thread.port.answer(reply))
        .catch((error) => thread.running === running && this.#fail(thread, error));
      return;
    }
    running.disarm();
    thread.running = undefined;
    this.#ended.answered++;
    this.#options.onReport?.(message.report);
    running.settle.resolve(message.output);
    this.#dispatch();
  }

  /** Ends a thread; returns what it was at. */
  #end(thread: Thread): Running | undefined {
    const { running } = thread;
    thread.running = undefined;
    this.#threads = this.#threads.filter((one) => one !== thread);
    running?.disarm();
    thread.port.end();
    return running;
  }
}
