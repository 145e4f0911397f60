/**
 * The node's side: when a transaction is run aside, and the thread that does it. The thread is started when it is first needed, and
 * another when it failed.
 * @module
 */
import type { Aside, AsideOutcome, AsideRun, AsideTask, BlockContext, Patience } from "../../app/ports.ts";
import type { Reply } from "../../core/work.ts";
import type { StandingLoad } from "../standing.ts";
import { type FromAside, type ToAside, wholeAsideTask } from "./messages.ts";

/** A thread: `Worker`, or something in its place. */
export interface AsidePort {
  post(message: ToAside): void;
  /** What it asked for: it stands still until then. */
  answer(reply: Reply): void;
  end(): void;
}

export interface AsideThreadOptions {
  readonly start: (
    onMessage: (message: FromAside) => void,
    onFailure: (error: unknown) => void,
  ) => AsidePort;
  /** What the thread is to be told first: what its application is made of. */
  readonly setup: unknown;
  readonly onFailure: (error: unknown) => void;
  readonly onReport?: (report: unknown) => void;
  /** Milliseconds; the real ones by default. */
  readonly now?: () => number;
}

/** Milliseconds that attempts may take in vain in one block, before any transaction is run aside: what starting a thread takes. */
export const VAIN_MS_BLOCK = 100;
/** And of a transaction: what it takes to hand one over. */
export const VAIN_MS_TX = 2;

export class AsideThread implements Aside {
  readonly #options: AsideThreadOptions;
  readonly #now: () => number;
  #height = -1n;
  /** Milliseconds in vain in the block at that height. */
  #vain = 0;
  #port: AsidePort | undefined;
  #run: Run | undefined;
  #stopped = false;
  /** Transactions that were run aside. */
  ran = 0;

  constructor(options: AsideThreadOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  patience({ height }: BlockContext): Patience {
    if (height !== this.#height) [this.#height, this.#vain] = [height, 0];
    let begun = 0;
    let own = 0;
    return {
      begin: () => void (begun = this.#now()),
      isOver: () => {
        const ms = this.#now() - begun;
        own += ms;
        this.#vain += ms;
        return own > VAIN_MS_TX && this.#vain > VAIN_MS_BLOCK && !this.#stopped;
      },
    };
  }

  run(task: AsideTask): AsideRun {
    this.#run?.end();
    const port = this.#port ??= this.#start();
    const run = this.#run = new Run(port, () => this.#end());
    this.ran++;
    port.post({ type: "run", task: wholeAsideTask(task) });
    return run;
  }

  /** For good. A transaction that is being run aside then runs in its turn, as those after it. */
  stop(): void {
    this.#stopped = true;
    this.#end();
  }

  /** Ends the thread. */
  #end(): void {
    const port = this.#port;
    this.#port = undefined;
    port?.end();
    this.#run?.fail();
  }

  #start(): AsidePort {
    const { start, setup, onFailure, onReport } = this.#options;
    const port = start(
      (message) => {
        if (this.#port !== port) return;
        if (message.type === "ran") onReport?.(message.report);
        this.#run?.take(message);
      },
      (error) => {
        if (this.#port !== port) return;
        onFailure(error);
        this.#end();
      },
    );
    port.post({ type: "set_up", setup });
    return port;
  }
}

class Run implements AsideRun {
  readonly #port: AsidePort;
  readonly #endThread: () => void;
  #happened = Promise.withResolvers<void>();
  #asked: StandingLoad | undefined;
  #result: AsideOutcome | undefined;
  #isOver = false;

  /** `endThread`: it may be in the middle of it. */
  constructor(port: AsidePort, endThread: () => void) {
    this.#port = port;
    this.#endThread = endThread;
  }

  next(): PromiseLike<void> {
    return this.#happened.promise;
  }

  asked(): StandingLoad | undefined {
    return this.#asked;
  }

  answer(reply: Reply): void {
    this.#asked = undefined;
    if (this.#isOver) return;
    this.#happened = Promise.withResolvers();
    this.#port.answer(reply);
  }

  result(): AsideOutcome | undefined {
    return this.#result;
  }

  end(): void {
    if (!this.#isOver) this.#endThread();
  }

  take(message: FromAside): void {
    if (this.#isOver) return;
    if (message.type === "load") this.#asked = message.request;
    else {
      this.#result = message.made;
      this.#isOver = true;
    }
    this.#happened.resolve();
  }

  /** The thread is gone. */
  fail(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#asked = undefined;
    this.#happened.resolve();
  }
}
