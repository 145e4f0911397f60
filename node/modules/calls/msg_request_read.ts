/** `/catenary.calls.v1.MsgRequestRead`: the value of a key of another chain is asked for (the shape of ICS-31). @module */
import type { Address, Context, MessageHandler } from "../../app/ports.ts";
import { decodeStrict, encode } from "../../core/codec/mod.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { checkIdentifier, type IbcHeight, isZeroHeight } from "../../core/ibc/mod.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { invalidRead } from "./errors.ts";
import { readRequest } from "./events.ts";
import type { CallsKeeper } from "./keeper.ts";
import { NEXT_READ_KEY, PARAMS_KEY, STORE } from "./keys.ts";
import { READ_KEY_BYTES_MAX, READ_STORE_BYTES_MAX } from "./params.ts";
import { MsgRequestReadCodec, MsgRequestReadResponseCodec, type Read, READ_STATUS } from "./types.ts";

/** Longest message, in bytes. */
const BYTES_MAX = 4_096;
const NOTHING: Uint8Array = new Uint8Array();

/** A checked message. */
export interface MsgRequestRead {
  readonly requester: Address;
  readonly clientId: string;
  readonly store: Uint8Array;
  readonly key: Uint8Array;
  /** Undefined: what the client knows when the message runs. */
  readonly minHeight: IbcHeight | undefined;
  readonly timeoutTimestamp: bigint;
}

export const msgRequestRead = (keeper: CallsKeeper): MessageHandler<MsgRequestRead> => ({
  typeUrl: MsgRequestReadCodec.typeUrl,
  responseTypeUrl: MsgRequestReadResponseCodec.typeUrl,
  decode: (bytes) => decode(keeper, bytes),
  signers: ({ requester }) => [requester],
  touch(_message, key) {
    key(STORE, PARAMS_KEY);
    key(STORE, NEXT_READ_KEY);
  },
  execute: (context, message) => execute(keeper, context, message),
});

function decode(keeper: CallsKeeper, bytes: Uint8Array): Result<MsgRequestRead> {
  const decoded = decodeStrict(MsgRequestReadCodec, bytes, "MsgRequestRead", BYTES_MAX);
  if (!decoded.ok) return decoded;
  const { requester: text, clientId, store, key, minHeight, timeoutTimestamp } = decoded.value;
  const requester = keeper.codec.parse(text);
  if (requester === undefined) {
    return err(sdkRefusal("invalidAddress", `invalid requester address: ${text.slice(0, 100)}`));
  }
  const client = checkIdentifier("client", clientId);
  if (!client.ok) return client;
  if (store.length === 0 || store.length > READ_STORE_BYTES_MAX) {
    return err(invalidRead(`request read: a store of ${store.length} bytes, limit ${READ_STORE_BYTES_MAX}`));
  }
  if (key.length === 0 || key.length > READ_KEY_BYTES_MAX) {
    return err(invalidRead(`request read: a key of ${key.length} bytes, limit ${READ_KEY_BYTES_MAX}`));
  }
  const least = minHeight === undefined || isZeroHeight(minHeight) ? undefined : minHeight;
  return ok({ requester, clientId, store: store.slice(), key: key.slice(), minHeight: least, timeoutTimestamp });
}

function execute(keeper: CallsKeeper, context: Context, message: MsgRequestRead): Result<Uint8Array> {
  const { view, block } = context;
  const { clientId, store, key, timeoutTimestamp } = message;
  const { readTimeoutMax } = keeper.params(view);
  if (timeoutTimestamp <= block.time || timeoutTimestamp > block.time + readTimeoutMax) {
    return err(invalidRead(`request read: timeout ${timeoutTimestamp} is not within ${readTimeoutMax} ns from now`));
  }
  const status = keeper.clients.status(context, clientId);
  if (status !== "Active") return err(invalidRead(`request read: client ${clientId} is ${status}`));
  keeper.forgetOld(context);
  const id = keeper.nextReadId(view);
  keeper.setNextReadId(view, id + 1n);
  const read: Read = {
    id,
    requester: message.requester.text,
    clientId,
    store,
    key,
    minHeight: message.minHeight ?? keeper.clients.latestHeight(context, clientId),
    timeoutTimestamp,
    status: READ_STATUS.pending,
    value: NOTHING,
    proofHeight: undefined,
    submitter: "",
    requestedHeight: block.height,
    answeredHeight: 0n,
    answeredTime: 0n,
  };
  keeper.setRead(view, read);
  context.emit(readRequest(read));
  return ok(encode(MsgRequestReadResponseCodec, { id }));
}
