/** `cosmos.bank.v1beta1.Query`. @module */
import { Metadata } from "cosmjs-types/cosmos/bank/v1beta1/bank";
import {
  QueryAllBalancesRequest,
  QueryAllBalancesResponse,
  QueryBalanceRequest,
  QueryBalanceResponse,
  QueryDenomMetadataRequest,
  QueryDenomMetadataResponse,
  QueryDenomOwnersRequest,
  QueryDenomOwnersResponse,
  QueryDenomsMetadataRequest,
  QueryDenomsMetadataResponse,
  QueryParamsResponse,
  QuerySendEnabledRequest,
  QuerySendEnabledResponse,
  QuerySpendableBalanceByDenomRequest,
  QuerySpendableBalanceByDenomResponse,
  QuerySpendableBalancesRequest,
  QuerySpendableBalancesResponse,
  QuerySupplyOfRequest,
  QuerySupplyOfResponse,
  QueryTotalSupplyRequest,
  QueryTotalSupplyResponse,
} from "cosmjs-types/cosmos/bank/v1beta1/query";
import type { PageRequest, PageResponse } from "cosmjs-types/cosmos/base/query/v1beta1/pagination";
import type { Coin } from "cosmjs-types/cosmos/base/v1beta1/coin";
import type { Address, QueryContext, QueryHandler } from "../../app/ports.ts";
import { isDenom } from "../../core/coins.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { paginate } from "../../core/pagination.ts";
import { queryService } from "../../core/query.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { metadataNotFound } from "./errors.ts";
import type { BankKeeper } from "./keeper.ts";
import {
  balancesPrefix,
  holdersPrefix,
  METADATA_PREFIX,
  SEND_ENABLED_PREFIX,
  sendEnabledKey,
  STORE,
  SUPPLY_PREFIX,
} from "./keys.ts";
import { decodeAmount } from "./types.ts";

/** Longest request, in bytes. */
const REQUEST_BYTES_MAX = 4096;
const SERVICE = "/cosmos.bank.v1beta1.Query/";

const at = queryService<QueryContext>(SERVICE, REQUEST_BYTES_MAX);

/** Handlers by path. */
export function bankQueries(keeper: BankKeeper): QueryHandler[] {
  return [
    at("Balance", QueryBalanceRequest, QueryBalanceResponse, (context, { address, denom }) => {
      const balance = balanceOf(keeper, context, address, denom);
      return balance.ok ? ok({ balance: balance.value }) : balance;
    }),
    at(
      "SpendableBalanceByDenom",
      QuerySpendableBalanceByDenomRequest,
      QuerySpendableBalanceByDenomResponse,
      (context, { address, denom }) => {
        const balance = balanceOf(keeper, context, address, denom);
        return balance.ok ? ok({ balance: balance.value }) : balance;
      },
    ),
    at(
      "AllBalances",
      QueryAllBalancesRequest,
      QueryAllBalancesResponse,
      (context, { address, pagination }) => balancesOf(keeper, context, address, pagination),
    ),
    at(
      "SpendableBalances",
      QuerySpendableBalancesRequest,
      QuerySpendableBalancesResponse,
      (context, { address, pagination }) => balancesOf(keeper, context, address, pagination),
    ),
    at("TotalSupply", QueryTotalSupplyRequest, QueryTotalSupplyResponse, (context, { pagination }) => {
      const page = coinsUnder(context, SUPPLY_PREFIX, pagination);
      if (!page.ok) return page;
      const { balances: supply, pagination: next } = page.value;
      return ok({ supply, pagination: next });
    }),
    at("SupplyOf", QuerySupplyOfRequest, QuerySupplyOfResponse, ({ view }, { denom }) => {
      if (!isDenom(denom)) return badDenom(denom);
      const amount = { denom, amount: keeper.supply(view, denom).toString() };
      return ok({ amount });
    }),
    { path: SERVICE + "Params", handle: ({ view }) => ok(encodeParams(keeper, view)) },
    at("DenomMetadata", QueryDenomMetadataRequest, QueryDenomMetadataResponse, ({ view }, { denom }) => {
      if (!isDenom(denom)) return badDenom(denom);
      const metadata = keeper.metadata(view, denom);
      return metadata === undefined ? err(metadataNotFound(denom)) : ok({ metadata });
    }),
    at("DenomsMetadata", QueryDenomsMetadataRequest, QueryDenomsMetadataResponse, ({ view }, request) => {
      const page = paginate((range) => view.page(STORE, range), METADATA_PREFIX, request.pagination);
      if (!page.ok) return page;
      const metadatas = page.value.entries.map(([, value]) => Metadata.decode(value));
      return ok({ metadatas, pagination: page.value.pagination });
    }),
    at(
      "DenomOwners",
      QueryDenomOwnersRequest,
      QueryDenomOwnersResponse,
      (context, request) => owners(keeper, context, request),
    ),
    at("SendEnabled", QuerySendEnabledRequest, QuerySendEnabledResponse, sendEnabled),
  ];
}

