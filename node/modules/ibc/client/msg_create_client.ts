/** `/ibc.core.client.v1.MsgCreateClient`: begin to follow another chain. @module */
import type { Any } from "cosmjs-types/google/protobuf/any";
import { MsgCreateClient, MsgCreateClientResponse } from "cosmjs-types/ibc/core/client/v1/tx";
import type { MessageHandler } from "../../../app/ports.ts";
import { encode } from "../../../core/codec/mod.ts";
import { refuse } from "../../../core/ibc/mod.ts";
import { ok, type Result } from "../../../core/result.ts";
import { messageHandler, type Signed } from "../message.ts";
import type { ClientKeeper } from "./keeper.ts";
import { NEXT_SEQUENCE_KEY, PARAMS_KEY, STORE } from "./keys.ts";

/** Longest message, in bytes: a client state, a consensus state and an address. */
const BYTES_MAX = 65_536;

/** Both states are valid by themselves and of one type. */
export const msgCreateClient = (keeper: ClientKeeper): MessageHandler<Signed<MsgCreateClient>> =>
  messageHandler(keeper.codec, {
    codec: MsgCreateClient,
    bytesMax: BYTES_MAX,
    validate: (message) => validate(keeper, message),
    touch(_, key) {
      key(STORE, PARAMS_KEY);
      key(STORE, NEXT_SEQUENCE_KEY);
    },
    execute(context, message, signer) {
      const states = statesOf(message);
      if (!states.ok) return states;
      const clientId = keeper.create(context, ...states.value, signer);
      return clientId.ok ? ok(encode(MsgCreateClientResponse, { clientId: clientId.value })) : clientId;
    },
  });

function validate(keeper: ClientKeeper, message: MsgCreateClient): Result<undefined> {
  const states = statesOf(message);
  if (!states.ok) return states;
  const [clientState, consensusState] = states.value;
  const client = keeper.typeOfState(clientState);
  if (!client.ok) return client;
  const valid = client.value.validateClientState(clientState.value);
  if (!valid.ok) return valid;
  if (consensusState.typeUrl !== client.value.consensusStateTypeUrl) {
    return refuse("invalidClientType", "client type for client state and consensus state do not match");
  }
  const first = client.value.validateConsensusState(consensusState.value);
  return first.ok ? ok(undefined) : first;
}

/** The two states of a message that must have both. */
export function statesOf(message: { clientState?: Any; consensusState?: Any }): Result<[client: Any, consensus: Any]> {
  const { clientState, consensusState } = message;
  return clientState === undefined || consensusState === undefined
    ? refuse("unpackAny", "protobuf Any message cannot be nil")
    : ok([clientState, consensusState]);
}
