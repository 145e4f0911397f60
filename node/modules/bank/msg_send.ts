/** `/cosmos.bank.v1beta1.MsgSend`: coins from one account to another. @module */
import { MsgSend as MsgSendCodec } from "cosmjs-types/cosmos/bank/v1beta1/tx";
import type { Address, Context, MessageHandler } from "../../app/ports.ts";
import { addressFault } from "../../core/address_fault.ts";
import { decodeStrict } from "../../core/codec/mod.ts";
import { type Coins, formatCoins, parseCoinTexts } from "../../core/coins.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { BankKeeper } from "./keeper.ts";
import { sendEnabledKey, STORE } from "./keys.ts";

/** Longest message, in bytes. */
const BYTES_MAX = 65_536;
const EMPTY = new Uint8Array();

/** A checked message. */
export interface MsgSend {
  readonly from: Address;
  readonly to: Address;
  /** Not empty. */
  readonly coins: Coins;
}

export const msgSend = (keeper: BankKeeper): MessageHandler<MsgSend> => ({
  typeUrl: "/cosmos.bank.v1beta1.MsgSend",
  responseTypeUrl: "/cosmos.bank.v1beta1.MsgSendResponse",
  decode: (bytes) => decode(keeper, bytes),
  signers: ({ from }) => [from],
  touch({ from, to, coins }, key) {
    keeper.touch(from, coins, key);
    keeper.touch(to, coins, key);
    keeper.accounts.touch(to, key);
    for (const { denom } of coins) key(STORE, sendEnabledKey(denom));
  },
  execute: (context, message) => execute(keeper, context, message),
});

function decode(keeper: BankKeeper, bytes: Uint8Array): Result<MsgSend> {
  const decoded = decodeStrict(MsgSendCodec, bytes, "MsgSend", BYTES_MAX);
  if (!decoded.ok) return decoded;
  const { fromAddress, toAddress, amount } = decoded.value;
  const { prefix } = keeper.codec;
  const from = keeper.codec.parse(fromAddress);
  if (from === undefined) {
    return err(sdkRefusal("invalidAddress", `invalid from address: ${addressFault(prefix, fromAddress)}`));
  }
  const to = keeper.codec.parse(toAddress);
  if (to === undefined) {
    return err(sdkRefusal("invalidAddress", `invalid to address: ${addressFault(prefix, toAddress)}`));
  }
  const coins = parseCoinTexts(amount);
  if (coins === undefined || coins.length === 0) {
    return err(sdkRefusal("invalidCoins", formatCoins(amount).slice(0, 200)));
  }
  return ok({ from, to, coins });
}

function execute(keeper: BankKeeper, context: Context, { from, to, coins }: MsgSend): Result<Uint8Array> {
  const enabled = keeper.checkSendEnabled(context.view, coins);
  if (!enabled.ok) return enabled;
  if (keeper.blocked.has(to.text)) {
    return err(sdkRefusal("unauthorized", `${to.text} is not allowed to receive funds`));
  }
  const sent = keeper.send(context, from, to, coins);
  return sent.ok ? ok(EMPTY) : sent;
}
