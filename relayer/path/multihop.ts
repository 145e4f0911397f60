/** Channels over several paths (ICS-33): the way from one end to the other, and what a channel there is called. @module */
import type { CodedError } from "../../node/core/errors.ts";
import { CONNECTION_HOPS_MAX, IBC_STORE_NAME, type KnownHeight, type RouteChain } from "../../node/core/ibc/mod.ts";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { err, ok, type Result } from "../../node/core/result.ts";
import type { Path, PathEnd } from "./model.ts";

/** One path of a way, seen in its direction. */
export interface Leg {
  readonly pathId: string;
  readonly near: PathEnd;
  readonly far: PathEnd;
}

/** Codes of the codespace `way`. Append-only. */
export const WAY_CODE = { length: 1, unknownPath: 2, gap: 3, circle: 4 } as const;

const refuse = (code: keyof typeof WAY_CODE, state: string): Result<never, CodedError> =>
  err({ codespace: "way", code: WAY_CODE[code], message: `find the way over paths: ${state}` });

/** The way over `pathIds` in their order, from the chain named `from`. Each chain is passed once. */
export function legsOf(paths: readonly Path[], pathIds: readonly string[], from: string): Result<readonly Leg[]> {
  if (pathIds.length < 1 || pathIds.length > CONNECTION_HOPS_MAX) {
    return refuse("length", `${pathIds.length} paths, must be 1 to ${CONNECTION_HOPS_MAX}`);
  }
  const legs: Leg[] = [];
  const passed = new Set([from]);
  let at = from;
  for (const pathId of pathIds) {
    const path = paths.find(({ id }) => id === pathId);
    if (path === undefined) return refuse("unknownPath", `there is no path ${pathId}`);
    const { a, b } = path;
    if (a.chain !== at && b.chain !== at) return refuse("gap", `path ${pathId} does not begin at ${at}`);
    const [near, far] = a.chain === at ? [a, b] : [b, a];
    if (passed.has(far.chain)) return refuse("circle", `path ${pathId} leads back to ${far.chain}`);
    passed.add(at = far.chain);
    legs.push({ pathId, near, far });
  }
  return ok(legs);
}

/** The same way from its other end. */
export const turned = (legs: readonly Leg[]): Leg[] =>
  legs.map(({ pathId, near, far }) => ({ pathId, near: far, far: near })).reverse();

/** What a channel at the beginning of the way has as its `connection_hops`. */
export const connectionHopsOf = (legs: readonly Leg[]): string[] => legs.map(({ near }) => near.connectionId);

/**
 * The way as the building of proofs wants it, from the chain that verifies to the one that proves; `known` tells what the
 * client at the near end of each leg knows.
 */
export function routeChainsOf(
  legs: readonly Leg[],
  known: (leg: Leg) => readonly KnownHeight[],
): RouteChain[] {
  return legs.map((leg) => ({
    prefix: utf8ToBytes(IBC_STORE_NAME),
    connectionId: leg.near.connectionId,
    clientId: leg.near.clientId,
    known: known(leg),
  }));
}
