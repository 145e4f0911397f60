/** `SmartContractState`: asks a contract, with a bound on what its answer may cost. @module */
import { QuerySmartContractStateRequest, QuerySmartContractStateResponse } from "cosmjs-types/cosmwasm/wasm/v1/query";
import type { QueryContext, QueryHandler } from "../../app/ports.ts";
import { queryService } from "../../core/query.ts";
import { err, ok } from "../../core/result.ts";
import { isJson } from "./json.ts";
import type { WasmKeeper } from "./keeper.ts";
import { MESSAGE_BYTES_MAX } from "./limits.ts";
import { addressOf, badArgument, SERVICE } from "./query_common.ts";
import type { askContract } from "./smart.ts";

/** Gas that one question from outside may use (wasmd's `SmartQueryGasLimit`): less than half a second of work. */
export const SMART_QUERY_GAS_MAX = 3_000_000;

const at = queryService<QueryContext>(SERVICE, MESSAGE_BYTES_MAX);

export function smartQueries(keeper: WasmKeeper, ask: typeof askContract): QueryHandler[] {
  const smart = at(
    "SmartContractState",
    QuerySmartContractStateRequest,
    QuerySmartContractStateResponse,
    (context, request) => {
      const { queryData } = request;
      if (!isJson(queryData)) return err(badArgument("invalid query data"));
      const address = addressOf(keeper, request.address);
      if (!address.ok) return address;
      const answer = ask(keeper, context, address.value, queryData, SMART_QUERY_GAS_MAX);
      return answer.ok ? ok({ data: answer.value }) : answer;
    },
  );
  return [{ ...smart, runsContracts: true }];
}
