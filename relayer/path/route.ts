/** The way of tokens over several chains. @module */
import { FORWARD_HOPS_MAX, type TransferDenom } from "../../node/core/ibc/mod.ts";
import { allows } from "./filter.ts";
import { type ChannelEnd, DIRECTIONS, inDirection, type Path } from "./model.ts";

/** The port of ICS-20. */
export const TRANSFER_PORT = "transfer";
/** Alone, or inside the JSON of a middleware's version. */
const TRANSFER_VERSION = /^(?:ics20-1|\{.*"ics20-1".*\})$/;

/** Most steps of a route: the first is a message, the others are forwarded. */
export const ROUTE_HOPS_MAX = FORWARD_HOPS_MAX + 1;

/** One step over a channel. */
export interface RouteHop {
  readonly pathId: string;
  /** Names of the chains. */
  readonly from: string;
  readonly to: string;
  /** Channel end on `from`. */
  readonly source: ChannelEnd;
  /** Channel end on `to`. */
  readonly destination: ChannelEnd;
}

/** What a route has to meet. */
export interface RouteWish {
  readonly from: string;
  readonly to: string;
  /** Chains to pass, in order. */
  readonly via?: readonly string[];
  /** As the path of the token on `from`: where it came from, it goes back the same way. */
  readonly denom?: TransferDenom;
}

/** `channel-10` after `channel-9`. */
function compareNames(a: string, b: string): number {
  if (a.length !== b.length && /^\w+-\d+$/.test(a) && /^\w+-\d+$/.test(b)) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Every step that can be made now, always in the same order: by path, then by channel. */
function stepsOf(paths: readonly Path[]): RouteHop[] {
  const steps: RouteHop[] = [];
  for (const path of paths) {
    if (path.paused) continue;
    for (const channel of path.channels) {
      const { a, open, order, version } = channel;
      if (!open || order !== "unordered" || !TRANSFER_VERSION.test(version)) continue;
      for (const direction of DIRECTIONS) {
        const { source, destination } = inDirection(channel, direction);
        if (source.portId !== TRANSFER_PORT || !allows(path.filter, a, direction)) continue;
        const chains = inDirection(path, direction);
        steps.push({ pathId: path.id, from: chains.source.chain, to: chains.destination.chain, source, destination });
      }
    }
  }
  return steps.sort((a, b) =>
    compareNames(a.pathId, b.pathId) || compareNames(a.source.channelId, b.source.channelId) ||
    compareNames(a.source.portId, b.source.portId)
  );
}

/** Fewest hops; of equally long ways the one whose first step comes first, then its second, and so on. */
function shortest(steps: readonly RouteHop[], from: string, to: string): readonly RouteHop[] | undefined {
  if (from === to) return [];
  const ways = new Map<string, readonly RouteHop[]>([[from, []]]);
  let edge = [from];
  while (edge.length > 0) {
    const next: string[] = [];
    for (const chain of edge) {
      for (const step of steps) {
        if (step.from !== chain || ways.has(step.to)) continue;
        ways.set(step.to, [...ways.get(chain)!, step]);
        if (step.to === to) return ways.get(to);
        next.push(step.to);
      }
    }
    edge = next;
  }
  return undefined;
}

/** The hops of the token's own trace, as far as `to`; undefined when `to` is not on the way or a channel is gone. */
function wayBack(
  steps: readonly RouteHop[],
  from: string,
  to: string,
  denom: TransferDenom,
): readonly RouteHop[] | undefined {
  const way: RouteHop[] = [];
  let chain = from;
  for (const { portId, channelId } of denom.trace) {
    const step = steps.find(({ from, source }) =>
      from === chain && source.portId === portId && source.channelId === channelId
    );
    if (step === undefined) return undefined;
    way.push(step);
    chain = step.to;
    if (chain === to) return way;
  }
  return undefined;
}

/**
 * The way from chain to chain over paths that are not paused, in directions their filters allow, over open channels of
 * ICS-20: the token's own way back if the destination lies on it, otherwise the one with the fewest hops. The same paths
 * give the same route whatever their order. Undefined: there is none within {@linkcode ROUTE_HOPS_MAX} hops, or the
 * token is there already.
 */
export function findRoute(paths: readonly Path[], wish: RouteWish): readonly RouteHop[] | undefined {
  const { from, to, via = [], denom } = wish;
  const steps = stepsOf(paths);
  if (denom !== undefined && via.length === 0) {
    const way = wayBack(steps, from, to, denom);
    if (way !== undefined && way.length <= ROUTE_HOPS_MAX) return way;
  }
  const route: RouteHop[] = [];
  let chain = from;
  for (const stop of [...via, to]) {
    const way = shortest(steps, chain, stop);
    if (way === undefined || (way.length === 0 && via.length > 0)) return undefined;
    route.push(...way);
    chain = stop;
  }
  return route.length === 0 || route.length > ROUTE_HOPS_MAX ? undefined : route;
}
