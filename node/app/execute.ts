/**
 * One transaction over a journal: the phases before the messages, then all messages or none. Its outcome says what to
 * report; what it may write is committed to the journal, everything else is reverted.
 * @module
 */
import type { Event } from "cosmjs-types/tendermint/abci/types";
import { TxMsgData } from "cosmjs-types/cosmos/base/abci/v1beta1/abci";
import type { Coins } from "../core/coins.ts";
import { type CodedError, sdkRefusal } from "../core/errors.ts";
import { ok, type Result } from "../core/result.ts";
import { hashTx } from "../core/types/mod.ts";
import type { Journal } from "../state/mod.ts";
import { RunContext } from "./_run_context.ts";
import { Notes } from "./_tx_notes.ts";
import { type AnteOptions, type Mode, runAnte } from "./ante.ts";
import type { DecodedTx } from "./decode.ts";
import { markMessage, messageEvent, nameModule, namesModule } from "./events.ts";
import { LimitedGasMeter, OutOfGas } from "./gas.ts";
import type { BlockContext } from "./module.ts";

/** What became of a transaction. */
export interface Outcome {
  /** Undefined: it succeeded. */
  readonly error: CodedError | undefined;
  /** `TxMsgData` of a success. */
  readonly data: Uint8Array;
  readonly gasWanted: bigint;
  /** With what was charged for last, which may pass what was wanted; then it was not done. */
  readonly gasUsed: bigint;
  /** Of that, what contracts computed; no more than was wanted. */
  readonly gasComputed: bigint;
  readonly events: readonly Event[];
  /** What was taken for the fee, which whoever runs the block gives to the fee collector. */
  readonly fee: Coins;
}

const NOTHING: Coins = [];
const EMPTY = new Uint8Array();

/** As {@linkcode RunContext.emit} does with the texts of events. */
const wellFormed = (error: CodedError): CodedError =>
  error.message.isWellFormed() ? error : { ...error, message: error.message.toWellFormed() };

/** An outcome before anything could run. */
export const refusedOutcome = (error: CodedError, gasWanted = 0n): Outcome => ({
  error: wellFormed(error),
  data: EMPTY,
  gasWanted,
  gasUsed: 0n,
  gasComputed: 0n,
  events: [],
  fee: NOTHING,
});

/** Messages between two offers to let others run. */
export const MESSAGES_PER_PAUSE = 20;

interface Response {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

/** A transaction whose phases before the messages are done. */
interface Admitted {
  /** How many events are those of the phases before. */
  readonly events: number;
  /** Of messages that are done. */
  readonly responses: Response[];
  /** Before the first message; unless there are none to be run. */
  readonly checkpoint: ReturnType<Journal["checkpoint"]> | undefined;
}

/**
 * A transaction that is being run. Whatever is over a state that may not be resident can be interrupted by a miss; here a
 * miss takes back no more than the message it happened in, so that many messages that each read something new take their
 * number, and not its square.
 */
export class Execution {
  readonly #meter: LimitedGasMeter;
  readonly #context: RunContext;
  readonly #notes = new Notes();
  #admitted: Admitted | undefined;

  constructor(
    readonly journal: Journal,
    readonly tx: DecodedTx,
    block: BlockContext,
    readonly mode: Mode,
    readonly options: AnteOptions,
    readonly gasLimit: bigint = tx.gasLimit,
    /** Its place in the block that is being run. */
    index?: number,
  ) {
    this.#meter = new LimitedGasMeter(gasLimit);
    const position = index === undefined ? undefined : {
      index,
      get hash() {
        return hashTx(tx.bytes);
      },
    };
    this.#context = new RunContext(journal, this.#meter, block, [], { tx: position, notes: this.#notes });
  }

  /** Runs to the end without pauses; otherwise as {@linkcode Execution.advance}. */
  run(): Outcome {
    for (;;) {
      const outcome = this.advance();
      if (outcome !== "paused") return outcome;
    }
  }

