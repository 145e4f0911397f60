/**
 * Threads that run transactions of a block ahead of their turn (see `node/app/speculation.ts`). Started when a block is first
 * worth it. A thread that fails is given up: its transactions then run in their turn.
 * @module
 */
import type { BlockContext, SpeculatedTx, Speculation, SpeculationRun, Speculator } from "../../app/ports.ts";
import type { LoadKeys, LoadRange, Reply } from "../../core/work.ts";
import type { StagedCommit, StateWrite } from "../../state/commit.ts";
import { Choice, type Way } from "./choice.ts";
import { type FromWorker, type ToWorker, whole, wholeReply, wholeWrites } from "./messages.ts";
import { indicesOf, type PackedSpeculations, unpackSpeculation } from "./packed.ts";
import { sharesOf } from "./shares.ts";

/** A thread: `Worker`, or something in its place. */
export interface SpeculationThread {
  post(message: ToWorker): void;
  end(): void;
}

export interface SpeculationPoolOptions {
  /** How many threads beside this one. */
  readonly threads: number;
  /** Whether this thread runs a share of its own meanwhile. */
  readonly ownShare: boolean;
  /** `measure`: blocks go the way that was cheaper; `always`: together, also when that is slower. */
  readonly when: "measure" | "always";
  readonly start: (
    onMessage: (message: FromWorker) => void,
    onFailure: (error: unknown) => void,
  ) => SpeculationThread;
  /** What a thread is to be told first: what its application is made of. */
  readonly setup: unknown;
  /** Answers from storage, as of a version. */
  readonly answer: (request: LoadKeys | LoadRange, version: bigint) => Promise<Reply>;
  readonly onFailure: (error: unknown) => void;
  /** What a thread says of itself after each run. */
  readonly onReport?: (report: unknown) => void;
}

/** What threads have done, by place in the block; made out of their message when somebody asks. */
type Results = Map<number, () => Speculation>;

/** What the pool has done, for metrics. */
export interface SpeculationFigures {
  /** Those that run now: none before a block was worth them. */
  readonly threads: number;
  /** Blocks with transactions, by how they were run. */
  readonly blocks: Readonly<Record<Way, number>>;
  /** Transactions whose results were taken as they were. */
  readonly held: number;
  /** Transactions of such blocks that ran in their turn. */
  readonly again: number;
  /** Average milliseconds a transaction, newer blocks counting more; undefined: not known yet. */
  readonly cost: Readonly<Record<Way, number | undefined>>;
  /** How a long block would be run now, trials apart. */
  readonly prefers: Way;
}

interface Thread {
  readonly port: SpeculationThread;
  ready: boolean;
  /** When it is, or was given up. */
  readonly started: PromiseWithResolvers<void>;
  /** What its state is at. */
  version: bigint;
  /** Ends the run it is at; undefined: none. */
  ran: ((made: PackedSpeculations | undefined) => void) | undefined;
}

export class SpeculationPool implements Speculator {
  readonly #options: SpeculationPoolOptions;
  readonly #choice = new Choice();
  #threads: Thread[] | undefined;
  #version: bigint | undefined;
  #way: Way = "alone";
  #runs = 0;
  readonly #blocks = { alone: 0, together: 0 };
  #figures = { held: 0, again: 0 };

  constructor(options: SpeculationPoolOptions) {
    this.#options = options;
  }

