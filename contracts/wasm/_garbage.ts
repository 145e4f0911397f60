/**
 * Memories that nobody needs any more. V8 frees the memory of an instance when it collects all garbage, and collects when its own
 * heap fills; memories of contracts do not count in there. Left alone, one transaction held gigabytes. So what is let go of is
 * counted here, and V8 is asked to collect.
 * @module
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Bytes let go of between two collections. One takes about a millisecond for each megabyte of V8's heap, whatever it frees; the pages
 * of so many bytes cost 200 ms of fuel.
 */
const DROPPED_BYTES_MAX = 256 * 1024 * 1024;

let collect: (() => void) | undefined;

/**
 * V8's own `gc`. Without the flag `--expose-gc`, which our tasks and binaries set, only new contexts have one; it takes twice as long.
 * The flag stays set: it is the process's, and another thread may be on its way to here.
 */
function collector(): () => void {
  const { gc } = globalThis as { gc?: () => void };
  if (gc !== undefined) return gc;
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc");
}

/** Counts what is let go of, and has it freed. */
export class Garbage {
  #bytes = 0;

  /** Says that a memory of so many bytes is not needed any more. */
  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < DROPPED_BYTES_MAX) return;
    this.#bytes = 0;
    collect ??= collector();
    collect();
  }
}
