/** Virtual time: a heap of events, and a run loop that lets all promises settle between two of them. @module */

interface Event {
  readonly atUs: number;
  readonly order: number;
  run: (() => void) | undefined;
}

/**
 * Turns of the microtask queue after each event. No simulated port ever answers without an event of its own, so what one
 * event sets off ends within a few turns. Even if it did not, the order of microtasks is fixed: a run still replays.
 */
const SETTLE_TURNS = 16;

/** Microseconds since the start of the simulated world. */
export class Scheduler {
  readonly #heap: Event[] = [];
  #nowUs = 0;
  #order = 0;
  #events = 0;

  get nowUs(): number {
    return this.#nowUs;
  }

  /** Events run so far. */
  get events(): number {
    return this.#events;
  }

  /** Runs `run` after `delayUs`; events of one instant run in the order they were asked for. The answer cancels. */
  after(delayUs: number, run: () => void): () => void {
    const event: Event = { atUs: this.#nowUs + Math.max(0, Math.round(delayUs)), order: this.#order++, run };
    this.#push(event);
    return () => event.run = undefined;
  }

  /** Runs events until `done()` holds, nothing is left, or virtual time would pass `untilUs`. */
  async run(untilUs: number, done: () => boolean): Promise<void> {
    while (!done()) {
      const next = this.#heap[0];
      if (next === undefined || next.atUs > untilUs) return;
      this.#pop();
      const run = next.run;
      if (run === undefined) continue;
      this.#nowUs = next.atUs;
      this.#events++;
      run();
      for (let turn = 0; turn < SETTLE_TURNS; turn++) await undefined;
    }
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(event, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

const before = (a: Event, b: Event) => a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order);
