/** The clients of other chains: a number, a type and a state for each (ibc-go v10 `02-client/keeper`). @module */
import type { Any } from "cosmjs-types/google/protobuf/any";
import type { Params } from "cosmjs-types/ibc/core/client/v1/client";
import type { Event } from "cosmjs-types/tendermint/abci/types";
import type {
  Address,
  AddressCodec,
  ClientStatus,
  Context,
  CounterpartyProof,
  IbcClients,
} from "../../../app/ports.ts";
import { bytesToU64, u64ToBytes } from "../../../core/bytes.ts";
import {
  clientIdentifier,
  compareHeights,
  formatHeight,
  type IbcHeight,
  LOCALHOST_CLIENT_ID,
  parseClientIdentifier,
  refuse,
  validateIdentifier,
  wrapRefusal,
  ZERO_HEIGHT,
} from "../../../core/ibc/mod.ts";
import { invariant } from "../../../core/invariant.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import type { StateReader, StateView } from "../../../state/view.ts";
import { clientMisbehaviour, createClient, recoverClient, updateClient, upgradeClient } from "./events.ts";
import { clientStateKey, consensusStateKey, creatorKey, NEXT_SEQUENCE_KEY, PARAMS_KEY, STORE } from "./keys.ts";
import type { ClientUpgrade, LightClient, ProofBasis } from "./light_client.ts";
import { decodeParams, DEFAULT_PARAMS, encodeParams, isAllowed } from "./params.ts";

/** A client message together with the type that decoded it. */
export interface ClientMessage {
  readonly client: LightClient;
  readonly value: unknown;
}

const DONE: Result<undefined, never> = ok(undefined);
/** Longest id that is looked at; the same bound as for keys. */
const ID_SHOWN_MAX = 64;

export class ClientKeeper implements IbcClients {
  readonly #types = new Map<string, LightClient>();
  #params: { readonly bytes: Uint8Array; readonly params: Params } | undefined;

