/** Tokens leave: into escrow, or burned when they go back where they came from. @module */
import type { Address, Context } from "../../app/ports.ts";
import type { Coin } from "../../core/coins.ts";
import {
  denomPath,
  encodePacketData,
  escrowAddress,
  hasPrefix,
  type IbcHeight,
  parseDenom,
  type TransferDenom,
  validatePacketData,
} from "../../core/ibc/mod.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { channelNotFound, invalidDenom, sendDisabled, unauthorized } from "./errors.ts";
import { emitTransfer } from "./events.ts";
import type { TransferKeeper } from "./keeper.ts";
import { PORT } from "./keys.ts";

/** Tokens to be sent. */
export interface Transfer {
  readonly sourceChannel: string;
  /** Under its name on this chain; positive. */
  readonly coin: Coin;
  readonly sender: Address;
  /** As the other chain reads it. */
  readonly receiver: string;
  readonly timeoutHeight: IbcHeight;
  /** Nanoseconds since the Unix epoch. */
  readonly timeoutTimestamp: bigint;
  readonly memo: string;
}

/** Takes the tokens and sends the packet (ibc-go `Transfer`, `transferV1Packet`); answers its sequence. */
export function sendTransfer(keeper: TransferKeeper, context: Context, transfer: Transfer): Result<bigint> {
  const { view } = context;
  const { coin, sender, receiver, memo, sourceChannel } = transfer;
  if (!keeper.params(view).sendEnabled) return err(sendDisabled("send tokens"));
  const denom = keeper.denomOfName(view, coin.denom);
  if (!denom.ok) return denom;
  const amount = coin.amount.toString();
  const facts = { denom: denomPath(denom.value), amount, sender: sender.text, receiver, memo };
  const data = validatePacketData(facts);
  if (!data.ok) return data;
  // Every chain that reads the path takes these for hops, this one included when it refunds.
  if (denom.value.trace.length !== parseDenom(facts.denom).trace.length) {
    return err(invalidDenom(`send ${coin.denom}: its name reads as a path`));
  }
  if (keeper.channels.channel(view, { portId: PORT, channelId: sourceChannel }) === undefined) {
    return err(channelNotFound(`send tokens: port ID (${PORT}) channel ID (${sourceChannel})`));
  }
  const taken = takeTokens(keeper, context, transfer, denom.value);
  if (!taken.ok) return taken;
  const sent = keeper.channels.sendPacket(context, {
    sourcePort: PORT,
    sourceChannel,
    timeoutHeight: transfer.timeoutHeight,
    timeoutTimestamp: transfer.timeoutTimestamp,
    data: encodePacketData(data.value),
  });
  if (sent.ok) emitTransfer(context, facts);
  return sent;
}

/** `SendTransfer`. */
function takeTokens(
  keeper: TransferKeeper,
  context: Context,
  { coin, sender, sourceChannel }: Transfer,
  denom: TransferDenom,
): Result<undefined> {
  const { bank, address, codec } = keeper;
  if (keeper.isBlocked(sender)) return err(unauthorized(`${sender.text} is not allowed to send funds`));
  const enabled = bank.checkSendEnabled(context.view, [coin]);
  if (!enabled.ok) return err(sendDisabled(enabled.error.message));
  if (hasPrefix(denom, PORT, sourceChannel)) {
    const moved = bank.send(context, sender, address, [coin]);
    return moved.ok ? bank.burn(context, address, [coin]) : moved;
  }
  const escrow = codec.of(escrowAddress(PORT, sourceChannel));
  const moved = bank.send(context, sender, escrow, [coin]);
  if (!moved.ok) return moved;
  keeper.addEscrow(context.view, coin);
  return ok(undefined);
}
