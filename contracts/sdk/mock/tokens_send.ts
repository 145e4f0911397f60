/** Coins that leave a mock chain over a channel of its token transfers. @module */
import { encodePacketData, escrowAddress, hasPrefix, parseDenom } from "../../../node/core/ibc/mod.ts";
import type { MockChain } from "./chain.ts";
import { ContractError } from "./contract_error.ts";
import type { Frame } from "./dispatch.ts";
import { type Endpoint, type MockTimeout, readTimeout, TRANSFER_PORT } from "./ibc_types.ts";
import type { Coin } from "./messages.ts";

export interface Transfer {
  readonly channelId: string;
  readonly to: string;
  readonly coin: Coin;
  readonly timeout: MockTimeout;
  readonly memo: string;
}

/** `IbcMsg::Transfer`. */
export const readTransfer = (fields: Readonly<Record<string, unknown>>): Transfer => ({
  channelId: fields.channel_id as string,
  to: fields.to_address as string,
  coin: fields.amount as Coin,
  timeout: readTimeout(fields.timeout),
  memo: (fields.memo ?? "") as string,
});

/** Holds what has left over a channel. */
export const escrowOf = (chain: MockChain, { portId, channelId }: Endpoint) =>
  chain.addresses.of(escrowAddress(portId, channelId)).text;

/** Takes coins from their owner and sends them over a channel. */
export function sendTokens(chain: MockChain, frame: Frame, sender: string, transfer: Transfer): void {
  const { channelId, to, coin, timeout, memo } = transfer;
  const denom = chain.state.tokenPath(coin.denom);
  const source = { portId: TRANSFER_PORT, channelId };
  chain.send(frame, sender, escrowOf(chain, source), [coin]);
  // What goes back to where it came from is no more on this chain.
  if (hasPrefix(parseDenom(denom), TRANSFER_PORT, channelId)) burnEscrow(chain, source, coin);
  const named = callbackOf(memo, "src_callback");
  if (named !== undefined && named !== sender) {
    throw new ContractError(`contract address ${named} does not match packet sender ${sender}`);
  }
  const data = encodePacketData({ denom, amount: BigInt(coin.amount), sender, receiver: to, memo });
  chain.ibc.send(TRANSFER_PORT, channelId, data, timeout);
}

function burnEscrow(chain: MockChain, source: Endpoint, { denom, amount }: Coin): void {
  const escrow = escrowOf(chain, source);
  chain.state.setBalance(escrow, denom, chain.balance(escrow, denom) - BigInt(amount));
}

/** The address that a memo names. */
export function callbackOf(memo: string, key: "src_callback" | "dest_callback"): string | undefined {
  if (!memo.includes(key)) return undefined;
  try {
    const address: unknown = JSON.parse(memo)?.[key]?.address;
    return typeof address === "string" ? address : undefined;
  } catch {
    return undefined;
  }
}
