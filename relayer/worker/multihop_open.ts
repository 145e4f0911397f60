/** Opening a channel over several paths (ICS-33). Connections are there already; nothing is opened on the chains between. @module */
import { State } from "cosmjs-types/ibc/core/channel/v1/channel";
import { channelPath } from "../../node/core/ibc/mod.ts";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import type { Result } from "../../node/core/result.ts";
import {
  type ChannelGoal,
  connectionHopsOf,
  type Leg,
  otherSide,
  type PathChannel,
  type Side,
  turned,
} from "../path/mod.ts";
import { channelKind } from "./handshake_kinds.ts";
import { type Chains, openEnds, type OpeningKind } from "./handshake_open.ts";
import type { ChannelWish, HandshakeChain, HandshakeFault, HandshakeOptions } from "./handshake_ports.ts";
import { queryChannels } from "./handshake_queries.ts";
import { HandshakeRun, type Prepared, settle } from "./handshake_run.ts";
import { MultihopRoute } from "./multihop_route.ts";
import type { Channel } from "cosmjs-types/ibc/core/channel/v1/channel";

/**
 * Opens one more channel between the first and the last of `chains`, over `legs`, which lead from one to the other; one
 * that was begun and not finished is finished. Port `A` of the wish is on the first chain.
 */
export function openMultihopChannel(
  chains: readonly HandshakeChain[],
  legs: readonly Leg[],
  wish: ChannelWish,
  options: HandshakeOptions,
): Promise<Result<PathChannel, HandshakeFault>> {
  return settle(async () => {
    const run = new HandshakeRun(options);
    const ends: Chains = { a: chains[0]!, b: chains.at(-1)! };
    const back = turned(legs);
    const hops = { a: connectionHopsOf(legs), b: connectionHopsOf(back) };
    const routes = {
      a: new MultihopRoute(run, chains, legs),
      b: new MultihopRoute(run, chains.toReversed(), back),
    };
    const { height } = await run.headAt(ends.a, 1n);
    const there = await queryChannels(ends.a.endpoint, hops.a[0]!, height);
    const open = there.filter(({ state }) => state !== State.STATE_INIT && state !== State.STATE_TRYOPEN);
    const { portA, portB, order, version } = wish;
    const goal: ChannelGoal = {
      ports: { a: portA, b: portB },
      hops,
      order,
      version,
      pins: { a: undefined, b: undefined },
      others: new Set(open.map(({ channelId }) => channelId)),
    };
    const opened = await openEnds(run, ends, multihopKind(ends, legs, goal, routes));
    return {
      a: { portId: portA, channelId: opened.a.id },
      b: { portId: portB, channelId: opened.b.id },
      order,
      version: opened.a.end.version,
      open: true,
    };
  });
}

/** As over one connection, but for what proves the other end. */
function multihopKind(
  ends: Chains,
  legs: readonly Leg[],
  goal: ChannelGoal,
  routes: Readonly<Record<Side, MultihopRoute>>,
): OpeningKind<Channel> {
  const clients = { a: legs[0]!.near.clientId, b: legs.at(-1)!.far.clientId };
  return {
    ...channelKind(ends, clients, goal),
    async prepare(_, { side, counterparty }, height): Promise<Prepared> {
      const key = utf8ToBytes(channelPath(goal.ports[otherSide(side)], counterparty.id));
      const route = routes[side];
      const reached = await route.reach(height + 1n);
      const proofs = await route.prove(reached, [key]);
      return { proofs, proofHeight: proofs[0]!.height, before: reached.brought.update.messages };
    },
  };
}
