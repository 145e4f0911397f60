/**
 * What follows from a contract's response: its events, then its messages in order, each with the contract's reply to it
 * (wasmd `keeper/msg_dispatcher.go`, `handleContractResponse`). A message is a part of its own: when it fails, what it wrote
 * and told is taken back, and the contract decides in its reply whether that matters.
 * @module
 */
import type { Address, Context } from "../../app/ports.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { emitCall, emitOfContract, settleEvents } from "./events.ts";
import { envJson, replyJson, type SubMessageResult } from "./env.ts";
import { callTooDeep, executeFailed, invalid, plainly, redacted, wrap } from "./errors.ts";
import type { Frame } from "./frame.ts";
import { eventsGas, replyGas } from "./gas.ts";
import type { WasmKeeper } from "./keeper.ts";
import { CALL_DEPTH_MAX } from "./limits.ts";
import { readResponse, type Response, type SubMessage } from "./response.ts";
import { instanceOf, runEntry } from "./run_contract.ts";
import { sendMessage } from "./send.ts";
import { ask, type Steps } from "./steps.ts";

/** A contract that answered. */
export interface Answered {
  readonly contract: Address;
  /** Its IBC port; empty without one. */
  readonly portId: string;
  readonly response: Response;
}

/** The data that the call comes to: that of the last reply that has some, else the contract's own. */
export function* handleResponse(
  keeper: WasmKeeper,
  context: Context,
  frame: Frame,
  { contract, portId, response }: Answered,
): Steps<Result<Uint8Array | undefined>> {
  const { attributes, events, messages } = response;
  context.gas.consume(eventsGas(attributes, events), "Custom contract event attributes");
  const emitted = emitOfContract(context, contract, attributes, events);
  if (!emitted.ok) return emitted;
  const inner: Frame = { ...frame, depth: frame.depth + 1 };
  if (inner.depth > CALL_DEPTH_MAX) return err(callTooDeep());
  let { data } = response;
  for (const message of messages) {
    const sent = yield* sendAndReply(keeper, context, inner, contract, portId, message);
    if (!sent.ok) return sent;
    data = sent.value ?? data;
  }
  return ok(data);
}

/** The data of the contract's reply; undefined: none. */
function* sendAndReply(
  keeper: WasmKeeper,
  context: Context,
  frame: Frame,
  contract: Address,
  portId: string,
  { id, message, isWasm, payload, gasLimit, replyOn }: SubMessage,
): Steps<Result<Uint8Array | undefined>> {
  if (replyOn === undefined) return err(invalid("replyOn value"));
  const first = context.events.length;
  const limit = gasLimit !== undefined && gasLimit < BigInt(context.gas.left) ? Number(gasLimit) : undefined;
  const sent = yield* inBranch(
    context,
    limit,
    (part) => sendMessage(keeper, part, frame, contract, portId, message),
  );
  let result: SubMessageResult;
  if (sent.ok) {
    const events = settleEvents(context.events, first, isWasm);
    if (replyOn === "never" || replyOn === "error") return ok(undefined);
    result = { events: isWasm ? events : [], responses: sent.value };
  } else {
    if (replyOn === "never" || replyOn === "success") return sent;
    result = { error: redacted(sent.error) };
  }
  const replied = yield* ask(reply(keeper, context, frame, contract, { id, result, payload }));
  return replied.ok ? replied : err(wrap(replied.error, "reply"));
}

/** Runs a part that is kept when it succeeds. Its own gas limit is a refusal, as is everything else that it refuses. */
function* inBranch<T>(
  context: Context,
  gasLimit: number | undefined,
  run: (part: Context) => Steps<Result<T>>,
): Steps<Result<T>> {
  const branch = context.branch(gasLimit);
  let keep = false;
  try {
    const result = yield* ask(run(branch.context));
    keep = result.ok;
    return result;
  } catch (thrown) {
    if (!branch.ranOut(thrown)) throw thrown;
    return err(sdkRefusal("outOfGas", "SubMsg hit gas limit"));
  } finally {
    if (keep) branch.keep();
    else branch.drop();
  }
}

interface Reply {
  readonly id: bigint;
  readonly result: SubMessageResult;
  readonly payload: Uint8Array;
}

/** Tells a contract what came of its message (`Keeper.reply`). */
function* reply(
  keeper: WasmKeeper,
  context: Context,
  frame: Frame,
  contract: Address,
  { id, result, payload }: Reply,
): Steps<Result<Uint8Array | undefined>> {
  const instance = instanceOf(keeper, context, contract);
  if (!instance.ok) return instance;
  const { info, code } = instance.value;
  context.gas.consume(replyGas("events" in result ? result.events : []), "Loading CosmWasm module: reply");
  const args = [envJson(context, contract), replyJson(id, result, payload)];
  const ran = runEntry(keeper, context, { contract, checksum: code.codeHash, entry: "reply", args }, readResponse);
  if (!ran.ok) return ran;
  if ("error" in ran.value) return err(plainly(executeFailed(ran.value.error)));
  emitCall(context, "reply", contract);
  const answered = { contract, portId: info.ibcPortId, response: ran.value.ok };
  const data = yield* handleResponse(keeper, context, frame, answered);
  return data.ok ? data : err(wrap(data.error, "dispatch"));
}
