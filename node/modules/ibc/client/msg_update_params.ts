/** `/ibc.core.client.v1.MsgUpdateParams`: an authority says which types of clients may be used. @module */
import type { Params } from "cosmjs-types/ibc/core/client/v1/client";
import { MsgUpdateParams as MsgUpdateParamsCodec, MsgUpdateParamsResponse } from "cosmjs-types/ibc/core/client/v1/tx";
import type { Address, MessageHandler } from "../../../app/ports.ts";
import { decodeStrict } from "../../../core/codec/mod.ts";
import { refuse } from "../../../core/ibc/mod.ts";
import { ok, type Result } from "../../../core/result.ts";
import type { ExpectedAuthority } from "./expected.ts";
import type { ClientKeeper } from "./keeper.ts";
import { PARAMS_KEY, STORE } from "./keys.ts";
import { paramsFault } from "./params.ts";
import { readSigner } from "./signer.ts";

/** Longest message, in bytes. */
const BYTES_MAX = 16_384;
const EMPTY = new Uint8Array();

/** A checked message. */
export interface MsgUpdateParams {
  readonly params: Params;
  readonly signer: Address;
}

export const msgUpdateParams = (
  keeper: ClientKeeper,
  authority: ExpectedAuthority,
): MessageHandler<MsgUpdateParams> => ({
  typeUrl: MsgUpdateParamsCodec.typeUrl,
  responseTypeUrl: MsgUpdateParamsResponse.typeUrl,
  decode: (bytes) => decode(keeper, bytes),
  signers: ({ signer }) => [signer],
  touch: (_, key) => key(STORE, PARAMS_KEY),
  execute(context, { params, signer }) {
    if (!authority.isAuthority(context.view, signer)) {
      return refuse("unauthorized", `update client params: ${signer.text} is no authority`);
    }
    keeper.setParams(context.view, params);
    return ok(EMPTY);
  },
});

function decode(keeper: ClientKeeper, bytes: Uint8Array): Result<MsgUpdateParams> {
  const decoded = decodeStrict(MsgUpdateParamsCodec, bytes, "MsgUpdateParams", BYTES_MAX);
  if (!decoded.ok) return decoded;
  const signer = readSigner(keeper, decoded.value.signer);
  if (!signer.ok) return signer;
  const { params } = decoded.value;
  const fault = paramsFault(params);
  return fault === undefined ? ok({ params, signer: signer.value }) : refuse("invalidRequest", `read params: ${fault}`);
}
