/** `cosmwasm.wasm.v1.Query`, with the pages and refusals of wasmd v0.61 `x/wasm/keeper/querier.go`. @module */
import {
  QueryAllContractStateRequest,
  QueryAllContractStateResponse,
  QueryContractHistoryRequest,
  QueryContractHistoryResponse,
  QueryContractInfoRequest,
  QueryContractInfoResponse,
  QueryContractsByCodeRequest,
  QueryContractsByCodeResponse,
  QueryContractsByCreatorRequest,
  QueryContractsByCreatorResponse,
  QueryRawContractStateRequest,
  QueryRawContractStateResponse,
} from "cosmjs-types/cosmwasm/wasm/v1/query";
import { ContractCodeHistoryEntry } from "cosmjs-types/cosmwasm/wasm/v1/types";
import type { Address, QueryContext, QueryHandler } from "../../app/ports.ts";
import { queryService } from "../../core/query.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { invalid, noSuchContract } from "./errors.ts";
import type { WasmKeeper } from "./keeper.ts";
import { contractsOfCode, contractsOfCreator, contractStore, POSITION_BYTES } from "./keys.ts";
import { addressOf, pageOf, SERVICE } from "./query_common.ts";
import { codeQueries } from "./query_codes.ts";
import { smartQueries } from "./query_smart_state.ts";
import { askContract } from "./smart.ts";

/** Longest request, in bytes: pages and raw keys. */
const REQUEST_BYTES_MAX = 4096;

const at = queryService<QueryContext>(SERVICE, REQUEST_BYTES_MAX);

/** Handlers by path. `ask` runs a contract. */
export function wasmQueries(keeper: WasmKeeper, ask: typeof askContract = askContract): QueryHandler[] {
  return [
    at("ContractInfo", QueryContractInfoRequest, QueryContractInfoResponse, ({ view }, request) => {
      const address = addressOf(keeper, request.address);
      if (!address.ok) return address;
      const info = keeper.contractInfo(view, address.value.bytes);
      if (info === undefined) return err(noSuchContract(address.value.text));
      return ok({ address: address.value.text, contractInfo: info });
    }),
    at("ContractHistory", QueryContractHistoryRequest, QueryContractHistoryResponse, ({ view }, request) => {
      const address = addressOf(keeper, request.address);
      if (!address.ok) return address;
      const asked = pageOf(request.pagination);
      if (!asked.ok) return asked;
      const page = keeper.history(view, address.value.bytes, asked.value);
      if (!page.ok) return page;
      const entries = page.value.entries.map(([, value]) => ContractCodeHistoryEntry.decode(value));
      return ok({ entries, pagination: page.value.pagination });
    }),
    ...listQueries(keeper),
    at("AllContractState", QueryAllContractStateRequest, QueryAllContractStateResponse, ({ view }, request) => {
      const address = contractOf(keeper, view, request.address);
      if (!address.ok) return address;
      const asked = pageOf(request.pagination);
      if (!asked.ok) return asked;
      const page = keeper.rawPage(view, address.value.bytes, asked.value);
      if (!page.ok) return page;
      const prefix = contractStore(address.value.bytes).length;
      const models = page.value.entries.map(([key, value]) => ({ key: key.subarray(prefix), value }));
      return ok({ models, pagination: page.value.pagination });
    }),
    at("RawContractState", QueryRawContractStateRequest, QueryRawContractStateResponse, ({ view }, request) => {
      const address = contractOf(keeper, view, request.address);
      if (!address.ok) return address;
      return ok({ data: keeper.raw(view, address.value.bytes, request.queryData) ?? new Uint8Array() });
    }),
    ...codeQueries(keeper),
    ...smartQueries(keeper, ask),
  ];
}

/** Contracts by their code and by who made them: addresses stand in the keys, behind when it was. */
function listQueries(keeper: WasmKeeper): QueryHandler[] {
  const address = (key: Uint8Array, prefix: Uint8Array) =>
    keeper.address(key.slice(prefix.length + POSITION_BYTES)).text;
  return [
    at("ContractsByCode", QueryContractsByCodeRequest, QueryContractsByCodeResponse, ({ view }, request) => {
      const { codeId } = request;
      if (codeId === 0n) return err(invalid("code id"));
      const asked = pageOf(request.pagination);
      if (!asked.ok) return asked;
      const page = keeper.contractsOfCode(view, codeId, asked.value);
      if (!page.ok) return page;
      const contracts = page.value.entries.map(([key]) => address(key, contractsOfCode(codeId)));
      return ok({ contracts, pagination: page.value.pagination });
    }),
    at("ContractsByCreator", QueryContractsByCreatorRequest, QueryContractsByCreatorResponse, ({ view }, request) => {
      const asked = pageOf(request.pagination);
      if (!asked.ok) return asked;
      const creator = addressOf(keeper, request.creatorAddress);
      if (!creator.ok) return creator;
      const page = keeper.contractsOfCreator(view, creator.value.bytes, asked.value);
      if (!page.ok) return page;
      const contractAddresses = page.value.entries.map(([key]) =>
        address(key, contractsOfCreator(creator.value.bytes))
      );
      return ok({ contractAddresses, pagination: page.value.pagination });
    }),
  ];
}

/** The address of a contract that is there. */
function contractOf(keeper: WasmKeeper, view: QueryContext["view"], text: string): Result<Address> {
  const address = addressOf(keeper, text);
  if (!address.ok || keeper.contractInfo(view, address.value.bytes) !== undefined) return address;
  return err(noSuchContract(address.value.text));
}
