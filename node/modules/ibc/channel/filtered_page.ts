/** Pages of the entries that a filter picks (cosmos-sdk `query.FilteredPaginate`), bounded in what it looks at. @module */
import type { PageRequest, PageResponse } from "cosmjs-types/cosmos/base/query/v1beta1/pagination";
import {
  isCounting,
  PAGE_LIMIT_MAX,
  PAGE_WALK_MAX,
  pageLimit,
  paginate,
  type ReadRange,
} from "../../../core/pagination.ts";
import { ok, type Result } from "../../../core/result.ts";

/** Items and where to go on. */
export interface FilteredPage<T> {
  readonly items: T[];
  readonly pagination: PageResponse;
}

/**
 * What `pick` makes of the entries under `prefix`, where it makes something. Offset, limit and total count such items. One
 * request looks at no more than {@linkcode PAGE_WALK_MAX} entries: a page may be short, and `nextKey` tells that there is more.
 */
export function filteredPage<T>(
  read: ReadRange,
  prefix: Uint8Array,
  request: PageRequest | undefined,
  pick: (key: Uint8Array, value: Uint8Array) => T | undefined,
): Result<FilteredPage<T>> {
  // For the refusals of what a page may ask.
  const bounds = paginate(() => [], prefix, request);
  if (!bounds.ok) return bounds;
  const limit = pageLimit(request);
  const offset = Number(request?.offset ?? 0n);
  const counting = isCounting(request);
  const items: T[] = [];
  let hits = 0;
  let nextKey = new Uint8Array();
  let walked = 0;
  let from = {
    ...request,
    key: request?.key ?? nextKey,
    offset: 0n,
    countTotal: false,
    reverse: request?.reverse ?? false,
  };
  while (true) {
    const page = paginate(read, prefix, { ...from, limit: BigInt(PAGE_LIMIT_MAX) });
    if (!page.ok) return page;
    for (const [key, value] of page.value.entries) {
      const full = items.length === limit;
      if (full && nextKey.length === 0) nextKey = key.slice(prefix.length);
      if (full && !counting) return done();
      const item = pick(key, value);
      if (item !== undefined && hits++ >= offset && !full) items.push(item);
    }
    walked += page.value.entries.length;
    const further = page.value.pagination.nextKey;
    if (further.length === 0) return done();
    if (walked >= PAGE_WALK_MAX) {
      if (nextKey.length === 0) nextKey = further.slice();
      return done();
    }
    from = { ...from, key: further };
  }

  function done(): Result<FilteredPage<T>> {
    return ok({ items, pagination: { nextKey, total: counting ? BigInt(hits) : 0n } });
  }
}
