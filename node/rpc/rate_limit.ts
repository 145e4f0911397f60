/** Addresses remembered at once; the one longest unseen is forgotten first. */
const ADDRESSES_MAX = 10_000;
const BURST_SECONDS = 2;

interface Bucket {
  tokens: number;
  /** Milliseconds of the clock given to `take`. */
  at: number;
}

/** A token bucket for each remote address. */
export class RateLimiter {
  readonly #buckets = new Map<string, Bucket>();

  /** `perSecond` 0: no limit. */
  constructor(readonly perSecond: number) {}

  /**
   * Takes `count` requests off the share of `address`. A batch larger than the whole bucket passes when the bucket is
   * full, and leaves a debt.
   */
  take(address: string, count: number, nowMs: number): boolean {
    if (this.perSecond === 0) return true;
    const full = this.perSecond * BURST_SECONDS;
    const bucket = this.#buckets.get(address) ?? { tokens: full, at: nowMs };
    this.#buckets.delete(address);
    this.#buckets.set(address, bucket);
    if (this.#buckets.size > ADDRESSES_MAX) this.#buckets.delete(this.#buckets.keys().next().value!);
    bucket.tokens = Math.min(full, bucket.tokens + Math.max(0, nowMs - bucket.at) * this.perSecond / 1000);
    bucket.at = nowMs;
    if (bucket.tokens < Math.min(count, full)) return false;
    bucket.tokens -= count;
    return true;
  }
}
