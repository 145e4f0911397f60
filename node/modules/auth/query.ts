/** `cosmos.auth.v1beta1.Query`, as far as it concerns this chain. @module */
import {
  Bech32PrefixResponse,
  QueryAccountInfoRequest,
  QueryAccountInfoResponse,
  QueryAccountRequest,
  QueryAccountResponse,
  QueryAccountsRequest,
  QueryAccountsResponse,
  QueryModuleAccountsResponse,
  QueryParamsResponse,
} from "cosmjs-types/cosmos/auth/v1beta1/query";
import { BaseAccount } from "cosmjs-types/cosmos/auth/v1beta1/auth";
import { Any } from "cosmjs-types/google/protobuf/any";
import type { Account, QueryContext, QueryHandler } from "../../app/ports.ts";
import { decodeStrict } from "../../core/codec/mod.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { paginate } from "../../core/pagination.ts";
import { encodePubKey } from "../../core/pub_key.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { AuthKeeper } from "./keeper.ts";
import { ACCOUNT_PREFIX, STORE } from "./keys.ts";
import { encodeAccount } from "./types.ts";

/** Longest request, in bytes. */
const REQUEST_BYTES_MAX = 4096;
const SERVICE = "/cosmos.auth.v1beta1.Query/";

/** Handlers by path. */
export function authQueries(keeper: AuthKeeper): QueryHandler[] {
  const at = (method: string, handle: QueryHandler["handle"]): QueryHandler => ({ path: SERVICE + method, handle });
  return [
    at("Account", (context, data) => account(keeper, context, data)),
    at("AccountInfo", (context, data) => accountInfo(keeper, context, data)),
    at("Accounts", (context, data) => accounts(context, data)),
    at("ModuleAccounts", (context) => ok(moduleAccounts(keeper, context))),
    at("Params", ({ view }) => ok(QueryParamsResponse.encode({ params: keeper.params(view) }).finish())),
    at("Bech32Prefix", () => ok(Bech32PrefixResponse.encode({ bech32Prefix: keeper.codec.prefix }).finish())),
  ];
}

function find(keeper: AuthKeeper, context: QueryContext, text: string): Result<Account> {
  if (text === "") return err(sdkRefusal("invalidRequest", "Address cannot be empty"));
  const address = keeper.codec.parse(text);
  if (address === undefined) return err(sdkRefusal("invalidAddress", `decode address ${text.slice(0, 100)}`));
  const found = keeper.get(context.view, address);
  // CosmJS recognises a missing account by "key not found" in the log.
  return found === undefined
    ? err(sdkRefusal("keyNotFound", `rpc error: code = NotFound desc = account ${address.text} not found`))
    : ok(found);
}

function account(keeper: AuthKeeper, context: QueryContext, data: Uint8Array): Result<Uint8Array> {
  const request = decodeStrict(QueryAccountRequest, data, "QueryAccountRequest", REQUEST_BYTES_MAX);
  if (!request.ok) return request;
  const found = find(keeper, context, request.value.address);
  if (!found.ok) return found;
  return ok(QueryAccountResponse.encode({ account: encodeAccount(found.value) }).finish());
}

function accountInfo(keeper: AuthKeeper, context: QueryContext, data: Uint8Array): Result<Uint8Array> {
  const request = decodeStrict(QueryAccountInfoRequest, data, "QueryAccountInfoRequest", REQUEST_BYTES_MAX);
  if (!request.ok) return request;
  const found = find(keeper, context, request.value.address);
  if (!found.ok) return found;
  const { address, accountNumber, sequence, pubKey } = found.value;
  const info = BaseAccount.fromPartial({ address: address.text, accountNumber, sequence });
  if (pubKey !== undefined) info.pubKey = encodePubKey(pubKey);
  return ok(QueryAccountInfoResponse.encode({ info }).finish());
}

function accounts({ view }: QueryContext, data: Uint8Array): Result<Uint8Array> {
  const request = decodeStrict(QueryAccountsRequest, data, "QueryAccountsRequest", REQUEST_BYTES_MAX);
  if (!request.ok) return request;
  const page = paginate((range) => view.page(STORE, range), ACCOUNT_PREFIX, request.value.pagination);
  if (!page.ok) return page;
  const list = page.value.entries.map(([, value]) => Any.decode(value));
  return ok(QueryAccountsResponse.encode({ accounts: list, pagination: page.value.pagination }).finish());
}

function moduleAccounts(keeper: AuthKeeper, { view }: QueryContext): Uint8Array {
  const list: Any[] = [];
  for (const name of Object.keys(keeper.modulePermissions).sort()) {
    const found = keeper.get(view, keeper.moduleAddress(name));
    if (found !== undefined) list.push(encodeAccount(found));
  }
  return QueryModuleAccountsResponse.encode({ accounts: list }).finish();
}
