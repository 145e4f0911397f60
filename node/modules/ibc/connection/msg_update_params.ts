/** `/ibc.core.connection.v1.MsgUpdateParams`: an authority says how long a block of this chain may take. @module */
import { Params } from "cosmjs-types/ibc/core/connection/v1/connection";
import type { Address, AddressCodec, MessageHandler } from "../../../app/ports.ts";
import { fields, messageCodec, type MessageOf } from "../../../core/codec/mod.ts";
import { refuse } from "../../../core/ibc/mod.ts";
import { ok } from "../../../core/result.ts";
import type { StateReader } from "../../../state/view.ts";
import { messageHandler, type Signed } from "../message.ts";
import type { ConnectionKeeper } from "./keeper.ts";
import { PARAMS_KEY, STORE } from "./keys.ts";

/** Longest message, in bytes. */
const BYTES_MAX = 1_024;
const EMPTY = new Uint8Array();

/** Of `cosmjs-types`, it has the parameters of clients inside. */
export const MsgUpdateParams = messageCodec("/ibc.core.connection.v1.MsgUpdateParams", {
  signer: fields.string(1),
  params: fields.message(2, Params),
});

interface Authority {
  isAuthority(view: StateReader, address: Address): boolean;
}

export const msgUpdateParams = (
  addresses: AddressCodec,
  keeper: ConnectionKeeper,
  authority: Authority,
): MessageHandler<Signed<MessageOf<typeof MsgUpdateParams>>> =>
  messageHandler(addresses, {
    codec: MsgUpdateParams,
    bytesMax: BYTES_MAX,
    validate: ({ params }) =>
      params !== undefined && params.maxExpectedTimePerBlock > 0n
        ? ok(undefined)
        : refuse("invalidRequest", "read connection params: the longest time of a block is 0"),
    touch: (_, key) => key(STORE, PARAMS_KEY),
    execute(context, { params }, signer) {
      if (!authority.isAuthority(context.view, signer)) {
        return refuse("unauthorized", `update connection params: ${signer.text} is no authority`);
      }
      keeper.setParams(context.view, params!);
      return ok(EMPTY);
    },
  });
