/**
 * Pages of query answers, as `cosmos.base.query.v1beta1` defines them, with bounds on how far one request may walk.
 * @module
 */
import type { PageRequest, PageResponse } from "cosmjs-types/cosmos/base/query/v1beta1/pagination";
import { concatBytes, prefixEnd } from "./bytes.ts";
import { type CodedError, sdkRefusal } from "./errors.ts";
import { err, ok, type Result } from "./result.ts";
import type { Entries } from "./work.ts";

/** Entries in a page when the request does not say. */
export const PAGE_LIMIT_DEFAULT = 100;
/** Most entries in a page; a request for more (relayers write 2^64 - 1 for "all") gets so many and the key to go on from. */
export const PAGE_LIMIT_MAX = 1000;
/** Longest key to go on from, in bytes. */
export const PAGE_KEY_BYTES_MAX = 512;
/** Most entries that one request may walk over: to skip an offset, or to count. */
export const PAGE_WALK_MAX = 10_000;

/** Reads entries in key order from `start` (inclusive) to `end` (exclusive), at most `limit`. */
export type ReadRange = (
  range: { start: Uint8Array; end: Uint8Array | undefined; reverse: boolean; limit: number },
) => Entries;

export interface Page {
  readonly entries: Entries;
  readonly pagination: PageResponse;
}

/**
 * The page of the entries under `prefix` that `request` asks for. `nextKey` is the key after `prefix` with which the next
 * page starts; `total` is counted on request, up to {@linkcode PAGE_WALK_MAX}.
 */
export function paginate(
  read: ReadRange,
  prefix: Uint8Array,
  request: PageRequest | undefined,
): Result<Page, CodedError> {
  const bounds = boundsOf(request);
  if (!bounds.ok) return bounds;
  const { limit, offset } = bounds.value;
  const key = request?.key ?? new Uint8Array();
  const reverse = request?.reverse ?? false;
  const end = prefixEnd(prefix);
  const range = key.length === 0
    ? { start: prefix, end }
    : reverse
    ? { start: prefix, end: concatBytes(concatBytes(prefix, key), new Uint8Array(1)) }
    : { start: concatBytes(prefix, key), end };
  const counting = isCounting(request);
  const wanted = counting ? PAGE_WALK_MAX : offset + limit + 1;
  const all = walk(read, { ...range, reverse }, wanted);
  const next = all[offset + limit];
  return ok({
    entries: all.slice(offset, offset + limit),
    pagination: {
      nextKey: next === undefined ? new Uint8Array() : next[0].slice(prefix.length),
      total: counting ? BigInt(all.length) : 0n,
    },
  });
}

/** Entries of a range, read in pages of at most {@linkcode PAGE_LIMIT_MAX}. */
function walk(
  read: ReadRange,
  range: { start: Uint8Array; end: Uint8Array | undefined; reverse: boolean },
  wanted: number,
) {
  const all: (readonly [Uint8Array, Uint8Array])[] = [];
  let { start, end } = range;
  while (all.length < wanted) {
    const limit = Math.min(wanted - all.length, PAGE_LIMIT_MAX);
    const entries = read({ start, end, reverse: range.reverse, limit });
    for (const entry of entries) all.push(entry);
    if (entries.length < limit) break;
    const last = entries.at(-1)![0];
    if (range.reverse) end = last;
    else start = concatBytes(last, new Uint8Array(1));
  }
  return all;
}

/** Whether the total is wanted: on request, and as the cosmos-sdk has it also when no limit is given. */
export const isCounting = (request: PageRequest | undefined): boolean =>
  request === undefined || (request.key.length === 0 && (request.countTotal || request.limit === 0n));

/** How many entries a page has at most. */
export function pageLimit(request: PageRequest | undefined): number {
  if (request === undefined || request.limit === 0n) return PAGE_LIMIT_DEFAULT;
  return request.limit > BigInt(PAGE_LIMIT_MAX) ? PAGE_LIMIT_MAX : Number(request.limit);
}

function boundsOf(request: PageRequest | undefined): Result<{ limit: number; offset: number }, CodedError> {
  const limit = pageLimit(request);
  const offset = Number(request?.offset ?? 0n);
  if (offset + limit >= PAGE_WALK_MAX) {
    return err(
      sdkRefusal("invalidRequest", `read page: offset ${offset} walks over more than ${PAGE_WALK_MAX} entries`),
    );
  }
  if (request !== undefined && request.key.length > PAGE_KEY_BYTES_MAX) {
    return err(sdkRefusal("invalidRequest", `read page: a key of ${request.key.length} bytes`));
  }
  if (offset > 0 && request!.key.length > 0) {
    return err(sdkRefusal("invalidRequest", "read page: either offset or key is expected, got both"));
  }
  return ok({ limit, offset });
}
