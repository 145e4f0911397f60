/** Genesis of the clients: `client_genesis` in the JSON of ibc-go v10 `02-client/genesis.go`. @module */
import { Any } from "cosmjs-types/google/protobuf/any";
import { z } from "zod";
import type { Context } from "../../../app/ports.ts";
import { concatBytes } from "../../../core/bytes.ts";
import { encode } from "../../../core/codec/mod.ts";
import { sdkRefusal } from "../../../core/errors.ts";
import { formatHeight, type IbcHeight, isZeroHeight, parseClientIdentifier } from "../../../core/ibc/mod.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import { bytes, identifier, list, uint64 } from "../genesis_json.ts";
import { readClientKey } from "./client_key.ts";
import type { ClientKeeper } from "./keeper.ts";
import { clientPrefix, clientStateKey, consensusStateKey, STORE } from "./keys.ts";
import type { LightClient } from "./light_client.ts";
import { DEFAULT_PARAMS, isAllowed, paramsFault } from "./params.ts";
import { heightSchema } from "./state_form.ts";

/** Longest key of metadata below a client, in bytes. */
const METADATA_KEY_BYTES_MAX = 256;

const clientId = identifier("client");
const state = z.looseObject({ "@type": z.string() });
const genesisJson = z.strictObject({
  clients: list(z.strictObject({ client_id: clientId, client_state: state })),
  clients_consensus: list(z.strictObject({
    client_id: clientId,
    consensus_states: list(z.strictObject({ height: heightSchema, consensus_state: state })),
  })),
  clients_metadata: list(z.strictObject({
    client_id: clientId,
    client_metadata: list(z.strictObject({ key: bytes, value: bytes })),
  })),
  params: z.strictObject({ allowed_clients: list(z.string()) }),
  // Deprecated: the localhost client keeps nothing and is always there.
  create_localhost: z.boolean().default(false),
  next_client_sequence: uint64,
});
type GenesisJson = z.infer<typeof genesisJson>;
type StateJson = z.infer<typeof state>;
type Types = ReadonlyMap<string, LightClient>;

const EMPTY_GENESIS = { params: { allowed_clients: DEFAULT_PARAMS.allowedClients }, next_client_sequence: "0" };
const refuse = (detail: string) => err(sdkRefusal("invalidRequest", `read genesis ibc clients: ${detail}`));

/** Checks and writes `client_genesis`; undefined is that of a chain without clients. */
export function initClientGenesis(keeper: ClientKeeper, context: Context, json: unknown): Result<undefined> {
  const parsed = genesisJson.safeParse(json ?? EMPTY_GENESIS);
  if (!parsed.success) return refuse(z.prettifyError(parsed.error));
  const genesis = parsed.data;
  const params = { allowedClients: genesis.params.allowed_clients };
  const fault = paramsFault(params);
  if (fault !== undefined) return refuse(fault);
  keeper.setParams(context.view, params);
  keeper.setNextSequence(context.view, genesis.next_client_sequence);
  const types = new Map<string, LightClient>();
  for (const client of genesis.clients) {
    if (types.has(client.client_id)) return refuse(`${client.client_id} is there twice`);
    const type = initClient(keeper, context, genesis, client);
    if (!type.ok) return type;
    types.set(client.client_id, type.value);
  }
  const states = initConsensusStates(context, genesis, types);
  return states.ok ? initMetadata(context, genesis, types) : states;
}

function initClient(
  keeper: ClientKeeper,
  { view }: Context,
  genesis: GenesisJson,
  { client_id: id, client_state: json }: GenesisJson["clients"][number],
): Result<LightClient> {
  const type = keeper.typeOfState({ typeUrl: json["@type"], value: new Uint8Array() });
  if (!type.ok) return refuse(`${id}: ${type.error.message}`);
  const { clientType } = type.value;
  const parsed = parseClientIdentifier(id);
  if (parsed?.clientType !== clientType) return refuse(`${id} is no ${clientType} client`);
  if (!isAllowed(keeper.params(view), clientType)) return refuse(`client type ${clientType} is not allowed`);
  if (parsed.sequence >= genesis.next_client_sequence) {
    return refuse(`next_client_sequence ${genesis.next_client_sequence} is not above that of ${id}`);
  }
  const any = readState(json, type.value, "clientState");
  if (!any.ok) return refuse(`${id}: ${any.error.message}`);
  view.set(STORE, clientStateKey(id), any.value);
  return type;
}

function initConsensusStates({ view }: Context, genesis: GenesisJson, types: Types): Result<undefined> {
  for (const { client_id: id, consensus_states: states } of genesis.clients_consensus) {
    const type = types.get(id);
    if (type === undefined) return refuse(`consensus states of ${id}, which is no client here`);
    for (const { height, consensus_state: json } of states) {
      if (isZeroHeight(height)) return refuse(`a consensus state of ${id} has no height`);
      const any = readState(json, type, "consensusState");
      if (!any.ok) return refuse(`consensus state ${formatHeight(height)} of ${id}: ${any.error.message}`);
      view.set(STORE, consensusStateKey(id, height), any.value);
    }
  }
  return ok(undefined);
}

/** A valid state of that type, in its `Any`. */
function readState(json: StateJson, type: LightClient, kind: "clientState" | "consensusState"): Result<Uint8Array> {
  const { "@type": typeUrl, ...fields } = json;
  const isClient = kind === "clientState";
  const wanted = isClient ? type.clientStateTypeUrl : type.consensusStateTypeUrl;
  if (typeUrl !== wanted || type.genesis === undefined) return refuse(`it is a ${typeUrl.slice(0, 100)}`);
  const value = type.genesis[kind].fromJson(fields);
  if (!value.ok) return value;
  const valid = isClient
    ? type.validateClientState(value.value)
    : type.genesis.validateStored?.(value.value) ?? type.validateConsensusState(value.value);
  return valid.ok ? ok(encode(Any, { typeUrl, value: value.value })) : valid;
}

/** Metadata is written as it stands, except that it may not be in the place of a state, nor name one that is not there. */
function initMetadata({ view }: Context, genesis: GenesisJson, types: Types): Result<undefined> {
  for (const { client_id: id, client_metadata: entries } of genesis.clients_metadata) {
    if (!types.has(id)) return refuse(`metadata of ${id}, which is no client here`);
    for (const { key, value } of entries) {
      if (key.length === 0 || key.length > METADATA_KEY_BYTES_MAX || value.length === 0) {
        return refuse(`metadata of ${id} with a key of ${key.length} and a value of ${value.length} bytes`);
      }
      const full = concatBytes(clientPrefix(id), key);
      const about = readClientKey(full);
      if (about?.kind === "state" || about?.kind === "consensus") {
        return refuse(`metadata of ${id} in the place of a state`);
      }
      const isKnown = (height: IbcHeight | undefined) =>
        height !== undefined && view.get(STORE, consensusStateKey(id, height)) !== undefined;
      if (about?.kind === "index" && !isKnown(about.height)) {
        return refuse(`metadata of ${id} names a consensus state that is not there`);
      }
      view.set(STORE, full, value);
    }
  }
  return ok(undefined);
}
