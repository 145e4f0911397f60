/** A packet was refused or timed out: its tokens go back to the sender. @module */
import type { ChannelEnd, Context } from "../../app/ports.ts";
import { escrowAddress, hasPrefix, parseDenom, type TokenPacketData } from "../../core/ibc/mod.ts";
import { err, type Result } from "../../core/result.ts";
import { invalidAddress, unauthorized } from "./errors.ts";
import { coinOf, type TransferKeeper } from "./keeper.ts";
import { mintTokens, releaseTokens } from "./receive.ts";

/** Undoes what sending over `source` did (`refundPacketTokens`). */
export function refundTokens(
  keeper: TransferKeeper,
  context: Context,
  data: TokenPacketData,
  source: ChannelEnd,
): Result<undefined> {
  const sender = keeper.codec.parse(data.sender);
  if (sender === undefined) return err(invalidAddress(`refund tokens: sender ${data.sender.slice(0, 100)}`));
  if (keeper.isBlocked(sender)) return err(unauthorized(`${sender.text} is not allowed to receive funds`));
  const denom = parseDenom(data.denom);
  const coin = coinOf(denom, data.amount);
  if (!coin.ok) return coin;
  if (hasPrefix(denom, source.portId, source.channelId)) return mintTokens(keeper, context, sender, coin.value);
  const escrow = keeper.codec.of(escrowAddress(source.portId, source.channelId));
  return releaseTokens(keeper, context, escrow, sender, coin.value);
}
