/** What handshakes ask chains: lists of clients, connections and channels, at one height. @module */
import type { IdentifiedChannel } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { IdentifiedClientState } from "cosmjs-types/ibc/core/client/v1/client";
import { QueryClientStatesRequest, QueryClientStatesResponse } from "cosmjs-types/ibc/core/client/v1/query";
import {
  QueryClientConnectionsRequest,
  QueryClientConnectionsResponse,
  QueryConnectionRequest,
  QueryConnectionResponse,
} from "cosmjs-types/ibc/core/connection/v1/query";
import { QueryParamsRequest, QueryParamsResponse } from "cosmjs-types/cosmos/staking/v1beta1/query";
import { durationToNanos } from "../../node/core/time.ts";
import { chainFaultCode, type Endpoint } from "../chain/mod.ts";
import type { FoundConnection } from "../path/mod.ts";
import { allPages, ask, queryConnectionChannels } from "./queries.ts";

/** What is beyond is not looked at. */
const CONNECTIONS_MAX = 200;
const CHANNELS_MAX = 2_000;
const CLIENTS_MAX = 2_000;

/** Connections over a client, after block `height`. A client nobody has used has none. */
export async function queryConnections(
  endpoint: Endpoint,
  clientId: string,
  height: bigint,
): Promise<FoundConnection[]> {
  const method = "/ibc.core.connection.v1.Query/ClientConnections";
  let ids: readonly string[];
  try {
    const request = [QueryClientConnectionsRequest, { clientId }] as const;
    ids = (await ask(endpoint, method, request, QueryClientConnectionsResponse, height)).connectionPaths;
  } catch (error) {
    if (chainFaultCode(error) === "chain_refused" && /not found/i.test((error as Error).message)) return [];
    throw error;
  }
  // The latest are most likely ours.
  const found = await Promise.all(
    ids.slice(-CONNECTIONS_MAX).map(async (path): Promise<FoundConnection[]> => {
      const id = path.split("/").at(-1)!;
      const request = [QueryConnectionRequest, { connectionId: id }] as const;
      const one = "/ibc.core.connection.v1.Query/Connection";
      const { connection } = await ask(endpoint, one, request, QueryConnectionResponse, height);
      return connection === undefined ? [] : [{ id, connection }];
    }),
  );
  return found.flat();
}

/** Channels over a connection (its first hop), after block `height`. */
export const queryChannels = (
  endpoint: Endpoint,
  connection: string,
  height: bigint,
): Promise<IdentifiedChannel[]> => queryConnectionChannels(endpoint, connection, CHANNELS_MAX, height);

/** Clients of a chain. */
export function queryClients(endpoint: Endpoint): Promise<IdentifiedClientState[]> {
  const method = "/ibc.core.client.v1.Query/ClientStates";
  return allPages(CLIENTS_MAX, async (pagination) => {
    const answer = await ask(endpoint, method, [QueryClientStatesRequest, { pagination }], QueryClientStatesResponse);
    return [answer.clientStates, answer.pagination];
  });
}

/** The unbonding period, in nanoseconds; undefined where the chain has no staking. */
export async function queryUnbonding(endpoint: Endpoint): Promise<bigint | undefined> {
  const method = "/cosmos.staking.v1beta1.Query/Params";
  try {
    const { params } = await ask(endpoint, method, [QueryParamsRequest, {}], QueryParamsResponse);
    return durationToNanos(params.unbondingTime);
  } catch (error) {
    if (chainFaultCode(error) === "chain_refused") return undefined;
    throw error;
  }
}
