/** Buckets grow by a twentieth, so a percentile is at most 5 % above the truth. */
const GROWTH = 1.05;
const SMALLEST = 0.01;
const BUCKETS = 420;
const LOG_GROWTH = Math.log(GROWTH);

/** Percentiles of numbers from 0.01 to about 8 million, in fixed memory, whatever the count. */
export class Percentiles {
  readonly #counts = new Float64Array(BUCKETS);
  #total = 0;
  #max = 0;

  add(value: number): void {
    const bucket = value <= SMALLEST ? 0 : Math.ceil(Math.log(value / SMALLEST) / LOG_GROWTH);
    this.#counts[Math.min(bucket, BUCKETS - 1)]! += 1;
    this.#total++;
    if (value > this.#max) this.#max = value;
  }

  get count(): number {
    return this.#total;
  }
  get max(): number {
    return this.#max;
  }

  /** The smallest bucket bound that `share` (0 to 1) of the numbers do not exceed; 0 without numbers. */
  at(share: number): number {
    if (this.#total === 0) return 0;
    const rank = Math.max(1, Math.ceil(share * this.#total));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#counts[bucket]!;
      if (seen >= rank) return Math.min(SMALLEST * GROWTH ** bucket, this.#max);
    }
    return this.#max;
  }

  reset(): void {
    this.#counts.fill(0);
    this.#total = 0;
    this.#max = 0;
  }
}
