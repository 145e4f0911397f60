/**
 * Synchronous work that may lack data. A machine that needs something from the world yields a request and is resumed with
 * the answer; between requests it runs without waiting. So execution stays pure and deterministic, an adapter decides
 * where data come from, and a long computation can be cut into slices (`pause`) that do not block the event loop.
 * @module
 */

/** Read these keys of the flat state as of the version the work is bound to. */
export interface LoadKeys {
  readonly type: "load_keys";
  readonly keys: readonly Uint8Array[];
}
/**
 * Read a page of the flat state in order: from `start` (inclusive) to `end` (exclusive), at most `limit` entries, and with
 * `bytesMax` no more after keys and values have come to so many bytes.
 */
export interface LoadRange {
  readonly type: "load_range";
  readonly start: Uint8Array;
  readonly end: Uint8Array;
  readonly reverse: boolean;
  readonly limit: number;
  readonly bytesMax?: number;
}
/** Read immutable tree nodes by their storage keys. */
export interface LoadNodes {
  readonly type: "load_nodes";
  readonly keys: readonly Uint8Array[];
}
/** A good moment to let others run. */
export interface Pause {
  readonly type: "pause";
}
/** Go on when something that was begun elsewhere is done. Answered with nothing: who asked looks for itself. */
export interface Wait {
  readonly type: "wait";
  /** Never rejects. */
  readonly done: PromiseLike<void>;
}
export type Request = LoadKeys | LoadRange | LoadNodes | Pause | Wait;

/** The answer to `load_keys` and `load_nodes`: one value for each key, in order; undefined where there is none. */
export type Values = readonly (Uint8Array | undefined)[];
/** The answer to `load_range`: entries in the asked order. */
export type Entries = readonly (readonly [key: Uint8Array, value: Uint8Array])[];
export type Reply = Values | Entries | undefined;

/** A computation of `T` that can be run by any loop that answers its requests. */
export type Work<T> = Generator<Request, T, Reply>;

/** Runs work that needs nothing but pauses; for tests and for data known to be resident. */
export function runResident<T>(work: Work<T>): T {
  for (;;) {
    const step = work.next(undefined);
    if (step.done) return step.value;
    if (step.value.type !== "pause") throw new Error(`run resident work: it asked for ${step.value.type}`);
  }
}
