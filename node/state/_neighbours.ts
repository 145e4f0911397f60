/**
 * How much is loaded beside what a run missed. Reads that depend on each other miss one after the other, and each miss is a run
 * from the start: n of them would take time by the square of n. So a miss brings what lies around it, the more the further the
 * run had come: loading may take about as much as running again does. Where what was brought gets read, more and more is
 * brought: the next reads are likely there as well. Reads all over a large store find nothing of it, and pay no more than that.
 *
 * A run that stands still meanwhile does not run again. It is brought about as much as one more load takes, and more only as long as
 * that gets read.
 */

/** Misses that bring nothing: what most runs have. */
const MISSES_ALONE = 2;
/** Entries that take about as long as one more load does: what is spent on a load at least. */
export const ENTRIES_PER_LOAD = 16;
/** Reads of a run that take about as long as loading one entry. */
const READS_PER_ENTRY = 4;
/** How much more is brought each time that something of it was read. */
const GROWTH = 4;
/** Entries that one miss brings at most: some 50 ms. */
const ENTRIES_MAX = 4_096;

/** The misses of one run. */
export class Neighbours {
  #misses = 0;
  #reads = 0;
  #factor = 1;

  /** @param stands the run stands still while something is loaded. */
  constructor(readonly stands: boolean) {}

  /**
   * After a miss: entries to bring. `reads`: how many came before the first that missed. `used`: whether anything that was
   * brought has been read since the last miss.
   */
  after(reads: number, used: boolean): number {
    // The same computation comes further each time. So this is another: what was before it is done.
    if (reads <= this.#reads && !this.stands) {
      this.#misses = 0;
      this.#factor = 1;
    }
    this.#reads = reads;
    this.#misses++;
    if (used) this.#factor = Math.min(this.#factor * GROWTH, ENTRIES_MAX);
    else if (this.stands) this.#factor = Math.max(this.#factor / GROWTH, 1);
    if (this.#misses <= MISSES_ALONE) return 0;
    const again = this.stands ? 0 : Math.floor(reads / READS_PER_ENTRY);
    const worth = (ENTRIES_PER_LOAD + again) * this.#factor;
    return Math.min(2 ** (this.#misses - 1), worth, ENTRIES_MAX);
  }
}