  get figures(): SpeculationFigures {
    const { cost, cheaper } = this.#choice;
    const prefers = this.#options.when === "always" ? "together" : cheaper;
    return { threads: this.#threads?.length ?? 0, blocks: { ...this.#blocks }, ...this.#figures, cost, prefers };
  }

  begin(block: BlockContext, txs: readonly SpeculatedTx[]): SpeculationRun | undefined {
    const run = this.#begin(block, txs);
    this.#way = run === undefined ? "alone" : "together";
    if (txs.length > 0) this.#blocks[this.#way]++;
    return run;
  }

  #begin(block: BlockContext, txs: readonly SpeculatedTx[]): SpeculationRun | undefined {
    const { when, ownShare } = this.#options;
    const version = block.height - 1n;
    const wanted = txs.length > 1 && (when === "always" || this.#choice.choose(txs.length) === "together");
    if (!wanted) return undefined;
    this.#threads ??= this.#startAll(version);
    const free = this.#threads.filter(({ ready, ran }) => ready && ran === undefined);
    if (free.length === 0) return undefined;
    const shares = sharesOf(txs, free.length + (ownShare ? 1 : 0));
    const own = ownShare ? shares.pop()! : [];
    const results: Results = new Map();
    const waiting = free.map((thread, i) => this.#runOn(thread, version, block, shares[i]!, results));
    return {
      own: own.map(({ index }) => index),
      done: Promise.all(waiting).then(() => {}),
      result: (index) => results.get(index)?.(),
      settle: ({ held, again }) => {
        this.#figures.held += held;
        this.#figures.again += again;
        this.#choice.noteHeld(held, again);
      },
    };
  }

  /** Starts the threads before a block needs them. Resolves when they are there, or were given up. */
  async warmUp(version: bigint): Promise<void> {
    this.#threads ??= this.#startAll(version);
    await Promise.all(this.#threads.map(({ started }) => started.promise));
  }

  /** After a commit: the threads follow. */
  follow({ version, flat }: Pick<StagedCommit, "version" | "flat">): void {
    const before = this.#version;
    this.#version = version;
    let changes: StateWrite[] | undefined;
    for (const thread of this.#threads ?? []) {
      // Who missed one is told to forget everything when it runs next.
      if (thread.version !== before) continue;
      changes ??= wholeWrites(flat);
      thread.port.post({ type: "follow", version, changes });
      thread.version = version;
    }
  }

  /** What executing the last block took, in milliseconds. */
  note(transactions: number, ms: number): void {
    this.#choice.note(this.#way, transactions, ms);
    if (this.#options.when === "measure" && this.#threads !== undefined && !this.#choice.needsThreads) this.#release();
  }

  /** Threads that lost would cost memory, and what telling them of each block takes. */
  #release(): void {
    const threads = this.#threads;
    this.#threads = undefined;
    for (const thread of threads ?? []) this.#end(thread);
  }

  stop(): void {
    this.#release();
    this.#threads = [];
  }

  #startAll(version: bigint): Thread[] {
    this.#version = version;
    return Array.from({ length: this.#options.threads }, () => this.#start(version));
  }

  #start(version: bigint): Thread {
    const { start, setup, onFailure } = this.#options;
    const port = start(
      (message) => this.#onMessage(thread, message),
      (error) => {
        onFailure(error);
        this.#end(thread);
        this.#threads = this.#threads?.filter((one) => one !== thread);
      },
    );
    const thread: Thread = { port, ready: false, started: Promise.withResolvers(), version, ran: undefined };
    port.post({ type: "set_up", setup, version });
    return thread;
  }

  #runOn(
    thread: Thread,
    version: bigint,
    block: BlockContext,
    txs: readonly SpeculatedTx[],
    results: Results,
  ): Promise<void> {
    if (thread.version !== version) {
      thread.port.post({ type: "reset", version });
      thread.version = version;
    }
    return new Promise((resolve) => {
      thread.ran = (made) => {
        thread.ran = undefined;
        if (made !== undefined) {
          indicesOf(made).forEach((index, i) => results.set(index, () => unpackSpeculation(made, i)));
        }
        resolve();
      };
      const copies = txs.map((tx) => ({ ...tx, bytes: whole(tx.bytes) }));
      thread.port.post({ type: "run", run: ++this.#runs, block, txs: copies });
    });
  }

  #onMessage(thread: Thread, message: FromWorker): void {
    switch (message.type) {
      case "ready":
        thread.ready = true;
        return thread.started.resolve();
      case "ran":
        this.#options.onReport?.(message.report);
        return thread.ran?.(message.made);
      case "load": {
        const { version } = thread;
        this.#options.answer(message.request, version).then(
          (reply) => thread.port.post({ type: "loaded", reply: wholeReply(reply) }),
          // The store is broken, which the block's own reads will say too.
          () => this.#end(thread),
        );
      }
    }
  }

  #end(thread: Thread): void {
    thread.ready = false;
    thread.port.end();
    thread.started.resolve();
    thread.ran?.(undefined);
  }
}
