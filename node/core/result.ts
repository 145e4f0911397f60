/** The outcome of something that someone else's input can make fail. Never used for IO or for our own bugs. */
export type Result<T, E = CodedError> = { readonly ok: true; readonly value: T } | {
  readonly ok: false;
  readonly error: E;
};

import type { CodedError } from "./errors.ts";

/** Wraps a success. */
export const ok = <T>(value: T): Result<T, never> => ({ ok: true, value });

/** Wraps a failure. */
export const err = <E>(error: E): Result<never, E> => ({ ok: false, error });
