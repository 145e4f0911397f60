import { isBefore, type PostingStream } from "./_posting_streams.ts";

/** Which part of the matches is wanted: `skip` of them are passed over, then `take` are kept. */
export interface Window {
  readonly skip: number;
  readonly take: number;
}

/** A match: a place in the chain. */
export interface Place {
  readonly height: bigint;
  readonly index: number;
}

/**
 * The places that all streams have in common, in their order: how many, and those in the window. Only one block's
 * postings are in memory at a time.
 */
export async function joinPostings(
  streams: readonly PostingStream[],
  descending: boolean,
  window: Window,
): Promise<{ total: number; places: Place[] }> {
  const places: Place[] = [];
  let total = 0;
  for (;;) {
    const indexes = await nextCommon(streams, descending);
    if (!indexes) return { total, places };
    for (const index of descending ? indexes.indexes.toReversed() : indexes.indexes) {
      if (total >= window.skip && places.length < window.take) places.push({ height: indexes.height, index });
      total++;
    }
  }
}

/** Moves all streams past the next height they share, and returns what they have in common there. */
async function nextCommon(
  streams: readonly PostingStream[],
  descending: boolean,
): Promise<{ height: bigint; indexes: readonly number[] } | undefined> {
  for (;;) {
    let furthest: bigint | undefined;
    let isShared = true;
    let indexes: readonly number[] | undefined;
    for (const stream of streams) {
      const posting = await stream.current();
      if (!posting) return undefined;
      if (furthest !== undefined && posting.height !== furthest) isShared = false;
      if (furthest === undefined || isBefore(furthest, posting.height, descending)) furthest = posting.height;
      if (isShared) indexes = indexes ? intersect(indexes, posting.indexes) : posting.indexes;
    }
    if (furthest === undefined) return undefined;
    if (isShared) {
      for (const stream of streams) stream.advance();
      return { height: furthest, indexes: indexes! };
    }
    for (const stream of streams) await stream.seek(furthest);
  }
}

/** What two ascending lists have in common. */
function intersect(a: readonly number[], b: readonly number[]): number[] {
  const out: number[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i]! < b[j]!) i++;
    else if (a[i]! > b[j]!) j++;
    else {
      out.push(a[i]!);
      i++;
      j++;
    }
  }
  return out;
}
