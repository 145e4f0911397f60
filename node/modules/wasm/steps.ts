/**
 * Calls between contracts without the native stack: a part that needs another part run first yields it, and goes on with what
 * came of it. However deep contracts answer each other, the engine is always called from the same depth.
 * @module
 */

/** A part of the work, and what it comes to. It yields other parts. */
// What a part is resumed with is whatever the part that it yielded came to; `ask` gives it its type.
// deno-lint-ignore no-explicit-any
export type Steps<T> = Generator<Steps<unknown>, T, any>;

/** Runs `part` to its end, off the stack of whoever asks: `const value = yield* ask(part)`. What it throws is thrown here. */
export function* ask<T>(part: Steps<T>): Steps<T> {
  return yield part;
}

/** Runs everything. What is thrown passes through every part that waits, so that each can take back what it did. */
export function runSteps<T>(first: Steps<T>): T {
  const waiting: Steps<unknown>[] = [first];
  let value: unknown;
  let thrown: { readonly error: unknown } | undefined;
  for (;;) {
    const part = waiting.at(-1)!;
    try {
      const step = thrown === undefined ? part.next(value) : part.throw(thrown.error);
      thrown = undefined;
      value = step.value;
      if (step.done !== true) {
        waiting.push(step.value);
        value = undefined;
      } else {
        waiting.pop();
        if (waiting.length === 0) return value as T;
      }
    } catch (error) {
      waiting.pop();
      if (waiting.length === 0) throw error;
      thrown = { error };
    }
  }
}
