/** `ibc.core.client.v1.Query`. @module */
import { Any } from "cosmjs-types/google/protobuf/any";
import {
  QueryClientCreatorRequest,
  QueryClientCreatorResponse,
  QueryClientParamsRequest,
  QueryClientParamsResponse,
  QueryClientStateRequest,
  QueryClientStateResponse,
  QueryClientStatesRequest,
  QueryClientStatesResponse,
  QueryClientStatusRequest,
  QueryClientStatusResponse,
  QueryConsensusStateHeightsRequest,
  QueryConsensusStateHeightsResponse,
  QueryConsensusStateRequest,
  QueryConsensusStateResponse,
  QueryConsensusStatesRequest,
  QueryConsensusStatesResponse,
  QueryUpgradedClientStateRequest,
  QueryUpgradedConsensusStateRequest,
} from "cosmjs-types/ibc/core/client/v1/query";
import type { QueryContext, QueryHandler } from "../../../app/ports.ts";
import { encode, type MessageCodec } from "../../../core/codec/mod.ts";
import { checkIdentifier, formatHeight, type IbcHeight } from "../../../core/ibc/mod.ts";
import { invariant } from "../../../core/invariant.ts";
import { paginate } from "../../../core/pagination.ts";
import { ok, type Result } from "../../../core/result.ts";
import { at as handlerAt, invalid, NO_PROOF, notFound } from "../query.ts";
import { readClientKey, splitClientKey } from "./client_key.ts";
import type { ClientKeeper } from "./keeper.ts";
import { CLIENTS_PREFIX, consensusStatesKey } from "./keys.ts";
import { selfHeight } from "./light_client.ts";
import { clientStateRange, consensusStateRange } from "./ranges.ts";
import { readOnly } from "./read_only.ts";
import { verifyMembershipQuery } from "./query_verify_membership.ts";

const SERVICE = "/ibc.core.client.v1.Query/";

/** A handler of this service. */
const at = <T>(
  method: string,
  codec: MessageCodec<T>,
  handle: (context: QueryContext, request: T) => Result<Uint8Array>,
): QueryHandler => handlerAt(SERVICE + method, codec, handle);

/** As {@linkcode at}, for requests that name a client. */
const ofClient = <T extends { clientId: string }>(
  method: string,
  codec: MessageCodec<T>,
  handle: (context: QueryContext, request: T) => Result<Uint8Array>,
): QueryHandler =>
  at(method, codec, (context, request) => {
    const id = checkIdentifier("client", request.clientId);
    return id.ok ? handle(context, request) : invalid(id.error);
  });

/** Handlers by path. */
export function clientQueries(keeper: ClientKeeper): QueryHandler[] {
  return [
    ofClient("ClientState", QueryClientStateRequest, (context, { clientId }) => {
      const bytes = keeper.clientState(context.view, clientId);
      if (bytes === undefined) return notFound("clientNotFound", clientId);
      return ok(encode(QueryClientStateResponse, { clientState: Any.decode(bytes), ...proofAt(context) }));
    }),
    at("ClientStates", QueryClientStatesRequest, clientStates),
    ofClient("ConsensusState", QueryConsensusStateRequest, (context, request) => {
      return consensusState(keeper, context, request);
    }),
    ofClient("ConsensusStates", QueryConsensusStatesRequest, ({ view }, { clientId, pagination: request }) => {
      const page = paginate(consensusStateRange(view, clientId), consensusStatesKey(clientId), request);
      if (!page.ok) return page;
      const { entries, pagination } = page.value;
      const consensusStates = entries.map(([key, value]) => ({
        height: heightOf(key),
        consensusState: Any.decode(value),
      }));
      return ok(encode(QueryConsensusStatesResponse, { consensusStates, pagination }));
    }),
    ofClient("ConsensusStateHeights", QueryConsensusStateHeightsRequest, ({ view }, request) => {
      const { clientId, pagination: asked } = request;
      const page = paginate(consensusStateRange(view, clientId), consensusStatesKey(clientId), asked);
      if (!page.ok) return page;
      const { entries, pagination } = page.value;
      const consensusStateHeights = entries.map(([key]) => heightOf(key));
      return ok(encode(QueryConsensusStateHeightsResponse, { consensusStateHeights, pagination }));
    }),
    ofClient("ClientStatus", QueryClientStatusRequest, (context, { clientId }) => {
      return ok(encode(QueryClientStatusResponse, { status: keeper.status(readOnly(context), clientId) }));
    }),
    at("ClientParams", QueryClientParamsRequest, ({ view }) => {
      return ok(encode(QueryClientParamsResponse, { params: keeper.params(view) }));
    }),
    ofClient("ClientCreator", QueryClientCreatorRequest, ({ view }, { clientId }) => {
      const creator = keeper.creator(view, clientId)?.text ?? "";
      return ok(encode(QueryClientCreatorResponse, { creator }));
    }),
    // This chain has no way to commit to an upgrade of its own, so there never is one.
    at(
      "UpgradedClientState",
      QueryUpgradedClientStateRequest,
      () => notFound("clientNotFound", "no upgrade is planned"),
    ),
    at("UpgradedConsensusState", QueryUpgradedConsensusStateRequest, ({ height }) => {
      return notFound("consensusStateNotFound", `no upgrade is planned, height ${height}`);
    }),
    verifyMembershipQuery(keeper),
  ];
}

const proofAt = (context: QueryContext) => ({ proof: NO_PROOF, proofHeight: selfHeight(context) });

/** The height in a key of a consensus state. */
function heightOf(key: Uint8Array): IbcHeight {
  const about = readClientKey(key);
  invariant(about?.kind === "consensus", "read consensus states: a key is of something else");
  return about.height;
}

function clientStates({ view }: QueryContext, { pagination: request }: QueryClientStatesRequest): Result<Uint8Array> {
  const page = paginate(clientStateRange(view), CLIENTS_PREFIX, request);
  if (!page.ok) return page;
  const { entries, pagination } = page.value;
  const clientStates = entries.map(([key, value]) => ({
    clientId: splitClientKey(key)!.id,
    clientState: Any.decode(value),
  })).sort((a, b) => (a.clientId < b.clientId ? -1 : 1));
  return ok(encode(QueryClientStatesResponse, { clientStates, pagination }));
}

function consensusState(
  keeper: ClientKeeper,
  context: QueryContext,
  request: QueryConsensusStateRequest,
): Result<Uint8Array> {
  const { clientId, revisionNumber, revisionHeight, latestHeight } = request;
  if (!latestHeight && revisionHeight === 0n) return invalid({ message: "consensus state height cannot be 0" });
  const height = latestHeight ? keeper.latestHeight(readOnly(context), clientId) : { revisionNumber, revisionHeight };
  const bytes = keeper.consensusState(context.view, clientId, height);
  if (bytes === undefined) {
    return notFound("consensusStateNotFound", `client-id: ${clientId}, height: ${formatHeight(height)}`);
  }
  return ok(encode(QueryConsensusStateResponse, { consensusState: Any.decode(bytes), ...proofAt(context) }));
}
