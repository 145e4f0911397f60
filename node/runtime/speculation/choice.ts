/**
 * Whether a block is worth being run in several threads. What it costs to run alone and together is measured as blocks come,
 * and the cheaper way is taken. The other one is tried again, more and more seldom as long as that changes nothing: starting
 * threads and telling them what happened costs something too. The block is the same either way. @module
 */

/** Fewer transactions are not worth the messages between threads. */
export const TRANSACTIONS_MIN = 16;
/** Blocks that are done alone in less are left alone: nobody waits for them, in milliseconds. */
export const ALONE_MS_MIN = 25;
/**
 * One thread is not tried for transactions that take less, in milliseconds; two are not for those that take less than half. Of short
 * ones most is what one thread does anyway: trees, and taking what others ran. What they save is seldom worth starting the threads.
 */
export const TRANSACTION_MS_MIN = 0.2;
/** Blocks of a trial. */
export const TRIAL_BLOCKS = 4;
/** The first blocks of a trial of threads do not count: they begin with nothing. */
export const COLD_BLOCKS = 2;
/** Blocks until the first trial. */
export const BLOCKS_PER_TRIAL = 5;
/**
 * By the way that was confirmed: how many times as many blocks go by until the next trial, and how often that grows. To start a
 * thread takes 0.7 s of another core; to try alone costs what threads save in four blocks.
 */
const GROWTH: Readonly<Record<Way, { readonly factor: number; readonly timesMax: number }>> = {
  alone: { factor: 8, timesMax: 3 },
  together: { factor: 2, timesMax: 3 },
};
/** Threads that save less than this part are not worth their core and their memory. */
export const SAVING_MIN = 0.05;
/** Weight of the newest block in the averages. */
const NEWEST = 0.3;

export type Way = "alone" | "together";

export class Choice {
  readonly #threads: number;
  /** Average milliseconds a transaction; undefined before the first. */
  readonly #cost: Record<Way, number | undefined> = { alone: undefined, together: undefined };
  #cheaper: Way = "alone";
  /** The way that is tried, and blocks left. */
  #trial: { readonly way: Way; left: number } | undefined;
  #untilTrial = BLOCKS_PER_TRIAL;
  #confirmed = 0;
  /** Whether most of what the threads did lately had to be done again. */
  #inVain = false;

  /** Between running alone, and together with so many threads. */
  constructor(threads: number) {
    this.#threads = threads;
  }

  /** What a transaction costs either way, in milliseconds; undefined before the first. */
  get cost(): Readonly<Record<Way, number | undefined>> {
    return { ...this.#cost };
  }

  /** The way that was cheaper when both were tried; alone until then. */
  get cheaper(): Way {
    return this.#cheaper;
  }

  /** Whether threads are in use: who is not may be ended, and need not be told what happened. */
  get needsThreads(): boolean {
    return this.#cheaper === "together" || this.#trial?.way === "together";
  }

  /** How a block of so many transactions should be run. */
  choose(transactions: number): Way {
    const { alone } = this.#cost;
    if (transactions < TRANSACTIONS_MIN || alone === undefined || alone * transactions < ALONE_MS_MIN) return "alone";
    if (this.#trial !== undefined) return this.#trial.way;
    if (this.#cheaper === "alone" && alone * this.#threads < TRANSACTION_MS_MIN) return "alone";
    if (--this.#untilTrial > 0) return this.#cheaper;
    const way = this.#cheaper === "alone" ? "together" : "alone";
    this.#trial = { way, left: TRIAL_BLOCKS };
    this.#cost[way] = undefined;
    return way;
  }

  /** What running a block took, in milliseconds. */
  note(way: Way, transactions: number, ms: number): void {
    if (transactions < TRANSACTIONS_MIN) return;
    const trial = this.#trial?.way === way ? this.#trial : undefined;
    if (trial !== undefined) trial.left--;
    const cold = trial?.way === "together" && trial.left >= TRIAL_BLOCKS - COLD_BLOCKS;
    if (!cold) {
      const cost = ms / transactions;
      const before = this.#cost[way];
      this.#cost[way] = before === undefined ? cost : before + NEWEST * (cost - before);
    }
    if (trial?.left === 0) this.#conclude();
  }

  /** What became of the threads' work. When most was in vain, running alone is tried at once. */
  noteHeld(held: number, again: number): void {
    this.#inVain = held < again;
    if (this.#inVain && this.#trial === undefined) this.#untilTrial = 0;
  }

  #conclude(): void {
    const { alone, together } = this.#cost;
    const winner: Way = !this.#inVain && together! < alone! * (1 - SAVING_MIN) ? "together" : "alone";
    this.#confirmed = winner === this.#cheaper ? this.#confirmed + 1 : 0;
    this.#cheaper = winner;
    this.#trial = undefined;
    const { factor, timesMax } = GROWTH[winner];
    this.#untilTrial = BLOCKS_PER_TRIAL * factor ** Math.min(timesMax, this.#confirmed);
  }
}
