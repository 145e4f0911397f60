/** Coins as contracts write them, and moving those that come with a message. @module */
import type { Address, Context } from "../../app/ports.ts";
import { type Coins, type CoinText, isDenom, parseAmount } from "../../core/coins.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { uncoded } from "./errors.ts";
import { dropMessageEvents } from "./events.ts";
import type { WasmKeeper } from "./keeper.ts";

/** Coins in any order; the same denom is added up, and nothing of it is nothing (`ConvertWasmCoinsToSdkCoins`). */
export function sumCoins(texts: readonly CoinText[]): Result<Coins> {
  const sums = new Map<string, bigint>();
  for (const { denom, amount: digits } of texts) {
    const amount = parseAmount(digits);
    if (amount === undefined) {
      return err(sdkRefusal("invalidCoins", `${digits.slice(0, 100)}${denom.slice(0, 128)}`));
    }
    if (!isDenom(denom)) return err(uncoded(`invalid denom: ${denom.slice(0, 200)}`));
    sums.set(denom, (sums.get(denom) ?? 0n) + amount);
  }
  const coins = [...sums].filter(([, amount]) => amount > 0n).map(([denom, amount]) => ({ denom, amount }));
  return ok(coins.sort((a, b) => (a.denom < b.denom ? -1 : 1)));
}

/** Moves coins to a contract by the rules for messages (`BankCoinTransferrer.TransferCoins`). */
export function transferCoins(
  { parts: { bank } }: WasmKeeper,
  context: Context,
  from: Address,
  to: Address,
  coins: Coins,
): Result<undefined> {
  if (coins.length === 0) return ok(undefined);
  const enabled = bank.checkSendEnabled(context.view, coins);
  if (!enabled.ok) return enabled;
  if (bank.blocked.has(to.text)) {
    return err(sdkRefusal("unauthorized", `${to.text} is not allowed to receive funds`));
  }
  const first = context.events.length;
  const sent = bank.send(context, from, to, coins);
  dropMessageEvents(context.events, first);
  return sent;
}
