/** What the worker asks chains about channels and packets: the gRPC queries of ICS-04, with their answers checked. @module */
import type { Channel, IdentifiedChannel } from "cosmjs-types/ibc/core/channel/v1/channel";
import {
  QueryChannelRequest,
  QueryChannelResponse,
  QueryConnectionChannelsRequest,
  QueryConnectionChannelsResponse,
  QueryPacketCommitmentsRequest,
  QueryPacketCommitmentsResponse,
  QueryUnreceivedAcksRequest,
  QueryUnreceivedAcksResponse,
  QueryUnreceivedPacketsRequest,
  QueryUnreceivedPacketsResponse,
} from "cosmjs-types/ibc/core/channel/v1/query";
import { PageRequest, type PageResponse } from "cosmjs-types/cosmos/base/query/v1beta1/pagination";
import { encode, type MessageCodec } from "../../node/core/codec/mod.ts";
import { chainFault, chainFaultCode, type Endpoint } from "../chain/mod.ts";

/** Sequences in one question. */
export const SEQUENCES_MAX = 200;

/** Entries of one page of a listing. */
const PAGE = 100n;

/** Asks, about the state after block `height` or the latest, and decodes. */
export async function ask<Request, Response>(
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

/** The pages of a listing joined, at most `max` entries: what is beyond is not looked at. */
export async function allPages<T>(
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

/** A channel end; undefined when there is none. */
export async function queryChannel(
  endpoint: Endpoint,
  portId: string,
  channelId: string,
): Promise<Channel | undefined> {
  try {
    const method = "/ibc.core.channel.v1.Query/Channel";
    return (await ask(endpoint, method, [QueryChannelRequest, { portId, channelId }], QueryChannelResponse)).channel;
  } catch (error) {
    if (chainFaultCode(error) === "chain_refused") return undefined;
    throw error;
  }
}

/** Channels over a connection (their first hop), at most `max`, after block `height` or now. */
export function queryConnectionChannels(
  endpoint: Endpoint,
  connection: string,
  max: number,
  height?: bigint,
): Promise<IdentifiedChannel[]> {
  const method = "/ibc.core.channel.v1.Query/ConnectionChannels";
  return allPages(max, async (pagination) => {
    const request = [QueryConnectionChannelsRequest, { connection, pagination }] as const;
    const answer = await ask(endpoint, method, request, QueryConnectionChannelsResponse, height);
    return [answer.channels, answer.pagination];
  });
}

/** One page of the sequences that the end still commits to. */
export async function queryCommitments(
  endpoint: Endpoint,
  portId: string,
  channelId: string,
  key: Uint8Array,
  limit: number,
): Promise<{ readonly sequences: readonly bigint[]; readonly nextKey: Uint8Array }> {
  const pagination = PageRequest.fromPartial({ key, limit: BigInt(limit) });
  const answer = await ask(
    endpoint,
    "/ibc.core.channel.v1.Query/PacketCommitments",
    [QueryPacketCommitmentsRequest, { portId, channelId, pagination }],
    QueryPacketCommitmentsResponse,
  );
  return {
    sequences: answer.commitments.slice(0, limit).map(({ sequence }) => sequence),
    nextKey: answer.pagination?.nextKey ?? new Uint8Array(),
  };
}

/** Those of `sequences` that the destination has not received. */
export async function queryUnreceived(
  endpoint: Endpoint,
  portId: string,
  channelId: string,
  sequences: readonly bigint[],
): Promise<ReadonlySet<bigint>> {
  const request = { portId, channelId, packetCommitmentSequences: [...sequences] };
  const method = "/ibc.core.channel.v1.Query/UnreceivedPackets";
  const answer = await ask(endpoint, method, [QueryUnreceivedPacketsRequest, request], QueryUnreceivedPacketsResponse);
  return new Set(answer.sequences);
}

/** Those of `sequences` that the source still commits to. */
export async function queryCommitted(
  endpoint: Endpoint,
  portId: string,
  channelId: string,
  sequences: readonly bigint[],
): Promise<ReadonlySet<bigint>> {
  const request = { portId, channelId, packetAckSequences: [...sequences] };
  const method = "/ibc.core.channel.v1.Query/UnreceivedAcks";
  const answer = await ask(endpoint, method, [QueryUnreceivedAcksRequest, request], QueryUnreceivedAcksResponse);
  return new Set(answer.sequences);
}
