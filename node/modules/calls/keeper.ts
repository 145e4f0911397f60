/** Calls that left and reads that were asked for, until they are old. @module */
import type { Address, AddressCodec, Context, IbcChannels, IbcClients } from "../../app/ports.ts";
import { bytesToU64, u64ToBytes } from "../../core/bytes.ts";
import { encode } from "../../core/codec/mod.ts";
import { invariant } from "../../core/invariant.ts";
import type { StateReader, StateView } from "../../state/view.ts";
import type { CallTargets } from "./expected.ts";
import {
  callerKey,
  callKey,
  forgetCallKey,
  forgetReadKey,
  NEXT_READ_KEY,
  PARAMS_KEY,
  pendingKey,
  PRESENT,
  QUEUE_PREFIX,
  queueAfter,
  readKey,
  splitForget,
  STORE,
} from "./keys.ts";
import { DEFAULT_PARAMS, FORGET_MAX } from "./params.ts";
import {
  type Call,
  CALL_STATUS,
  CallCodec,
  type Params,
  ParamsCodec,
  type Read,
  READ_STATUS,
  ReadCodec,
} from "./types.ts";

export class CallsKeeper {
  readonly #targets: ReadonlyMap<string, CallTargets[string]>;

  constructor(
    readonly codec: AddressCodec,
    readonly channels: IbcChannels,
    readonly clients: IbcClients,
    targets: CallTargets,
  ) {
    this.#targets = new Map(Object.entries(targets));
  }

  /** What calls of that name reach. */
  target(name: string): CallTargets[string] | undefined {
    return this.#targets.get(name);
  }

  params(view: StateReader): Params {
    const bytes = view.get(STORE, PARAMS_KEY);
    // A chain that is older than this module has none.
    return bytes === undefined ? DEFAULT_PARAMS : ParamsCodec.decode(bytes);
  }

  setParams(view: StateView, params: Params): void {
    view.set(STORE, PARAMS_KEY, encode(ParamsCodec, params));
  }

  call(view: StateReader, channelId: string, sequence: bigint): Call | undefined {
    const bytes = view.get(STORE, callKey(channelId, sequence));
    return bytes === undefined ? undefined : CallCodec.decode(bytes);
  }

  /** Writes a call with its index; a settled one is forgotten in time. */
  setCall(view: StateView, call: Call): void {
    const { channelId, sequence } = call;
    view.set(STORE, callKey(channelId, sequence), encode(CallCodec, call));
    if (call.status === CALL_STATUS.pending) {
      view.set(STORE, callerKey(this.#callerOf(call).bytes, channelId, sequence), PRESENT);
    } else view.set(STORE, forgetCallKey(this.#callEnd(view, call), channelId, sequence), PRESENT);
  }

  #callEnd(view: StateReader, { settledTime }: Call): bigint {
    return settledTime + this.params(view).resultPeriod;
  }

  #callerOf({ caller }: Call): Address {
    const address = this.codec.parse(caller);
    invariant(address !== undefined, `find caller ${caller}: no address`);
    return address;
  }

  nextReadId(view: StateReader): bigint {
    const bytes = view.get(STORE, NEXT_READ_KEY);
    return bytes === undefined ? 1n : bytesToU64(bytes);
  }

  setNextReadId(view: StateView, id: bigint): void {
    view.set(STORE, NEXT_READ_KEY, u64ToBytes(id));
  }

  read(view: StateReader, id: bigint): Read | undefined {
    const bytes = view.get(STORE, readKey(id));
    return bytes === undefined ? undefined : ReadCodec.decode(bytes);
  }

  /** Writes a read, and in the queue when it is to be forgotten. */
  setRead(view: StateView, read: Read): void {
    view.set(STORE, readKey(read.id), encode(ReadCodec, read));
    view.set(STORE, forgetReadKey(this.#readEnd(view, read), read.id), PRESENT);
    if (read.status === READ_STATUS.pending) view.set(STORE, pendingKey(read.id), PRESENT);
  }

  /** Replaces a read that waited by the same one with its answer. */
  answerRead(view: StateView, pending: Read, answered: Read): void {
    view.delete(STORE, pendingKey(pending.id));
    view.delete(STORE, forgetReadKey(this.#readEnd(view, pending), pending.id));
    this.setRead(view, answered);
  }

  #readEnd(view: StateReader, { status, timeoutTimestamp, answeredTime }: Read): bigint {
    const from = status === READ_STATUS.pending ? timeoutTimestamp : answeredTime;
    return from + this.params(view).resultPeriod;
  }

  /**
   * Forgets what is too old, at most {@linkcode FORGET_MAX} of it. Every new result pays for that, so however many results
   * a chain gets, it keeps about those of one period.
   */
  forgetOld({ view, block }: Context): void {
    const range = { start: QUEUE_PREFIX, end: queueAfter(block.time), limit: FORGET_MAX };
    for (const [key] of view.page(STORE, range)) {
      view.delete(STORE, key);
      const old = splitForget(key);
      if ("id" in old) {
        view.delete(STORE, readKey(old.id));
        view.delete(STORE, pendingKey(old.id));
      } else this.#forgetCall(view, old.channelId, old.sequence);
    }
  }

  #forgetCall(view: StateView, channelId: string, sequence: bigint): void {
    const call = this.call(view, channelId, sequence);
    invariant(call !== undefined, `forget call ${channelId}/${sequence}: there is none`);
    view.delete(STORE, callerKey(this.#callerOf(call).bytes, channelId, sequence));
    view.delete(STORE, callKey(channelId, sequence));
  }
}
