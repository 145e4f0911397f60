/** What a node asks for its work, and how it ranks those who pay. @module */
import { type Coin, type Coins, formatCoins, isDenom } from "../core/coins.ts";
import { type CodedError, sdkRefusal } from "../core/errors.ts";
import { err, ok, type Result } from "../core/result.ts";

/** 10^18: gas prices are decimal numbers with up to 18 places. */
const PRICE_SCALE = 10n ** 18n;
/** Priorities are in 1e-9 of the fee denom per gas. */
const PRIORITY_SCALE = 1_000_000_000n;

/** The price of one gas. */
export interface GasPrice {
  readonly denom: string;
  /** In 1e-18 of the denom. */
  readonly price: bigint;
}

/** Reads `0.025ucat,0.1uatom`; an empty text asks for nothing. */
export function parseGasPrices(text: string): Result<readonly GasPrice[], CodedError> {
  const prices: GasPrice[] = [];
  for (const part of text.split(",")) {
    if (part.trim() === "") continue;
    const match = /^([0-9]{1,30})(?:\.([0-9]{1,18}))?([a-zA-Z].*)$/.exec(part.trim());
    if (!match || !isDenom(match[3]!)) {
      return err(sdkRefusal("invalidRequest", `read gas price ${part.trim().slice(0, 100)}`));
    }
    const price = BigInt(match[1]!) * PRICE_SCALE + BigInt((match[2] ?? "").padEnd(18, "0"));
    if (price > 0n) prices.push({ denom: match[3]!, price });
  }
  return ok(prices);
}

/** Refuses a fee that covers none of the prices for `gas` (rounded up). */
export function checkMinimumFee(prices: readonly GasPrice[], fee: Coins, gas: bigint): Result<undefined> {
  if (prices.length === 0) return ok(undefined);
  const required: Coin[] = prices.map(({ denom, price }) => ({
    denom,
    amount: (price * gas + PRICE_SCALE - 1n) / PRICE_SCALE,
  }));
  const enough = required.some((need) => fee.some((coin) => coin.denom === need.denom && coin.amount >= need.amount));
  if (enough) return ok(undefined);
  const detail = `insufficient fees; got: ${formatCoins(fee)} required: ${formatCoins(required)}`;
  return err(sdkRefusal("insufficientFee", detail));
}

/** The lowest price per gas over the coins of the fee; 0 without a fee. */
export function priorityOf(fee: Coins, gas: bigint): bigint {
  if (gas === 0n || fee.length === 0) return 0n;
  let lowest: bigint | undefined;
  for (const { amount } of fee) {
    const price = (amount * PRIORITY_SCALE) / gas;
    if (lowest === undefined || price < lowest) lowest = price;
  }
  return lowest!;
}
