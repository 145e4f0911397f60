/** Tokens arrive: out of escrow when they come home, newly minted otherwise. @module */
import type { Address, Context } from "../../app/ports.ts";
import type { Coin } from "../../core/coins.ts";
import {
  denomPath,
  escrowAddress,
  hasPrefix,
  type PacketEnds,
  parseDenom,
  receivedDenom,
  type TokenPacketData,
} from "../../core/ibc/mod.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { invalidAddress, invalidDenom, receiveDisabled, unauthorized } from "./errors.ts";
import { emitDenomination } from "./events.ts";
import { coinOf, type TransferKeeper } from "./keeper.ts";
import { DENOM_PATH_CHARS_MAX } from "./params.ts";

/** Gives the receiver what a packet brings (`OnRecvPacket`). A refusal is for the caller to take back. */
export function receiveTokens(
  keeper: TransferKeeper,
  context: Context,
  data: TokenPacketData,
  ends: PacketEnds,
): Result<undefined> {
  if (!keeper.params(context.view).receiveEnabled) return err(receiveDisabled("receive tokens"));
  const receiver = keeper.codec.parse(data.receiver);
  if (receiver === undefined) {
    return err(invalidAddress(`failed to decode receiver address: ${data.receiver.slice(0, 100)}`));
  }
  if (keeper.isBlocked(receiver)) return err(unauthorized(`${receiver.text} is not allowed to receive funds`));
  const sent = parseDenom(data.denom);
  const denom = receivedDenom(sent, ends);
  const coin = coinOf(denom, data.amount);
  if (!coin.ok) return coin;
  if (hasPrefix(sent, ends.sourcePort, ends.sourceChannel)) {
    const escrow = keeper.codec.of(escrowAddress(ends.destinationPort, ends.destinationChannel));
    return releaseTokens(keeper, context, escrow, receiver, coin.value);
  }
  const path = denomPath(denom);
  if (path.length > DENOM_PATH_CHARS_MAX) {
    return err(invalidDenom(`receive tokens: a denom of ${path.length} characters`));
  }
  // As when sending; what arrived so could not be sent back.
  if (parseDenom(path).trace.length !== denom.trace.length) {
    return err(invalidDenom(`receive tokens: ${JSON.stringify(sent.base.slice(0, 80))} reads as a path`));
  }
  keeper.rememberDenom(context.view, denom);
  emitDenomination(context, denom);
  return mintTokens(keeper, context, receiver, coin.value);
}

/** Out of escrow (`UnescrowCoin`). Refused when the other chain sends back more than is there. */
export function releaseTokens(
  keeper: TransferKeeper,
  context: Context,
  escrow: Address,
  to: Address,
  coin: Coin,
): Result<undefined> {
  const moved = keeper.bank.send(context, escrow, to, [coin]);
  if (moved.ok) {
    keeper.takeEscrow(context.view, coin);
    return moved;
  }
  const { codespace, code, message } = moved.error;
  return err({ codespace, code, message: `unable to unescrow tokens: ${message}` });
}

/** New vouchers. */
export function mintTokens(keeper: TransferKeeper, context: Context, to: Address, coin: Coin): Result<undefined> {
  const minted = keeper.bank.mint(context, keeper.address, [coin]);
  if (!minted.ok) return minted;
  const moved = keeper.bank.send(context, keeper.address, to, [coin]);
  return moved.ok ? ok(undefined) : moved;
}
