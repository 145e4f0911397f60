/** `cosmwasm.wasm.v1.Query`: codes, parameters, and addresses that contracts would get. @module */
import {
  CodeInfoResponse,
  QueryBuildAddressRequest,
  QueryBuildAddressResponse,
  QueryCodeInfoRequest,
  QueryCodeInfoResponse,
  QueryCodeRequest,
  QueryCodeResponse,
  QueryCodesRequest,
  QueryCodesResponse,
  QueryParamsRequest,
  QueryParamsResponse,
  QueryPinnedCodesRequest,
  QueryPinnedCodesResponse,
  QueryWasmLimitsConfigRequest,
  QueryWasmLimitsConfigResponse,
} from "cosmjs-types/cosmwasm/wasm/v1/query";
import { CodeInfo } from "cosmjs-types/cosmwasm/wasm/v1/types";
import { CONTRACT_LIMITS } from "../../../contracts/wasm/mod.ts";
import type { QueryContext, QueryHandler } from "../../app/ports.ts";
import { bytesToU64 } from "../../core/bytes.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { invariant } from "../../core/invariant.ts";
import { queryService } from "../../core/query.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { predictableAddress } from "./addresses.ts";
import { invalid, noSuchCode } from "./errors.ts";
import { isJson } from "./json.ts";
import type { WasmKeeper } from "./keeper.ts";
import { CODE_PREFIX, PINNED_PREFIX } from "./keys.ts";
import { MESSAGE_BYTES_MAX } from "./limits.ts";
import { addressOf, badArgument, pageOf, SERVICE } from "./query_common.ts";

/** Longest request, in bytes: that of an address has a message in it. */
const REQUEST_BYTES_MAX = MESSAGE_BYTES_MAX;

const at = queryService<QueryContext>(SERVICE, REQUEST_BYTES_MAX);

export function codeQueries(keeper: WasmKeeper): QueryHandler[] {
  return [
    at("Code", QueryCodeRequest, QueryCodeResponse, ({ view }, { codeId }) => {
      const info = codeOf(keeper, view, codeId);
      if (!info.ok) return info;
      const data = keeper.codeBytes(view, info.value.dataHash);
      invariant(data !== undefined, `read code ${codeId}: its bytes are not there`);
      return ok({ codeInfo: info.value, data });
    }),
    at("Codes", QueryCodesRequest, QueryCodesResponse, ({ view }, { pagination }) => {
      const asked = pageOf(pagination);
      if (!asked.ok) return asked;
      const page = keeper.codes(view, asked.value);
      if (!page.ok) return page;
      const codeInfos = page.value.entries.map(([key, value]) =>
        told(bytesToU64(key, CODE_PREFIX.length), CodeInfo.decode(value))
      );
      return ok({ codeInfos, pagination: page.value.pagination });
    }),
    at("CodeInfo", QueryCodeInfoRequest, QueryCodeInfoResponse, ({ view }, { codeId }) => {
      const info = codeOf(keeper, view, codeId);
      if (!info.ok) return info;
      const { creator, dataHash: checksum, instantiatePermission } = info.value;
      return ok(QueryCodeInfoResponse.fromPartial({ codeId, creator, checksum, instantiatePermission }));
    }),
    at("PinnedCodes", QueryPinnedCodesRequest, QueryPinnedCodesResponse, ({ view }, { pagination }) => {
      const asked = pageOf(pagination);
      if (!asked.ok) return asked;
      const page = keeper.pinned(view, asked.value);
      if (!page.ok) return page;
      const codeIds = page.value.entries.map(([key]) => bytesToU64(key, PINNED_PREFIX.length));
      return ok({ codeIds, pagination: page.value.pagination });
    }),
    at("Params", QueryParamsRequest, QueryParamsResponse, ({ view }) => {
      const { codeUploadAccess, instantiateDefaultPermission } = keeper.params(view);
      const { permission, addresses } = codeUploadAccess;
      return ok({
        params: { codeUploadAccess: { permission, addresses: [...addresses] }, instantiateDefaultPermission },
      });
    }),
    at("WasmLimitsConfig", QueryWasmLimitsConfigRequest, QueryWasmLimitsConfigResponse, () => ok({ config: LIMITS })),
    at("BuildAddress", QueryBuildAddressRequest, QueryBuildAddressResponse, (_context, request) => {
      const address = buildAddress(keeper, request);
      return address.ok ? ok({ address: address.value }) : address;
    }),
  ];
}

/** The static limits of contracts, as wasmvm writes its `WasmLimits`. */
const LIMITS = JSON.stringify({
  initial_memory_limit_pages: CONTRACT_LIMITS.memoryPages,
  table_size_limit_elements: CONTRACT_LIMITS.tableEntries,
  max_imports: CONTRACT_LIMITS.imports,
  max_functions: CONTRACT_LIMITS.functions,
  max_function_params: CONTRACT_LIMITS.params,
  max_total_function_params: CONTRACT_LIMITS.totalParams,
  max_function_results: CONTRACT_LIMITS.results,
});

const told = (codeId: bigint, { creator, codeHash: dataHash, instantiateConfig }: CodeInfo): CodeInfoResponse =>
  CodeInfoResponse.fromPartial({ codeId, creator, dataHash, instantiatePermission: instantiateConfig });

function codeOf(keeper: WasmKeeper, view: QueryContext["view"], codeId: bigint): Result<CodeInfoResponse> {
  if (codeId === 0n) return err(invalid("code id"));
  const info = keeper.codeInfo(view, codeId);
  return info === undefined ? err(noSuchCode(codeId)) : ok(told(codeId, info));
}

function buildAddress(keeper: WasmKeeper, request: QueryBuildAddressRequest): Result<string> {
  const codeHash = hex(request.codeHash);
  if (codeHash === undefined) return err(sdkRefusal("invalidRequest", "invalid code hash"));
  const creator = addressOf(keeper, request.creatorAddress);
  if (!creator.ok) return creator;
  const salt = hex(request.salt);
  if (salt === undefined) return err(sdkRefusal("invalidRequest", "invalid salt"));
  if (salt.length === 0) return err(badArgument("empty salt"));
  const message = request.initArgs;
  // In protobuf, empty is the same as left out.
  if (message.length > 0 && !isJson(message)) return err(invalid("msg"));
  return ok(keeper.address(predictableAddress(codeHash, creator.value.bytes, salt, message)).text);
}

function hex(text: string): Uint8Array | undefined {
  return /^(?:[0-9a-fA-F]{2})*$/.test(text) ? Uint8Array.fromHex(text) : undefined;
}
