/** When to ask others: soon after something changed, ever more rarely while nothing does. In ticks. @module */

/** A height is left alone for so long before anybody is asked: on a fast chain it is over by then. */
const PATIENCE_TICKS = 2;
/** Asks are never further apart, so that what was lost arrives within a few ticks. */
const ASK_TICKS_MAX = 5;
/** What an engine was given is given again after so many ticks without progress, then after twice as many, and so on. */
const REPEAT_TICKS = 10;
const REPEAT_TICKS_MAX = 320;

export class Pace {
  #tick = 0;
  #movedTick = 0;
  #nextAsk = PATIENCE_TICKS;
  #asks = 0;
  #repeatAfter = REPEAT_TICKS;
  #nextRepeat = REPEAT_TICKS;

  onTick(): void {
    this.#tick++;
  }

  /** Another height or round. */
  moved(): void {
    this.#movedTick = this.#tick;
    this.#asks = 0;
    this.#nextAsk = this.#tick + PATIENCE_TICKS;
    this.#repeatAfter = REPEAT_TICKS;
    this.#nextRepeat = this.#tick + REPEAT_TICKS;
  }

  /** Something came that others may lack, or that shows that we do. */
  changed(): void {
    this.#asks = 0;
    this.#nextAsk = Math.min(this.#nextAsk, Math.max(this.#tick + 1, this.#movedTick + PATIENCE_TICKS));
  }

  /** Whether to ask now. */
  ask(): boolean {
    if (this.#tick < this.#nextAsk) return false;
    this.#asks++;
    this.#nextAsk = this.#tick + Math.min(1 + (this.#asks >> 1), ASK_TICKS_MAX);
    return true;
  }

  /** Whether the engine is to get everything again: it may have had no room for some of it. */
  repeat(): boolean {
    if (this.#tick < this.#nextRepeat) return false;
    this.#repeatAfter = Math.min(2 * this.#repeatAfter, REPEAT_TICKS_MAX);
    this.#nextRepeat = this.#tick + this.#repeatAfter;
    return true;
  }
}
