/** What chains have of IBC, asked of them. @module */
import { QueryChannelsRequest, QueryChannelsResponse } from "cosmjs-types/ibc/core/channel/v1/query";
import { Order, State as ChannelState } from "cosmjs-types/ibc/core/channel/v1/channel";
import { QueryClientStatesRequest, QueryClientStatesResponse } from "cosmjs-types/ibc/core/client/v1/query";
import { State as ConnectionState } from "cosmjs-types/ibc/core/connection/v1/connection";
import { QueryConnectionsRequest, QueryConnectionsResponse } from "cosmjs-types/ibc/core/connection/v1/query";
import { ZERO_HEIGHT } from "../node/core/ibc/mod.ts";
import { NANOS_PER_MS } from "../node/core/time.ts";
import type { ChannelView, ClientView, ConnectionView, EndState } from "./api/ports.ts";
import { readClientState } from "./light/mod.ts";
import { allPages, ask, type PathRecord, queryClientStatus, queryTrusted } from "./worker/mod.ts";
import type { RelayerChain } from "./_parts.ts";

/** Most entries of a listing. */
const ENTRIES_MAX = 1_000;

/** Clients of types that are understood, and the names of others. */
export async function clientViews(
  chain: RelayerChain,
  chains: ReadonlyMap<string, RelayerChain>,
): Promise<ClientView[]> {
  const found = await allPages(ENTRIES_MAX, async (pagination) => {
    const method = "/ibc.core.client.v1.Query/ClientStates";
    const request = [QueryClientStatesRequest, { pagination }] as const;
    const answer = await ask(chain.endpoint, method, request, QueryClientStatesResponse);
    return [answer.clientStates, answer.pagination];
  });
  return await Promise.all(found.map(async ({ clientId, clientState }): Promise<ClientView> => {
    const status = await queryClientStatus(chain.endpoint, clientId);
    const unknown = {
      chain: chain.name,
      clientId,
      clientType: clientId.replace(/-\d+$/, ""),
      followsChainId: "",
      follows: undefined,
      latestHeight: ZERO_HEIGHT,
      status,
      trustingPeriodMs: undefined,
      expiresNanos: undefined,
    };
    const read = clientState === undefined ? undefined : readClientState(clientState);
    if (read === undefined || !read.ok) return unknown;
    const { clientType, chainId, latestHeight, trustingPeriodNs } = read.value;
    const latest = await queryTrusted(chain.endpoint, clientId, latestHeight);
    const lasts = trustingPeriodNs === 0n || latest === undefined;
    return {
      ...unknown,
      clientType,
      followsChainId: chainId,
      follows: [...chains.values()].find(({ endpoint }) => endpoint.chainId === chainId)?.name,
      latestHeight,
      trustingPeriodMs: trustingPeriodNs === 0n ? undefined : Number(trustingPeriodNs / NANOS_PER_MS),
      expiresNanos: lasts ? undefined : latest.timestampNs + trustingPeriodNs,
    };
  }));
}

const endState = (name: string | undefined): EndState =>
  (name ?? "").replace(/^STATE_/, "").replace(/_UNSPECIFIED$/, "") as EndState;
const channelState = (state: ChannelState): EndState => endState(ChannelState[state]);
const connectionState = (state: ConnectionState): EndState => endState(ConnectionState[state]);

/** The path that has a connection of a chain. */
const pathOver = (paths: readonly PathRecord[], chain: string, connectionId: string | undefined) =>
  paths.find(({ a, b }) => [a, b].some((end) => end.chain === chain && end.connectionId === connectionId));

export async function connectionViews(chain: RelayerChain, paths: readonly PathRecord[]): Promise<ConnectionView[]> {
  const found = await allPages(ENTRIES_MAX, async (pagination) => {
    const method = "/ibc.core.connection.v1.Query/Connections";
    const request = [QueryConnectionsRequest, { pagination }] as const;
    const answer = await ask(chain.endpoint, method, request, QueryConnectionsResponse);
    return [answer.connections, answer.pagination];
  });
  return found.map(({ id, clientId, state, counterparty, delayPeriod }) => ({
    chain: chain.name,
    connectionId: id,
    clientId,
    state: connectionState(state),
    counterpartyClientId: counterparty.clientId,
    counterpartyConnectionId: counterparty.connectionId,
    delayNanos: delayPeriod,
    path: pathOver(paths, chain.name, id)?.id,
  }));
}

export async function channelViews(chain: RelayerChain, paths: readonly PathRecord[]): Promise<ChannelView[]> {
  const found = await allPages(ENTRIES_MAX, async (pagination) => {
    const method = "/ibc.core.channel.v1.Query/Channels";
    const answer = await ask(chain.endpoint, method, [QueryChannelsRequest, { pagination }], QueryChannelsResponse);
    return [answer.channels, answer.pagination];
  });
  return found.map(({ portId, channelId, state, ordering, version, connectionHops, counterparty }) => {
    const path = pathOver(paths, chain.name, connectionHops[0]);
    return {
      chain: chain.name,
      portId,
      channelId,
      state: channelState(state),
      order: ordering === Order.ORDER_ORDERED ? "ordered" : "unordered",
      version,
      connectionHops,
      counterpartyPortId: counterparty.portId,
      counterpartyChannelId: counterparty.channelId,
      counterpartyChain: farEnd(chain.name, connectionHops, paths),
      path: path?.id,
    };
  });
}

/** Where the connections of a channel lead; undefined when one of them is of no path. */
function farEnd(start: string, hops: readonly string[], paths: readonly PathRecord[]): string | undefined {
  let chain = start;
  for (const hop of hops) {
    const path = pathOver(paths, chain, hop);
    if (path === undefined) return undefined;
    chain = path.a.chain === chain ? path.b.chain : path.a.chain;
  }
  return chain;
}
