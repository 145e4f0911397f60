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
import { decodeStrict } from "../../../core/codec/mod.ts";
import { checkIdentifier, refuse } from "../../../core/ibc/mod.ts";
import { ok, type Result } from "../../../core/result.ts";
import type { ClientKeeper, ClientMessage } from "./keeper.ts";
import { clientStateKey, PARAMS_KEY, STORE } from "./keys.ts";
import { readSigner } from "./signer.ts";

/** Longest message, in bytes; the limit of transactions comes before. */
const BYTES_MAX = 4_194_304;
const EMPTY = new Uint8Array();

/** A checked message: decoded, and valid as far as that needs neither state nor signatures. */
export interface MsgUpdateClient {
  readonly clientId: string;
  readonly message: ClientMessage;
  readonly signer: Address;
}

interface Parts {
  readonly clientId: string;
  readonly message: Any | undefined;
  readonly signer: string;
}

const handler = (
  keeper: ClientKeeper,
  typeUrl: string,
  responseTypeUrl: string,
  read: (bytes: Uint8Array) => Result<Parts>,
): MessageHandler<MsgUpdateClient> => ({
  typeUrl,
  responseTypeUrl,
  decode(bytes) {
    const parts = read(bytes);
    return parts.ok ? check(keeper, parts.value) : parts;
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
});

function check(keeper: ClientKeeper, parts: Parts): Result<MsgUpdateClient> {
  const signer = readSigner(keeper, parts.signer);
  if (!signer.ok) return signer;
  if (parts.message === undefined) return refuse("unpackAny", "protobuf Any message cannot be nil");
  const message = keeper.decodeMessage(parts.message);
  if (!message.ok) return message;
  const clientId = checkIdentifier("client", parts.clientId);
  return clientId.ok ? ok({ clientId: clientId.value, message: message.value, signer: signer.value }) : clientId;
}

export const msgUpdateClient = (keeper: ClientKeeper): MessageHandler<MsgUpdateClient> =>
  handler(keeper, MsgUpdateClientCodec.typeUrl, MsgUpdateClientResponse.typeUrl, (bytes) => {
    const decoded = decodeStrict(MsgUpdateClientCodec, bytes, "MsgUpdateClient", BYTES_MAX);
    if (!decoded.ok) return decoded;
    const { clientId, clientMessage: message, signer } = decoded.value;
    return ok({ clientId, message, signer });
  });

export const msgSubmitMisbehaviour = (keeper: ClientKeeper): MessageHandler<MsgUpdateClient> =>
  handler(keeper, MsgSubmitMisbehaviour.typeUrl, MsgSubmitMisbehaviourResponse.typeUrl, (bytes) => {
    const decoded = decodeStrict(MsgSubmitMisbehaviour, bytes, "MsgSubmitMisbehaviour", BYTES_MAX);
    if (!decoded.ok) return decoded;
    const { clientId, misbehaviour: message, signer } = decoded.value;
    return ok({ clientId, message, signer });
  });
