/** `ibc.applications.transfer.v1.Query`, of ibc-go v10 and, where names differ, of v8. @module */
import type { PageRequest, PageResponse } from "cosmjs-types/cosmos/base/query/v1beta1/pagination";
import type { Coin } from "cosmjs-types/cosmos/base/v1beta1/coin";
import {
  QueryDenomHashRequest,
  QueryDenomHashResponse,
  QueryDenomRequest,
  QueryDenomResponse,
  QueryDenomsRequest,
  QueryDenomsResponse,
  QueryEscrowAddressRequest,
  QueryEscrowAddressResponse,
  QueryParamsRequest,
  QueryParamsResponse,
  QueryTotalEscrowForDenomRequest,
  QueryTotalEscrowForDenomResponse,
} from "cosmjs-types/ibc/applications/transfer/v1/query";
import { Denom } from "cosmjs-types/ibc/applications/transfer/v1/token";
import type { QueryContext, QueryHandler } from "../../app/ports.ts";
import { isDenom } from "../../core/coins.ts";
import { sdkRefusal } from "../../core/errors.ts";
import {
  checkIdentifier,
  denomHash,
  denomPath,
  escrowAddress,
  hashOfDenom,
  parseDenom,
  type TransferDenom,
  validateDenom,
} from "../../core/ibc/mod.ts";
import { paginate } from "../../core/pagination.ts";
import { queryService } from "../../core/query.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { StateReader } from "../../state/view.ts";
import { compareDenoms } from "./_order.ts";
import type { TransferKeeper } from "./keeper.ts";
import { DENOM_PREFIX, STORE } from "./keys.ts";
import {
  QueryDenomTraceRequestCodec,
  QueryDenomTraceResponseCodec,
  QueryDenomTracesRequestCodec,
  QueryDenomTracesResponseCodec,
} from "./types.ts";

/** Longest request, in bytes: a path of the longest denom fits. */
const REQUEST_BYTES_MAX = 32_768;
const SERVICE = "/ibc.applications.transfer.v1.Query/";

const invalid = (detail: string) => err(sdkRefusal("invalidRequest", detail));
const notFound = (what: string) => err(sdkRefusal("keyNotFound", `${what.slice(0, 200)}: denomination not found`));

const at = queryService<QueryContext>(SERVICE, REQUEST_BYTES_MAX);

/** Handlers by path. */
export function transferQueries(keeper: TransferKeeper): QueryHandler[] {
  return [
    at("Params", QueryParamsRequest, QueryParamsResponse, ({ view }) => ok({ params: keeper.params(view) })),
    at("Denom", QueryDenomRequest, QueryDenomResponse, ({ view }, { hash }) => {
      const denom = denomOf(keeper, view, hash);
      return denom.ok ? ok({ denom: generated(denom.value) }) : denom;
    }),
    at("Denoms", QueryDenomsRequest, QueryDenomsResponse, ({ view }, { pagination }) => denomsOf(view, pagination)),
    at("DenomTrace", QueryDenomTraceRequestCodec, QueryDenomTraceResponseCodec, ({ view }, { hash }) => {
      const denom = denomOf(keeper, view, hash);
      return denom.ok ? ok({ denomTrace: traceOf(denom.value) }) : denom;
    }),
    at("DenomTraces", QueryDenomTracesRequestCodec, QueryDenomTracesResponseCodec, ({ view }, request) => {
      const page = denomsOf(view, request.pagination);
      if (!page.ok) return page;
      return ok({ denomTraces: page.value.denoms.map(traceOf), pagination: page.value.pagination });
    }),
    at("DenomHash", QueryDenomHashRequest, QueryDenomHashResponse, ({ view }, { trace }) => {
      const denom = validateDenom(parseDenom(trace));
      if (!denom.ok) return invalid(denom.error.message);
      const name = denomHash(trace);
      return keeper.denom(view, hashOfDenom(name)!) === undefined
        ? notFound(trace)
        : ok({ hash: name.slice("ibc/".length) });
    }),
    at("EscrowAddress", QueryEscrowAddressRequest, QueryEscrowAddressResponse, ({ view }, end) => {
      const ids = [checkIdentifier("port", end.portId), checkIdentifier("channel", end.channelId)];
      const wrong = ids.find((id) => !id.ok);
      if (wrong?.ok === false) return invalid(wrong.error.message);
      if (keeper.channels.channel(view, end) === undefined) {
        const detail = `port ID (${end.portId}) channel ID (${end.channelId}): channel not found`;
        return err(sdkRefusal("keyNotFound", detail));
      }
      return ok({ escrowAddress: keeper.codec.of(escrowAddress(end.portId, end.channelId)).text });
    }),
    at(
      "TotalEscrowForDenom",
      QueryTotalEscrowForDenomRequest,
      QueryTotalEscrowForDenomResponse,
      ({ view }, { denom }): Result<{ amount: Coin }> =>
        isDenom(denom)
          ? ok({ amount: { denom, amount: keeper.totalEscrow(view, denom).toString() } })
          : invalid(`invalid denom: ${denom.slice(0, 128)}`),
    ),
  ];
}

/** `text` is a hash in hexadecimal, with or without `ibc/`. */
function denomOf(keeper: TransferKeeper, view: StateReader, text: string): Result<TransferDenom> {
  const hash = hashOfDenom(text.startsWith("ibc/") ? text : `ibc/${text}`);
  if (hash === undefined) return invalid(`invalid denom trace hash: ${text.slice(0, 100)}`);
  const denom = keeper.denom(view, hash);
  return denom === undefined ? notFound(text) : ok(denom);
}

function denomsOf(
  view: StateReader,
  request: PageRequest | undefined,
): Result<{ denoms: Denom[]; pagination: PageResponse }> {
  const page = paginate((range) => view.page(STORE, range), DENOM_PREFIX, request);
  if (!page.ok) return page;
  const denoms = page.value.entries.map(([, value]) => Denom.decode(value)).sort(compareDenoms);
  return ok({ denoms, pagination: page.value.pagination });
}

const generated = ({ base, trace }: TransferDenom): Denom => ({ base, trace: [...trace] });

/** A denom as ibc-go v8 tells it: its hops as a path, and its base. */
const traceOf = (denom: TransferDenom) => ({
  path: denomPath({ base: "", trace: denom.trace }).slice(0, -1),
  baseDenom: denom.base,
});
