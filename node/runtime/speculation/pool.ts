/**
 * Threads that run transactions of a block ahead of their turn (see `node/app/speculation.ts`). Started when a block is first
 * worth it. A thread that fails is given up: its transactions then run in their turn.
 * @module
 */
import type { BlockContext, SpeculatedTx, SpeculationReader } from "../../app/ports.ts";
import type { SpeculationRun, SpeculationTally, Speculator } from "../../app/ports.ts";
import type { LoadKeys, LoadRange, Reply } from "../../core/work.ts";
import type { StagedCommit } from "../../state/commit.ts";
import { Choice, type Way } from "./choice.ts";
import { type FromWorker, type ToWorker, wholeReply } from "./messages.ts";
import { packTxs, packWrites } from "./packed.ts";
import { Share, sharesOf } from "./shares.ts";

/** A thread: `Worker`, or something in its place. */
export interface SpeculationThread {
  post(message: ToWorker): void;
  end(): void;
}

export interface SpeculationPoolOptions {
  /** How many threads beside this one. */
  readonly threads: number;
  /** `measure`: blocks go the way that was cheaper; `always`: together, also when that is slower. */
  readonly when: "measure" | "always";
  readonly start: (
    onMessage: (message: FromWorker) => void,
    onFailure: (error: unknown) => void,
  ) => SpeculationThread;
  /** Bytes of each thread's log, and the one who reads what is written there from now on. */
  readonly logBytes: number;
  readonly readLog: (log: SharedArrayBuffer) => SpeculationReader;
  /** What a thread is to be told first: what its application is made of. */
  readonly setup: unknown;
  /** Answers from storage, as of a version. */
  readonly answer: (request: LoadKeys | LoadRange, version: bigint) => Promise<Reply>;
  readonly onFailure: (error: unknown) => void;
  /** What a thread says of itself after each run. */
  readonly onReport?: (report: unknown) => void;
}

/** What the pool has done, for metrics. */
export interface SpeculationFigures {
  /** Those that run now: none before a block was worth them. */
  readonly threads: number;
  /** Blocks with transactions, by how they were run. */
  readonly blocks: Readonly<Record<Way, number>>;
  /** Transactions whose results were taken as they were. */
  readonly held: number;
  /** Transactions whose results were not, because others had written what they had read. */
  readonly again: number;
  /** Average milliseconds a transaction, newer blocks counting more; undefined: not known yet. */
  readonly cost: Readonly<Record<Way, number | undefined>>;
  /** How a long block would be run now, trials apart. */
  readonly prefers: Way;
}

interface Thread {
  readonly port: SpeculationThread;
  ready: boolean;
  /** What its state is at. */
  version: bigint;
  /** Where it writes what it has run. */
  readonly log: SharedArrayBuffer;
  /** The run it is at; undefined: none. */
  run: number | undefined;
  /** When it is ready and at none, or was given up. */
  idle: PromiseWithResolvers<void>;
}

/** What one thread does of a block. */
interface Part {
  readonly thread: Thread;
  readonly run: number;
  readonly reader: SpeculationReader;
  readonly share: Share;
}

export class SpeculationPool implements Speculator {
  readonly #options: SpeculationPoolOptions;
  readonly #choice: Choice;
  #threads: Thread[] | undefined;
  #version: bigint | undefined;
  #way: Way = "alone";
  #runs = 0;
  readonly #blocks = { alone: 0, together: 0 };
  #figures = { held: 0, again: 0 };

  constructor(options: SpeculationPoolOptions) {
    this.#options = options;
    this.#choice = new Choice(options.threads);
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
    const version = block.height - 1n;
    const wanted = txs.length > 1 &&
      (this.#options.when === "always" || this.#choice.choose(txs.length) === "together");
    if (!wanted) return undefined;
    this.#threads ??= this.#startAll(version);
    const free = this.#threads.filter(({ ready, run }) => ready && run === undefined);
    if (free.length === 0) return undefined;
    const [, ...shares] = sharesOf(txs, free.length + 1);
    const parts = new Map<number, Part>();
    const all = free.map((thread, i) => this.#runOn(thread, version, block, shares[i]!));
    for (const [i, share] of shares.entries()) for (const { index } of share) parts.set(index, all[i]!);
    return {
      made: (index) => {
        const part = parts.get(index);
        if (part === undefined || part.reader.has(index)) return part?.reader;
        const from = part.share.passBy(index);
        if (from !== undefined) part.reader.skipTo(from);
        return undefined;
      },
      settle: (tally) => this.#settle(all, tally),
    };
  }

  /** Threads that are still at it are stopped: in their log, where they look when they run, and by a message when they wait. */
  #settle(parts: readonly Part[], { held, again }: SpeculationTally): void {
    for (const { thread, run, reader } of parts) {
      reader.skipTo(Infinity);
      if (thread.run === run) thread.port.post({ type: "stop", run });
    }
    this.#figures.held += held;
    this.#figures.again += again;
    this.#choice.noteHeld(held, again);
  }

  /** Starts the threads before a block needs them. Resolves when they are there, or were given up. */
  async warmUp(version: bigint): Promise<void> {
    this.#threads ??= this.#startAll(version);
    await this.idle();
  }

  /** Resolves when no thread is at anything. */
  async idle(): Promise<void> {
    await Promise.all(this.#threads?.map(({ idle }) => idle.promise) ?? []);
  }

  /** After a commit: the threads follow. */
  follow({ version, flat }: Pick<StagedCommit, "version" | "flat">): void {
    const before = this.#version;
    this.#version = version;
    let changes: ArrayBuffer | undefined;
    for (const thread of this.#threads ?? []) {
      // Who missed one is told to forget everything when it runs next.
      if (thread.version !== before) continue;
      changes ??= packWrites(flat);
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
    const { start, setup, logBytes, onFailure } = this.#options;
    const port = start(
      (message) => this.#onMessage(thread, message),
      (error) => {
        onFailure(error);
        this.#end(thread);
        this.#threads = this.#threads?.filter((one) => one !== thread);
      },
    );
    const log = new SharedArrayBuffer(logBytes);
    const thread: Thread = { port, ready: false, version, log, run: undefined, idle: Promise.withResolvers() };
    port.post({ type: "set_up", setup, version, log });
    return thread;
  }

  #runOn(thread: Thread, version: bigint, block: BlockContext, txs: readonly SpeculatedTx[]): Part {
    if (thread.version !== version) {
      thread.port.post({ type: "reset", version });
      thread.version = version;
    }
    const run = thread.run = ++this.#runs;
    thread.idle = Promise.withResolvers();
    const reader = this.#options.readLog(thread.log);
    thread.port.post({ type: "run", run, block, txs: packTxs(txs) });
    return { thread, run, reader, share: new Share(txs) };
  }

  #onMessage(thread: Thread, message: FromWorker): void {
    switch (message.type) {
      case "ready":
        thread.ready = true;
        return thread.idle.resolve();
      case "ran":
        thread.run = undefined;
        thread.idle.resolve();
        return this.#options.onReport?.(message.report);
      case "load": {
        const { run } = message;
        this.#options.answer(message.request, thread.version).then(
          (reply) => thread.run === run && thread.port.post({ type: "loaded", run, reply: wholeReply(reply) }),
          // The store is broken, which the block's own reads will say too; unless this is about a block that is over.
          () => thread.run === run && this.#end(thread),
        );
      }
    }
  }

  #end(thread: Thread): void {
    thread.ready = false;
    thread.run = undefined;
    thread.port.end();
    thread.idle.resolve();
  }
}
