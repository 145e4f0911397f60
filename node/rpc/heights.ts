/** Heights and pages, with the rules and words of CometBFT's `rpc/core/env.go`. @module */
import { internalFault, type RpcFault } from "./fault.ts";
import type { RpcBackend } from "./ports.ts";

const PER_PAGE_DEFAULT = 30;
const PER_PAGE_MAX = 100;

/**
 * The height asked for, or the latest. `ahead` 1 for what is known one height ahead of the blocks (validators, consensus
 * parameters).
 */
export function resolveHeight(backend: RpcBackend, height: bigint | undefined, ahead: 0n | 1n = 0n): bigint | RpcFault {
  const { latestHeight, earliestHeight, catchingUp } = backend.status();
  const latest = catchingUp ? latestHeight : latestHeight + ahead;
  if (height === undefined) return latest;
  if (height <= 0n) return internalFault(`height must be greater than 0, but got ${height}`);
  if (height > latest) {
    return internalFault(`height ${height} must be less than or equal to the current blockchain height ${latest}`);
  }
  if (height < earliestHeight) {
    return internalFault(`height ${height} is not available, lowest height is ${earliestHeight}`);
  }
  return height;
}

/** Heights of a `blockchain` answer, at most `limit`, the highest first. */
export function heightRange(
  base: bigint,
  latest: bigint,
  minHeight: bigint,
  maxHeight: bigint,
  limit: bigint,
): readonly bigint[] | RpcFault {
  if (minHeight < 0n || maxHeight < 0n) return internalFault("heights must be non-negative");
  let max = maxHeight === 0n || maxHeight > latest ? latest : maxHeight;
  let min = minHeight === 0n ? 1n : minHeight;
  if (min < base) min = base;
  if (min < max - limit + 1n) min = max - limit + 1n;
  if (min > max) return internalFault(`min height ${min} can't be greater than max height ${max}`);
  const heights: bigint[] = [];
  for (; max >= min; max--) heights.push(max);
  return heights;
}

/** Items per page: the default for nothing or less than one, at most the maximum. */
export function perPageOf(perPage: bigint | undefined): number {
  if (perPage === undefined || perPage < 1n) return PER_PAGE_DEFAULT;
  return perPage > BigInt(PER_PAGE_MAX) ? PER_PAGE_MAX : Number(perPage);
}

/** The page (from 1) checked against `total` items. */
export function pageOf(page: bigint | undefined, perPage: number, total: number): number | RpcFault {
  if (page === undefined) return 1;
  const pages = Math.max(1, Math.ceil(total / perPage));
  if (page <= 0n || page > BigInt(pages)) {
    return internalFault(`page should be within [1, ${pages}] range, given ${page}`);
  }
  return Number(page);
}

/** `asc`, `desc` or empty (`fallback`). */
export function isDescending(orderBy: string, fallback: boolean): boolean | RpcFault {
  if (orderBy === "") return fallback;
  if (orderBy === "asc" || orderBy === "desc") return orderBy === "desc";
  return internalFault("expected order_by to be either `asc` or `desc` or empty");
}
