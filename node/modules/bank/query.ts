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
import { decodeStrict, type MessageCodec } from "../../core/codec/mod.ts";
import { isDenom } from "../../core/coins.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { paginate } from "../../core/pagination.ts";
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

/** A handler whose request is decoded strictly before it runs. */
function at<T>(
  method: string,
  codec: MessageCodec<T>,
  handle: (context: QueryContext, request: T) => Result<Uint8Array>,
): QueryHandler {
  return {
    path: SERVICE + method,
    handle(context, data) {
      const request = decodeStrict(codec, data, `request of ${method}`, REQUEST_BYTES_MAX);
      return request.ok ? handle(context, request.value) : request;
    },
  };
}

/** Handlers by path. */
export function bankQueries(keeper: BankKeeper): QueryHandler[] {
  return [
    at("Balance", QueryBalanceRequest, (context, { address, denom }) => {
      const balance = balanceOf(keeper, context, address, denom);
      return balance.ok ? ok(QueryBalanceResponse.encode({ balance: balance.value }).finish()) : balance;
    }),
    at("SpendableBalanceByDenom", QuerySpendableBalanceByDenomRequest, (context, { address, denom }) => {
      const balance = balanceOf(keeper, context, address, denom);
      return balance.ok
        ? ok(QuerySpendableBalanceByDenomResponse.encode({ balance: balance.value }).finish())
        : balance;
    }),
    at("AllBalances", QueryAllBalancesRequest, (context, { address, pagination }) => {
      const page = balancesOf(keeper, context, address, pagination);
      return page.ok ? ok(QueryAllBalancesResponse.encode(page.value).finish()) : page;
    }),
    at("SpendableBalances", QuerySpendableBalancesRequest, (context, { address, pagination }) => {
      const page = balancesOf(keeper, context, address, pagination);
      return page.ok ? ok(QuerySpendableBalancesResponse.encode(page.value).finish()) : page;
    }),
    at("TotalSupply", QueryTotalSupplyRequest, (context, { pagination }) => {
      const page = coinsUnder(context, SUPPLY_PREFIX, pagination);
      if (!page.ok) return page;
      const { balances: supply, pagination: next } = page.value;
      return ok(QueryTotalSupplyResponse.encode({ supply, pagination: next }).finish());
    }),
    at("SupplyOf", QuerySupplyOfRequest, ({ view }, { denom }) => {
      if (!isDenom(denom)) return badDenom(denom);
      const amount = { denom, amount: keeper.supply(view, denom).toString() };
      return ok(QuerySupplyOfResponse.encode({ amount }).finish());
    }),
    { path: SERVICE + "Params", handle: ({ view }) => ok(encodeParams(keeper, view)) },
    at("DenomMetadata", QueryDenomMetadataRequest, ({ view }, { denom }) => {
      if (!isDenom(denom)) return badDenom(denom);
      const metadata = keeper.metadata(view, denom);
      return metadata === undefined
        ? err(metadataNotFound(denom))
        : ok(QueryDenomMetadataResponse.encode({ metadata }).finish());
    }),
    at("DenomsMetadata", QueryDenomsMetadataRequest, ({ view }, request) => {
      const page = paginate((range) => view.page(STORE, range), METADATA_PREFIX, request.pagination);
      if (!page.ok) return page;
      const metadatas = page.value.entries.map(([, value]) => Metadata.decode(value));
      return ok(QueryDenomsMetadataResponse.encode({ metadatas, pagination: page.value.pagination }).finish());
    }),
    at("DenomOwners", QueryDenomOwnersRequest, (context, request) => owners(keeper, context, request)),
    at("SendEnabled", QuerySendEnabledRequest, sendEnabled),
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
): Result<Uint8Array> {
  if (!isDenom(denom)) return badDenom(denom);
  const prefix = holdersPrefix(denom);
  const page = paginate((range) => view.page(STORE, range), prefix, pagination);
  if (!page.ok) return page;
  const denomOwners = page.value.entries.map(([key]) => {
    const address = keeper.codec.of(key.slice(prefix.length + 1));
    const amount = keeper.balance(view, address.bytes, denom).toString();
    return { address: address.text, balance: { denom, amount } };
  });
  return ok(QueryDenomOwnersResponse.encode({ denomOwners, pagination: page.value.pagination }).finish());
}

function sendEnabled({ view }: QueryContext, request: QuerySendEnabledRequest): Result<Uint8Array> {
  if (request.denoms.length > 0) {
    const listed: { denom: string; enabled: boolean }[] = [];
    for (const denom of request.denoms) {
      if (!isDenom(denom)) return badDenom(denom);
      const entry = view.get(STORE, sendEnabledKey(denom));
      if (entry !== undefined) listed.push({ denom, enabled: entry[0] === 1 });
    }
    return ok(QuerySendEnabledResponse.encode({ sendEnabled: listed }).finish());
  }
  const page = paginate((range) => view.page(STORE, range), SEND_ENABLED_PREFIX, request.pagination);
  if (!page.ok) return page;
  const decoder = new TextDecoder();
  const listed = page.value.entries.map(([key, value]) => ({
    denom: decoder.decode(key.subarray(1)),
    enabled: value[0] === 1,
  }));
  return ok(QuerySendEnabledResponse.encode({ sendEnabled: listed, pagination: page.value.pagination }).finish());
}
