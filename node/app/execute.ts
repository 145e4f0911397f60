/**
 * One transaction over a journal: the phases before the messages, then all messages or none. Its outcome says what to
 * report; what it may write is committed to the journal, everything else is reverted.
 * @module
 */
import type { Event } from "cosmjs-types/tendermint/abci/types";
import { TxMsgData } from "cosmjs-types/cosmos/base/abci/v1beta1/abci";
import { type CodedError, sdkRefusal } from "../core/errors.ts";
import type { Result } from "../core/result.ts";
import type { Journal } from "../state/mod.ts";
import { RunContext } from "./_run_context.ts";
import { type AnteOptions, type Mode, runAnte } from "./ante.ts";
import type { DecodedTx } from "./decode.ts";
import { markMessage, messageEvent, nameModule, namesModule } from "./events.ts";
import { LimitedGasMeter, OutOfGas } from "./gas.ts";
import type { BlockContext, GasMeter } from "./module.ts";

/** What became of a transaction. */
export interface Outcome {
  /** Undefined: it succeeded. */
  readonly error: CodedError | undefined;
  /** `TxMsgData` of a success. */
  readonly data: Uint8Array;
  readonly gasWanted: bigint;
  readonly gasUsed: bigint;
  readonly events: readonly Event[];
}

const EMPTY = new Uint8Array();

/** An outcome before anything could run. */
export const refusedOutcome = (error: CodedError, gasWanted = 0n): Outcome => ({
  error,
  data: EMPTY,
  gasWanted,
  gasUsed: 0n,
  events: [],
});

/**
 * Runs `tx`. A check stops before the messages. Only a miss of the state (or our own fault) is thrown, and then the
 * journal is as before: the caller loads and calls again.
 */
export function executeTx(
  journal: Journal,
  tx: DecodedTx,
  block: BlockContext,
  mode: Mode,
  options: AnteOptions,
  gasLimit: bigint = tx.gasLimit,
): Outcome {
  const meter = new LimitedGasMeter(gasLimit);
  const context = new RunContext(journal, meter, block);
  const whole = journal.checkpoint();
  let open = true;
  try {
    const before = attempt(meter, () => runAnte(context, tx, mode, options));
    if (!before.ok) {
      journal.revert(whole);
      open = false;
      return { ...refusedOutcome(before.error, gasLimit), gasUsed: BigInt(meter.used) };
    }
    const paidEvents = context.events.length;
    const ran = mode === "check" || mode === "recheck"
      ? { ok: true as const, value: EMPTY }
      : runAll(journal, context, tx);
    journal.commit(whole);
    open = false;
    if (!ran.ok) context.events.length = paidEvents;
    return {
      error: ran.ok ? undefined : ran.error,
      data: ran.ok ? ran.value : EMPTY,
      gasWanted: gasLimit,
      gasUsed: BigInt(meter.used),
      events: context.events,
    };
  } finally {
    if (open) journal.revert(whole);
  }
}

function runAll(journal: Journal, context: RunContext, tx: DecodedTx): Result<Uint8Array> {
  const checkpoint = journal.checkpoint();
  let keep = false;
  try {
    const ran = attempt(context.gas, () => runMessages(context, tx));
    keep = ran.ok;
    return ran;
  } finally {
    if (keep) journal.commit(checkpoint);
    else journal.revert(checkpoint);
  }
}

/** The end of the road for running out of gas: here it becomes a refusal. */
function attempt<T>(meter: GasMeter, run: () => Result<T>): Result<T> {
  try {
    return run();
  } catch (thrown) {
    if (!(thrown instanceof OutOfGas)) throw thrown;
    const detail = `out of gas in location: ${thrown.what}; gasWanted: ${meter.limit}, gasUsed: ${meter.used}`;
    return { ok: false, error: sdkRefusal("outOfGas", detail) };
  }
}

function runMessages(context: RunContext, tx: DecodedTx): Result<Uint8Array> {
  const { events } = context;
  const msgResponses: { typeUrl: string; value: Uint8Array }[] = [];
  for (const [i, { route, value, signer }] of tx.messages.entries()) {
    const first = events.length;
    const { handler, module } = route;
    const event = messageEvent(handler.typeUrl, signer.text);
    context.emit(event);
    const response = handler.execute(context, value);
    if (!response.ok) {
      const { codespace, code, message } = response.error;
      const text = `failed to execute message; message index: ${i}: ${message}`;
      return { ok: false, error: { codespace, code, message: text } };
    }
    if (!namesModule(events, first)) nameModule(event, module);
    const index = i.toString();
    for (let at = first; at < events.length; at++) markMessage(events[at]!, index);
    msgResponses.push({ typeUrl: handler.responseTypeUrl, value: response.value });
  }
  return { ok: true, value: encodeResponses(msgResponses) };
}

/** Most transactions have one message with an empty response: their data are all the same. */
const emptyResponses = new Map<string, Uint8Array>();

function encodeResponses(msgResponses: { typeUrl: string; value: Uint8Array }[]): Uint8Array {
  const [only] = msgResponses;
  const plain = msgResponses.length === 1 && only!.value.length === 0;
  const known = plain ? emptyResponses.get(only!.typeUrl) : undefined;
  if (known !== undefined) return known;
  const data = TxMsgData.encode({ data: [], msgResponses }).finish();
  // As many entries as there are kinds of messages.
  if (plain) emptyResponses.set(only!.typeUrl, data);
  return data;
}
