/** `/ibc.applications.transfer.v1.MsgUpdateParams`: transfers are switched on or off. @module */
import type { Address, MessageHandler } from "../../app/ports.ts";
import { decodeStrict } from "../../core/codec/mod.ts";
import { err, ok } from "../../core/result.ts";
import { invalidAddress, invalidRequest, unauthorized } from "./errors.ts";
import type { TransferKeeper } from "./keeper.ts";
import { PARAMS_KEY, STORE } from "./keys.ts";
import type { Params } from "./params.ts";
import { MsgUpdateParamsCodec } from "./types.ts";

/** Longest message, in bytes. */
const BYTES_MAX = 1024;
const EMPTY = new Uint8Array();

/** A checked message. */
export interface MsgUpdateParams {
  readonly signer: Address;
  readonly params: Params;
}

export const msgUpdateParams = (keeper: TransferKeeper): MessageHandler<MsgUpdateParams> => ({
  typeUrl: MsgUpdateParamsCodec.typeUrl,
  responseTypeUrl: `${MsgUpdateParamsCodec.typeUrl}Response`,
  decode(bytes) {
    const decoded = decodeStrict(MsgUpdateParamsCodec, bytes, "MsgUpdateParams", BYTES_MAX);
    if (!decoded.ok) return decoded;
    const { signer: text, params } = decoded.value;
    const signer = keeper.codec.parse(text);
    if (signer === undefined) return err(invalidAddress(`invalid signer address: ${text.slice(0, 100)}`));
    return params === undefined
      ? err(invalidRequest("change transfer params: there are none"))
      : ok({ signer, params });
  },
  signers: ({ signer }) => [signer],
  touch: (_message, key) => key(STORE, PARAMS_KEY),
  execute({ view }, { signer, params }) {
    if (!keeper.authority.isAuthority(view, signer)) {
      return err(unauthorized(`change transfer params: ${signer.text} may not`));
    }
    keeper.setParams(view, params);
    return ok(EMPTY);
  },
});
