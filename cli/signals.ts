/** The way out of everything that runs until it is told to stop. @module */

const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];

export interface Ending {
  /** Resolves on a signal; rejects after `fail`. */
  readonly over: Promise<void>;
  readonly isOver: boolean;
  /** Something failed: there is no use in going on. */
  fail(error: unknown): void;
  /** Signals do what they did before. */
  release(): void;
}

/** Listens for signals. A second one means it: by then the default action is restored. */
export function untilSignal(): Ending {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // It may be rejected before anybody waits for it.
  promise.catch(() => {});
  let isOver = false;
  let isListening = true;
  const release = () => {
    if (!isListening) return;
    isListening = false;
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, stop);
  };
  const stop = () => {
    isOver = true;
    release();
    resolve();
  };
  for (const signal of SIGNALS) Deno.addSignalListener(signal, stop);
  return {
    over: promise,
    get isOver() {
      return isOver;
    },
    fail: reject,
    release,
  };
}

/**
 * Resolves when standard input ends or fails. Who started this process holds the other end of the pipe; the system closes
 * it when that process is gone, however it ended.
 */
export async function untilInputEnds(): Promise<void> {
  const scrap = new Uint8Array(1024);
  try {
    while (await Deno.stdin.read(scrap) !== null);
  } catch {
    // Nothing can come any more.
  }
}
