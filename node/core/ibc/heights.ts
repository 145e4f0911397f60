/** Heights of ICS-02: a revision of a chain and a block of it, ordered in that order. @module */
import type { CodedError } from "../errors.ts";
import { ok, type Result } from "../result.ts";
import { parseUint64, quoted } from "./_text.ts";
import { refuse } from "./refusals.ts";

/** `ibc.core.client.v1.Height`; both in [0, 2^64). */
export interface IbcHeight {
  readonly revisionNumber: bigint;
  readonly revisionHeight: bigint;
}

/** No height: "none" in timeouts, "not frozen" in client states. */
export const ZERO_HEIGHT: IbcHeight = { revisionNumber: 0n, revisionHeight: 0n };

/** Both numbers are zero. */
export const isZeroHeight = (height: IbcHeight): boolean =>
  height.revisionNumber === 0n && height.revisionHeight === 0n;

/** `<revision>-<height>`, as in store paths, events and queries. */
export const formatHeight = (height: IbcHeight): string => `${height.revisionNumber}-${height.revisionHeight}`;

/** The inverse of {@linkcode formatHeight}; leading zeros are read as ibc-go's `ParseHeight` reads them. */
export function parseHeight(text: string): Result<IbcHeight, CodedError> {
  const dash = text.indexOf("-");
  const revisionNumber = dash < 0 ? undefined : parseUint64(text.slice(0, dash));
  const revisionHeight = dash < 0 ? undefined : parseUint64(text.slice(dash + 1));
  if (revisionNumber === undefined || revisionHeight === undefined) {
    return refuse("invalidHeight", `parse height: ${quoted(text)} is not <revision>-<height>`);
  }
  return ok({ revisionNumber, revisionHeight });
}

/** -1, 0 or 1: by revision first, then by height within it. */
export function compareHeights(a: IbcHeight, b: IbcHeight): -1 | 0 | 1 {
  if (a.revisionNumber !== b.revisionNumber) return a.revisionNumber < b.revisionNumber ? -1 : 1;
  if (a.revisionHeight !== b.revisionHeight) return a.revisionHeight < b.revisionHeight ? -1 : 1;
  return 0;
}

/** The next height of the same revision. */
export const nextHeight = ({ revisionNumber, revisionHeight }: IbcHeight): IbcHeight => ({
  revisionNumber,
  revisionHeight: revisionHeight + 1n,
});

/** The height before, in the same revision; undefined at 0. */
export function previousHeight({ revisionNumber, revisionHeight }: IbcHeight): IbcHeight | undefined {
  return revisionHeight === 0n ? undefined : { revisionNumber, revisionHeight: revisionHeight - 1n };
}

/**
 * Whether a chain id ends in its revision: `gaia-4`, but not `gaia-04`, `gaia--4` or `-4`
 * (ibc-go `02-client/types/height.go`, `IsRevisionFormat`).
 */
export function isRevisionFormat(chainId: string): boolean {
  const dash = chainId.lastIndexOf("-");
  return dash > 0 && chainId[dash - 1] !== "-" && !chainId.includes("\n") &&
    /^[1-9][0-9]*$/.test(chainId.slice(dash + 1));
}

/**
 * The revision number of a chain id, 0 for one without. A number past 2^64 counts as none (ibc-go panics on it).
 */
export function revisionOfChainId(chainId: string): bigint {
  if (!isRevisionFormat(chainId)) return 0n;
  return parseUint64(chainId.slice(chainId.lastIndexOf("-") + 1)) ?? 0n;
}

/** The id of the chain after an upgrade to `revision`; undefined when the id carries no revision. */
export function withRevision(chainId: string, revision: bigint): string | undefined {
  return isRevisionFormat(chainId) ? chainId.slice(0, chainId.lastIndexOf("-") + 1) + revision : undefined;
}
