/** The simulated network: every message has its own delay, so messages overtake each other; links fail by direction. @module */
import type { Prng } from "../../node/core/prng.ts";
import type { Scheduler } from "./scheduler.ts";
import type { SwarmOptions } from "./swarm.ts";

export type Deliver = (to: number, from: number, message: Uint8Array) => void;

export class Network {
  readonly #scheduler: Scheduler;
  readonly #prng: Prng;
  readonly #options: SwarmOptions;
  readonly #deliver: Deliver;
  readonly #size: number;
  /** Per directed link (from * size + to), how many episodes block it now. */
  readonly #blocked: Int32Array;
  /** Endpoints that partitions do not touch. */
  readonly #reachAll: ReadonlySet<number>;
  #healed = false;

  constructor(
    scheduler: Scheduler,
    prng: Prng,
    options: SwarmOptions,
    size: number,
    reachAll: ReadonlySet<number>,
    deliver: Deliver,
  ) {
    this.#scheduler = scheduler;
    this.#prng = prng;
    this.#options = options;
    this.#size = size;
    this.#reachAll = reachAll;
    this.#deliver = deliver;
    this.#blocked = new Int32Array(size * size);
    for (const episode of options.partitions) this.#plan(episode);
  }

  /** From now on every message arrives, once, soon. */
  heal(): void {
    this.#healed = true;
  }

  connected(from: number, to: number): boolean {
    return this.#healed || this.#blocked[from * this.#size + to] === 0;
  }

  send(from: number, to: number, message: Uint8Array, extraMs = 0): void {
    if (!this.connected(from, to)) return;
    const { latency, loss, duplication } = this.#options;
    const prng = this.#prng;
    if (this.#healed) {
      this.#scheduler.after((1 + prng.float() * 4 + extraMs) * 1000, () => this.#deliver(to, from, message));
      return;
    }
    if (loss > 0 && prng.chance(loss)) return;
    const copies = duplication > 0 && prng.chance(duplication) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      let ms = latency.minMs - latency.meanMs * Math.log(1 - prng.float());
      if (latency.tail > 0 && prng.chance(latency.tail)) ms *= 20;
      this.#scheduler.after((ms + extraMs) * 1000, () => this.#deliver(to, from, message));
    }
  }

  #plan(episode: SwarmOptions["partitions"][number]): void {
    const links = this.#links(episode.kind);
    const change = (by: number) => {
      for (const link of links) this.#blocked[link]! += by;
    };
    this.#scheduler.after(episode.fromMs * 1000, () => change(1));
    this.#scheduler.after(episode.untilMs * 1000, () => change(-1));
  }

  #links(kind: SwarmOptions["partitions"][number]["kind"]): number[] {
    const size = this.#size;
    const prng = this.#prng;
    const one = prng.below(size);
    const side = Array.from({ length: size }, () => prng.chance(0.5));
    const some = prng.float();
    const blocks: Record<typeof kind, (from: number, to: number) => boolean> = {
      halves: (from, to) => side[from] !== side[to],
      isolate: (from, to) => from === one || to === one,
      mute: (from) => from === one,
      oneway: () => prng.chance(some),
    };
    const links: number[] = [];
    for (let from = 0; from < size; from++) {
      for (let to = 0; to < size; to++) {
        if (from === to || !blocks[kind](from, to)) continue;
        if (!this.#reachAll.has(from) && !this.#reachAll.has(to)) links.push(from * size + to);
      }
    }
    return links;
  }
}
