/** Takes the frames of an answer within the asker's limits, wherever they come from. @module */
import { IoError } from "../core/errors.ts";
import type { RequestLimits } from "./ports.ts";

export interface AnswerOptions {
  /** The action, for messages: `ask PEER for blocks`. */
  readonly what: string;
  readonly limits: RequestLimits;
  /** Holds something against the peer. */
  readonly fault: (code: string, reason: string) => void;
  /** Aborted when the peer is gone. */
  readonly closed: AbortSignal;
  /** Ends a wait of `source`, if it can be ended. */
  readonly cancel?: (() => void) | undefined;
}

/**
 * The frames of `source`, which ends when the answer is complete and throws when it is cut. Throws an IoError: `peer_gone`,
 * `answer_slow`, `answer_too_long`, `answer_cut`, `request_aborted`. Whoever stops early closes `source`.
 */
export async function* answered(
  source: AsyncGenerator<Uint8Array>,
  options: AnswerOptions,
): AsyncGenerator<Uint8Array> {
  const { what, limits, fault } = options;
  try {
    for (let taken = 0;; taken++) {
      const next = await inTime(source.next(), options);
      if (next.done) return;
      if (taken >= limits.framesMax) {
        fault("oversized", `an answer of more than ${limits.framesMax} frames`);
        throw new IoError("answer_too_long", `${what}: more than ${limits.framesMax} frames`);
      }
      if (next.value.length > limits.frameBytesMax) {
        fault("oversized", `a frame of ${next.value.length} bytes in an answer`);
        throw new IoError("answer_too_long", `${what}: a frame of ${next.value.length} bytes`);
      }
      yield next.value;
    }
  } finally {
    options.cancel?.();
    // Not awaited: a source that hangs must not hold the asker.
    source.return(undefined).catch(() => {});
  }
}

/** One frame, or the reason why there is none. */
async function inTime<T>(frame: Promise<T>, { what, limits, closed }: AnswerOptions): Promise<T> {
  const { signal, timeoutMs } = limits;
  // Whoever loses the race below is listened to by nobody else.
  frame.catch(() => {});
  if (signal?.aborted) throw new IoError("request_aborted", `${what}: aborted`);
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  stopped.catch(() => {});
  // Held against nobody here: who asks knows how much there was to answer.
  const timer = setTimeout(
    () => reject(new IoError("answer_slow", `${what}: no frame in ${timeoutMs} ms`)),
    timeoutMs,
  );
  const onAbort = () => reject(new IoError("request_aborted", `${what}: aborted`));
  signal?.addEventListener("abort", onAbort);
  const onClosed = () => reject(new IoError("peer_gone", `${what}: disconnected`));
  if (closed.aborted) onClosed();
  closed.addEventListener("abort", onClosed);
  try {
    return await Promise.race([frame, stopped]);
  } catch (error) {
    if (error instanceof IoError) throw error;
    throw new IoError("answer_cut", `${what}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    closed.removeEventListener("abort", onClosed);
  }
}
