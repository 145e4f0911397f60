import type { Timer } from "./input.ts";
import type { ClockPort } from "./ports.ts";

/** A timer that went off and waits to be handed to the engine; stale once it was cancelled or started again meanwhile. */
export interface FiredTimer {
  readonly timer: Timer;
  readonly key: string;
}

const keyOf = (timer: Timer) => `${timer.kind}/${timer.height}/${timer.round}`;

/** The running timers of a driver, by name. Cancelling also takes back what has fired but was not yet handed over. */
export class TimerTable {
  readonly #clock: ClockPort;
  readonly #onFire: (fired: FiredTimer) => void;
  readonly #entries = new Map<string, { fired: FiredTimer; cancel: () => void }>();

  constructor(clock: ClockPort, onFire: (fired: FiredTimer) => void) {
    this.#clock = clock;
    this.#onFire = onFire;
  }

  start(timer: Timer, durationMs: number): void {
    this.cancel(timer);
    const fired: FiredTimer = { timer, key: keyOf(timer) };
    const cancel = this.#clock.schedule(durationMs, () => this.#onFire(fired));
    this.#entries.set(fired.key, { fired, cancel });
  }

  cancel(timer: Timer): void {
    const key = keyOf(timer);
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    entry.cancel();
  }

  /** True once for each firing that is still wanted. */
  take(fired: FiredTimer): boolean {
    if (this.#entries.get(fired.key)?.fired !== fired) return false;
    return this.#entries.delete(fired.key);
  }

  cancelAll(): void {
    for (const { cancel } of this.#entries.values()) cancel();
    this.#entries.clear();
  }
}
