/**
 * Whether a block is worth being run in several threads. What it costs to run alone and together is measured as blocks come,
 * and the cheaper way is taken. The other one is tried again from time to time, more and more seldom as long as threads lose:
 * starting them and telling them what happened costs something too. The block is the same either way. @module
 */

/** Fewer transactions are not worth the messages between threads. */
export const TRANSACTIONS_MIN = 16;
/** Blocks that are done alone in less are left alone: nobody waits for them, in milliseconds. */
export const ALONE_MS_MIN = 25;
/** Blocks between two trials of the way that looked dearer, as long as threads win. */
export const BLOCKS_PER_TRIAL = 50;
/** A trial of the threads: blocks in all, and those of them that do not count, because threads begin with nothing. */
export const TRIAL_BLOCKS = 4;
export const COLD_BLOCKS = 2;
/** After each lost trial twice as many blocks pass until the next, up to 2^5 times. */
const DOUBLINGS_MAX = 5;
/** Weight of the newest block in the averages. */
const NEWEST = 0.2;

export type Way = "alone" | "together";

export class Choice {
  /** Average milliseconds a transaction; undefined before the first. */
  readonly #cost: Record<Way, number | undefined> = { alone: undefined, together: undefined };
  /** Blocks left of a trial of the threads. */
  #trying = 0;
  #untilTrial = 1;
  #losses = 0;

  /** What a transaction costs either way, in milliseconds; undefined before the first. */
  get cost(): Readonly<Record<Way, number | undefined>> {
    return { ...this.#cost };
  }

  /** The way that looks cheaper; alone until threads have shown that they are. */
  get cheaper(): Way {
    const { alone, together } = this.#cost;
    return alone !== undefined && together !== undefined && together < alone && this.#trying === 0
      ? "together"
      : "alone";
  }

  /** Whether threads are in use: who is not may be ended, and need not be told what happened. */
  get needsThreads(): boolean {
    return this.#trying > 0 || this.cheaper === "together";
  }

  /** How a block of so many transactions should be run. */
  choose(transactions: number): Way {
    const { alone } = this.#cost;
    if (transactions < TRANSACTIONS_MIN || alone === undefined || alone * transactions < ALONE_MS_MIN) return "alone";
    if (this.#trying > 0) return "together";
    if (--this.#untilTrial > 0) return this.cheaper;
    if (this.cheaper === "together") {
      this.#untilTrial = BLOCKS_PER_TRIAL;
      return "alone";
    }
    this.#trying = TRIAL_BLOCKS;
    this.#cost.together = undefined;
    return "together";
  }

  /** What running a block took, in milliseconds. */
  note(way: Way, transactions: number, ms: number): void {
    if (transactions < TRANSACTIONS_MIN) return;
    const trial = way === "together" && this.#trying > 0;
    if (trial && --this.#trying >= TRIAL_BLOCKS - COLD_BLOCKS) return;
    const cost = ms / transactions;
    const before = this.#cost[way];
    this.#cost[way] = before === undefined ? cost : before + NEWEST * (cost - before);
    if (trial && this.#trying === 0) this.#conclude();
  }

  #conclude(): void {
    this.#losses = this.cheaper === "together" ? 0 : this.#losses + 1;
    this.#untilTrial = BLOCKS_PER_TRIAL * 2 ** Math.min(DOUBLINGS_MAX, Math.max(0, this.#losses - 1));
  }
}
