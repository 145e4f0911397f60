/** Giving a contract another code (wasmd `Keeper.migrate`). @module */
import { ContractCodeHistoryOperationType, type ContractInfo } from "cosmjs-types/cosmwasm/wasm/v1/types";
import type { CodeReport } from "../../../contracts/engine.ts";
import type { Address, Context } from "../../app/ports.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { invariant } from "../../core/invariant.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { port2Of, portOf } from "./addresses.ts";
import { handleResponse } from "./dispatch.ts";
import { envJson, migrateInfoJson } from "./env.ts";
import { migrationFailed, plainly, wrap } from "./errors.ts";
import { emitMigrate } from "./events.ts";
import { type Frame, mayInstantiate, mayModify, type Policy, policyOfMessages } from "./frame.ts";
import { hasIbc, positionOf } from "./instantiate.ts";
import type { WasmKeeper } from "./keeper.ts";
import { readResponse, type Response } from "./response.ts";
import { chargeInstance, runEntry } from "./run_contract.ts";
import type { Steps } from "./steps.ts";

export interface Migration {
  readonly sender: Address;
  readonly contract: Address;
  readonly codeId: bigint;
  readonly msg: Uint8Array;
}

export function* migrateContract(
  keeper: WasmKeeper,
  context: Context,
  frame: Frame,
  policy: Policy,
  { sender, contract, codeId, msg }: Migration,
): Steps<Result<Uint8Array | undefined>> {
  const { view, free } = context;
  const info = keeper.contractInfo(view, contract.bytes);
  if (info === undefined) return err(sdkRefusal("invalidRequest", "unknown contract"));
  if (!mayModify(policy, info.admin, sender)) return err(sdkRefusal("unauthorized", "can not migrate"));
  const code = keeper.codeInfo(view, codeId);
  if (code === undefined) return err(sdkRefusal("invalidRequest", "unknown code"));
  if (!mayInstantiate(policy, code.instantiateConfig, sender)) {
    return err(sdkRefusal("unauthorized", "to use new code"));
  }
  const report = keeper.report(free, code.codeHash);
  if (!hasIbc(report.entryPoints) && info.ibcPortId !== "") return err(migrationFailed("requires ibc callbacks"));
  const portId = hasIbc(report.entryPoints) ? portOf(contract) : "";
  const old = keeper.codeInfo(view, info.codeId);
  invariant(old !== undefined, `migrate ${contract.text}: its code ${info.codeId} is not there`);
  const { migrateVersion: before } = keeper.report(free, old.codeHash);
  let response: Response | undefined;
  if (isNeeded(report, before)) {
    const ran = callMigrate(keeper, context, { sender, contract, codeId, msg }, code.codeHash, before);
    if (!ran.ok) return ran;
    response = ran.value;
  }
  replaceCode(keeper, context, contract, { ...info, codeId, ibcPortId: portId }, msg);
  emitMigrate(context, contract, codeId);
  if (response === undefined) return ok(undefined);
  const inner: Frame = { ...frame, policy: policyOfMessages(policy, "migrate") };
  const data = yield* handleResponse(keeper, context, inner, { contract, portId, response });
  return data.ok ? data : err(wrap(data.error, "dispatch"));
}

/** The state needs no change between codes that say they have the same version of it. */
const isNeeded = ({ migrateVersion }: CodeReport, before: bigint | undefined): boolean =>
  migrateVersion === undefined || before === undefined || migrateVersion !== before;

function callMigrate(
  keeper: WasmKeeper,
  context: Context,
  { sender, contract, codeId, msg }: Migration,
  checksum: Uint8Array,
  before: bigint | undefined,
): Result<Response> {
  chargeInstance(keeper, context, { codeId, checksum }, "migrate");
  const args = [envJson(context, contract), msg, migrateInfoJson(sender, before)];
  const ran = runEntry(keeper, context, { contract, checksum, entry: "migrate", args }, readResponse);
  if (!ran.ok) return ran;
  return "error" in ran.value ? err(plainly(migrationFailed(ran.value.error))) : ok(ran.value.ok);
}

function replaceCode(
  keeper: WasmKeeper,
  context: Context,
  contract: Address,
  info: ContractInfo,
  msg: Uint8Array,
): void {
  const { view } = context;
  const last = keeper.lastHistory(view, contract.bytes);
  invariant(last?.entry.updated !== undefined, `migrate ${contract.text}: it has no history`);
  keeper.removeFromCode(view, last.entry.codeId, last.entry.updated, contract.bytes);
  const updated = positionOf(context);
  const operation = ContractCodeHistoryOperationType.CONTRACT_CODE_HISTORY_OPERATION_TYPE_MIGRATE;
  keeper.appendHistory(view, contract.bytes, { operation, codeId: info.codeId, updated, msg });
  keeper.addToCode(view, info.codeId, updated, contract.bytes);
  keeper.setContractInfo(view, contract.bytes, {
    ...info,
    ibc2PortId: port2Of(contract, keeper.parts.codec.prefix),
  });
}
