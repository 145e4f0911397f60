/**
 * When to ask others: soon after the flow ends or somebody seems to lack something, ever more rarely while nothing changes. In
 * ticks.
 * @module
 */

/** A height is left alone for so long before anybody is asked: on a fast chain it is over by then. */
const PATIENCE_TICKS = 2;
/** Without news for so long, what is still lacking will not come by itself: to ask while it comes would bring it twice. */
const QUIET_TICKS = 2;
/** Asks are never further apart, so that what was lost arrives within a few ticks. */
const ASK_TICKS_MAX = 5;
/** What an engine was given is given again after so many ticks without progress, then after twice as many, and so on. */
const REPEAT_TICKS = 10;
const REPEAT_TICKS_MAX = 320;

export class Pace {
  #tick = 0;
  /** No asks before this tick, and none by itself before the other. */
  #patientUntil = PATIENCE_TICKS;
  #nextAsk = PATIENCE_TICKS;
  #lastAsk = 0;
  #asks = 0;
  #repeatAfter = REPEAT_TICKS;
  #nextRepeat = REPEAT_TICKS;

  onTick(): void {
    this.#tick++;
  }

  /** Another height or round. */
  moved(): void {
    this.#asks = 0;
    this.#lastAsk = this.#tick;
    this.#patientUntil = this.#tick + PATIENCE_TICKS;
    this.#nextAsk = this.#patientUntil;
    this.#repeatAfter = REPEAT_TICKS;
    this.#nextRepeat = this.#tick + REPEAT_TICKS;
  }

  /** Something came that others may lack too; more may be on its way. */
  news(): void {
    this.#asks = 0;
    this.#nextAsk = Math.min(this.#tick + QUIET_TICKS, this.#lastAsk + ASK_TICKS_MAX);
  }

  /** Somebody lacks something: we, since an answer brought news and has perhaps not brought all, or a peer. */
  lack(): void {
    this.#asks = 0;
    this.#nextAsk = Math.min(this.#nextAsk, this.#tick + 1);
  }

  /** Whether to ask now. */
  ask(): boolean {
    if (this.#tick < Math.max(this.#nextAsk, this.#patientUntil)) return false;
    this.#asks++;
    this.#lastAsk = this.#tick;
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
