/** `ibc.core.connection.v1.Query`. @module */
import { Any } from "cosmjs-types/google/protobuf/any";
import { ConnectionEnd, Params } from "cosmjs-types/ibc/core/connection/v1/connection";
import {
  QueryClientConnectionsRequest,
  QueryClientConnectionsResponse,
  QueryConnectionClientStateRequest,
  QueryConnectionClientStateResponse,
  QueryConnectionConsensusStateRequest,
  QueryConnectionConsensusStateResponse,
  QueryConnectionParamsRequest,
  QueryConnectionRequest,
  QueryConnectionResponse,
  QueryConnectionsRequest,
  QueryConnectionsResponse,
} from "cosmjs-types/ibc/core/connection/v1/query";
import type { QueryContext, QueryHandler } from "../../../app/ports.ts";
import { encode, fields, messageCodec } from "../../../core/codec/mod.ts";
import { checkIdentifier, formatHeight, type IbcHeight } from "../../../core/ibc/mod.ts";
import { ok, type Result } from "../../../core/result.ts";
import { selfHeight } from "../client/light_client.ts";
import { at, invalid, NO_PROOF, notFound, pageOf } from "../query.ts";
import type { ConnectionKeeper } from "./keeper.ts";
import { clientStateKey, connectionId, CONNECTIONS_PREFIX, consensusStateKey, STORE } from "./keys.ts";

const SERVICE = "/ibc.core.connection.v1.Query/";

/** Of `cosmjs-types`, it has the parameters of clients inside. */
export const QueryConnectionParamsResponse = messageCodec("/ibc.core.connection.v1.QueryConnectionParamsResponse", {
  params: fields.message(1, Params),
});

/** Handlers by path. */
export function connectionQueries(keeper: ConnectionKeeper): QueryHandler[] {
  return [
    at(SERVICE + "Connection", QueryConnectionRequest, (context, request) => {
      const connection = find(keeper, context, request.connectionId);
      if (!connection.ok) return connection;
      const answer = { connection: connection.value, proof: NO_PROOF, proofHeight: selfHeight(context) };
      return ok(encode(QueryConnectionResponse, answer));
    }),
    at(SERVICE + "Connections", QueryConnectionsRequest, (context, { pagination }) => {
      const page = pageOf(context, CONNECTIONS_PREFIX, pagination);
      if (!page.ok) return page;
      const connections = page.value.entries.map(([key, value]) => ({
        id: connectionId(key),
        ...ConnectionEnd.decode(value),
      }));
      const answer = { connections, pagination: page.value.pagination, height: selfHeight(context) };
      return ok(encode(QueryConnectionsResponse, answer));
    }),
    at(SERVICE + "ClientConnections", QueryClientConnectionsRequest, (context, { clientId }) => {
      const checked = checkIdentifier("client", clientId);
      if (!checked.ok) return invalid(checked.error);
      const connectionPaths = keeper.clientConnections(context.view, clientId);
      if (connectionPaths === undefined) return notFound("clientConnectionsNotFound", clientId);
      const answer = { connectionPaths, proof: NO_PROOF, proofHeight: selfHeight(context) };
      return ok(encode(QueryClientConnectionsResponse, answer));
    }),
    at(SERVICE + "ConnectionClientState", QueryConnectionClientStateRequest, (context, request) => {
      const connection = find(keeper, context, request.connectionId);
      if (!connection.ok) return connection;
      const identifiedClientState = clientStateOf(context, connection.value.clientId);
      if (!identifiedClientState.ok) return identifiedClientState;
      const answer = {
        identifiedClientState: identifiedClientState.value,
        proof: NO_PROOF,
        proofHeight: selfHeight(context),
      };
      return ok(encode(QueryConnectionClientStateResponse, answer));
    }),
    at(SERVICE + "ConnectionConsensusState", QueryConnectionConsensusStateRequest, (context, request) => {
      const connection = find(keeper, context, request.connectionId);
      if (!connection.ok) return connection;
      const { clientId } = connection.value;
      const consensusState = consensusStateOf(context, clientId, request);
      if (!consensusState.ok) return consensusState;
      const answer = {
        consensusState: consensusState.value,
        clientId,
        proof: NO_PROOF,
        proofHeight: selfHeight(context),
      };
      return ok(encode(QueryConnectionConsensusStateResponse, answer));
    }),
    at(SERVICE + "ConnectionParams", QueryConnectionParamsRequest, ({ view }) => {
      return ok(encode(QueryConnectionParamsResponse, { params: keeper.params(view) }));
    }),
  ];
}

function find(keeper: ConnectionKeeper, { view }: QueryContext, connectionId: string): Result<ConnectionEnd> {
  const checked = checkIdentifier("connection", connectionId);
  if (!checked.ok) return invalid(checked.error);
  const connection = keeper.connection(view, connectionId);
  return connection === undefined ? notFound("connectionNotFound", connectionId) : ok(connection);
}

/** A client with its state as it is stored. */
export function clientStateOf(
  { view }: QueryContext,
  clientId: string,
): Result<{ clientId: string; clientState: Any }> {
  const bytes = view.get(STORE, clientStateKey(clientId));
  return bytes === undefined
    ? notFound("clientNotFound", `client-id: ${clientId}`)
    : ok({ clientId, clientState: Any.decode(bytes) });
}

/** A consensus state as it is stored. */
export function consensusStateOf({ view }: QueryContext, clientId: string, height: IbcHeight): Result<Any> {
  const bytes = view.get(STORE, consensusStateKey(clientId, height));
  return bytes === undefined
    ? notFound("consensusStateNotFound", `client-id: ${clientId}, height: ${formatHeight(height)}`)
    : ok(Any.decode(bytes));
}
