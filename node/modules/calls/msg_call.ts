/** `/catenary.calls.v1.MsgCall`: something is called on another chain. @module */
import type { Address, Context, MessageHandler } from "../../app/ports.ts";
import { decodeStrict, encode } from "../../core/codec/mod.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { checkIdentifier, type IbcHeight, ZERO_HEIGHT } from "../../core/ibc/mod.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { invalidCall } from "./errors.ts";
import { callSent } from "./events.ts";
import type { CallsKeeper } from "./keeper.ts";
import { PARAMS_KEY, PORT, STORE } from "./keys.ts";
import { PAYLOAD_BYTES_MAX, TARGET_CHARS_MAX } from "./params.ts";
import { type Call, CALL_STATUS, CallPacketDataCodec, MsgCallCodec, MsgCallResponseCodec } from "./types.ts";

/** Longest message, in bytes. */
const BYTES_MAX = PAYLOAD_BYTES_MAX + 2_048;
const TARGET = /^[a-z][a-z0-9._-]*$/;
const GAS_LIMIT_MAX = (1n << 53n) - 1n;
const NOTHING: Uint8Array = new Uint8Array();

/** A checked message. */
export interface MsgCall {
  readonly sender: Address;
  readonly sourceChannel: string;
  readonly target: string;
  readonly payload: Uint8Array;
  readonly gasLimit: bigint;
  readonly timeoutHeight: IbcHeight;
  readonly timeoutTimestamp: bigint;
}

export const msgCall = (keeper: CallsKeeper): MessageHandler<MsgCall> => ({
  typeUrl: MsgCallCodec.typeUrl,
  responseTypeUrl: MsgCallResponseCodec.typeUrl,
  decode: (bytes) => decode(keeper, bytes),
  signers: ({ sender }) => [sender],
  touch: (_message, key) => key(STORE, PARAMS_KEY),
  execute: (context, message) => execute(keeper, context, message),
});

function decode(keeper: CallsKeeper, bytes: Uint8Array): Result<MsgCall> {
  const decoded = decodeStrict(MsgCallCodec, bytes, "MsgCall", BYTES_MAX);
  if (!decoded.ok) return decoded;
  const { sender: text, sourceChannel, target, payload, gasLimit, timeoutTimestamp, timeoutHeight } = decoded.value;
  const sender = keeper.codec.parse(text);
  if (sender === undefined) return err(sdkRefusal("invalidAddress", `invalid sender address: ${text.slice(0, 100)}`));
  const channel = checkIdentifier("channel", sourceChannel);
  if (!channel.ok) return channel;
  if (target.length > TARGET_CHARS_MAX || !TARGET.test(target)) {
    return err(invalidCall(`call ${JSON.stringify(target.slice(0, TARGET_CHARS_MAX))}: no name of a target`));
  }
  if (payload.length > PAYLOAD_BYTES_MAX) {
    return err(invalidCall(`call ${target}: ${payload.length} bytes of payload, limit ${PAYLOAD_BYTES_MAX}`));
  }
  if (gasLimit === 0n || gasLimit > GAS_LIMIT_MAX) return err(invalidCall(`call ${target}: gas limit ${gasLimit}`));
  return ok({
    sender,
    sourceChannel,
    target,
    payload: payload.slice(),
    gasLimit,
    timeoutHeight: timeoutHeight ?? ZERO_HEIGHT,
    timeoutTimestamp,
  });
}

function execute(keeper: CallsKeeper, context: Context, message: MsgCall): Result<Uint8Array> {
  const { sender, sourceChannel, target, payload, gasLimit, timeoutHeight, timeoutTimestamp } = message;
  const data = encode(CallPacketDataCodec, { sender: sender.text, target, payload, gasLimit });
  const sent = keeper.channels.sendPacket(context, {
    sourcePort: PORT,
    sourceChannel,
    timeoutHeight,
    timeoutTimestamp,
    data,
  });
  if (!sent.ok) return sent;
  const call: Call = {
    channelId: sourceChannel,
    sequence: sent.value,
    caller: sender.text,
    target,
    status: CALL_STATUS.pending,
    result: NOTHING,
    gasUsed: 0n,
    codespace: "",
    code: 0,
    sentHeight: context.block.height,
    settledHeight: 0n,
    settledTime: 0n,
  };
  keeper.setCall(context.view, call);
  context.emit(callSent(call));
  return ok(encode(MsgCallResponseCodec, { sequence: sent.value }));
}