  /**
   * Runs to the end, or for some messages. A check stops before the messages. Only a miss of the state (or our own fault) is
   * thrown: the caller loads and calls again, and nobody else uses the journal in between; a journal of several may be used
   * by others only while checks are interrupted, which leave nothing.
   */
  advance(): Outcome | "paused" {
    if (this.#admitted === undefined) {
      const refused = this.#admit();
      if (refused !== undefined) return refused;
    }
    const { checkpoint, events, responses } = this.#admitted!;
    if (checkpoint === undefined) return this.#outcome(undefined);
    const { messages } = this.tx;
    const end = responses.length + MESSAGES_PER_PAUSE;
    while (responses.length < messages.length) {
      if (responses.length === end) return "paused";
      const done = this.#step(() => runMessage(this.#context, this.tx, responses.length));
      if (done.ok) responses.push(done.value);
      else {
        this.journal.revert(checkpoint);
        this.#context.events.length = events;
        return this.#outcome(done.error);
      }
    }
    this.journal.commit(checkpoint);
    return this.#outcome(undefined, encodeResponses(responses));
  }

  /** Takes back everything, after a miss: nobody advances it again. */
  abandon(): void {
    const checkpoint = this.#admitted?.checkpoint;
    if (checkpoint !== undefined) this.journal.revert(checkpoint);
  }

  /** The phases before the messages; their refusal leaves nothing. */
  #admit(): Outcome | undefined {
    const { journal, tx, mode, options } = this;
    const before = this.#step(() => runAnte(this.#context, tx, mode, options));
    if (!before.ok) return { ...refusedOutcome(before.error, this.gasLimit), gasUsed: BigInt(this.#meter.used) };
    const isCheck = mode === "check" || mode === "recheck";
    const checkpoint = isCheck ? undefined : journal.checkpoint();
    this.#admitted = { events: this.#context.events.length, responses: [], checkpoint };
    return undefined;
  }

  /** A part that is kept whole or not at all. Running out of gas becomes a refusal; a miss leaves everything as it was. */
  #step<T>(run: () => Result<T>): Result<T> {
    const { events } = this.#context;
    const [used, computed, emitted, noted] = [this.#meter.used, this.#meter.computed, events.length, this.#notes.size];
    const checkpoint = this.journal.checkpoint();
    let result: Result<T> | undefined;
    try {
      return result = this.#charged(run);
    } finally {
      if (result?.ok === true) this.journal.commit(checkpoint);
      else this.journal.revert(checkpoint);
      if (result === undefined) {
        this.#meter.rewind(used, computed);
        events.length = emitted;
        this.#notes.rewind(noted);
      }
    }
  }

  /** The end of the road for running out of gas. */
  #charged<T>(run: () => Result<T>): Result<T> {
    try {
      return run();
    } catch (thrown) {
      if (!(thrown instanceof OutOfGas)) throw thrown;
      const { limit, used } = this.#meter;
      const detail = `out of gas in location: ${thrown.what}; gasWanted: ${limit}, gasUsed: ${used}`;
      return { ok: false, error: sdkRefusal("outOfGas", detail) };
    }
  }

  #outcome(error: CodedError | undefined, data: Uint8Array = EMPTY): Outcome {
    const { events } = this.#context;
    return {
      error: error && wellFormed(error),
      data,
      gasWanted: this.gasLimit,
      gasUsed: BigInt(this.#meter.used),
      gasComputed: BigInt(Math.min(this.#meter.computed, this.#meter.limit)),
      events,
      fee: this.tx.fee,
    };
  }
}

/** Runs the message at `index`; its refusal says which one it was. */
function runMessage(context: RunContext, tx: DecodedTx, index: number): Result<Response> {
  const { events } = context;
  const { route: { handler, module }, value, signer } = tx.messages[index]!;
  const first = events.length;
  const event = messageEvent(handler.typeUrl, signer.text);
  context.emit(event);
  const response = handler.execute(context, value);
  if (!response.ok) {
    const { codespace, code, message } = response.error;
    const text = `failed to execute message; message index: ${index}: ${message}`;
    return { ok: false, error: { codespace, code, message: text } };
  }
  if (!namesModule(events, first)) nameModule(event, module);
  const mark = index.toString();
  for (let at = first; at < events.length; at++) markMessage(events[at]!, mark);
  return ok({ typeUrl: handler.responseTypeUrl, value: response.value });
}

/** Most transactions have one message with an empty response: their data are all the same. */
const emptyResponses = new Map<string, Uint8Array>();

function encodeResponses(msgResponses: Response[]): Uint8Array {
  const [only] = msgResponses;
  const plain = msgResponses.length === 1 && only!.value.length === 0;
  const known = plain ? emptyResponses.get(only!.typeUrl) : undefined;
  if (known !== undefined) return known;
  const data = TxMsgData.encode({ data: [], msgResponses }).finish();
  // As many entries as there are kinds of messages.
  if (plain) emptyResponses.set(only!.typeUrl, data);
  return data;
}
