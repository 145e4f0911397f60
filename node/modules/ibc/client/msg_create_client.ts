/** `/ibc.core.client.v1.MsgCreateClient`: begin to follow another chain. @module */
import type { Any } from "cosmjs-types/google/protobuf/any";
import { MsgCreateClient as MsgCreateClientCodec, MsgCreateClientResponse } from "cosmjs-types/ibc/core/client/v1/tx";
import type { Address, MessageHandler } from "../../../app/ports.ts";
import { decodeStrict, encode } from "../../../core/codec/mod.ts";
import { refuse } from "../../../core/ibc/mod.ts";
import { ok, type Result } from "../../../core/result.ts";
import type { ClientKeeper } from "./keeper.ts";
import { NEXT_SEQUENCE_KEY, PARAMS_KEY, STORE } from "./keys.ts";
import { readSigner } from "./signer.ts";

/** Longest message, in bytes: a client state, a consensus state and an address. */
const BYTES_MAX = 65_536;

/** A checked message: both states are valid by themselves and of one type. */
export interface MsgCreateClient {
  readonly clientState: Any;
  readonly consensusState: Any;
  readonly signer: Address;
}

export const msgCreateClient = (keeper: ClientKeeper): MessageHandler<MsgCreateClient> => ({
  typeUrl: MsgCreateClientCodec.typeUrl,
  responseTypeUrl: MsgCreateClientResponse.typeUrl,
  decode: (bytes) => decode(keeper, bytes),
  signers: ({ signer }) => [signer],
  touch(_, key) {
    key(STORE, PARAMS_KEY);
    key(STORE, NEXT_SEQUENCE_KEY);
  },
  execute(context, { clientState, consensusState, signer }) {
    const clientId = keeper.create(context, clientState, consensusState, signer);
    return clientId.ok ? ok(encode(MsgCreateClientResponse, { clientId: clientId.value })) : clientId;
  },
});

function decode(keeper: ClientKeeper, bytes: Uint8Array): Result<MsgCreateClient> {
  const decoded = decodeStrict(MsgCreateClientCodec, bytes, "MsgCreateClient", BYTES_MAX);
  if (!decoded.ok) return decoded;
  const { clientState, consensusState } = decoded.value;
  const signer = readSigner(keeper, decoded.value.signer);
  if (!signer.ok) return signer;
  if (clientState === undefined || consensusState === undefined) {
    return refuse("unpackAny", "protobuf Any message cannot be nil");
  }
  const client = keeper.typeOfState(clientState);
  if (!client.ok) return client;
  const valid = client.value.validateClientState(clientState.value);
  if (!valid.ok) return valid;
  if (consensusState.typeUrl !== client.value.consensusStateTypeUrl) {
    return refuse("invalidClientType", "client type for client state and consensus state do not match");
  }
  const first = client.value.validateConsensusState(consensusState.value);
  return first.ok ? ok({ clientState, consensusState, signer: signer.value }) : first;
}
