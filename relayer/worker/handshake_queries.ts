/** What handshakes ask chains: lists of clients, connections and channels, at one height. @module */
import type { IdentifiedChannel } from "cosmjs-types/ibc/core/channel/v1/channel";
import {
  QueryConnectionChannelsRequest,
  QueryConnectionChannelsResponse,
} from "cosmjs-types/ibc/core/channel/v1/query";
import type { IdentifiedClientState } from "cosmjs-types/ibc/core/client/v1/client";
import { QueryClientStatesRequest, QueryClientStatesResponse } from "cosmjs-types/ibc/core/client/v1/query";
import {
  QueryClientConnectionsRequest,
  QueryClientConnectionsResponse,
  QueryConnectionRequest,
  QueryConnectionResponse,
} from "cosmjs-types/ibc/core/connection/v1/query";
import { PageRequest, type PageResponse } from "cosmjs-types/cosmos/base/query/v1beta1/pagination";
import { QueryParamsRequest, QueryParamsResponse } from "cosmjs-types/cosmos/staking/v1beta1/query";
import { encode, type MessageCodec } from "../../node/core/codec/mod.ts";
import { chainFault, chainFaultCode, type Endpoint } from "../chain/mod.ts";
import type { FoundConnection } from "../path/mod.ts";

/** Entries of one page, and of all pages: what is beyond is not looked at. */
const PAGE = 100n;
const CONNECTIONS_MAX = 200;
const CHANNELS_MAX = 2_000;
const CLIENTS_MAX = 2_000;

async function ask<Request, Response>(
  endpoint: Endpoint,
  method: string,
  [requestCodec, request]: readonly [MessageCodec<Request>, Request],
  responseCodec: MessageCodec<Response>,
  height?: bigint,
): Promise<Response> {
  const bytes = await endpoint.query(method, encode(requestCodec, request), height);
  try {
    return responseCodec.decode(bytes);
  } catch (cause) {
    throw chainFault("chain_bad_answer", `ask ${endpoint.chainId} for ${method}`, "its answer does not decode", cause);
  }
}

/** Pages joined. */
async function pages<T>(
  max: number,
  read: (pagination: PageRequest) => Promise<readonly [items: readonly T[], page: PageResponse | undefined]>,
): Promise<T[]> {
  const found: T[] = [];
  let key: Uint8Array = new Uint8Array();
  do {
    const [items, page] = await read(PageRequest.fromPartial({ key, limit: PAGE }));
    found.push(...items);
    key = page?.nextKey ?? new Uint8Array();
  } while (key.length > 0 && found.length < max);
  return found.slice(0, max);
}

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
export function queryChannels(endpoint: Endpoint, connection: string, height: bigint): Promise<IdentifiedChannel[]> {
  const method = "/ibc.core.channel.v1.Query/ConnectionChannels";
  return pages(CHANNELS_MAX, async (pagination) => {
    const request = [QueryConnectionChannelsRequest, { connection, pagination }] as const;
    const answer = await ask(endpoint, method, request, QueryConnectionChannelsResponse, height);
    return [answer.channels, answer.pagination];
  });
}

/** Clients of a chain. */
export function queryClients(endpoint: Endpoint): Promise<IdentifiedClientState[]> {
  const method = "/ibc.core.client.v1.Query/ClientStates";
  return pages(CLIENTS_MAX, async (pagination) => {
    const answer = await ask(endpoint, method, [QueryClientStatesRequest, { pagination }], QueryClientStatesResponse);
    return [answer.clientStates, answer.pagination];
  });
}

const NANOS = 1_000_000_000n;

/** The unbonding period, in nanoseconds; undefined where the chain has no staking. */
export async function queryUnbonding(endpoint: Endpoint): Promise<bigint | undefined> {
  const method = "/cosmos.staking.v1beta1.Query/Params";
  try {
    const { params } = await ask(endpoint, method, [QueryParamsRequest, {}], QueryParamsResponse);
    const { seconds, nanos } = params.unbondingTime;
    return seconds * NANOS + BigInt(nanos);
  } catch (error) {
    if (chainFaultCode(error) === "chain_refused") return undefined;
    throw error;
  }
}
