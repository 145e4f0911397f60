/** `BankQuery`: coins and what they are called. @module */
import type { Metadata } from "cosmjs-types/cosmos/bank/v1beta1/bank";
import {
  QueryAllBalancesRequest,
  QueryAllBalancesResponse,
  QueryDenomsMetadataRequest,
  QueryDenomsMetadataResponse,
} from "cosmjs-types/cosmos/bank/v1beta1/query";
import type { PageRequest } from "cosmjs-types/cosmos/base/query/v1beta1/pagination";
import type { Coin } from "cosmjs-types/cosmos/base/v1beta1/coin";
import type { Address } from "../../app/ports.ts";
import { isDenom } from "../../core/coins.ts";
import type { CodedError } from "../../core/errors.ts";
import { sdkError, sdkRefusal } from "../../core/errors.ts";
import { invariant } from "../../core/invariant.ts";
import { PAGE_LIMIT_MAX } from "../../core/pagination.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Fields } from "./fields.ts";
import { flag, integer, writeJson } from "./querier_json.ts";
import type { QuerierCall, QuerierSources } from "./querier_sources.ts";
import { type SystemError, unsupported } from "./querier_system.ts";

type Answer = Result<Uint8Array, CodedError | SystemError>;

export function answerBank(sources: QuerierSources, call: QuerierCall, query: Fields): Answer {
  const all = query.object("all_balances");
  if (all !== undefined) {
    const address = addressOf(sources, all.text("address"));
    return address.ok ? ok(writeJson({ amount: balancesOf(sources, call, address.value) })) : address;
  }
  const balance = query.object("balance");
  if (balance !== undefined) {
    const denom = balance.text("denom");
    const address = addressOf(sources, balance.text("address"));
    if (!address.ok) return address;
    return amountOf(denom, () => sources.bank.balance(call.view, address.value.bytes, denom));
  }
  const supply = query.object("supply");
  if (supply !== undefined) {
    const denom = supply.text("denom");
    return amountOf(denom, () => sources.bank.supply(call.view, denom));
  }
  const one = query.object("denom_metadata");
  if (one !== undefined) {
    const denom = one.text("denom");
    const metadata = isDenom(denom) ? sources.bank.metadata(call.view, denom) : undefined;
    if (metadata === undefined) return err(sdkRefusal("notFound", denom.slice(0, 128)));
    return ok(writeJson({ metadata: written(metadata) }));
  }
  const every = query.object("all_denom_metadata");
  if (every !== undefined) return allMetadata(sources, call, every);
  return err(unsupported("unknown BankQuery variant"));
}

/** An address of this chain, or the refusal that says so by its code. */
export function addressOf({ codec }: QuerierSources, text: string): Result<Address> {
  const address = codec.parse(text);
  return address === undefined ? err(sdkRefusal("invalidAddress", text.slice(0, 100))) : ok(address);
}

/** In wasmd a denom that is none panics in the coin's constructor, which ends the contract; here it is a refusal. */
function amountOf(denom: string, read: () => bigint): Answer {
  if (!isDenom(denom)) return err(sdkRefusal("invalidRequest", `invalid denom: ${denom.slice(0, 128)}`));
  return ok(writeJson({ amount: { denom, amount: read().toString() } }));
}

/** Page by page; who asks pays for each entry, which bounds it. */
function balancesOf(sources: QuerierSources, call: QuerierCall, { text: address }: Address): Coin[] {
  const handler = sources.query("/cosmos.bank.v1beta1.Query/AllBalances");
  invariant(handler !== undefined, "answer all_balances: bank does not");
  const coins: Coin[] = [];
  let key = new Uint8Array();
  do {
    const request = QueryAllBalancesRequest.fromPartial({ address, pagination: pageRequest({ key }) });
    const page = handler.handle(call, QueryAllBalancesRequest.encode(request).finish());
    invariant(page.ok, "answer all_balances: bank refuses what was checked");
    const { balances, pagination } = QueryAllBalancesResponse.decode(page.value);
    for (const { denom, amount } of balances) coins.push({ denom, amount });
    key = new Uint8Array(pagination?.nextKey ?? []);
  } while (key.length > 0);
  return coins;
}

const pageRequest = (given: Partial<PageRequest>): PageRequest => ({
  key: new Uint8Array(),
  offset: 0n,
  limit: BigInt(PAGE_LIMIT_MAX),
  countTotal: false,
  reverse: false,
  ...given,
});

const U32_MAX = 2n ** 32n - 1n;

function allMetadata(sources: QuerierSources, call: QuerierCall, query: Fields): Answer {
  const given = query.object("pagination");
  const pagination = given && pageRequest({
    key: given.bytes("key") ?? new Uint8Array(),
    limit: integer(given, "limit", U32_MAX),
    reverse: flag(given, "reverse"),
  });
  const request = QueryDenomsMetadataRequest.fromPartial(pagination === undefined ? {} : { pagination });
  const handler = sources.query("/cosmos.bank.v1beta1.Query/DenomsMetadata");
  invariant(handler !== undefined, "answer all_denom_metadata: bank does not");
  const page = handler.handle(call, QueryDenomsMetadataRequest.encode(request).finish());
  if (!page.ok) return err(sdkError("invalidRequest", "invalid request"));
  const { metadatas, pagination: { nextKey = new Uint8Array() } = {} } = QueryDenomsMetadataResponse.decode(page.value);
  return ok(writeJson({
    metadata: metadatas.map(written),
    next_key: nextKey.length === 0 ? undefined : nextKey,
  }));
}

const written = ({ description, denomUnits, base, display, name, symbol, uri, uriHash }: Metadata) => ({
  description,
  denom_units: denomUnits.map(({ denom, exponent, aliases }) => ({ denom, exponent, aliases })),
  base,
  display,
  name,
  symbol,
  uri,
  uri_hash: uriHash,
});
