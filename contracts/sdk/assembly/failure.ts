/**
 * How a contract says no. AssemblyScript has no exceptions, so a failure is remembered instead of thrown: the first one
 * is the answer of the call, whatever the rest of the code does, and nothing that the call wrote is kept. Code after a
 * failure still runs to its end; it just does not count.
 */
import { textRegion } from "./bytes";
import { blank } from "./codec";
import { abortCall } from "./imports";

// @ts-ignore: decorator
@lazy
let failure: string | null = null;

/** Refuses the call with `message`; use it as `return fail("…")`. The value it gives is empty. */
export function fail<T>(message: string): T {
  refuse(message);
  return blank<T>();
}

/** Refuses the call with `message` unless `condition` holds, and tells whether it does. */
export function ensure(condition: bool, message: string): bool {
  if (!condition) refuse(message);
  return condition;
}

/** Refuses the call with `message`. */
export function refuse(message: string): void {
  if (failure === null) failure = message;
}

/** Whether the call is refused already. */
export function failed(): bool {
  return failure !== null;
}

/** The first failure, or null. */
export function failureText(): string | null {
  return failure;
}

/** What AssemblyScript calls where it cannot go on: `throw`, an index outside an array, null that was said to be none. */
export function onAbort(message: string | null, file: string | null, line: u32, column: u32): void {
  let text: string;
  const first = failure;
  if (first !== null) text = first;
  else {
    text = message === null ? "abort" : message;
    if (file !== null) text += " (" + file + ":" + line.toString() + ":" + column.toString() + ")";
  }
  abortCall(textRegion(text));
  unreachable();
}
