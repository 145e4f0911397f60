/** `ibc.core.channel.v1.Query`: channels and the clients under them. @module */
import { Channel, type IdentifiedChannel } from "cosmjs-types/ibc/core/channel/v1/channel";
import {
  QueryChannelClientStateRequest,
  QueryChannelClientStateResponse,
  QueryChannelConsensusStateRequest,
  QueryChannelConsensusStateResponse,
  QueryChannelRequest,
  QueryChannelResponse,
  QueryChannelsRequest,
  QueryChannelsResponse,
  QueryConnectionChannelsRequest,
  QueryConnectionChannelsResponse,
} from "cosmjs-types/ibc/core/channel/v1/query";
import type { ChannelEnd, QueryContext, QueryHandler } from "../../../app/ports.ts";
import { encode } from "../../../core/codec/mod.ts";
import { checkIdentifier } from "../../../core/ibc/mod.ts";
import { ok, type Result } from "../../../core/result.ts";
import { selfHeight } from "../client/light_client.ts";
import { clientStateOf, consensusStateOf } from "../connection/query.ts";
import { at, invalid, NO_PROOF, notFound, pageOf } from "../query.ts";
import { filteredPage } from "./filtered_page.ts";
import type { ChannelKeeper } from "./keeper.ts";
import { PREFIXES, splitKey, STORE } from "./keys.ts";

/** Path of the service. */
export const SERVICE = "/ibc.core.channel.v1.Query/";

/** Handlers by path. */
export function channelEndQueries(keeper: ChannelKeeper): QueryHandler[] {
  return [
    at(SERVICE + "Channel", QueryChannelRequest, (context, request) => {
      const channel = find(keeper, context, request);
      if (!channel.ok) return channel;
      const answer = { channel: channel.value, proof: NO_PROOF, proofHeight: selfHeight(context) };
      return ok(encode(QueryChannelResponse, answer));
    }),
    at(SERVICE + "Channels", QueryChannelsRequest, (context, { pagination }) => {
      const page = pageOf(context, PREFIXES.channels, pagination);
      if (!page.ok) return page;
      const channels = page.value.entries.map(([key, value]) => identified(key, Channel.decode(value)));
      const answer = { channels, pagination: page.value.pagination, height: selfHeight(context) };
      return ok(encode(QueryChannelsResponse, answer));
    }),
    at(SERVICE + "ConnectionChannels", QueryConnectionChannelsRequest, (context, { connection, pagination }) => {
      const checked = checkIdentifier("connection", connection);
      if (!checked.ok) return invalid(checked.error);
      const page = filteredPage(
        (range) => context.view.page(STORE, range),
        PREFIXES.channels,
        pagination,
        (key, value) => {
          const channel = Channel.decode(value);
          return channel.connectionHops[0] === connection ? identified(key, channel) : undefined;
        },
      );
      if (!page.ok) return page;
      const answer = { channels: page.value.items, pagination: page.value.pagination, height: selfHeight(context) };
      return ok(encode(QueryConnectionChannelsResponse, answer));
    }),
    at(SERVICE + "ChannelClientState", QueryChannelClientStateRequest, (context, request) => {
      const clientId = clientIdOf(keeper, context, request);
      if (!clientId.ok) return clientId;
      const state = clientStateOf(context, clientId.value);
      if (!state.ok) return state;
      const answer = { identifiedClientState: state.value, proof: NO_PROOF, proofHeight: selfHeight(context) };
      return ok(encode(QueryChannelClientStateResponse, answer));
    }),
    at(SERVICE + "ChannelConsensusState", QueryChannelConsensusStateRequest, (context, request) => {
      const clientId = clientIdOf(keeper, context, request);
      if (!clientId.ok) return clientId;
      const state = consensusStateOf(context, clientId.value, request);
      if (!state.ok) return state;
      const answer = {
        consensusState: state.value,
        clientId: clientId.value,
        proof: NO_PROOF,
        proofHeight: selfHeight(context),
      };
      return ok(encode(QueryChannelConsensusStateResponse, answer));
    }),
  ];
}

/** The channel of an end that a request names. */
export function find(keeper: ChannelKeeper, { view }: QueryContext, end: ChannelEnd): Result<Channel> {
  const checked = checkEnd(end);
  if (!checked.ok) return checked;
  const channel = keeper.channel(view, end);
  return channel === undefined
    ? notFound("channelNotFound", `port-id: ${end.portId}, channel-id: ${end.channelId}`)
    : ok(channel);
}

/** Refused unless both identifiers are possible: they become keys. */
export function checkEnd({ portId, channelId }: ChannelEnd): Result<undefined> {
  const port = checkIdentifier("port", portId);
  if (!port.ok) return invalid(port.error);
  const channel = checkIdentifier("channel", channelId);
  return channel.ok ? ok(undefined) : invalid(channel.error);
}

function identified(key: Uint8Array, channel: Channel): IdentifiedChannel {
  const { portId, channelId } = splitKey(key);
  return { ...channel, portId, channelId };
}

/** The client under the first connection of a channel. */
function clientIdOf(keeper: ChannelKeeper, context: QueryContext, end: ChannelEnd): Result<string> {
  const channel = find(keeper, context, end);
  if (!channel.ok) return channel;
  const connectionId = channel.value.connectionHops[0]!;
  const connection = keeper.connections.connection(context.view, connectionId);
  return connection === undefined
    ? notFound("connectionNotFound", `connection-id: ${connectionId}`)
    : ok(connection.clientId);
}
