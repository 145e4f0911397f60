/** `/ibc.core.client.v1.MsgUpdateParams`: an authority says which types of clients may be used. @module */
import { MsgUpdateParams } from "cosmjs-types/ibc/core/client/v1/tx";
import type { MessageHandler } from "../../../app/ports.ts";
import { refuse } from "../../../core/ibc/mod.ts";
import { ok } from "../../../core/result.ts";
import { messageHandler, type Signed } from "../message.ts";
import type { ExpectedAuthority } from "./expected.ts";
import type { ClientKeeper } from "./keeper.ts";
import { PARAMS_KEY, STORE } from "./keys.ts";
import { paramsFault } from "./params.ts";

/** Longest message, in bytes. */
const BYTES_MAX = 16_384;
const EMPTY = new Uint8Array();

export const msgUpdateParams = (
  keeper: ClientKeeper,
  authority: ExpectedAuthority,
): MessageHandler<Signed<MsgUpdateParams>> =>
  messageHandler(keeper.codec, {
    codec: MsgUpdateParams,
    bytesMax: BYTES_MAX,
    validate({ params }) {
      const fault = paramsFault(params);
      return fault === undefined ? ok(undefined) : refuse("invalidRequest", `read params: ${fault}`);
    },
    touch: (_, key) => key(STORE, PARAMS_KEY),
    execute(context, { params }, signer) {
      if (!authority.isAuthority(context.view, signer)) {
        return refuse("unauthorized", `update client params: ${signer.text} is no authority`);
      }
      keeper.setParams(context.view, params);
      return ok(EMPTY);
    },
  });
