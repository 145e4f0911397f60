/** Paths as users name them, as the store has them. @module */
import type { PathEnd, PathSpec } from "./api/ports.ts";
import type { PathBook, PathRecord, PathRecordEnd } from "./worker/mod.ts";

/** A path to be opened: whatever is missing of it. */
export function recordOf(spec: PathSpec & { readonly id: string }, origin: string | null): PathRecord {
  const end = ({ chain, clientId, connectionId }: PathSpec["a"]) => ({
    chain,
    clientId: clientId ?? null,
    connectionId: connectionId ?? null,
  });
  return {
    id: spec.id,
    a: end(spec.a),
    b: end(spec.b),
    state: "opening",
    fault: null,
    paused: spec.paused,
    filter: spec.filter,
    channels: [],
    wanted: spec.channels,
    origin,
  };
}

/** Whether a path is what is asked for; what is not asked for may be anything. */
export function isSameSpec({ a, b }: PathRecord, spec: PathSpec): boolean {
  const known = (id: string | null, wanted: string | undefined) => wanted === undefined || id === wanted;
  const same = (one: PathRecordEnd, other: PathEnd) =>
    one.chain === other.chain && known(one.clientId, other.clientId) && known(one.connectionId, other.connectionId);
  return same(a, spec.a) && same(b, spec.b);
}

/**
 * Adds paths of the configuration that the store does not have. What the store has stays as it is: it may have been changed
 * at run time, and that wins.
 */
export async function addConfiguredPaths(
  book: PathBook,
  specs: readonly (PathSpec & { readonly id: string })[],
): Promise<void> {
  await book.refresh();
  for (const spec of specs) {
    if (book.get(spec.id) === undefined) await book.add(recordOf(spec, "configuration"));
  }
}
