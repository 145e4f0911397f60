/**
 * Paths between chains, as data and pure functions: which packets they carry, which way tokens go, what comes next in a
 * handshake.
 * @module
 */
export { ALLOW_ALL, allows, FILTER_RULES_MAX, isChannelPattern, listFilter, matchesPattern } from "./filter.ts";
export {
  type ChannelEnd,
  type ChannelOrder,
  type Direction,
  DIRECTIONS,
  type FilterRule,
  inDirection,
  opposite,
  type Path,
  type PathChannel,
  type PathEnd,
  type PathFilter,
} from "./model.ts";
export { connectionHopsOf, type Leg, legsOf, routeChainsOf, turned, WAY_CODE } from "./multihop.ts";
export { findRoute, ROUTE_HOPS_MAX, type RouteHop, type RouteWish, TRANSFER_PORT } from "./route.ts";
export {
  type DenomOnChain,
  FORWARDING_RECEIVER,
  planTransfer,
  ROUTE_CODE,
  type TransferPlan,
  type TransferWish,
} from "./transfer.ts";
