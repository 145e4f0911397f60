/** `catenary.validators.v1.Query`. @module */
import type { QueryHandler } from "../../app/ports.ts";
import { bytesToU64 } from "../../core/bytes.ts";
import { decodeStrict } from "../../core/codec/mod.ts";
import { paginate } from "../../core/pagination.ts";
import { ok } from "../../core/result.ts";
import type { ValidatorsKeeper } from "./keeper.ts";
import { STORE, VALIDATOR_PREFIX } from "./keys.ts";
import { QueryParamsResponseCodec, QueryValidatorsRequestCodec, QueryValidatorsResponseCodec } from "./types.ts";

/** Longest request, in bytes. */
const REQUEST_BYTES_MAX = 4096;
const SERVICE = "/catenary.validators.v1.Query/";

/** Handlers by path. */
export function validatorsQueries(keeper: ValidatorsKeeper): QueryHandler[] {
  return [
    {
      path: SERVICE + "Validators",
      handle({ view }, data) {
        const request = decodeStrict(QueryValidatorsRequestCodec, data, "QueryValidatorsRequest", REQUEST_BYTES_MAX);
        if (!request.ok) return request;
        const page = paginate((range) => view.page(STORE, range), VALIDATOR_PREFIX, request.value.pagination);
        if (!page.ok) return page;
        const { entries, pagination } = page.value;
        const validators = entries.map(([key, value]) => ({ pubKey: key.slice(1), power: bytesToU64(value) }));
        return ok(QueryValidatorsResponseCodec.encode({ validators, pagination }).finish());
      },
    },
    {
      path: SERVICE + "Params",
      handle: ({ view }) => ok(QueryParamsResponseCodec.encode({ params: keeper.params(view) }).finish()),
    },
  ];
}
