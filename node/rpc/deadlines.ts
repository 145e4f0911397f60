/**
 * One timer for many waits of the same length. Waits end in the order they began, so the oldest is always first and a
 * call that finishes in time costs two map operations instead of a timer.
 */
export class Deadlines {
  readonly #waits = new Map<number, { at: number; expire: () => void }>();
  #next = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `timeoutMs` 0: only `close` ends a wait. */
  constructor(readonly timeoutMs: number) {}

  /** `promise`, or what `late()` gives when `timeoutMs` have passed first. */
  race<T>(promise: Promise<T>, late: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const key = this.#next++;
      this.#waits.set(key, { at: performance.now() + this.timeoutMs, expire: () => resolve(late()) });
      if (this.timeoutMs > 0) this.#timer ??= setTimeout(this.#tick, this.timeoutMs);
      promise.then((value) => {
        this.#forget(key);
        resolve(value);
      }, (error) => {
        this.#forget(key);
        reject(error);
      });
    });
  }

  /** Ends every wait now, as if its time had come. */
  close(): void {
    for (const wait of this.#waits.values()) wait.expire();
    this.#waits.clear();
    this.#disarm();
  }

  #forget(key: number): void {
    this.#waits.delete(key);
    if (this.#waits.size === 0) this.#disarm();
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  readonly #tick = (): void => {
    this.#timer = undefined;
    const now = performance.now();
    for (const [key, wait] of this.#waits) {
      if (wait.at > now) {
        this.#timer = setTimeout(this.#tick, Math.ceil(wait.at - now));
        return;
      }
      this.#waits.delete(key);
      wait.expire();
    }
  };
}
