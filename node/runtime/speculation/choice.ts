/**
 * Whether a block is worth being run in several threads. What it costs to run alone and together is measured as blocks come;
 * the cheaper way is taken, and the other one is tried again from time to time. The block is the same either way. @module
 */

/** Fewer transactions are not worth the messages between threads. */
export const TRANSACTIONS_MIN = 16;
/** Blocks that are done alone in less are left alone: nobody waits for them, in milliseconds. */
export const ALONE_MS_MIN = 25;
/** One of so many blocks is run the way that looked dearer. */
export const BLOCKS_PER_TRIAL = 50;
/** Weight of the newest block in the averages. */
const NEWEST = 0.2;

export type Way = "alone" | "together";

export class Choice {
  /** Average milliseconds a transaction; undefined before the first. */
  readonly #cost: Record<Way, number | undefined> = { alone: undefined, together: undefined };
  #sinceTrial = 0;

  /** How a block of so many transactions should be run. */
  choose(transactions: number): Way {
    const { alone, together } = this.#cost;
    if (transactions < TRANSACTIONS_MIN || alone === undefined || alone * transactions < ALONE_MS_MIN) return "alone";
    const { cheaper } = this;
    if (together === undefined) return cheaper;
    if (++this.#sinceTrial < BLOCKS_PER_TRIAL) return cheaper;
    this.#sinceTrial = 0;
    return cheaper === "alone" ? "together" : "alone";
  }

  /** The way that was cheaper so far; together is tried as soon as alone is known. */
  get cheaper(): Way {
    const { alone, together } = this.#cost;
    if (alone === undefined) return "alone";
    return together === undefined || together < alone ? "together" : "alone";
  }

  /** Average milliseconds a transaction; undefined: not known yet. */
  get cost(): Readonly<Record<Way, number | undefined>> {
    return this.#cost;
  }

  /** What running a block took, in milliseconds. */
  note(way: Way, transactions: number, ms: number): void {
    if (transactions === 0) return;
    const cost = ms / transactions;
    const before = this.#cost[way];
    this.#cost[way] = before === undefined ? cost : before + NEWEST * (cost - before);
  }
}
