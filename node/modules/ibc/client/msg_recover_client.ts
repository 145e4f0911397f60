/** `/ibc.core.client.v1.MsgRecoverClient`: an authority gives a frozen or expired client the state of another. @module */
import {
  MsgRecoverClient as MsgRecoverClientCodec,
  MsgRecoverClientResponse,
} from "cosmjs-types/ibc/core/client/v1/tx";
import type { Address, MessageHandler } from "../../../app/ports.ts";
import { decodeStrict } from "../../../core/codec/mod.ts";
import { checkIdentifier, refuse, wrapRefusal } from "../../../core/ibc/mod.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import type { ExpectedAuthority } from "./expected.ts";
import type { ClientKeeper } from "./keeper.ts";
import { clientStateKey, PARAMS_KEY, STORE } from "./keys.ts";
import { readSigner } from "./signer.ts";

/** Longest message, in bytes. */
const BYTES_MAX = 1_024;
const EMPTY = new Uint8Array();

/** A checked message. */
export interface MsgRecoverClient {
  readonly subjectId: string;
  readonly substituteId: string;
  readonly signer: Address;
}

export const msgRecoverClient = (
  keeper: ClientKeeper,
  authority: ExpectedAuthority,
): MessageHandler<MsgRecoverClient> => ({
  typeUrl: MsgRecoverClientCodec.typeUrl,
  responseTypeUrl: MsgRecoverClientResponse.typeUrl,
  decode: (bytes) => decode(keeper, bytes),
  signers: ({ signer }) => [signer],
  touch({ subjectId, substituteId }, key) {
    key(STORE, PARAMS_KEY);
    key(STORE, clientStateKey(subjectId));
    key(STORE, clientStateKey(substituteId));
  },
  execute(context, { subjectId, substituteId, signer }) {
    if (!authority.isAuthority(context.view, signer)) {
      return refuse("unauthorized", `recover client: ${signer.text} is no authority`);
    }
    const recovered = keeper.recover(context, subjectId, substituteId);
    return recovered.ok ? ok(EMPTY) : err(wrapRefusal(recovered.error, "client recovery failed"));
  },
});

function decode(keeper: ClientKeeper, bytes: Uint8Array): Result<MsgRecoverClient> {
  const decoded = decodeStrict(MsgRecoverClientCodec, bytes, "MsgRecoverClient", BYTES_MAX);
  if (!decoded.ok) return decoded;
  const signer = readSigner(keeper, decoded.value.signer);
  if (!signer.ok) return signer;
  const subject = checkIdentifier("client", decoded.value.subjectClientId);
  if (!subject.ok) return subject;
  const substitute = checkIdentifier("client", decoded.value.substituteClientId);
  if (!substitute.ok) return substitute;
  if (subject.value === substitute.value) {
    return refuse("invalidSubstitute", "subject and substitute clients must be different");
  }
  return ok({ subjectId: subject.value, substituteId: substitute.value, signer: signer.value });
}
