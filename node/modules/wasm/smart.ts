/** Asking contracts: for other contracts, and for those who ask the node (wasmd `Keeper.QuerySmart`). @module */
import type { Address, Context, QueryContext } from "../../app/ports.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { envJson } from "./env.ts";
import { plainly, queryFailed, queryTooDeep } from "./errors.ts";
import type { WasmKeeper } from "./keeper.ts";
import { QUERY_DEPTH_MAX } from "./limits.ts";
import { readQueryAnswer } from "./response.ts";
import { chargeInstance, instanceOf, runEntry } from "./run_contract.ts";

/**
 * Asks a contract within the gas of `context`. `depth`: queries that are being answered already; `stack`: bytes that the asking
 * contract has left, absent for who is none.
 */
export function querySmart(
  keeper: WasmKeeper,
  context: Context,
  contract: Address,
  request: Uint8Array,
  { depth = 0, stack }: { readonly depth?: number; readonly stack?: number } = {},
): Result<Uint8Array> {
  if (depth + 1 > QUERY_DEPTH_MAX) return err(queryTooDeep());
  const instance = instanceOf(keeper, context, contract);
  if (!instance.ok) return instance;
  const { info, code: { codeHash: checksum } } = instance.value;
  chargeInstance(keeper, context, { codeId: info.codeId, checksum }, "query");
  const args = [envJson(context, contract), request];
  const entry = { contract, checksum, entry: "query", args, depth: depth + 1, stack } as const;
  const ran = runEntry(keeper, context, entry, readQueryAnswer);
  if (!ran.ok) return ran;
  return "error" in ran.value ? err(plainly(queryFailed(ran.value.error))) : ok(ran.value.ok);
}

/** Asks a contract over a state that is not written to, with at most `gasLimit` gas. */
export const askContract = (
  keeper: WasmKeeper,
  query: QueryContext,
  contract: Address,
  request: Uint8Array,
  gasLimit: number,
): Result<Uint8Array> =>
  keeper.parts.metering(query, gasLimit, (context) => querySmart(keeper, context, contract, request));
