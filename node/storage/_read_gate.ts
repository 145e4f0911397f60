/** Lets many readers in, or one writer that needs them all out. Writers must come one at a time. */
export class ReadGate {
  #readers = 0;
  #closed: Promise<void> | undefined;
  #drained: (() => void) | undefined;

  /** Runs `action` when no exclusive action runs, and holds the next one off until it ends. */
  async read<T>(action: () => Promise<T>): Promise<T> {
    while (this.#closed) await this.#closed;
    this.#readers++;
    try {
      return await action();
    } finally {
      if (--this.#readers === 0) this.#drained?.();
    }
  }

  /** Waits for the readers inside, then runs `action` alone. */
  async exclusive<T>(action: () => Promise<T>): Promise<T> {
    let open = () => {};
    this.#closed = new Promise((resolve) => open = resolve);
    try {
      if (this.#readers > 0) await new Promise<void>((resolve) => this.#drained = resolve);
      this.#drained = undefined;
      return await action();
    } finally {
      this.#closed = undefined;
      open();
    }
  }
}
