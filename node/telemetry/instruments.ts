import { Counter, Gauge, Histogram, type Metric, Registry } from "prom-client";

/** Bounds of latencies from a tenth of a millisecond to ten seconds. */
export const SECONDS = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** From heights of 20 ms to rounds that take minutes. */
export const ROUND_SECONDS = [...SECONDS.slice(3), 30, 60, 120];

/** What a label shows once its room is used up. */
export const OTHER = "other";

/**
 * A counter for paths that run for every message: adding to it costs an array access (prom-client's own counters hash
 * their labels each time, 120 ns and some garbage). Its label values are fixed beforehand, which also bounds its series.
 */
export class Tally<T extends string> {
  readonly #places: ReadonlyMap<T, number>;
  readonly #counts: Float64Array;

  constructor(values: readonly T[]) {
    this.#places = new Map(values.map((value, i) => [value, i]));
    this.#counts = new Float64Array(values.length);
  }

  /** What is not among the values is not counted. */
  add(value: T, amount = 1): void {
    const place = this.#places.get(value);
    if (place !== undefined) this.#counts[place]! += amount;
  }

  *entries(): Generator<[T, number]> {
    for (const [value, place] of this.#places) yield [value, this.#counts[place]!];
  }
}

/** A histogram without labels for such paths. */
export class Distribution {
  readonly #bounds: Float64Array;
  readonly #counts: Float64Array;
  #sum = 0;

  /** `bounds` rise. */
  constructor(bounds: readonly number[]) {
    this.#bounds = Float64Array.from(bounds);
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    let place = 0;
    while (place < this.#bounds.length && value > this.#bounds[place]!) place++;
    this.#counts[place]! += 1;
    this.#sum += value;
  }

  /** As the samples of a histogram. */
  samples(name: string): { readonly metricName: string; readonly labels: { le?: string }; readonly value: number }[] {
    let count = 0;
    const buckets = [...this.#counts].map((each, i) => {
      count += each;
      return { metricName: `${name}_bucket`, labels: { le: String(this.#bounds[i] ?? "+Inf") }, value: count };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels: {}, value: this.#sum },
      { metricName: `${name}_count`, labels: {}, value: count },
    ];
  }
}

/** Bounds a label whose values come from elsewhere: the first `max` are shown, all later ones as `other`. */
export class LabelRoom {
  readonly #known = new Set<string>();

  constructor(readonly max: number) {}

  of(value: string): string {
    if (this.#known.has(value)) return value;
    if (this.#known.size >= this.max) return OTHER;
    this.#known.add(value);
    return value;
  }
}

/** Makes instruments, all named `catenary_…`, in one registry. */
export class Instruments {
  readonly #registry = new Registry();

  counter<L extends string = never>(name: string, help: string, labelNames: readonly L[] = []): Counter<L> {
    return new Counter({ name: `catenary_${name}`, help, labelNames: [...labelNames], registers: [this.#registry] });
  }

  gauge<L extends string = never>(name: string, help: string, labelNames: readonly L[] = []): Gauge<L> {
    return new Gauge({ name: `catenary_${name}`, help, labelNames: [...labelNames], registers: [this.#registry] });
  }

  histogram<L extends string = never>(
    name: string,
    help: string,
    { labels = [], buckets = SECONDS }: { labels?: readonly L[]; buckets?: readonly number[] } = {},
  ): Histogram<L> {
    return new Histogram({
      name: `catenary_${name}`,
      help,
      labelNames: [...labels],
      buckets: [...buckets],
      registers: [this.#registry],
    });
  }

  /** A histogram over {@linkcode Distribution}: prom-client's own cannot be set, so this is what its registry reads. */
  distribution(rest: string, help: string, bounds: readonly number[]): Distribution {
    const distribution = new Distribution(bounds);
    const name = `catenary_${rest}`;
    const get = () =>
      Promise.resolve({ name, help, type: "histogram", values: distribution.samples(name), aggregator: "sum" });
    this.#registry.registerMetric({ name, get } as unknown as Metric);
    return distribution;
  }

  /** A counter over {@linkcode Tally}. */
  tally<T extends string>(name: string, help: string, label: string, values: readonly T[]): Tally<T> {
    const tally = new Tally(values);
    const registers = [this.#registry];
    new Counter({
      name: `catenary_${name}`,
      help,
      labelNames: [label],
      registers,
      collect() {
        this.reset();
        for (const [value, count] of tally.entries()) this.inc({ [label]: value }, count);
      },
    });
    return tally;
  }

  /** A counter of two labels over a {@linkcode Tally} for each value of the first. */
  tallies<O extends string, I extends string>(
    name: string,
    help: string,
    [outer, outers]: readonly [string, readonly O[]],
    [inner, inners]: readonly [string, readonly I[]],
  ): Readonly<Record<O, Tally<I>>> {
    const tallies = outers.map((value) => [value, new Tally(inners)] as const);
    new Counter({
      name: `catenary_${name}`,
      help,
      labelNames: [outer, inner],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [first, tally] of tallies) {
          for (const [second, count] of tally.entries()) this.inc({ [outer]: first, [inner]: second }, count);
        }
      },
    });
    return Object.fromEntries(tallies) as Record<O, Tally<I>>;
  }

  /** A gauge read when somebody asks. */
  read(name: string, help: string, read: () => number): void {
    new Gauge({
      name: `catenary_${name}`,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read());
      },
    });
  }

  /** The same for a number that only grows. */
  readCounter(name: string, help: string, read: () => number): void {
    new Counter({
      name: `catenary_${name}`,
      help,
      registers: [this.#registry],
      collect() {
        this.reset();
        this.inc(Math.max(0, read()));
      },
    });
  }

  /** Numbers read when somebody asks, one for each value of `label`; those not given any more are gone. */
  readEach(
    type: "gauge" | "counter",
    name: string,
    help: string,
    label: string,
    read: () => Iterable<readonly [string, number]>,
  ): void {
    const options = { name: `catenary_${name}`, help, labelNames: [label], registers: [this.#registry] };
    if (type === "gauge") {
      new Gauge({
        ...options,
        collect() {
          this.reset();
          for (const [value, amount] of read()) this.set({ [label]: value }, amount);
        },
      });
    } else {
      new Counter({
        ...options,
        collect() {
          this.reset();
          for (const [value, amount] of read()) this.inc({ [label]: value }, Math.max(0, amount));
        },
      });
    }
  }

  /** Everything in Prometheus' text format, version 0.0.4. */
  render(): Promise<string> {
    return this.#registry.metrics();
  }
}
