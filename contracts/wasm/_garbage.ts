/**
 * Memories that nobody needs any more. V8 frees the memory of an instance when it collects garbage, and collects when its own heap
 * fills; contracts whose memories are large leave hardly anything in there. Left alone, one transaction held gigabytes. So what
 * is let go of is counted here, and V8 is asked to collect.
 * @module
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Bytes let go of between two collections of what is young: about 7 ms, most of them for giving the pages back. */
const YOUNG_BYTES = 64 * 1024 * 1024;

/** What lived through two of those is old. Of so many collections one is of everything. */
const YOUNG_OF_ALL = 8;

type Collect = (options?: { readonly type: "minor" }) => void;

let collect: Collect | undefined;

/** V8's own `gc`, which it shows to contexts that are made while the flag is set. */
function collector(): Collect {
  if (collect !== undefined) return collect;
  setFlagsFromString("--expose-gc");
  try {
    return collect = runInNewContext("gc") as Collect;
  } finally {
    setFlagsFromString("--no-expose-gc");
  }
}

/** Counts what is let go of, and has it freed. */
export class Garbage {
  #bytes = 0;
  #young = 0;

  /** Says that a memory of so many bytes is not needed any more. */
  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < YOUNG_BYTES) return;
    this.#bytes = 0;
    if (++this.#young < YOUNG_OF_ALL) return collector()({ type: "minor" });
    this.#young = 0;
    collector()();
  }
}
