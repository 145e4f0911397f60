/** Calls of contracts that exist: `execute`, and `sudo` for the authority. @module */
import type { Address, Context } from "../../app/ports.ts";
import type { Coins } from "../../core/coins.ts";
import { err, type Result } from "../../core/result.ts";
import { transferCoins } from "./coins.ts";
import { handleResponse } from "./dispatch.ts";
import { envJson, infoJson } from "./env.ts";
import { executeFailed, plainly, wrap } from "./errors.ts";
import { emitCall } from "./events.ts";
import type { Frame } from "./frame.ts";
import type { WasmKeeper } from "./keeper.ts";
import { readResponse } from "./response.ts";
import { chargeInstance, instanceOf, runEntry } from "./run_contract.ts";
import type { Steps } from "./steps.ts";

/** Who calls whom with what. */
export interface Call {
  readonly sender: Address;
  readonly contract: Address;
  readonly msg: Uint8Array;
  readonly funds: Coins;
}

/** Calls a contract; the result is its data (`Keeper.execute`). */
export function* executeContract(
  keeper: WasmKeeper,
  context: Context,
  frame: Frame,
  { sender, contract, msg, funds }: Call,
): Steps<Result<Uint8Array | undefined>> {
  const instance = instanceOf(keeper, context, contract);
  if (!instance.ok) return instance;
  const { info, code: { codeHash: checksum } } = instance.value;
  chargeInstance(keeper, context, { codeId: info.codeId, checksum }, "execute");
  const paid = transferCoins(keeper, context, sender, contract, funds);
  if (!paid.ok) return paid;
  const args = [envJson(context, contract), infoJson(sender, funds), msg];
  const ran = runEntry(keeper, context, { contract, checksum, entry: "execute", args }, readResponse);
  if (!ran.ok) return ran;
  if ("error" in ran.value) return err(plainly(executeFailed(ran.value.error)));
  emitCall(context, "execute", contract);
  return yield* handleResponse(keeper, context, frame, {
    contract,
    portId: info.ibcPortId,
    response: ran.value.ok,
  });
}

/** Calls a contract as the chain itself (`Keeper.Sudo`). Who may is the caller's to know. */
export function* sudoContract(
  keeper: WasmKeeper,
  context: Context,
  frame: Frame,
  contract: Address,
  msg: Uint8Array,
): Steps<Result<Uint8Array | undefined>> {
  const instance = instanceOf(keeper, context, contract);
  if (!instance.ok) return instance;
  const { info, code: { codeHash: checksum } } = instance.value;
  chargeInstance(keeper, context, { codeId: info.codeId, checksum }, "sudo");
  const args = [envJson(context, contract), msg];
  const ran = runEntry(keeper, context, { contract, checksum, entry: "sudo", args }, readResponse);
  if (!ran.ok) return ran;
  if ("error" in ran.value) return err(plainly(executeFailed(ran.value.error)));
  emitCall(context, "sudo", contract);
  const answered = { contract, portId: info.ibcPortId, response: ran.value.ok };
  const data = yield* handleResponse(keeper, context, frame, answered);
  return data.ok ? data : err(wrap(data.error, "dispatch"));
}
