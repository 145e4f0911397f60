/** A call that was sent comes to an end: it is stored for its caller and told. @module */
import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { Context } from "../../app/ports.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Outcome } from "./acknowledgement.ts";
import { CODESPACE, TIMED_OUT_CODE, unknownCall } from "./errors.ts";
import { callResult } from "./events.ts";
import type { CallsKeeper } from "./keeper.ts";
import { type Call, CALL_STATUS } from "./types.ts";

/** `outcome` is undefined for a timeout. */
export function settleCall(
  keeper: CallsKeeper,
  context: Context,
  { sourceChannel, sequence }: Packet,
  outcome: Outcome | undefined,
): Result<undefined> {
  const { view, block } = context;
  const pending = keeper.call(view, sourceChannel, sequence);
  if (pending === undefined || pending.status !== CALL_STATUS.pending) {
    return err(unknownCall(`settle call ${sourceChannel}/${sequence}: none is waiting`));
  }
  keeper.forgetOld(context);
  const settled: Call = {
    ...pending,
    settledHeight: block.height,
    settledTime: block.time,
    ...(outcome === undefined
      ? { status: CALL_STATUS.timedOut, codespace: CODESPACE, code: TIMED_OUT_CODE }
      : outcome.success
      ? { status: CALL_STATUS.succeeded, result: outcome.result, gasUsed: outcome.gasUsed }
      : { status: CALL_STATUS.failed, codespace: outcome.codespace, code: outcome.code }),
  };
  keeper.setCall(view, settled);
  context.emit(callResult(settled));
  return ok(undefined);
}
