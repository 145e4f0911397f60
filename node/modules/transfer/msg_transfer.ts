/** `/ibc.applications.transfer.v1.MsgTransfer`: tokens to an account of another chain. @module */
import { MsgTransferResponse } from "cosmjs-types/ibc/applications/transfer/v1/tx";
import type { Context, MessageHandler } from "../../app/ports.ts";
import { decodeStrict } from "../../core/codec/mod.ts";
import { AMOUNT_LIMIT, parseAmount } from "../../core/coins.ts";
import {
  checkIdentifier,
  escrowAddress,
  hashOfDenom,
  isSendableDenom,
  MEMO_BYTES_MAX,
  RECEIVER_BYTES_MAX,
  ZERO_HEIGHT,
} from "../../core/ibc/mod.ts";
import { utf8ToBytes } from "../../core/bytes.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { channelNotFound, invalidAddress, invalidAmount, invalidCoins, invalidMemo } from "./errors.ts";
import type { TransferKeeper } from "./keeper.ts";
import { denomKey, PARAMS_KEY, PORT, STORE, totalEscrowKey } from "./keys.ts";
import type { Transfer } from "./send.ts";
import { MsgTransferCodec, type MsgTransferText } from "./types.ts";

/** Longest message, in bytes: memo and receiver at their longest fit. */
const BYTES_MAX = 65_536;
/** Sending this much means the whole balance (`UnboundedSpendLimit`). */
const WHOLE_BALANCE = AMOUNT_LIMIT - 1n;

/** A checked message. */
export interface MsgTransfer extends Transfer {
  readonly sourcePort: string;
}

export const msgTransfer = (keeper: TransferKeeper): MessageHandler<MsgTransfer> => ({
  typeUrl: MsgTransferCodec.typeUrl,
  responseTypeUrl: MsgTransferResponse.typeUrl,
  decode: (bytes) => decode(keeper, bytes),
  signers: ({ sender }) => [sender],
  touch(message, key) {
    const { coin, sender, sourceChannel } = message;
    const escrow = keeper.codec.of(escrowAddress(PORT, sourceChannel));
    key(STORE, PARAMS_KEY);
    key(STORE, totalEscrowKey(coin.denom));
    const hash = hashOfDenom(coin.denom);
    if (hash !== undefined) key(STORE, denomKey(hash));
    keeper.bank.touch(sender, [coin], key);
    keeper.bank.touch(escrow, [coin], key);
    keeper.accounts.touch(escrow, key);
  },
  execute: (context, message) => execute(keeper, context, message),
});

function decode(keeper: TransferKeeper, bytes: Uint8Array): Result<MsgTransfer> {
  const decoded = decodeStrict(MsgTransferCodec, bytes, "MsgTransfer", BYTES_MAX);
  if (!decoded.ok) return decoded;
  const message = decoded.value;
  const checked = checkTexts(message);
  if (!checked.ok) return checked;
  const { token = { denom: "", amount: "" } } = message;
  const amount = parseAmount(token.amount);
  if (amount === undefined || amount === 0n || !isSendableDenom(token.denom)) {
    return err(invalidCoins(`${token.amount.slice(0, 100)}${token.denom.slice(0, 128)}`));
  }
  const sender = keeper.codec.parse(message.sender);
  if (sender === undefined) return err(invalidAddress(`invalid sender address: ${message.sender.slice(0, 100)}`));
  const { sourcePort, sourceChannel, receiver, timeoutTimestamp, memo, timeoutHeight = ZERO_HEIGHT } = message;
  const coin = { denom: token.denom, amount };
  return ok({ sourcePort, sourceChannel, coin, sender, receiver, timeoutHeight, timeoutTimestamp, memo });
}

/** `ValidateBasic`, but for the token and the sender. */
function checkTexts({ sourcePort, sourceChannel, receiver, memo }: MsgTransferText): Result<undefined> {
  const port = checkIdentifier("port", sourcePort);
  if (!port.ok) return port;
  const channel = checkIdentifier("channel", sourceChannel);
  if (!channel.ok) return channel;
  if (receiver.trim() === "") return err(invalidAddress("missing recipient address"));
  if (utf8ToBytes(receiver).length > RECEIVER_BYTES_MAX) {
    return err(invalidAddress(`recipient address must not exceed ${RECEIVER_BYTES_MAX} bytes`));
  }
  if (utf8ToBytes(memo).length > MEMO_BYTES_MAX) {
    return err(invalidMemo(`memo must not exceed ${MEMO_BYTES_MAX} bytes`));
  }
  return ok(undefined);
}

function execute(keeper: TransferKeeper, context: Context, message: MsgTransfer): Result<Uint8Array> {
  const { sourcePort, sourceChannel, sender } = message;
  if (sourcePort !== PORT) {
    return err(channelNotFound(`send tokens: port ID (${sourcePort}) channel ID (${sourceChannel})`));
  }
  let { coin } = message;
  if (coin.amount === WHOLE_BALANCE) {
    coin = { ...coin, amount: keeper.bank.balance(context.view, sender.bytes, coin.denom) };
    if (coin.amount === 0n) return err(invalidAmount(`empty spendable balance for ${coin.denom}`));
  }
  const sequence = keeper.send(context, { ...message, coin });
  return sequence.ok ? ok(MsgTransferResponse.encode({ sequence: sequence.value }).finish()) : sequence;
}
