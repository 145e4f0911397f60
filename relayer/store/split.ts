/** Many writes as few commits. @module */
import { invariant } from "../../node/core/invariant.ts";
import type { StoreKey, StoreLimits, StoreWrite } from "./ports.ts";

/** The size of a key in the store, at most. */
function keyBytes(key: StoreKey): number {
  let bytes = 0;
  // Two for the framing of a part; a text has at most three bytes for each character, and a zero byte counts double.
  for (const part of key) bytes += typeof part === "bigint" ? 12 : 2 + part.length * 3;
  return bytes;
}

/**
 * Cuts `writes` into commits that fit `limits`, in order; each has room for `spare` more writes of some bytes. No writes
 * give no commits.
 */
export function splitWrites(writes: readonly StoreWrite[], limits: StoreLimits, spare = 1): StoreWrite[][] {
  const commits: StoreWrite[][] = [];
  let current: StoreWrite[] = [];
  let bytes = 0;
  for (const write of writes) {
    const size = keyBytes(write[0]) + (write[1]?.length ?? 0);
    invariant((write[1]?.length ?? 0) <= limits.valueBytesMax, `split writes: a value of ${write[1]?.length} bytes`);
    if (current.length > 0 && (current.length + spare >= limits.writesMax || bytes + size > limits.commitBytesMax)) {
      commits.push(current);
      current = [];
      bytes = 0;
    }
    current.push(write);
    bytes += size;
  }
  if (current.length > 0) commits.push(current);
  return commits;
}
