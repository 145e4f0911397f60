/** A rate with a burst. Pure: the time is passed in, in milliseconds. @module */

/** Fills at `perSecond` up to `burst`; starts full. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perMs = perSecond / 1000;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = nowMs;
  }

  /** Takes `count`, or nothing when there is less. A clock that steps back fills nothing and takes nothing away. */
  take(count: number, nowMs: number): boolean {
    if (nowMs > this.#at) this.#tokens = Math.min(this.#burst, this.#tokens + (nowMs - this.#at) * this.#perMs);
    this.#at = nowMs;
    if (this.#tokens < count) return false;
    this.#tokens -= count;
    return true;
  }
}