const encodeParams = (keeper: BankKeeper, view: QueryContext["view"]) =>
  QueryParamsResponse.encode({ params: keeper.params(view) }).finish();

const badDenom = (denom: string) => err(sdkRefusal("invalidRequest", `invalid denom: ${denom.slice(0, 128)}`));

function addressOf(keeper: BankKeeper, text: string): Result<Address> {
  if (text === "") return err(sdkRefusal("invalidRequest", "empty address"));
  const address = keeper.codec.parse(text);
  return address === undefined
    ? err(sdkRefusal("invalidAddress", `decode address ${text.slice(0, 100)}`))
    : ok(address);
}

function balanceOf(keeper: BankKeeper, { view }: QueryContext, text: string, denom: string): Result<Coin> {
  const address = addressOf(keeper, text);
  if (!address.ok) return address;
  if (!isDenom(denom)) return badDenom(denom);
  return ok({ denom, amount: keeper.balance(view, address.value.bytes, denom).toString() });
}

type CoinPage = { balances: Coin[]; pagination: PageResponse };

function balancesOf(
  keeper: BankKeeper,
  context: QueryContext,
  text: string,
  request: PageRequest | undefined,
): Result<CoinPage> {
  const address = addressOf(keeper, text);
  return address.ok ? coinsUnder(context, balancesPrefix(address.value.bytes), request) : address;
}

/** Entries whose keys end in the denom and whose values are amounts. */
function coinsUnder({ view }: QueryContext, prefix: Uint8Array, request: PageRequest | undefined): Result<CoinPage> {
  const page = paginate((range) => view.page(STORE, range), prefix, request);
  if (!page.ok) return page;
  const decoder = new TextDecoder();
  const balances = page.value.entries.map(([key, value]) => ({
    denom: decoder.decode(key.subarray(prefix.length)),
    amount: decodeAmount(value).toString(),
  }));
  return ok({ balances, pagination: page.value.pagination });
}

function owners(
  keeper: BankKeeper,
  { view }: QueryContext,
  { denom, pagination }: QueryDenomOwnersRequest,
): Result<QueryDenomOwnersResponse> {
  if (!isDenom(denom)) return badDenom(denom);
  const prefix = holdersPrefix(denom);
  const page = paginate((range) => view.page(STORE, range), prefix, pagination);
  if (!page.ok) return page;
  const denomOwners = page.value.entries.map(([key]) => {
    const address = keeper.codec.of(key.slice(prefix.length + 1));
    const amount = keeper.balance(view, address.bytes, denom).toString();
    return { address: address.text, balance: { denom, amount } };
  });
  return ok({ denomOwners, pagination: page.value.pagination });
}

function sendEnabled(
  { view }: QueryContext,
  request: QuerySendEnabledRequest,
): Result<QuerySendEnabledResponse> {
  if (request.denoms.length > 0) {
    const listed: { denom: string; enabled: boolean }[] = [];
    for (const denom of request.denoms) {
      if (!isDenom(denom)) return badDenom(denom);
      const entry = view.get(STORE, sendEnabledKey(denom));
      if (entry !== undefined) listed.push({ denom, enabled: entry[0] === 1 });
    }
    return ok({ sendEnabled: listed });
  }
  const page = paginate((range) => view.page(STORE, range), SEND_ENABLED_PREFIX, request.pagination);
  if (!page.ok) return page;
  const decoder = new TextDecoder();
  const listed = page.value.entries.map(([key, value]) => ({
    denom: decoder.decode(key.subarray(1)),
    enabled: value[0] === 1,
  }));
  return ok({ sendEnabled: listed, pagination: page.value.pagination });
}
