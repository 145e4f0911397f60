/** The states of clients of one type, as their keys hold them: each in its `Any`. @module */
import { Any } from "cosmjs-types/google/protobuf/any";
import { encode, type MessageCodec } from "../../../core/codec/mod.ts";
import { formatHeight, type IbcHeight } from "../../../core/ibc/mod.ts";
import { invariant } from "../../../core/invariant.ts";
import type { StateReader, StateView } from "../../../state/view.ts";
import { clientStateKey, consensusStateKey, STORE } from "./keys.ts";

/** The bytes of `message` in its `Any`. */
export const encodeAny = <T>(codec: MessageCodec<T>, message: T): Uint8Array =>
  encode(Any, { typeUrl: codec.typeUrl, value: encode(codec, message) });

/** Reads what {@linkcode encodeAny} wrote; the same bytes are decoded once, and what comes of them is shared. */
class AnyReader<T extends object> {
  readonly #known = new WeakMap<Uint8Array, T>();

  constructor(readonly codec: MessageCodec<T>) {}

  read(bytes: Uint8Array): T {
    let message = this.#known.get(bytes);
    if (message === undefined) {
      const { typeUrl, value } = Any.decode(bytes);
      invariant(typeUrl === this.codec.typeUrl, `read ${this.codec.typeUrl}: the store holds ${typeUrl}`);
      this.#known.set(bytes, message = this.codec.decode(value));
    }
    return message;
  }
}

/** Client states `S` and consensus states `C`. What is read is shared: nobody changes it. */
export class ClientStore<S extends object, C extends object> {
  readonly #states: AnyReader<S>;
  readonly #consensus: AnyReader<C>;

  constructor(stateCodec: MessageCodec<S>, consensusCodec: MessageCodec<C>) {
    this.#states = new AnyReader(stateCodec);
    this.#consensus = new AnyReader(consensusCodec);
  }

  /** Undefined when there is no such client. */
  state(view: StateReader, clientId: string): S | undefined {
    const bytes = view.get(STORE, clientStateKey(clientId));
    return bytes && this.#states.read(bytes);
  }

  setState(view: StateView, clientId: string, state: S): void {
    view.set(STORE, clientStateKey(clientId), encodeAny(this.#states.codec, state));
  }

  consensusState(view: StateReader, clientId: string, height: IbcHeight): C | undefined {
    const bytes = view.get(STORE, consensusStateKey(clientId, height));
    return bytes && this.#consensus.read(bytes);
  }

  setConsensusState(view: StateView, clientId: string, height: IbcHeight, state: C): void {
    view.set(STORE, consensusStateKey(clientId, height), encodeAny(this.#consensus.codec, state));
  }

  /** The state of a client whose message was just believed. */
  stateOf(view: StateReader, clientId: string): S {
    const state = this.state(view, clientId);
    invariant(state !== undefined, `read client ${clientId}: it is not there`);
    return state;
  }

  /** A consensus state that the index of heights names. */
  indexedState(view: StateReader, clientId: string, height: IbcHeight): C {
    const state = this.consensusState(view, clientId, height);
    invariant(state !== undefined, `read consensus state ${formatHeight(height)} of ${clientId}: it is not there`);
    return state;
  }
}
