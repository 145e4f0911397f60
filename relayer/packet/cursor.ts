/**
 * Which blocks of a chain have been read. Blocks are read in order from `next` on; a relayer that comes back late reads the
 * newest ones first and the missed ones, its gaps, beside them, so that live packets do not wait for old ones.
 * @module
 */

/** Blocks that are still to be read, both bounds included. */
export interface Gap {
  readonly from: bigint;
  readonly to: bigint;
}

export interface Cursor {
  /** The next new block to read. */
  readonly next: bigint;
  /** Older ones, in order and apart. */
  readonly gaps: readonly Gap[];
}

export interface CursorPolicy {
  /** Blocks that may be behind without being put aside as a gap. */
  readonly lagMax: bigint;
  /** Blocks in gaps; where there are more, channels are searched instead of blocks read. */
  readonly gapBlocksMax: bigint;
}

/** What is to be read of a chain that is at `head`. */
export interface Reading {
  readonly cursor: Cursor;
  /** Blocks were given up: packets in them must be searched for. */
  readonly mustSearch: boolean;
}

/** The cursor of a chain that is seen for the first time: what came before is for a search. */
export const firstCursor = (head: bigint): Cursor => ({ next: head + 1n, gaps: [] });

const blocksOf = (gaps: readonly Gap[]) => gaps.reduce((sum, { from, to }) => sum + to - from + 1n, 0n);

/** Puts what is far behind `head` aside, and gives up gaps that are too large. */
export function catchUp(cursor: Cursor, head: bigint, policy: CursorPolicy): Reading {
  const behind = head + 1n - cursor.next;
  if (behind <= policy.lagMax) return { cursor, mustSearch: false };
  const next = head + 1n - policy.lagMax;
  const gaps = [...cursor.gaps, { from: cursor.next, to: next - 1n }];
  if (blocksOf(gaps) > policy.gapBlocksMax) return { cursor: { next, gaps: [] }, mustSearch: true };
  return { cursor: { next, gaps }, mustSearch: false };
}

/** After block `height` was read, which was the next one or the first of a gap. */
export function afterReading(cursor: Cursor, height: bigint): Cursor {
  if (height === cursor.next) return { ...cursor, next: height + 1n };
  const gaps = cursor.gaps.flatMap(({ from, to }) =>
    from !== height ? [{ from, to }] : from === to ? [] : [{ from: from + 1n, to }]
  );
  return { ...cursor, gaps };
}

/** After the chain said that it does not serve block `height` any more: what is older is not served either. */
export function afterPruning(cursor: Cursor, height: bigint): Cursor {
  const gaps = cursor.gaps.flatMap(({ from, to }) =>
    to <= height ? [] : [{ from: from > height ? from : height + 1n, to }]
  );
  return { next: cursor.next > height ? cursor.next : height + 1n, gaps };
}

/** Every block up to this one has been read. */
export const readUpTo = ({ next, gaps }: Cursor): bigint => (gaps[0]?.from ?? next) - 1n;
