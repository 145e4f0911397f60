/**
 * Paths between chains, as data and pure functions: which packets they carry, which way tokens go, what comes next in a
 * handshake.
 * @module
 */
export { type ChannelGoal, type ClosingMove, orderOf, planChannel, planClosing } from "./channel_plan.ts";
export {
  type ChainFacts,
  CLIENT_PLAN_CODE,
  CLOCK_DRIFT_DEFAULT_NS,
  createClientMessage,
  planClient,
  UNBONDING_DEFAULT_NS,
} from "./client_plan.ts";
export {
  CONNECTION_VERSION,
  type ConnectionGoal,
  type FoundConnection,
  MERKLE_PREFIX,
  planConnection,
} from "./connection_plan.ts";
export { ALLOW_ALL, allows, CHANNEL_PATTERN, listFilter, matchesPattern } from "./filter.ts";
export {
  channelCloseConfirm,
  channelCloseInit,
  channelFollowing,
  channelInit,
  connectionFollowing,
  connectionInit,
  type Evidence,
  type HandshakeMessage,
  type ProvenMove,
  type SendingMove,
} from "./handshake_messages.ts";
export {
  type ChannelEnd,
  type ChannelOrder,
  type Direction,
  DIRECTIONS,
  type FilterRule,
  inDirection,
  type Path,
  type PathChannel,
  type PathEnd,
  type PathFilter,
} from "./model.ts";
export { connectionHopsOf, type Leg, legsOf, routeChainsOf, turned, WAY_CODE } from "./multihop.ts";
export {
  type EndStage,
  type FoundEnd,
  type FoundEnds,
  nextOpeningMove,
  type OpeningMove,
  type OpeningOptions,
  otherSide,
  type Pins,
  type Side,
} from "./opening.ts";
export { findRoute, ROUTE_HOPS_MAX, type RouteHop, type RouteWish, TRANSFER_PORT } from "./route.ts";
export {
  type DenomOnChain,
  FORWARDING_RECEIVER,
  planTransfer,
  ROUTE_CODE,
  type TransferPlan,
  type TransferWish,
} from "./transfer.ts";