  /** `clients`: the types that exist on this chain. */
  constructor(
    readonly codec: AddressCodec,
    // Each type is given the very messages it decoded.
    // deno-lint-ignore no-explicit-any
    clients: readonly LightClient<any>[],
  ) {
    for (const client of clients) {
      const { clientType } = client;
      invariant(!this.#types.has(clientType), `register client type ${clientType}: it is there`);
      const isNamed = clientType === LOCALHOST_CLIENT_ID ||
        (parseClientIdentifier(clientIdentifier(clientType, 0n))?.clientType === clientType &&
          validateIdentifier("client", clientIdentifier(clientType, (1n << 64n) - 1n)));
      invariant(isNamed, `register client type ${clientType}: identifiers made of it are invalid`);
      this.#types.set(clientType, client);
    }
  }

  /** All types, in order of registration. */
  types(): Iterable<LightClient> {
    return this.#types.values();
  }

  status(context: Context, clientId: string): ClientStatus {
    const route = this.#route(context.view, clientId);
    return route.ok ? route.value.status(context, clientId) : "Unauthorized";
  }

  /** The zero height for a client that is not there or not allowed. */
  latestHeight(context: Context, clientId: string): IbcHeight {
    const route = this.#route(context.view, clientId);
    return route.ok ? route.value.latestHeight(context, clientId) : ZERO_HEIGHT;
  }

  timestampAt(context: Context, clientId: string, height: IbcHeight): Result<bigint> {
    const route = this.#route(context.view, clientId);
    return route.ok ? route.value.timestampAtHeight(context, clientId, height) : route;
  }

  verifyMembership(
    context: Context,
    clientId: string,
    proof: CounterpartyProof,
    path: readonly Uint8Array[],
    value: Uint8Array,
  ): Result<undefined> {
    const client = this.#active(context, clientId, "cannot call verify membership on");
    return client.ok ? client.value.verifyMembership(context, clientId, proof, path, value) : client;
  }

  verifyNonMembership(
    context: Context,
    clientId: string,
    proof: CounterpartyProof,
    path: readonly Uint8Array[],
  ): Result<undefined> {
    const client = this.#active(context, clientId, "cannot call verify non membership on");
    return client.ok ? client.value.verifyNonMembership(context, clientId, proof, path) : client;
  }

  /** What Merkle proofs of that chain's state at `height` are judged by. Refused unless the client is active. */
  proofBasis(context: Context, clientId: string, height: IbcHeight): Result<ProofBasis> {
    const client = this.#active(context, clientId, "cannot verify proofs by");
    if (!client.ok) return client;
    if (client.value.proofBasis === undefined) {
      return refuse("invalidClientType", `verify proofs by ${clientId}: its type has no Merkle proofs`);
    }
    return client.value.proofBasis(context, clientId, height);
  }

  /** Makes a client of two states, each in its `Any`, and answers its identifier. */
  create(context: Context, clientState: Any, consensusState: Any, creator: Address): Result<string> {
    const client = this.typeOfState(clientState);
    if (!client.ok) return client;
    const { clientType } = client.value;
    if (clientType === LOCALHOST_CLIENT_ID) {
      return refuse("invalidClientType", `cannot create client of type: ${clientType}`);
    }
    const sequence = this.nextSequence(context.view);
    this.setNextSequence(context.view, sequence + 1n);
    const clientId = clientIdentifier(clientType, sequence);
    const route = this.#route(context.view, clientId);
    if (!route.ok) return route;
    const made = client.value.initialize(context, clientId, clientState.value, consensusState.value);
    if (!made.ok) return made;
    const status = client.value.status(context, clientId);
    if (status !== "Active") {
      return refuse("clientNotActive", `cannot create client (${clientId}) with status ${status}`);
    }
    context.view.set(STORE, creatorKey(clientId), creator.bytes);
    emit(context, createClient(clientId, clientType, client.value.latestHeight(context, clientId)));
    return ok(clientId);
  }

  /** Takes a header or evidence in; evidence that holds freezes the client, and that is a success. */
  update(context: Context, clientId: string, message: ClientMessage): Result<undefined> {
    const active = this.#active(context, clientId, "cannot update");
    if (!active.ok) return active;
    const client = active.value;
    if (message.client !== client) {
      return refuse("invalidClientType", `update ${clientId}: the message is of ${message.client.clientType}`);
    }
    const verified = client.verifyClientMessage(context, clientId, message.value);
    if (!verified.ok) return verified;
    if (client.checkForMisbehaviour(context, clientId, message.value)) {
      client.updateStateOnMisbehaviour(context, clientId, message.value);
      emit(context, clientMisbehaviour(clientId, client.clientType));
      return DONE;
    }
    const heights = client.updateState(context, clientId, message.value);
    emit(context, updateClient(clientId, client.clientType, heights));
    return DONE;
  }

  /** Follows a chain to its next revision. */
  upgrade(context: Context, clientId: string, upgrade: ClientUpgrade): Result<undefined> {
    const client = this.#active(context, clientId, "cannot upgrade");
    if (!client.ok) return client;
    const done = client.value.verifyUpgradeAndUpdateState(context, clientId, upgrade);
    if (!done.ok) return err(wrapRefusal(done.error, `cannot upgrade client with ID ${clientId}`));
    const { clientType } = client.value;
    emit(context, upgradeClient(clientId, clientType, client.value.latestHeight(context, clientId)));
    return DONE;
  }

  /** Gives a client that is frozen or expired the state of an active one of its type. For an authority. */
  recover(context: Context, subjectId: string, substituteId: string): Result<undefined> {
    const route = this.#route(context.view, subjectId);
    if (!route.ok) return refuse("clientRouteNotFound", subjectId.slice(0, ID_SHOWN_MAX));
    const client = route.value;
    if (client.status(context, subjectId) === "Active") {
      return refuse("invalidRecoveryClient", `cannot recover subject client (${subjectId}) with status Active`);
    }
    // Each type reads its own states only.
    const status = this.status(context, substituteId);
    if (status !== "Active") {
      const detail = `cannot recover client using substitute client (${substituteId}) with status ${status}`;
      return refuse("clientNotActive", detail);
    }
    const substitute = this.#route(context.view, substituteId);
    if (!substitute.ok || substitute.value !== client) {
      return refuse("invalidClientType", `recover ${subjectId}: substitute ${substituteId} is of another type`);
    }
    const [old, young] = [client.latestHeight(context, subjectId), client.latestHeight(context, substituteId)];
    if (compareHeights(old, young) >= 0) {
      const detail = "subject client state latest height is greater or equal to substitute client state latest height";
      return refuse("invalidClientHeight", `${detail} (${formatHeight(old)} >= ${formatHeight(young)})`);
    }
    const done = client.recoverClient(context, subjectId, substituteId);
    if (!done.ok) return done;
    emit(context, recoverClient(subjectId, client.clientType));
    return DONE;
  }

  /** The type of a client state in its `Any`. */
  typeOfState({ typeUrl }: Any): Result<LightClient> {
    for (const client of this.types()) {
      if (client.clientStateTypeUrl === typeUrl && typeUrl !== "") return ok(client);
    }
    return refuse("unpackAny", `no client state is called ${typeUrl.slice(0, 100)}`);
  }

  /** The decoded message of an `Any`, with its type. */
  decodeMessage(message: Any): Result<ClientMessage> {
    for (const client of this.types()) {
      if (!client.messageTypeUrls.includes(message.typeUrl)) continue;
      const value = client.decodeMessage(message);
      return value.ok ? ok({ client, value: value.value }) : value;
    }
    return refuse("unpackAny", `no client message is called ${message.typeUrl.slice(0, 100)}`);
  }

  /** The `Any` of a client state; undefined when there is no such client. */
  clientState(view: StateReader, clientId: string): Uint8Array | undefined {
    return isStorable(clientId) ? view.get(STORE, clientStateKey(clientId)) : undefined;
  }

  /** The `Any` of a consensus state; undefined when the client does not know that height. */
  consensusState(view: StateReader, clientId: string, height: IbcHeight): Uint8Array | undefined {
    return isStorable(clientId) ? view.get(STORE, consensusStateKey(clientId, height)) : undefined;
  }

  /** Who created a client; undefined when it came with the genesis or is not there. */
  creator(view: StateReader, clientId: string): Address | undefined {
    const bytes = isStorable(clientId) ? view.get(STORE, creatorKey(clientId)) : undefined;
    return bytes === undefined ? undefined : this.codec.of(bytes);
  }

  nextSequence(view: StateReader): bigint {
    const bytes = view.get(STORE, NEXT_SEQUENCE_KEY);
    // A chain that is older than this module has none.
    return bytes === undefined ? 0n : bytesToU64(bytes);
  }

  setNextSequence(view: StateView, sequence: bigint): void {
    view.set(STORE, NEXT_SEQUENCE_KEY, u64ToBytes(sequence));
  }

  params(view: StateReader): Params {
    const bytes = view.get(STORE, PARAMS_KEY);
    if (bytes === undefined) return DEFAULT_PARAMS;
    if (this.#params?.bytes !== bytes) this.#params = { bytes, params: decodeParams(bytes) };
    return this.#params.params;
  }

  setParams(view: StateView, params: Params): void {
    view.set(STORE, PARAMS_KEY, encodeParams(params));
  }

  /** The type of a client, when its identifier is one and parameters allow it (`Route`). */
  #route(view: StateReader, clientId: string): Result<LightClient> {
    const parsed = isStorable(clientId) ? parseClientIdentifier(clientId) : undefined;
    if (parsed === undefined) {
      return refuse("invalidId", `unable to parse client identifier ${clientId.slice(0, ID_SHOWN_MAX)}`);
    }
    const { clientType } = parsed;
    if (!isAllowed(this.params(view), clientType)) {
      return refuse("invalidClientType", `client (${clientId}) type ${clientType} is not in the allowed client list`);
    }
    const client = this.#types.get(clientType);
    return client === undefined ? refuse("clientRouteNotFound", clientId) : ok(client);
  }

  #active(context: Context, clientId: string, attempt: string): Result<LightClient> {
    const route = this.#route(context.view, clientId);
    if (!route.ok) return route;
    const status = route.value.status(context, clientId);
    return status === "Active"
      ? route
      : refuse("clientNotActive", `${attempt} client (${clientId}) with status ${status}`);
  }
}

/** Identifiers become keys of the store, so they have the form and the length of one. */
const isStorable = (clientId: string) => validateIdentifier("client", clientId);

function emit(context: Context, events: readonly Event[]): void {
  for (const event of events) context.emit(event);
}
