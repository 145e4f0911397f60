/**
 * `/ibc.core.client.v1.MsgUpdateClient`: a header or evidence for a client; and `MsgSubmitMisbehaviour`, which older
 * relayers send for evidence and which does the same.
 * @module
 */
import type { Any } from "cosmjs-types/google/protobuf/any";
import {
  MsgSubmitMisbehaviour,
  MsgSubmitMisbehaviourResponse,
  MsgUpdateClient as MsgUpdateClientCodec,
  MsgUpdateClientResponse,
} from "cosmjs-types/ibc/core/client/v1/tx";
import type { Address, MessageHandler } from "../../../app/ports.ts";
import { decodeStrict, type MessageCodec } from "../../../core/codec/mod.ts";
import { checkIdentifier, refuse } from "../../../core/ibc/mod.ts";
import { ok, type Result } from "../../../core/result.ts";
import type { ClientKeeper, ClientMessage } from "./keeper.ts";
import { clientStateKey, PARAMS_KEY, STORE } from "./keys.ts";

/** Longest message, in bytes; the limit of transactions comes before. */
const BYTES_MAX = 4_194_304;
const EMPTY = new Uint8Array();

/** A checked message: decoded, and valid as far as that needs neither state nor signatures. */
export interface UpdateClient {
  readonly clientId: string;
  readonly message: ClientMessage;
  readonly signer: Address;
}

/** One of the two kinds; `messageOf` finds the header or evidence in it. */
function updateHandler<M extends { clientId: string; signer: string }>(
  keeper: ClientKeeper,
  codec: MessageCodec<M>,
  responseTypeUrl: string,
  messageOf: (message: M) => Any | undefined,
): MessageHandler<UpdateClient> {
  return {
    typeUrl: codec.typeUrl,
    responseTypeUrl,
    decode(bytes) {
      const decoded = decodeStrict(codec, bytes, codec.typeUrl, BYTES_MAX);
      if (!decoded.ok) return decoded;
      const { clientId, signer } = decoded.value;
      return check(keeper, clientId, messageOf(decoded.value), signer);
    },
    signers: ({ signer }) => [signer],
    touch({ clientId }, key) {
      key(STORE, PARAMS_KEY);
      key(STORE, clientStateKey(clientId));
    },
    execute(context, { clientId, message }) {
      const updated = keeper.update(context, clientId, message);
      return updated.ok ? ok(EMPTY) : updated;
    },
  };
}

function check(keeper: ClientKeeper, id: string, any: Any | undefined, text: string): Result<UpdateClient> {
  const signer = keeper.codec.parse(text);
  if (signer === undefined) {
    return refuse("invalidAddress", `read signer: ${text.slice(0, 100)} is no ${keeper.codec.prefix} address`);
  }
  if (any === undefined) return refuse("unpackAny", "protobuf Any message cannot be nil");
  const message = keeper.decodeMessage(any);
  if (!message.ok) return message;
  const clientId = checkIdentifier("client", id);
  return clientId.ok ? ok({ clientId: clientId.value, message: message.value, signer }) : clientId;
}

export const msgUpdateClient = (keeper: ClientKeeper): MessageHandler<UpdateClient> => ({
  ...updateHandler(
    keeper,
    MsgUpdateClientCodec,
    MsgUpdateClientResponse.typeUrl,
    ({ clientMessage }: MsgUpdateClientCodec) => clientMessage,
  ),
  // ibc-go verifies headers in checks, too; here a check reads nothing of clients.
  relaying: () => "aside",
});

export const msgSubmitMisbehaviour = (keeper: ClientKeeper): MessageHandler<UpdateClient> =>
  updateHandler(
    keeper,
    MsgSubmitMisbehaviour,
    MsgSubmitMisbehaviourResponse.typeUrl,
    ({ misbehaviour }: MsgSubmitMisbehaviour) => misbehaviour,
  );
